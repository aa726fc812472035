"""Tasks on the workers of a dask cluster (extra `dask`)."""

import importlib
import itertools
import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from contextlib import ExitStack, contextmanager, suppress
from queue import Empty, SimpleQueue
from typing import Any, Self
from uuid import uuid4

from crawlblock.errors import InputError, UpstreamError
from crawlblock.executor.protocol import Reply, Spoiled, Stopped, attempt

_LOGGERS = ("distributed", "distributed.client", "tornado.application")
_RECOUNT = 1.0  # s between two looks at how many workers there are, and at the scheduler


class Dask:
    """The workers of a dask scheduler (extra `dask`), however many there are at a time.

    The scheduler itself gives a task whose worker was killed to another one, `allowed-failures`
    times; it blames those that waited for the same worker, too.  It forgets the tasks of a client
    that is gone.
    """

    def __init__(self, address: str, most: int | None = None, patience: float = 10.0) -> None:
        """Take the scheduler's address, how many tasks may run at a time, and seconds to wait."""
        self._address, self._most, self._patience = address, most, patience
        self._workers, self._counted = 1, 0.0
        self._run = f"crawlblock-{uuid4().hex}"
        self._keys = itertools.count()
        self._running: dict[object, tuple[int, Any]] = {}  # tasks and their futures, by key
        self._done: SimpleQueue[Any] = SimpleQueue()

    def __enter__(self) -> Self:
        """Connect; raises InputError if dask is missing, or no scheduler or worker answers."""
        try:
            self._dask = importlib.import_module("distributed")
        except ImportError:
            raise InputError(
                "the engine dask needs the package distributed: pip install 'crawlblock[dask]'"
            ) from None
        with ExitStack() as stack:
            stack.enter_context(_silent())
            self._client = self._connected()
            stack.callback(self._client.close)
            self._check_workers()
            self._opened = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    def room(self) -> int:
        """Return the number of workers, looked up from time to time, or what was asked for."""
        if self._most:
            return self._most
        if time.monotonic() > self._counted + _RECOUNT:
            with suppress(OSError):  # if the scheduler is gone `ended` says so
                self._workers = max(1, len(self._client.nthreads()))
            self._counted = time.monotonic()
        return self._workers

    def start(self, number: int, packed: bytes) -> None:
        """Give a task to the scheduler; raises UpstreamError if it is gone."""
        if self._client.status != "running":
            raise self._gone()
        key = (self._run, next(self._keys))  # one group: it remembers little of each
        future = self._client.submit(attempt, packed, key=key, pure=False)
        self._running[key] = number, future
        future.add_done_callback(self._done.put)

    def ended(self) -> Iterator[tuple[int, Reply]]:
        """Wait until workers answer; a future that nobody holds is forgotten everywhere."""
        futures = self._next()
        if not futures:
            for number, _ in self._running.values():
                yield number, Stopped(self._gone())
            self._running.clear()
            return
        replies = self._replies(futures)
        for future in futures:
            reply = replies.get(future.key) or self._wrong(future)
            if reply is None:
                future.add_done_callback(self._done.put)
                continue
            number, _ = self._running.pop(future.key)
            yield number, reply

    def _next(self) -> list[Any]:
        """Wait for futures that are done; return none if the scheduler is gone.

        A future that was made while the scheduler went is never done.
        """
        while True:
            with suppress(Empty):
                found = [self._done.get(timeout=_RECOUNT)]
                while not self._done.empty():
                    found.append(self._done.get())
                return found
            if self._client.status != "running":
                return []

    def _replies(self, futures: Sequence[Any]) -> Mapping[object, Reply]:
        """Return what was answered, by key; nothing if the scheduler went meanwhile."""
        finished = [future for future in futures if future.status == "finished"]
        with suppress(OSError, CancelledError):
            answers = self._client.gather(finished)
            return {future.key: answer for future, answer in zip(finished, answers, strict=True)}
        return {}

    def _wrong(self, future: Any) -> Reply | None:
        """Return why there is no answer; None if the scheduler has the task run again.

        It does so if the worker that kept the answer was killed before it was asked for it.
        """
        if future.status != "error":
            again = self._client.status == "running" and not future.cancelled()
            return None if again else Stopped(self._gone())
        error = future.exception()
        if isinstance(error, self._dask.KilledWorker):
            times = error.args[2] + 1
            return Spoiled(f"the workers that ran it were killed, {times} times", suspect=True)
        return Stopped(
            InputError(
                f"a worker of {self._address} cannot run tasks ({error}); install the same "
                "versions of crawlblock and distributed on all workers"
            )
        )

    def _gone(self) -> UpstreamError:
        return UpstreamError(
            f"the dask scheduler at {self._address} is gone; what is done stays, run the same "
            "command again when it is back"
        )

    def _connected(self) -> Any:
        try:
            return self._dask.Client(
                self._address, timeout=self._patience, name="crawlblock", set_as_default=False
            )
        except (OSError, ValueError) as error:
            raise InputError(
                f"no dask scheduler answers at {self._address} ({error}); start one with "
                "`dask scheduler` and give the address it prints"
            ) from None

    def _check_workers(self) -> None:
        try:
            self._client.wait_for_workers(1, timeout=self._patience)
        except TimeoutError:
            raise InputError(
                f"the dask scheduler at {self._address} has no workers; start some with "
                f"`dask worker {self._address} --nworkers auto --nthreads 1`"
            ) from None
        if max(self._client.nthreads().values()) > 1:
            raise InputError(
                f"a worker of {self._address} has several threads, which would share one core; "
                "start workers with --nthreads 1 and more of them (--nworkers)"
            )


@contextmanager
def _silent() -> Iterator[None]:
    """Keep dask from printing what is raised here, with what to do."""
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
