"""How many requests a run may send: visits begin only where there is room for them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from crawlblock.transport import QuotaSpentError

_USUAL = 2  # requests of a visit: by https, then by http


class Quota:
    """Counts requests and keeps visits from beginning that could not end.

    A visit that needs more than is left is given up.  Only the first visit of a run may end in any
    case, if it is alone: so every run gets on, however little it may send.
    """

    def __init__(self, most: int | None = None) -> None:
        """Take how many requests may be sent, None for any number."""
        self.most = most
        self.sent = 0
        self._visits = self._ended = 0  # visits that go on, and those that came to their end
        self._changed = asyncio.Event()

    def take(self) -> None:
        """Count a request that is about to be sent; raises QuotaSpentError."""
        alone = self._visits == 1 and not self._ended
        if self.most is not None and self.sent >= self.most and not alone:
            raise QuotaSpentError
        self.sent += 1

    @asynccontextmanager
    async def visit(self) -> AsyncIterator[None]:
        """Wait until a visit fits; raises QuotaSpentError where none does any more."""
        while not self._fits():
            if not self._visits:
                raise QuotaSpentError
            self._changed.clear()
            await self._changed.wait()
        self._visits += 1
        try:
            yield
            self._ended += 1
        finally:
            self._visits -= 1
            self._changed.set()

    def _fits(self) -> bool:
        if self.most is None:
            return True
        if not self._visits and not self._ended:
            return self.most > 0
        return self.sent + _USUAL * (self._visits + 1) <= self.most
