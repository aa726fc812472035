"""Rows of Parquet, CSV and JSONL files, read in slices and brought to the same columns."""

import csv
import gzip
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Protocol, cast

import polars as pl

from crawlblock.errors import InputError
from crawlblock.sources.files.batch import LeftOutTally
from crawlblock.spreadsheets import as_written

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
    EOFError,
    zlib.error,
    csv.Error,
    pl.exceptions.PolarsError,
    pl.exceptions.PanicException,  # what polars does at some corrupt Parquet files
)
_SLICE = 4_000  # rows
_SLICE_BYTES = 32 * 1024 * 1024  # of bodies, where they are counted while reading


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
            self._lazy = pl.scan_parquet(path)
            have = self._lazy.collect_schema()
            self._rows: int = self._lazy.select(pl.len()).collect().item()
        check_columns(path, have)
        self._columns = [
            _as_text(name, have[name], path)
            if name in have
            else pl.lit(None, dtype=dtype).alias(name)
            for name, dtype in SCHEMA.items()
            if name != "row"
        ]

    def slices(self, tally: LeftOutTally | None = None) -> Iterator[pl.DataFrame]:
        """Yield the rows by and by."""
        for at in range(0, self._rows, _SLICE):
            with readable(self.path):
                frame = self._lazy.slice(at, _SLICE).select(self._columns).collect()
            rows = pl.int_range(at, at + frame.height, dtype=pl.UInt32, eager=True)
            yield frame.insert_column(0, rows.alias("row"))


class CsvTable:
    """A CSV file with a header; what is not UTF-8 in it stays as it is.

    An empty cell is an absent value: that a robots.txt was empty is said by the status `empty`.
    """

    def __init__(self, path: Path) -> None:
        """Read the header."""
        self.path = path
        with readable(path), _open(path) as file:
            self._header = next(self._cells(file), [])
        check_columns(path, self._header)

    def slices(self, tally: LeftOutTally | None = None) -> Iterator[pl.DataFrame]:
        """Yield the rows by and by."""
        with readable(self.path), _open(self.path) as file:
            cells = self._cells(file)
            next(cells)
            yield from _framed(self._rows(cells, tally))

    def _rows(
        self, lines: Iterable[list[str]], tally: LeftOutTally | None
    ) -> Iterator[dict[str, str | bytes]]:
        for cells in lines:
            if len(cells) == len(self._header):
                named = zip(self._header, cells, strict=True)
                yield {name: _cell(name, as_written(cell)) for name, cell in named if cell}
            elif cells and tally:
                tally.add("as many cells as the header are needed", ",".join(cells))

    @staticmethod
    def _cells(file: BinaryIO) -> Iterator[list[str]]:
        csv.field_size_limit(2**31 - 1)  # a body is one cell; the default is 128 KiB
        lines = _lines(file)
        first = next(lines, "").removeprefix("\ufeff")
        header = next(csv.reader([first]), [])
        yield [name.strip().lower() for name in header]
        yield from csv.reader(lines)


class JsonTable:
    """A file with a JSON object on each line."""

    def __init__(self, path: Path) -> None:
        """Read what the first thousand lines name."""
        self.path = path
        with readable(path), _open(path) as file:
            names = {
                name: None for line in islice(_lines(file), 1_000) for name in _object(line) or ()
            }
        check_columns(path, names)

    def slices(self, tally: LeftOutTally | None = None) -> Iterator[pl.DataFrame]:
        """Yield the rows by and by."""
        with readable(self.path), _open(self.path) as file:
            yield from _framed(self._rows(file, tally))

    @staticmethod
    def _rows(file: BinaryIO, tally: LeftOutTally | None) -> Iterator[dict[str, str | bytes]]:
        for number, line in enumerate(_lines(file), 1):
            row = _object(line) if line.strip() else None
            if row is not None:
                yield {
                    name: _cell(name, value if isinstance(value, str) else json.dumps(value))
                    for name, value in row.items()
                    if value is not None
                }
            elif line.strip() and tally:
                tally.add("not a JSON object with a body of text", f"line {number}")


def check_columns(path: Path, have: Iterable[str]) -> None:
    """Raise InputError unless the columns needed are among those a file has."""
    names = list(have)
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


def _as_text(name: str, dtype: pl.DataType, path: Path) -> pl.Expr:
    """Return a column of a Parquet file as SCHEMA has it."""
    column = pl.col(name)
    if name == "body":
        if dtype not in (pl.Binary, pl.String, pl.Null):
            raise InputError(f"{path}: the column body holds {dtype}; it must be bytes or text")
        return column.cast(pl.Binary)
    if isinstance(dtype, pl.Datetime):
        time = column.cast(pl.Datetime("us", dtype.time_zone))
        if dtype.time_zone:
            time = time.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
        return time.dt.strftime("%Y-%m-%dT%H:%M:%S%.6f")
    if isinstance(dtype, pl.Struct):
        return column.struct.json_encode()
    if dtype.is_nested():
        return pl.lit(None, dtype=pl.String).alias(name)
    if dtype.is_float():
        return column.cast(pl.Int64, strict=False).cast(pl.String)
    return column.cast(pl.String)


def _framed(rows: Iterable[Mapping[str, str | bytes]]) -> Iterator[pl.DataFrame]:
    """Yield rows as frames, none with too many bytes of bodies."""
    part: list[Mapping[str, str | bytes]] = []
    start, size = 0, 0
    for row in rows:
        part.append(row)
        size += len(row.get("body") or b"")
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


def _open(path: Path) -> BinaryIO:
    return cast(BinaryIO, gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb"))


def _lines(file: BinaryIO) -> Iterator[str]:
    """Yield lines ended by LF, their bytes kept where they are not UTF-8."""
    return (line.decode("utf-8", "surrogateescape") for line in file)


def _object(line: str) -> dict[str, object] | None:
    """Return the object on a line, None if there is none or its body is not text."""
    try:
        row = json.loads(line.removeprefix("\ufeff"))
    except (ValueError, RecursionError):
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
