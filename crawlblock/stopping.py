"""Signals that stop a program, taken as Ctrl-C, so that a run ends in order whoever stops it."""

import _thread
import re
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

_NAMES = ("SIGTERM", "SIGHUP", "SIGBREAK")  # of a shutdown, a closed terminal and Windows
_AGAIN = 0.01  # s after which a stop that was dropped comes again
# What DuckDB makes of a stop while it runs a query, and while it imports a module of Python.
_OF_DUCKDB = re.compile(
    r"^INTERRUPT Error|Query interrupted|failed to import, due to .*KeyboardInterrupt", re.DOTALL
)


@contextmanager
def stoppable() -> Iterator[None]:
    """Let every signal that stops a program end the block as Ctrl-C does.

    A signal that is ignored (as `nohup` does with SIGHUP) stays ignored, and one that this system
    does not have is left out.  A library that calls Python from C may drop the exception; it comes
    again then.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may take signals, and it alone gets them
        return
    with _handled(_NAMES, _stop), _coming_again():
        yield


def caused_by_stop(error: BaseException) -> bool:
    """Return whether a stop caused an error; DuckDB raises its own errors for it."""
    earlier = error.__cause__ or error.__context__
    return (
        isinstance(error, KeyboardInterrupt)
        or _OF_DUCKDB.search(str(error)) is not None
        or (earlier is not None and caused_by_stop(earlier))
    )


@contextmanager
def undisturbed() -> Iterator[Sequence[int]]:
    """Let signals that stop a program wait until the block ends; yield those that have come.

    It is for code that drops what a signal's handler raises, or that must not stop halfway.
    """
    waiting: list[int] = []
    try:
        with _handled(("SIGINT", *_NAMES), lambda number, _: waiting.append(number)):
            yield waiting
    finally:
        for number in waiting:
            signal.raise_signal(number)


@contextmanager
def _coming_again() -> Iterator[None]:
    """Send a stop again if its exception was dropped, until one ends the block."""
    report = sys.unraisablehook
    to_come: list[threading.Timer] = []

    def dropped(unraisable: "sys.UnraisableHookArgs") -> None:
        if unraisable.exc_type is not KeyboardInterrupt:
            report(unraisable)
            return
        try:
            to_come.append(threading.Timer(_AGAIN, _stop_main_thread))
            to_come[-1].start()
        except KeyboardInterrupt:  # it came before this had ended, and would be dropped as well
            dropped(unraisable)

    sys.unraisablehook = dropped
    try:
        yield
    finally:
        sys.unraisablehook = report
        for timer in to_come:
            timer.cancel()


def _stop_main_thread() -> None:
    if sys.platform == "win32":  # a signal from within would end the process at once
        _thread.interrupt_main(signal.SIGTERM)
    else:  # it wakes the thread as well
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)


@contextmanager
def _handled(
    names: Sequence[str], handler: Callable[[int, FrameType | None], object]
) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in numbers}
    heard = {number: old for number, old in before.items() if old not in (signal.SIG_IGN, None)}
    try:
        for number in heard:
            signal.signal(number, handler)
        yield
    finally:  # the first is given back last: while it is taken, a signal cannot end this halfway
        for number, old in reversed(heard.items()):
            signal.signal(number, old)


def _stop(number: int, frame: FrameType | None) -> None:
    interrupted = signal.getsignal(signal.SIGINT)  # asyncio's own, which lets tasks end in order
    if not callable(interrupted):  # a shell's background jobs ignore it
        raise KeyboardInterrupt
    interrupted(number, frame)
