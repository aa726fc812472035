"""What a history would ask an archive for, found out without reading a record.

Where an index is at hand, or small, the history itself is run over it: each record that it would
read is counted and taken for a robots.txt, or for a redirect to the same host by https or at its
`www`, whichever is captured.  Else what is known of real crawls stands for it.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from crawlblock.captures.build import RecordPlace, Seen
from crawlblock.errors import ArchiveError
from crawlblock.hosts import UrlParts, surt_keys
from crawlblock.model import Fetch, Member
from crawlblock.outcome import Outcome
from crawlblock.sampling import candidates
from crawlblock.sources.commoncrawl.cache import Cache
from crawlblock.sources.commoncrawl.cluster_index import Block, ClusterIndex
from crawlblock.sources.commoncrawl.columnar import part_path
from crawlblock.sources.commoncrawl.cost import (
    BATCH,
    PART_BYTES,
    Cost,
    LookUp,
    Method,
    block_costs,
    index_costs,
    record_costs,
)
from crawlblock.sources.commoncrawl.crawl_source import History, TextsOf
from crawlblock.sources.commoncrawl.distant_cluster import (
    Search,
    cluster_key,
    unreadable_cluster,
)
from crawlblock.sources.commoncrawl.index import IndexRow
from crawlblock.sources.commoncrawl.key_positions import KeyPositions
from crawlblock.sources.commoncrawl.mirror import Mirror
from crawlblock.sources.commoncrawl.records import place_of
from crawlblock.sources.commoncrawl.spans import gap_of, merged
from crawlblock.sources.commoncrawl.zipnum import ZipNum
from crawlblock.warc.reader import Damage

_SMALL = 1_000_000  # bytes of a cluster.idx that is read for a plan
_FEW, _FEW_HERE = 50, 2_000  # blocks that are read for a plan from afar and from this machine
_CRAWLS = 3  # of a kind that are looked at
_ASKED = 3  # parts whose size is asked for, of many


@dataclass(frozen=True, slots=True)
class Shelf:
    """An archive, and what is kept of it."""

    mirror: Mirror
    folder: Path  # where the parts of a columnar index wait
    index: Cache
    positions: KeyPositions = field(default_factory=KeyPositions)

    def remember(self) -> None:
        """Keep where the keys of the last crawl lie, for the next run."""
        self.positions.keep(_positions_path(self.folder), self.mirror.location)

    @classmethod
    def of(cls, mirror: Mirror, folder: Path, index: Cache) -> "Shelf":
        """Return an archive with what runs before this one kept of it."""
        positions = KeyPositions.kept(_positions_path(folder), mirror.location)
        return cls(mirror, folder, index, positions)

    def index_costs(self, task: LookUp, parts: Sequence[str]) -> dict[Method, Cost]:
        """Return what each index costs that is not kept here, as far as is known without asking."""
        missing = sum(not part_path(task.crawl, key, self.folder).exists() for key in parts)
        costs = dict(index_costs(task.keys, missing))
        if self.index.holds(self.mirror, cluster_key(task.crawl)):
            costs["zipnum"] = block_costs(task.keys)
        return costs

    async def part_costs(self, crawl: str, parts: Sequence[str]) -> Cost:
        """Return what the parts of a columnar index cost that are not here, by the size of some."""
        missing = [
            key
            for key in parts
            if not (self.mirror.local_path(key) or part_path(crawl, key, self.folder).exists())
        ]
        few = len(missing) <= _ASKED
        some = (
            missing
            if few
            else [missing[n * (len(missing) - 1) // (_ASKED - 1)] for n in range(_ASKED)]
        )
        sizes = [await self.mirror.size(key) for key in some]
        known = [PART_BYTES if isinstance(size, Outcome) else size for size in sizes]
        mean = sum(known) / max(1, len(known))
        return Cost(len(missing), round(len(missing) * mean))

    async def cluster(self, crawl: str) -> tuple[ClusterIndex | None, int]:
        """Return a crawl's cluster.idx, if it is at hand or small, and its bytes if it is not.

        Raises ArchiveError where it cannot be had, NoClusterError where there is none.
        """
        key = cluster_key(crawl)
        path = self.mirror.local_path(key) or self.index.file(self.mirror, key)
        if path:
            return ClusterIndex(path), 0
        size = await self.mirror.size(key)
        if isinstance(size, Outcome):
            raise unreadable_cluster(self.mirror, key, size)
        raw = await self.mirror.read(key) if size <= _SMALL else None
        return ClusterIndex(Path(key), raw) if isinstance(raw, bytes) else None, size


def _positions_path(folder: Path) -> Path:
    return folder / "key_positions.json"


class DryRun:
    """Tells what the crawls of a history cost, one after the other."""

    def __init__(self, shelf: Shelf, texts_of: TextsOf, per_second: float) -> None:
        """Take the archive, what gives stored payloads by their digests, and the rate."""
        self._shelf, self._texts_of, self._rate = shelf, texts_of, per_second
        self._digests: set[str] = set()  # of payloads that a run would have stored by now
        self._costs: dict[object, list[tuple[LookUp, Cost]]] = {}  # by kinds of crawls

    async def cost(
        self, task: LookUp, method: Method, members: Sequence[Member], parts: Sequence[str]
    ) -> Cost:
        """Return what looking up some hosts costs by a method.

        Of many crawls of a kind that are far away the first ones stand for the others.  Raises
        ArchiveError where the index of the method cannot be read, as a run does.
        """
        key = cluster_key(task.crawl)
        here = self._shelf.mirror.local_path(key) is not None
        kind = method, task.tells, self._shelf.index.holds(self._shelf.mirror, key)
        costs = self._costs.setdefault(kind, [])
        if len(costs) < _CRAWLS or here:
            costs.append((task, await self._cost(task, method, members, parts)))
            return costs[-1][1]
        like, cost = costs[-1]
        times = task.hosts / like.hosts
        sent, size = round(cost.requests * times), round(cost.bytes * times)
        return Cost(sent, size, cost.variance * times)

    async def _cost(
        self, task: LookUp, method: Method, members: Sequence[Member], parts: Sequence[str]
    ) -> Cost:
        cluster, size, played = None, 0, None
        try:
            cluster, size = await self._shelf.cluster(task.crawl)
            played = await self._played(task, method, members, cluster) if cluster else None
        except ArchiveError:
            if method == "zipnum":
                raise
        records = played.records if played else record_costs(task)
        if method == "columnar":
            return records + await self._shelf.part_costs(task.crawl, parts)
        if method == "cdx-api":
            return records + self._shelf.index_costs(task, parts)[method]
        opened = Cost()
        if size:
            opened = Search(task.keys, self._rate, self._shelf.positions).cost(size)
            self._shelf.positions.begin(size)
        if played:
            return records + opened + played.blocks
        blocks = self._missing(task.crawl, cluster, members) if cluster else None
        return records + opened + block_costs(task.keys, blocks)

    async def _played(
        self, task: LookUp, method: Method, members: Sequence[Member], cluster: ClusterIndex
    ) -> "_Counted | None":
        """Run a history without its records, None where too much of the index is not here."""
        missing = self._missing(task.crawl, cluster, members)
        here = self._shelf.mirror.local_path(cluster_key(task.crawl)) is not None
        if len(missing) > (_FEW_HERE if here else _FEW):
            return None
        counted = _Counted(self._shelf)
        gap = gap_of(self._rate)
        zipnum = ZipNum(counted, task.crawl, cluster, gap=gap)
        index = _Noted(zipnum, counted, gap)

        def texts_of(digests: Collection[str]) -> dict[str, bytes]:
            assumed = dict.fromkeys(self._digests.intersection(digests), b"")
            return assumed | dict(self._texts_of(digests))

        history = History(
            crawl=task.crawl,
            members=members,
            index=index,
            mirror=counted,
            texts_of=texts_of,
            size=BATCH[method],
            goes_on=lambda _: True,
            read=index.assume,
        )
        async for batch in history.batches():
            self._digests.update(each.digest for each in batch.payloads)
        return counted

    def _missing(self, crawl: str, cluster: ClusterIndex, members: Iterable[Member]) -> list[Block]:
        """Return the blocks of the first look-ups that are not kept."""
        urls = {url for member in members for url in candidates(member)}
        keys = {key for url in urls for key in surt_keys(url)}
        blocks = {block for key in keys for block in cluster.blocks(key)}
        folder = cluster_key(crawl).rpartition("/")[0]
        mirror, index = self._shelf.mirror, self._shelf.index
        return [b for b in blocks if not index.has(mirror, f"{folder}/{b[0]}", b[1], b[2])]


class _Counted:
    """A mirror that counts what a run would ask it for; it reads each range once and no record."""

    def __init__(self, shelf: Shelf) -> None:
        self.blocks, self.records = Cost(), Cost()
        self.location, self.traffic = shelf.mirror.location, shelf.mirror.traffic
        self.save, self.read_index = shelf.mirror.save, shelf.mirror.read_index
        self.size, self.local_path = shelf.mirror.size, shelf.mirror.local_path
        self._mirror, self._index = shelf.mirror, shelf.index
        self._ranges: dict[tuple[str, int, int], bytes] = {}
        self.source: Mirror = self

    def has(self, key: str, start: int, length: int) -> bool:
        """Tell whether a range is kept, or would be by now."""
        read = (key, start, length) in self._ranges and not self.local_path(key)
        return read or self._index.has(self._mirror, key, start, length)

    def keep(self, key: str, start: int, raw: bytes) -> None:
        """Note a range that was read with others."""
        self._ranges[key, start, len(raw)] = raw

    async def read(
        self, key: str, start: int | None = None, length: int | None = None, *, anew: bool = False
    ) -> bytes | Outcome:
        """Return a range of the index."""
        at, size = start or 0, length or 0
        raw: bytes | Outcome | None = self._ranges.get((key, at, size))
        if raw is None or self.local_path(key):  # what lies here is read again, and not kept
            self.blocks += Cost(1, size)
        if raw is None and (raw := self._index.range(self._mirror, key, at, size)) is not None:
            self.blocks += Cost(-1, -size)
        if raw is None:
            raw = await self._mirror.read(key, start, length)
        if isinstance(raw, bytes):
            self._ranges[key, at, size] = raw
        return raw


class _Noted:
    """An index that notes which URLs it has; what records would say is assumed by that."""

    def __init__(self, index: ZipNum, counted: _Counted, gap: int) -> None:
        self.malformed = index.malformed
        self._index, self._counted, self._gap = index, counted, gap
        self._captured: set[str] = set()

    async def look_up(self, urls: Collection[str]) -> dict[str, list[IndexRow]]:
        """Return the captures of each of the URLs."""
        found = await self._index.look_up(urls)
        self._captured.update(url for url, rows in found.items() if rows)
        return found

    async def assume(
        self, mirror: Mirror, named: Iterable[Fetch]
    ) -> dict[RecordPlace, Seen | Damage]:
        """Count the requests for some records, and return what they may say."""
        fetches = {place_of(fetch): fetch for fetch in named}
        for run in merged(fetches, self._gap):
            self._counted.records += Cost(1, run.length)
        return {place: self._assumed(fetch) for place, fetch in fetches.items()}

    def _assumed(self, fetch: Fetch) -> Seen:
        asked = UrlParts(fetch.secure is True, fetch.host, fetch.resource)
        redirect = digest = payload = None
        if fetch.status is not None and 200 <= fetch.status < 300:
            digest, payload = fetch.digest or "sha1:assumed", b""
        elif fetch.status is not None and 300 <= fetch.status < 400:
            redirect = self._target(asked)
        return Seen(asked, fetch.status, fetch.ended, None, redirect, digest, None, payload)

    def _target(self, asked: UrlParts) -> str | None:
        """Return where a redirect may lead: to what is captured of the same site."""
        bare = asked.host.removeprefix("www.")
        hosts = (asked.host, f"www.{bare}", bare)
        likely = (str(asked._replace(secure=True, host=host)) for host in hosts)
        return next((url for url in likely if url in self._captured and url != str(asked)), None)
