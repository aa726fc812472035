"""Measures what merging costs beside the captures: many small shards of the real format.

Usage:
    python benchmarks/scale_merge.py [--shards 100000]

A shard has twenty files and five captures, and says as much of itself as one of 15,000 captures
does.  There are 5,000 shards a crawl, as in a real one.
What is measured is finding and checking the shards, reading them, noting them and their files, and
the transactions, of which there is one for a hundred such shards (for twenty real ones); a real
shard costs about 0.9 s of a core before it is merged.  Takes 0.7 GB of the disk for 100,000 shards.
"""

import argparse
import json
import os
import random
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import polars as pl
from census import file_rows
from judge import describe, resident

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
T = TypeVar("T")


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
    drawn = random.Random(1)
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
        _write(shard_path(directory, shard.shard), shard, {**about, **asdict(shard)}, drawn)


def _write(path: Path, shard: Shard, about: dict[str, Any], drawn: random.Random) -> None:
    kept: set[str] = set()
    rows = [
        (shard.crawl, *row[1:])
        for file in shard.files[:CAPTURES]
        for row in islice(file_rows(drawn, file, kept), 1)
    ]
    frame = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    frame.write_parquet(path, statistics=False, metadata={KEY: json.dumps(about)})


def measured(what: str, shards: int, call: Callable[[], T], memory: Sequence[float] = ()) -> T:
    """Return what a call gives, and print what of the processor it took for each shard."""
    begun, clock = time.process_time(), time.perf_counter()
    found = call()
    each = (time.process_time() - begun) / shards
    clock = time.perf_counter() - clock
    told = ", ".join(f"{taken:,.0f}" for taken in (*memory, resident()))
    print(
        f"| {what} | {clock:.0f} s | {each * 1e3:.2f} ms | {each / SECOND:.2%} | {told} MiB |",
        flush=True,
    )
    return found


class Memory(list[float]):
    """The resident memory of this process after some shares of the shards."""

    def __call__(self, _: str, done: int, of: int) -> None:
        """Look at it after each twentieth."""
        if done * 20 // of > len(self):
            self.append(resident())


def main() -> None:
    """Build shards, merge them twice and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--shards", type=int, default=100_000)
    shards = parser.parse_args().shards
    print(f"{describe()}, duckdb {version('duckdb')}; load {os.getloadavg()[0]:.1f}\n")
    with tempfile.TemporaryDirectory() as folder:
        scan = Path(folder) / "scan"
        print("| step | clock | processor a shard | of a real shard's | resident |")
        print("|---|---|---|---|---|")
        measured("build (no part of it)", shards, lambda: build(scan, shards))
        found = measured("find and check", shards, lambda: find_shards([scan]))
        database = DatabaseFile(Path(folder) / "census.duckdb")
        memory = Memory()
        measured("load", shards, lambda: load(database, found, memory), memory)
        measured("load again, nothing new", shards, lambda: load(database, found, memory))
        print(f"\n{shards:,} shards; database {database.path.stat().st_size / 1e6:,.0f} MB")


if __name__ == "__main__":
    main()
