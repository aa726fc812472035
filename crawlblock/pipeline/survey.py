"""Sends about six small requests to the archive, and reports how it answers."""

import re
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from crawlblock import loops
from crawlblock.errors import ArchiveError, CrawlblockError, UpstreamError
from crawlblock.outcome import Outcome
from crawlblock.pipeline.run import wrong_clock
from crawlblock.sources.commoncrawl import records
from crawlblock.sources.commoncrawl.cluster_index import is_line
from crawlblock.sources.commoncrawl.crawls import list_crawls, paths
from crawlblock.sources.commoncrawl.index import IndexRow, cdxj_row, named
from crawlblock.sources.commoncrawl.lists import remedy
from crawlblock.sources.commoncrawl.mirror import Mirror, open_mirror
from crawlblock.transport import Heard, Limits
from crawlblock.transport.waits import http_date
from crawlblock.unpacking import UNREADABLE, gunzip
from crawlblock.warc.reader import Damage

_TAIL = 8192  # bytes of cluster.idx; its longest line is a quarter of that
_MOST_CRAWLS = 3  # tried: a new one is listed before it is complete
_MOST_BLOCKS = 3  # read until one has a robots.txt
_PRODUCT = re.compile(r"[A-Za-z][\w-]{0,29}(/[\d.]{1,12})?")


@dataclass(frozen=True, slots=True)
class Observation:
    """What was asked, how it ended, and what the server's headers say."""

    asked: str
    ok: bool
    found: str
    seconds: float | None = None  # until the headers of the last answer arrived
    headers: str = ""


def survey(
    mirror: str, contact: str | None, kept: Path, now: datetime, limits: Limits
) -> list[Observation]:
    """Request a list, a part of an index, a block of it and a record; stop at the first failure."""
    return loops.run(_observed(mirror, contact, kept, now, limits))


async def _observed(
    location: str, contact: str | None, kept: Path, now: datetime, limits: Limits
) -> list[Observation]:
    made: list[Observation] = []
    try:
        async with open_mirror(location, contact, limits) as mirror:
            asking = _Survey(mirror, kept, now)
            try:
                async for observation in asking.steps():
                    made.append(observation)  # noqa: PERF401 - they stay where a step fails
            except CrawlblockError as error:
                made.append(asking.failed(error))
            traffic = mirror.traffic
            totals = f"{traffic.requests} requests, {traffic.bytes:,} bytes"
            made.append(Observation("all of it", made[-1].ok, totals))
    except CrawlblockError as error:  # it is not opened
        made.append(Observation("the archive", False, str(error)))
    return made


