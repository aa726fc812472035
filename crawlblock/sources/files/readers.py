"""Rows of Parquet, CSV and JSONL files, read in slices and brought to the same columns."""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Protocol

import polars as pl

from crawlblock.errors import InputError
from crawlblock.sources.files.batch import LeftOutTally
from crawlblock.sources.files.parquet_texts import as_text
from crawlblock.sources.files.table_text import LONGEST, Lines, text_lines
from crawlblock.sources.parquet_pages import check_pages
from crawlblock.spreadsheets import as_written
from crawlblock.unpacking import UNREADABLE, parse_json

# Every column but body is text here; `row` counts from 0 over the file.
SCHEMA = pl.Schema(
    {
        "row": pl.UInt32(),
        "host": pl.String(),
        "fetch_time": pl.String(),
        "first_seen": pl.String(),
        "last_seen": pl.String(),
        "status": pl.String(),
        "url": pl.String(),
        "headers": pl.String(),
        "snapshot": pl.String(),
        "body": pl.Binary(),
    }
)
_UNREADABLE = (
    OSError,
    *UNREADABLE,
    csv.Error,
    pl.exceptions.PolarsError,
    pl.exceptions.PanicException,  # what polars does at some corrupt Parquet files
)
_SLICE = 4_000  # rows
_SLICE_BYTES = 16 * 1024 * 1024  # of texts and bodies


_LARGEST_ROW = 64 * 1024 * 1024  # bytes of a row of Parquet, whose bodies are not escaped
_TOO_LONG = pl.col("_size") > _LARGEST_ROW


class RowFile(Protocol):
    """A file of rows."""

    path: Path

    def slices(self, tally: LeftOutTally | None = None) -> Iterator[pl.DataFrame]:
        """Yield the rows by and by, in their order, with the columns of SCHEMA."""
        ...


def open_table(path: Path, suffix: str) -> RowFile:
    """Open a table by its suffix; raises InputError if it lacks a column or cannot be read."""
    if suffix == ".parquet":
        return ParquetTable(path)
    return CsvTable(path) if suffix == ".csv" else JsonTable(path)


