"""The body of an HTTP answer: where it ends, and what its codings hide; within bounds."""

import re
import zlib
from typing import Protocol

from crawlblock.sources.live.head import Head
from crawlblock.warc.codings import has_control

_CHUNK_LINE = 4_096  # bytes of the line before a chunk, extensions included
_SIZE = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,16})[ \t]*(?:;.*)?", re.DOTALL)
_MOST_CODINGS = 3  # one upon the other
_GZIP = ("gzip", "x-gzip")


class ChunkError(ValueError):
    """Chunks do not have their form."""


class BodyFrame(Protocol):
    """Tells where a body ends."""

    ended: bool  # all of it was fed

    def feed(self, data: bytes) -> bytes:
        """Return what of these bytes is the body; raises ChunkError."""

    def rest(self) -> bytes:
        """Return what waited for more when the server closed the connection."""

    def whole_at_close(self) -> bool:
        """Tell whether the body is whole now that the server closed the connection."""


def frame_of(head: Head) -> BodyFrame:
    """Return how the body of an answer is delimited; raises UnreadableAnswerError."""
    if not head.has_body:
        return Sized(0)
    codings = head.transfer_codings
    return Chunked() if b"chunked" in codings else Sized(head.content_length())


def codings_of(head: Head) -> list[str]:
    """Return the codings of a body but chunks, the one to be undone first in front."""
    named = [*head.values(b"content-encoding"), *head.transfer_codings]
    words = [name.decode("latin-1").lower() for name in reversed(named)]
    return [word for word in words if word not in ("identity", "chunked")]


class Sized:
    """A body of a stated length, or one that ends where the connection does."""

    def __init__(self, length: int | None) -> None:
        """Take the length in bytes, None where it is not stated."""
        self._left = length
        self.ended = length == 0

    def feed(self, data: bytes) -> bytes:
        """Return what of these bytes is the body; a server may send more than it stated."""
        if self._left is None:
            return data
        taken = data[: self._left]
        self._left -= len(taken)
        self.ended = not self._left
        return taken

    def rest(self) -> bytes:
        """Return nothing, for nothing waits."""
        return b""

    def whole_at_close(self) -> bool:
        """Tell whether the body may end here."""
        return self._left is None or self.ended


class Chunked:
    """A body in chunks (RFC 9112 section 7.1).

    One that does not begin with a chunk is plain text that ends with the connection, as the reader
    of archives has it.
    """

    def __init__(self) -> None:
        """Start before the first chunk."""
        self.ended = False
        self._waiting = b""  # the begin of a line
        self._left = 0  # bytes of this chunk
        self._first, self._after, self._plain = True, False, False

    def feed(self, data: bytes) -> bytes:
        """Return what the chunks hold."""
        if self._plain:
            return data
        pieces: list[bytes] = []
        data = self._waiting + data
        at = 0
        while at < len(data) and not self.ended:
            if self._left:
                piece = data[at : at + self._left]
                pieces.append(piece)
                self._left -= len(piece)
                at += len(piece)
                self._after = True
                continue
            end = data.find(b"\n", at)
            if end < 0:
                break
            if not self._line(data[at:end].removesuffix(b"\r")):
                self._plain = True
                return data[at:]
            at = end + 1
        self._waiting = data[at:] if not self.ended else b""
        if len(self._waiting) > _CHUNK_LINE:
            self._refuse()
            self._plain, data, self._waiting = True, self._waiting, b""
            return data
        return b"".join(pieces)

    def _line(self, line: bytes) -> bool:
        """Take the line before a chunk; False: no chunk begins here, and none did before."""
        if self._after and not line:
            self._after = False  # the end of the line behind a chunk
            return True
        size = _SIZE.fullmatch(line) if len(line) <= _CHUNK_LINE else None
        if size is None:
            self._refuse()
            return False
        self._first = self._after = False
        self._left = int(size[1], 16)
        self.ended = not self._left  # what trailers say is nothing to us
        return True

    def _refuse(self) -> None:
        if not self._first:
            raise ChunkError("a chunk is broken")

    def rest(self) -> bytes:
        """Return the begin of a line that was no chunk's when the connection was closed."""
        waiting, self._waiting = self._waiting, b""
        if not self._first or not waiting.strip() or _SIZE.fullmatch(waiting.rstrip(b"\r")):
            return b""
        self._plain = True
        return waiting

    def whole_at_close(self) -> bool:
        """Tell whether the body may end here."""
        return self.ended or self._plain


class Decoder:
    """Undoes gzip or deflate, never giving more than is asked for.

    Servers that name an encoding and send plain text are believed by what they send.
    """

    def __init__(self, encoding: str) -> None:
        """Take the Content-Encoding header."""
        self._encoding = encoding.strip().lower()
        self._named = self._encoding in (*_GZIP, "deflate")
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


class Decoders:
    """Undoes all codings of a body, one after the other."""

    def __init__(self, codings: list[str]) -> None:
        """Take the codings, the one to be undone first in front."""
        known = len(codings) <= _MOST_CODINGS
        self._all = [Decoder(each) for each in codings] if known else [Decoder("too many")]
        self.body = bytearray()

    def feed(self, data: bytes, most: int) -> bool:
        """Add what these bytes stand for, up to so many bytes; False: there is no more room."""
        return self._pass(0, data, most)

    def _pass(self, at: int, data: bytes, most: int) -> bool:
        for decoder in self._all[at:-1]:
            data = decoder.feed(data, most)
            if len(data) >= most:
                return False  # what a layer lost would break the next one
        room = most - len(self.body)
        self.body += self._all[-1].feed(data, room) if self._all else data[:room]
        return len(self.body) < most

    def finish(self, most: int) -> None:
        """Add what waited for more."""
        for at, decoder in enumerate(self._all):
            rest = decoder.rest(most - len(self.body))
            if rest and at + 1 < len(self._all):
                self._pass(at + 1, rest, most)
            else:
                self.body += rest

    @property
    def whole(self) -> bool:
        """Tell whether every coded stream has ended."""
        return all(decoder.whole for decoder in self._all)

    @property
    def readable(self) -> bool:
        """Tell whether the body is not in a coding that is not undone.

        A word that names no coding (`none`, `UTF-8`) stands before plain text.
        """
        if not any(decoder.foreign for decoder in self._all):
            return True
        try:
            self.body.decode()
        except UnicodeDecodeError:
            return False
        return not has_control(bytes(self.body))
