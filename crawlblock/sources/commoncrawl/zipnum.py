"""Look-ups in the CDX files by their ZipNum index: a few blocks instead of a table."""

import io
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from itertools import chain
from typing import Protocol

from crawlblock.errors import ArchiveError
from crawlblock.hosts import normal_url, surt_keys
from crawlblock.outcome import Outcome
from crawlblock.sources.commoncrawl.cache import Cache, Keeper, read_parts
from crawlblock.sources.commoncrawl.cluster_index import Block
from crawlblock.sources.commoncrawl.distant_cluster import DistantCluster, Search
from crawlblock.sources.commoncrawl.index import IndexRow, cdxj_row
from crawlblock.sources.commoncrawl.mirror import Mirror
from crawlblock.sources.commoncrawl.spans import LEAST_GAP, ByteSpan, gap_of, merged
from crawlblock.transport.tasks import gather
from crawlblock.unpacking import UNREADABLE, gunzip

_LARGEST_BLOCK = 64 * 1024 * 1024  # bytes of a block once unpacked; real ones have up to 5 MB


class Cluster(Protocol):
    """A cluster.idx, whole or as far as it was read."""

    async def find(self, keys: Collection[str]) -> set[Block]:
        """Return the blocks that may hold lines of some SURT keys."""
        ...


class ZipNum:
    """Look-ups in one crawl's CDX files."""

    def __init__(
        self,
        mirror: Mirror,
        crawl: str,
        cluster: Cluster,
        forget: Callable[[], None] = lambda: None,
        gap: int = LEAST_GAP,
    ) -> None:
        """Take the opened cluster.idx, and what forgets it where it does not fit the blocks.

        At most `gap` bytes between two blocks of a file are read in vain.
        """
        self.malformed: set[bytes] = set()
        self._mirror, self._forget, self._gap = mirror, forget, gap
        self._folder = f"cc-index/collections/{crawl}/indexes"
        self._cluster = cluster

    async def look_up(self, urls: Collection[str]) -> dict[str, list[IndexRow]]:
        """Return the captures in the robotstxt subset of each of the URLs."""
        keys: set[str] = set()
        for url in urls:
            with suppress(ValueError):  # a redirect may name a host that cannot be
                keys |= surt_keys(url)
        wanted = {normal_url(url) or url: url for url in urls}
        found: dict[str, list[IndexRow]] = {url: [] for url in urls}
        spans = self._spans(await self._cluster.find(keys))
        parts = await gather(self._rows_of(span, keys) for span in spans)
        for row in chain.from_iterable(parts):
            if (asked := wanted.get(normal_url(row.url) or "")) is not None:
                found[asked].append(row)
        return found

    def _spans(self, blocks: Collection[Block]) -> list[ByteSpan[Block]]:
        """Return what is read at once; a block that is kept is read alone."""
        here = {block for block in blocks if self._has(block)}
        alone = [ByteSpan((block,)) for block in sorted(here)]
        return [*alone, *merged(set(blocks) - here, self._gap)]

    def _has(self, block: Block) -> bool:
        name, offset, length = block
        kept = self._mirror
        return isinstance(kept, Keeper) and kept.has(f"{self._folder}/{name}", offset, length)

    async def _rows_of(self, span: ByteSpan[Block], keys: set[str]) -> list[IndexRow]:
        """Return the captures of the wanted SURT keys in blocks that are read at once."""
        if len(span.places) > 1:
            places = [(offset, length) for _, offset, length in span.places]
            raw = await read_parts(self._mirror, f"{self._folder}/{span.name}", places)
            with suppress(*UNREADABLE):  # then each block is read alone, which finds the bad one
                if not isinstance(raw, Outcome):
                    return [row for each in raw for row in self._unpacked(each, keys)]
        return [row for block in span.places for row in await self._rows(block, keys)]

    async def _rows(self, block: Block, keys: set[str]) -> list[IndexRow]:
        """Return the captures of the wanted SURT keys in a block."""
        for anew in (False, True):
            raw = await self._read(block, anew)
            with suppress(*UNREADABLE):
                return self._unpacked(raw, keys)
        name, offset, _ = block
        self._forget()
        raise ArchiveError(
            f"{self._mirror.location}: {self._folder}/{name} at {offset} is not a block of CDXJ "
            "lines; use another mirror"
        )

    def _unpacked(self, raw: bytes, keys: set[str]) -> list[IndexRow]:
        return list(self._chosen(gunzip(raw, _LARGEST_BLOCK), keys))

    def _chosen(self, block: bytes, keys: set[str]) -> Iterator[IndexRow]:
        """Yield the captures of keys in a block; count lines that cannot be read."""
        for line in map(bytes.rstrip, io.BytesIO(block)):
            key, _, rest = line.partition(b" ")
            if key and key.decode("utf-8", "replace") in keys:
                time, _, fields = rest.partition(b" ")
                try:
                    row = cdxj_row(time.decode(), fields)
                except ValueError:
                    self.malformed.add(line)
                else:
                    if row:
                        yield row

    async def _read(self, block: Block, anew: bool) -> bytes:
        name, offset, length = block
        key = f"{self._folder}/{name}"
        raw = await self._mirror.read(key, offset, length, anew=anew)
        if isinstance(raw, Outcome):
            if not raw.retry:
                self._forget()
            advice = (
                "use --lookup columnar or another mirror"
                if raw is Outcome.ABSENT
                else "run again later"
            )
            raise ArchiveError(f"{self._mirror.location}: {key} at {offset}: {raw}; {advice}")
        return raw


async def open_zipnum(
    mirror: Mirror, crawl: str, kept: Cache, search: Search | None = None
) -> ZipNum:
    """Open a crawl's index; what is read of its cluster.idx is kept as long as there is room.

    `search` says what will be looked up; without it the cluster.idx is read whole.
    """
    cluster = DistantCluster(mirror, crawl, kept, search)
    gap = gap_of(search.per_second) if search else LEAST_GAP
    return ZipNum(mirror, crawl, cluster, cluster.forget, gap)
