"""A robots.txt from the web, for `check`."""

from crawlblock import loops
from crawlblock.errors import UpstreamError
from crawlblock.outcome import Outcome
from crawlblock.transport import Limits, PoliteClient, user_agent


def fetch(url: str, contact: str | None) -> bytes | None:
    """Return what a URL gives, None where the server says that there is nothing.

    Raises UpstreamError where no answer is to be had, InputError where a contact is missing.
    """
    return loops.run(_fetch(url, contact))


async def _fetch(url: str, contact: str | None) -> bytes | None:
    agent = user_agent(contact)
    async with PoliteClient(agent, Limits(pauses=0, attempts=2, patience=0.0)) as client:
        body = await client.read(url)
    if body is Outcome.ABSENT:
        return None
    if isinstance(body, Outcome):
        raise UpstreamError(f"{url}: {body}; nothing can be said about it now")
    return body
