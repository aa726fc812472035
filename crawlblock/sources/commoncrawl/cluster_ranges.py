"""A distant `cluster.idx`, searched by ranges: some requests instead of 100 MB.

The file is read in pieces of one size.  The pieces that a search needs are read, and then the same
code looks into them that looks into a whole file, so both give the same blocks.
"""

from bisect import bisect_left, insort
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from crawlblock.errors import ArchiveError
from crawlblock.outcome import Outcome
from crawlblock.sources.commoncrawl.cache import Cache, read_parts
from crawlblock.sources.commoncrawl.cluster_index import (
    Block,
    BlocksOfKeys,
    check_end,
    is_line,
)
from crawlblock.sources.commoncrawl.cost import WINDOW_BYTES
from crawlblock.sources.commoncrawl.key_positions import KeyPositions
from crawlblock.sources.commoncrawl.mirror import Mirror

PIECE_BYTES = 256 * 1024
_WINDOW = WINDOW_BYTES // PIECE_BYTES  # pieces that one request reads
_AGAIN = _WINDOW * 3 // 2  # after one that was not the right one: fewer requests, less time
_NEAR = 768 * 1024  # bytes to the next key that are read with one rather than by themselves
_GUESSES = 2  # in a row; then every other piece is the middle one


class UnsearchableError(Exception):
    """A cluster.idx that cannot be searched by ranges; it must be read whole."""


class _UnreadError(Exception):
    """Bytes were looked at that were not read yet."""

    def __init__(self, piece: int) -> None:
        super().__init__(piece)
        self.piece = piece


@dataclass(frozen=True, slots=True, order=True)
class _Piece:
    """The first and last line that lie whole in a piece and can be read, and where they begin."""

    first: bytes
    last: bytes
    number: int
    first_at: int  # bytes from the beginning of the file
    last_at: int


