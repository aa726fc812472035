"""One request to one URL: guarded, bounded in time and bytes, under our own name."""

import asyncio
import ssl
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from crawlblock.sources.live.response import (
    MOST_KEPT,
    Answer,
    Failure,
    Patience,
    failure,
    read_body,
)
from crawlblock.sources.live.ssrf import Guard, Network

_HEADERS = {
    "Accept": "text/plain,text/*;q=0.9,*/*;q=0.5",
    "Accept-Encoding": "gzip, deflate",
    "Connection": "close",
}
_GRACE = 2.0  # s after which a request that outlived its time-outs is cut off


@dataclass(slots=True)
class Traffic:
    """What has gone over the line so far."""

    requests: int = 0
    bytes: int = 0  # of bodies as they were kept


class _Response(aiohttp.ClientResponse):
    """A response that remembers who sent it: aiohttp lets go of the connection at its end."""

    peer: str = ""
    tls: str | None = None

    async def start(self, connection: Any) -> aiohttp.ClientResponse:
        transport = connection.transport
        if transport is not None:
            peer = transport.get_extra_info("peername")
            tls = transport.get_extra_info("ssl_object")
            self.peer = str(peer[0]) if peer else ""
            self.tls = tls.version() if tls else None
        return await super().start(connection)


class Fetcher:
    """Asks URLs, each over a connection of its own to a public address (async context manager)."""

    def __init__(
        self,
        user_agent: str,
        patience: Patience,
        *,
        allowed: Collection[Network] = (),
        resolver: AbstractResolver | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Take who asks and for how long, and networks to ask though they are not public.

        `resolver` and `tls` are for tests.
        """
        self.traffic = Traffic()
        self._headers = {"User-Agent": user_agent, **_HEADERS}
        self._patience, self._guard = patience, Guard(allowed)
        self._resolver, self._tls = resolver, tls

    async def __aenter__(self) -> Self:
        """Open the session."""
        connector = aiohttp.TCPConnector(
            limit=0,  # the caller limits
            force_close=True,
            use_dns_cache=False,  # its key has the port, and hardly a visit asks one twice
            resolver=self._resolver,
            ssl=self._tls or True,
            socket_factory=self._guard,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            headers=self._headers,
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            response_class=_Response,
            trust_env=False,  # a proxy would connect where the guard cannot see
        )
        self._session._retry_connection = False  # one asking is one request
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the session."""
        await self._session.close()

    async def ask(self, url: URL, seconds: float, most: int = MOST_KEPT) -> Answer | Failure:
        """Return what the URL answers within so many seconds, its body cut to so many bytes.

        Redirects are not followed.
        """
        self.traffic.requests += 1
        patience = self._patience
        timeout = aiohttp.ClientTimeout(
            total=seconds,
            connect=patience.lookup + patience.connect,
            sock_connect=patience.connect,
            sock_read=patience.silence,
        )
        time = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
        try:
            async with (
                asyncio.timeout(seconds + _GRACE),
                self._session.get(url, timeout=timeout, allow_redirects=False) as response,
            ):
                answer = await _answer(response, time, most)
                response.close()
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            return failure(error)
        self.traffic.bytes += len(answer.body)
        return answer


async def _answer(response: aiohttp.ClientResponse, time: datetime, most: int) -> Answer:
    body, truncated = await read_body(response, most)
    peer, tls = (response.peer, response.tls) if isinstance(response, _Response) else ("", None)
    version = response.version
    http = f"http/{version.major}.{version.minor}" if version else "http/1.1"
    return Answer(
        url=str(response.url),
        fetch_time=time,
        address=peer,
        request_headers=tuple(response.request_info.headers.items()),
        status=response.status,
        reason=_printable(response.reason or ""),
        headers=_decoded(response.raw_headers),
        body=body,
        truncated=truncated,
        protocols=(http, tls.lower().replace("v", "/")) if tls else (http,),
    )


def _decoded(headers: Iterable[tuple[bytes, bytes]]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (_printable(name.decode("utf-8", "replace")), _printable(value.decode("utf-8", "replace")))
        for name, value in headers
    )


def _printable(text: str) -> str:
    """Return a text that fits on one line of a header."""
    if text.isprintable():
        return text
    plain = text.encode("utf-8", "replace").decode()
    return "".join(
        c if c == "\t" or c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in plain
    )


def lookup_threads() -> int | None:
    """Return how many threads should look up names, None where aiohttp needs none.

    Without aiodns names are looked up by the system's blocking call, one in each thread.
    """
    return 64 if aiohttp.DefaultResolver is aiohttp.ThreadedResolver else None
