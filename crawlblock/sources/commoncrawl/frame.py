"""The registered domains of a crawl: the frame of a random sample.

A crawl has about 40 million registered domains, too many to hold in memory.  We read one column of
each part of the index and keep the part's distinct domains, sorted, in a file of the cache folder.
Then we go through the domains of all these files in ranges of the alphabet.  All copies of a domain
are in the same range, so removing them there gives the exact frame.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import polars as pl

from crawlblock.names import kept_as
from crawlblock.sampling import frame_name
from crawlblock.sources.commoncrawl.cost import Estimate
from crawlblock.sources.commoncrawl.mirror import Mirror
from crawlblock.sources.commoncrawl.parquet_columns import (
    PartColumns,
    collected,
    keep_made,
    read_footer,
)

_COLUMN = "url_host_registered_domain"
_PLAIN = "^[a-z0-9_-](?:[a-z0-9_.-]*[a-z0-9_-])?$"  # `frame_name` changes at most a first `www.`
_RANGE = 400_000  # domains
_MARKS = 400  # in a range; a range begins at a mark, and marks are equally far apart in each file
_SECONDS_A_PART = 0.2  # of processor, to sample from its domains; measured, see benchmarks
_MAGIC = b"PAR1"


@dataclass(frozen=True, slots=True)
class FramePlan:
    """What reading the frame of a crawl and sampling from it will cost."""

    reading: Estimate
    parts: int  # of the index
    left: int  # of them, those that must be asked for

    def minutes(self, per_second: float) -> float:
        """Return the time at a rate of requests, or that of the line if it is the longer."""
        return self.reading.minutes(per_second) + self.parts * _SECONDS_A_PART / 60


@dataclass(frozen=True, slots=True)
class _Kept:
    """A file with the distinct domains of a part."""

    path: Path
    first: str
    last: str


async def plan_frame(mirror: Mirror, crawl: str, keys: Sequence[str], folder: Path) -> FramePlan:
    """Return what the frame will cost, judged by one part, of which only the end is read."""
    left = [key for key in keys if not (mirror.local_path(key) or is_kept(key, folder))]
    if not left:
        return FramePlan(Estimate(crawl, "columnar", 0, 0), len(keys), 0)
    footer = await read_footer(mirror, left[len(left) // 2], _WANTED)
    requests, size = len(left) * footer.requests, len(left) * footer.bytes
    return FramePlan(Estimate(crawl, "columnar", requests, size), len(keys), len(left))


def is_kept(key: str, folder: Path) -> bool:
    """Tell whether the domains of a part were kept by an earlier run."""
    path = domain_file(key, folder)
    try:
        with path.open("rb") as file:
            begins = file.read(len(_MAGIC)) == _MAGIC
            file.seek(-len(_MAGIC), 2)
            return begins and file.read() == _MAGIC
    except OSError:  # it is not there, or it is empty
        return False


async def keep_domains(mirror: Mirror, key: str, folder: Path) -> None:
    """Write a file with the distinct domains of a part.

    Raises ArchiveError if the part cannot be used, StoreError if the disk refuses.
    """
    await keep_made(mirror, key, _WANTED, domain_file(key, folder))


def domain_file(key: str, folder: Path) -> Path:
    """Return where the distinct domains of a part are kept."""
    return folder / f"{kept_as(key)}.domains.parquet"


class Frame:
    """The distinct domains of all parts, which are read from the disk range by range."""

    def __init__(self, paths: Sequence[Path], size: int = _RANGE) -> None:
        """Take the files that `keep_domains` writes, and about how many domains a range has."""
        step = -(-size // _MARKS)
        self._files: list[_Kept] = []
        marks: list[str] = []
        for path in paths:
            domains = collected(pl.scan_parquet(path, glob=False), path.parent).to_series()
            if len(domains):
                self._files.append(_Kept(path, domains[0], domains[-1]))
                marks.extend(domains.gather_every(step))
        self._cuts = sorted(set(sorted(marks)[:: size // step]))

    @property
    def ranges(self) -> int:
        """Return how many ranges there are."""
        return len(self._cuts)

    def __iter__(self) -> Iterator[list[str]]:
        """Yield the distinct domains of each range."""
        for low, high in pairwise([*self._cuts, None]):
            yield self._between(low or "", high)

    def _between(self, low: str, high: str | None) -> list[str]:
        files = [
            file.path
            for file in self._files
            if file.last >= low and (high is None or file.first < high)
        ]
        wanted = pl.col("domain") >= low
        if high is not None:
            wanted &= pl.col("domain") < high
        lazy = pl.scan_parquet(files, glob=False).filter(wanted).unique()
        return collected(lazy, files[0].parent).to_series().to_list()


def _distinct(rows: pl.LazyFrame) -> pl.DataFrame:
    """Return the distinct domains of a part, sorted."""
    domains = pl.col(_COLUMN).cast(pl.String).alias("domain")
    frame = rows.select(domains).unique().drop_nulls().collect()
    plain = pl.col("domain").str.contains(_PLAIN) & ~pl.col("domain").str.starts_with("www.")
    odd = map(frame_name, frame.filter(~plain).to_series())
    named = pl.DataFrame({"domain": sorted({name for name in odd if name})}, {"domain": pl.String})
    return pl.concat([frame.filter(plain), named]).unique().sort("domain")


_WANTED = PartColumns((_COLUMN,), tail=64 * 1024, made=_distinct, rows=10_000)
