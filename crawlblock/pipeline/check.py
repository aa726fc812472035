"""A robots.txt from the web, for `check`."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from crawlblock import loops
from crawlblock.errors import UpstreamError
from crawlblock.outcome import Outcome
from crawlblock.transport import Limits, PoliteClient, user_agent
from crawlblock.warc.kept_headers import headers_kept


@dataclass(frozen=True, slots=True)
class FetchedRobots:
    """What a server answered."""

    body: bytes | None  # None: it says that there is nothing
    headers: Mapping[str, str]


def fetch(url: str, contact: str | None) -> FetchedRobots:
    """Return what a URL gives.

    Raises UpstreamError where no answer is to be had, InputError where a contact is missing.
    """
    return loops.run(_fetch(url, contact))


async def _fetch(url: str, contact: str | None) -> FetchedRobots:
    agent = user_agent(contact)
    async with PoliteClient(agent, Limits(pauses=0, attempts=2, patience=0.0)) as client:
        body = await client.read(url)
        last = client.traffic.last
    headers = json.loads((headers_kept(last.headers.items()) if last else None) or "{}")
    if body is Outcome.ABSENT:
        return FetchedRobots(None, headers)
    if isinstance(body, Outcome):
        raise UpstreamError(f"{url}: {body}; nothing can be said about it now")
    return FetchedRobots(body, headers)
