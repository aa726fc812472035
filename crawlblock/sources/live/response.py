"""What a server said, or why it said nothing; bodies are decoded within bounds."""

import zlib
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import aiohttp
from yarl import URL

from crawlblock.outcome import Ending
from crawlblock.sources.live.ssrf import ForbiddenAddressError

NEEDED = 500 * 1024  # bytes of a robots.txt that count (RFC 9309 section 2.5)
MOST_KEPT = NEEDED + 1  # bytes of a body; the last one tells that there was more

Truncated = Literal["length", "time", "disconnect", "unspecified"]  # as WARC-Truncated has it
_ENDINGS = {"time": Ending.CUT_BY_TIME, "unspecified": Ending.UNDECODABLE}


@dataclass(frozen=True, slots=True)
class Patience:
    """How long one host is waited for, in seconds."""

    lookup: float = 10.0  # of its name
    connect: float = 10.0  # TCP and TLS together, for each of its addresses
    silence: float = 15.0  # until the first byte, and between two
    whole: float = 60.0  # all its URLs and redirects


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer and the request it answers."""

    url: str
    fetch_time: datetime  # UTC, whole seconds as WARC has them
    address: str  # of the server, empty if it was gone before it could be read
    request_headers: tuple[tuple[str, str], ...]
    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]  # in their order
    body: bytes  # without content or transfer encoding, cut where it is too long
    truncated: Truncated | None  # why the body is not whole
    protocols: tuple[str, ...]  # http/1.1, tls/1.3

    @property
    def ended(self) -> Ending | None:
        """Return why bytes that count are missing, None if none are."""
        if self.truncated is None or len(self.body) >= NEEDED:
            return None
        return _ENDINGS.get(self.truncated, Ending.CUT)

    @property
    def redirects(self) -> bool:
        """Tell whether it sends the client elsewhere."""
        return 300 <= self.status < 400

    def target(self) -> URL | None:
        """Return where a redirect leads, None if it is none or leads nowhere HTTP goes."""
        location = self.header("location")
        if not self.redirects or not location:
            return None
        try:
            url = URL(self.url).join(URL(location)).with_fragment(None)
            if url.scheme not in ("http", "https") or not url.host or url.explicit_port == 0:
                return None
            return url.with_user(None)
        except ValueError:
            return None

    def header(self, name: str) -> str | None:
        """Return the first header of that name (in lower case)."""
        return next((value for key, value in self.headers if key.lower() == name), None)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there is no HTTP answer."""

    ended: Ending
    reason: str


def failure(error: Exception) -> Failure:
    """Return how an exchange without an answer ended."""
    cause = getattr(error, "os_error", None) or error
    reason = " ".join(str(cause).split())[:200] or type(error).__name__
    match error:
        case TimeoutError():
            return Failure(Ending.TIMEOUT, reason)
        case aiohttp.ClientConnectorDNSError():
            return Failure(Ending.DNS, reason)
        case aiohttp.ClientSSLError():
            return Failure(Ending.TLS, reason)
        case aiohttp.ClientConnectorError(os_error=ConnectionRefusedError()):
            return Failure(Ending.CONNECTION_REFUSED, reason)
        case aiohttp.ClientConnectorError(os_error=ForbiddenAddressError()):
            return Failure(Ending.UNREACHABLE, f"not asked: {reason}")
        case aiohttp.InvalidURL():
            return Failure(Ending.UNREACHABLE, f"not asked: {reason}")
    return Failure(Ending.UNREACHABLE, f"{type(error).__name__}: {reason}")


async def read_body(response: aiohttp.ClientResponse, most: int) -> tuple[bytes, Truncated | None]:
    """Return the body, decoded and cut to so many bytes, and why it is not whole."""
    body, received = bytearray(), 0
    decoder = Decoder(response.headers.get("Content-Encoding", ""))
    try:
        async for chunk in response.content.iter_any():
            received += len(chunk)
            body += decoder.feed(chunk, most - len(body))
            if len(body) >= most or received > 2 * most:  # or an encoding yields little
                return bytes(body), "length"
        body += decoder.rest(most - len(body))
    except TimeoutError:
        return bytes(body), "time"
    except (aiohttp.ClientError, OSError):
        return bytes(body), "disconnect"
    except zlib.error:
        return bytes(body), "unspecified"
    if decoder.foreign and not body.isascii():
        return bytes(body), "unspecified"
    return bytes(body), None if decoder.whole else "disconnect"


class Decoder:
    """Undoes gzip or deflate, never giving more than is asked for.

    Servers that name an encoding and send plain text are believed by what they send.
    """

    def __init__(self, encoding: str) -> None:
        """Take the Content-Encoding header."""
        self._encoding = encoding.strip().lower()
        self._named = self._encoding in ("gzip", "x-gzip", "deflate")
        # brotli and the like, which nobody asked for
        self.foreign = not self._named and self._encoding not in ("", "identity")
        self._waiting = b""  # until the first two bytes are there
        self._begun = False
        self._window = 0
        self._inflate: zlib._Decompress | None = None

    @property
    def whole(self) -> bool:
        """Tell whether the encoded stream has ended."""
        return self._inflate is None or self._inflate.eof

    def feed(self, chunk: bytes, room: int) -> bytes:
        """Return what these bytes stand for, at most `room` bytes; raises zlib.error."""
        if not self._named:
            return chunk[:room]
        if not self._begun:
            chunk = self._waiting + chunk
            if len(chunk) < 2:
                self._waiting = chunk
                return b""
            self._begin(chunk)
        return self._inflated(chunk, room) if self._inflate else chunk[:room]

    def rest(self, room: int) -> bytes:
        """Return what waited for a second byte that never came."""
        return b"" if self._begun else self._waiting[:room]

    def _begin(self, head: bytes) -> None:
        self._begun = True
        if self._encoding == "deflate":
            zlib_header = head[0] & 0x0F == 8 and int.from_bytes(head[:2], "big") % 31 == 0
            text = not zlib_header and head[0] in b"#UuSsDdAa \t\r\n\xef<"
            self._window = 0 if text else 15 if zlib_header else -15
        else:
            self._window = 31 if head[:2] == b"\x1f\x8b" else 0
        self._inflate = zlib.decompressobj(self._window) if self._window else None

    def _inflated(self, data: bytes, room: int) -> bytes:
        out = bytearray()
        while data and len(out) < room and self._inflate:
            if self._inflate.eof:
                if self._window != 31 or data[:2] != b"\x1f\x8b":
                    break  # padding behind the stream
                self._inflate = zlib.decompressobj(31)  # gzip may have several members
            out += self._inflate.decompress(data, room - len(out))
            data = self._inflate.unconsumed_tail or self._inflate.unused_data
        return bytes(out)
