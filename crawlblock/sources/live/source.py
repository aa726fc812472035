"""The live web as a source: many hosts are visited at a time, and what they answer is handed on."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from crawlblock.captures.frames import Batch, batch_of
from crawlblock.model import Member, SnapshotKind
from crawlblock.sources.live.journal import Journal
from crawlblock.sources.live.visit import Visit, Visitor
from crawlblock.transport import QuotaSpentError
from crawlblock.transport.tasks import gather

_MOST_WAITING = 32_000_000  # bytes of payloads not stored yet


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast hosts are visited and what they answer is stored."""

    concurrency: int = 100  # hosts at a time
    batch: int = 2_000  # visits that are stored together; until then the journal has them


class Live:
    """The robots.txt of some hosts as they are now, as a source.

    Each visit is in the journal before it is yielded, and leaves it when it is stored.
    """

    kind = SnapshotKind.LIVE

    def __init__(
        self,
        members: Sequence[Member],
        visitor: Visitor,
        journal: Journal,
        pace: Pace,
        goes_on: Callable[[int], bool],
    ) -> None:
        """Take whom to visit; `goes_on` is asked before each visit with the visits ended so far."""
        self._members, self._visitor, self._journal = members, visitor, journal
        self._pace, self._goes_on = pace, goes_on
        self._visits: list[Visit] = []  # in the journal, not yielded yet
        self.visited = 0
        self._ready, self._room = asyncio.Event(), asyncio.Event()

    async def batches(self) -> AsyncGenerator[Batch]:
        """Yield what visits found, some visits together; the first error ends all."""
        visiting = asyncio.ensure_future(self._visit_all())
        try:
            while self._visits or not visiting.done():
                await self._ready.wait()
                self._ready.clear()
                if visiting.done():
                    visiting.result()  # what an error leaves is in the journal
                if self._visits:
                    noted, batch = self._take()
                    yield batch
                    if noted:  # it is stored
                        await asyncio.to_thread(self._visitor.sync_records)
                        noted.unlink()
            visiting.result()
        finally:
            visiting.cancel()
            await asyncio.gather(visiting, return_exceptions=True)

    async def _visit_all(self) -> None:
        pending = iter(self._members)
        size = min(self._pace.concurrency, len(self._members))
        try:
            await gather(self._work(pending) for _ in range(size))
        finally:
            self._ready.set()

    async def _work(self, pending: Iterator[Member]) -> None:
        for member in pending:
            if not self._goes_on(self.visited):
                return
            try:
                visit = await self._visitor.visit(member)
            except QuotaSpentError:
                return
            self._journal.add(visit)
            self._visits.append(visit)
            self.visited += 1
            while self._is_full():  # when storing is slow, all wait for it
                self._room.clear()
                self._ready.set()
                await self._room.wait()

    def _is_full(self) -> bool:
        many = len(self._visits) >= self._pace.batch
        return many or self._visitor.payload_bytes > _MOST_WAITING

    def _take(self) -> tuple[Path | None, Batch]:
        """Return what is to be stored, once, and the file that notes it."""
        visits, self._visits = self._visits, []
        self._room.set()
        fetches = dict.fromkeys(fetch for visit in visits for fetch in visit.fetches)
        asked = [each for visit in visits for each in visit.asked]
        return self._journal.take(), batch_of(fetches, asked, self._visitor.take_payloads())
