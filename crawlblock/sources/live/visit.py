"""One visit to each host of a panel: its URLs in order, redirects followed, what came of it."""

import asyncio
import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import lru_cache

from yarl import URL

from crawlblock.hosts import parse_host, registered_domain
from crawlblock.model import Capture, Member, Outcome, Payload
from crawlblock.sampling import candidates
from crawlblock.sources.live.answer import Answer, Failure, Patience
from crawlblock.sources.live.archive import Archive
from crawlblock.sources.live.chain import Asker, Chain, Kept, Turns, kept, recalled
from crawlblock.sources.live.fetch import Fetcher
from crawlblock.sources.live.probe import Prober
from crawlblock.sources.outcomes import outcome_of
from crawlblock.warc import digest

_RESOURCE = "/robots.txt"
_NO_HOST = Failure(Outcome.UNREACHABLE, "not asked: this is not a host as it is written")
# Which failure says most where several URLs of a host gave no answer.
_TELLING = (
    Outcome.TLS, Outcome.TIMEOUT, Outcome.UNREACHABLE, Outcome.CONNECTION_REFUSED, Outcome.DNS,
)  # fmt: skip


class Visitor:
    """Visits hosts, each over one connection at a time, and no URL twice."""

    def __init__(
        self, fetcher: Fetcher, archive: Archive, patience: Patience, probe_page: bool = False
    ) -> None:
        """Take what asks, what keeps, how long a host is waited for, and whether for its page."""
        self._archive, self._patience = archive, patience
        turns = Turns()
        self._robots = Asker(fetcher, patience, turns, self._keep)
        self._prober = (
            Prober(fetcher, archive, patience, turns, self._robots) if probe_page else None
        )
        self._payloads: dict[str, bytes] = {}
        self.payload_bytes = 0  # of the payloads that wait to be taken

    def take_payloads(self) -> list[Payload]:
        """Return the payloads met since the last time."""
        taken = [Payload(name, body) for name, body in self._payloads.items()]
        self._payloads, self.payload_bytes = {}, 0
        return taken

    def recall(self, captures: Iterable[Capture]) -> None:
        """Ask nobody again to whom the redirects of an earlier run of the snapshot led."""
        for capture in captures:
            if answer := recalled(capture):
                self._robots.remember(URL(answer.url), answer)

    async def visit(self, snapshot: str, member: Member) -> list[Capture]:
        """Return what a member's host answered: its robots.txt, and its page if that is wanted.

        The next URL is asked where one gave no answer.
        """
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
            first = await self._robots.ask(url, deadline)
            if not isinstance(first, Failure):
                chain = await self._robots.follow(first, deadline)
                captures = [_answered(snapshot, member, asked, chain)]
                if self._prober and (
                    page := await self._prober.probe(snapshot, member, url, chain)
                ):
                    captures.append(page)
                return captures
            failures.append((asked, first))
            if first.outcome is Outcome.DNS:
                nameless.add(url.raw_host)
        return [_unanswered(snapshot, member, started, failures)]

    def _keep(self, answer: Answer) -> Kept:
        place = self._archive.add(answer)
        name = None
        if 200 <= answer.status < 300 and not answer.damaged:
            name = digest(answer.body)
            if name not in self._payloads:
                self._payloads[name] = answer.body
                self.payload_bytes += len(answer.body)
        return kept(answer, place, _judged(answer), name)


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


def _answered(snapshot: str, member: Member, asked: str, chain: Chain) -> Capture:
    last, told = chain.last, chain.told()
    if last.outcome in (Outcome.TIMEOUT, Outcome.DAMAGED):
        told["x-crawler-failure"] = "the body did not end"
    return Capture(
        snapshot, member.host, _RESOURCE, registered_domain(member.host), asked, last.url,
        len(chain.answers) - 1, last.fetch_time, last.status, last.outcome, last.digest,
        json.dumps(told) if told else None, last.place.file, last.place.offset, last.place.length,
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
