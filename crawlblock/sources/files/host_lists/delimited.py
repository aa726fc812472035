"""Lists as text: one name a line, or columns between commas, semicolons, tabs, bars or spaces."""

import csv
import re
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from crawlblock.sources.files.host_lists.cells import SHOWN, Row, first_of
from crawlblock.sources.files.host_lists.encodings import lines_of, shown, text_of
from crawlblock.sources.files.host_lists.likely import is_likely
from crawlblock.spreadsheets import as_written

WEB_GRAPH_HEADER = "#harmonicc_pos"
_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars", " ": "spaces"}
_MOST_LINES = 20  # of one quoted cell
_LONGEST_RECORD = 65_536  # characters, where it goes over several lines
_MOST_CELLS = 1_000  # of one line
_SEPARATOR = re.compile(r'"?sep=(.)"?', re.IGNORECASE)  # a first line for Excel
_AGREE = 0.5  # share of the lines with the same number of cells that makes columns likely
_TOO_LONG = "the line is too long"
_NOT_CLOSED = "a quotation mark is opened and not closed"
_TOO_MANY = "the line has too many cells"

Lines = Iterator[tuple[int, str, bool]]  # number, text, and whether it is whole


class DelimitedTable:
    """A list as text."""

    columns: Sequence[str] | None = None

    def __init__(self, read: Callable[[], Iterator[Row]], form: str, encoding: str | None) -> None:
        """Take what reads it, and its names for people."""
        self._read = read
        self.format = form
        self.encoding = encoding
        self.note = ""

    def rows(self) -> Iterator[Row]:
        """Yield the rows."""
        return self._read()


def text_table(path: Path, encoding: str) -> DelimitedTable:
    """Return the list in a text file."""
    with text_of(path, encoding) as text:
        delimiter = _find_delimiter(first_of(lines_of(text), lambda line: len(line[1])))

    def read() -> Iterator[Row]:
        with text_of(path, encoding) as text:
            yield from _rows(lines_of(text), delimiter)

    return DelimitedTable(read, _form(delimiter), shown(encoding))


def table_of_lines(lines: Sequence[str]) -> DelimitedTable:
    """Return the list in lines of text."""

    def numbered() -> Lines:
        return ((number, line, True) for number, line in enumerate(lines, 1))

    delimiter = _find_delimiter(first_of(numbered(), lambda line: len(line[1])))
    return DelimitedTable(lambda: _rows(numbered(), delimiter), _form(delimiter), None)


def _form(delimiter: str) -> str:
    if not delimiter:
        return "plain text, one entry a line"
    kind = {",": "CSV, ", "\t": "TSV, "}.get(delimiter, "text, ")
    return f"{kind}columns between {_DELIMITERS[delimiter]}"


def _find_delimiter(lines: Sequence[tuple[int, str, bool]]) -> str:
    """Return what stands between the columns, nothing for one entry a line.

    It is what leaves hosts in one column of the most lines; if two do so, what gives the same
    number of cells in the most lines.
    """
    first = lines[0][1].strip("\r\n") if lines else ""
    if first.startswith(WEB_GRAPH_HEADER):
        return "\t"
    if said := _SEPARATOR.fullmatch(first):
        return said[1] if said[1] in _DELIMITERS else ""
    alone, _ = _score([row.cells[:1] for row in _rows(iter(lines), "")])
    best, chosen = (alone, 0.0), ""
    for delimiter in _DELIMITERS:
        rows = [row.cells for row in _rows(iter(lines), delimiter) if not row.fault]
        likely, agree = _score(rows)
        # Of lines that are hosts as they are, only what is in all of them can be a delimiter.
        needed = _AGREE if likely > alone else 0.99
        if agree >= needed and len(rows) > (likely <= alone) and (likely, agree) > best:
            best, chosen = (likely, agree), delimiter
    return chosen


