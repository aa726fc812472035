"""Measures what merging costs beside the captures: many small shards of the real format.

A shard has twenty files and five captures, and says as much of itself as one of 15,000 captures
does.  There are 5,000 shards a crawl, as in a real one.
What is measured is finding and checking the shards, reading them, noting them and their files, and
the transactions, of which there is one for a hundred such shards (for twenty real ones); a real
shard costs about 0.9 s of a core before it is merged.  Takes 0.7 GB of the disk for 100,000 shards.
"""

import json
import random
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl
from census import file_rows
from machine import resident
from measured import Measurement, at_most, paired, timed

from crawlblock import __version__
from crawlblock.scan.load import load
from crawlblock.scan.plan import Plan, Shard, TakenFiles, cut, write_plan
from crawlblock.scan.rows import SCHEMA
from crawlblock.scan.shard import KEY, ShardHeader, shard_path
from crawlblock.scan.shards import find_shards
from crawlblock.store.database import DatabaseFile

SECOND = 0.9  # of a core, for a real shard: 15,000 captures at 17,000 a second, see scan_run.py
FILES, CAPTURES = 20, 5  # of a shard
CRAWL_SHARDS = 5_000
SHARE = at_most(0.02)  # of a real shard's second
SMOKE = {"rounds": 1, "shards": 20}


def build(directory: Path, shards: int) -> None:
    """Write a plan of some crawls and its shards."""
    crawls = [f"CC-MAIN-{2000 + n}-33" for n in range(-(-shards // CRAWL_SHARDS))]
    planned: list[Shard] = []
    for crawl in crawls:
        count = min(CRAWL_SHARDS, shards - len(planned))
        keys = [f"crawl-data/{crawl}/robotstxt/{n:06}.warc.gz" for n in range(count * FILES)]
        planned += cut(crawl, keys, FILES)
    taken = tuple(TakenFiles(crawl, CRAWL_SHARDS * FILES, CRAWL_SHARDS * FILES) for crawl in crawls)
    write_plan(Plan("/", "seed", 1.0, 0, taken, tuple(planned)), directory)
    (directory / "shards").mkdir()
    rng = random.Random(1)
    about = asdict(
        ShardHeader(
            version=__version__,
            shard="",
            crawl="",
            files=(),
            keep_bodies=False,
            captures=CAPTURES,
            payloads=0,
            damaged=0,
            bytes=30_000_000,
            faults=(),
        )
    )
    for shard in planned:
        _write(shard_path(directory, shard.shard), shard, {**about, **asdict(shard)}, rng)


def _write(path: Path, shard: Shard, about: dict[str, Any], rng: random.Random) -> None:
    kept: set[str] = set()
    rows = [
        (shard.crawl, *row[1:])
        for file in shard.files[:CAPTURES]
        for row in islice(file_rows(rng, file, kept), 1)
    ]
    frame = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    frame.write_parquet(path, statistics=False, metadata={KEY: json.dumps(about)})


class Memory(list[float]):
    """The resident memory of this process after some shares of the shards."""

    def __call__(self, _: str, done: int, of: int) -> None:
        """Look at it after each twentieth."""
        if done * 20 // of > len(self):
            self.append(resident())


def measure(rounds: int = 5, shards: int = 20_000) -> Iterator[Measurement]:
    """Build shards and merge them twice in each round, each time into a new database."""
    found, loaded, again = "find and check", "load", "load again, nothing new"
    taken: dict[str, list[float]] = {found: [], loaded: [], again: []}
    first, last = [], []
    with tempfile.TemporaryDirectory() as folder:
        scan = Path(folder) / "scan"
        build(scan, shards)
        for number in range(rounds):
            shards_found, seconds = timed(partial(find_shards, [scan]))
            taken[found].append(seconds)
            database = DatabaseFile(Path(folder) / f"census-{number}.duckdb")
            memory = Memory([resident()])
            load_all = partial(load, database, shards_found)
            taken[loaded].append(timed(partial(load_all, memory))[1])
            first.append(memory[0])
            last.append(resident())
            taken[again].append(timed(partial(load_all, memory))[1])
        print(f"{shards:,} shards; database {database.path.stat().st_size / 1e6:,.0f} MB")
    real = [1e3 * SECOND] * rounds
    for what, every in taken.items():
        each = [1e3 * second / shards for second in every]
        yield paired(f"{what}: processor a shard", "ms", each, real, "a real shard")
    whole = [
        1e3 * (one + two) / shards for one, two in zip(taken[found], taken[loaded], strict=True)
    ]
    yield paired("find, check and load", "ms", whole, real, "a real shard", SHARE)
    yield paired("memory at the end of loading", "MiB", last, first, "at its start")
