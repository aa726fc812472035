"""Coroutines are run from ordinary code, from notebooks too."""

import asyncio
import os
import signal
import threading

import pytest

from crawlblock import loops

pytestmark = pytest.mark.own_code


async def _double(number: int) -> int:
    await asyncio.sleep(0)
    if number < 0:
        raise ValueError(number)
    return 2 * number


def test_without_a_loop() -> None:
    """What the coroutine returns is returned, what it raises is raised."""
    assert loops.run(_double(2)) == 4
    with pytest.raises(ValueError, match="-1"):
        loops.run(_double(-1))


def test_within_a_loop() -> None:
    """A cell of a notebook runs within a loop; ordinary code in it may run a coroutine."""

    async def cell() -> int:
        with pytest.raises(ValueError, match="-1"):
            loops.run(_double(-1))
        return loops.run(_double(3))

    assert asyncio.run(cell()) == 6


def test_an_interrupt_within_a_loop() -> None:
    """An interrupt cancels the coroutine, which ends in order before the caller goes on."""
    ended = []

    async def endless() -> None:
        asyncio.get_running_loop().call_later(0.1, lambda: os.kill(os.getpid(), signal.SIGINT))
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(threading.current_thread().name)

    async def cell() -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        with pytest.raises(KeyboardInterrupt):
            loops.run(endless())

    before = signal.getsignal(signal.SIGINT)
    try:
        asyncio.run(cell())
    finally:
        signal.signal(signal.SIGINT, before)
    assert len(ended) == 1 and ended[0].startswith("crawlblock")


@pytest.mark.fault("process", "notebook: a second Ctrl-C while the first one ends a step")
def test_two_interrupts_within_a_loop() -> None:
    """A second interrupt while the coroutine ends does not let the caller go on before it."""
    ended = []

    def interrupt() -> None:
        os.kill(os.getpid(), signal.SIGINT)

    async def endless() -> None:
        asyncio.get_running_loop().call_later(0.1, interrupt)
        try:
            await asyncio.sleep(60)
        finally:
            interrupt()
            await asyncio.sleep(0.5)
            ended.append(threading.current_thread().name)

    async def cell() -> int:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        with pytest.raises(KeyboardInterrupt):
            loops.run(endless())
        return len(ended)

    before = signal.getsignal(signal.SIGINT)
    try:
        assert asyncio.run(cell()) == 1
    finally:
        signal.signal(signal.SIGINT, before)
