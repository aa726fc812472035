"""Bytes from outside unpacked and parsed, never to more than a stated size."""

import io
import json
import zlib
from collections.abc import Iterator
from mmap import mmap
from typing import BinaryIO

LARGEST = 64 * 1024 * 1024  # bytes of anything once unpacked, where a reader states no less
LARGEST_JSON = 4 * 1024 * 1024  # bytes of a JSON text; parsed it takes up to forty times as many
UNREADABLE = (ValueError, zlib.error)
_PIECE = 32_768  # bytes inflated at a time; most records need one piece
_GZIP = 31  # the window of zlib.decompressobj for gzip


class EarlyEndError(ValueError):
    """A packed text ends before its packing does."""

    def __str__(self) -> str:
        """Say so."""
        return "it ends early"


class TooLargeError(ValueError):
    """A text is larger than what is read of its kind."""

    def __init__(self, largest: int = LARGEST) -> None:
        """Take the limit in bytes."""
        super().__init__(largest)
        self._largest = largest

    def __str__(self) -> str:
        """Say so."""
        return f"it is larger than {self._largest >> 20:,} MiB"


def inflate(
    packed: mmap | bytes, at: int = 0, window: int = _GZIP, largest: int = LARGEST
) -> tuple[bytes, int]:
    """Return what the zlib or gzip stream at a place holds, and where it ends.

    `window` is that of zlib.decompressobj, 31 for gzip; `largest` is in bytes.  Raises zlib.error,
    EarlyEndError and TooLargeError.
    """
    unpacker = zlib.decompressobj(window)
    pieces, held = [], 0
    while not unpacker.eof:
        piece = packed[at : at + _PIECE]
        if not piece:
            raise EarlyEndError
        while piece and not unpacker.eof:
            pieces.append(unpacker.decompress(piece, largest - held + 1))
            held += len(pieces[-1])
            if held > largest:
                raise TooLargeError(largest)
            at += len(piece) - len(unpacker.unconsumed_tail) - len(unpacker.unused_data)
            piece = unpacker.unconsumed_tail
    return b"".join(pieces), at


def gunzip(packed: mmap | bytes, largest: int = LARGEST) -> bytes:
    """Return what all members of a gzip file hold, at most `largest` bytes.

    Zero bytes behind a member are padding.  Raises zlib.error, EarlyEndError and TooLargeError.
    """
    return b"".join(members(packed, largest))


def members(packed: mmap | bytes, largest: int = LARGEST) -> Iterator[bytes]:
    """Yield what each gzip member holds; together at most `largest` bytes.

    Raises what `gunzip` raises.
    """
    at = held = 0
    while True:
        try:
            text, at = inflate(packed, at, largest=largest - held)
        except TooLargeError:
            raise TooLargeError(largest) from None
        held += len(text)
        yield text
        while packed[at : at + 1] == b"\0":
            at += 1
        if at >= len(packed):
            return


class Unpacker:
    """Gzip members unpacked by and by, as bytes of them come in."""

    def __init__(self) -> None:
        """Begin before the first member."""
        self._unpacker = zlib.decompressobj(_GZIP)
        self._waiting = b""

    @property
    def whole(self) -> bool:
        """Tell whether the last member has come to its end."""
        return self._unpacker.eof and not self._waiting

    def feed(self, packed: bytes) -> None:
        """Add bytes, when all before were taken."""
        self._waiting += packed

    def take(self, most: int) -> bytes:
        """Return the next bytes of text, nothing where more must be fed.  Raises zlib.error."""
        while True:
            if self._unpacker.eof:
                self._waiting = self._waiting.lstrip(b"\0")
                if self._waiting:
                    self._unpacker = zlib.decompressobj(_GZIP)
            if not self._waiting:
                return b""
            text = self._unpacker.decompress(self._waiting, most)
            self._waiting = self._unpacker.unconsumed_tail or self._unpacker.unused_data
            if text:
                return text


class Unpacked(io.RawIOBase):
    """What a gzip file holds, as a stream; reading it raises what `gunzip` raises."""

    def __init__(self, packed: BinaryIO, largest: int) -> None:
        """Take the file and how many bytes it may hold."""
        self._packed, self._largest, self._left = packed, largest, largest
        self._unpacker = Unpacker()

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: "memoryview | bytearray") -> int:  # type: ignore[override]
        """Put in the next bytes, at most as many as fit; 0: nothing is left."""
        while not (text := self._unpacker.take(len(buffer))):
            piece = self._packed.read(_PIECE)
            if not piece:
                if self._unpacker.whole:
                    return 0
                raise EarlyEndError
            self._unpacker.feed(piece)
        self._left -= len(text)
        if self._left < 0:
            raise TooLargeError(self._largest)
        buffer[: len(text)] = text
        return len(text)


def gunzipped(packed: BinaryIO, largest: int = LARGEST) -> io.BufferedReader:
    """Return what all members of a gzip file hold, as a stream of at most `largest` bytes."""
    return io.BufferedReader(Unpacked(packed, largest), 2 * _PIECE)


def parse_json(text: str | bytes, largest: int = LARGEST_JSON) -> object:
    """Return what a JSON text says; raises ValueError for what is none, or larger than allowed."""
    if len(text) > largest:
        raise TooLargeError(largest)
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
