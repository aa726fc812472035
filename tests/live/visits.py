"""Visits of some hosts, and live runs, as tests want them."""

import asyncio
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from aiohttp.abc import AbstractResolver

from crawlblock.captures.frames import batch_of
from crawlblock.model import Capture, Fetch, Member, SnapshotKind
from crawlblock.outcome import Outcome
from crawlblock.pipeline.importing import import_files
from crawlblock.pipeline.live import Asking, collect_live
from crawlblock.pipeline.run import UNLIMITED, Budget, Run, Tally
from crawlblock.sources.files import LeftOut
from crawlblock.sources.live import Archive, Fetcher, Pace, Patience, VisitContext, Visitor
from crawlblock.sources.live.ssrf import Network
from crawlblock.store.store import Store
from live.servers import LOOPBACK

AGENT = "crawlblock/0 (+test@example.org)"
QUICK = Patience(lookup=2, connect=2, silence=0.8, whole=2)
PATIENT = Patience(lookup=10, connect=10, silence=10, whole=30)
SNAPSHOT = "live-2026-11-21"


@dataclass(frozen=True, slots=True)
class Visited:
    """What visits found."""

    captures: dict[str, Capture]  # of robots.txt, by host
    pages: dict[str, Capture]  # by host
    fetches: tuple[Fetch, ...]  # each once
    payloads: dict[str, bytes]  # by digest

    def reason(self, capture: Capture) -> str | None:
        """Return why there is no answer: of a redirect that leads nowhere, why its target has none.

        It is found among the fetches of the capture's own first redirect.
        """
        targets = {fetch.redirect for fetch in self.fetches if url_of(fetch) == capture.url}
        reasons = [fetch.reason for fetch in self.fetches if url_of(fetch) in targets]
        return capture.reason or next(filter(None, reasons), None)


def url_of(fetch: Fetch) -> str:
    """Return the URL of a fetch."""
    return f"{'https' if fetch.secure else 'http'}://{fetch.host}{fetch.resource}"


def member(host: str, fallback: str | None = None) -> Member:
    """Return a member of a panel."""
    return Member("panel", host, host, fallback, "all", None, 1.0, 0)


def a_store(folder: Path, hosts: Iterable[str]) -> Store:
    """Return a new database with a panel."""
    folder.mkdir(exist_ok=True)
    store = Store(folder / "x.duckdb")
    panel = [member(host) for host in hosts]
    store.facts.add_panel("panel", "test", None, datetime(2026, 1, 1), panel)
    return store


def asking(
    resolver: AbstractResolver,
    patience: Patience = QUICK,
    allowed: Collection[Network] = LOOPBACK,
    probe_page: bool = False,
    snapshot: str = SNAPSHOT,
) -> Asking:
    """Return how hosts are asked whom a resolver finds."""
    pace = Pace(concurrency=20)
    return Asking("test@example.org", snapshot, pace, patience, probe_page, allowed, resolver)


async def live_run(store: Store, how: Asking, budget: Budget = UNLIMITED) -> tuple[int, Tally]:
    """Run once to the end; return how many hosts were asked before, and what the run did."""
    run = Run(store, budget=budget)
    with store.held():  # as the command
        already = await collect_live(run, how, store.facts.members())
        store.conclusions.settle()
    return already, run.tally


async def visit(folder: Path, how: Asking, members: Sequence[Member]) -> Visited:
    """Visit members at the same time; WARC files go into `<folder>/warc`."""
    fetcher = Fetcher(AGENT, how.patience, allowed=how.allowed, resolver=how.resolver)
    with Archive(folder / "warc", how.snapshot, AGENT) as archive:
        async with fetcher:
            context = VisitContext(how.snapshot, fetcher, archive, how.patience)
            visitor = Visitor(context, how.probe_page)
            found = await asyncio.gather(*map(visitor.visit, members))
            payloads = visitor.take_payloads()
    fetches = tuple(dict.fromkeys(fetch for each in found for fetch in each.fetches))
    asked = [each for one in found for each in one.asked]
    store = Store(folder / "visited.duckdb")
    with store.held():
        store.facts.add(batch_of(fetches, asked, payloads), SnapshotKind.LIVE)
        store.conclusions.settle()
        captures = captures_of(store)
    return Visited(
        {each.host: each for each in captures if each.resource == "/robots.txt"},
        {each.host: each for each in captures if each.resource == "/"},
        fetches,
        {payload.digest: payload.body for payload in payloads},
    )


async def read_back(folder: Path, path: Path) -> tuple[Store, list[LeftOut]]:
    """Return a new database with what a WARC file holds, and what was left out of it."""
    store = a_store(folder, [])
    with store.held():
        files = await asyncio.to_thread(import_files, Run(store), [path], "month", [])
        store.conclusions.settle()
    return store, files.left_out


def captures_of(store: Store) -> list[Capture]:
    """Return all captures of a database, by host."""
    with store.reading() as con:
        found = con.execute("SELECT * FROM captures ORDER BY host, resource")
        names = [column[0] for column in found.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    return [Capture(**row | {"outcome": Outcome(row["outcome"])}) for row in rows]
