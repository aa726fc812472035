"""A plan and a history in a process of its own, on a machine that is as small as it is asked to be.

Usage: python small_machine.py MIRROR DB METHOD [one-core] [slow-disk]
"""

import asyncio
import io
import json
import os
import resource
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from test_costs import members, order

from crawlblock.pipeline.history import collect_history, plan_history
from crawlblock.pipeline.run import Run
from crawlblock.sources.commoncrawl.cost import Method
from crawlblock.store.store import Store

HOSTS = [f"host-{number:04}" for number in range(0, 450, 3)]
DISK = 60e6  # bytes a second that a slow disk takes or gives


class SlowFile(io.FileIO):
    """A file on a disk that takes its time for each byte; what DuckDB does is not slowed."""

    slept = 0.0  # s

    def write(self, raw: Any, /) -> int:
        """Write as fast as the disk."""
        _wait(memoryview(raw).nbytes)
        return super().write(raw)

    def readinto(self, room: Any, /) -> int:
        """Read as fast as the disk."""
        read = super().readinto(room)
        _wait(read or 0)
        return read or 0


def _wait(size: int) -> None:
    time.sleep(size / DISK)
    SlowFile.slept += size / DISK


def slow_down() -> None:
    """Let all files that this process opens as bytes be on a slow disk."""
    real = io.open

    def opened(file: Any, mode: str = "r", *more: Any, **named: Any) -> Any:
        if mode not in ("rb", "wb", "ab"):
            return real(file, mode, *more, **named)
        kind = io.BufferedReader if mode == "rb" else io.BufferedWriter
        return kind(SlowFile(file, mode[0]))

    io.open = opened  # by which pathlib opens


def main(mirror: str, db: Path, method: Method, limits: Sequence[str]) -> None:
    """Plan and run, and print what was said and done as JSON."""
    if "one-core" in limits:
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    if "slow-disk" in limits:
        slow_down()
    wanted, panel = order(mirror, db, method), members(HOSTS)
    plans = asyncio.run(plan_history(Run(Store(db)), wanted, panel))
    planned_peak = _peak()
    run = Run(Store(db))
    asyncio.run(collect_history(run, wanted, panel))
    run.store.conclusions.settle()
    measured = {
        "planned": sum(plan.requests for plan in plans),
        "sent": run.tally.requests,
        "troubles": run.tally.troubles,
        "peak of the plan": planned_peak,
        "peak": _peak(),
        "slept": SlowFile.slept,
    }
    print(json.dumps(measured))


def _peak() -> int:
    """Return the most memory that this process had, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3], sys.argv[4:])  # type: ignore[arg-type]
