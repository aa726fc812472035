"""From the panel's hosts as they answer now to captures."""

import asyncio
import re
import ssl
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from aiohttp.abc import AbstractResolver

from crawlblock.errors import InputError
from crawlblock.model import Capture, Member, Payload, SnapshotKind
from crawlblock.pipeline.runs import UNLIMITED, Budget, Progress, Tally
from crawlblock.sources.live import (
    REMEMBERED,
    Archive,
    Fetcher,
    Journal,
    Patience,
    Visitor,
    journals,
    read_journal,
)
from crawlblock.sources.live.fetch import lookup_threads
from crawlblock.sources.live.guard import Network
from crawlblock.store.frames import captures_frame
from crawlblock.store.store import Store
from crawlblock.transport import user_agent

_MOST_WAITING = 32_000_000  # bytes of payloads not stored yet
_LONGEST = timedelta(days=7)  # from the first to the last capture of a snapshot: a point of time
_NAME = re.compile(r"live-[A-Za-z0-9][A-Za-z0-9._-]{0,60}")


@dataclass(frozen=True, slots=True)
class Asking:
    """How the panel is asked."""

    contact: str | None
    snapshot: str
    concurrency: int = 100  # hosts at a time
    patience: Patience = field(default_factory=Patience)
    batch: int = 500  # captures that wait to be stored together
    probe_page: bool = False  # ask for the home page, too, where robots.txt lets us
    allowed: Collection[Network] = ()  # asked though they are not public
    resolver: AbstractResolver | None = None  # for tests alone
    tls: ssl.SSLContext | None = None  # for tests alone

    def __post_init__(self) -> None:
        """Refuse to ask without a contact, and a name that is another source's or a path."""
        user_agent(self.contact)
        if not _NAME.fullmatch(self.snapshot):
            raise InputError(
                f"snapshot {self.snapshot!r}: a live snapshot is named live-..., with letters, "
                "digits, dots and dashes"
            )


def snapshot_name(store: Store, members: Sequence[Member], started: datetime) -> str:
    """Return the live snapshot that a run goes on with, or that of its day.

    A run goes on with the newest one where a budget or a kill left some of the members out, unless
    it has become too old to be one point of time, or the panel was drawn anew since.
    """
    newest = store.newest_live(started - _LONGEST)
    if newest:
        done = store.hosts_captured(newest)
        asked = sum(member.host in done for member in members)
        if 0 < asked < len(members):
            return newest
    return f"live-{started:%Y-%m-%d}"


async def collect_live(
    store: Store,
    asking: Asking,
    members: Sequence[Member],
    tally: Tally,
    progress: Progress,
    budget: Budget = UNLIMITED,
) -> int:
    """Store a capture of each host that has none in the snapshot; return how many had one.

    What a killed run found out and did not store is stored first.  Raises StoreError when the
    disk refuses.
    """
    agent = user_agent(asking.contact)
    tally.captures += recover(store)
    done = store.hosts_captured(asking.snapshot)
    pending = list({m.host: m for m in members if m.host not in done}.values())
    _widen_lookups()
    fetcher = Fetcher(
        agent, asking.patience, allowed=asking.allowed, resolver=asking.resolver, tls=asking.tls
    )
    archive = Archive(store.path.parent / "warc", asking.snapshot, agent, asking.probe_page)
    with archive, Journal(store.path) as journal:
        async with fetcher:
            visitor = Visitor(fetcher, archive, asking.patience, asking.probe_page)
            visitor.recall(store.latest(asking.snapshot, REMEMBERED) if done else ())
            run = _Run(store, asking, visitor, journal, tally, progress, len(pending))
            try:
                await run.visit_all(
                    iter(pending), lambda: budget.spent(tally, fetcher.traffic.requests)
                )
            finally:
                await run.finish()
                tally.requests += fetcher.traffic.requests
                tally.bytes += fetcher.traffic.bytes
    return len(members) - len(pending)


def recover(store: Store) -> int:
    """Store what killed runs noted and did not store, of any day; return how many captures."""
    new = 0
    for path in journals(store.path):
        captures, payloads = read_journal(path)
        if captures:
            new += store.add_captures(captures_frame(captures), payloads, SnapshotKind.LIVE)
        path.unlink()
    return new


class _Run:
    """The visits of one run, and what of them is not stored yet."""

    def __init__(
        self,
        store: Store,
        asking: Asking,
        visitor: Visitor,
        journal: Journal,
        tally: Tally,
        progress: Progress,
        total: int,
    ) -> None:
        self._db, self._asking, self._visitor, self._journal = store, asking, visitor, journal
        self._tally, self._progress, self._total = tally, progress, total
        self._captures: list[Capture] = []
        self._visited = 0
        self._storing = asyncio.Lock()
        self._writer = ThreadPoolExecutor(1)  # the loop's own may be full of slow lookups
        self._writing: asyncio.Future[None] | None = None

    async def visit_all(self, pending: Iterator[Member], is_spent: Callable[[], bool]) -> None:
        """Visit all, some at a time; the first error ends all and is raised as it is."""
        workers = [
            asyncio.create_task(self._work(pending, is_spent))
            for _ in range(min(self._asking.concurrency, self._total))
        ]
        try:
            await asyncio.gather(*workers)
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)

    async def _work(self, pending: Iterator[Member], is_spent: Callable[[], bool]) -> None:
        for member in pending:
            if is_spent():
                self._tally.unfinished = True
                return
            captures = await self._visitor.visit(self._asking.snapshot, member)
            self._captures += captures
            self._journal.add(captures)
            self._visited += 1
            self._progress(self._asking.snapshot, self._visited, self._total)
            while self._is_full():  # when storing is slow, all wait for it
                await self._store_batch()

    def _is_full(self) -> bool:
        many = len(self._captures) >= self._asking.batch
        return many or self._visitor.payload_bytes > _MOST_WAITING

    async def _store_batch(self) -> None:
        async with self._storing:
            if self._is_full():  # nobody else has stored it meanwhile
                loop = asyncio.get_running_loop()
                self._writing = loop.run_in_executor(self._writer, self._store, *self._take())
                await asyncio.shield(self._writing)

    async def finish(self) -> None:
        """Store what is left, behind a batch that is being written."""
        if self._writing is not None:
            await asyncio.wait([self._writing])
            self._writing.exception()  # it was raised where the writing was waited for
        self._writer.shutdown()
        self._store(*self._take())

    def _take(self) -> tuple[list[Capture], list[Payload], Path | None]:
        """Return what is to be stored, once, and where it is noted."""
        captures, self._captures = self._captures, []
        return captures, self._visitor.take_payloads(), self._journal.take()

    def _store(self, captures: list[Capture], payloads: list[Payload], noted: Path | None) -> None:
        """Store captures with their payloads."""
        if captures or payloads:
            frame = captures_frame(captures)
            self._tally.captures += self._db.add_captures(frame, payloads, SnapshotKind.LIVE)
        if noted:
            noted.unlink()


def _widen_lookups() -> None:
    threads = lookup_threads()
    if threads:
        executor = ThreadPoolExecutor(threads, thread_name_prefix="lookup")
        asyncio.get_running_loop().set_default_executor(executor)
