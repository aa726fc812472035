"""Captures from elsewhere: Parquet, CSV, JSONL and WARC files."""

import csv
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from crawlblock.captures.frames import Batch, joined
from crawlblock.errors import InputError
from crawlblock.model import SnapshotKind
from crawlblock.sources.files.batch import Every, LeftOut, LeftOutTally
from crawlblock.sources.files.convert import read_rows, times_in
from crawlblock.sources.files.periods import Periods, periods_of
from crawlblock.sources.files.readers import RowFile, open_table, readable
from crawlblock.sources.files.snapshots import moment
from crawlblock.sources.files.warc_files import read_archive, times_in_archive

__all__ = ["Every", "Files", "LeftOut", "read_observation_times"]

_TABLES = (".parquet", ".csv", ".jsonl", ".ndjson")
_ARCHIVES = (".warc", ".warc.gz", ".arc", ".arc.gz")
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
        snapshot: str | None = None,
    ) -> None:
        """Open all files; raises InputError for one of unknown type or that cannot be used.

        `reading` is called with the file before each batch of it.  `snapshot`: the name of the one
        snapshot of all captures; without it see `periods`.
        """
        self._opened = [_open(path) for path in paths]
        self._every, self._at, self._reading = every, at, reading
        self._snapshot = snapshot
        self.periods = Periods(every, snapshot)  # of the files once they are being read
        self.left_out: list[LeftOut] = []  # of the files read so far

    async def batches(self) -> AsyncGenerator[Batch]:
        """Yield what the files hold, batch by batch."""
        for batch in joined(self.read()):
            yield batch

    def read(self) -> Iterator[Batch]:
        """Yield the same to who has no event loop; raises InputError if no file can be used.

        A file that cannot be used among others is left out.
        """
        self.periods = self._periods()
        known: set[str] = set()
        unusable: list[InputError] = []
        for source in self._opened:
            path = _path(source)
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
        with readable(_path(source)):
            if isinstance(source, Path):
                yield from read_archive(source, self.periods, tally, known)
            else:
                yield from read_rows(source, self.periods, self._at, tally, known)

    def _periods(self) -> Periods:
        """Return the snapshots of the captures of all files together."""
        if self._snapshot is not None or self._at:
            return Periods(self._every, self._snapshot)
        captures: list[tuple[str, datetime]] = []
        for source in self._opened:
            with suppress(InputError), readable(_path(source)):  # told of when it is read
                found = times_in_archive(source) if isinstance(source, Path) else times_in(source)
                if found is None:
                    return Periods(self._every)
                captures += found
        return periods_of(captures, self._every)


def _path(source: RowFile | Path) -> Path:
    return source if isinstance(source, Path) else source.path


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
