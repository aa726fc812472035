"""URLs asked once each, one at a time of a host, and the redirects they lead to."""

import asyncio
import json
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from weakref import WeakValueDictionary

from yarl import URL

from crawlblock.model import Capture, Outcome
from crawlblock.sources.live.answer import MOST_KEPT, Answer, Failure, Patience
from crawlblock.sources.live.archive import Place
from crawlblock.sources.live.fetch import Fetcher
from crawlblock.sources.outcomes import KEPT_HEADERS

MAX_HOPS = 5  # RFC 9309 section 2.3.1.2
REMEMBERED = 5_000  # answers; many hosts redirect to the same few

Turns = WeakValueDictionary[str, asyncio.Lock]  # by host: who has it may ask


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer that stands in the archive, without its body."""

    url: str
    fetch_time: datetime
    status: int
    outcome: Outcome
    digest: str | None
    headers: tuple[tuple[str, str], ...]  # those worth keeping
    redirect: bool
    target: URL | None
    place: Place


@dataclass(frozen=True, slots=True)
class Chain:
    """The answers from a URL to where its redirects end, and why they end too early."""

    answers: Sequence[Kept]
    broken: str | None = None

    @property
    def last(self) -> Kept:
        """Return where it ends."""
        return self.answers[-1]

    def told(self) -> dict[str, str]:
        """Return the last answer's headers with what else is to be said of the way to it."""
        headers = dict(self.last.headers)
        if len(self.answers) > 1:
            hops = (f"{answer.status} {answer.url}" for answer in self.answers[:-1])
            headers["x-crawler-redirects"] = " ".join(hops)
        if self.broken:
            headers["x-crawler-failure"] = self.broken
        return headers


def kept(answer: Answer, place: Place, outcome: Outcome, digest: str | None) -> Kept:
    """Return what of an answer is remembered."""
    headers = tuple((k.lower(), v) for k, v in answer.headers if k.lower() in KEPT_HEADERS)
    return Kept(
        answer.url, answer.fetch_time, answer.status, outcome, digest, headers,
        300 <= answer.status < 400, answer.target(), place,
    )  # fmt: skip


def recalled(capture: Capture) -> Kept | None:
    """Return the answer that an earlier run's capture ended in, None if that has to be asked."""
    place = Place(capture.warc_file or "", capture.warc_offset or 0, capture.warc_length or 0)
    if not capture.url or not capture.fetch_time or not capture.status:
        return None
    if 300 <= capture.status < 400:
        return None  # a way that ended early
    told = json.loads(capture.headers or "{}").items()
    headers = tuple((name, value) for name, value in told if name in KEPT_HEADERS)
    return Kept(
        capture.url, capture.fetch_time, capture.status, capture.outcome, capture.digest, headers,
        False, None, place,
    )  # fmt: skip


async def anywhere(_: URL, __: float) -> str | None:
    """Object to no redirect."""
    return None


class Asker:
    """Asks no URL twice."""

    def __init__(
        self,
        fetcher: Fetcher,
        patience: Patience,
        turns: Turns,
        keep: Callable[[Answer], Kept],
        most: int = MOST_KEPT,
    ) -> None:
        """Take what asks, for how long, who else asks the same hosts, what keeps how many bytes."""
        self._fetcher, self._patience, self._turns = fetcher, patience, turns
        self._keep, self._most = keep, most
        self._known: OrderedDict[URL, Kept | Failure] = OrderedDict()

    async def follow(
        self,
        first: Kept,
        deadline: float,
        objection: Callable[[URL, float], Awaitable[str | None]] = anywhere,
    ) -> Chain:
        """Follow redirects; one that there is an objection to is not asked."""
        answers, seen = [first], {URL(first.url)}
        while answers[-1].redirect:
            target = answers[-1].target
            if target is None:
                return Chain(answers, "it leads nowhere HTTP goes")
            if target in seen or len(answers) > MAX_HOPS:
                return Chain(answers, "a loop" if target in seen else "too many redirects")
            seen.add(target)
            if why := await objection(target, deadline):
                return Chain(answers, f"{target}: {why}")
            answer = await self.ask(target, deadline)
            if isinstance(answer, Failure):
                return Chain(answers, f"{target}: {answer.outcome}: {answer.reason}")
            answers.append(answer)
        return Chain(answers)

    async def ask(self, url: URL, deadline: float) -> Kept | Failure:
        """Ask a URL when its host is free; what is known is not asked again."""
        host = url.raw_host or ""
        turn = self._turns.get(host)
        if turn is None:
            turn = self._turns[host] = asyncio.Lock()
        if not await _acquired(turn, deadline):
            return Failure(Outcome.TIMEOUT, "other visits kept the host busy")
        try:
            return self._known.get(url) or await self._ask_now(url, deadline)
        finally:
            turn.release()

    async def _ask_now(self, url: URL, deadline: float) -> Kept | Failure:
        seconds = deadline - asyncio.get_running_loop().time()
        if seconds <= 0:
            return Failure(Outcome.TIMEOUT, "the time for the host is up")
        answer = await self._fetcher.ask(url, seconds, self._most)
        found = self._keep(answer) if isinstance(answer, Answer) else answer
        if isinstance(found, Kept) or seconds > self._patience.whole / 2:
            self.remember(url, found)  # a failure for want of time is not the URL's
        return found

    def remember(self, url: URL, found: Kept | Failure) -> None:
        """Ask for a URL no more; many are forgotten again in time."""
        self._known[url] = found
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)


async def _acquired(turn: asyncio.Lock, deadline: float) -> bool:
    """Take a lock, waiting until the deadline; False: it was not to be had."""
    if not turn.locked():
        return await turn.acquire()
    try:
        async with asyncio.timeout_at(deadline):
            return await turn.acquire()
    except TimeoutError:
        return False
