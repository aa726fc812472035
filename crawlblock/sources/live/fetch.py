"""One request to one URL: guarded, bounded in time and bytes, under our own name."""

import asyncio
import ssl
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from aiohttp.abc import AbstractResolver
from yarl import URL

from crawlblock.sources.live.addresses import Names, has_aiodns
from crawlblock.sources.live.head import Head, UnreadableAnswerError
from crawlblock.sources.live.lateness import Lateness
from crawlblock.sources.live.quota import Quota
from crawlblock.sources.live.response import MOST_KEPT, Answer, Failure, Patience, failure
from crawlblock.sources.live.ssrf import Guard, Network
from crawlblock.sources.live.wire import Route, Truncated, Wire, connect, read_body, read_head

_HEADERS = {
    "Accept": "text/plain,text/*;q=0.9,*/*;q=0.5",
    "Accept-Encoding": "gzip, deflate",
    "Connection": "close",
}


@dataclass(slots=True)
class Traffic:
    """What has gone over the line so far."""

    requests: int = 0
    bytes: int = 0  # of bodies as they were kept


@dataclass(frozen=True, slots=True)
class _Request:
    """What is asked for."""

    url: URL
    headers: tuple[tuple[str, str], ...]
    time: datetime  # when

    def __bytes__(self) -> bytes:
        """Return it as it is sent.  Raises ValueError for what would not stay in its line."""
        lines = [f"GET {self.url.raw_path_qs} HTTP/1.1", *map(": ".join, self.headers)]
        text = "".join(lines)
        if not (text.isascii() and text.isprintable()):
            raise ValueError("its URL holds what no request may")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii")


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
        self.traffic, self.quota, self.lateness = Traffic(), Quota(), Lateness()
        self._headers = {"User-Agent": user_agent, **_HEADERS}
        self._patience, self._names = patience, Names(resolver)
        self._guard, self._tls = Guard(allowed), tls

    async def __aenter__(self) -> Self:
        """Read the certificates that are trusted, and begin to watch the loop."""
        self._route = Route(self._guard, self._tls or _trusted())
        await self.lateness.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let go of the resolver and of the loop."""
        await self.lateness.__aexit__()
        await self._names.close()

    async def ask(self, url: URL, seconds: float, most: int = MOST_KEPT) -> Answer | Failure:
        """Return what the URL answers within so many seconds, its body cut to so many bytes.

        Redirects are not followed.  Raises QuotaSpentError.
        """
        self.quota.take()
        self.traffic.requests += 1
        deadline = asyncio.get_running_loop().time() + seconds
        time = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
        request = _Request(url, (("Host", _named(url)), *self._headers.items()), time)
        try:
            answer = await self._exchange(request, deadline, most)
        except (UnreadableAnswerError, OSError, ValueError) as error:
            return failure(error)
        self.traffic.bytes += len(answer.body)
        return answer

    async def _exchange(self, request: _Request, deadline: float, most: int) -> Answer:
        url, patience = request.url, self._patience
        host, port = url.raw_host or "", url.port or 0
        sent = bytes(request)
        tls_name = host.rstrip(".") if url.scheme == "https" else None
        now = asyncio.get_running_loop().time
        async with asyncio.timeout_at(min(now() + patience.lookup, deadline)) as limit:
            addresses = await self._names.addresses(host, port)
            limit.reschedule(min(now() + patience.connect, deadline))
            wire = await connect(self._route, addresses, tls_name, (patience.silence, deadline))
        try:
            wire.send(sent)
            head, rest = await read_head(wire)
            body = await read_body(wire, head, rest, most)
        finally:
            wire.close()
        return _answer(request, wire, head, body)


def _answer(
    request: _Request, wire: Wire, head: Head, body: tuple[bytes, Truncated | None]
) -> Answer:
    http = f"http/{head.version}"
    named = (value for name, value in head.headers if name.lower() == b"location")
    return Answer(
        url=str(request.url),
        fetch_time=request.time,
        address=wire.peer,
        request_headers=request.headers,
        status=head.status,
        reason=_printable(head.reason.decode("utf-8", "replace")),
        headers=_decoded(head.headers),
        location=next(named, b""),
        body=body[0],
        truncated=body[1],
        protocols=(http, wire.tls.lower().replace("v", "/")) if wire.tls else (http,),
    )


def _named(url: URL) -> str:
    """Return the Host header of a request."""
    host = url.raw_host or ""
    host = f"[{host}]" if ":" in host else host.rstrip(".")
    return host if url.is_default_port() else f"{host}:{url.port}"


def _trusted() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


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
    """Return how many threads should look up names, None where none is needed.

    Without aiodns names are looked up by the system's blocking call, one in each thread.
    """
    return None if has_aiodns() else 64
