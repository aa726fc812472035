"""A loopback server of a directory that answers as data.commoncrawl.org, with faults on command."""

import asyncio
import hashlib
import re
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path
from types import TracebackType
from typing import Self

from aiohttp import web
from manners import S3, Manner

# 403, 429, 503 or another status; drop: the connection is reset before an answer; short: in the
# middle of the body; full: 200 for a range; stall: no answer; stalled: silence after half of the
# body; shifted: a Content-Range that does not fit; portal: 200 and a page of HTML, whatever is
# asked; ("retry-after", status, value); ("moved", status, location); 200: no fault
Fault = int | str | tuple[str, int, object]

_PORTAL = "<!DOCTYPE html>\n<html><body><h1>Welcome</h1><p>Please log in.</p></body></html>\n"
RANGE = re.compile(r"bytes=(\d*)-(\d*)")


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it arrived."""

    time: float  # s, monotonic
    method: str
    path: str
    range: str | None
    user_agent: str | None
    fault: Fault  # it was met with


class RangeServer:
    """Serves a directory on 127.0.0.1 from a thread of its own (context manager)."""

    def __init__(self, directory: Path, *, seconds: float = 0.0, manner: Manner = S3) -> None:
        """Take the directory to serve, the time that each answer takes, and whose manner it has."""
        self.requests: list[Request] = []
        self.bytes = 0  # of bodies of answers without a fault
        self.most_in_flight = 0
        self.manner = manner
        self._directory, self._seconds = directory, seconds
        self.in_flight = 0
        self._etags: dict[tuple[Path, int, int], str] = {}
        self._faults: list[tuple[re.Pattern[str], deque[Fault]]] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def fault(self, pattern: str, faults: Sequence[Fault]) -> None:
        """Meet each of the next requests whose path matches with one of the faults."""
        self._faults.append((re.compile(pattern), deque(faults)))

    def mend(self) -> None:
        """Take back the faults that are left."""
        self._faults.clear()

    def busiest(self, seconds: float) -> int:
        """Return the most requests that began within a window of that length."""
        times = [request.time for request in self.requests]
        return max((sum(at <= t < at + seconds for t in times) for at in times), default=0)

    def __enter__(self) -> Self:
        self._thread.start()
        self.url = asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(10)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _start(self) -> str:
        self._closing = asyncio.Event()
        app = web.Application()
        app.router.add_route("*", "/{key:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def _stop(self) -> None:
        self._closing.set()
        await self._runner.cleanup()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        fault = self._next_fault(request.path)
        self.requests.append(
            Request(
                time.monotonic(),
                request.method,
                request.path,
                request.headers.get("Range"),
                request.headers.get("User-Agent"),
                fault,
            )
        )
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            if self._seconds:
                await asyncio.sleep(self._seconds)
            return await self._faulty(request, fault)
        finally:
            self.in_flight -= 1

    def _next_fault(self, path: str) -> Fault:
        for pattern, faults in self._faults:
            if faults and pattern.search(path):
                return faults.popleft()
        return 200

    async def _faulty(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        if isinstance(fault, tuple):
            name = {"retry-after": "Retry-After", "moved": "Location"}[fault[0]]
            return self._refusal(request, fault[1], {name: str(fault[2])})
        if isinstance(fault, int) and fault != 200:
            return self._refusal(request, fault)
        if fault == "portal":
            return web.Response(text=_PORTAL, content_type="text/html")
        if fault == "drop":
            assert request.transport is not None
            request.transport.abort()
        if fault == "stall":
            await self._closing.wait()
        response = self._object(request, ranges=fault != "full")
        if fault == "shifted":
            response.headers["Content-Range"] = "bytes 1-2/3"
        if fault == "stalled":
            return await _cut(request, response, self._closing.wait())
        return await _cut(request, response) if fault == "short" else response

    def _object(self, request: web.Request, *, ranges: bool) -> web.Response:
        path = self._directory / request.match_info["key"]
        if not path.is_file():
            return self._refusal(request, 404)
        size, etag = path.stat().st_size, self._etag(path)
        headers = {
            "ETag": etag,
            "Last-Modified": formatdate(path.stat().st_mtime, usegmt=True),
            "Content-Type": self.manner.content_type,  # for .gz too, and no Content-Encoding
            **self.manner.headers(),
        }
        asked = RANGE.fullmatch(request.headers.get("Range", "")) if ranges else None
        if asked and not asked[1] and self.manner.suffix != "answered":
            if self.manner.suffix == "refused":
                return self._refusal(request, 416, {"Content-Range": f"bytes */{size}"})
            asked = None
        first, end = bounds(asked, size) if asked else (0, size)
        whole = asked is None or request.headers.get("If-Range", etag) != etag
        if not whole and first >= end:
            return self._refusal(request, 416, {"Content-Range": f"bytes */{size}"})
        if not whole:
            headers["Content-Range"] = f"bytes {first}-{end - 1}/{size}"
        with path.open("rb") as file:
            file.seek(0 if whole else first)
            body = file.read(size if whole else end - first)
        self.bytes += 0 if request.method == "HEAD" else len(body)
        return web.Response(status=200 if whole else 206, body=body, headers=headers)

    def _refusal(
        self, request: web.Request, status: int, headers: dict[str, str] | None = None
    ) -> web.Response:
        kind, text = self.manner.page(status, request.match_info["key"])
        named = {"Content-Type": kind, **self.manner.headers(), **(headers or {})}
        return web.Response(status=status, body=text.encode(), headers=named)

    def _etag(self, path: Path) -> str:
        """Return the entity tag of a file as it is now."""
        version = path, path.stat().st_mtime_ns, path.stat().st_size
        if version not in self._etags:
            name = hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
            self._etags[version] = self.manner.etag.format(name)
        return self._etags[version]


def bounds(asked: re.Match[str], size: int) -> tuple[int, int]:
    """Return the first byte of a range and the one after its last."""
    first, last = asked.groups()
    if not first:
        return max(0, size - int(last or 0)), size
    return int(first), min(size, int(last) + 1) if last else size


async def _cut(
    request: web.Request, whole: web.Response, until: Awaitable[object] | None = None
) -> web.StreamResponse:
    """Send the headers and half of the body, then reset the connection, perhaps after a while."""
    assert isinstance(whole.body, bytes)
    response = web.StreamResponse(status=whole.status, headers=whole.headers)
    response.content_length = len(whole.body)
    await response.prepare(request)
    await response.write(whole.body[: len(whole.body) // 2])
    if until is not None:
        await until
    assert request.transport is not None
    request.transport.close()
    return response


@dataclass(frozen=True, slots=True)
class Said:
    """What a server says on one connection, byte by byte, and whether it is silent or gone then."""

    data: bytes = b""
    silent: bool = False
    listens: bool = True  # reads the request first


@asynccontextmanager
async def saying(*said: Said) -> AsyncIterator[tuple[str, list[bytes]]]:
    """Meet each connection with the next of these; give the URL and the requests that come."""
    left = deque(said)
    asked: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError), closing(writer):
            now = left.popleft()
            if now.listens:
                asked.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(now.data)
            await writer.drain()
            if now.silent:
                await reader.read()  # until the client leaves

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/object", asked
    finally:
        listening.close()
