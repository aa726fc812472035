"""One shard: some WARC files read into one Parquet file, whole or not at all."""

import json
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

import polars as pl
from filelock import FileLock

from crawlblock import __version__, loops
from crawlblock.captures.record_counts import UNREADABLE_TYPE, TypeCount
from crawlblock.collecting import collected_seldom
from crawlblock.durable import put_in_place
from crawlblock.errors import InputError, StoreError
from crawlblock.outcome import Outcome
from crawlblock.scan.inputs import Fault, Task, has_other_files, input_files
from crawlblock.scan.plan import Plan, Shard
from crawlblock.scan.rows import Captures, WorkerMemory
from crawlblock.scan.tempfiles import aside, remove_pieces, remove_rest, writing
from crawlblock.transport import Limits
from crawlblock.unpacking import UNREADABLE, parse_json
from crawlblock.warc.reader import Damage, records

KEY = "crawlblock"  # of what stands in the Parquet file's metadata
_HELD = 64 * 1024 * 1024  # bytes of bodies in memory; then they go to the disk
_ROWS = 32_768  # of a row group
_OBJECTS = 200_000  # between two looks for cycles
_LARGEST_HEADER = 16 * 1024 * 1024  # bytes of what a shard says of itself
_UNREADABLE = (  # what reading a file raises that is no shard
    OSError, LookupError, TypeError, AttributeError, OverflowError, pl.exceptions.PolarsError,
    pl.exceptions.PanicException,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a shard."""

    shard: str
    skipped: bool  # it was there already
    captures: int
    payloads: int  # distinct in the shard
    damaged: int  # captures whose payload cannot be read or trusted
    bytes: int  # of the WARC files read
    seconds: float  # of the processor
    faults: tuple[Fault, ...]
    records: tuple[TypeCount, ...]


@dataclass(frozen=True, slots=True)
class ShardHeader:
    """What a shard's Parquet file says of itself: a JSON object under `crawlblock`."""

    version: str
    shard: str
    crawl: str
    files: tuple[str, ...]
    keep_bodies: bool
    captures: int
    payloads: int
    damaged: int
    bytes: int
    faults: tuple[Fault, ...]
    records: tuple[TypeCount, ...] = ()  # none in shards of versions that did not count them


def tasks(
    plan: Plan, shards: Iterable[Shard], directory: Path, contact: str | None, limits: Limits
) -> Iterator[Task]:
    """Return the tasks of some shards, which say the same wherever on a machine they are read."""
    local = "://" not in plan.mirror
    mirror = str(Path(plan.mirror).expanduser().absolute()) if local else plan.mirror
    for shard in shards:
        yield Task(directory.absolute(), shard, mirror, contact, limits, plan.keep_bodies)


def shard_path(directory: Path, shard: str) -> Path:
    """Return where a shard's Parquet file is."""
    return directory / "shards" / f"{shard}.parquet"


def read_about(path: Path) -> ShardHeader:
    """Return what a shard says of itself; raises InputError if it is no whole shard."""
    try:
        read: Any = parse_json(pl.read_parquet_metadata(path)[KEY], _LARGEST_HEADER)
        read["files"] = tuple(read["files"])
        read["faults"] = tuple(Fault(**each) for each in read["faults"])
        read["records"] = tuple(TypeCount(**each) for each in read.get("records", ()))
        known = {field.name for field in fields(ShardHeader)} <= read.keys()
        about = ShardHeader(**read) if known else None
        typed = [(each.records, each.stored, each.resolved, each.unresolved, len(each.type))
                 for each in read["records"]]  # fmt: skip
        counts = (read["captures"], read["bytes"], len(read["shard"].encode()), *chain(*typed))
        if not all(isinstance(count, int) and 0 <= count < 2**63 for count in counts):
            raise TypeError("a count is not a whole number")
    except (*_UNREADABLE, *UNREADABLE) as error:
        raise InputError(
            f"{path} is not a shard of a scan ({error}); remove it and run crawlblock scan "
            "run again"
        ) from None
    if about is None:
        raise InputError(
            f"{path}: made by an older crawlblock; remove it and run crawlblock scan run again"
        )
    return about


def run_shard(task: Task) -> Done:
    """Read a shard into its Parquet file, or tell that it is there.

    One that was read from a file that was cut is read again when the mirror has another file.

    Raises UpstreamError if the mirror cannot be reached (run again later), StoreError if the disk
    refuses.
    """
    path = shard_path(task.directory, task.shard.shard)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        locks = task.directory / "locks"
        locks.mkdir(exist_ok=True)
        lock = locks / task.shard.shard
        with FileLock(lock), collected_seldom(_OBJECTS):  # it may have been given out twice
            remove_pieces(path)
            about = _same(path, task)
            if about and about.faults and loops.run(has_other_files(task, about.faults)):
                about = None  # a file was cut or missing, and is not any more
            done = _done(about, True, 0.0) if about else loops.run(_scan(task, path))
            remove_rest(task.directory, path, task.shard.shard)
            lock.unlink(missing_ok=True)  # who waits for it finds the shard done
        return done
    except (OSError, NotImplementedError) as error:  # some network disks cannot lock
        reason = getattr(error, "strerror", None) or error
        raise StoreError(
            f"{path} cannot be written ({reason}); free some space or use another disk, "
            "then run again"
        ) from None


def _same(path: Path, task: Task) -> ShardHeader | None:
    """Return what a shard says of itself if it is whole and what the task would make."""
    try:
        about = read_about(path)
    except InputError:
        return None
    made = (about.files, about.keep_bodies)
    return about if made == (task.shard.files, task.keep_bodies) else None


async def _scan(task: Task, path: Path) -> Done:
    begun = time.process_time()
    captures = Captures(task.shard.crawl, _reader(), task.keep_bodies)
    parquet = _Parquet(path)
    faults: list[Fault] = []
    size = 0
    try:
        async for key, file in input_files(task):
            if isinstance(file, Outcome):
                faults.append(Fault(key, 0, f"the mirror does not have it ({file})"))
                continue
            read = file.stat().st_size
            size += read
            wrong = _read(key, file, captures, parquet, task.fast)
            faults.extend(Fault(key, each.offset, each.reason, read) for each in wrong)
        captures.end()
        frame = captures.take()
        about = ShardHeader(
            version=__version__,
            shard=task.shard.shard,
            crawl=task.shard.crawl,
            files=task.shard.files,
            keep_bodies=task.keep_bodies,
            captures=captures.rows,
            payloads=captures.payloads,
            damaged=captures.damaged,
            bytes=size,
            faults=tuple(faults),
            records=captures.counts(),
        )
        parquet.finish(frame, about)
    finally:
        parquet.remove_pieces()
    return _done(about, False, time.process_time() - begun)


def _read(
    key: str, file: Path, captures: Captures, parquet: "_Parquet", fast: bool | None
) -> Iterator[Damage]:
    """Add a file's records to the captures and return what is wrong with it."""
    empty = True
    passed = Counter[str]()
    for record in records(file, fast, passed):
        empty = False
        if isinstance(record, Damage):
            damage: Damage | None = record
            captures.read[UNREADABLE_TYPE] += 1
        else:
            damage = captures.add(key, record)
        if damage:
            yield damage
        if captures.held > _HELD:
            parquet.put(captures.take())
    captures.read.update(passed)
    if empty:
        yield Damage(0, "there is no response in it", None)


class _Parquet:
    """A Parquet file written in pieces beside its place, and given its name when it is whole."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._pieces: list[Path] = []

    def put(self, frame: pl.DataFrame) -> None:
        """Write rows to the disk, so that memory stays flat."""
        piece = aside(self._path, len(self._pieces))
        self._pieces.append(piece)
        with writing(self._path):
            frame.write_parquet(piece, statistics=False)

    def finish(self, frame: pl.DataFrame, about: ShardHeader) -> None:
        """Write the last rows and what the file says of itself."""
        part = aside(self._path, "part")
        metadata = {KEY: json.dumps(asdict(about))}
        if self._pieces:
            self.put(frame)
            whole = pl.concat([pl.scan_parquet(piece) for piece in self._pieces])
            with writing(self._path):
                whole.sink_parquet(part, row_group_size=_ROWS, statistics=False, metadata=metadata)
        else:
            with writing(self._path):
                frame.write_parquet(part, row_group_size=_ROWS, statistics=False, metadata=metadata)
        put_in_place(part, self._path)

    def remove_pieces(self) -> None:
        """Remove what was put aside."""
        for piece in self._pieces:
            piece.unlink(missing_ok=True)


@cache
def _reader() -> WorkerMemory:
    """Return what reads, once in a process: it is faster on what it has met."""
    return WorkerMemory()


def _done(about: ShardHeader, skipped: bool, seconds: float) -> Done:
    return Done(
        shard=about.shard,
        skipped=skipped,
        captures=about.captures,
        payloads=about.payloads,
        damaged=about.damaged,
        bytes=about.bytes,
        seconds=seconds,
        faults=about.faults,
        records=about.records,
    )
