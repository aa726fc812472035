"""Pages and bytes by registered domain: two columns of the columnar index of a crawl's pages.

A part has about 1 GB, the two columns 4 % of it (measured on a rendered part of a million rows).  A
Parquet file is read from its end, which tells where each column's bytes are: these are asked for
and written at their places in a file with holes, which any reader of Parquet then takes.
"""

import asyncio
import heapq
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import polars as pl

from crawlblock.errors import ArchiveError, StoreError
from crawlblock.outcome import Outcome
from crawlblock.sampling import draw_key
from crawlblock.sources.commoncrawl.crawls import paths
from crawlblock.sources.commoncrawl.mirror import Mirror
from crawlblock.sources.commoncrawl.plan import Estimate

_DOMAIN, _LENGTH = "url_host_registered_domain", "warc_record_length"
_MAGIC = b"PAR1"
_TAIL = 256 * 1024  # bytes asked for at first: most footers
_PIECE = 16 * 1024 * 1024  # bytes of one request


@dataclass(frozen=True, slots=True)
class Footer:
    """The end of a Parquet file, and where the columns needed lie in it."""

    raw: bytes
    ranges: Sequence[tuple[int, int]]  # start and length of each column of each row group, bytes


async def page_parts(mirror: Mirror, crawl: str) -> list[str]:
    """Return the keys of the parts of a crawl's columnar index that list pages (subset=warc)."""
    keys = await paths(mirror, crawl, "cc-index-table")
    found = sorted(key for key in keys if "/subset=warc/" in key)
    if not found:
        raise ArchiveError(f"{mirror.location}: {crawl} lists no index of its pages (subset=warc)")
    return found


def draw_parts(keys: Sequence[str], number: int | None, seed: str) -> list[str]:
    """Return `number` of the parts by the draw of a seed, all without; more begin with fewer.

    The index is sorted by reversed host name, so a domain lies whole in a part as a rule.
    """
    places = {key: draw_key(seed, f"part {place}") for place, key in enumerate(keys)}
    return heapq.nsmallest(number or len(keys), keys, key=places.__getitem__)


async def estimate_weighing(mirror: Mirror, crawl: str, keys: Sequence[str]) -> Estimate:
    """Return what reading parts will cost, judged by the first of them, whose end alone is read."""
    if not keys:
        return Estimate(crawl, "columnar", 0, 0)
    footer = await read_footer(mirror, keys[0])
    pieces = sum(len(_pieces(start, length)) for start, length in footer.ranges)
    size = max(_TAIL, len(footer.raw)) + sum(length for _, length in footer.ranges)
    return Estimate(crawl, "columnar", len(keys) * (1 + pieces), len(keys) * size)


async def weigh_part(mirror: Mirror, key: str, folder: Path) -> Path:
    """Return a file with pages and bytes by registered domain of a part, made unless it is there.

    Pages are captures with a page's content, bytes those of their WARC records as stored; a row
    without a domain is of addresses.  Raises ArchiveError if the part cannot be read.
    """
    done = weighed_file(key, folder)
    if done.exists():
        return done
    local = mirror.local_path(key)
    columns = done.with_suffix(".columns")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if local is None:
            await _save_columns(mirror, key, columns)
        aside = done.with_suffix(".part")
        _added_up(f"{mirror.location}: {key}", local or columns).write_parquet(aside)
        aside.replace(done)
    except OSError as error:
        raise StoreError(
            f"{folder} cannot be written ({error.strerror or error}); make room or choose another "
            "--cache, then run again"
        ) from None
    finally:
        columns.unlink(missing_ok=True)
    return done


def weighed_file(key: str, folder: Path) -> Path:
    """Return where a part's pages and bytes are kept."""
    return folder / f"{Path(key).name.partition('.')[0]}.weights.parquet"


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
    try:
        return pl.concat([whole, wanted.sort("domain")]).collect()
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        reason = str(error).strip().split("\n")[0][:100]
        raise StoreError(
            f"{parts[0].parent}: what was kept of the index cannot be read ({reason}); remove the "
            "folder and run again"
        ) from None


async def read_footer(mirror: Mirror, key: str) -> Footer:
    """Read the end of a part and find the columns needed in it."""
    raw = await _read(mirror, key, -_TAIL)
    size = int.from_bytes(raw[-8:-4], "little") + 8
    if raw[-4:] == _MAGIC and size > len(raw):
        raw = await _read(mirror, key, -size)
    if raw[-4:] != _MAGIC or size > len(raw):
        raise ArchiveError(f"{mirror.location}: {key}: not a Parquet file; take another mirror")
    raw = raw[-size:]
    with TemporaryDirectory() as folder:
        alone = Path(folder) / "footer.parquet"
        alone.write_bytes(_MAGIC + raw)
        return Footer(raw, _column_ranges(f"{mirror.location}: {key}", alone))


def _column_ranges(name: str, footer: Path) -> list[tuple[int, int]]:
    try:
        with duckdb.connect() as con:
            rows = con.execute(
                "SELECT path_in_schema, least(coalesce(nullif(dictionary_page_offset, 0), "
                "data_page_offset), data_page_offset) AS start, total_compressed_size "
                "FROM parquet_metadata(?) WHERE path_in_schema IN (?, ?) ORDER BY start",
                [str(footer), _DOMAIN, _LENGTH],
            ).fetchall()
    except duckdb.Error as error:
        raise ArchiveError(f"{name}: {str(error).splitlines()[0]}; take another mirror") from None
    missing = {_DOMAIN, _LENGTH} - {column for column, _, _ in rows}
    if missing:
        raise ArchiveError(
            f"{name}: the index lacks {', '.join(sorted(missing))}; it is not in Common Crawl's "
            "layout, or in a newer one"
        )
    return [(start, length) for _, start, length in rows]


async def _save_columns(mirror: Mirror, key: str, path: Path) -> None:
    """Write a file that holds, of a part, the columns needed at their places, and its end."""
    footer = await read_footer(mirror, key)
    pieces = [piece for start, length in footer.ranges for piece in _pieces(start, length)]
    with path.open("wb") as file:
        file.write(_MAGIC)
        for some in (pieces[at : at + 4] for at in range(0, len(pieces), 4)):
            got = await asyncio.gather(*(_read(mirror, key, *piece) for piece in some))
            for (start, _), raw in zip(some, got, strict=True):
                file.seek(start)
                file.write(raw)
        file.write(footer.raw)


def _pieces(start: int, length: int) -> list[tuple[int, int]]:
    end = start + length
    return [(at, min(_PIECE, end - at)) for at in range(start, end, _PIECE)]


async def _read(mirror: Mirror, key: str, start: int, length: int | None = None) -> bytes:
    raw = await mirror.read(key, start, length)
    if isinstance(raw, Outcome):
        raise ArchiveError(f"{mirror.location}: {key}: {raw}; run again later")
    return raw


def _added_up(name: str, part: Path) -> pl.DataFrame:
    try:
        rows = pl.scan_parquet(part, glob=False).group_by(pl.col(_DOMAIN).alias("domain"))
        counts = {"pages": pl.len().cast(pl.Int64), "bytes": pl.col(_LENGTH).cast(pl.Int64).sum()}
        return rows.agg(**counts).sort("domain").collect()
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        reason = str(error).strip().split("\n")[0][:100]
        raise ArchiveError(
            f"{name}: the index cannot be read ({reason}); run again or take another mirror"
        ) from None
