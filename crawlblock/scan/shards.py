"""The shards that lie in directories, checked to belong together before they are merged."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import polars as pl

from crawlblock.captures.record_counts import TypeCount
from crawlblock.captures.selection import Period
from crawlblock.errors import InputError
from crawlblock.scan.plan import Plan, Shard, TakenFiles, read_plan
from crawlblock.scan.shard import read_about, shard_path
from crawlblock.sources.commoncrawl.crawls import period_of
from crawlblock.sources.parquet_pages import check_pages

COLUMNS = (  # of a shard that are merged

    "snapshot", "host", "resource", "secure", "fetch_time", "status", "ended", "reason", "redirect",
    "digest", "bytes", "text", "rules", "headers", "warc_file", "warc_offset", "warc_length",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Found:
    """A shard that lies in a directory, with the plan it is part of.

    Of what it says of itself only this is kept.
    """

    path: Path
    shard: Shard
    captures: int
    bytes: int  # of the WARC files read
    faults: int  # places that could not be read
    records: tuple[TypeCount, ...]
    plan: Plan
    taken: TakenFiles


def find_shards(directories: Sequence[Path]) -> list[Found]:
    """Return the shards of some directories, each once, in the order of their names.

    Raises InputError for a directory without a plan or shards, for a file that is no whole shard
    of the plan, and for shards that do not belong together.
    """
    found: dict[object, Found] = {}
    for directory in directories:
        for each in _found(directory):
            found.setdefault((each.shard.crawl, each.shard.files, sampled(each)), each)
    shards = sorted(found.values(), key=lambda each: (each.shard.crawl, each.shard.files))
    for _, crawl in by_crawl(shards):
        _check_together(crawl)
    return shards


def by_crawl(shards: Iterable[Found]) -> Iterator[tuple[str, list[Found]]]:
    """Yield each crawl with its shards, from shards in order."""
    for crawl, group in groupby(shards, key=lambda each: each.shard.crawl):
        yield crawl, list(group)


def _found(directory: Path) -> Iterator[Found]:
    """Yield the shards that lie in a directory."""
    plan = read_plan(directory)
    taken = {each.crawl: each for each in plan.crawls}
    planned = {shard.shard: shard for shard in plan.shards}
    paths = sorted(shard_path(directory, "any").parent.glob("*.parquet"))
    if not paths:
        raise InputError(f"{directory} has no shards yet; run crawlblock scan run {directory}")
    for path in paths:
        about = read_about(path)
        shard = planned.get(about.shard)
        if shard is None or shard.files != about.files:
            raise InputError(
                f"{path}: not a shard of the plan in {directory}; move it to the directory that "
                "its own plan is in"
            )
        if missing := set(COLUMNS) - _columns(path):
            raise InputError(
                f"{path}: made by an older crawlblock, it has no {min(missing)}; remove it and run "
                "crawlblock scan run again"
            )
        yield Found(
            path=path,
            shard=shard,
            captures=about.captures,
            bytes=about.bytes,
            faults=len(about.faults),
            records=about.records,
            plan=plan,
            taken=taken[shard.crawl],
        )


def _columns(path: Path) -> set[str]:
    try:
        check_pages(path)
        return set(pl.read_parquet_schema(path))
    except (OSError, ValueError, pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise InputError(
            f"{path} is not a shard of a scan ({str(error)[:150]}); remove it and run crawlblock "
            "scan run again"
        ) from None


def _check_together(shards: Sequence[Found]) -> None:
    """Raise InputError where shards of a crawl come from different plans."""
    first = shards[0]
    owners: dict[str, Found] = {}
    for each in shards:
        for file in each.shard.files:
            other = owners.setdefault(file, each)
            if other is not each:
                raise InputError(
                    f"{each.path} and {other.path} both hold {file}: they are of different plans; "
                    "merge one of them, or the other into another --db"
                )
        check_plan(each, str(first.path), *sampled(first))


def sampled(found: Found) -> tuple[str, float, int, int]:
    """Return how a shard's plan samples files: seed, share, files of the plan and of the crawl."""
    return found.plan.seed, found.plan.share, found.taken.files, found.taken.of


def period(found: Found) -> Period | None:
    """Return when a shard's crawl was made, as its plan says or the names of the files do."""
    first, last = found.taken.first_capture, found.taken.last_capture
    if first and last:
        return first, last
    files = (
        f for shard in found.plan.shards if shard.crawl == found.taken.crawl for f in shard.files
    )
    return period_of(list(files))


def check_plan(found: Found, where: str, seed: str, share: float, planned: int, of: int) -> None:
    """Raise InputError if the plan of a shard samples other files than that of others."""
    if sampled(found) != (seed, share, planned, of):
        raise InputError(
            f"{found.path}: its plan takes {found.taken.files} of {found.taken.of} files by the "
            f"seed {found.plan.seed}, that of {where} {planned} of {of} by {seed}: together they "
            "are no sample; merge one of them, or the other into another --db"
        )
