"""The lines that decided verdicts, each within the group that has it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from crawlblock.robots.judge import Finding

_LONGEST = 120  # characters of a line shown
_AROUND = 2  # lines shown before and after the one that decided
_AGENTS = 60  # user agents of a group that are shown


@dataclass(slots=True)
class Numbered:
    """Values with the numbers by which others name them."""

    numbers: dict[Any, int] = field(default_factory=dict)

    def of(self, value: Any) -> int:
        """Return a value's number."""
        return self.numbers.setdefault(value, len(self.numbers))


class LinesInContext:
    """Lines with those around them and the user agents of their group, each text stored once."""

    def __init__(self) -> None:
        """Begin without a line."""
        self._contexts, self._texts = Numbered(), Numbered()

    def of(self, found: Finding, body: bytes) -> int | None:
        """Return the number of the context of the line that decided, None where no line did."""
        line = found.line(body)
        if line is None:
            return None
        texts = body.splitlines()
        group = next(group for group in found.groups if found.rule in group.rules())
        agents = [number for _, number in group.agents[:_AGENTS]]
        around = range(max(line - _AROUND, agents[0]), min(line + _AROUND, len(texts)) + 1)
        blocks = self._blocks(sorted({*agents, line, *around}), texts)
        return self._contexts.of((line, len(group.agents), *blocks))

    def _blocks(self, lines: Iterable[int], texts: Sequence[bytes]) -> list[tuple[int, ...]]:
        """Return blocks of adjoining lines: the number of the first, then each line's text."""
        blocks: list[list[int]] = []
        last = None
        for line in lines:
            if last is None or line != last + 1:
                blocks.append([line])
            blocks[-1].append(self._texts.of(text_of(texts, line)))
            last = line
        return [tuple(block) for block in blocks]

    def encoded(self) -> dict[str, Any]:
        """Return texts and contexts; a context is a line, the number of agents, and blocks."""
        return {"contexts": list(self._contexts.numbers), "texts": list(self._texts.numbers)}


def text_of(texts: Sequence[bytes], line: int) -> str:
    """Return a line, cut short, with what cannot be printed spelled out."""
    text = texts[line - 1].decode("utf-8", "backslashreplace") if line <= len(texts) else ""
    shown = text.strip()
    if not shown.isprintable():
        shown = "".join(c if c.isprintable() else repr(c)[1:-1] for c in shown)
    return shown if len(shown) <= _LONGEST else shown[:_LONGEST] + "\N{HORIZONTAL ELLIPSIS}"
