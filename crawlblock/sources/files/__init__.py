"""Captures from elsewhere: Parquet, CSV, JSONL and WARC files."""

import csv
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from crawlblock.errors import InputError
from crawlblock.model import Outcome
from crawlblock.sources.files.archives import read_archive
from crawlblock.sources.files.imported import COLUMNS, Every, Imported, LeftOut
from crawlblock.sources.files.periods import moment
from crawlblock.sources.files.rows import read_rows
from crawlblock.sources.files.tables import Table, open_table, readable

__all__ = ["COLUMNS", "Every", "Imported", "LeftOut", "read_files", "read_observation_times"]

_TABLES = (".parquet", ".csv", ".jsonl", ".ndjson")
_ARCHIVES = (".warc", ".warc.gz")
_TIME_COLUMNS = ("observed_at", "date")


def read_files(
    paths: Sequence[Path], every: Every = "month", at: Sequence[datetime] = ()
) -> Iterator[Imported]:
    """Yield the captures in files, batch by batch, each host once per snapshot of a file.

    A row that tells of a span gives a capture for each month or week it covers, or, with the
    observation times `at` (naive UTC), for each of them.  All files are opened before the first
    batch: raises InputError for one of unknown type, without the columns needed, or unreadable.
    """
    opened = [_open(path) for path in paths]
    return _read(opened, every, at)


def read_observation_times(path: Path) -> list[datetime]:
    """Return the times in the column `observed_at` or `date` of a CSV as naive UTC, in order.

    Raises InputError if it has no such column or no time in it.
    """
    with readable(path):
        text = path.read_text("utf-8-sig", "replace")
    reader = csv.DictReader(text.splitlines())
    column = next((name for name in _TIME_COLUMNS if name in (reader.fieldnames or ())), None)
    if column is None:
        raise InputError(f"{path}: has no column observed_at or date; ISO times are needed in one")
    times = set()
    for row in reader:
        time = moment((row[column] or "").strip())
        if time is None:
            raise InputError(
                f"{path}: line {reader.line_num}: {row[column]!r} is not an ISO time; mend it"
            )
        times.add(time)
    if not times:
        raise InputError(f"{path}: holds no time; ISO times are needed in the column {column}")
    return sorted(times)


def _open(path: Path) -> Table | Path:
    """Open a table; an archive stays a path."""
    name = path.name.lower()
    suffix = next((s for s in _TABLES if name.removesuffix(".gz").endswith(s)), None)
    if suffix and not (suffix == ".parquet" and name.endswith(".gz")):
        return open_table(path, suffix)
    if name.endswith(_ARCHIVES):
        with readable(path), path.open("rb"):
            return path
    raise InputError(
        f"{path}: unknown type of file; one of {', '.join((*_TABLES, *_ARCHIVES))} is needed"
    )


def _read(
    opened: Sequence[Table | Path], every: Every, at: Sequence[datetime]
) -> Iterator[Imported]:
    known: dict[str, Outcome] = {}
    for source in opened:
        if isinstance(source, Path):
            yield from read_archive(source, every, known)
        else:
            yield from read_rows(source, every, at, known)
