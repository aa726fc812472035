"""The files that a shard is read from, and whether they are still those that it was read from."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from crawlblock.errors import UpstreamError
from crawlblock.names import kept_as
from crawlblock.outcome import Outcome
from crawlblock.scan.plan import Shard
from crawlblock.scan.tempfiles import saved
from crawlblock.sources.commoncrawl.mirror import Mirror, open_mirror
from crawlblock.transport import Limits


@dataclass(frozen=True, slots=True)
class Task:
    """A shard to read, with all that a worker on another machine must know."""

    directory: Path
    shard: Shard
    mirror: str
    contact: str | None
    limits: Limits  # this worker's part of what the mirror is asked to bear
    keep_bodies: bool = False
    fast: bool | None = None  # FastWARC reads; None: where it is installed


@dataclass(frozen=True, slots=True)
class Fault:
    """A place that could not be read; all else of its file was."""

    file: str
    offset: int  # bytes
    reason: str
    size: int | None = None  # bytes of the file as it was read; None: there was no file


async def input_files(task: Task) -> AsyncIterator[tuple[str, Path | Outcome]]:
    """Yield each file of a shard in turn, from the disk it is on or saved there meanwhile.

    Raises UpstreamError if the mirror cannot be reached.
    """
    folder = saved(task.directory, task.shard.shard)
    async with open_mirror(task.mirror, task.contact, task.limits) as mirror:
        for key in task.shard.files:
            if local := mirror.local_path(key):
                yield key, local
                continue
            file = folder / kept_as(key)
            outcome = await mirror.save(key, file)  # also where one is: a crash may have cut it
            if outcome is None:
                yield key, file
                file.unlink()
            elif not outcome.retry:
                yield key, outcome
            else:
                raise UpstreamError(
                    f"{mirror.location}: {key}: {outcome}; shards that are done stay, run the "
                    "same command again later"
                )
        if mirror.traffic.requests:  # the next shard's first request must not follow at once
            await asyncio.sleep(1 / task.limits.per_second)


async def has_other_files(task: Task, faults: Sequence[Fault]) -> bool:
    """Tell whether a file with a fault now has another length than when it was read.

    Then the file was cut, or was not there, and the mirror has it whole now.
    """
    read = {fault.file: fault.size for fault in faults}
    async with open_mirror(task.mirror, task.contact, task.limits) as mirror:
        for key, size in read.items():
            now = await _size(mirror, key)
            if now not in (None, size):
                return True
    return False


async def _size(mirror: Mirror, key: str) -> int | None:
    size = await mirror.size(key)
    return None if isinstance(size, Outcome) else size
