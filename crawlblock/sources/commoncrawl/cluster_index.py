"""The lines of a `cluster.idx`: which blocks of the CDX files may hold the lines of a key.

Blocks are gzip members of some 3,000 CDXJ lines, sorted by SURT key and time.  `cluster.idx` has
the first line of every block.  What a key's captures need is the last block that begins before it
and all that begin within it.
"""

import mmap
import re
from bisect import bisect_left
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Protocol

from crawlblock.errors import ArchiveError
from crawlblock.names import part_fault_of

Block = tuple[str, int, int]  # file name, offset, length

_LINE = re.compile(rb"[^\t]* \d+\t[^\t]+\t\d{1,15}\t\d{1,15}(\t.*)?")
_LONGEST = 65_536  # bytes of a line of cluster.idx
_MOST_UNREADABLE = 1_000  # lines of it one after the other
_LARGEST_PACKED = 16 * 1024 * 1024  # bytes of a block; real ones have up to 1 MB
_MOST_BLOCKS = 20  # that have one key: 60,000 captures of one URL
_SAMPLED = 2_000  # lines that tell where keys lie
AGAIN = "remove the file and run again"


class ClusterLines(Protocol):
    """The bytes of a cluster.idx, or those of them that were read."""

    def __len__(self) -> int:
        """Return the size of the file."""
        ...

    def __getitem__(self, place: slice, /) -> bytes:
        """Return some bytes."""
        ...

    def find(self, wanted: bytes, start: int, end: int, /) -> int:
        """Return where bytes come first within a range, -1 where they do not."""
        ...

    def rfind(self, wanted: bytes, start: int, end: int, /) -> int:
        """Return where bytes come last within a range, -1 where they do not."""
        ...


class ClusterIndex:
    """A `cluster.idx` on disk, searched where it lies: 100 MB and 900,000 lines for one crawl."""

    def __init__(self, path: Path, lines: bytes | None = None) -> None:
        """Map the file, or take its lines; raises ArchiveError if it is not a cluster.idx."""
        try:
            whole: ClusterLines = lines or _mapped(path)
        except (OSError, ValueError):
            raise ArchiveError(f"{path}: empty or unreadable; {AGAIN}") from None
        check_end(path, whole[-1:])
        self._blocks = BlocksOfKeys(path, whole)
        self._blocks.check_first()

    def blocks(self, key: str) -> Iterator[Block]:
        """Return the blocks that may hold lines of a SURT key."""
        return self._blocks.of(key)

    async def find(self, keys: Collection[str]) -> set[Block]:
        """Return the blocks that may hold lines of some SURT keys."""
        return {block for key in keys for block in self._blocks.of(key)}

    def sampled(self) -> Iterator[tuple[bytes, float]]:
        """Yield some of its keys, and the share of the file before each."""
        return self._blocks.sampled()


def check_end(path: Path, last: bytes) -> None:
    """Raise ArchiveError if the last byte ends no line: keys behind a cut seem not captured."""
    if last != b"\n":
        raise ArchiveError(f"{path}: this cluster.idx is cut; {AGAIN}")


