"""Bytes from outside unpacked and parsed, never to more than a stated size."""

import io
import json
import zlib
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any, BinaryIO, Protocol

LARGEST = 64 * 1024 * 1024  # bytes of anything once unpacked, where a reader states no less
LARGEST_JSON = 4 * 1024 * 1024  # bytes of a JSON text; parsed it takes up to forty times as many
UNREADABLE = (ValueError, zlib.error)
ZSTD_WINDOW = 27  # the base-2 logarithm of the largest window, as the tool zstd has it: 128 MiB
_PIECE = 32_768  # packed bytes read at a time; most records need one piece
_STEP = 1024 * 1024  # bytes unpacked at a time
_GZIP = 31  # the window of zlib.decompressobj for gzip


class Sliced(Protocol):
    """Bytes of which a part is asked for: bytes, or a file that is read where it is needed."""

    def __getitem__(self, part: slice, /) -> bytes:
        """Return the bytes from `start` to `stop`, fewer only at the end."""
        ...


class Unpacker(Protocol):
    """What unpacks one stream."""

    @property
    def eof(self) -> bool:
        """Tell whether the stream has ended."""
        ...

    @property
    def unused_data(self) -> bytes:
        """Return the bytes of the last piece that lie behind the stream."""
        ...

    def feed(self, piece: bytes, most: int) -> Iterator[bytes]:
        """Yield what a piece of the stream holds, at most so many bytes at a time."""
        ...


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


class Zlib:
    """Unpacks a gzip, zlib or deflate stream; raises zlib.error."""

    def __init__(self, window: int = _GZIP) -> None:
        """Take the window of zlib.decompressobj, 31 for gzip."""
        self._of = zlib.decompressobj(window)

    @property
    def eof(self) -> bool:
        """Tell whether the stream has ended."""
        return self._of.eof

    @property
    def unused_data(self) -> bytes:
        """Return the bytes of the last piece that lie behind the stream."""
        return self._of.unused_data

    def feed(self, piece: bytes, most: int) -> Iterator[bytes]:
        """Yield what a piece of the stream holds, at most so many bytes at a time."""
        while True:
            text = self._of.decompress(piece, most)
            yield text
            piece = self._of.unconsumed_tail
            if self._of.eof or not (piece or len(text) == most):
                return


class Zstd:
    """Unpacks a zstd frame; raises ValueError, and ImportError where no library reads zstd."""

    def __init__(self, dictionary: bytes = b"", window: int = ZSTD_WINDOW) -> None:
        """Take the dictionary that the frame was made with, and the largest window (log 2)."""
        zstd = zstd_library()
        is_raw = not dictionary.startswith(_DICTIONARY)
        self._error: type[Exception] = zstd.ZstdError
        try:
            given = zstd.ZstdDict(dictionary, is_raw=is_raw) if dictionary else None
            options = {zstd.DecompressionParameter.window_log_max: window}
            self._of = zstd.ZstdDecompressor(given, options)
        except (zstd.ZstdError, ValueError) as error:
            raise ValueError(f"its zstd dictionary cannot be used: {error}") from None

    @property
    def eof(self) -> bool:
        """Tell whether the frame has ended."""
        return bool(self._of.eof)

    @property
    def unused_data(self) -> bytes:
        """Return the bytes of the last piece that lie behind the frame."""
        return bytes(self._of.unused_data)

    def feed(self, piece: bytes, most: int) -> Iterator[bytes]:
        """Yield what a piece of the frame holds, at most so many bytes at a time."""
        while True:
            try:
                text = self._of.decompress(piece, most)
            except self._error as error:
                raise ValueError(str(error)) from None
            yield text
            piece = b""
            if self._of.eof or self._of.needs_input:
                return


_DICTIONARY = b"\x37\xa4\x30\xec"  # what a dictionary that is no plain text begins with


def zstd_library() -> Any:
    """Return the module that reads zstd: Python's from 3.14 on; raises ImportError."""
    try:
        from compression import zstd  # type: ignore[import-not-found, unused-ignore]
    except ImportError:
        from backports import zstd
    return zstd


def pieces(
    packed: Sliced, at: int, unpacker: Unpacker, most: int = _STEP
) -> Iterator[tuple[bytes, int]]:
    """Yield what the stream at a place holds, piece by piece, and where it was read to.

    A piece has at most `most` bytes; one in which there is a fault is lost.  Raises EarlyEndError
    and what the unpacker raises.
    """
    while not unpacker.eof:
        piece = packed[at : at + _PIECE]
        if not piece:
            raise EarlyEndError
        at += len(piece)
        for text in unpacker.feed(piece, most):
            yield text, at - len(unpacker.unused_data)


def inflate(
    packed: Sliced,
    at: int = 0,
    largest: int = LARGEST,
    opened: Callable[[], Unpacker] = Zlib,
) -> tuple[bytes, int]:
    """Return what the stream at a place holds, and where it ends; gzip unless `opened` says.

    `largest` is in bytes.  Raises zlib.error, EarlyEndError, TooLargeError and ValueError.
    """
    found = BytesIO()  # it gives its bytes without a second copy
    for text, end in pieces(packed, at, opened()):  # noqa: B007 - where the last one ends
        if found.tell() + len(text) > largest:
            raise TooLargeError(largest)
        found.write(text)
    return found.getvalue(), end


def gunzip(packed: Sliced, largest: int = LARGEST) -> bytes:
    """Return what all members of a gzip file hold, at most `largest` bytes.

    Zero bytes behind a member are padding.  Raises zlib.error, EarlyEndError and TooLargeError.
    """
    return b"".join(members(packed, largest))


def members(packed: Sliced, largest: int = LARGEST) -> Iterator[bytes]:
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
        if not packed[at : at + 1]:
            return


class GzipMembers:
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


class GunzippedFile(io.RawIOBase):
    """What a gzip file holds, as a stream; reading it raises what `gunzip` raises."""

    def __init__(self, packed: BinaryIO, largest: int) -> None:
        """Take the file and how many bytes it may hold."""
        self._packed, self._largest, self._left = packed, largest, largest
        self._unpacker = GzipMembers()

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
    return io.BufferedReader(GunzippedFile(packed, largest), 2 * _PIECE)


def parse_json(text: str | bytes, largest: int = LARGEST_JSON) -> object:
    """Return what a JSON text says; raises ValueError for what is none, or larger than allowed."""
    if len(text) > largest:
        raise TooLargeError(largest)
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
