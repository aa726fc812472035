"""Captures from elsewhere: Parquet, CSV, JSONL and WARC files."""

import csv
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from crawlblock.captures.frames import Batch, joined
from crawlblock.errors import InputError
from crawlblock.model import SnapshotKind
from crawlblock.sources.files.batch import Every, LeftOut, LeftOutTally
from crawlblock.sources.files.convert import read_rows
from crawlblock.sources.files.readers import RowFile, open_table, readable
from crawlblock.sources.files.snapshots import moment
from crawlblock.sources.files.table_text import text_lines
from crawlblock.sources.files.warc_files import read_archive

__all__ = ["Every", "Files", "LeftOut", "read_observation_times"]

_TABLES = (".parquet", ".csv", ".jsonl", ".ndjson")
_ARCHIVES = (".warc", ".warc.gz", ".arc", ".arc.gz")
_MOST_TIMES = 100_000
_TIME_COLUMNS = ("observed_at", "date")


class Files:
    """Files of others, as a source.

    A row that tells of a span gives a fetch for each month or week it covers, or, with the
    observation times `at` (naive UTC), for each of them.
    """

    kind = SnapshotKind.IMPORT

    def __init__(
        self,
        paths: Sequence[Path],
        every: Every = "month",
        at: Sequence[datetime] = (),
        reading: Callable[[Path], None] = lambda _: None,
    ) -> None:
        """Open all files; raises InputError for one of unknown type or that cannot be used.

        `reading` is called with the file before each batch of it.
        """
        self._opened = [_open(path) for path in paths]
        self._every, self._at, self._reading = every, at, reading
        self.left_out: list[LeftOut] = []  # of the files read so far

    async def batches(self) -> AsyncGenerator[Batch]:
        """Yield what the files hold, batch by batch."""
        for batch in joined(self.read()):
            yield batch

    def read(self) -> Iterator[Batch]:
        """Yield the same to who has no event loop; raises InputError if no file can be used.

        A file that cannot be used among others is left out.
        """
        known: set[str] = set()
        unusable: list[InputError] = []
        for source in self._opened:
            path = source if isinstance(source, Path) else source.path
            tally = LeftOutTally(path)
            try:
                for batch in self._batches(source, tally, known):
                    self._reading(path)
                    yield batch
            except InputError as error:
                unusable.append(error)
                tally.add(f"the file cannot be used: {error}")
            self.left_out += tally.result()
        if len(unusable) == len(self._opened):
            raise unusable[0]

    def _batches(
        self, source: RowFile | Path, tally: LeftOutTally, known: set[str]
    ) -> Iterator[Batch]:
        with readable(source if isinstance(source, Path) else source.path):
            if isinstance(source, Path):
                yield from read_archive(source, self._every, tally, known)
            else:
                yield from read_rows(source, self._every, self._at, tally, known)


def read_observation_times(path: Path) -> list[datetime]:
    """Return the times in the column `observed_at` or `date` of a CSV as naive UTC, in order.

    Raises InputError if it has no such column or no time in it.
    """
    times: set[datetime] = set()
    with readable(path), text_lines(path) as lines:
        reader = csv.DictReader(line.removeprefix("\ufeff") for _, line, _ in lines)
        column = next((name for name in _TIME_COLUMNS if name in (reader.fieldnames or ())), None)
        if column is None:
            raise InputError(
                f"{path}: has no column observed_at or date; ISO times are needed in one"
            )
        for row in reader:
            text = (row[column] or "").strip()
            time = moment(text)
            if time is None or len(times) == _MOST_TIMES:
                fault = "is not an ISO time" if time is None else f"is one of over {_MOST_TIMES:,}"
                raise InputError(f"{path}: line {reader.line_num}: {text[:80]!r} {fault}; mend it")
            times.add(time)
    if not times:
        raise InputError(f"{path}: holds no time; ISO times are needed in the column {column}")
    return sorted(times)


def _open(path: Path) -> RowFile | Path:
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
