"""From Common Crawl's archive to captures."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache, partial
from pathlib import Path
from urllib.parse import urlsplit

from crawlblock.errors import ArchiveError
from crawlblock.hosts import surt
from crawlblock.model import Crawl, Member, SnapshotKind
from crawlblock.pipeline.collect import collect
from crawlblock.pipeline.lookup_method import MethodChoice, look_up
from crawlblock.pipeline.run import Run, now, wrong_clock
from crawlblock.sources.commoncrawl.cache import INDEX_BYTES, Cache, CachedMirror
from crawlblock.sources.commoncrawl.cdx import CdxApi
from crawlblock.sources.commoncrawl.columnar import open_columnar
from crawlblock.sources.commoncrawl.cost import (
    BATCH,
    Cost,
    Estimate,
    Method,
    estimate,
)
from crawlblock.sources.commoncrawl.crawl_source import History
from crawlblock.sources.commoncrawl.crawls import NEW, Listed, dated, find_crawls
from crawlblock.sources.commoncrawl.distant_cluster import NoClusterError, Search
from crawlblock.sources.commoncrawl.dry_run import DryRun, Shelf
from crawlblock.sources.commoncrawl.index import Index
from crawlblock.sources.commoncrawl.mirror import Mirror, open_mirror
from crawlblock.sources.commoncrawl.records import fetch
from crawlblock.sources.commoncrawl.spans import gap_of
from crawlblock.sources.commoncrawl.zipnum import open_zipnum
from crawlblock.store.store import Store
from crawlblock.transport import Limits, PoliteClient, QuotaSpentError, is_loopback, user_agent

_surt = lru_cache(maxsize=100_000)(surt)  # crawls repeat the URLs


@dataclass(frozen=True, slots=True)
class Wanted:
    """What `history` collects, and how."""

    mirror: str
    contact: str | None
    crawls: str  # as the user said it: 6, latest, new, CC-MAIN-2025, ...
    method: Method | None  # None: the cheaper of ZipNum and columnar
    limits: Limits
    cache: Path  # where indexes are kept, and ranges and parts until their crawl is done
    cache_bytes: int = INDEX_BYTES  # of indexes that are kept

    def index(self) -> Cache:
        """Return the cache of indexes."""
        return Cache(self.cache / "index", self.cache_bytes)


@dataclass(frozen=True, slots=True)
class FollowedMembers:
    """The members of a panel, and the first and last days for members that its list limits."""

    members: Sequence[Member]
    days: Mapping[str, Sequence[tuple[date, date]]]  # by host; all other hosts are always followed

    def at(self, time: datetime | None) -> Iterator[Member]:
        """Yield the members that are followed at a time; None: the time is unknown, so all are."""
        for member in self.members:
            days = self.days.get(member.host)
            if time is None or not days or any(a <= time.date() <= b for a, b in days):
                yield member


async def plan_history(run: Run, wanted: Wanted, members: Sequence[Member]) -> list[Estimate]:
    """Estimate the cost of each crawl for a run that begins now.

    This reads lists, and the small parts of an index.
    """
    plans: list[Estimate] = []
    unread = run.store.conclusions.to_fetch()
    followed = FollowedMembers(members, run.store.facts.days_followed())
    async with open_mirror(wanted.mirror, wanted.contact, wanted.limits) as mirror:
        shelf = Shelf.of(mirror, wanted.cache, wanted.index())
        dry_run = DryRun(shelf, run.store.facts.texts_of, wanted.limits.per_second)
        choice = MethodChoice(shelf, wanted.method, wanted.limits.per_second, run.say)
        read = Cost()  # of the lists that were read

        async def plan(mirror: Mirror, crawl: Listed) -> None:
            nonlocal read
            pending = _pending(run.store, crawl, followed, unread)
            task = look_up(crawl, pending, bool(plans))
            method, parts = await choice.choose(mirror, task)
            if pending:
                await dated(mirror, crawl)
            lists, cost = _read(mirror), Cost()
            try:
                if pending:
                    cost = await dry_run.cost(task, method, pending, parts)
            except NoClusterError as error:
                method, parts = await choice.instead(mirror, task, error)
                lists = _read(mirror)
                cost = await dry_run.cost(task, method, pending, parts)
            plans.append(estimate(task, method, cost, lists - read))
            read = _read(mirror)

        await _each_crawl(run, mirror, wanted, plan)
    return plans


def _read(mirror: Mirror) -> Cost:
    """Return what was asked of an archive so far."""
    return Cost(mirror.traffic.requests, mirror.traffic.bytes)


async def collect_history(run: Run, wanted: Wanted, members: Sequence[Member]) -> None:
    """Store what each crawl has about the members not asked yet, the newest crawl first.

    When the time or the requests are used up, the run stops at once; what it has read stays in
    the cache.
    """
    async with open_mirror(wanted.mirror, wanted.contact, wanted.limits) as mirror:
        mirror.traffic.most = run.budget.requests_left(run.tally, 0)
        try:
            async with asyncio.timeout(run.budget.seconds_left(run.tally)) as limit:
                await _collect_crawls(run, mirror, wanted, members)
        except TimeoutError:
            if not limit.expired():
                raise
            run.tally.unfinished = True
        except QuotaSpentError:
            run.tally.unfinished = True
        finally:
            run.tally.requests += mirror.traffic.requests
            run.tally.bytes += mirror.traffic.bytes


async def _collect_crawls(
    run: Run, mirror: Mirror, wanted: Wanted, members: Sequence[Member]
) -> None:
    first = True
    shelf = Shelf.of(mirror, wanted.cache, wanted.index())
    unread = run.store.conclusions.to_fetch()
    followed = FollowedMembers(members, run.store.facts.days_followed())
    choice = MethodChoice(shelf, wanted.method, wanted.limits.per_second, run.say)

    async def collect_one(mirror: Mirror, listed: Listed) -> None:
        nonlocal first
        pending = _pending(run.store, listed, followed, unread)
        if pending and not run.tally.unfinished:
            task = look_up(listed, pending, not first)
            method, parts = await choice.choose(mirror, task)
            crawl = await dated(mirror, listed)
            folder = wanted.cache / crawl.crawl / "ranges"
            kept = CachedMirror(mirror, folder, index=shelf.index)
            search = Search(task.keys, wanted.limits.per_second, shelf.positions)
            job = _Job(crawl=crawl, pending=pending, method=method, parts=parts, search=search)
            try:
                await _collect_crawl(run, kept, wanted, job)
            except NoClusterError as error:
                method, parts = await choice.instead(mirror, task, error)
                other = replace(job, method=method, parts=parts)
                await _collect_crawl(run, kept, wanted, other)
        first = False
        shelf.remember()
        if not run.tally.unfinished:  # also files of a run killed after its last host
            shutil.rmtree(wanted.cache / listed.crawl, ignore_errors=True)

    await _each_crawl(run, mirror, wanted, collect_one)


async def _each_crawl(
    run: Run, mirror: Mirror, wanted: Wanted, do: Callable[[Mirror, Listed], Awaitable[None]]
) -> None:
    """Do something with each requested crawl; one that cannot be read does not stop the others."""
    removed = run.store.facts.removed() if wanted.crawls == NEW else set()
    begun = run.store.facts.snapshots() | removed
    found = await find_crawls(mirror, wanted.crawls, wanted.cache, begun=begun)
    heard = mirror.traffic.last
    _tell(run, wanted, [*found.notes, wrong_clock(now(), heard.server_time if heard else None)])
    failed = 0
    for crawl in found.crawls:
        if crawl.crawl in removed:  # it is collected again only if it is named
            continue
        try:
            await do(mirror, crawl)
        except ArchiveError as error:
            failed += 1
            if failed == len(found.crawls):
                raise
            run.tally.troubles.append(f"{crawl.crawl} is skipped: {error}")


def _tell(run: Run, wanted: Wanted, notes: Iterable[str | None]) -> None:
    """Tell the user something; an update, which looks for new data, counts it as a problem."""
    for note in filter(None, notes):
        if wanted.crawls == NEW:
            run.tally.troubles.append(note)
        else:
            run.say(note)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    """What to collect from one crawl, and how."""

    crawl: Crawl
    pending: Sequence[Member]
    method: Method
    parts: Sequence[str]  # of the columnar index
    search: Search


async def _collect_crawl(run: Run, mirror: CachedMirror, wanted: Wanted, job: _Job) -> None:
    facts, crawl, pending = run.store.facts, job.crawl, job.pending
    facts.add_snapshot(crawl.crawl, SnapshotKind.CRAWL, crawl.first_capture, crawl.last_capture)

    def goes_on(done: int) -> bool:
        run.progress(crawl.crawl, done, len(pending))
        return not run.is_spent(mirror.traffic.requests)

    async with AsyncExitStack() as stack:
        index = await _open_index(mirror, wanted, job, stack)
        source = History(
            crawl=crawl.crawl,
            members=pending,
            index=index,
            mirror=mirror,
            texts_of=facts.texts_of,
            size=BATCH[job.method],
            goes_on=goes_on,
            period=(crawl.first_capture, crawl.last_capture),
            read=partial(fetch, gap=gap_of(wanted.limits.per_second)),
        )
        await collect(run, source)
    if number := len(index.malformed):
        what = "an entry" if number == 1 else f"{number} entries"
        run.say(f"{crawl.crawl}: {what} of the index about these hosts cannot be read: left out")
    if not run.tally.unfinished:
        run.progress(crawl.crawl, len(pending), len(pending))


async def _open_index(
    mirror: CachedMirror, wanted: Wanted, job: _Job, stack: AsyncExitStack
) -> Index:
    crawl = job.crawl
    if job.method == "columnar":
        return await open_columnar(mirror, crawl.crawl, wanted.cache, job.parts)
    if job.method == "zipnum":
        return await open_zipnum(mirror, crawl.crawl, mirror.index, job.search)
    if not crawl.cdx_api:
        raise ArchiveError(f"{crawl.crawl}: collinfo.json names no CDX server; leave out --cdx-api")
    limits = wanted.limits
    if not is_loopback(urlsplit(crawl.cdx_api).hostname or ""):  # it is easily overloaded
        limits = replace(limits, per_second=min(1.0, limits.per_second), in_flight=1)
    client = await stack.enter_async_context(
        PoliteClient(user_agent(wanted.contact), limits.shared(), traffic=mirror.traffic)
    )
    return CdxApi(client, crawl.cdx_api)


def _pending(
    store: Store, crawl: Listed, followed: FollowedMembers, unread: Mapping[str, set[str]]
) -> list[Member]:
    """Return the members to look up, in the order of the indexes: neighbours share blocks.

    These are members not asked before, and those whose capture may count but was never fetched.
    Members that the list does not follow on the day the crawl began are left out.
    """
    done = store.facts.hosts_asked(crawl.crawl) - unread.get(crawl.crawl, set())
    pending = (member for member in followed.at(crawl.first_capture) if member.host not in done)
    return sorted(pending, key=lambda member: _surt(f"https://{member.host}/"))