def _score(rows: Sequence[Sequence[str]]) -> tuple[float, float]:
    """Return the share of the rows with a host in the best column, and with several cells."""
    if not rows:
        return 0.0, 0.0
    likely: Counter[int] = Counter()
    for cells in rows:
        likely.update(place for place, cell in enumerate(cells) if is_likely(cell))
    widths = Counter(len(cells) for cells in rows)
    width, count = widths.most_common(1)[0]
    return max(likely.values(), default=0) / len(rows), count / len(rows) if width > 1 else 0.0


def _rows(lines: Lines, delimiter: str) -> Iterator[Row]:
    ahead = _Lines(lines)
    for number, line, whole in ahead:
        text = line.strip() if delimiter != "\t" else line.strip(" \r\n")
        if not text.strip() or (text.startswith("#") and not text.startswith(WEB_GRAPH_HEADER)):
            continue
        if number == 1 and _SEPARATOR.fullmatch(text):
            continue
        if not whole:
            yield Row(line=number, cells=(), text=text[:SHOWN], fault=_TOO_LONG)
        elif '"' in text:
            yield _quoted(number, text, ahead, delimiter)
        else:
            yield _row(number, _split(text, delimiter), text)


class _Lines:
    """Lines, of which some can be put back."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._back: deque[tuple[int, str, bool]] = deque()

    def __iter__(self) -> Lines:
        return self

    def __next__(self) -> tuple[int, str, bool]:
        return self._back.popleft() if self._back else next(self._lines)

    def put_back(self, lines: Sequence[tuple[int, str, bool]]) -> None:
        self._back.extendleft(reversed(lines))


def _quoted(number: int, text: str, ahead: _Lines, delimiter: str) -> Row:
    """Return the row that begins at a line with quotation marks, which may go on over several.

    Where a mark is not closed soon, the line is left out and the lines after it are read as usual.
    """
    if delimiter in ("", " "):
        return _row(number, [cell.strip('"') for cell in _split(text, delimiter)], text)
    joined = text
    seen: list[tuple[int, str, bool]] = []
    while _whole(delimiter, strict=bool(seen)).fullmatch(joined) is None:
        following = next(ahead, None)
        if following is not None:
            seen.append(following)
            joined += f"\n{following[1]}"
        if following is None or len(seen) > _MOST_LINES or len(joined) > _LONGEST_RECORD:
            ahead.put_back(seen)
            return Row(line=number, cells=(), text=text[:SHOWN], fault=_NOT_CLOSED)
    csv.field_size_limit(2**31 - 1)  # lines are bounded; the default is 128 KiB
    parts = joined.splitlines(keepends=True)
    cells = next(csv.reader(parts, delimiter=delimiter, skipinitialspace=True), [])
    return _row(number, [cell.strip() for cell in cells], joined)


def _row(number: int, cells: Sequence[str], text: str) -> Row:
    if len(cells) > _MOST_CELLS:
        return Row(line=number, cells=(), text=text[:SHOWN], fault=_TOO_MANY)
    return Row(line=number, cells=[as_written(cell) for cell in cells], text=text[:SHOWN])


def _split(text: str, delimiter: str) -> list[str]:
    if not delimiter:
        return [text]
    if delimiter == " ":
        return text.partition(" #")[0].split()
    return [cell.strip() for cell in text.split(delimiter)]


@lru_cache(maxsize=16)
def _whole(delimiter: str, strict: bool) -> "re.Pattern[str]":
    """Return what a whole record matches: cells, quoted or not.

    One over several lines has nothing between a closing mark and the delimiter, so that a mark
    that was forgotten does not swallow lines up to the next mark.
    """
    mark = re.escape(delimiter)
    behind = r"[ \t]*+" if strict else rf"[^{mark}]*+"
    cell = rf'[ ]*+(?:"[^"]*+(?:""[^"]*+)*"(?!"){behind}|(?!")[^{mark}]*+)'
    # No group is possessive: Python before 3.11.5 matches some of them wrongly.
    return re.compile(rf"(?:{cell}{mark})*{cell}")
