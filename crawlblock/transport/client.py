"""The polite HTTP client: reads and saves what URLs name, each host through its own gate."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self, TypeAlias, TypeVar
from urllib.request import getproxies, proxy_bypass

import aiohttp
from yarl import URL

from crawlblock.errors import InputError, UpstreamError
from crawlblock.outcome import Outcome
from crawlblock.transport.identity import is_loopback
from crawlblock.transport.partial import PartialFile
from crawlblock.transport.responses import (
    Moved,
    continues,
    failed,
    is_page,
    is_whole,
    refused,
    refuses_suffix,
    stated_size,
    stated_total,
)
from crawlblock.transport.throttle import (
    MOST_IN_MEMORY,
    Busy,
    Clock,
    FailedAttempt,
    HostGate,
    Limits,
    Refusal,
    Sleep,
)
from crawlblock.transport.traffic import Heard, ServerTraffic
from crawlblock.transport.waits import used_up

_MOST_REDIRECTS = 5
_MOST_WHOLE = 3  # answers in a row that are no part, though one was asked for

T = TypeVar("T")


_Answer: TypeAlias = T | Outcome | Refusal | Busy | FailedAttempt | Moved  # of one attempt
_Take: TypeAlias = Callable[[aiohttp.ClientResponse], Awaitable[T | Outcome | FailedAttempt]]


class PoliteClient:
    """Reads and saves what URLs name, within the limits of every host (async context manager)."""

    def __init__(
        self,
        user_agent: str,
        limits: Limits = Limits(),  # noqa: B008 - it is frozen
        *,
        clock: Clock = time.monotonic,
        sleep: Sleep = asyncio.sleep,
        traffic: ServerTraffic | None = None,
        pages: bool = True,
    ) -> None:
        """Take what is sent and kept to; `traffic` is another client's, to count with it.

        Without `pages` an answer of HTML ends the run: a network gives it in place of a file.
        """
        self.traffic = traffic or ServerTraffic()
        self._agent, self._limits, self._clock, self._sleep = user_agent, limits, clock, sleep
        self._gates: dict[str, HostGate] = {}
        self._no_suffix: set[str] = set()  # hosts that do not give the last bytes of an object
        self._pages = pages
        self._whole = 0  # answers in a row that are no part, though one was asked for

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),  # the gates limit
            headers={"User-Agent": self._agent, "Accept-Encoding": "identity"},
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        # else aiohttp sends a request again, past the gate, when a kept connection is closed
        self._session._retry_connection = False
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._session.close()

    async def read(
        self, url: str, start: int | None = None, length: int | None = None
    ) -> bytes | Outcome:
        """Return the body, or `length` bytes of it from `start` (to its end without a length).

        Without a length a `start` below 0 means the last bytes, at most all there are.  A server
        that does not give them is asked for the size, then for the range.
        What does not fit is `damaged`, also a range that ends beyond the object; more than 64 MiB
        without a length is `too_large`.  Raises UpstreamError when the host keeps refusing.
        """
        if length is not None and ((start or 0) < 0 or length < 1):
            return Outcome.DAMAGED  # so is an index that says this
        if start is not None and start < 0:
            return await self._read_end(url, -start)
        return await self._read_range(url, 0 if start is None and length else start, length)

    async def answer(self, url: str) -> tuple[int, bytes] | Outcome:
        """Return status and body of an answer with 200 or 404: some servers say more with a 404."""

        async def take(
            response: aiohttp.ClientResponse,
        ) -> tuple[int, bytes] | Outcome | FailedAttempt:
            body = await self._body(response, None)
            return (response.status, body) if isinstance(body, bytes) else body

        return await self._get(url, None, take, with_absent=True)

    async def _read_end(self, url: str, most: int) -> bytes | Outcome:
        """Return the last bytes of an object."""
        host = _parsed(url).host or ""
        found = None if host in self._no_suffix else await self._read_suffix(url, most)
        if found is not None:
            return found
        size = await self.size(url)
        if isinstance(size, Outcome):
            return size
        self._no_suffix.add(host)
        return await self._read_range(url, max(0, size - most))

    async def _read_suffix(self, url: str, most: int) -> bytes | Outcome | None:
        """Return the last bytes of an object; None: the server does not give them."""

        async def take(response: aiohttp.ClientResponse) -> bytes | Outcome | FailedAttempt | None:
            refused = refuses_suffix(response)
            return None if refused else await self._sized(response, -most)

        return await self._get(url, f"bytes=-{most}", take)

    async def size(self, url: str) -> int | Outcome:
        """Return the size of an object; the answer with its first byte says it."""

        async def take(response: aiohttp.ClientResponse) -> int | Outcome | FailedAttempt:
            total = stated_total(response)
            body = await self._body(response, 1) if isinstance(total, int) else b""
            return total if isinstance(body, bytes) else body

        return await self._get(url, "bytes=0-0", take)

    async def _read_range(
        self, url: str, start: int | None, length: int | None = None
    ) -> bytes | Outcome:
        last = "" if start is None or length is None else start + length - 1
        asked = None if start is None else f"bytes={start}-{last}"
        return await self._get(url, asked, lambda answer: self._sized(answer, start, length))

    async def _get(
        self, url: str, asked: str | None, take: _Take[T], *, with_absent: bool = False
    ) -> T | Outcome:
        """Ask for an object, or for a range of it, that is small enough to be taken at once.

        `with_absent`: an answer with 404 is taken, too.
        """
        headers = {"Range": asked} if asked else {}
        timeout = aiohttp.ClientTimeout(total=self._limits.timeout)
        return await self._ask(
            url, lambda at: self._once(at, headers, timeout, take, with_absent=with_absent)
        )

    async def _sized(
        self, response: aiohttp.ClientResponse, start: int | None, length: int | None = None
    ) -> bytes | Outcome | FailedAttempt:
        """Return the body, which must be the range that was asked for."""
        size = stated_size(response, start, length)
        if isinstance(size, (Outcome, FailedAttempt)):
            return size
        return await self._body(response, size)

    async def save(self, url: str, path: Path) -> Outcome | None:
        """Save the body as a file, continuing where an earlier call was cut; None: it is saved.

        Raises StoreError when the disk refuses, UpstreamError when the host keeps refusing.
        """
        part = PartialFile(path)
        silence = self._limits.timeout
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=silence, sock_read=silence)

        async def take(response: aiohttp.ClientResponse) -> Outcome | FailedAttempt | None:
            return await self._store(response, part)

        async def once(at: URL) -> _Answer[None]:
            more = part.size and part.etag
            headers = {"Range": f"bytes={part.size}-", "If-Range": part.etag} if more else {}
            return await self._once(at, headers, timeout, take)

        outcome = None if part.complete else await self._ask(url, once)
        if outcome is None:
            part.finish()
        return outcome

    async def _ask(self, url: str, once: Callable[[URL], Awaitable[_Answer[T]]]) -> T | Outcome:
        """Ask the host of the URL, and those it redirects to, each through its own gate."""
        at = _parsed(url)
        for _ in range(_MOST_REDIRECTS + 1):
            answer: T | Outcome | Moved = await self._gate(at).ask(partial(once, at))
            if not isinstance(answer, Moved):
                return answer
            at = answer.url
        return Outcome.REDIRECT_UNRESOLVED

    def _gate(self, url: URL) -> HostGate:
        host = url.host or ""
        if is_loopback(host):  # whose ports are servers of their own
            host = f"{host}:{url.port}"
        if host not in self._gates:
            self._gates[host] = HostGate(host, self._limits, self._clock, self._sleep)
        return self._gates[host]

    async def _once(
        self, url: URL, headers: dict[str, str], patience: aiohttp.ClientTimeout, take: _Take[T],
        *, with_absent: bool = False,
    ) -> _Answer[T]:  # fmt: skip
        self.traffic.count()
        begun = time.monotonic()
        try:
            async with self._session.get(
                url, headers=headers, timeout=patience, allow_redirects=False, proxy=_proxy(url)
            ) as response:
                taken = time.monotonic() - begun
                asked = headers.get("Range")
                self.traffic.hear(str(url), Heard(asked, response.status, response.headers, taken))
                self._check_way(url, response)
                if response.status < 400:
                    self._gate(url).hold(used_up(response.headers))
                taken_too = with_absent and response.status == 404
                if taken_too or response.status in (200, 206, 416) or refuses_suffix(response):
                    return await take(response)
                return refused(response)
        except (aiohttp.ClientError, TimeoutError) as error:
            return FailedAttempt(failed(error))

    def _check_way(self, url: URL, response: aiohttp.ClientResponse) -> None:
        """Raise UpstreamError if something between us and the host changes what it answers."""
        if not self._pages and is_page(response):
            raise UpstreamError(
                f"{url} answered with a web page where a file was asked for; log in to this "
                "network, or look at its proxy and at the address of the mirror, then run again"
            )
        self._whole = 0 if response.status == 206 else self._whole + is_whole(response)
        if self._whole >= _MOST_WHOLE and is_whole(response):
            raise UpstreamError(
                f"{url} answered with the whole file where a part was asked for; a proxy may "
                "remove the header Range: go around it (NO_PROXY) or take another network, then "
                "run again"
            )

    async def _body(
        self, response: aiohttp.ClientResponse, size: int | None
    ) -> bytes | Outcome | FailedAttempt:
        """Return a body of the stated size."""
        most = MOST_IN_MEMORY if size is None else size
        body = bytearray()
        async for chunk in response.content.iter_any():
            self.traffic.bytes += len(chunk)
            body += chunk
            if len(body) > most:
                return Outcome.TOO_LARGE if size is None else FailedAttempt(Outcome.DAMAGED)
        return bytes(body) if size in (None, len(body)) else FailedAttempt(Outcome.DAMAGED)

    async def _store(
        self, response: aiohttp.ClientResponse, part: PartialFile
    ) -> FailedAttempt | None:
        """Write a body to the disk, from its beginning or from where the file ends."""
        if response.status == 200:
            part.begin(response.headers.get("ETag"), response.content_length)
        elif not continues(response, part):
            part.discard()
            return FailedAttempt(Outcome.DAMAGED)
        with part.appending():
            async for chunk in response.content.iter_any():
                self.traffic.bytes += len(chunk)
                part.write(chunk)
        return None if part.total is None or part.complete else FailedAttempt(Outcome.DAMAGED)


def _parsed(url: str) -> URL:
    try:
        return URL(url)
    except (ValueError, IndexError) as error:  # yarl trips over ][@
        raise InputError(f"{url} is not a URL ({error})") from None


def _proxy(url: URL) -> str | None:
    """Return the proxy that the environment names; this machine is asked directly."""
    host = url.host or ""
    return None if is_loopback(host) or proxy_bypass(host) else getproxies().get(url.scheme)
