"""One connection: opened to a public address, read within bounds of time and bytes, and dropped."""

import asyncio
import ssl
import zlib
from dataclasses import dataclass
from typing import Literal, cast

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
_MOST_WAITING = 8 * _PIECE  # bytes that arrived and were not read
_STAGGER = 0.25  # s between attempts at the addresses of a host (RFC 8305)


class NoAnswerError(ConnectionError):
    """A server closed the connection and had sent nothing."""


@dataclass(frozen=True, slots=True)
class Route:
    """How a connection is made."""

    guard: Guard
    tls: ssl.SSLContext


class Wire(asyncio.Protocol):
    """What arrives over a connection."""

    def __init__(self, silence: float, deadline: float) -> None:
        """Take the longest silence in seconds, and the loop's time of the end."""
        self._loop = asyncio.get_running_loop()
        self._silence, self._deadline = silence, deadline
        self._data = bytearray()
        self._ended = self._paused = False
        self._error: Exception | None = None
        self._waiting: asyncio.Future[None] | None = None
        self.peer = ""
        self.tls: str | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection."""
        # what asyncio hands over for TLS is no subclass of asyncio.Transport
        self._transport = cast(asyncio.Transport, transport)
        peer = transport.get_extra_info("peername")
        tls = transport.get_extra_info("ssl_object")
        self.peer = str(peer[0]) if peer else ""
        self.tls = tls.version() if tls else None

    def data_received(self, data: bytes) -> None:
        """Keep what arrives; a server that is faster than its reader has to wait."""
        self._data += data
        if len(self._data) > _MOST_WAITING and not self._paused:
            self._transport.pause_reading()
            self._paused = True
        self._wake()

    def eof_received(self) -> None:
        """Note the end."""
        self._ended = True
        self._wake()

    def connection_lost(self, error: Exception | None) -> None:
        """Note the end, and why."""
        self._ended, self._error = True, error
        self._wake()

    def send(self, request: bytes) -> None:
        """Send a request, which is short."""
        self._transport.write(request)

    async def more(self) -> bytes:
        """Return the next bytes, none at the end.  Raises TimeoutError and OSError."""
        now = self._loop.time()
        if now >= self._deadline:
            raise TimeoutError
        if not self._data and not self._ended:
            await self._arrival(min(now + self._silence, self._deadline))
        if self._error:
            raise self._error
        piece = bytes(self._data[:_PIECE])
        del self._data[:_PIECE]
        if self._paused and len(self._data) <= _PIECE:
            self._transport.resume_reading()
            self._paused = False
        return piece

    def close(self) -> None:
        """Drop the connection: nobody waits for what a server may still have to say."""
        self._transport.abort()

    async def _arrival(self, until: float) -> None:
        """Wait for data or the end."""
        self._waiting = self._loop.create_future()
        alarm = self._loop.call_at(until, self._wake, TimeoutError())
        try:
            await self._waiting
        finally:
            alarm.cancel()
            self._waiting = None

    def _wake(self, error: Exception | None = None) -> None:
        if self._waiting is None or self._waiting.done():
            return
        if error:
            self._waiting.set_exception(error)
        else:
            self._waiting.set_result(None)


async def connect(
    route: Route, addresses: list[Address], tls_name: str | None, waits: tuple[float, float]
) -> Wire:
    """Connect to one of some addresses, over TLS where it is given a name.

    `waits`: seconds of silence, the loop's time of the end.  Raises OSError (ssl.SSLError among
    them).
    """
    socket = await aiohappyeyeballs.start_connection(
        addresses, happy_eyeballs_delay=_STAGGER, interleave=1, socket_factory=route.guard
    )
    try:
        _, wire = await asyncio.get_running_loop().create_connection(
            lambda: Wire(*waits), sock=socket,
            ssl=route.tls if tls_name else None, server_hostname=tls_name,
        )  # fmt: skip
    except BaseException:
        socket.close()
        raise
    return wire


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
