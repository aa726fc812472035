"""Marks: lines a template writes, and the lines around them that are its text as well.

A mark is a whole line, or several in order.  One that is quoted in another comment, commented out
or never closed counts for nothing.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

_END_OF_FILE = 1 << 30
_OPEN = ("#", "sitemap:")  # lines whose marks may stand for several: see `Mark.start`
_BOM = b"\xef\xbb\xbf"


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


_Start = tuple[int, str, Mark]  # the line where a mark stands, its template
_Open = tuple[str, tuple[str, ...], str, Mark]  # the longest part of a mark, its parts, template


class Marks:
    """Finds the marks of many templates in a payload."""

    def __init__(self, marks: Iterable[tuple[str, Mark]]) -> None:
        """Take (template, mark)."""
        self._whole: dict[str, list[tuple[str, Mark]]] = {}
        self._open: list[_Open] = []
        for template, mark in marks:
            start = spelling(mark.start)
            parts = tuple(start.split("*"))
            if len(parts) > 1 and start.startswith(_OPEN):
                self._open.append((max(parts, key=len), parts, template, mark))
            else:
                self._whole.setdefault(start, []).append((template, mark))
        self._last: tuple[bytes, list[Span]] = (b"", [])

    def spans(self, body: bytes) -> list[Span]:
        """Return what the marks of a payload cover, the shortest and most exact first.

        Of one payload it is asked twice in a row.
        """
        if body is not self._last[0]:
            self._last = body, self._spans(body)
        return self._last[1]

    def _spans(self, body: bytes) -> list[Span]:
        lines = _lines_of(body)
        spans = [
            (Span(1 if mark.extent == "file" else number, last, template), len(mark.also))
            for number, template, mark in self._starts(lines)
            if (last := _last_line(mark, number, lines))
        ]
        spans.sort(key=lambda found: (found[0].last - found[0].first, -found[1], found[0].template))
        return [span for span, _ in spans]

    def _starts(self, lines: Sequence[str]) -> Iterator[_Start]:
        """Yield the marks whose first line is there; most payloads have none."""
        known = self._whole
        for number in [number for number, line in enumerate(lines) if line in known]:
            for template, mark in known[lines[number]]:
                yield number, template, mark
        for number in [number for number, line in enumerate(lines) if line.startswith(_OPEN)]:
            for longest, parts, template, mark in self._open:
                if longest in lines[number] and _is_like(lines[number], parts):
                    yield number, template, mark


def around(spans: Sequence[Span], line: int) -> tuple[str, ...]:
    """Return the templates whose lines hold a line, innermost first."""
    return tuple(span.template for span in spans if span.first <= line <= span.last)


def spelling(line: str) -> str:
    """Return a line in the one spelling in which marks are compared."""
    text = line.strip().lower()
    return _comment(text) if text.startswith("#") else text


def _comment(line: str) -> str:
    return "# " + line[1:].strip()


def _lines_of(body: bytes) -> list[str]:
    """Return the lines of a payload in that spelling, behind an empty one: they count from 1."""
    text = body.removeprefix(_BOM).decode("utf-8", "replace").lower()
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if not lines[-1]:
        lines.pop()  # nothing is behind the last end of a line
    spelled = (_comment(line) if line[:1] == "#" else line for line in map(str.strip, lines))
    return ["", *spelled]


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
