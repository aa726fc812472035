"""Measures what a hundred thousand shards cost beside the reading: planner, engine, memory.

Usage:
    python benchmarks/scale.py [--shards 100000] [--files 20] [--dask]

The plan has that many shards of that many file names each (20 crawls and more: one has some 5,000
shards of 20 files).  The engine maps a task that spins for half a ms over them; a real shard of 20
files costs about a second of a core.  What counts is how much of the processors client, scheduler
and workers use beside the spinning, for each shard, as a share of that second.  Merging is
measured by `scale_merge.py`.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from multiprocessing import active_children
from pathlib import Path
from typing import TypeVar

from judge import describe, resident

from crawlblock.executor import Engine, open_engine, run_tasks
from crawlblock.scan.inputs import Task
from crawlblock.scan.plan import Plan, TakenFiles, cut, read_plan, sample_files, write_plan
from crawlblock.scan.shard import tasks
from crawlblock.transport import Limits

SECOND = 1.0  # of a core, for a shard of 20 files: 15,000 captures, see scan_run.py
SPIN = 0.0005  # s of a core a task
PROCESSES = 2
CRAWL = "CC-MAIN-2025-33"
T = TypeVar("T")
_KEY = (
    "crawl-data/{crawl}/segments/1754{segment:06}.{part:02}/robotstxt/"
    "CC-MAIN-20250802{segment:06}-20250802{other:06}-{number:05}.warc.gz"
)


def spin(task: Task) -> str:
    """Use a core for a while, as reading a shard does, and say which it was."""
    end = time.process_time() + SPIN
    while time.process_time() < end:
        pass
    return task.shard.shard


def timed(what: str, call: Callable[[], T]) -> T:
    """Return what a call gives, and print its time and the memory after it."""
    begun = time.perf_counter()
    found = call()
    print(f"| {what} | {time.perf_counter() - begun:.1f} s | {resident():,.0f} MiB |")
    return found


def measure_plan(shards: int, files: int, directory: Path) -> None:
    """Draw, cut, write and read back a plan."""
    keys = [
        _KEY.format(crawl=CRAWL, segment=n % 999_983, part=n % 97, other=n % 86_399, number=n)
        for n in range(shards * files)
    ]
    print(f"\n{shards:,} shards of {files} files: {len(keys):,} names\n")
    print("| step | time | resident |\n|---|---|---|")
    print(f"| the names alone | | {resident():,.0f} MiB |")
    drawn = timed("draw (all of them)", lambda: sample_files(keys, 1.0, "seed"))
    made = timed("cut", lambda: cut(CRAWL, drawn, files))
    taken = (TakenFiles(CRAWL, len(drawn), len(keys)),)
    plan = Plan("/archive", "seed", 1.0, 0, taken, tuple(made))
    timed("write", lambda: write_plan(plan, directory))


def measure_engine(name: str, engine: Engine, plan: Plan, found: Sequence[int]) -> None:
    """Map the spinning task over a plan's shards and print what comes on top, and the memory.

    `found` are the processes of a cluster, its scheduler first; none: they are children.
    """
    list(run_tasks(engine, spin, named(plan, 100)))  # all processes have begun
    processes = [os.getpid(), *(found or (child.pid or 0 for child in active_children()))]
    used, begun = sum(map(processor, processes)), time.perf_counter()
    count = len(plan.shards)
    memory = []
    for number, _ in enumerate(run_tasks(engine, spin, named(plan, count)), 1):
        if number in (count // 100, count // 2, count):
            memory.append(" + ".join(f"{resident_of(each):,.0f}" for each in processes[:2]))
    clock = (time.perf_counter() - begun) / count
    beside = (sum(map(processor, processes)) - used) / count - SPIN
    print(
        f"| {name} | {count:,} | {clock * 1e3:.2f} ms | {beside * 1e3:.2f} ms "
        f"| {beside / SECOND:.2%} | {', '.join(memory)} MiB |"
    )


def named(plan: Plan, count: int) -> Iterator[tuple[str, Task]]:
    """Return the tasks of the first shards with their names, one at a time."""
    limits = Limits(in_flight=1)
    for task in tasks(plan, plan.shards[:count], Path("/scan"), None, limits):
        yield task.shard.shard, task


def processor(process: int) -> float:
    """Return the seconds of a processor that a process has used."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_of(process: int) -> float:
    """Return the memory of a process in MiB."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


@contextmanager
def dask(folder: Path) -> Iterator[tuple[str, list[int]]]:
    """Give the address of a scheduler with two workers on loopback, and their processes."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    about = folder / "scheduler.json"
    scheduler = (
        "dask_scheduler --host 127.0.0.1 --port 0 --dashboard-address 127.0.0.1:0 --no-dashboard"
    )
    worker = "dask_worker --nthreads 1 --no-nanny --no-dashboard"
    with ExitStack() as stack:
        begun = []
        for command in (scheduler, *[worker] * PROCESSES):
            module, *options = command.split()
            begun.append(
                subprocess.Popen(
                    [sys.executable, "-m", f"distributed.cli.{module}", *options,
                     "--scheduler-file", str(about)],
                    env=environment, stderr=subprocess.DEVNULL, cwd=folder,
                )
            )  # fmt: skip
            stack.enter_context(begun[-1])
            stack.callback(begun[-1].terminate)
            while not about.exists():
                time.sleep(0.1)
        yield json.loads(about.read_text())["address"], [process.pid for process in begun]


def main() -> None:
    """Plan, run and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--shards", type=int, default=100_000)
    parser.add_argument("--files", type=int, default=20)
    parser.add_argument("--dask", type=int, default=10_000, help="shards that a cluster gets")
    options = parser.parse_args()
    print(f"{describe()}; load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        measure_plan(options.shards, options.files, Path(folder))
        plan = timed("read", lambda: read_plan(Path(folder)))
        print(
            f"\nplan.json has {(Path(folder) / 'plan.json').stat().st_size / 1e6:,.0f} MB\n"
            f"{SPIN * 1e3:g} ms of work a task, {PROCESSES} processes\n\n"
            "| engine | shards | clock a shard | processor beside the work | of a real shard's "
            "| resident after 1, 50 and 100 % |\n|---|---|---|---|---|---|"
        )
        measure_engine("local", stack.enter_context(open_engine(None, PROCESSES)), plan, ())
        if options.dask:
            address, processes = stack.enter_context(dask(Path(folder)))
            engine = stack.enter_context(open_engine(address, PROCESSES))
            few = replace(plan, shards=plan.shards[: options.dask])
            measure_engine("dask", engine, few, processes)


if __name__ == "__main__":
    from scale import main  # so that workers find what they are to run

    main()
