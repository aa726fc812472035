"""From Common Crawl's archive to captures."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from crawlblock.errors import ArchiveError
from crawlblock.hosts import surt
from crawlblock.model import Crawl, Member, SnapshotKind
from crawlblock.pipeline.collect import collect
from crawlblock.pipeline.runs import Run
from crawlblock.sources.commoncrawl.cache import CachedMirror
from crawlblock.sources.commoncrawl.cdx import CdxApi
from crawlblock.sources.commoncrawl.columnar import open_columnar, part_keys
from crawlblock.sources.commoncrawl.crawls import Listed, dated, find_crawls
from crawlblock.sources.commoncrawl.history import History
from crawlblock.sources.commoncrawl.index import Index
from crawlblock.sources.commoncrawl.mirror import Mirror, open_mirror
from crawlblock.sources.commoncrawl.plan import Estimate, Method, cheapest, estimates
from crawlblock.sources.commoncrawl.zipnum import open_zipnum
from crawlblock.store.store import Store
from crawlblock.transport import Limits, PoliteClient, is_loopback, user_agent

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


async def plan_history(run: Run, wanted: Wanted, members: Sequence[Member]) -> list[Estimate]:
    """Return what each crawl would cost."""
    plans: list[Estimate] = []

    async def plan(mirror: Mirror, crawl: Listed) -> None:
        pending = _pending(run.store, crawl.crawl, members)
        plans.append(await _plan(mirror, crawl.crawl, len(pending), bool(plans), wanted))

    async with open_mirror(wanted.mirror, wanted.contact, wanted.limits) as mirror:
        await _each_crawl(run, mirror, wanted, plan)
    return plans


async def collect_history(run: Run, wanted: Wanted, members: Sequence[Member]) -> None:
    """Store what each crawl knows of the members not asked yet, the newest crawl first.

    When the time is up all is dropped where it is; what was learnt is in the cache.
    """
    async with open_mirror(wanted.mirror, wanted.contact, wanted.limits) as mirror:
        try:
            async with asyncio.timeout(run.budget.seconds_left(run.tally)) as limit:
                await _collect_crawls(run, mirror, wanted, members)
        except TimeoutError:
            if not limit.expired():
                raise
            run.tally.unfinished = True
        finally:
            run.tally.requests += mirror.traffic.requests
            run.tally.bytes += mirror.traffic.bytes


async def _collect_crawls(
    run: Run, mirror: Mirror, wanted: Wanted, members: Sequence[Member]
) -> None:
    first = True

    async def collect_one(mirror: Mirror, listed: Listed) -> None:
        nonlocal first
        pending = _pending(run.store, listed.crawl, members)
        if pending and not run.tally.unfinished:
            plan = await _plan(mirror, listed.crawl, len(pending), not first, wanted)
            crawl = await dated(mirror, listed)
            kept = CachedMirror(mirror, wanted.cache / crawl.crawl / "ranges")
            await _collect_crawl(run, kept, crawl, replace(wanted, method=plan.method), pending)
        first = False
        if not run.tally.unfinished:  # also what a run left that was killed after its last host
            shutil.rmtree(wanted.cache / listed.crawl, ignore_errors=True)

    await _each_crawl(run, mirror, wanted, collect_one)


async def _each_crawl(
    run: Run, mirror: Mirror, wanted: Wanted, do: Callable[[Mirror, Listed], Awaitable[None]]
) -> None:
    """Do something with each crawl that was asked for; one that cannot be read ends no other."""
    begun = run.store.facts.snapshots()
    found = await find_crawls(mirror, wanted.crawls, wanted.cache, begun=begun)
    for note in found.notes:
        run.say(note)
    failed = 0
    for crawl in found.crawls:
        try:
            await do(mirror, crawl)
        except ArchiveError as error:
            failed += 1
            if failed == len(found.crawls):
                raise
            run.tally.troubles.append(f"{crawl.crawl} is passed over: {error}")


async def _collect_crawl(
    run: Run, mirror: Mirror, crawl: Crawl, wanted: Wanted, pending: Sequence[Member]
) -> None:
    facts = run.store.facts
    facts.add_snapshot(crawl.crawl, SnapshotKind.CRAWL, crawl.first_capture, crawl.last_capture)

    def goes_on(done: int) -> bool:
        run.progress(crawl.crawl, done, len(pending))
        return not run.is_spent(mirror.traffic.requests)

    async with AsyncExitStack() as stack:
        index = await _open_index(mirror, crawl, wanted, stack)
        source = History(
            crawl=crawl.crawl,
            members=pending,
            index=index,
            mirror=mirror,
            texts_of=facts.texts_of,
            size=_HOSTS[wanted.method or "zipnum"],
            goes_on=goes_on,
            period=(crawl.first_capture, crawl.last_capture),
        )
        await collect(run, source)
    if number := len(index.malformed):
        what = "an entry" if number == 1 else f"{number} entries"
        run.say(f"{crawl.crawl}: {what} of the index about these hosts cannot be read: left out")
    if not run.tally.unfinished:
        run.progress(crawl.crawl, len(pending), len(pending))


async def _open_index(mirror: Mirror, crawl: Crawl, wanted: Wanted, stack: AsyncExitStack) -> Index:
    if wanted.method == "columnar":
        return await open_columnar(mirror, crawl.crawl, wanted.cache)
    if wanted.method == "zipnum":
        return await open_zipnum(mirror, crawl.crawl, wanted.cache)
    if not crawl.cdx_api:
        raise ArchiveError(f"{crawl.crawl}: collinfo.json names no CDX server; leave out --cdx-api")
    limits = wanted.limits
    if not is_loopback(urlsplit(crawl.cdx_api).hostname or ""):  # it is easily overloaded
        limits = replace(limits, per_second=min(1.0, limits.per_second), in_flight=1)
    client = await stack.enter_async_context(PoliteClient(user_agent(wanted.contact), limits))
    return CdxApi(client, crawl.cdx_api)


def _pending(store: Store, crawl: str, members: Sequence[Member]) -> list[Member]:
    """Return the members to ask about, in the indexes' order: neighbours share blocks.

    They are those not asked before, and those whose capture that may count was never fetched.
    """
    done = store.facts.hosts_asked(crawl) - store.conclusions.to_fetch().get(crawl, set())
    pending = (member for member in members if member.host not in done)
    return sorted(pending, key=lambda member: surt(f"https://{member.host}/"))


async def _plan(mirror: Mirror, crawl: str, hosts: int, later: bool, wanted: Wanted) -> Estimate:
    parts = await part_keys(mirror, crawl)
    options = estimates(crawl, hosts, len(parts), _NEW_LATER if later else 1.0)
    if wanted.method:
        return options[wanted.method]
    return cheapest([options["zipnum"], options["columnar"]], wanted.limits.per_second)