class ParquetTable:
    """A Parquet file."""

    def __init__(self, path: Path) -> None:
        """Read the schema."""
        self.path = path
        with readable(path):
            largest = check_pages(path, frozenset(SCHEMA.names()))
            self._slice = max(1, min(_SLICE, _SLICE_BYTES // max(largest, 1)))
            self._lazy = pl.scan_parquet(path, glob=False)
            have = self._lazy.collect_schema()
            self._rows: int = self._lazy.select(pl.len()).collect().item()
        check_columns(path, have)
        self._columns = [
            as_text(name, have[name], path)
            if name in have
            else pl.lit(None, dtype=dtype).alias(name)
            for name, dtype in SCHEMA.items()
            if name != "row"
        ]

    def slices(self, tally: LeftOutTally | None = None) -> Iterator[pl.DataFrame]:
        """Yield the rows by and by."""
        for at in range(0, self._rows, self._slice):
            with readable(self.path):
                frame = self._lazy.slice(at, self._slice).select(self._columns).collect()
            rows = pl.int_range(at, at + frame.height, dtype=pl.UInt32, eager=True)
            yield from _parted(frame.insert_column(0, rows.alias("row")), tally)


class CsvTable:
    """A CSV file with a header; what is not UTF-8 in it stays as it is.

    An empty cell is an absent value: that a robots.txt was empty is said by the status `empty`.
    """

    def __init__(self, path: Path) -> None:
        """Read the header."""
        self.path = path
        with readable(path), text_lines(path) as lines:
            self._header = next(self._cells(lines), [])
        check_columns(path, self._header)

    def slices(self, tally: LeftOutTally | None = None) -> Iterator[pl.DataFrame]:
        """Yield the rows by and by."""
        with readable(self.path), text_lines(self.path) as lines:
            cells = self._cells(lines)
            next(cells)
            yield from _framed(self._rows(cells, tally))

    def _rows(
        self, lines: Iterable[list[str]], tally: LeftOutTally | None
    ) -> Iterator[dict[str, str | bytes]]:
        for cells in lines:
            if len(cells) == len(self._header):
                pairs = zip(self._header, cells, strict=True)
                named = ((name, cell) for name, cell in pairs if cell and name in SCHEMA)
                yield {name: _cell(name, as_written(cell)) for name, cell in named}
            elif cells and tally:
                tally.add("the number of cells is not that of the header", ",".join(cells[:20]))

    @staticmethod
    def _cells(lines: Lines) -> Iterator[list[str]]:
        csv.field_size_limit(LONGEST)  # a body is one cell; the default is 128 KiB
        parts = _RowParts(lines)
        first = next(parts, "").removeprefix("\ufeff")
        header = next(csv.reader([first]), [])
        yield [name.strip().lower() for name in header]
        for cells in csv.reader(parts):
            parts.size = 0
            yield cells


class _RowParts:
    """The lines of a CSV; a row may have several of them, and only so much in all."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self.size = 0  # characters since the last row

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        number, line, whole = next(self._lines)
        self.size += len(line)
        if self.size > LONGEST or not whole:
            raise csv.Error(f"the row at line {number} is longer than {LONGEST >> 20} MiB")
        return line


class JsonTable:
    """A file with a JSON object on each line."""

    def __init__(self, path: Path) -> None:
        """Read what the first thousand lines name."""
        self.path = path
        with readable(path), text_lines(path) as lines:
            names = {
                name: None
                for number, line, whole in islice(lines, 1_000)
                for name in (_object(line) if whole else None) or ()
            }
        check_columns(path, names)

    def slices(self, tally: LeftOutTally | None = None) -> Iterator[pl.DataFrame]:
        """Yield the rows by and by."""
        with readable(self.path), text_lines(self.path) as lines:
            yield from _framed(self._rows(lines, tally))

    @staticmethod
    def _rows(lines: Lines, tally: LeftOutTally | None) -> Iterator[dict[str, str | bytes]]:
        for number, line, whole in lines:
            row = _object(line) if whole and line.strip() else None
            if row is not None:
                yield {
                    name: _cell(name, value if isinstance(value, str) else json.dumps(value))
                    for name, value in row.items()
                    if value is not None and name in SCHEMA
                }
            elif tally and not whole:
                tally.add(f"longer than {LONGEST >> 20} MiB", f"line {number}")
            elif tally and line.strip():
                tally.add("not a JSON object with a body of text", f"line {number}")


def check_columns(path: Path, have: Iterable[str]) -> None:
    """Raise InputError unless the columns needed are among those a file has, each once."""
    names = list(have)
    if twice := [name for name in SCHEMA if names.count(name) > 1]:
        raise InputError(f"{path}: has the column {twice[0]} twice; rename or remove one of them")
    dated = "fetch_time" in names or {"first_seen", "last_seen"} <= set(names)
    missing = [name for name in ("host", "status", "body") if name not in names]
    if missing or not dated:
        lacks = missing + ([] if dated else ["fetch_time (or first_seen and last_seen)"])
        raise InputError(
            f"{path}: lacks the column {', '.join(lacks)}; it has "
            f"{', '.join(names)[:300] or 'none'}; needed are host, status, body and "
            "fetch_time or first_seen with last_seen"
        )


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Turn what can go wrong in reading a file into InputError."""
    try:
        yield
    except _UNREADABLE as error:
        reason = getattr(error, "strerror", None) or str(error).split("\n")[0]
        raise InputError(
            f"{path}: cannot be read ({reason}); check that it is whole and of "
            "the type its name says"
        ) from None


def _parted(frame: pl.DataFrame, tally: LeftOutTally | None) -> Iterator[pl.DataFrame]:
    """Yield parts of a frame with so many bytes, each value counted; leave out rows too long."""
    texts = [pl.col(name).str.len_bytes() for name, kind in SCHEMA.items() if kind == pl.String]
    size = pl.sum_horizontal(*texts, pl.col("body").bin.size()).alias("_size")
    sized = frame.with_columns(size)
    if tally:
        tally.add(f"longer than {_LARGEST_ROW >> 20} MiB", count=sized.filter(_TOO_LONG).height)
    sized = sized.filter(~_TOO_LONG)
    begin = held = 0
    for at, row_size in enumerate(sized["_size"]):
        if held and held + row_size > _SLICE_BYTES:
            yield sized.slice(begin, at - begin).drop("_size")
            begin, held = at, 0
        held += row_size
    if begin < sized.height:
        yield sized.slice(begin).drop("_size")


def _framed(rows: Iterable[Mapping[str, str | bytes]]) -> Iterator[pl.DataFrame]:
    """Yield rows as frames, none with too many bytes of bodies."""
    part: list[Mapping[str, str | bytes]] = []
    start, size = 0, 0
    for row in rows:
        part.append(row)
        size += sum(map(len, row.values()))
        if len(part) == _SLICE or size > _SLICE_BYTES:
            yield _frame(part, start)
            start, size, part = start + len(part), 0, []
    if part:
        yield _frame(part, start)


def _frame(rows: list[Mapping[str, str | bytes]], start: int) -> pl.DataFrame:
    columns: dict[str, object] = {
        name: [row.get(name) for row in rows] for name in SCHEMA if name != "row"
    }
    return pl.DataFrame({"row": range(start, start + len(rows)), **columns}, schema=SCHEMA)


def _object(line: str) -> dict[str, object] | None:
    """Return the object on a line, None if there is none or its body is not text."""
    try:
        row = parse_json(line.removeprefix("\ufeff"), LONGEST)
    except ValueError:
        return None
    if not isinstance(row, dict) or not isinstance(row.get("body"), (str, type(None))):
        return None
    return row


def _cell(name: str, text: str) -> str | bytes:
    """Return a body as the bytes it was read from, anything else as text without stray bytes."""
    if name != "body":
        return text.encode("utf-8", "replace").decode()
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")
