"""The process that `live_run.py` asks: every host by name, plain or over TLS, and their names."""

import asyncio
import ssl
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import cast

BODY = b"User-agent: GPTBot\nDisallow: /\n\nUser-agent: *\nDisallow: /private\n" * 15


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the other process listens."""

    plain: int
    secure: int
    names: int


class NameServer(asyncio.DatagramProtocol):
    """Says after a while that every name is on this machine."""

    def __init__(self, seconds: float) -> None:
        """Take how long an answer takes."""
        self._seconds = seconds

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the socket."""
        # what asyncio 3.11 hands over is no subclass of the protocol's own type
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, peer: tuple[str, int]) -> None:
        """Answer later: an A record, no record of any other type."""
        end = data.index(0, 12) + 5
        record = b""
        if data[end - 4 : end - 2] == b"\0\x01":
            record = b"\xc0\x0c\0\x01\0\x01\0\0\0\x3c\0\x04\x7f\0\0\x01"
        counts = b"\0\x01" + (b"\0\x01" if record else b"\0\0") + b"\0\0\0\0"
        answer = data[:2] + b"\x81\x80" + counts + data[12:end] + record
        loop = asyncio.get_running_loop()
        loop.call_later(self._seconds, self._transport.sendto, answer, peer)


class Site(asyncio.Protocol):
    """Answers every request with its own robots.txt, unless the host is dead."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer; a request fits into one read."""
        host = data.partition(b"Host: ")[2].partition(b"\r\n")[0]
        if not host.startswith(b"dead") and isinstance(self._transport, asyncio.WriteTransport):
            body = BODY + b"# " + host[-2:]
            head = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nServer: bench\r\n"
            length = b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(body)
            self._transport.write(head + length + body)
            self._transport.close()


def serve(ready: Connection, lookup: float, certificate: Path | None) -> None:
    """Serve on free ports, plain and (with a certificate) TLS, and names, until ended."""

    async def run() -> None:
        loop = asyncio.get_running_loop()
        tls = None
        if certificate:
            tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            tls.load_cert_chain(certificate)
        plain = await loop.create_server(Site, "127.0.0.1", 0, backlog=4096)
        secure = await loop.create_server(Site, "127.0.0.1", 0, backlog=4096, ssl=tls)
        names, _ = await loop.create_datagram_endpoint(
            lambda: NameServer(lookup), local_addr=("127.0.0.1", 0)
        )
        sockets = (plain.sockets[0], secure.sockets[0], names.get_extra_info("socket"))
        ready.send(Ports(*(one.getsockname()[1] for one in sockets)))
        await asyncio.gather(plain.serve_forever(), secure.serve_forever())

    asyncio.run(run())
