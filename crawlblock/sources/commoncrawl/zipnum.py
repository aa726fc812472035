"""Look-ups in the CDX files by their ZipNum index: a few blocks instead of a table.

`cluster.idx` has the first line of every block; blocks are gzip members of some 3,000 CDXJ lines,
sorted by SURT key and time.  What a key's captures need is the last block that begins before it and
all that begin within it.
"""

import io
import mmap
import re
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from itertools import chain
from pathlib import Path

from crawlblock.errors import ArchiveError
from crawlblock.hosts import normal_url, surt_keys
from crawlblock.names import part_fault_of
from crawlblock.outcome import Outcome
from crawlblock.sources.commoncrawl.cache import Cache
from crawlblock.sources.commoncrawl.index import IndexRow, cdxj_row
from crawlblock.sources.commoncrawl.mirror import Mirror
from crawlblock.transport.tasks import gather
from crawlblock.unpacking import UNREADABLE, inflate

Block = tuple[str, int, int]  # file name, offset, length

_LINE = re.compile(rb"[^\t]* \d+\t[^\t]+\t\d{1,15}\t\d{1,15}(\t.*)?")
_LONGEST = 65_536  # bytes of a line of cluster.idx
_MOST_UNREADABLE = 1_000  # lines of it one after the other
_LARGEST_PACKED = 16 * 1024 * 1024  # bytes of a block; real ones have up to 1 MB
_LARGEST_BLOCK = 64 * 1024 * 1024  # bytes of it once unpacked; real ones have up to 5 MB
_MOST_BLOCKS = 20  # that have one key: 60,000 captures of one URL
_AGAIN = "remove the file and run again"


class ClusterIndex:
    """A `cluster.idx` on disk, searched where it lies: 100 MB and 900,000 lines for one crawl."""

    def __init__(self, path: Path, lines: bytes | None = None) -> None:
        """Map the file, or take its lines; raises ArchiveError if it is not a cluster.idx."""
        self._path = path
        try:
            self._lines: mmap.mmap | bytes = lines or _mapped(path)
        except (OSError, ValueError):
            raise ArchiveError(f"{path}: empty or unreadable; {_AGAIN}") from None
        if self._lines[-1:] != b"\n":  # or keys behind the cut would seem not captured
            raise ArchiveError(f"{path}: this cluster.idx is cut; {_AGAIN}")
        self._starts = _LineStarts(self._lines, path)
        self._block(self._starts[0])

    def blocks(self, key: str) -> Iterator[Block]:
        """Return the blocks (file name, offset, length) that may hold lines of a SURT key."""
        low, high = f"{key} ".encode(), f"{key}!".encode()
        starts = self._starts
        at = starts.readable_before(bisect_left(starts, low))
        for number in range(len(self._lines) - at):
            if number == _MOST_BLOCKS:
                raise ArchiveError(
                    f"{self._path}: {key[:80]} is in more than {_MOST_BLOCKS} blocks; {_AGAIN}"
                )
            if at >= len(self._lines):
                return
            end = starts.end(at)
            line = self._lines[at:end]
            if _is_line(line):
                if line >= high:
                    return
                yield self._block(line)
            else:
                yield self._between(starts, at, line)
            at = end + 1

    def _between(self, starts: "_LineStarts", at: int, line: bytes) -> Block:
        """Return the block of a line that cannot be read: it lies between its neighbours."""
        before, after = starts.before(at), starts.end(at) + 1
        around = (self._lines[before : at - 1], self._lines[after : starts.end(after)])
        if all(map(_is_line, around)):
            (name, offset, length), (next_name, end, _) = map(self._block, around)
            if name == next_name and end > offset + length:
                return name, offset + length, end - offset - length
        return self._block(line)

    def _block(self, line: bytes) -> Block:
        if not _is_line(line):
            raise ArchiveError(f"{self._path}: no cluster.idx line: {line[:60]!r}; {_AGAIN}")
        _, name, offset, length, *_ = line.decode("utf-8", "replace").split("\t")
        fault = part_fault_of(name)
        if int(length) > _LARGEST_PACKED:
            fault = f"the block at {offset} is larger than {_LARGEST_PACKED >> 20} MiB"
        if fault:
            raise ArchiveError(f"{self._path}: the file {name[:80]!r}: {fault}; {_AGAIN}")
        return name, int(offset), int(length)


def _mapped(path: Path) -> mmap.mmap:
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def _is_line(line: bytes) -> bool:
    """Tell whether a line of a cluster.idx can be read."""
    return _LINE.fullmatch(line) is not None


class _LineStarts:
    """The file as a sequence by byte position, each position standing for the line it lies in.

    A line that cannot be read has no order, so the one before stands for its positions, too.
    """

    def __init__(self, lines: mmap.mmap | bytes, path: Path) -> None:
        self._lines, self._path = lines, path

    def __len__(self) -> int:
        return len(self._lines)

    def __getitem__(self, position: int) -> bytes:
        start = self._begin(position)
        if not _is_line(self._lines[start : self.end(start)]):
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
            if not start or _is_line(self._lines[start : self.end(start)]):
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
        return ArchiveError(f"{self._path}: no cluster.idx: {what}; {_AGAIN}")


class ZipNum:
    """Look-ups in one crawl's CDX files."""

    def __init__(
        self,
        mirror: Mirror,
        crawl: str,
        cluster: ClusterIndex,
        forget: Callable[[], None] = lambda: None,
    ) -> None:
        """Take the opened cluster.idx, and what forgets it where it does not fit the blocks."""
        self.malformed: set[bytes] = set()
        self._mirror, self._forget = mirror, forget
        self._folder = f"cc-index/collections/{crawl}/indexes"
        self._cluster = cluster

    async def look_up(self, urls: Collection[str]) -> dict[str, list[IndexRow]]:
        """Return the captures in the robotstxt subset of each of the URLs."""
        keys: set[str] = set()
        for url in urls:
            with suppress(ValueError):  # a redirect may name a host that cannot be
                keys |= surt_keys(url)
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
            with suppress(*UNREADABLE):
                return list(self._chosen(inflate(raw, largest=_LARGEST_BLOCK)[0], keys))
        name, offset, _ = block
        self._forget()
        raise ArchiveError(
            f"{self._mirror.location}: {self._folder}/{name} at {offset} is no block of CDXJ "
            "lines; use another mirror"
        )

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
            raise ArchiveError(
                f"{self._mirror.location}: {key} at {offset}: {raw}; run again later"
            )
        return raw


def cluster_key(crawl: str) -> str:
    """Return the key of a crawl's cluster.idx."""
    return f"cc-index/collections/{crawl}/indexes/cluster.idx"


async def open_zipnum(mirror: Mirror, crawl: str, kept: Cache) -> ZipNum:
    """Open a crawl's index; its cluster.idx is fetched once and kept as long as there is room."""
    key = cluster_key(crawl)
    path = mirror.local_path(key) or await kept.save(mirror, key)
    if isinstance(path, Outcome):
        raise ArchiveError(
            f"{mirror.location}: {key}: {path}; run again, or use the columnar index"
        )

    def forget(path: Path = path) -> None:
        kept.forget(path)

    try:
        return ZipNum(mirror, crawl, ClusterIndex(path), forget)
    except ArchiveError:
        forget()
        raise
