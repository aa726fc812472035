"""Visits of some hosts, as tests want them."""

import asyncio
import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from aiohttp.abc import AbstractResolver

from crawlblock.model import Capture, Member
from crawlblock.sources.live import Archive, Fetcher, Patience, Visitor
from crawlblock.sources.live.guard import Network
from crawlblock.store.store import Store
from live.servers import LOOPBACK

AGENT = "crawlblock/0 (+test@example.org)"
QUICK = Patience(lookup=2, connect=2, silence=0.8, whole=2)
PATIENT = Patience(lookup=10, connect=10, silence=10, whole=30)


@dataclass(frozen=True, slots=True)
class Visited:
    """What visits brought."""

    captures: dict[str, Capture]  # of robots.txt, by host
    pages: dict[str, Capture]  # by host
    payloads: dict[str, bytes]  # by digest


def member(host: str, fallback: str | None = None) -> Member:
    """Return a member of a panel."""
    return Member("panel", host, host, fallback, "all", None, 1.0, 0)


def a_store(folder: Path, hosts: Iterable[str]) -> Store:
    """Return a new database with a panel."""
    folder.mkdir(exist_ok=True)
    store = Store(folder / "x.duckdb")
    store.add_panel("panel", "test", None, datetime(2026, 1, 1), [member(host) for host in hosts])
    return store


def quiet(what: str, done: int, total: int) -> None:
    """Show nothing."""


async def visit(
    folder: Path,
    resolver: AbstractResolver,
    members: Sequence[Member],
    patience: Patience = QUICK,
    allowed: Collection[Network] = LOOPBACK,
    probe_page: bool = False,
) -> Visited:
    """Visit members at the same time; WARC files go into `<folder>/warc`."""
    fetcher = Fetcher(AGENT, patience, allowed=allowed, resolver=resolver)
    with Archive(folder / "warc", "live-test", AGENT) as archive:
        async with fetcher:
            visitor = Visitor(fetcher, archive, patience, probe_page)
            found = await asyncio.gather(*(visitor.visit("live-test", one) for one in members))
            payloads = {payload.digest: payload.body for payload in visitor.take_payloads()}
    return Visited(
        {capture.host: capture for capture, *_ in found},
        {page.host: page for _, *pages in found for page in pages},
        payloads,
    )


def told(capture: Capture) -> dict[str, str]:
    """Return the headers kept with a capture."""
    headers: dict[str, str] = json.loads(capture.headers or "{}")
    return headers
