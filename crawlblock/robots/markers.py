"""Marks: lines a template writes, and the lines around them that are its text as well.

A mark is a whole line.  One that is quoted in another comment, commented out or never closed
counts for nothing.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

_END_OF_FILE = 1 << 30


@dataclass(frozen=True, slots=True)
class Mark:
    """A line that a template writes, and how far its text reaches from there."""

    start: str  # the whole line, mostly a comment; a final * after # stands for any ending
    extent: str = "file"  # block (to `end`) | paragraph (its one group) | rest | file
    end: str | None = None  # the comment line that closes a block
    also: tuple[str, ...] = ()  # lines the payload must hold as well


class Span(NamedTuple):
    """Lines of a payload that a template wrote, counted from 1."""

    first: int
    last: int
    template: str


class Marks:
    """Finds the marks of many templates in a payload."""

    def __init__(self, marks: Iterable[tuple[str, Mark]]) -> None:
        """Take (template, mark)."""
        self._whole: dict[str, list[tuple[str, Mark]]] = {}
        self._open: list[tuple[str, str, Mark]] = []
        anchors: set[bytes] = set()
        for template, mark in marks:
            start = _spelling(mark.start)
            if start.startswith("#") and start.endswith("*"):
                self._open.append((start[:-1], template, mark))
            else:
                self._whole.setdefault(start, []).append((template, mark))
            anchors.add(start.lstrip("# ").rstrip("*").encode())
        self._anchors = tuple(sorted(anchors))

    def marked(self, body: bytes) -> bool:
        """Tell cheaply whether a mark may stand in a payload; never misses one."""
        lowered = body.lower()
        return any(anchor in lowered for anchor in self._anchors)

    def spans(self, body: bytes) -> list[Span]:
        """Return what the marks of a payload cover, the shortest first."""
        if not self.marked(body):
            return []
        raw = body.removeprefix(b"\xef\xbb\xbf").splitlines()
        lines = ["", *(_spelling(line.decode("utf-8", "replace")) for line in raw)]
        spans = [
            Span(1 if mark.extent == "file" else number, last, template)
            for number, line in enumerate(lines)
            for template, mark in self._at(line)
            if (last := _last_line(mark, number, lines))
        ]
        return sorted(spans, key=lambda span: span.last - span.first)

    def _at(self, line: str) -> Iterator[tuple[str, Mark]]:
        yield from self._whole.get(line, ())
        for start, template, mark in self._open:
            if line.startswith(start):
                yield template, mark


def around(spans: Sequence[Span], line: int) -> tuple[str, ...]:
    """Return the templates whose lines hold a line, innermost first."""
    return tuple(span.template for span in spans if span.first <= line <= span.last)


def _spelling(line: str) -> str:
    """Return a line in the one spelling in which marks are compared."""
    text = line.strip().lower()
    return "# " + text[1:].strip() if text.startswith("#") else text


def _last_line(mark: Mark, first: int, lines: Sequence[str]) -> int:
    """Return the last line a mark covers, 0 where it has no end or misses a line beside it."""
    if mark.also and not {_spelling(line) for line in mark.also} <= set(lines):
        return 0
    if mark.extent == "block":
        start, end = _spelling(mark.start), _spelling(mark.end or "")
        for number in range(first + 1, len(lines)):
            if lines[number] in (start, end):
                return number if lines[number] == end else 0
        return 0
    return _paragraph(first, lines) if mark.extent == "paragraph" else _END_OF_FILE


def _paragraph(first: int, lines: Sequence[str]) -> int:
    """Return the last line of the group after a comment: it ends at a blank line or a comment."""
    begun = False
    for number in range(first + 1, len(lines)):
        if begun and (not lines[number] or lines[number].startswith("#")):
            return number - 1
        begun = begun or bool(lines[number] and not lines[number].startswith("#"))
    return len(lines) - 1
