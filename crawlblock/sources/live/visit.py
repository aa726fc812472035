"""One visit to each host of a panel: its URLs in order, redirects followed, what came of it."""

import asyncio
import json
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from weakref import WeakValueDictionary

from yarl import URL

from crawlblock.hosts import parse_host, registered_domain
from crawlblock.model import Capture, Member, Outcome, Payload
from crawlblock.sampling import candidates
from crawlblock.sources.live.answer import Answer, Failure, Patience
from crawlblock.sources.live.archive import Archive, Place
from crawlblock.sources.live.fetch import Fetcher
from crawlblock.sources.outcomes import KEPT_HEADERS, outcome_of
from crawlblock.warc import digest

MAX_HOPS = 5  # RFC 9309 section 2.3.1.2
_RESOURCE = "/robots.txt"
_REMEMBERED = 5_000  # answers; many hosts redirect to the same few
_NO_HOST = Failure(Outcome.UNREACHABLE, "not asked: this is not a host as it is written")
# Which failure says most where several URLs of a host gave no answer.
_TELLING = (
    Outcome.TLS, Outcome.TIMEOUT, Outcome.UNREACHABLE, Outcome.CONNECTION_REFUSED, Outcome.DNS,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Kept:
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
class _Chain:
    """The answers from a URL to where its redirects end, and why they end too early."""

    answers: Sequence[_Kept]
    broken: str | None = None


class Visitor:
    """Visits hosts, each over one connection at a time, and no URL twice."""

    def __init__(self, fetcher: Fetcher, archive: Archive, patience: Patience) -> None:
        """Take what asks, what keeps, and how long a host is waited for."""
        self._fetcher, self._archive, self._patience = fetcher, archive, patience
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._known: OrderedDict[URL, _Kept | Failure] = OrderedDict()
        self._payloads: dict[str, bytes] = {}
        self.payload_bytes = 0  # of the payloads that wait to be taken

    def take_payloads(self) -> list[Payload]:
        """Return the payloads met since the last time."""
        taken = [Payload(name, body) for name, body in self._payloads.items()]
        self._payloads, self.payload_bytes = {}, 0
        return taken

    async def visit(self, snapshot: str, member: Member) -> Capture:
        """Return what a member's host answered; the next URL is asked where one gave no answer."""
        started = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
        deadline = asyncio.get_running_loop().time() + self._patience.whole
        failures: list[tuple[str, Failure]] = []
        nameless: set[str | None] = set()  # hosts that the next scheme would not find either
        for asked in candidates(member):
            url = _checked(asked)
            if isinstance(url, Failure):
                failures.append((asked, url))
                continue
            if url.raw_host in nameless:
                continue
            first = await self._ask(url, deadline)
            if not isinstance(first, Failure):
                chain = await self._follow(first, deadline)
                return _answered(snapshot, member, asked, chain)
            failures.append((asked, first))
            if first.outcome is Outcome.DNS:
                nameless.add(url.raw_host)
        return _unanswered(snapshot, member, started, failures)

    async def _follow(self, first: _Kept, deadline: float) -> _Chain:
        answers, seen = [first], {URL(first.url)}
        while answers[-1].redirect:
            target = answers[-1].target
            if target is None:
                return _Chain(answers, "it leads nowhere HTTP goes")
            if target in seen or len(answers) > MAX_HOPS:
                return _Chain(answers, "a loop" if target in seen else "too many redirects")
            seen.add(target)
            answer = await self._ask(target, deadline)
            if isinstance(answer, Failure):
                return _Chain(answers, f"{target}: {answer.outcome}: {answer.reason}")
            answers.append(answer)
        return _Chain(answers)

    async def _ask(self, url: URL, deadline: float) -> _Kept | Failure:
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

    async def _ask_now(self, url: URL, deadline: float) -> _Kept | Failure:
        seconds = deadline - asyncio.get_running_loop().time()
        if seconds <= 0:
            return Failure(Outcome.TIMEOUT, "the time for the host is up")
        answer = await self._fetcher.ask(url, seconds)
        kept = self._keep(answer) if isinstance(answer, Answer) else answer
        if isinstance(kept, _Kept) or seconds > self._patience.whole / 2:
            self._known[url] = kept  # a failure for want of time is not the URL's
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return kept

    def _keep(self, answer: Answer) -> _Kept:
        place = self._archive.add(answer)
        outcome, name = _judged(answer), None
        if 200 <= answer.status < 300 and not answer.damaged:
            name = digest(answer.body)
            if name not in self._payloads:
                self._payloads[name] = answer.body
                self.payload_bytes += len(answer.body)
        headers = tuple((k.lower(), v) for k, v in answer.headers if k.lower() in KEPT_HEADERS)
        return _Kept(
            answer.url, answer.fetch_time, answer.status, outcome, name, headers,
            300 <= answer.status < 400, answer.target(), place,
        )  # fmt: skip


def _judged(answer: Answer) -> Outcome:
    success = 200 <= answer.status < 300
    if success and answer.damaged:
        return Outcome.TIMEOUT if answer.truncated == "time" else Outcome.DAMAGED
    return outcome_of(answer.status, answer.body if success else None)


def _checked(asked: str) -> URL | Failure:
    """Return a URL to ask, unless its host could smuggle something into the request."""
    host = asked.partition("://")[2].removesuffix(_RESOURCE)
    try:
        return URL(asked) if _is_host(host) else _NO_HOST
    except ValueError:
        return _NO_HOST


@lru_cache(maxsize=4_096)  # each is asked for by https and again by http
def _is_host(text: str) -> bool:
    try:
        return parse_host(text) == text
    except ValueError:
        return False


async def _acquired(turn: asyncio.Lock, deadline: float) -> bool:
    """Take a lock, waiting until the deadline; False: it was not to be had."""
    if not turn.locked():
        return await turn.acquire()
    try:
        async with asyncio.timeout_at(deadline):
            return await turn.acquire()
    except TimeoutError:
        return False


def _answered(snapshot: str, member: Member, asked: str, chain: _Chain) -> Capture:
    last = chain.answers[-1]
    headers = dict(last.headers)
    if len(chain.answers) > 1:
        hops = (f"{answer.status} {answer.url}" for answer in chain.answers[:-1])
        headers["x-crawler-redirects"] = " ".join(hops)
    if chain.broken:
        headers["x-crawler-failure"] = chain.broken
    if last.outcome in (Outcome.TIMEOUT, Outcome.DAMAGED):
        headers["x-crawler-failure"] = "the body did not end"
    return Capture(
        snapshot, member.host, _RESOURCE, registered_domain(member.host), asked, last.url,
        len(chain.answers) - 1, last.fetch_time, last.status, last.outcome, last.digest,
        json.dumps(headers) if headers else None, last.place.file, last.place.offset,
        last.place.length,
    )  # fmt: skip


def _unanswered(
    snapshot: str, member: Member, time: datetime, failures: Sequence[tuple[str, Failure]]
) -> Capture:
    """Say why a host gave no answer, by the URL that came farthest."""
    nothing = "", _NO_HOST
    asked, failed = min(failures, key=lambda pair: _TELLING.index(pair[1].outcome), default=nothing)
    reason = json.dumps({"x-crawler-failure": f"{failed.outcome}: {failed.reason}"})
    return Capture(
        snapshot, member.host, _RESOURCE, registered_domain(member.host), asked or None, None, 0,
        time, None, failed.outcome, None, reason, None, None, None,
    )  # fmt: skip
