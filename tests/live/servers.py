"""A web server for thousands of host names that misbehaves byte by byte, and a resolver for it."""

import asyncio
import gzip
import socket
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from ipaddress import ip_network

from aiohttp.abc import AbstractResolver, ResolveResult

from crawlblock.sources.live.ssrf import Network

LOOPBACK: frozenset[Network] = frozenset({ip_network("127.0.0.0/8")})
ROBOTS = b"User-agent: GPTBot\nDisallow: /\n"

Act = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it arrived."""

    host: str
    path: str
    head: bytes


@dataclass(slots=True)
class WebServer:
    """What listens, and what was asked of it."""

    port: int
    asked: list[Asked] = field(default_factory=list)
    _more: asyncio.Event = field(default_factory=asyncio.Event)

    def note(self, asked: Asked) -> None:
        """Take down a request."""
        self.asked.append(asked)
        self._more.set()

    async def until(self, requests: int) -> None:
        """Wait until so many requests are taken down."""
        while len(self.asked) < requests:
            self._more.clear()
            await self._more.wait()

    def hosts(self) -> list[str]:
        """Return the hosts asked, in order."""
        return [asked.host for asked in self.asked]


def answer(
    body: bytes = ROBOTS, status: int = 200, headers: Mapping[str, str] | None = None
) -> bytes:
    """Return an HTTP answer."""
    lines = {"Content-Type": "text/plain", "Content-Length": str(len(body)), **(headers or {})}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status} Phrase\r\n{head}\r\n".encode("latin-1") + body


def sending(data: bytes) -> Act:
    """Send bytes and close."""

    async def act(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await writer.drain()

    return act


def redirecting(target: str, status: int = 301) -> Act:
    """Send the client somewhere else."""
    return sending(answer(b"", status, {"Location": target}))


def encoded(body: bytes, encoding: str) -> Act:
    """Send a body in gzip or deflate."""
    data = gzip.compress(body) if encoding == "gzip" else zlib.compress(body)
    return sending(answer(data, headers={"Content-Encoding": encoding}))


async def silence(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    """Say nothing until the client leaves."""
    await reader.read()


async def endless(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send a body that never ends."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n")
    while True:
        writer.write(b"# more\n" * 1000)
        await writer.drain()


def dripping(head: bytes) -> Act:
    """Send one byte at a time, for ever."""

    async def act(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while True:
            writer.write(b"#")
            await writer.drain()
            await asyncio.sleep(0.02)

    return act


@asynccontextmanager
async def web_server(acts: Mapping[str, Act]) -> AsyncIterator[WebServer]:
    """Serve paths (`a.test/x`) and hosts by name; one that is not named answers 404."""
    tasks: set[asyncio.Task[None]] = set()
    missing = sending(answer(b"", 404))

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError), closing(writer):
            head = await reader.readexactly(1)
            if head == b"\x16":  # a TLS greeting
                writer.write(answer(b"this is plain HTTP", 400))
                return
            head += await reader.readuntil(b"\r\n\r\n")
            host = head.lower().partition(b"\r\nhost: ")[2].partition(b"\r\n")[0].decode()
            path = head.split(b" ", 2)[1].decode("latin-1")
            server.note(Asked(host, path, head))
            await acts.get(f"{host}{path}", acts.get(host, missing))(reader, writer)
            await writer.drain()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    listening = await asyncio.start_server(accept, "0.0.0.0", 0)
    server = WebServer(listening.sockets[0].getsockname()[1])
    try:
        yield server
    finally:
        listening.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class TestResolver(AbstractResolver):
    """Sends every name to this machine: http to one port, https to another."""

    __test__ = False  # pytest shall not take it for tests

    def __init__(
        self, port: int, tls_port: int | None = None, named: Mapping[str, str] | None = None
    ) -> None:
        """Take the ports, and the addresses of some names; an empty address is no address."""
        self._ports = {80: port, 443: tls_port or closed_port()}
        self._named = named or {}
        self.looked_up: list[str] = []

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the loopback address, with another port."""
        self.looked_up.append(host)
        address = self._named.get(host, "127.0.0.1")
        if not address:
            raise OSError(None, "Name or service not known")
        kind = socket.AF_INET6 if ":" in address else socket.AF_INET
        return [
            ResolveResult(
                hostname=host, host=address, port=self._ports.get(port, port), family=kind,
                proto=0, flags=0,
            )
        ]  # fmt: skip

    async def close(self) -> None:
        """Hold nothing."""


def closed_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
