"""URLs asked once each, one at a time of a host, and the redirects they lead to."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from weakref import WeakValueDictionary

from yarl import URL

from crawlblock.captures.build import ROBOTS, Seen, fetch_of, unanswered
from crawlblock.captures.selection import MAX_HOPS
from crawlblock.hosts import UrlParts, normal_url, split_url
from crawlblock.model import Fetch
from crawlblock.outcome import Ending
from crawlblock.sources.live.fetch import Fetcher
from crawlblock.sources.live.recording import Archive
from crawlblock.sources.live.response import Answer, Failure, Patience
from crawlblock.warc.kept_headers import headers_kept

REMEMBERED = 5_000  # answers; many hosts redirect to the same few
_REASONS = {
    Ending.CUT: "the body did not end",
    Ending.CUT_BY_TIME: "the body did not end in time",
    Ending.UNDECODABLE: "the coding of the body cannot be read",
}
# How a request may end because our event loop was late.
OUR_FAULT = (Ending.TIMEOUT, Ending.UNREACHABLE, Ending.CUT, Ending.CUT_BY_TIME)

Turns = WeakValueDictionary[str, asyncio.Lock]  # by host: who has it may ask


@dataclass(frozen=True, slots=True)
class VisitContext:
    """What the visits of a run share."""

    snapshot: str
    fetcher: Fetcher
    archive: Archive
    patience: Patience
    turns: Turns = field(default_factory=WeakValueDictionary)


@dataclass(frozen=True, slots=True)
class Kept:
    """What came of asking for a URL, without the body."""

    url: str
    fetch: Fetch
    target: URL | None = None  # where it redirects to, as it is asked

    @property
    def answered(self) -> bool:
        """Tell whether there was an HTTP answer."""
        return self.fetch.status is not None

    @property
    def perhaps_our_fault(self) -> bool:
        """Tell whether it may have ended so because our event loop was late."""
        return self.fetch.ended in OUR_FAULT


@dataclass(frozen=True, slots=True)
class Chain:
    """What came of asking for a URL and for all that its redirects led to."""

    answers: Sequence[Kept]

    @property
    def last(self) -> Kept:
        """Return where it ends."""
        return self.answers[-1]


async def anywhere(_: URL, __: float) -> str | None:
    """Object to no redirect."""
    return None


class Asker:
    """Asks no URL twice."""

    def __init__(self, context: VisitContext, keep: Callable[[Answer], Kept], most: int) -> None:
        """Take how a run asks, what keeps an answer, and how many bytes of a body are read."""
        self._context, self._keep, self._most = context, keep, most
        self._known: OrderedDict[URL, Kept] = OrderedDict()
        self._doubted: set[URL] = set()  # failed while our event loop was late: to be asked again
        self._again: set[URL] = set()  # that were doubted once, and will not be any more

    async def follow(
        self,
        first: Kept,
        deadline: float,
        objection: Callable[[URL, float], Awaitable[str | None]] = anywhere,
    ) -> Chain:
        """Follow redirects; one that there is an objection to is not asked."""
        answers, seen = [first], {URL(first.url, encoded=True)}
        while target := answers[-1].target:
            if target in seen or len(answers) > MAX_HOPS:
                break
            seen.add(target)
            if why := await objection(target, deadline):
                answers.append(self._failed(target, Failure(Ending.UNREACHABLE, why)))
                break
            answers.append(await self.ask(target, deadline))
        return Chain(answers)

    async def ask(self, url: URL, deadline: float) -> Kept:
        """Ask a URL when its host is free; what is known is not asked again."""
        host = url.raw_host or ""
        turn = self._context.turns.get(host)
        if turn is None:
            turn = self._context.turns[host] = asyncio.Lock()
        if not await _acquired(turn, deadline):
            return self._failed(url, Failure(Ending.TIMEOUT, "other visits kept the host busy"))
        try:
            known = self._known.get(url)
            if known is None or url in self._doubted:
                known = await self._ask_now(url, deadline)
            return known
        finally:
            turn.release()

    async def _ask_now(self, url: URL, deadline: float) -> Kept:
        seconds = deadline - asyncio.get_running_loop().time()
        if seconds <= 0:
            return self._failed(url, Failure(Ending.TIMEOUT, "the time for the host is up"))
        self._doubted.discard(url)
        begun = asyncio.get_running_loop().time()
        answer = await self._context.fetcher.ask(url, seconds, self._most)
        found = self._keep(answer) if isinstance(answer, Answer) else self._failed(url, answer)
        if found.answered or seconds > self._context.patience.whole / 2:
            self.remember(url, found)  # a failure for want of time is not the URL's
        if found.perhaps_our_fault and self._context.fetcher.lateness.since(begun):
            self._doubt(url)
        return found

    def _doubt(self, url: URL) -> None:
        """Let a URL be asked again, but once."""
        if url not in self._again:
            self._again.add(url)
            self._doubted.add(url)

    def _failed(self, url: URL, failure: Failure) -> Kept:
        return failed(self._context, str(url), _parts(str(url)), failure)

    def remember(self, url: URL, found: Kept) -> None:
        """Ask for a URL no more; many are forgotten again in time."""
        self._known[url] = found
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)


def kept(context: VisitContext, answer: Answer, ended: Ending | None, digest: str | None) -> Kept:
    """Return what of an answer is remembered, once it is in the archive."""
    place = context.archive.add(answer, digest)
    target = answer.target()
    reason = _REASONS.get(ended) if ended else None
    if answer.redirects and target is None:
        reason = "it leads nowhere HTTP goes"
    found = Seen(
        asked=_parts(answer.url),
        status=answer.status,
        ended=ended,
        reason=reason,
        redirect=normal_url(str(target)) if target else None,
        digest=digest,
        headers=headers_kept(answer.headers),
        payload=None,
    )
    return Kept(answer.url, fetch_of(context.snapshot, found, answer.fetch_time, place), target)


def failed(context: VisitContext, url: str, asked: UrlParts, failure: Failure) -> Kept:
    """Return a request that got no HTTP answer."""
    now = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    fetch = unanswered(context.snapshot, asked, now, failure.ended, failure.reason)
    return Kept(url, fetch)


def recalled(fetch: Fetch) -> Kept | None:
    """Return what an earlier run of the snapshot learnt of a URL, None if that is to be asked.

    The version before stored the last fetch of a chain alone, under another URL than its own.
    """
    if fetch.url is not None or fetch.secure is None:
        return None
    url = str(UrlParts(fetch.secure, fetch.host, fetch.resource))
    return Kept(url, fetch, URL(fetch.redirect, encoded=True) if fetch.redirect else None)


def _parts(url: str) -> UrlParts:
    return split_url(url) or UrlParts(True, url, ROBOTS)


async def _acquired(turn: asyncio.Lock, deadline: float) -> bool:
    """Take a lock, waiting until the deadline; False: it was not to be had."""
    if not turn.locked():
        return await turn.acquire()
    try:
        async with asyncio.timeout_at(deadline):
            return await turn.acquire()
    except TimeoutError:
        return False
