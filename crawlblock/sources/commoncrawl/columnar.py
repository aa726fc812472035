"""Look-ups in the columnar index: 300 files a crawl, worth it for panels of thousands of hosts."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import polars as pl

from crawlblock.errors import ArchiveError
from crawlblock.hosts import normal_url
from crawlblock.outcome import Outcome
from crawlblock.sources.commoncrawl.cache import save_whole
from crawlblock.sources.commoncrawl.crawls import paths
from crawlblock.sources.commoncrawl.index import IndexRow, checked, prefixed
from crawlblock.sources.commoncrawl.mirror import Mirror
from crawlblock.sources.parquet_pages import check_pages

_NEEDED = (
    "url", "url_host_name", "fetch_time", "fetch_status", "content_digest",
    "warc_filename", "warc_record_offset", "warc_record_length",
)  # fmt: skip
_BROKEN = (pl.exceptions.PolarsError, pl.exceptions.PanicException)
_MOST_ROWS = 500_000  # of one part that are about the hosts of one look-up
_AT_ONCE = 32  # rows as Python objects: a hostile URL may have a megabyte
_PART = re.compile(r"/part-(\d{1,6})[^/]*$")
_SINCE_SOME_CRAWL = ("fetch_redirect",)  # 2019-47


class Columnar:
    """Look-ups in the robotstxt parts of one crawl's columnar index, read from disk."""

    def __init__(self, parts: list[Path]) -> None:
        """Take the parts; see `open_columnar`."""
        self.malformed: set[bytes] = set()
        self._parts = parts

    async def look_up(self, urls: Collection[str]) -> dict[str, list[IndexRow]]:
        """Return the captures in the robotstxt subset of each of the URLs."""
        wanted = {normal_url(url) or url: url for url in urls}
        hosts = {urlsplit(url).hostname or "" for url in wanted}
        found: dict[str, list[IndexRow]] = {url: [] for url in urls}
        for part in self._parts:
            for row in _rows(part, hosts):
                if (url := wanted.get(normal_url(row["url"] or "") or "")) is None:
                    continue
                try:
                    found[url].append(_read(row))
                except (ValueError, TypeError):
                    self.malformed.add(repr(row).encode())
        return found


async def part_keys(mirror: Mirror, crawl: str) -> list[str]:
    """Return the keys of the robotstxt parts of a crawl's columnar index."""
    keys = await paths(mirror, crawl, "cc-index-table")
    chosen = [key for key in keys if "/subset=robotstxt/" in key]
    if not chosen:
        raise ArchiveError(f"{crawl} has no robotstxt subset (it begins with CC-MAIN-2016-36)")
    return chosen


def lost_parts(keys: Sequence[str]) -> list[int]:
    """Return the numbers of parts that a list does not have, though it has higher ones."""
    numbers = {int(found[1]) for found in map(_PART.search, keys) if found}
    return sorted(set(range(max(numbers, default=0))) - numbers)


def part_path(crawl: str, key: str, cache: Path) -> Path:
    """Return where a part of a distant archive waits."""
    return cache / crawl / Path(key).name


async def open_columnar(
    mirror: Mirror, crawl: str, cache: Path, keys: Sequence[str] = ()
) -> Columnar:
    """Open a crawl's parts, as `fetch_parts` finds them."""
    return Columnar(await fetch_parts(mirror, crawl, cache, keys))


async def fetch_parts(
    mirror: Mirror, crawl: str, cache: Path, keys: Sequence[str] = ()
) -> list[Path]:
    """Return a crawl's parts on the disk; those of a distant archive come into the cache folder.

    `keys` are those of the parts, where they are known.  Raises ArchiveError if one cannot be had.
    """
    parts = []
    for key in keys or await part_keys(mirror, crawl):
        path = mirror.local_path(key) or part_path(crawl, key, cache)
        if not path.exists():
            outcome = await save_whole(mirror, key, path)
            if outcome:
                advice = (
                    "use another mirror, or for history --lookup zipnum"
                    if outcome is Outcome.ABSENT
                    else "run again later"
                )
                raise ArchiveError(f"{mirror.location}: {key}: {outcome}; {advice}")
        parts.append(path)
    return parts


def scan_part(part: Path, needed: Collection[str]) -> pl.LazyFrame:
    """Return the needed columns of a part, unread.

    Raises ArchiveError if the part is not in the layout of Common Crawl's table.
    """
    try:
        check_pages(part, frozenset((*needed, *_SINCE_SOME_CRAWL)))
        lazy = pl.scan_parquet(part, glob=False)
        have = lazy.collect_schema().names()
    except (*_BROKEN, ValueError, OSError) as error:
        reason = str(error).split("\n")[0]
        raise ArchiveError(
            f"{part}: not a Parquet file ({reason}); remove it and run again"
        ) from None
    missing = [name for name in needed if name not in have]
    if missing:
        raise ArchiveError(
            f"{part}: the index lacks {', '.join(missing)}; it is not in Common Crawl's layout, "
            "or in a newer one"
        )
    optional = [name for name in _SINCE_SOME_CRAWL if name in have]
    return lazy.select(*needed, *optional)


def _rows(part: Path, hosts: Collection[str]) -> Iterator[dict[str, Any]]:
    lazy = scan_part(part, _NEEDED)
    try:
        wanted = lazy.filter(pl.col("url_host_name").is_in(list(hosts)))
        frame = _plain_times(wanted).head(_MOST_ROWS + 1).collect()
    except (*_BROKEN, OSError) as error:
        reason = str(error).strip().split("\n")[0][:100]
        raise ArchiveError(
            f"{part}: the index cannot be read ({reason}); remove it and run again"
        ) from None
    if frame.height > _MOST_ROWS:
        raise ArchiveError(f"{part}: more than {_MOST_ROWS:,} captures of the hosts asked for")
    return frame.iter_rows(named=True, buffer_size=_AT_ONCE)


def _read(row: Mapping[str, Any]) -> IndexRow:
    """Return a row of the table; raises ValueError or TypeError for one without its values."""
    if row["fetch_time"] is None:
        raise ValueError("it has no time")
    return checked(
        IndexRow(
            url=row["url"],
            fetch_time=row["fetch_time"],
            status=row["fetch_status"],
            digest=prefixed(row["content_digest"]),
            redirect=row.get("fetch_redirect"),
            warc_file=row["warc_filename"] or "",
            warc_offset=row["warc_record_offset"],
            warc_length=row["warc_record_length"],
        )
    )


def _plain_times(lazy: pl.LazyFrame) -> pl.LazyFrame:
    """Bridge the eras: times have a zone since 2021-49, and their unit varies."""
    time = pl.col("fetch_time")
    dtype = lazy.collect_schema()["fetch_time"]
    if isinstance(dtype, pl.Datetime) and dtype.time_zone:
        time = time.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    return lazy.with_columns(time.cast(pl.Datetime("us")))
