"""One visit to each host of a panel: its URLs in order, redirects followed, what came of it."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

from yarl import URL

from crawlblock.captures.build import ROBOTS
from crawlblock.hosts import UrlParts, parse_host
from crawlblock.model import Asked, Fetch, Member, Payload
from crawlblock.outcome import Ending
from crawlblock.sampling import candidates
from crawlblock.sources.live.probe import PAGE_ENDINGS, RESOURCE, Prober
from crawlblock.sources.live.redirects import (
    OUR_FAULT,
    Asker,
    Kept,
    VisitContext,
    failed,
    kept,
    recalled,
)
from crawlblock.sources.live.response import MOST_KEPT, Answer, Failure
from crawlblock.warc.http import digest

_NO_HOST = Failure(Ending.UNREACHABLE, "not asked: this is not a host as it is written")


@dataclass(frozen=True, slots=True)
class Visit:
    """What a visit to a host found: whom it asked for what, and all that was fetched for it."""

    asked: tuple[Asked, ...]
    fetches: tuple[Fetch, ...]


class Visitor:
    """Visits hosts, each over one connection at a time, and no URL twice."""

    def __init__(self, context: VisitContext, probe_page: bool = False) -> None:
        """Take how a run asks, and whether it asks for home pages."""
        self._context = context
        self._robots = Asker(context, self._keep, MOST_KEPT)
        self._prober = Prober(context, self._robots) if probe_page else None
        self._payloads: dict[str, bytes] = {}
        self.payload_bytes = 0  # of the payloads that wait to be taken

    def take_payloads(self) -> list[Payload]:
        """Return the payloads met since the last time."""
        taken = [Payload(name, body) for name, body in self._payloads.items()]
        self._payloads, self.payload_bytes = {}, 0
        return taken

    def sync_records(self) -> None:
        """Wait until the disk has the records of all answers; raises StoreError."""
        self._context.archive.sync()

    def recall(self, fetches: Iterable[Fetch]) -> None:
        """Ask for no URL again that an earlier run of the snapshot had an answer of."""
        for fetch in fetches:
            answer = recalled(fetch)
            if answer is None:
                continue
            page, success = fetch.ended in PAGE_ENDINGS, (fetch.status or 0) // 100 == 2
            if not page:
                self._robots.remember(URL(answer.url, encoded=True), answer)
            if self._prober and (page or not success):
                self._prober.remember(URL(answer.url, encoded=True), answer)

    async def visit(self, member: Member) -> Visit:
        """Return what a member's host answered: its robots.txt, and its page if that is wanted.

        What failed while our own event loop was late is asked again, once.  Raises QuotaSpentError.
        """
        async with self._context.fetcher.quota.visit():
            lateness, begun = self._context.fetcher.lateness, asyncio.get_running_loop().time()
            found = await self._visit_once(member)
            if not any(fetch.ended in OUR_FAULT for fetch in found.fetches):
                return found
            if not lateness.since(begun):
                return found
            await lateness.calm(self._context.patience.silence)
            return await self._visit_once(member)  # what was answered is known

    async def _visit_once(self, member: Member) -> Visit:
        """Ask a host's URLs in order; the next one where one gave no answer."""
        deadline = asyncio.get_running_loop().time() + self._context.patience.whole
        found: list[Kept] = []
        nameless: set[str | None] = set()  # hosts that the next scheme would not find either
        for asked in candidates(member) or (f"https://{member.host}{ROBOTS}",):
            url, written = _checked(asked), _as_written(asked)
            if isinstance(url, Failure):
                found.append(failed(self._context, asked, written, url))
                continue
            if url.raw_host in nameless:
                continue
            first = _spelled(await self._robots.ask(url, deadline), written.host)
            if first.answered:
                chain = await self._robots.follow(first, deadline)
                found += chain.answers
                pages = await self._prober.probe(url, chain) if self._prober else []
                return self._visit(member, found, pages)
            found.append(first)
            if first.fetch.ended is Ending.DNS:
                nameless.add(url.raw_host)
        return self._visit(member, found, [])

    def _visit(self, member: Member, found: list[Kept], pages: list[Kept]) -> Visit:
        robots = Asked(
            snapshot=self._context.snapshot, host=member.host, fallback=member.fallback_host
        )
        asked = (robots, replace(robots, resource=RESOURCE)) if pages else (robots,)
        return Visit(asked, tuple(each.fetch for each in (*found, *pages)))

    def _keep(self, answer: Answer) -> Kept:
        if not 200 <= answer.status < 300:
            return kept(self._context, answer, None, None)
        if answer.ended:
            return kept(self._context, answer, answer.ended, None)
        name = digest(answer.body)
        if name not in self._payloads:
            self._payloads[name] = answer.body
            self.payload_bytes += len(answer.body)
        return kept(self._context, answer, None, name)


def _as_written(asked: str) -> UrlParts:
    """Return the parts of a URL whose host may be none: the panel's own word for it stays."""
    scheme, _, rest = asked.partition("://")
    return UrlParts(scheme == "https", rest.removesuffix(ROBOTS), ROBOTS)


def _checked(asked: str) -> URL | Failure:
    """Return a URL to ask, unless its host could smuggle something into the request."""
    host = asked.partition("://")[2].removesuffix(ROBOTS)
    try:
        # only an address of version 6 has several spellings left
        return URL(asked, encoded=host[0] != "[") if _is_host(host) else _NO_HOST
    except ValueError:
        return _NO_HOST


def _spelled(found: Kept, host: str) -> Kept:
    """Return a fetch of a host under the panel's own spelling: IPv6 addresses have several."""
    if found.fetch.host == host:
        return found
    return replace(found, fetch=replace(found.fetch, host=host))


@lru_cache(maxsize=4_096)  # each is asked for by https and again by http
def _is_host(text: str) -> bool:
    try:
        return parse_host(text) == text
    except ValueError:
        return False
