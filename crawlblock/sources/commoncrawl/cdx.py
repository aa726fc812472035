"""Look-ups by the CDX server: slow, easily overloaded, and disallowed by its own robots.txt.

Only on request (`--cdx-api`): one look-up at a time, one a second.
"""

import json
from collections.abc import Collection
from urllib.parse import urlencode

from crawlblock.errors import UpstreamError
from crawlblock.hosts import normal_url
from crawlblock.outcome import Outcome
from crawlblock.sources.commoncrawl.index import IndexRow
from crawlblock.sources.commoncrawl.zipnum import row_of
from crawlblock.transport import PoliteClient


class CdxApi:
    """Look-ups in one crawl by a CDX server."""

    def __init__(self, client: PoliteClient, endpoint: str) -> None:
        """Take a client that sends one request a second at most, and the crawl's endpoint."""
        self._client = client
        self._endpoint = endpoint

    async def look_up(self, urls: Collection[str]) -> dict[str, list[IndexRow]]:
        """Return the captures in the robotstxt subset of each of the URLs."""
        found: dict[str, list[IndexRow]] = {}
        for url in urls:
            asked = f"{self._endpoint}?{urlencode({'url': url, 'output': 'json'})}"
            raw = await self._client.read(asked)
            if raw is Outcome.ABSENT:  # how this server says that it has no captures
                raw = b""
            if isinstance(raw, Outcome):
                raise UpstreamError(
                    f"{self._endpoint}: {raw}; leave out --cdx-api, or run again later"
                )
            try:
                lines = map(json.loads, raw.splitlines())
                rows = [row_of(line["timestamp"], line) for line in lines]
            except (ValueError, KeyError, TypeError, AttributeError):
                raise UpstreamError(
                    f"{self._endpoint}: the answer is no list of captures; leave out --cdx-api"
                ) from None
            found[url] = [row for row in rows if row and normal_url(row.url) == normal_url(url)]
        return found
