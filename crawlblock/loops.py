"""Run coroutines from ordinary code, also where an event loop runs already, as in a notebook."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from typing import Any, TypeVar

from crawlblock.stopping import undisturbed

T = TypeVar("T")

_GLANCE = 0.1  # s between two looks for signals while the thread works


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end; return what it returns and raise what it raises."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    return _run_in_thread(work)


def _run_in_thread(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in a thread with its own loop; an interrupt cancels it and waits.

    A second interrupt does the same, because the caller then closes what the coroutine uses.
    """
    loop = asyncio.new_event_loop()
    task = loop.create_task(work)
    with ThreadPoolExecutor(1, "crawlblock") as pool, undisturbed() as signals:
        result = pool.submit(_finish, loop, task)
        while not (signals or wait([result], _GLANCE).done):
            pass
        if signals:
            with suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(task.cancel)
            wait([result])
    return result.result()


def _finish(loop: asyncio.AbstractEventLoop, task: asyncio.Task[T]) -> T:
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(_result(task))


async def _result(task: asyncio.Task[T]) -> T:
    return await task
