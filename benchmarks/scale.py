"""Measures what a hundred thousand shards cost beside the reading: planner, engine, memory.

The plan has that many shards of that many file names each (20 crawls and more: one has some 5,000
shards of 20 files).  The engine maps a task that spins for half a ms over them; a real shard of 20
files costs about a second of a core.  What counts is how much of the processors client, scheduler
and workers use beside the spinning, for each shard, as a share of that second.  Merging is
measured by `scale_merge.py`.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from multiprocessing import active_children
from pathlib import Path
from typing import TypeVar

from machine import processor_of, resident
from measured import Measurement, alone, at_most, paired

from crawlblock.executor import Engine, open_engine, run_tasks
from crawlblock.scan.inputs import Task
from crawlblock.scan.plan import Plan, TakenFiles, cut, read_plan, sample_files, write_plan
from crawlblock.scan.shard import tasks
from crawlblock.transport import Limits

SECOND = 1.0  # of a core, for a shard of 20 files: 15,000 captures, see scan_run.py
SPIN = 0.0005  # s of a core a task
PROCESSES = 2
CRAWL = "CC-MAIN-2025-33"
SHARE = at_most(0.02)  # of a real shard's second
SMOKE = {"rounds": 1, "shards": 200, "dask": 0}
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


class Steps:
    """What the steps of a planner took, by the clock, and the memory after each."""

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = defaultdict(list)
        self.memory: dict[str, list[float]] = defaultdict(list)

    def timed(self, what: str, call: Callable[[], T]) -> T:
        """Return what a call gives."""
        begun = time.perf_counter()
        found = call()
        self.seconds[what].append(time.perf_counter() - begun)
        self.memory[what].append(resident())
        return found

    def measurements(self, keys: int) -> Iterator[Measurement]:
        """Yield what each step took."""
        for what, seconds in self.seconds.items():
            yield alone(f"plan, {what}: {keys:,} names", "s", seconds)
            yield alone(f"plan, {what}: memory after it", "MiB", self.memory[what])


def planned(steps: Steps, shards: int, files: int, directory: Path) -> Plan:
    """Draw, cut, write and read back a plan."""
    keys = [
        _KEY.format(crawl=CRAWL, segment=n % 999_983, part=n % 97, other=n % 86_399, number=n)
        for n in range(shards * files)
    ]
    sampled = steps.timed("sample all of them", lambda: sample_files(keys, 1.0, "seed"))
    made = steps.timed("cut", lambda: cut(CRAWL, sampled, files))
    taken = (TakenFiles(CRAWL, len(sampled), len(keys)),)
    plan = Plan("/archive", "seed", 1.0, 0, taken, tuple(made))
    steps.timed("write", lambda: write_plan(plan, directory))
    return steps.timed("read", lambda: read_plan(directory))


def beside(engine: Engine, plan: Plan, found: Sequence[int]) -> float:
    """Map the spinning task over a plan's shards; return the s of a core a shard on top of it.

    `found` are the processes of a cluster, its scheduler first; none: they are children.
    """
    list(run_tasks(engine, spin, named(plan, 100)))  # all processes have begun
    processes = [os.getpid(), *(found or (child.pid or 0 for child in active_children()))]
    used, begun = sum(map(processor_of, processes)), time.perf_counter()
    count = len(plan.shards)
    memory = []
    for number, _ in enumerate(run_tasks(engine, spin, named(plan, count)), 1):
        if number in (count // 100, count // 2, count):
            memory.append(" + ".join(f"{resident(each):,.0f}" for each in processes[:2]))
    clock = (time.perf_counter() - begun) / count
    print(f"{clock * 1e3:.2f} ms by the clock a shard, after 1, 50, 100 %: {', '.join(memory)} MiB")
    return (sum(map(processor_of, processes)) - used) / count - SPIN


def measured(
    name: str, engine: Engine, plan: Plan, found: Sequence[int], rounds: int
) -> Measurement:
    """Return what an engine takes beside the work, next to what a real shard takes."""
    ours = [1e3 * beside(engine, plan, found) for _ in range(rounds)]
    what = f"{name}: processor beside the work, a shard of {len(plan.shards):,}"
    return paired(what, "ms", ours, [1e3 * SECOND] * rounds, "a real shard", SHARE)


def named(plan: Plan, count: int) -> Iterator[tuple[str, Task]]:
    """Return the tasks of the first shards with their names, one at a time."""
    limits = Limits(in_flight=1)
    for task in tasks(plan, plan.shards[:count], Path("/scan"), None, limits):
        yield task.shard.shard, task


@contextmanager
def cluster(folder: Path) -> Iterator[tuple[str, list[int]]]:
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


def measure(
    rounds: int = 5, shards: int = 100_000, files: int = 20, dask: int = 2_000
) -> Iterator[Measurement]:
    """Measure planner and engines; `dask` is how many shards a cluster gets, 0 for none."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        steps = Steps()
        for _ in range(rounds):
            plan = planned(steps, shards, files, Path(folder))
        print(f"plan.json has {(Path(folder) / 'plan.json').stat().st_size / 1e6:,.0f} MB")
        yield from steps.measurements(shards * files)
        with open_engine(None, PROCESSES) as engine:
            yield measured("local", engine, plan, (), rounds)
        if dask:
            address, processes = stack.enter_context(cluster(Path(folder)))
            engine = stack.enter_context(open_engine(address, PROCESSES))
            few = replace(plan, shards=plan.shards[:dask])
            yield measured("dask", engine, few, processes, rounds)