class BlocksOfKeys:
    """Finds the blocks of keys by binary search over the bytes of a cluster.idx."""

    def __init__(self, path: Path, lines: ClusterLines) -> None:
        """Take the name of the file, for messages, and its bytes."""
        self._path, self._lines = path, lines
        self._starts = _LineStarts(lines, path)

    def check_first(self) -> None:
        """Raise ArchiveError if the first line that can be read is none of a cluster.idx."""
        self._block(self._starts[0])

    def place(self, key: str, begin: int = 0, end: int | None = None) -> int:
        """Return where the first line begins that is not before a SURT key.

        It is between the byte positions `begin` and `end`, where they are known.
        """
        return bisect_left(self._starts, f"{key} ".encode(), begin, end)

    def of(self, key: str, begin: int = 0, end: int | None = None) -> Iterator[Block]:
        """Return the blocks that may hold lines of a SURT key; see `place`.

        What lies between two of them and has no line is read, too.
        """
        starts, high = self._starts, f"{key}!".encode()
        before: bytes | None = None
        at = starts.readable_before(self.place(key, begin, end))
        for number in range(len(self._lines) - at):
            if number == _MOST_BLOCKS:
                raise ArchiveError(
                    f"{self._path}: {key[:80]} is in more than {_MOST_BLOCKS} blocks; {AGAIN}"
                )
            if at >= len(self._lines):
                return
            stop = starts.end(at)
            line = self._lines[at:stop]
            if is_line(line):
                if before and (lost := self._unlisted(before, line)):
                    yield lost
                if line >= high:
                    return
                yield self._block(line)
                before = line
            else:
                yield self._between(starts, at, line)
                before = None
            at = stop + 1

    def sampled(self) -> Iterator[tuple[bytes, float]]:
        """Yield the keys of some lines, and the share of the file before each."""
        size = len(self._lines)
        for n in range(_SAMPLED):
            line = self._starts[size * n // _SAMPLED]
            yield line.partition(b"\t")[0], n / _SAMPLED

    def _between(self, starts: "_LineStarts", at: int, line: bytes) -> Block:
        """Return the block of a line that cannot be read: it lies between its neighbours."""
        before, after = starts.before(at), starts.end(at) + 1
        around = (self._lines[before : at - 1], self._lines[after : starts.end(after)])
        if all(map(is_line, around)):
            (name, offset, length), (next_name, end, _) = map(self._block, around)
            if name == next_name and end > offset + length:
                return name, offset + length, end - offset - length
        return self._block(line)

    def _unlisted(self, before: bytes, after: bytes) -> Block | None:
        """Return what lies between the blocks of two lines between which others are lost.

        Raises ArchiveError where that is not known: keys in it would seem not captured.
        """
        if _number(after) <= _number(before) + 1:
            return None
        (name, offset, length), (next_name, end, _) = self._block(before), self._block(after)
        start = offset + length
        if name == next_name and start < end <= start + _LARGEST_PACKED:
            return name, start, end - start
        raise ArchiveError(
            f"{self._path}: lines after that of {name} at {offset} are lost; {AGAIN}, or use "
            "--lookup columnar"
        )

    def _block(self, line: bytes) -> Block:
        if not is_line(line):
            raise ArchiveError(f"{self._path}: no cluster.idx line: {line[:60]!r}; {AGAIN}")
        _, name, offset, length, *_ = line.decode("utf-8", "replace").split("\t")
        fault = part_fault_of(name)
        if int(length) > _LARGEST_PACKED:
            fault = f"the block at {offset} is larger than {_LARGEST_PACKED >> 20} MiB"
        if fault:
            raise ArchiveError(f"{self._path}: the file {name[:80]!r}: {fault}; {AGAIN}")
        return name, int(offset), int(length)


def _mapped(path: Path) -> mmap.mmap:
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def is_line(line: bytes) -> bool:
    """Tell whether a line of a cluster.idx can be read."""
    return _LINE.fullmatch(line) is not None


def _number(line: bytes) -> int:
    """Return the number of a line as it states it, 0 where it does not."""
    number = line.rpartition(b"\t")[2]
    return int(number) if line.count(b"\t") == 4 and number.isdigit() else 0


class _LineStarts:
    """The file as a sequence by byte position, each position standing for the line it lies in.

    A line that cannot be read has no order, so the one before stands for its positions, too.
    """

    def __init__(self, lines: ClusterLines, path: Path) -> None:
        self._lines, self._path = lines, path

    def __len__(self) -> int:
        return len(self._lines)

    def __getitem__(self, position: int) -> bytes:
        start = self._begin(position)
        if not is_line(self._lines[start : self.end(start)]):
            start = self.readable_before(start)
        return self._lines[start : self.end(start)]

    def end(self, start: int) -> int:
        """Return where the line ends that begins at a position."""
        end = self._lines.find(b"\n", start, start + _LONGEST)
        if end < 0 and start + _LONGEST < len(self._lines):
            raise self._fault(f"the line at {start} has more than {_LONGEST >> 10} KiB")
        return end if end >= 0 else len(self._lines)

    def readable_before(self, position: int) -> int:
        """Return where the last line before a position begins that can be read, else the first."""
        start = self.before(position)
        for _ in range(_MOST_UNREADABLE):
            if not start or is_line(self._lines[start : self.end(start)]):
                return start
            start = self.before(start)
        raise self._fault(f"{_MOST_UNREADABLE:,} lines before {position} cannot be read")

    def before(self, position: int) -> int:
        """Return where the line before the one that begins at a position begins."""
        start = self._begin(position)
        return self._begin(start - 1) if start else 0

    def _begin(self, position: int) -> int:
        """Return where the line that a position lies in begins."""
        least = max(0, position - _LONGEST)
        found = self._lines.rfind(b"\n", least, position)
        if found < 0 and least:
            raise self._fault(f"the line at {position} has more than {_LONGEST >> 10} KiB")
        return found + 1

    def _fault(self, what: str) -> ArchiveError:
        return ArchiveError(f"{self._path}: no cluster.idx: {what}; {AGAIN}")
