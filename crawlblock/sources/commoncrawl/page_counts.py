"""Pages and bytes by registered domain: two columns of the columnar index of a crawl's pages.

A part has about 1 GB, the two columns 4 % of it (measured on a rendered part of a million rows).
"""

import heapq
from collections.abc import Collection, Sequence
from pathlib import Path

import polars as pl

from crawlblock.errors import ArchiveError
from crawlblock.names import kept_as
from crawlblock.sampling import sampling_key
from crawlblock.sources.commoncrawl.cost import Estimate
from crawlblock.sources.commoncrawl.crawls import paths
from crawlblock.sources.commoncrawl.mirror import Mirror
from crawlblock.sources.commoncrawl.parquet_columns import (
    PartColumns,
    collected,
    keep_made,
    read_footer,
)

_DOMAIN, _LENGTH = "url_host_registered_domain", "warc_record_length"


async def page_parts(mirror: Mirror, crawl: str) -> list[str]:
    """Return the keys of the parts of a crawl's columnar index that list pages (subset=warc)."""
    keys = await paths(mirror, crawl, "cc-index-table")
    found = sorted(key for key in keys if "/subset=warc/" in key)
    if not found:
        raise ArchiveError(f"{mirror.location}: {crawl} lists no index of its pages (subset=warc)")
    return found


def sample_parts(keys: Sequence[str], number: int | None, seed: str) -> list[str]:
    """Return `number` of the parts chosen by a seed, all without; more begin with fewer.

    The index is sorted by reversed host name, so a domain lies whole in a part as a rule.
    """
    places = {key: sampling_key(seed, f"part {place}") for place, key in enumerate(keys)}
    return heapq.nsmallest(number or len(keys), keys, key=places.__getitem__)


async def estimate_weighing(mirror: Mirror, crawl: str, keys: Sequence[str]) -> Estimate:
    """Return what reading parts will cost, judged by the first of them, whose end alone is read."""
    if not keys:
        return Estimate(crawl, "columnar", 0, 0)
    footer = await read_footer(mirror, keys[0], _WANTED)
    return Estimate(crawl, "columnar", len(keys) * footer.requests, len(keys) * footer.bytes)


async def weigh_part(mirror: Mirror, key: str, folder: Path) -> Path:
    """Return a file with pages and bytes by registered domain of a part, made unless it is there.

    Pages are captures with a page's content, bytes those of their WARC records as stored; a row
    without a domain is of addresses.  Raises ArchiveError if the part cannot be read.
    """
    done = weighed_file(key, folder)
    if not done.exists():
        await keep_made(mirror, key, _WANTED, done)
    return done


def weighed_file(key: str, folder: Path) -> Path:
    """Return where a part's pages and bytes are kept."""
    return folder / f"{kept_as(key)}.weights.parquet"


def combine(parts: Sequence[Path], domains: Collection[str], of: int) -> pl.DataFrame:
    """Return domain, pages and bytes of the domains that the parts have, and of the whole crawl.

    The whole, domain `*`, is that of the parts times all (`of`) over those read.  A domain's own
    numbers are what was read: they are not scaled, for a domain lies in one part as a rule.
    """
    rows = pl.scan_parquet(list(parts), glob=False)
    sums = (pl.col("pages").sum(), pl.col("bytes").sum())
    wanted = rows.filter(pl.col("domain").is_in(list(domains))).group_by("domain").agg(sums)
    scaled = pl.col("pages", "bytes") * of // len(parts)
    whole = rows.select(*sums).select(pl.lit("*").alias("domain"), scaled)
    return collected(pl.concat([whole, wanted.sort("domain")]), parts[0].parent)


def _added_up(rows: pl.LazyFrame) -> pl.DataFrame:
    counts = {"pages": pl.len().cast(pl.Int64), "bytes": pl.col(_LENGTH).cast(pl.Int64).sum()}
    grouped = rows.group_by(pl.col(_DOMAIN).alias("domain"))
    return grouped.agg(**counts).sort("domain").collect()


_WANTED = PartColumns((_DOMAIN, _LENGTH), tail=256 * 1024, made=_added_up)
