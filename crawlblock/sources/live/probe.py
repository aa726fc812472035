"""The home page of a host, asked for where robots.txt lets us: a server may refuse in silence."""

import asyncio
import json

from yarl import URL

from crawlblock.hosts import registered_domain
from crawlblock.model import Capture, Member, Outcome
from crawlblock.robots.evaluate import Judge
from crawlblock.sources.live.answer import Answer, Failure, Patience
from crawlblock.sources.live.archive import Archive
from crawlblock.sources.live.chain import Asker, Chain, Kept, Turns, kept
from crawlblock.sources.live.fetch import Fetcher
from crawlblock.sources.outcomes import page_outcome

RESOURCE = "/"
_MOST_KEPT = 65_536  # bytes of a page
_NAME = "crawlblock"  # our product token, the first word of our User-Agent
_REFUSED = "not asked: its robots.txt does not let us, or tells nothing"


class Prober:
    """Asks for the home page of a host, once, where robots.txt lets our own name do so."""

    def __init__(
        self, fetcher: Fetcher, archive: Archive, patience: Patience, turns: Turns, robots: Asker
    ) -> None:
        """Take what asks and keeps, and what reads the robots.txt of hosts that pages lead to."""
        self._archive, self._patience, self._robots = archive, patience, robots
        self._pages = Asker(fetcher, patience, turns, self._keep, _MOST_KEPT)
        self._judge = Judge([_NAME])

    async def probe(
        self, snapshot: str, member: Member, asked: URL, robots: Chain
    ) -> Capture | None:
        """Return what the home page answered, None where robots.txt does not let us ask."""
        url = asked.with_path("/")
        if not self._permits(robots, url):
            return None
        deadline = asyncio.get_running_loop().time() + self._patience.whole
        first = await self._pages.ask(url, deadline)
        if isinstance(first, Failure):
            return _unanswered(snapshot, member, url, robots, first)

        async def objection(target: URL, until: float) -> str | None:
            if target.origin() == url.origin():
                return None if self._permits(robots, target) else _REFUSED
            return await self._objection(target, until)

        chain = await self._pages.follow(first, deadline, objection)
        return _answered(snapshot, member, url, chain)

    async def _objection(self, target: URL, deadline: float) -> str | None:
        """Say why a page of another host is not asked, whose robots.txt is read for that."""
        first = await self._robots.ask(target.origin().with_path("/robots.txt"), deadline)
        if isinstance(first, Failure):
            return _REFUSED
        robots = await self._robots.follow(first, deadline)
        return None if self._permits(robots, target) else _REFUSED

    def _permits(self, robots: Chain, url: URL) -> bool:
        """Tell whether a robots.txt lets us ask for a URL; what cannot be told is a no."""
        if robots.last.outcome is not Outcome.OK:
            return robots.last.outcome is Outcome.ABSENT
        body = self._archive.payload(robots.last.place)
        return self._judge.allowed(body, _NAME, url.raw_path_qs)

    def _keep(self, answer: Answer) -> Kept:
        mitigated = answer.header("cf-mitigated") is not None
        outcome = page_outcome(answer.status, answer.body, mitigated)
        return kept(answer, self._archive.add(answer), outcome, None)


def _answered(snapshot: str, member: Member, url: URL, chain: Chain) -> Capture:
    last, told = chain.last, chain.told()
    return Capture(
        snapshot, member.host, RESOURCE, registered_domain(member.host), str(url), last.url,
        len(chain.answers) - 1, last.fetch_time, last.status, last.outcome, None,
        json.dumps(told) if told else None, last.place.file, last.place.offset, last.place.length,
    )  # fmt: skip


def _unanswered(snapshot: str, member: Member, url: URL, robots: Chain, failed: Failure) -> Capture:
    reason = json.dumps({"x-crawler-failure": f"{failed.outcome}: {failed.reason}"})
    return Capture(
        snapshot, member.host, RESOURCE, registered_domain(member.host), str(url), None, 0,
        robots.last.fetch_time, None, failed.outcome, None, reason, None, None, None,
    )  # fmt: skip
