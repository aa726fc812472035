"""The polite HTTP client: reads and saves what URLs name, each host through its own gate."""

import asyncio
import ipaddress
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self, TypeAlias, TypeVar
from urllib.request import getproxies, proxy_bypass

import aiohttp
from yarl import URL

from crawlblock import __version__
from crawlblock.errors import InputError
from crawlblock.outcome import Outcome
from crawlblock.transport.answers import (
    MOST_IN_MEMORY,
    Moved,
    continues,
    failed,
    refused,
    stated_size,
)
from crawlblock.transport.gate import Busy, Clock, Failure, HostGate, Limits, Refusal, Sleep
from crawlblock.transport.partial import PartialFile
from crawlblock.transport.waits import used_up

_MOST_REDIRECTS = 5

_CONTACT = re.compile(r"[^\s@<>()]+@[^\s@<>()]+\.[^\s@<>()]+|https?://[^\s<>()/]+[^\s<>()]*")
T = TypeVar("T")


_Answer: TypeAlias = T | Outcome | Refusal | Busy | Failure | Moved  # of one attempt
_Take: TypeAlias = Callable[[aiohttp.ClientResponse], Awaitable[T | Outcome | Failure]]


@dataclass(slots=True)
class Traffic:
    """What has gone over the line so far."""

    requests: int = 0
    bytes: int = 0  # of bodies, those of failed attempts too


def user_agent(contact: str | None) -> str:
    """Return the User-Agent header that names the program and whom to write to.

    Raises InputError unless the contact is an e-mail address or an http(s) URL.
    """
    if not contact:
        raise InputError(
            "public servers must know whom to write to; give your e-mail address or web page with "
            "--contact"
        )
    if not (contact.isascii() and contact.isprintable() and _CONTACT.fullmatch(contact)):
        raise InputError(
            f"--contact {contact!r} is neither an e-mail address nor the URL of a web page"
        )
    return f"crawlblock/{__version__} (+{contact})"


def is_loopback(host: str) -> bool:
    """Tell whether a host name or address means this machine."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


class PoliteClient:
    """Reads and saves what URLs name, within the limits of every host (async context manager)."""

    def __init__(
        self,
        user_agent: str,
        limits: Limits = Limits(),  # noqa: B008 - it is frozen
        *,
        clock: Clock = time.monotonic,
        sleep: Sleep = asyncio.sleep,
        traffic: Traffic | None = None,
    ) -> None:
        """Take what is sent and kept to; `traffic` is another client's, to count with it."""
        self.traffic = traffic or Traffic()
        self._agent, self._limits, self._clock, self._sleep = user_agent, limits, clock, sleep
        self._gates: dict[str, HostGate] = {}

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

        Without a length a `start` below 0 means the last bytes, at most all there are.
        What does not fit is `damaged`, also a range that ends beyond the object; more than 64 MiB
        without a length is `too_large`.  Raises UpstreamError when the host keeps refusing.
        """
        if length is not None and start is None:
            start = 0
        if length is not None and ((start or 0) < 0 or length < 1):
            return Outcome.DAMAGED  # so is an index that says this
        headers = {}
        if start is not None:
            last = "" if length is None else start + length - 1
            headers["Range"] = f"bytes={start}" if start < 0 else f"bytes={start}-{last}"
        timeout = aiohttp.ClientTimeout(total=self._limits.timeout)

        async def take(response: aiohttp.ClientResponse) -> bytes | Outcome | Failure:
            size = stated_size(response, start, length)
            if isinstance(size, (Outcome, Failure)):
                return size
            return await self._body(response, size)

        return await self._ask(url, lambda at: self._once(at, headers, timeout, take))

    async def size(self, url: str) -> int | Outcome:
        """Return how many bytes the body would have; raises UpstreamError as `read` does."""
        timeout = aiohttp.ClientTimeout(total=self._limits.timeout)

        async def take(response: aiohttp.ClientResponse) -> int | Outcome:
            size = response.content_length
            return Outcome.DAMAGED if size is None else size

        return await self._ask(url, lambda at: self._once(at, {}, timeout, take, "HEAD"))

    async def save(self, url: str, path: Path) -> Outcome | None:
        """Save the body as a file, continuing where an earlier call was cut; None: it is saved.

        Raises StoreError when the disk refuses, UpstreamError when the host keeps refusing.
        """
        part = PartialFile(path)
        silence = self._limits.timeout
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=silence, sock_read=silence)

        async def take(response: aiohttp.ClientResponse) -> Outcome | Failure | None:
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
        try:
            at = URL(url)
        except ValueError as error:
            raise InputError(f"{url} is not a URL ({error})") from None
        for _ in range(_MOST_REDIRECTS + 1):
            answer: T | Outcome | Moved = await self._gate(at).ask(partial(once, at))
            if not isinstance(answer, Moved):
                return answer
            at = answer.url
        return Outcome.REDIRECT_UNRESOLVED

    def _gate(self, url: URL) -> HostGate:
        host = url.host or ""
        if host not in self._gates:
            self._gates[host] = HostGate(host, self._limits, self._clock, self._sleep)
        return self._gates[host]

    async def _once(
        self,
        url: URL,
        headers: dict[str, str],
        patience: aiohttp.ClientTimeout,
        take: _Take[T],
        method: str = "GET",
    ) -> _Answer[T]:
        self.traffic.requests += 1
        try:
            async with self._session.request(
                method,
                url,
                headers=headers,
                timeout=patience,
                allow_redirects=False,
                proxy=_proxy(url),
            ) as response:
                if response.status < 400:
                    self._gate(url).hold(used_up(response.headers))
                if response.status in (200, 206, 416):
                    return await take(response)
                return refused(response)
        except (aiohttp.ClientError, TimeoutError) as error:
            return Failure(failed(error))

    async def _body(
        self, response: aiohttp.ClientResponse, size: int | None
    ) -> bytes | Outcome | Failure:
        """Return a body of the stated size."""
        most = MOST_IN_MEMORY if size is None else size
        body = bytearray()
        async for chunk in response.content.iter_any():
            self.traffic.bytes += len(chunk)
            body += chunk
            if len(body) > most:
                return Outcome.TOO_LARGE if size is None else Failure(Outcome.DAMAGED)
        return bytes(body) if size in (None, len(body)) else Failure(Outcome.DAMAGED)

    async def _store(self, response: aiohttp.ClientResponse, part: PartialFile) -> Failure | None:
        """Write a body to the disk, from its beginning or from where the file ends."""
        if response.status == 200:
            part.begin(response.headers.get("ETag"), response.content_length)
        elif not continues(response, part):
            part.discard()
            return Failure(Outcome.DAMAGED)
        with part.appending():
            async for chunk in response.content.iter_any():
                self.traffic.bytes += len(chunk)
                part.write(chunk)
        return None if part.total is None or part.complete else Failure(Outcome.DAMAGED)


def _proxy(url: URL) -> str | None:
    """Return the proxy that the environment names; this machine is asked directly."""
    host = url.host or ""
    return None if is_loopback(host) or proxy_bypass(host) else getproxies().get(url.scheme)
