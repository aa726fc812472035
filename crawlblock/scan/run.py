"""The shards of a plan, one after the other or in some processes of this machine."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

from crawlblock.errors import StoreError
from crawlblock.scan.plan import Plan, Shard
from crawlblock.scan.shard import Done, Task, run_shard
from crawlblock.transport import Limits

_THREADS = "POLARS_MAX_THREADS"


def part(shards: Sequence[Shard], number: int, of: int) -> Sequence[Shard]:
    """Return every `of`-th shard from the `number`-th on, counted from 1."""
    return shards[number - 1 :: of]


def tasks(
    plan: Plan, shards: Sequence[Shard], directory: Path, contact: str | None, limits: Limits,
    workers: int,
) -> list[Task]:  # fmt: skip
    """Return the tasks of some shards; all workers together keep the limits."""
    each = replace(
        limits,
        per_second=limits.per_second / workers,
        in_flight=max(1, limits.in_flight // workers),
    )
    return [
        Task(directory, shard, plan.mirror, contact, each, plan.rules, plan.keep_bodies)
        for shard in shards
    ]


def run(given: Sequence[Task], processes: int) -> Iterator[Done]:
    """Run tasks and return what became of each, in the order in which they end.

    Raises what `run_shard` raises, once the shards that run are done, and StoreError if a process
    is killed; either way the shards that are whole stay.
    """
    if processes == 1:
        yield from map(run_shard, given)
        return
    with _one_thread(), ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        begun = [pool.submit(run_shard, task) for task in given]
        try:
            for ended in as_completed(begun):
                yield ended.result()
        except BrokenProcessPool:
            raise StoreError(
                "a process of the scan was killed, perhaps for want of memory; shards that are "
                "done stay, run the same command again, with fewer --processes"
            ) from None
        finally:
            pool.shutdown(cancel_futures=True)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Let each process started meanwhile use one core: polars would take them all."""
    before = os.environ.get(_THREADS)
    os.environ[_THREADS] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[_THREADS]
        else:
            os.environ[_THREADS] = before
