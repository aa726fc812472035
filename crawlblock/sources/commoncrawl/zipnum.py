"""Look-ups in the CDX files by their ZipNum index: a few blocks instead of a table.

`cluster.idx` has the first line of every block; blocks are gzip members of some 3,000 CDXJ lines,
sorted by SURT key and time.  What a key's captures need is the last block that begins before it and
all that begin within it.
"""

import json
import mmap
import zlib
from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from itertools import chain
from pathlib import Path

from crawlblock.errors import ArchiveError
from crawlblock.hosts import normal_url, surt
from crawlblock.outcome import Outcome
from crawlblock.sources.commoncrawl.index import IndexRow, prefixed
from crawlblock.sources.commoncrawl.mirror import Mirror
from crawlblock.sources.tasks import gather

Block = tuple[str, int, int]  # file name, offset, length

_AGAIN = "remove the file and run again"


class ClusterIndex:
    """A `cluster.idx` on disk, searched where it lies: 100 MB and 900,000 lines for one crawl."""

    def __init__(self, path: Path) -> None:
        """Map the file; raises ArchiveError if it is not a cluster.idx."""
        self._path = path
        try:
            with path.open("rb") as file:
                self._lines = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError):
            raise ArchiveError(f"{path}: empty or unreadable; {_AGAIN}") from None
        if self._lines[-1:] != b"\n":  # or keys behind the cut would seem not captured
            raise ArchiveError(f"{path}: this cluster.idx is cut; {_AGAIN}")
        self._block(_LineStarts(self._lines)[0])

    def blocks(self, key: str) -> Iterator[Block]:
        """Return the blocks (file name, offset, length) that may hold lines of a SURT key."""
        low, high = f"{key} ".encode(), f"{key}!".encode()
        starts = _LineStarts(self._lines)
        at = bisect_left(starts, low)
        at = starts.before(at)
        while at < len(self._lines):
            end = self._lines.find(b"\n", at)
            end = len(self._lines) if end < 0 else end
            line = self._lines[at:end]
            if line >= high:
                return
            yield self._block(line)
            at = end + 1

    def _block(self, line: bytes) -> Block:
        try:
            _, name, offset, length, *_ = line.decode().split("\t")
            return name, int(offset), int(length)
        except ValueError:
            raise ArchiveError(
                f"{self._path}: no cluster.idx line: {line[:60]!r}; {_AGAIN}"
            ) from None


class _LineStarts:
    """The file as a sequence by byte position, each position standing for the line it lies in."""

    def __init__(self, lines: mmap.mmap) -> None:
        self._lines = lines

    def __len__(self) -> int:
        return len(self._lines)

    def __getitem__(self, position: int) -> bytes:
        start = self._lines.rfind(b"\n", 0, position) + 1
        end = self._lines.find(b"\n", start)
        return self._lines[start : end if end >= 0 else len(self._lines)]

    def before(self, position: int) -> int:
        """Return where the line before the one that begins at a position begins."""
        start = self._lines.rfind(b"\n", 0, position) + 1 if position else 0
        return self._lines.rfind(b"\n", 0, start - 1) + 1 if start else 0


class ZipNum:
    """Look-ups in one crawl's CDX files."""

    def __init__(self, mirror: Mirror, crawl: str, cluster: ClusterIndex) -> None:
        """Take the opened cluster.idx; see `open_zipnum`."""
        self._mirror = mirror
        self._folder = f"cc-index/collections/{crawl}/indexes"
        self._cluster = cluster

    async def look_up(self, urls: Collection[str]) -> dict[str, list[IndexRow]]:
        """Return the captures in the robotstxt subset of each of the URLs."""
        keys = set()
        for url in urls:
            with suppress(ValueError):  # a redirect may name a host that cannot be
                keys.add(surt(url))
        wanted = {normal_url(url) or url: url for url in urls}
        blocks = {block for key in keys for block in self._cluster.blocks(key)}
        found: dict[str, list[IndexRow]] = {url: [] for url in urls}
        parts = await gather(self._rows(block, keys) for block in sorted(blocks))
        for row in chain.from_iterable(parts):
            if (asked := wanted.get(normal_url(row.url) or "")) is not None:
                found[asked].append(row)
        return found

    async def _rows(self, block: Block, keys: set[str]) -> list[IndexRow]:
        """Return the captures of the wanted SURT keys in a block."""
        for anew in (False, True):
            raw = await self._read(block, anew)
            with suppress(zlib.error, ValueError, KeyError, TypeError, AttributeError):
                return list(_rows(zlib.decompress(raw, 31), keys))
        name, offset, _ = block
        raise ArchiveError(
            f"{self._mirror.location}: {self._folder}/{name} at {offset} is no block of CDXJ "
            "lines; take another mirror"
        )

    async def _read(self, block: Block, anew: bool) -> bytes:
        name, offset, length = block
        key = f"{self._folder}/{name}"
        raw = await self._mirror.read(key, offset, length, anew=anew)
        if isinstance(raw, Outcome):
            raise ArchiveError(
                f"{self._mirror.location}: {key} at {offset}: {raw}; run again later"
            )
        return raw


async def open_zipnum(mirror: Mirror, crawl: str, cache: Path) -> ZipNum:
    """Open a crawl's index; its cluster.idx is fetched once and kept in the cache folder."""
    key = f"cc-index/collections/{crawl}/indexes/cluster.idx"
    path = mirror.local_path(key) or cache / crawl / "cluster.idx"
    if not path.exists():
        outcome = await mirror.save(key, path)
        if outcome:
            raise ArchiveError(
                f"{mirror.location}: {key}: {outcome}; run again, or use the columnar index"
            )
    return ZipNum(mirror, crawl, ClusterIndex(path))


def _rows(block: bytes, keys: set[str]) -> Iterator[IndexRow]:
    for line in block.split(b"\n"):
        key, _, rest = line.partition(b" ")
        if rest and key.decode("utf-8", "replace") in keys:
            time, _, fields = rest.partition(b" ")
            row = row_of(time.decode(), json.loads(fields))
            if row:
                yield row


def row_of(timestamp: str, fields: Mapping[str, str]) -> IndexRow | None:
    """Return a CDXJ line's capture; None if it is not one of the robotstxt subset."""
    if "/robotstxt/" not in fields.get("filename", ""):
        return None
    status = str(fields.get("status", ""))
    return IndexRow(
        url=fields["url"],
        fetch_time=datetime.strptime(timestamp, "%Y%m%d%H%M%S"),
        status=int(status) if status.isdigit() else None,
        digest=prefixed(fields.get("digest")),
        redirect=fields.get("redirect"),
        warc_file=fields["filename"],
        warc_offset=int(fields["offset"]),
        warc_length=int(fields["length"]),
    )
