"""Measures `sample --crawl` on a generated crawl: peak memory, bytes asked for, time.

The parts of the index have the columns of Common Crawl's and lie in a temporary folder, which is
removed at the end: 5 GB for 40 million domains, and some minutes to write.  They are served on
loopback.  The command runs as a process of its own, at any rate, and then again with another seed.
"""

import gzip
import json
import os
import re
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

# This process must stay small: what it has in memory when it starts the command counts as the
# command's peak.  So polars is imported in the processes that write the parts.
from machine import Ran, aside, crawlblock, in_processes
from measured import Measurement, alone, at_most, paired
from servers import RangeServer

if TYPE_CHECKING:
    import polars as pl

CRAWL = "CC-MAIN-2025-33"
BASE = f"cc-index/table/cc-main/warc/crawl={CRAWL}/subset=robotstxt"
SPARSE = 25  # names that could be, for each that is
LETTERS = "aeiou", "bcdfghklmnprstvwz"
SUFFIXES = ("", "", "", "s", "app", "-shop", "online", "24")
TLDS = ("com.br", "com", "com", "com", "com", "de", "net", "org", "ru", "uk")
ROW_GROUP = 200_000  # rows
SIZE = 10_000
MEMORY = at_most(500)  # MB
SMOKE = {"rounds": 1, "domains": 2_000, "parts": 2, "size": 50}


def part_name(number: int) -> str:
    """Return the key of a part."""
    return f"{BASE}/part-{number:05}-abc.c000.gz.parquet"


