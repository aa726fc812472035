"""The home page of a host, asked for where robots.txt lets us: a server may refuse in silence."""

import asyncio

from yarl import URL

from crawlblock.captures.build import ROBOTS
from crawlblock.outcome import Body, Ending, Outcome, outcome_of
from crawlblock.robots.judge import Judge
from crawlblock.robots.sniff import body_of, challenges_page
from crawlblock.sources.live.redirects import Asker, Chain, Kept, VisitContext, kept
from crawlblock.sources.live.response import Answer

RESOURCE = "/"
PAGE_ENDINGS = (Ending.HOME_PAGE, Ending.CHALLENGE)  # that only a page asked for has
_MOST_KEPT = 65_536  # bytes of a page
_NAME = "crawlblock"  # our product token, the first word of our User-Agent
_REFUSED = "not asked: its robots.txt does not let us, or is not known"


class Prober:
    """Asks for the home page of a host, once, where robots.txt lets our own name do so."""

    def __init__(self, context: VisitContext, robots: Asker) -> None:
        """Take how a run asks, and what reads the robots.txt of hosts that pages lead to."""
        self._context, self._robots = context, robots
        self._pages = Asker(context, self._keep, _MOST_KEPT)
        self._judge = Judge([_NAME])

    async def probe(self, asked: URL, robots: Chain) -> list[Kept]:
        """Return what the home page answered, nothing where robots.txt does not let us ask.

        The robots.txt of other hosts, which were read on the way, come behind the page.
        """
        url = asked.with_path(RESOURCE)
        if not self._permits(robots, url):
            return []
        deadline = asyncio.get_running_loop().time() + self._context.patience.whole
        read: list[Kept] = []

        async def objection(target: URL, until: float) -> str | None:
            rules = robots
            if target.origin() != url.origin():
                rules = await self._robots_of(target, until)
                read.extend(rules.answers)
            return None if self._permits(rules, target) else _REFUSED

        first = await self._pages.ask(url, deadline)
        chain = await self._pages.follow(first, deadline, objection)
        return [*chain.answers, *read]

    def remember(self, url: URL, found: Kept) -> None:
        """Ask for a page no more."""
        self._pages.remember(url, found)

    async def _robots_of(self, target: URL, deadline: float) -> Chain:
        first = await self._robots.ask(target.origin().with_path(ROBOTS), deadline)
        return await self._robots.follow(first, deadline)

    def _permits(self, robots: Chain, url: URL) -> bool:
        """Tell whether a robots.txt lets us ask for a URL; what is not known is a no."""
        fetch = robots.last.fetch
        body = self._context.archive.payload(fetch) if fetch.digest else None
        kind = None if body is None else body_of(body)
        if body is None or kind is not Body.ROBOTS:
            leads = fetch.redirect is not None
            outcome = outcome_of(fetch.status, fetch.ended, kind, fetch.read, leads)
            return outcome is Outcome.ABSENT
        return self._judge.allowed(body, _NAME, url.raw_path_qs)

    def _keep(self, answer: Answer) -> Kept:
        return kept(self._context, answer, page_ending(answer), None)


def page_ending(answer: Answer) -> Ending | None:
    """Return what came in answer to a request for a page, None where the status says all."""
    if not 200 <= answer.status < 300:
        return None
    mitigated = answer.header("cf-mitigated") is not None  # Cloudflare says so itself
    return Ending.CHALLENGE if mitigated or challenges_page(answer.body) else Ending.HOME_PAGE
