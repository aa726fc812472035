"""Measures merge and the results of a census on generated shards of one crawl.

The shards are like those of a scan of a whole crawl: files of 750 captures and shards of 20 files;
a third of the captures redirect from http to https in the same file, every fiftieth is of a host
that another file has, too; 200 answers have a digest of their own, and every seventh of them a text
of its own, the others share 3,000 texts by Zipf's law.  Each command runs in a process of its own;
times are by the clock.
"""

import hashlib
import json
import random
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from itertools import accumulate
from pathlib import Path
from typing import Any

import polars as pl
from machine import Ran, crawlblock
from measured import Measurement, alone, folders, paired

from crawlblock import __version__, registry
from crawlblock.scan.plan import Plan, Shard, TakenFiles, cut, write_plan
from crawlblock.scan.rows import SCHEMA
from crawlblock.scan.shard import KEY, ShardHeader, shard_path

CRAWL = "CC-MAIN-2025-33"
CAPTURES = 3_000_000
FILE, FILES = 750, 20  # captures of a file, files of a shard
SHARED = 3_000  # texts
SMOKE = {"rounds": 1, "captures": FILE, "directory": ""}
_WEIGHTS = list(accumulate(1 / rank for rank in range(1, SHARED + 1)))
_TLDS = ("com", "com", "com", "org", "net", "de", "ru", "co.uk", "fr", "it", "pl", "com.br", "info")
_SERVERS = ("nginx", "nginx", "cloudflare", "cloudflare", "Apache", "LiteSpeed", "AkamaiGHost")


def build(directory: Path, captures: int) -> None:
    """Write a plan and its shards, unless they are there."""
    keys = [f"crawl-data/{CRAWL}/robotstxt/{n:06}.warc.gz" for n in range(captures // FILE)]
    shards = cut(CRAWL, keys, FILES)
    taken = TakenFiles(CRAWL, len(keys), len(keys))
    plan = Plan("/archive", "seed", 1.0, 0, (taken,), tuple(shards))
    write_plan(plan, directory)
    (directory / "shards").mkdir(exist_ok=True)
    for number, shard in enumerate(shards):
        path = shard_path(directory, shard.shard)
        if not path.exists():
            _write(path, shard, random.Random(number))


def _write(path: Path, shard: Shard, rng: random.Random) -> None:
    kept: set[str] = set()
    rows = [row for file in shard.files for row in file_rows(rng, file, kept)]
    about = ShardHeader(
        version=__version__,
        shard=shard.shard,
        crawl=CRAWL,
        files=shard.files,
        keep_bodies=False,
        captures=len(rows),
        payloads=0,
        damaged=0,
        bytes=0,
        faults=(),
    )
    frame = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    frame.write_parquet(path, statistics=False, metadata={KEY: json.dumps(asdict(about))})


def file_rows(rng: random.Random, file: str, kept: set[str]) -> Iterator[tuple[Any, ...]]:
    """Yield the captures of a file; a text comes with the shard's first capture of it."""
    offset = 0
    while offset < FILE:
        name = rng.randrange(10**9) if rng.random() < 0.98 else rng.randrange(20_000)
        host = f"{rng.choice(('', 'www.', 'www.', 'a.'))}h{name}.{_TLDS[name % len(_TLDS)]}"
        at = datetime(2025, 8, 2) + timedelta(seconds=rng.randrange(1_300_000))
        answers = [rng.choices((200, 404, 403, 503), (64, 26, 6, 4))[0]]
        if rng.random() < 0.5:
            answers.insert(0, 301)
        for status in answers[: FILE - offset]:
            secure = status != 301
            text, rules = _text(rng) if status == 200 else (None, None)
            sent = {"server": rng.choice(_SERVERS), "content-type": "text/plain"}
            yield (
                CRAWL, host, "/robots.txt", secure, at, status, None, None,
                None if secure else f"https://{host}/robots.txt",
                text and f"sha1:{rng.getrandbits(160):032X}", rules and len(rules), text,
                None if text in kept else rules, None, json.dumps(sent), file, offset * 1_500,
                1_500,
            )  # fmt: skip
            if text:
                kept.add(text)
            offset += 1


def _text(rng: random.Random) -> tuple[str, bytes]:
    number = rng.choices(range(SHARED), cum_weights=_WEIGHTS)[0]
    if rng.random() < 1 / 7:
        number = rng.getrandbits(40)
    named = f"User-agent: {named_token(number)}\nDisallow: /\n\n" if number % 4 == 0 else ""
    rules = f"{named}User-agent: *\nDisallow: /a{number}\nDisallow: /wp-admin/\n".encode()
    return hashlib.blake2b(rules, digest_size=8).hexdigest(), rules


def named_token(number: int) -> str:
    """Return a crawler that a text names."""
    crawlers = registry.crawlers()
    return crawlers[number // 4 % len(crawlers)].token


def measure(
    rounds: int = 5, captures: int = CAPTURES, directory: str = "build/census"
) -> Iterator[Measurement]:
    """Merge generated shards twice and compute the results, each round in a new database.

    The shards are kept in the directory, if one is named.
    """
    merged, again, analyzed = "scan merge", "scan merge, nothing new", "analyze --census"
    runs: dict[str, list[Ran]] = {merged: [], again: [], analyzed: []}
    with folders(directory) as (kept, temporary):
        scan = kept / "scan"
        build(scan, captures)
        for number in range(rounds):
            database = temporary / f"census-{number}.duckdb"
            for name in (merged, again):
                runs[name].append(crawlblock("scan", "merge", scan, "--db", database))
            runs[analyzed].append(crawlblock("analyze", "--census", "--db", database))
        size = database.stat().st_size
        shards = sum(path.stat().st_size for path in scan.glob("shards/*"))
    for name, ran in runs.items():
        yield alone(f"`{name}` of {captures:,} captures", "s", [each.seconds for each in ran])
        yield alone(f"`{name}`, processor", "s", [each.processor for each in ran])
        yield alone(f"`{name}`, peak", "MB", [each.peak for each in ran])
    yield paired("size of the database", "MB", [size / 1e6], [shards / 1e6], "the shards")
