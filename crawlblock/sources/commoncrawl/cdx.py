"""Look-ups by the CDX server: slow, easily overloaded, and disallowed by its own robots.txt.

Only on request (`--cdx-api`): one look-up at a time, one a second.
"""

import io
from collections.abc import Collection, Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

from crawlblock.errors import UpstreamError
from crawlblock.hosts import normal_url, surt, surt_keys, surt_url
from crawlblock.outcome import Outcome
from crawlblock.sources.commoncrawl.index import LONGEST_LINE, IndexRow, row_of
from crawlblock.transport import PoliteClient
from crawlblock.unpacking import parse_json

_NO_CAPTURES = b"no captures found"  # in JSON or as text: this URL is not in the index
_SAID = 200  # bytes of an answer that are looked at for that


class CdxApi:
    """Look-ups in one crawl by a CDX server."""

    def __init__(self, client: PoliteClient, endpoint: str) -> None:
        """Take a client that sends one request a second at most, and the crawl's endpoint."""
        self.malformed: set[bytes] = set()
        self._client = client
        self._endpoint = endpoint

    async def look_up(self, urls: Collection[str]) -> dict[str, list[IndexRow]]:
        """Return the captures in the robotstxt subset of each of the URLs."""
        wanted = {normal_url(url) or url: url for url in urls}
        found: dict[str, dict[IndexRow, None]] = {url: {} for url in urls}
        for asked in _one_of_each_key(urls):
            for row in self._rows(await self._answer(asked)):
                if (url := wanted.get(normal_url(row.url) or "")) is not None:
                    found[url][row] = None
        return {url: list(rows) for url, rows in found.items()}

    async def _answer(self, url: str) -> bytes:
        asked = f"{self._endpoint}?{urlencode({'url': url, 'output': 'json'})}"
        answer = await self._client.answer(asked)
        if isinstance(answer, Outcome):
            raise UpstreamError(
                f"{self._endpoint}: {answer}; leave out --cdx-api, or run again later"
            )
        status, raw = answer
        if _NO_CAPTURES in raw[:_SAID].lower():  # 404, of other versions of the server 200
            return b""
        if status != 200:
            said = raw[:_SAID].decode("ascii", "replace")
            raise UpstreamError(
                f"{self._endpoint}: there is no such index ({status}: {said!r}); leave out "
                "--cdx-api, or use another crawl"
            )
        if raw.strip() and b'"urlkey"' not in raw:
            raise UpstreamError(
                f"{self._endpoint}: the answer is not a list of captures; leave out --cdx-api"
            )
        return raw

    def _rows(self, answer: bytes) -> Iterator[IndexRow]:
        for line in filter(bytes.strip, io.BytesIO(answer)):
            try:
                fields: Any = parse_json(line, LONGEST_LINE)
                row = row_of(fields["timestamp"], fields)
            except (ValueError, LookupError, TypeError, OverflowError):
                self.malformed.add(line)
            else:
                if row:
                    yield row


def _one_of_each_key(urls: Collection[str]) -> list[str]:
    """Return what to ask: a key's captures come with any URL that has it.

    The server may take less of a host's `www` off than the index does: then the key is asked, too.
    """
    asked: dict[str, str] = {}
    for url in sorted(urls):
        with suppress(ValueError):  # a redirect may name a host that cannot be
            asked.setdefault(surt(url), url)
            keys = surt_keys(url)
            if len(keys) > 1:
                asked.update({f"also {key}": surt_url(key) for key in keys})
    return list(dict.fromkeys(asked.values()))
