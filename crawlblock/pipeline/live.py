"""From the panel's hosts as they answer now to captures."""

import asyncio
import re
import ssl
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime

from aiohttp.abc import AbstractResolver

from crawlblock.errors import InputError
from crawlblock.model import Capture, Member, Payload, SnapshotKind
from crawlblock.pipeline.runs import Progress, Tally
from crawlblock.sources.live import Archive, Fetcher, Patience, Visitor
from crawlblock.sources.live.fetch import lookup_threads
from crawlblock.sources.live.guard import Network
from crawlblock.store.frames import captures_frame
from crawlblock.store.store import Store
from crawlblock.transport import user_agent

_BATCH = 500  # hosts visited before they are stored
_LATEST = 5.0  # s after which fewer are stored, so that a killed run asks little again
_MOST_WAITING = 32_000_000  # bytes of payloads not stored yet
_NAME = re.compile(r"live-[A-Za-z0-9][A-Za-z0-9._-]{0,60}")


@dataclass(frozen=True, slots=True)
class Asking:
    """How the panel is asked."""

    contact: str | None
    snapshot: str
    concurrency: int = 100  # hosts at a time
    patience: Patience = field(default_factory=Patience)
    allowed: Collection[Network] = ()  # networks of this machine, for tests alone
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


def snapshot_name(started: datetime) -> str:
    """Return the snapshot that a run of this day belongs to."""
    return f"live-{started:%Y-%m-%d}"


async def collect_live(
    store: Store, asking: Asking, members: Sequence[Member], tally: Tally, progress: Progress
) -> int:
    """Store a capture of each host that has none in the snapshot; return how many had one.

    Raises StoreError when the disk refuses.
    """
    agent = user_agent(asking.contact)
    done = store.hosts_captured(asking.snapshot)
    pending = list({m.host: m for m in members if m.host not in done}.values())
    _widen_lookups()
    fetcher = Fetcher(
        agent, asking.patience, allowed=asking.allowed, resolver=asking.resolver, tls=asking.tls
    )
    with Archive(store.path.parent / "warc", asking.snapshot, agent) as archive:
        async with fetcher:
            visitor = Visitor(fetcher, archive, asking.patience)
            run = _Run(store, asking, archive, visitor, tally, progress, len(pending))
            try:
                await run.visit_all(iter(pending))
            finally:
                await run.finish()
                tally.requests += fetcher.traffic.requests
                tally.bytes += fetcher.traffic.bytes
    return len(members) - len(pending)


class _Run:
    """The visits of one run, and what of them is not stored yet."""

    def __init__(
        self,
        store: Store,
        asking: Asking,
        archive: Archive,
        visitor: Visitor,
        tally: Tally,
        progress: Progress,
        total: int,
    ) -> None:
        self._store, self._asking, self._archive = store, asking, archive
        self._visitor, self._tally, self._progress, self._total = visitor, tally, progress, total
        self._captures: list[Capture] = []
        self._visited = 0
        self._storing = asyncio.Lock()
        self._writer = ThreadPoolExecutor(1)  # the loop's own may be full of slow lookups
        self._writing: asyncio.Future[None] | None = None
        self._stored_at = asyncio.get_running_loop().time()

    async def visit_all(self, pending: Iterator[Member]) -> None:
        """Visit all, some at a time; the first error ends all and is raised as it is."""
        workers = [
            asyncio.create_task(self._work(pending))
            for _ in range(min(self._asking.concurrency, self._total))
        ]
        try:
            await asyncio.gather(*workers)
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)

    async def _work(self, pending: Iterator[Member]) -> None:
        for member in pending:
            capture = await self._visitor.visit(self._asking.snapshot, member)
            self._captures.append(capture)  # to the list of now, not of before the visit
            self._visited += 1
            self._progress(self._asking.snapshot, self._visited, self._total)
            if self._is_due():
                await self._store_batch()

    def _is_due(self) -> bool:
        late = asyncio.get_running_loop().time() - self._stored_at > _LATEST
        full = len(self._captures) >= _BATCH or self._visitor.payload_bytes > _MOST_WAITING
        return (full or late) and not self._storing.locked()

    async def _store_batch(self) -> None:
        async with self._storing:
            loop = asyncio.get_running_loop()
            batch = self._take()
            self._writing = loop.run_in_executor(self._writer, self._store_now, *batch)
            await asyncio.shield(self._writing)
            self._stored_at = asyncio.get_running_loop().time()

    async def finish(self) -> None:
        """Store what is left, behind a batch that is being written."""
        if self._writing is not None:
            await asyncio.wait([self._writing])
        self._writer.shutdown()
        self._store_now(*self._take())

    def _take(self) -> tuple[list[Capture], list[Payload]]:
        """Return what is to be stored, once."""
        self._archive.flush()
        captures, self._captures = self._captures, []
        return captures, self._visitor.take_payloads()

    def _store_now(self, captures: list[Capture], payloads: list[Payload]) -> None:
        """Store captures with their payloads."""
        if captures or payloads:
            frame = captures_frame(captures)
            self._tally.captures += self._store.add_captures(frame, payloads, SnapshotKind.LIVE)


def _widen_lookups() -> None:
    threads = lookup_threads()
    if threads:
        executor = ThreadPoolExecutor(threads, thread_name_prefix="lookup")
        asyncio.get_running_loop().set_default_executor(executor)
