"""Asks the panel's hosts now, and stores their answers as facts."""

import asyncio
import re
import ssl
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from aiohttp.abc import AbstractResolver

from crawlblock.collecting import collected_seldom
from crawlblock.errors import InputError
from crawlblock.model import Member, SnapshotKind
from crawlblock.pipeline.collect import collect
from crawlblock.pipeline.run import Run
from crawlblock.sources.live import (
    REMEMBERED,
    Archive,
    Fetcher,
    Journal,
    Live,
    Pace,
    Patience,
    VisitContext,
    Visitor,
    journals,
    read_journal,
)
from crawlblock.sources.live.fetch import lookup_threads
from crawlblock.sources.live.ssrf import Network
from crawlblock.store.store import Store
from crawlblock.transport import user_agent

_LONGEST = timedelta(days=7)  # the longest time between the first and last capture of a snapshot
_OBJECTS = 20_000  # between two looks for cycles: a run keeps some dozens for each host
_NAME = re.compile(r"live-[A-Za-z0-9][A-Za-z0-9._-]{0,60}")


@dataclass(frozen=True, slots=True)
class Asking:
    """How the panel is asked."""

    contact: str | None
    snapshot: str
    pace: Pace = field(default_factory=Pace)
    patience: Patience = field(default_factory=Patience)
    probe_page: bool = False  # request the home page, too, if robots.txt allows it
    allowed: Collection[Network] = ()  # asked although they are not public
    resolver: AbstractResolver | None = None  # for tests alone
    tls: ssl.SSLContext | None = None  # for tests alone

    def __post_init__(self) -> None:
        """Raise an error without a contact, or if a name is a path or another source's."""
        user_agent(self.contact)
        if not _NAME.fullmatch(self.snapshot):
            raise InputError(
                f"snapshot {self.snapshot!r}: a live snapshot is named live-..., with letters, "
                "digits, dots and dashes"
            )


def snapshot_name(store: Store, members: Sequence[Member], started: datetime) -> str:
    """Return the live snapshot that a run continues, or the one of its day.

    A run continues the newest one if a budget or a kill left some members out, unless it is too
    old to be one point of time, or the panel was sampled again since.
    """
    newest = store.facts.newest_live(started - _LONGEST, started)
    if newest:
        done = store.facts.hosts_asked(newest)
        asked = sum(member.host in done for member in members)
        if 0 < asked < len(members):
            return newest
    return f"live-{started:%Y-%m-%d}"


async def collect_live(run: Run, asking: Asking, members: Sequence[Member]) -> int:
    """Ask each host not asked yet in the snapshot; return how many had been asked before.

    Answers that a killed run received and did not store are stored first.  Raises StoreError if
    the disk cannot be written.
    """
    agent = user_agent(asking.contact)
    run.tally.captures += recover(run.store)
    done = run.store.facts.hosts_asked(asking.snapshot)
    pending = list({m.host: m for m in members if m.host not in done}.values())
    _widen_lookups()
    fetcher = Fetcher(
        agent, asking.patience, allowed=asking.allowed, resolver=asking.resolver, tls=asking.tls
    )
    fetcher.quota.most = run.budget.requests_left(run.tally, 0)
    archive = Archive(run.store.path.parent / "warc", asking.snapshot, agent, asking.probe_page)

    def goes_on(ended: int) -> bool:
        run.progress(asking.snapshot, ended, len(pending))
        return not run.is_spent(fetcher.traffic.requests)

    try:
        with archive, Journal(run.store.path) as journal, collected_seldom(_OBJECTS):
            async with fetcher:
                context = VisitContext(asking.snapshot, fetcher, archive, asking.patience)
                visitor = Visitor(context, asking.probe_page)
                visitor.recall(run.store.facts.latest(asking.snapshot, REMEMBERED) if done else ())
                source = Live(pending, visitor, journal, asking.pace, goes_on)
                await collect(run, source)
                if source.visited < len(pending):
                    run.tally.unfinished = True
                run.progress(asking.snapshot, source.visited, len(pending))
    finally:
        run.tally.requests += fetcher.traffic.requests
        run.tally.bytes += fetcher.traffic.bytes
        run.tally.captures += recover(run.store)  # answers received before an error or Ctrl-C
    return len(members) - len(pending)


def recover(store: Store) -> int:
    """Store what stopped runs of any day noted but did not store; return how many hosts."""
    new = 0
    for path in journals(store.path):
        new += store.facts.add(read_journal(path), SnapshotKind.LIVE)
        path.unlink()
    return new


def _widen_lookups() -> None:
    threads = lookup_threads()
    if threads:
        executor = ThreadPoolExecutor(threads, thread_name_prefix="lookup")
        asyncio.get_running_loop().set_default_executor(executor)
