"""Files and packed members as bytes of which only a part is in memory."""

from collections.abc import Callable, Iterator
from typing import IO

from crawlblock.unpacking import UNREADABLE

_WINDOW = 256 * 1024  # bytes of a file that are read at a time
_KEPT = 1024 * 1024  # bytes of a member that stay before the place that is read
_FULL = 8 * 1024 * 1024  # bytes that are held before the others are dropped
_MOST = 10  # times that a member is unpacked


class FileBytes:
    """The bytes that a file has when it is opened; what is written to it later is not read.

    It is not mapped into memory: a file that is cut meanwhile would end the process.
    """

    def __init__(self, file: IO[bytes]) -> None:
        """Take an open file, of which nobody else moves the position."""
        self._file = file
        self._size = file.seek(0, 2)
        self._at, self._window = 0, b""

    def __len__(self) -> int:
        """Return the size in bytes."""
        return self._size

    def __getitem__(self, part: slice) -> bytes:
        """Return the bytes from `start` to `stop`, fewer only at the end."""
        at, begin, end = self._at, part.start, part.stop
        if end > self._size:
            end = self._size
        if not (at <= begin and end <= at + len(self._window)):
            if end - begin > _WINDOW:
                return self._read(begin, end - begin)
            self._at = at = begin
            self._window = self._read(begin, min(_WINDOW, self._size - begin))
        return self._window[begin - at : max(end - at, 0)]

    def _read(self, at: int, size: int) -> bytes:
        if size <= 0:
            return b""
        self._file.seek(at)
        return self._file.read(size)


class GivenUpError(ValueError):
    """A member would have to be unpacked too often."""

    def __str__(self) -> str:
        """Say so."""
        return "too much of its member is damaged; the rest is not read"


class Unpacked:
    """What a packed member holds, unpacked again while it is read from its start to its end.

    It ends where the member cannot be unpacked any further.  To go far back is to begin again; that
    raises GivenUpError when it is done too often.
    """

    def __init__(self, begin: Callable[[], Iterator[tuple[bytes, int]]]) -> None:
        """Take what unpacks the member from its start."""
        self._unpack = begin
        self._begun = 0
        self._pieces: Iterator[tuple[bytes, int]] = iter(())
        self._at, self._held = 0, bytearray()
        self._begin()

    def __getitem__(self, part: slice) -> bytes:
        """Return the bytes from `start` to `stop`, fewer only at the end."""
        if part.start < self._at:
            self._begin()
        try:
            while self._at + len(self._held) < part.stop:
                if len(self._held) > _FULL:  # seldom: what stays is moved
                    self._drop(part.start - _KEPT)
                self._held += next(self._pieces)[0]
        except (*UNREADABLE, StopIteration):
            self._pieces = iter(())
        begin, end = part.start - self._at, part.stop - self._at
        return bytes(memoryview(self._held)[begin:end])

    def _begin(self) -> None:
        self._begun += 1
        if self._begun > _MOST:
            raise GivenUpError
        self._pieces = self._unpack()
        self._at, self._held = 0, bytearray()

    def _drop(self, begin: int) -> None:
        """Drop what lies before a place."""
        before = min(begin - self._at, len(self._held))
        if before > 0:
            del self._held[:before]
            self._at += before
