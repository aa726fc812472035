"""Measures merge and the results of a census on generated shards of one crawl.

Usage:
    python benchmarks/census.py build/census [captures]

The shards are like those of a scan of a whole crawl: files of 750 captures and shards of 20 files;
a third of the captures redirect from http to https in the same file, every fiftieth is of a host
that another file has, too; 200 answers have a digest of their own, and every seventh of them a text
of its own, the others share 3,000 texts by Zipf's law.  Prints wall time and peak memory of each
command, each in a process of its own.
"""

import hashlib
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from itertools import accumulate
from pathlib import Path
from typing import Any

import polars as pl

from crawlblock import __version__, registry
from crawlblock.scan.plan import Plan, Shard, TakenFiles, cut, write_plan
from crawlblock.scan.rows import SCHEMA
from crawlblock.scan.shard import KEY, ShardHeader, shard_path

CRAWL = "CC-MAIN-2025-33"
CAPTURES = 3_000_000
FILE, FILES = 750, 20  # captures of a file, files of a shard
SHARED = 3_000  # texts
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


def _write(path: Path, shard: Shard, drawn: random.Random) -> None:
    kept: set[str] = set()
    rows = [row for file in shard.files for row in file_rows(drawn, file, kept)]
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


def file_rows(drawn: random.Random, file: str, kept: set[str]) -> Iterator[tuple[Any, ...]]:
    """Yield the captures of a file; a text comes with the shard's first capture of it."""
    offset = 0
    while offset < FILE:
        name = drawn.randrange(10**9) if drawn.random() < 0.98 else drawn.randrange(20_000)
        host = f"{drawn.choice(('', 'www.', 'www.', 'a.'))}h{name}.{_TLDS[name % len(_TLDS)]}"
        at = datetime(2025, 8, 2) + timedelta(seconds=drawn.randrange(1_300_000))
        answers = [drawn.choices((200, 404, 403, 503), (64, 26, 6, 4))[0]]
        if drawn.random() < 0.5:
            answers.insert(0, 301)
        for status in answers[: FILE - offset]:
            secure = status != 301
            text, rules = _text(drawn) if status == 200 else (None, None)
            sent = {"server": drawn.choice(_SERVERS), "content-type": "text/plain"}
            yield (
                CRAWL, host, "/robots.txt", secure, at, status, None, None,
                None if secure else f"https://{host}/robots.txt",
                text and f"sha1:{drawn.getrandbits(160):032X}", rules and len(rules), text,
                None if text in kept else rules, None, json.dumps(sent), file, offset * 1_500,
                1_500,
            )  # fmt: skip
            if text:
                kept.add(text)
            offset += 1


def _text(drawn: random.Random) -> tuple[str, bytes]:
    number = drawn.choices(range(SHARED), cum_weights=_WEIGHTS)[0]
    if drawn.random() < 1 / 7:
        number = drawn.getrandbits(40)
    named = f"User-agent: {drawn_token(number)}\nDisallow: /\n\n" if number % 4 == 0 else ""
    rules = f"{named}User-agent: *\nDisallow: /a{number}\nDisallow: /wp-admin/\n".encode()
    return hashlib.blake2b(rules, digest_size=8).hexdigest(), rules


def drawn_token(number: int) -> str:
    """Return a crawler that a text names."""
    crawlers = registry.crawlers()
    return crawlers[number // 4 % len(crawlers)].token


def main() -> None:
    """Print a row for each command."""
    directory = Path(sys.argv[1])
    captures = int(sys.argv[2]) if len(sys.argv) > 2 else CAPTURES
    build(directory / "scan", captures)
    database = ("--db", str(directory / "census.duckdb"))
    for leftover in directory.glob("census.*"):
        leftover.unlink()
    commands = (
        ("scan", "merge", str(directory / "scan"), *database),
        ("scan", "merge", str(directory / "scan"), *database),
        ("analyze", "--census", *database),
    )
    print("| command | seconds | MB |\n|---|---|---|")
    for command in commands:
        begun = time.monotonic()
        with subprocess.Popen(
            [sys.executable, "-m", "crawlblock", *command], stdout=subprocess.DEVNULL
        ) as process:
            _, code, used = os.wait4(process.pid, 0)
        assert code == 0
        told = " ".join(command[: 2 if command[0] == "scan" else 1])
        print(f"| `{told}` | {time.monotonic() - begun:.0f} | {used.ru_maxrss / 1024:.0f} |")
    size = (directory / "census.duckdb").stat().st_size
    shards = sum(path.stat().st_size for path in directory.glob("scan/shards/*"))
    print(f"{captures:,} captures: shards {shards / 1e6:.0f} MB, database {size / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
