"""A robots.txt from the web, for `check`."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from crawlblock import loops
from crawlblock.errors import UpstreamError
from crawlblock.outcome import Outcome
from crawlblock.transport import Limits, PoliteClient, user_agent
from crawlblock.transport.traffic import Heard
from crawlblock.warc.kept_headers import headers_kept

# After these the host may answer over http: its name exists, but nothing there speaks TLS.
_NO_HTTPS = (Outcome.TLS, Outcome.CONNECTION_REFUSED, Outcome.UNREACHABLE, Outcome.TIMEOUT)
_REASONS = {
    Outcome.DNS: "there is no such host, or the network is down",
    Outcome.TLS: "its certificate cannot be trusted",
}


@dataclass(frozen=True, slots=True)
class FetchedRobots:
    """What a server answered."""

    url: str  # the requested one
    body: bytes | None  # None: the server says that there is none
    headers: Mapping[str, str]


def fetch(urls: Sequence[str], contact: str | None) -> FetchedRobots:
    """Return the answer of the first of a host's URLs, or of a later one if that port is closed.

    Raises UpstreamError if there is no answer, InputError if a contact is wrong.
    """
    return loops.run(_fetch(urls, contact))


async def _fetch(urls: Sequence[str], contact: str | None) -> FetchedRobots:
    agent = user_agent(contact, needed=False)
    met: list[Outcome] = []
    for url in urls:
        body, last = await _ask(url, agent)
        if body is Outcome.ABSENT or not isinstance(body, Outcome):
            headers = json.loads((headers_kept(last.headers.items()) if last else None) or "{}")
            return FetchedRobots(url, None if body is Outcome.ABSENT else body, headers)
        met.append(body)
        if body not in _NO_HTTPS:
            break
    why = _REASONS.get(met[0], "the host gave no robots.txt")
    raise UpstreamError(
        f"{urls[0]}: {why} ({met[0]}); its rules are unknown, check the name or try later"
    )


async def _ask(url: str, agent: str) -> tuple[bytes | Outcome, Heard | None]:
    """Return the body or outcome of a URL, and the answer that it came with.

    Raises UpstreamError if the server refuses: this command does not wait for another day.
    """
    async with PoliteClient(agent, Limits(pauses=0, attempts=2, patience=0.0)) as client:
        try:
            return await client.read(url), client.traffic.last
        except UpstreamError:
            last = client.traffic.last
            status = f"HTTP {last.status}" if last else "no answer"
            raise UpstreamError(
                f"{url}: the server answers crawlblock with {status}, so its rules are unknown; "
                "try later, or save the file with a browser and check that"
            ) from None