class _Survey:
    """The steps; each needs the result of the one before."""

    def __init__(self, mirror: Mirror, kept: Path, now: datetime) -> None:
        self._mirror, self._kept, self._now = mirror, kept, now
        self._step = ""

    async def steps(self) -> AsyncIterator[Observation]:
        """Yield what each step found; raises CrawlblockError at the first that fails."""
        self._step = "list of crawls"
        listing = await list_crawls(self._mirror, self._kept)
        newest = f"{len(listing.entries)} crawls, the newest {listing.entries[0].crawl}"
        found = filter(None, (newest, listing.note, self._clocks()))
        yield self._saw(not listing.note, "; ".join(found))
        self._step = "list of a crawl's index files"
        crawl, keys = await self._files([entry.crawl for entry in listing.entries])
        yield self._saw(True, f"{len(keys)} files of {crawl}")
        self._step = "last bytes of cluster.idx"
        lines = await self._tail(crawl)
        yield self._saw(True, f"{self._suffix()}; {len(lines)} lines")
        self._step = "a block of the index"
        size, rows = await self._block(crawl, lines)
        yield self._saw(bool(rows), f"{size} captures, {len(rows)} of a robots.txt")
        if rows:
            self._step = "a WARC record"
            yield await self._record(crawl, rows[0])

    async def _files(self, crawls: Sequence[str]) -> tuple[str, list[str]]:
        """Return the newest crawl that has a list of its index files, and the list."""
        for crawl in crawls[: _MOST_CRAWLS - 1]:
            with suppress(ArchiveError):
                return crawl, await paths(self._mirror, crawl, "cc-index")
        crawl = crawls[:_MOST_CRAWLS][-1]
        return crawl, await paths(self._mirror, crawl, "cc-index")

    async def _tail(self, crawl: str) -> list[bytes]:
        """Return the last complete lines of cluster.idx."""
        key = f"cc-index/collections/{crawl}/indexes/cluster.idx"
        raw = await self._mirror.read(key, -_TAIL)
        if raw is Outcome.DAMAGED:
            raise UpstreamError(self._suffix())
        lines = self._bytes(raw).split(b"\n")
        return [line for line in lines if is_line(line)]

    async def _block(self, crawl: str, lines: Sequence[bytes]) -> tuple[int, list[IndexRow]]:
        """Return how many captures a block has, and its captures of a robots.txt."""
        size, rows = 0, list[IndexRow]()
        for line in lines[len(lines) // 2 :][:_MOST_BLOCKS]:
            _, name, offset, length, *_ = line.decode("utf-8", "replace").split("\t")
            key = f"cc-index/collections/{crawl}/indexes/{name}"
            raw = self._bytes(await self._mirror.read(key, int(offset), int(length)))
            try:
                text = gunzip(raw)
            except UNREADABLE:
                raise ArchiveError("the block is not a gzip member") from None
            size, rows = text.count(b"\n"), list(_robots(text))
            if rows:
                break
        return size, rows

    async def _record(self, crawl: str, row: IndexRow) -> Observation:
        (found,) = (await records.fetch(self._mirror, [named(crawl, row)])).values()
        if isinstance(found, Damage) or found.ended:
            return self._saw(False, f"it cannot be read ({found.reason})")
        kind = "its digest fits" if found.payload is not None else "an answer without a payload"
        return self._saw(True, f"HTTP status {found.status}, {kind}")

    def _clocks(self) -> str | None:
        """Say how much this machine's clock and the server's differ."""
        reported = self._heard.server_time if self._heard else None
        if reported is None:
            return None
        apart = f"the clocks are {round((self._now - reported).total_seconds())} s apart"
        return wrong_clock(self._now, reported) or apart

    def _suffix(self) -> str:
        """Say whether the server answered a request for the last bytes of a file."""
        heard = self._heard
        denied = heard and (heard.asked != f"bytes=-{_TAIL}" or heard.status != 206)
        return "such a range is not answered" if denied else "such a range is answered"

    def failed(self, error: CrawlblockError) -> Observation:
        """Return the finding of a failed step."""
        return self._saw(False, str(error))

    @property
    def _heard(self) -> Heard | None:
        return self._mirror.traffic.last

    def _saw(self, ok: bool, found: str) -> Observation:
        heard = self._heard
        if heard is None:
            return Observation(self._step, ok, found)
        facts = ", ".join(_facts(heard, self._now))
        return Observation(self._step, ok, found, round(heard.seconds, 2), facts)

    def _bytes(self, raw: bytes | Outcome) -> bytes:
        if isinstance(raw, Outcome):
            raise UpstreamError(f"{raw}; {remedy(raw)}")
        return raw


def _robots(text: bytes) -> Iterator[IndexRow]:
    """Return the captures of a robots.txt in a block that have one."""
    for line in text.split(b"\n"):
        with suppress(ValueError):
            _, time, fields = line.split(b" ", 2)
            row = cdxj_row(time.decode(), fields)
            if row and row.status == 200:
                yield row


def _facts(heard: Heard, now: datetime) -> Iterator[str]:
    """Return the relevant parts of an answer, without anything about who sent the request."""
    yield f"status {heard.status}"
    headers = heard.headers
    server = _PRODUCT.fullmatch(headers.get("Server", ""))
    yield f"server {server[0] if server else 'not named'}"
    yield f"{_tag(headers.get('ETag'))}"
    yield "Accept-Ranges" if "Accept-Ranges" in headers else "no Accept-Ranges"
    if changed := http_date(headers.get("Last-Modified", "")):
        yield f"changed {(now - changed).days} days ago"


def _tag(etag: str | None) -> str:
    if etag is None:
        return "no ETag"
    if etag.startswith("W/"):
        return "weak ETag"
    return "strong ETag of parts" if re.search(r'-\d+"$', etag) else "strong ETag"
