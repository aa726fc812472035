"""A `cluster.idx` as a run reads it: where it lies, whole, or by ranges where that takes less."""

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from crawlblock.errors import ArchiveError
from crawlblock.outcome import Outcome
from crawlblock.sources.commoncrawl.cache import Cache, read_parts
from crawlblock.sources.commoncrawl.cluster_index import Block, ClusterIndex
from crawlblock.sources.commoncrawl.cluster_ranges import (
    PIECE_BYTES,
    RangedCluster,
    UnsearchableError,
    window,
)
from crawlblock.sources.commoncrawl.cost import CLUSTER_BYTES, Cost, searching_cost
from crawlblock.sources.commoncrawl.key_positions import KeyPositions
from crawlblock.sources.commoncrawl.mirror import Mirror


class NoClusterError(ArchiveError):
    """A crawl has no cluster.idx, so its CDX files cannot be searched."""


@dataclass(frozen=True, slots=True)
class Search:
    """How many keys a crawl is asked for, how fast, and what is known of where they lie."""

    keys: int
    per_second: float  # requests
    positions: KeyPositions = field(default_factory=KeyPositions)

    def pays(self, size: int = 0) -> bool:
        """Tell whether a file of so many bytes is searched sooner than read; 0: as the last one."""
        return self._searching(size or self.positions.size or CLUSTER_BYTES) is not None

    def cost(self, size: int) -> Cost:
        """Return what it costs to read what is needed of a file of so many bytes."""
        whole = Cost(1, size)
        if not self.pays():
            return whole
        # a file that turns out to be small was asked for a range, then for its size
        return self._searching(size) or whole + Cost(2)

    def _searching(self, size: int) -> Cost | None:
        return searching_cost(self.keys, size, self.per_second, bool(self.positions.size))


class DistantCluster:
    """The cluster.idx of a crawl, opened by what is to be looked up in it."""

    def __init__(self, mirror: Mirror, crawl: str, kept: Cache, search: Search | None) -> None:
        """Take the archive, where files are kept, and what will be looked up; None: not known."""
        self._mirror, self._key, self._kept, self._search = mirror, cluster_key(crawl), kept, search
        self._path: Path | None = None
        self._whole: ClusterIndex | None = None
        self._ranged: RangedCluster | None = None

    async def find(self, keys: Collection[str]) -> set[Block]:
        """Return the blocks that may hold lines of some SURT keys.

        Raises ArchiveError if there is no cluster.idx, or none that can be read.
        """
        if not (self._whole or self._ranged):
            self._ranged = await self._opened_ranged(keys)
        if self._ranged:
            try:
                return await self._ranged.find(keys)
            except UnsearchableError:
                self._ranged = None
        self._whole = self._whole or await self._opened_whole()
        return await self._whole.find(keys)

    def forget(self) -> None:
        """Forget what is kept of it, where it turned out to be of no use."""
        if self._ranged:
            self._ranged.forget()
        if self._path:
            self._kept.forget(self._path)

    async def _opened_ranged(self, keys: Collection[str]) -> RangedCluster | None:
        """Return the file to be searched by ranges; None: it is here, or read whole sooner."""
        search, mirror, key = self._search, self._mirror, self._key
        here = mirror.local_path(key) or self._kept.holds(mirror, key)
        if search is None or here or not search.pays():
            return None
        size = await self._size(search.positions, keys)
        if isinstance(size, Outcome):
            raise unreadable_cluster(mirror, key, size)
        if not search.pays(size):
            return None
        search.positions.begin(size)
        return RangedCluster(mirror, key, size, self._kept, search.positions)

    async def _size(self, positions: KeyPositions, keys: Collection[str]) -> int | Outcome:
        """Return the size of the file; pieces tell it that are probably needed anyway.

        They are kept, so they are not asked for again.
        """
        size = positions.size or CLUSTER_BYTES
        if keys:
            middle = sorted(keys)[len(keys) // 2]
            place = positions.expected(f"{middle} ".encode()) * size
            pieces = window(place, 0, max(0, size // PIECE_BYTES - 1))
            places = [(number * PIECE_BYTES, PIECE_BYTES) for number in pieces]
            await read_parts(self._mirror, self._key, places)
        return await self._mirror.size(self._key)

    async def _opened_whole(self) -> ClusterIndex:
        path = self._mirror.local_path(self._key) or await self._kept.save(self._mirror, self._key)
        if isinstance(path, Outcome):
            raise unreadable_cluster(self._mirror, self._key, path)
        self._path = path
        try:
            cluster = ClusterIndex(path)
        except ArchiveError:
            self.forget()
            raise
        if self._search:
            self._search.positions.begin(path.stat().st_size)
            with suppress(ArchiveError):  # some of its lines cannot be read
                self._search.positions.note_all(cluster.sampled())
        return cluster


def unreadable_cluster(mirror: Mirror, key: str, outcome: Outcome) -> ArchiveError:
    """Return the error for a cluster.idx that cannot be had."""
    kind = NoClusterError if outcome is Outcome.ABSENT else ArchiveError
    return kind(f"{mirror.location}: {key}: {outcome}; run again, or use --lookup columnar")


def cluster_key(crawl: str) -> str:
    """Return the key of a crawl's cluster.idx."""
    return f"cc-index/collections/{crawl}/indexes/cluster.idx"
