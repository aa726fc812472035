"""One connection: opened to a public address, read within bounds of time and bytes, and dropped."""

import asyncio
import ssl
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Literal

import aiohappyeyeballs

from crawlblock.sources.live.addresses import Address
from crawlblock.sources.live.body import ChunkError, Decoders, codings_of, frame_of
from crawlblock.sources.live.head import (
    MOST_HEAD,
    MOST_INTERIM,
    Head,
    UnreadableAnswerError,
    find_head,
    parse_head,
)
from crawlblock.sources.live.ssrf import Guard

Truncated = Literal["length", "time", "disconnect", "unspecified"]  # as WARC-Truncated has it
_PIECE = 16_384  # bytes read at a time: the loop is free between two pieces
_STAGGER = 0.25  # s between attempts at the addresses of a host (RFC 8305)


class NoAnswerError(ConnectionError):
    """A server closed the connection and had sent nothing."""


@dataclass(frozen=True, slots=True)
class Route:
    """How a connection is made."""

    guard: Guard
    tls: ssl.SSLContext


class Wire:
    """What arrives over a connection."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        silence: float,
        deadline: float,
    ) -> None:
        """Take the connection, the longest silence in seconds, and the loop's time of the end."""
        self._reader, self._writer = reader, writer
        self._silence, self._deadline = silence, deadline
        peer = writer.get_extra_info("peername")
        tls = writer.get_extra_info("ssl_object")
        self.peer: str = str(peer[0]) if peer else ""
        self.tls: str | None = tls.version() if tls else None

    async def send(self, request: bytes) -> None:
        """Send a request."""
        self._writer.write(request)
        async with asyncio.timeout_at(self._until()):
            await self._writer.drain()

    async def more(self) -> bytes:
        """Return the next bytes, none at the end.  Raises TimeoutError and OSError."""
        async with asyncio.timeout_at(self._until()):
            return await self._reader.read(_PIECE)

    def _until(self) -> float:
        now = asyncio.get_running_loop().time()
        if now >= self._deadline:
            raise TimeoutError
        return min(now + self._silence, self._deadline)


@asynccontextmanager
async def connected(
    route: Route, addresses: list[Address], tls_name: str | None, waits: tuple[float, float, float]
) -> AsyncIterator[Wire]:
    """Connect to one of some addresses, over TLS where it is given a name.

    `waits`: seconds for the connection, seconds of silence, the loop's time of the end.  Raises
    OSError (ssl.SSLError among them) and TimeoutError.
    """
    connect, silence, deadline = waits
    until = min(asyncio.get_running_loop().time() + connect, deadline)
    async with asyncio.timeout_at(until):
        socket = await aiohappyeyeballs.start_connection(
            addresses, happy_eyeballs_delay=_STAGGER, interleave=1, socket_factory=route.guard
        )
        try:
            reader, writer = await asyncio.open_connection(
                sock=socket, ssl=route.tls if tls_name else None, server_hostname=tls_name
            )
        except BaseException:
            socket.close()
            raise
    try:
        yield Wire(reader, writer, silence, deadline)
    finally:
        writer.transport.abort()  # nobody waits for what a server may still have to say


async def read_head(wire: Wire) -> tuple[Head, bytes]:
    """Return the final head of an answer and the bytes behind it.

    Interim responses are bounded in number, and in bytes together with the final head.  Raises
    UnreadableAnswerError, NoAnswerError, TimeoutError and OSError.
    """
    data = bytearray()
    searched = passed = interim = 0
    while True:
        found = find_head(data, searched)
        if found is None:
            searched = len(data)
            piece = await wire.more()
            if not piece:
                raise _ended_early(bool(data or interim))
            data += piece
            continue
        begin, end = found
        head = parse_head(bytes(data[begin:end]))
        del data[:end]
        searched, passed = 0, passed + end
        if not head.interim:
            return head, bytes(data)
        if head.status == 101:
            raise UnreadableAnswerError("it changes to another protocol, unasked (101)")
        interim += 1
        if interim > MOST_INTERIM or passed > MOST_HEAD:
            raise UnreadableAnswerError(f"{interim} interim responses (1xx) and no final one")


def _ended_early(begun: bool) -> Exception:
    if begun:
        return UnreadableAnswerError("it ends within its head")
    return NoAnswerError("the server closed the connection without an answer")


async def read_body(
    wire: Wire, head: Head, data: bytes, most: int
) -> tuple[bytes, Truncated | None]:
    """Return the body, decoded and cut to so many bytes, and why it is not whole.

    Raises UnreadableAnswerError where nobody can tell where the body ends.
    """
    frame, decoders = frame_of(head), Decoders(codings_of(head))
    received = 0
    try:
        while not frame.ended:
            data = data or await wire.more()
            received += len(data)
            if not data:
                decoders.feed(frame.rest(), most)
                break
            if not decoders.feed(frame.feed(data), most) or received > 2 * most:
                return bytes(decoders.body), "length"  # or an encoding yields little
            data = b""
        decoders.finish(most)
    except TimeoutError:
        return bytes(decoders.body), "time"
    except OSError:
        return bytes(decoders.body), "disconnect"
    except (zlib.error, ChunkError):
        return bytes(decoders.body), "unspecified"
    body = bytes(decoders.body)
    if not decoders.readable:
        return body, "unspecified"
    return body, None if frame.whole_at_close() and decoders.whole else "disconnect"