def write_part(folder: Path, parts: int, domains: int, number: int) -> int:
    """Write a part; return its bytes.  Its first domain is the last of the part before."""
    import polars as pl

    from crawlblock.demo.columnar_index import _COLUMNS

    syllables = pl.Series([first + second for second in LETTERS[0] for first in LETTERS[1]]).head(
        64
    )
    tld = TLDS[number * len(TLDS) // parts]
    before = TLDS[max(0, number - 1) * len(TLDS) // parts]
    start, end = domains * number // parts, domains * (number + 1) // parts
    place = pl.int_range(max(0, start - 1), end, eager=True).alias("n")
    spread = place * SPARSE + (place.hash(1) % SPARSE).cast(pl.Int64)
    label = sum(
        (syllables.sort().gather(spread // 64**power % 64) for power in (3, 2, 1, 0)),
        syllables.sort().gather(spread // 64**4 % 64),
    )
    label = label + pl.Series(SUFFIXES).gather(place.hash(2) % len(SUFFIXES))
    frame = pl.DataFrame({"n": place, "label": label})
    ending = pl.when(pl.col("n") < start).then(pl.lit(before)).otherwise(pl.lit(tld))
    frame = frame.with_columns(ending.alias("tld"), rows=1 + pl.col("n").hash(3) % 3)
    rows = frame.with_columns(pl.col("n").repeat_by("rows")).explode("n")
    rows = _columns(rows.with_row_index("row", number * 10_000_000))
    dtypes = dict(_COLUMNS)
    rows = rows.select(
        (pl.col(name) if name in rows.columns else pl.lit(None)).cast(dtype).alias(name)
        for name, dtype in dtypes.items()
    )
    if number == 0:  # an address has no registered domain
        rows = pl.concat([rows, rows.head(1).with_columns(url_host_registered_domain=None)])
    path = folder / part_name(number)
    rows.write_parquet(path, compression="gzip", row_group_size=ROW_GROUP)
    return path.stat().st_size


def _columns(rows: "pl.DataFrame") -> "pl.DataFrame":
    """Return the columns of the index that have values."""
    import polars as pl

    some = pl.col("row").hash(4)
    www = pl.when(some % 2 == 0).then(pl.lit("www.")).otherwise(pl.lit(""))
    domain = pl.col("label") + "." + pl.col("tld")
    host = www + domain
    scheme = pl.when(some % 5 == 0).then(pl.lit("http")).otherwise(pl.lit("https"))
    digest = (some // 3).cast(pl.String) + pl.col("row").hash(5).cast(pl.String)
    segment = (some % 100).cast(pl.String)
    return rows.select(
        url_surtkey=pl.col("tld") + "," + pl.col("label") + ")/robots.txt",
        url=scheme + "://" + host + "/robots.txt",
        url_host_name=host,
        url_host_tld="tld",
        url_host_2nd_last_part="label",
        url_host_registry_suffix="tld",
        url_host_registered_domain=domain,
        url_host_private_suffix="tld",
        url_host_private_domain=domain,
        url_host_name_reversed=pl.col("tld") + "." + pl.col("label"),
        url_protocol=scheme,
        url_path=pl.lit("/robots.txt"),
        fetch_time=1_754_000_000_000 + (some % 1_200_000_000).cast(pl.Int64),
        fetch_status=pl.when(some % 3 == 0).then(404).otherwise(200),
        content_digest=digest.str.slice(0, 32),
        content_mime_type=pl.lit("text/plain"),
        content_mime_detected=pl.lit("text/plain"),
        warc_filename="crawl-data/CC-MAIN-2025-33/segments/" + segment + "/robotstxt/x.warc.gz",
        warc_record_offset=(some % 2**30).cast(pl.Int64),
        warc_record_length=(some % 4_000).cast(pl.Int64),
        warc_segment=segment,
    )


def build(folder: Path, parts: int, domains: int) -> int:
    """Write the archive; return the bytes of its parts."""
    (folder / BASE).mkdir(parents=True)
    numbers = range(parts)
    os.environ["POLARS_MAX_THREADS"] = "1"
    sizes = in_processes(partial(write_part, folder, parts, domains), numbers)
    del os.environ["POLARS_MAX_THREADS"]
    listing = folder / f"crawl-data/{CRAWL}/cc-index-table.paths.gz"
    listing.parent.mkdir(parents=True)
    listing.write_bytes(gzip.compress("\n".join(map(part_name, numbers)).encode()))
    crawl = {"id": CRAWL, "from": "2025-08-02T22:09:07", "to": "2025-08-15T23:42:38"}
    (folder / "collinfo.json").write_text(json.dumps([crawl]))
    return sum(sizes)


def run(folder: Path, url: str, size: int, *more: str) -> Ran:
    """Sample from the crawl."""
    arguments = ("sample", "--db", folder / "db.duckdb", "--mirror", url, "--crawl", "latest")
    return crawlblock(*arguments, "--size", size, *more)


def asked(server: RangeServer) -> tuple[int, int]:
    """Return how many requests came, and how many bytes of parts they asked for."""
    total = 0
    for request in server.requests:
        bounds = re.fullmatch(r"bytes=(\d*)-(\d+)", request.range or "")
        if bounds:
            total += int(bounds[2]) - int(bounds[1]) + 1 if bounds[1] else int(bounds[2])
        else:
            assert "subset=" not in request.path, "a part was asked for whole"
    return len(server.requests), total


def frame_size(db: Path) -> float:
    """Return how many domains the members of the sample stand for."""
    from crawlblock.store.store import Store

    return sum(member.weight for member in Store(db).facts.members())


def measure(
    rounds: int = 5, domains: int = 40_000_000, parts: int = 300, size: int = SIZE
) -> Iterator[Measurement]:
    """Write the archive, and in each round sample from it into a new database, by two seeds."""
    found: dict[str, list[tuple[Ran, int, int]]] = {"first": [], "other": []}
    with tempfile.TemporaryDirectory() as temporary:
        whole = build(Path(temporary) / "archive", parts, domains)
        with RangeServer(Path(temporary) / "archive") as server:
            for number in range(rounds):
                folder = Path(temporary) / f"round-{number}"
                folder.mkdir()
                print(run(folder, server.url, size, "--rate", "1", "--dry-run").said)
                for seed, runs in found.items():
                    server.requests.clear()
                    ran = run(folder, server.url, size, "--rate", "10000", "--seed", seed)
                    runs.append((ran, *asked(server)))
                frame = aside(frame_size, folder / "db.duckdb")
                if abs(frame - domains) > 0.01:
                    raise RuntimeError(f"the sample stands for {frame:,.4f} of {domains:,} domains")
    for seed, runs in found.items():
        what = f"{size:,} of {domains:,} domains, {seed} seed"
        yield alone(what, "s", [ran.seconds for ran, _, _ in runs])
        yield alone(f"{what}, processor", "s", [ran.processor for ran, _, _ in runs])
        yield alone(f"{what}, peak", "MB", [ran.peak for ran, _, _ in runs], MEMORY)
        yield alone(f"{what}, sent", "requests", [float(requests) for _, requests, _ in runs])
    parts_read = [read / 1e6 for _, _, read in found["first"]]
    yield paired("asked for", "MB", parts_read, [whole / 1e6] * rounds, "the parts of the index")
