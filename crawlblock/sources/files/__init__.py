"""Captures from elsewhere: Parquet, CSV, JSONL and WARC files."""

import csv
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from crawlblock.captures.frames import Batch, joined
from crawlblock.errors import ArchiveError, InputError
from crawlblock.model import SnapshotKind
from crawlblock.sources.files.batch import Every, LeftOut, LeftOutTally, RecordCount
from crawlblock.sources.files.convert import read_rows, times_in
from crawlblock.sources.files.folders import check_regular, files_in, is_folder
from crawlblock.sources.files.periods import Periods, periods_of
from crawlblock.sources.files.readers import RowFile, open_table, readable
from crawlblock.sources.files.snapshots import moment
from crawlblock.sources.files.table_text import text_lines
from crawlblock.sources.files.warc_files import Archives, times_in_archive
from crawlblock.warc.reader import check_archive

__all__ = ["Every", "Files", "LeftOut", "RecordCount", "read_observation_times"]

_TABLES = (".parquet", ".csv", ".jsonl", ".ndjson")
_ARCHIVES = (".warc", ".warc.gz", ".warc.zst", ".arc", ".arc.gz")
_MOST_TIMES = 100_000
_MOST_SWEPT = 1_000_000  # captures in which sweeps are looked for
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

        Of a folder, every file of a known type is read that can be.  `reading` is called with the
        file before each batch of it.  `snapshot`: the name of the one
        snapshot of all captures; without it see `periods`.
        """
        self._every, self._at, self._reading = every, at, reading
        self._snapshot = snapshot
        self.periods = Periods(every, snapshot)  # of the files once they are being read
        self.left_out: list[LeftOut] = []  # of the files read so far
        self.records: list[RecordCount] = []  # of the WARC and ARC files, when all are read
        self._opened = [each for path in paths for each in self._opened_at(path)]

    @property
    def notes(self) -> list[str]:
        """Return what else the user must know of files that were read."""
        unresolved = sum(each.unresolved for each in self.records)
        missing = (
            f"{unresolved:,} revisit records repeat answers that are in none of the files, so what "
            "they hold is unknown; import the files with the answers, too, if you have them"
        )
        return [*self.periods.notes, *([missing] if unresolved else [])]

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
        archives = Archives(self.periods, known)
        unusable: list[InputError] = []
        for source in self._opened:
            path = _path(source)
            tally = LeftOutTally(path)
            try:
                for batch in self._batches(source, tally, known, archives):
                    self._reading(path)
                    yield batch
            except InputError as error:
                unusable.append(error)
                tally.add(f"the file cannot be used: {error}")
            self.left_out += tally.result()
        if len(unusable) == len(self._opened):
            raise unusable[0]
        yield from archives.rest()
        self.left_out += archives.left_out()
        self.records = archives.counts()

    def _batches(
        self, source: RowFile | Path, tally: LeftOutTally, known: set[str], archives: Archives
    ) -> Iterator[Batch]:
        with readable(_path(source)):
            if isinstance(source, Path):
                try:
                    yield from archives.read(source, tally)
                except ArchiveError as error:
                    raise InputError(str(error)) from None
            else:
                yield from read_rows(source, self.periods, self._at, tally, known)

    def _periods(self) -> Periods:
        """Return the snapshots of the captures of all files together."""
        if self._snapshot is not None or self._at:
            return Periods(self._every, self._snapshot)
        captures: list[tuple[str, datetime]] = []
        for source in self._opened:
            with suppress(InputError), readable(_path(source)):  # it is reported when it is read
                found = times_in_archive(source) if isinstance(source, Path) else times_in(source)
                if found is None:
                    return Periods(self._every)
                captures += found
                if len(captures) > _MOST_SWEPT:
                    return Periods(self._every)
        return periods_of(captures, self._every)

    def _opened_at(self, path: Path) -> list[RowFile | Path]:
        """Open a file, or the files in a folder; those of it that cannot be used are left out."""
        if not is_folder(path):
            return [_open(path)]
        tally = LeftOutTally(path)
        opened = []
        for file in files_in(path, tally):
            if _suffix(file):
                try:
                    opened.append(_open(file))
                except InputError as error:
                    tally.add("a file that cannot be used", str(error))
            else:
                tally.add("unknown type of file", str(file.relative_to(path)))
        if not opened:
            raise InputError(
                f"{path}: no file in it can be used{tally.reasons()}; one of "
                f"{', '.join((*_TABLES, *_ARCHIVES))} is needed"
            )
        self.left_out += tally.result()
        return opened


def _path(source: RowFile | Path) -> Path:
    return source if isinstance(source, Path) else source.path


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
                raise InputError(f"{path}: line {reader.line_num}: {text[:80]!r} {fault}; fix it")
            times.add(time)
    if not times:
        raise InputError(f"{path}: holds no time; ISO times are needed in the column {column}")
    return sorted(times)


def _open(path: Path) -> RowFile | Path:
    """Open a table; an archive stays a path."""
    check_regular(path)
    suffix = _suffix(path)
    if suffix in _TABLES:
        return open_table(path, suffix)
    if suffix is None:
        raise InputError(
            f"{path}: unknown type of file; one of {', '.join((*_TABLES, *_ARCHIVES))} is needed"
        )
    try:
        check_archive(path)
    except ArchiveError as error:
        raise InputError(str(error)) from None
    return path


def _suffix(path: Path) -> str | None:
    """Return the type of a file by its name, None for an unknown one."""
    name = path.name.lower()
    table = next((s for s in _TABLES if name.removesuffix(".gz").endswith(s)), None)
    if table and not (table == ".parquet" and name.endswith(".gz")):
        return table
    return next((s for s in _ARCHIVES if name.endswith(s)), None)
