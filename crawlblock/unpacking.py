"""Bytes from outside unpacked, never to more than a stated size."""

import zlib
from collections.abc import Iterator
from mmap import mmap

LARGEST = 64 * 1024 * 1024  # bytes of anything once unpacked, where a reader states no less
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
        return f"it is larger than {self._largest >> 20} MiB"


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
