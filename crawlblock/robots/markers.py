"""Marks: lines a template writes, and the lines around them that are its text as well.

A mark is a whole line, or several in order.  One that is quoted in another comment, commented out
or never closed counts for nothing.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

_END_OF_FILE = 1 << 30


@dataclass(frozen=True, slots=True)
class Mark:
    """A line that a template writes, and how far its text reaches from there."""

    start: str  # the whole line; a * in a comment or in a Sitemap line stands for any text
    extent: str = "file"  # block (to `end`) | paragraph (its one group) | lines | rest | file
    end: str | None = None  # the comment line that closes a block
    also: tuple[str, ...] = ()  # lines the payload must hold as well
    absent: tuple[str, ...] = ()  # lines it must not hold
    lines: tuple[str, ...] = ()  # those that follow, in order; blank lines and comments between


class Span(NamedTuple):
    """Lines of a payload that a template wrote, counted from 1."""

    first: int
    last: int
    template: str


_Open = tuple[bytes, tuple[str, ...], str, Mark]  # what must be in a payload, parts, template


class Marks:
    """Finds the marks of many templates in a payload."""

    def __init__(self, marks: Iterable[tuple[str, Mark]]) -> None:
        """Take (template, mark)."""
        self._whole: dict[str, list[tuple[str, Mark]]] = {}
        self._open: list[_Open] = []
        anchors: set[bytes] = set()
        for template, mark in marks:
            start = spelling(mark.start)
            parts = tuple(start.split("*")) if start.startswith(("#", "sitemap:")) else (start,)
            anchor = max((part.strip("# *") for part in parts), key=len).encode()
            anchors.add(anchor)
            if len(parts) > 1:
                self._open.append((anchor, parts, template, mark))
            else:
                self._whole.setdefault(start, []).append((template, mark))
        self._anchors = tuple(sorted(anchors))
        self._last: tuple[bytes, list[Span]] = (b"", [])

    def marked(self, body: bytes) -> bool:
        """Tell cheaply whether a mark may stand in a payload; never misses one."""
        lowered = body.lower()
        return any(anchor in lowered for anchor in self._anchors)

    def spans(self, body: bytes) -> list[Span]:
        """Return what the marks of a payload cover, the shortest and most exact first.

        Of one payload it is asked twice in a row.
        """
        if body is not self._last[0]:
            self._last = body, self._spans(body)
        return self._last[1]

    def _spans(self, body: bytes) -> list[Span]:
        lowered = body.lower()
        if not any(anchor in lowered for anchor in self._anchors):
            return []
        likely = [found for found in self._open if found[0] in lowered]
        raw = body.removeprefix(b"\xef\xbb\xbf").splitlines()
        lines = ["", *(spelling(line.decode("utf-8", "replace")) for line in raw)]
        spans = [
            (Span(1 if mark.extent == "file" else number, last, template), len(mark.also))
            for number, line in enumerate(lines)
            for template, mark in self._at(line, likely)
            if (last := _last_line(mark, number, lines))
        ]
        spans.sort(key=lambda found: (found[0].last - found[0].first, -found[1], found[0].template))
        return [span for span, _ in spans]

    def _at(self, line: str, likely: Sequence[_Open]) -> Iterator[tuple[str, Mark]]:
        yield from self._whole.get(line, ())
        for _, parts, template, mark in likely:
            if _is_like(line, parts):
                yield template, mark


def around(spans: Sequence[Span], line: int) -> tuple[str, ...]:
    """Return the templates whose lines hold a line, innermost first."""
    return tuple(span.template for span in spans if span.first <= line <= span.last)


def spelling(line: str) -> str:
    """Return a line in the one spelling in which marks are compared."""
    text = line.strip().lower()
    return "# " + text[1:].strip() if text.startswith("#") else text


def _last_line(mark: Mark, first: int, lines: Sequence[str]) -> int:
    """Return the last line a mark covers, 0 where it has no end or lacks a line."""
    if mark.also and not {spelling(line) for line in mark.also} <= set(lines):
        return 0
    if mark.absent and not {spelling(line) for line in mark.absent}.isdisjoint(lines):
        return 0
    if mark.extent == "block":
        start, end = spelling(mark.start), spelling(mark.end or "")
        for number in range(first + 1, len(lines)):
            if lines[number] in (start, end):
                return number if lines[number] == end else 0
        return 0
    if mark.extent == "lines":
        return _last_of(mark.lines, first, lines)
    return _paragraph(first, lines) if mark.extent == "paragraph" else _END_OF_FILE


def _is_like(line: str, parts: Sequence[str]) -> bool:
    """Tell whether a line has some parts in their order, with any text between them."""
    if not line.startswith(parts[0]) or not line.endswith(parts[-1]):
        return False
    at = len(parts[0])
    for part in parts[1:-1]:
        at = line.find(part, at) + len(part)
        if at < len(part):
            return False
    return at <= len(line) - len(parts[-1])


def _last_of(wanted: Sequence[str], first: int, lines: Sequence[str]) -> int:
    """Return the last of some lines that follow another in order, 0 if they do not."""
    number = first
    for want in wanted:
        number += 1
        while number < len(lines) and (not lines[number] or lines[number].startswith("#")):
            number += 1
        if number >= len(lines) or lines[number] != spelling(want):
            return 0
    return number


def _paragraph(first: int, lines: Sequence[str]) -> int:
    """Return the last line of the group after a comment: it ends at a blank line or a comment."""
    begun = False
    for number in range(first + 1, len(lines)):
        if begun and (not lines[number] or lines[number].startswith("#")):
            return number - 1
        begun = begun or bool(lines[number] and not lines[number].startswith("#"))
    return len(lines) - 1
