"""Signals that stop a program, taken as Ctrl-C, so that a run ends in order whoever stops it."""

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

_NAMES = ("SIGTERM", "SIGHUP", "SIGBREAK")  # of a shutdown, a closed terminal and Windows


@contextmanager
def stoppable() -> Iterator[None]:
    """Let every signal that stops a program end the block as Ctrl-C does.

    A signal that is ignored (as `nohup` does with SIGHUP) stays ignored, and one that this system
    does not have is left out.
    """
    with _handled(_NAMES, _stop):
        yield


@contextmanager
def undisturbed() -> Iterator[None]:
    """Let signals that stop a program wait until the block ends.

    It is for code that drops what a signal's handler raises.
    """
    waiting: list[int] = []
    with _handled(("SIGINT", *_NAMES), lambda number, _: waiting.append(number)):
        yield
    for number in waiting:
        signal.raise_signal(number)


@contextmanager
def _handled(
    names: Sequence[str], handler: Callable[[int, FrameType | None], object]
) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may set this, and it alone gets signals
        return
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in numbers}
    heard = {number: old for number, old in before.items() if old not in (signal.SIG_IGN, None)}
    for number in heard:
        signal.signal(number, handler)
    try:
        yield
    finally:
        for number, old in heard.items():
            signal.signal(number, old)


def _stop(number: int, frame: FrameType | None) -> None:
    interrupted = signal.getsignal(signal.SIGINT)  # asyncio's own, which lets tasks end in order
    if not callable(interrupted):  # a shell's background jobs ignore it
        raise KeyboardInterrupt
    interrupted(number, frame)
