"""Tasks mapped over processes, of this machine or of a cluster; what they do is not known here.

Tasks are handed out as room becomes free, so that a hundred thousand need no more memory than ten.
One that fails for its own sake is tried again, then reported as `Failed`, and all others go on.  An
error by which nobody can go on is raised once the tasks that run have ended.
"""

import itertools
import os
import pickle
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol, TypeVar

from crawlblock.errors import CrawlblockError
from crawlblock.executor.dask import Dask
from crawlblock.executor.local import Local
from crawlblock.executor.protocol import Reply, Returned, Spoiled, Stopped
from crawlblock.registry.extra import extra_folder

ATTEMPTS = 3  # of a task

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Failed:
    """A task that was given up; run again to try it again."""

    task: str
    reason: str


class Engine(Protocol):
    """Where tasks run, each in a process that runs no other meanwhile."""

    def room(self) -> int:
        """Return how many tasks may run at a time, at least one."""

    def start(self, number: int, packed: bytes) -> None:
        """Run a packed task, which has a number of its own."""

    def ended(self) -> Iterable[tuple[int, Reply]]:
        """Wait until tasks end and return what became of them."""


def open_engine(
    scheduler: str | None, processes: int | None
) -> "AbstractContextManager[Local | Dask]":
    """Return the cluster of a dask scheduler, or processes of this machine (one, if not said).

    Leaving its context ends or releases whatever it still runs.
    """
    return Dask(scheduler, processes) if scheduler else Local(processes or 1)


def usable_cores() -> int:
    """Return how many processes can work at a time here.

    It is one where a script uses this package: each process would run the script again.
    """
    own = Path(__file__).parents[1]
    script = getattr(sys.modules["__main__"], "__file__", None)
    if script and own not in Path(script).parents and Path(script).stem != own.name:
        return 1
    return os.cpu_count() or 1


def run_tasks(
    engine: Engine,
    work: Callable[[T], R],
    tasks: Iterable[tuple[str, T]],
    most: int | None = None,
) -> Iterator[R | Failed]:
    """Return what `work` makes of tasks with a name each, in the order in which they end.

    At most `most` tasks run at a time, even if there is room for more.  Raises the first
    CrawlblockError of a task, ArchiveError aside, once all that ran beside it have ended.
    """
    waiting = _Waiting(map(_Attempt, itertools.count(), tasks))
    running: dict[int, _Attempt] = {}
    stopped: CrawlblockError | None = None
    while True:
        room = 0 if stopped else min(most or engine.room(), engine.room())
        while len(running) < room and (one := waiting.next(bool(running))):
            running[one.number] = one
            engine.start(one.number, pickle.dumps((work, one.named[1], extra_folder())))
        if not running:
            break
        for number, reply in engine.ended():
            one = running.pop(number)
            if isinstance(reply, Returned):
                yield reply.value
            elif isinstance(reply, Stopped):
                stopped = stopped or reply.error
            elif not waiting.again(one, reply):
                yield Failed(one.named[0], reply.reason)
    if stopped:
        raise stopped


@dataclass(frozen=True, slots=True)
class _Attempt:
    number: int
    named: tuple[str, Any]  # name and task
    before: int = 0  # attempts that failed
    alone: bool = False  # nothing else runs meanwhile


class _Waiting:
    """The tasks to be handed out: those to be tried again first, suspects last and alone."""

    def __init__(self, fresh: Iterator[_Attempt]) -> None:
        self._fresh = fresh
        self._again: deque[_Attempt] = deque()
        self._suspects: deque[_Attempt] = deque()

    def next(self, others_run: bool) -> _Attempt | None:
        """Return the next task, None if there is none that may run now."""
        if self._again:
            return self._again.popleft()
        one = next(self._fresh, None)
        if one or others_run or not self._suspects:
            return one
        return replace(self._suspects.popleft(), alone=True)

    def again(self, one: _Attempt, reply: Spoiled) -> bool:
        """Tell whether a task that failed is tried again, and keep it for that."""
        if reply.suspect:
            if not one.alone:
                self._suspects.append(one)
            return not one.alone
        if one.before + 1 < ATTEMPTS:
            self._again.append(replace(one, before=one.before + 1))
        return one.before + 1 < ATTEMPTS