class ReadLines:
    """The bytes of a file of which some pieces were read; others raise when they are looked at."""

    def __init__(self, size: int) -> None:
        """Take the size of the file in bytes."""
        self._size = size
        self._pieces: dict[int, bytes] = {}

    def add(self, number: int, raw: bytes) -> None:
        """Take a piece."""
        self._pieces[number] = raw

    def __len__(self) -> int:
        """Return the size of the whole file."""
        return self._size

    def __getitem__(self, place: slice) -> bytes:
        """Return some bytes."""
        start, stop, _ = place.indices(self._size)
        parts = [raw[a:b] for _, raw, a, b in self._parts(start, stop)]
        return b"".join(parts)

    def find(self, wanted: bytes, start: int, end: int) -> int:
        """Return where a byte comes first, -1 where it does not."""
        for base, raw, a, b in self._parts(start, min(end, self._size)):
            if (found := raw.find(wanted, a, b)) >= 0:
                return base + found
        return -1

    def rfind(self, wanted: bytes, start: int, end: int) -> int:
        """Return where a byte comes last, -1 where it does not."""
        end = min(end, self._size)
        while end > start:
            begin = max(start, (end - 1) // PIECE_BYTES * PIECE_BYTES)
            base, raw, a, b = next(self._parts(begin, end))
            if (found := raw.rfind(wanted, a, b)) >= 0:
                return base + found
            end = begin
        return -1

    def _parts(self, start: int, stop: int) -> Iterator[tuple[int, bytes, int, int]]:
        """Yield the pieces of a range: where each begins, its bytes, and which of them."""
        while start < stop:
            number = start // PIECE_BYTES
            if number not in self._pieces:
                raise _UnreadError(number)
            base = number * PIECE_BYTES
            yield base, self._pieces[number], start - base, min(stop - base, PIECE_BYTES)
            start = base + PIECE_BYTES


class RangedCluster:
    """A `cluster.idx` of an archive, of which is read what a search needs."""

    def __init__(
        self, mirror: Mirror, key: str, size: int, kept: Cache, positions: KeyPositions
    ) -> None:
        """Take the file and its size in bytes, and where ranges of it may be kept."""
        self._mirror, self._key, self._size, self._cache = mirror, key, size, kept
        self._positions = positions
        self._name = Path(key)
        self._lines = ReadLines(size)
        self._blocks = BlocksOfKeys(self._name, self._lines)
        self._count = -(-size // PIECE_BYTES)
        self._read: list[_Piece] = []  # in the order of their lines
        self._wanted: list[bytes] = []  # what is looked for now, sorted
        self._kept = sorted(n for n in range(self._count) if kept.has(mirror, key, *self._place(n)))

    async def find(self, keys: Collection[str]) -> set[Block]:
        """Return the blocks that may hold lines of some SURT keys.

        Raises UnsearchableError for a file that must be read whole, ArchiveError if it is none.
        """
        found: set[Block] = set()
        self._wanted = sorted(f"{key} ".encode() for key in keys)
        for key in _halving(sorted(keys)):
            found.update(await self._find(key))
        return found

    def forget(self) -> None:
        """Remove what is kept of it."""
        for number in range(self._count):
            self._cache.drop(self._mirror, self._key, *self._place(number))

    async def _find(self, key: str) -> list[Block]:
        low = f"{key} ".encode()
        begin, end = await self._narrow(low)
        for _ in range(self._count):
            try:
                at = self._blocks.place(key, begin, end)
                blocks = list(self._blocks.of(key, at, at))
            except _UnreadError as error:
                await self._take(range(error.piece, error.piece + 1))
            else:
                self._positions.note(low, at / self._size)
                return blocks
        raise UnsearchableError

    async def _narrow(self, low: bytes) -> tuple[int, int]:
        """Return positions between which the first line begins that is not before a key."""
        for step in range(2 * self._count):
            at = bisect_left(self._read, low, key=lambda piece: piece.first)
            before = self._read[at - 1] if at else None
            after = self._read[at] if at < len(self._read) else None
            if before and before.last >= low:
                return before.first_at, before.last_at
            least = before.number + 1 if before else 0
            most = after.number - 1 if after else self._count - 1
            if least > most:
                return before.first_at if before else 0, after.first_at if after else self._size
            await self._take(self._choose(low, step, (least, most), (before, after)))
        raise UnsearchableError

    def _choose(
        self, low: bytes, step: int, pieces: tuple[int, int], around: tuple[_Piece | None, ...]
    ) -> range:
        """Return the pieces to read next: one that is kept, or those where the key may lie."""
        least, most = pieces
        place = self._place_of(low, around)
        if step >= _GUESSES and step % 2 == 0:
            place = (least + most + 1) * PIECE_BYTES / 2
        kept = [number for number in self._kept if least <= number <= most]
        if kept:
            nearest = min(kept, key=lambda number: abs(number - place / PIECE_BYTES))
            return range(nearest, nearest + 1)
        places = [place, *self._neighbours(low, place, around)] if step == 0 else [place]
        count = _AGAIN if step else _WINDOW
        first, last = (window(each, least, most, count) for each in (min(places), max(places)))
        return range(first.start, last.stop)

    def _neighbours(
        self, low: bytes, place: float, around: tuple[_Piece | None, ...]
    ) -> Iterator[float]:
        """Yield where the next wanted keys may lie, if it is so near that one request gives both.

        A request for twice as much keeps the next one waiting less than two requests do.
        """
        before, after = around
        at = bisect_left(self._wanted, low)
        for each in self._wanted[max(0, at - 1) : at] + self._wanted[at + 1 : at + 2]:
            inside = (not before or before.last < each) and (not after or each < after.first)
            if inside:
                other = self._place_of(each, around)
                if abs(other - place) <= _NEAR:
                    yield other

    def _place_of(self, low: bytes, around: tuple[_Piece | None, ...]) -> float:
        """Return where a key may lie between what was read, in bytes."""
        before, after = around
        first, begin = (before.last, before.last_at) if before else (b"", 0)
        last, end = (after.first, after.first_at) if after else (b"\xff", self._size)
        return begin + self._positions.between(low, first, last) * (end - begin)

    async def _take(self, pieces: range) -> None:
        """Read pieces by one request, and note their first and last lines."""
        places = [self._place(number) for number in pieces]
        if len(places) == 1:
            read = await self._mirror.read(self._key, *places[0])
            raw = read if isinstance(read, Outcome) else [read]
        else:
            raw = await read_parts(self._mirror, self._key, places)
        if isinstance(raw, Outcome):
            raise ArchiveError(
                f"{self._mirror.location}: {self._key} at {places[0][0]}: {raw}; run again later"
            )
        for number, each in zip(pieces, raw, strict=True):
            self._add(number, each)

    def _add(self, number: int, raw: bytes) -> None:
        start, length = self._place(number)
        if start + length == self._size:
            check_end(self._name, raw[-1:])
        self._lines.add(number, raw)
        piece = _piece(number, start, raw)
        at = bisect_left(self._read, piece)
        around = [*self._read[max(0, at - 1) : at], piece, *self._read[at : at + 1]]
        if any(a.last > b.first or a.number >= b.number for a, b in pairwise(around)):
            raise UnsearchableError  # its lines have no order
        insort(self._read, piece)
        for line, place in ((piece.first, piece.first_at), (piece.last, piece.last_at)):
            self._positions.note(line.partition(b"\t")[0], place / self._size)

    def _place(self, number: int) -> tuple[int, int]:
        """Return where a piece begins and how long it is."""
        start = number * PIECE_BYTES
        return start, min(PIECE_BYTES, self._size - start)


def window(place: float, least: int, most: int, count: int = _WINDOW) -> range:
    """Return the pieces around a place in bytes that one request reads, within two of them."""
    begin = max(least, min(round(place / PIECE_BYTES) - count // 2, most - count + 1))
    return range(begin, min(begin + count, most + 1))


def _piece(number: int, start: int, raw: bytes) -> _Piece:
    """Return what is to be known of a piece; raises UnsearchableError if its lines tell nothing."""
    begin = raw.find(b"\n") + 1 if start else 0
    lines = raw[begin : raw.rfind(b"\n") + 1].split(b"\n")[:-1]
    first = next((n for n, line in enumerate(lines) if is_line(line)), None)
    if first is None:
        raise UnsearchableError
    last = next(n for n in reversed(range(len(lines))) if is_line(lines[n]))
    if lines[first] > lines[last]:
        raise UnsearchableError  # they have no order
    return _Piece(
        first=lines[first],
        last=lines[last],
        number=number,
        first_at=start + begin + sum(len(line) + 1 for line in lines[:first]),
        last_at=start + begin + sum(len(line) + 1 for line in lines[:last]),
    )


def _halving(keys: list[str]) -> Iterator[str]:
    """Yield the middle one of sorted keys, then those of both halves: each narrows the others."""
    if keys:
        middle = len(keys) // 2
        yield keys[middle]
        yield from _halving(keys[:middle])
        yield from _halving(keys[middle + 1 :])
