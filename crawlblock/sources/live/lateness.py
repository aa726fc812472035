"""How late the event loop is: hosts must not be blamed for it."""

import asyncio
from contextlib import suppress

_TICK = 0.1  # s between two looks
LATE = 1.0  # s; from here on a time-out or a dropped connection may be our own fault


class Lateness:
    """Measures how late the loop runs what is due (async context manager)."""

    def __init__(self) -> None:
        """Start with a loop that is on time."""
        self.worst = 0.0  # s
        self._due = 0.0  # the loop's time of the next look
        self._late_at = float("-inf")  # the loop's time when it was last seen to be late
        self._on_time = asyncio.Event()

    async def __aenter__(self) -> "Lateness":
        """Begin to measure."""
        self._due = asyncio.get_running_loop().time() + _TICK
        self._on_time.set()
        self._watching = asyncio.create_task(self._watch())
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop."""
        self._watching.cancel()
        with suppress(asyncio.CancelledError):
            await self._watching

    def since(self, begun: float) -> bool:
        """Tell whether the loop was late after a moment of its own time."""
        self._look()
        return self._late_at >= begun

    async def calm(self, seconds: float) -> None:
        """Wait until the loop is on time again, so many seconds at most."""
        self._on_time.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._on_time.wait()

    async def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            self._due = loop.time() + _TICK
            await asyncio.sleep(_TICK)
            if not self._look():
                self._on_time.set()

    def _look(self) -> bool:
        """Note how late the loop is; tell whether it is too late."""
        now = asyncio.get_running_loop().time()
        behind = now - self._due
        self.worst = max(self.worst, behind)
        if behind >= LATE:
            self._late_at = now
        return behind >= LATE
