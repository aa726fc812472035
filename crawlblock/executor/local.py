"""Tasks in processes of this machine."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing import get_context, parent_process, resource_tracker
from multiprocessing.connection import Connection, wait
from threading import Thread
from typing import Self

from crawlblock.executor.protocol import Reply, Spoiled, attempt


class Local:
    """Processes of this machine, each begun anew: a killed one costs its own task alone."""

    def __init__(self, processes: int) -> None:
        """Take how many; they begin as they are needed."""
        self._processes = processes
        self._idle: list[_Process] = []
        self._busy: dict[int, _Process] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        processes = [*self._idle, *self._busy.values()]
        for process in processes:
            process.stop()
        for process in processes:
            process.end()

    def room(self) -> int:
        """Return the number of processes."""
        return self._processes

    def start(self, number: int, packed: bytes) -> None:
        """Give a task to an idle process, or to a new one."""
        while True:
            process = self._idle.pop() if self._idle else _Process()
            try:
                process.connection.send_bytes(packed)
            except OSError:  # it was killed while it was idle
                process.end()
                continue
            self._busy[number] = process
            return

    def ended(self) -> Iterator[tuple[int, Reply]]:
        """Wait until processes answer or die."""
        answered = wait([process.connection for process in self._busy.values()])
        for number, process in list(self._busy.items()):
            if process.connection not in answered:
                continue
            del self._busy[number]
            try:
                reply: Reply = process.connection.recv()
            except (EOFError, OSError):
                reply = Spoiled(process.end())
            else:
                self._idle.append(process)
            yield number, reply


class _Process:
    """A process that runs one task after the other; never forked, for polars would hang."""

    def __init__(self) -> None:
        spawn = get_context("spawn")
        self.connection, theirs = spawn.Pipe()
        self._process = spawn.Process(target=_serve, args=(theirs,), daemon=True)
        with _sigint_blocked():
            self._process.start()
        theirs.close()

    def stop(self) -> None:
        """Let it end, whatever it is at: what it writes is whole or has no name."""
        self._process.terminate()

    def end(self) -> str:
        """Wait until it has ended and return how."""
        self.connection.close()
        self._process.join()
        code = self._process.exitcode or 0
        how = f"was killed ({_name(-code)})" if code < 0 else f"ended with {code}"
        return f"the process that ran it {how}, perhaps for want of memory"


@contextmanager
def _sigint_blocked() -> Iterator[None]:
    """Block Ctrl-C in this thread, and so in a process that it begins, which may ignore it then.

    A process that is still loading modules would print a traceback.
    """
    if sys.platform == "win32":
        yield
        return
    resource_tracker.ensure_running()  # which unblocks it when it begins
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _name(number: int) -> str:
    """Return the name of a signal; not every number has one."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _serve(connection: Connection) -> None:
    """Run the tasks that come, until no more can come."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends this one
    Thread(target=_end_with_parent, daemon=True).start()
    with suppress(EOFError, OSError):
        while True:
            connection.send(attempt(connection.recv_bytes()))


def _end_with_parent() -> None:
    """End at once when the parent is gone: the next run must find nobody at its shards."""
    parent = parent_process()
    if parent:
        parent.join()
        os._exit(1)
