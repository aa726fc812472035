"""From Common Crawl's archive to captures."""

import asyncio
import shutil
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from crawlblock.errors import ArchiveError
from crawlblock.hosts import surt
from crawlblock.model import Crawl, Member, SnapshotKind
from crawlblock.pipeline.runs import UNLIMITED, Budget, Progress, Tally
from crawlblock.sources.commoncrawl import history
from crawlblock.sources.commoncrawl.cache import CachedMirror
from crawlblock.sources.commoncrawl.cdx import CdxApi
from crawlblock.sources.commoncrawl.columnar import open_columnar, part_keys
from crawlblock.sources.commoncrawl.crawls import NEW, choose, choose_new, list_crawls
from crawlblock.sources.commoncrawl.index import Index
from crawlblock.sources.commoncrawl.mirror import Mirror, open_mirror
from crawlblock.sources.commoncrawl.plan import Estimate, Method, cheapest, estimates
from crawlblock.sources.commoncrawl.zipnum import open_zipnum
from crawlblock.store.frames import captures_frame
from crawlblock.store.store import Store
from crawlblock.transport import Limits, PoliteClient, user_agent

_HOSTS = {"zipnum": 200, "cdx-api": 20, "columnar": 20_000}  # looked up before they are stored
_NEW_LATER = 0.3  # share of a crawl's payloads that the crawl before did not have


@dataclass(frozen=True, slots=True)
class Wanted:
    """What history is asked for, and how."""

    mirror: str
    contact: str | None
    crawls: str  # as the user said it: 6, latest, new, CC-MAIN-2025, ...
    method: Method | None  # None: the cheaper of ZipNum and columnar
    limits: Limits
    cache: Path  # where index files and ranges wait until their crawl is done


async def plan_history(store: Store, wanted: Wanted, members: Sequence[Member]) -> list[Estimate]:
    """Return what each crawl would cost."""
    async with open_mirror(wanted.mirror, wanted.contact, wanted.limits) as mirror:
        crawls = await _chosen(store, mirror, wanted.crawls)
        plans: list[Estimate] = []
        for crawl in crawls:
            pending = _pending(store, crawl, members)
            plans.append(await _plan(mirror, crawl, len(pending), bool(plans), wanted))
        return plans


async def collect_history(
    store: Store,
    wanted: Wanted,
    members: Sequence[Member],
    tally: Tally,
    progress: Progress,
    budget: Budget = UNLIMITED,
) -> None:
    """Store one capture for each member and crawl that has none yet, the newest crawl first.

    When the time is up all is dropped where it stands; what was told is in the cache.
    """
    async with open_mirror(wanted.mirror, wanted.contact, wanted.limits) as mirror:
        try:
            async with asyncio.timeout(budget.seconds_left(tally)) as limit:
                await _collect_crawls(store, mirror, wanted, members, tally, progress, budget)
        except TimeoutError:
            if not limit.expired():
                raise
            tally.unfinished = True
        finally:
            tally.requests += mirror.traffic.requests
            tally.bytes += mirror.traffic.bytes


async def _collect_crawls(
    store: Store,
    mirror: Mirror,
    wanted: Wanted,
    members: Sequence[Member],
    tally: Tally,
    progress: Progress,
    budget: Budget,
) -> None:
    crawls = await _chosen(store, mirror, wanted.crawls)
    for number, crawl in enumerate(crawls):
        pending = _pending(store, crawl, members)
        if pending and not tally.unfinished:
            plan = await _plan(mirror, crawl, len(pending), number > 0, wanted)
            kept = CachedMirror(mirror, wanted.cache / crawl.crawl / "ranges")
            await _collect_crawl(
                store, kept, crawl, plan.method, pending, wanted, tally, progress, budget
            )
        if not tally.unfinished:  # also what a run left that was killed after its last host
            shutil.rmtree(wanted.cache / crawl.crawl, ignore_errors=True)


async def _chosen(store: Store, mirror: Mirror, crawls: str) -> list[Crawl]:
    known = await list_crawls(mirror)
    return choose_new(known, store.snapshots()) if crawls == NEW else choose(known, crawls)


async def _collect_crawl(
    store: Store,
    mirror: Mirror,
    crawl: Crawl,
    method: Method,
    pending: Sequence[Member],
    wanted: Wanted,
    tally: Tally,
    progress: Progress,
    budget: Budget,
) -> None:
    store.add_snapshot(crawl.crawl, SnapshotKind.CRAWL, crawl.first_capture, crawl.last_capture)
    size = _HOSTS[method]
    async with AsyncExitStack() as stack:
        index = await _open_index(mirror, crawl, method, wanted, stack)
        for at in range(0, len(pending), size):
            progress(crawl.crawl, at, len(pending))
            if budget.spent(tally, mirror.traffic.requests):
                tally.unfinished = True
                return
            captures, payloads = await history.collect(
                crawl.crawl, pending[at : at + size], index, mirror, store.known_outcomes
            )
            frame = captures_frame(captures)
            tally.captures += store.add_captures(frame, payloads, SnapshotKind.CRAWL)
    progress(crawl.crawl, len(pending), len(pending))


async def _open_index(
    mirror: Mirror, crawl: Crawl, method: Method, wanted: Wanted, stack: AsyncExitStack
) -> Index:
    if method == "columnar":
        return await open_columnar(mirror, crawl.crawl, wanted.cache)
    if method == "zipnum":
        return await open_zipnum(mirror, crawl.crawl, wanted.cache)
    if not crawl.cdx_api:
        raise ArchiveError(f"{crawl.crawl}: collinfo.json names no CDX server; leave out --cdx-api")
    limits = replace(wanted.limits, per_second=min(1.0, wanted.limits.per_second), in_flight=1)
    client = await stack.enter_async_context(PoliteClient(user_agent(wanted.contact), limits))
    return CdxApi(client, crawl.cdx_api)


def _pending(store: Store, crawl: Crawl, members: Sequence[Member]) -> list[Member]:
    """Return the members without a capture, in the indexes' order: neighbours share blocks."""
    done = store.hosts_captured(crawl.crawl)
    pending = (member for member in members if member.host not in done)
    return sorted(pending, key=lambda member: surt(f"https://{member.host}/"))


async def _plan(mirror: Mirror, crawl: Crawl, hosts: int, later: bool, wanted: Wanted) -> Estimate:
    parts = await part_keys(mirror, crawl.crawl)
    options = estimates(crawl.crawl, hosts, len(parts), _NEW_LATER if later else 1.0)
    if wanted.method:
        return options[wanted.method]
    return cheapest([options["zipnum"], options["columnar"]], wanted.limits.per_second)
