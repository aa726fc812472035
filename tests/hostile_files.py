"""Files that mean harm to memory, each with the reader that gets it; run as a script it reads them.

The script prints how much memory each reader took beyond that of the process after its imports.
"""

import resource
import struct
import sys
import zlib
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from pathlib import Path

import polars as pl

from crawlblock import loops
from crawlblock.errors import CrawlblockError
from crawlblock.pipeline.sample import from_list, from_ranking
from crawlblock.scan.plan import PLAN, read_plan
from crawlblock.scan.shard import read_about
from crawlblock.sources.commoncrawl.cluster_index import ClusterIndex
from crawlblock.sources.commoncrawl.columnar import Columnar
from crawlblock.sources.commoncrawl.crawls import list_crawls, paths
from crawlblock.sources.commoncrawl.mirror import DirectoryMirror
from crawlblock.sources.commoncrawl.web_graph import ranking_lines
from crawlblock.sources.commoncrawl.zipnum import ZipNum
from crawlblock.sources.files import Files, read_observation_times
from crawlblock.sources.files.rankings import read_ranks
from crawlblock.sources.files.weight_lists import read_weights
from crawlblock.sources.live import read_journal

MOST = 300  # MiB beyond the process after its imports
_HUGE = 340_000_000  # bytes, more than a reader may take
_ROWS = 400  # of a megabyte
_HEAD = b"host,fetch_time,status,body\n"
_LINES = b'{"host": "a.com", "fetch_time": "2024-01-01", "status": 200, "body": "x"}\n'
_ROW = {"host": ["a.com"], "fetch_time": ["2024-01-01"], "status": ["200"]}
_INDEX = "cc-index/collections/X/indexes"
_RANKS = "projects/hyperlinkgraph/x/domain/x-domain-ranks.txt.gz"


def write(folder: Path) -> None:
    """Write the files."""
    for name, head in {
        "line.csv": _HEAD, "line.jsonl": _LINES, "line.at.csv": b"date\n", "line.list": b"a.com\n",
        "line.weights": b"domain,c4_tokens\na.com,1\n", "cluster.idx": b"a", "x.journal": b"",
        f"sparse/{PLAN}": b"",
    }.items():  # fmt: skip
        _sparse(folder / name, head)
    for name, head, piece in (
        ("field.csv.gz", _HEAD + b'a.com,2024-01-01,200,"', b"x" * 1000),
        ("lines.csv.gz", _HEAD + b'a.com,2024-01-01,200,"', b"x\n" * 500),
        ("cells.csv.gz", _HEAD, b"ab," * 400),
        ("header.csv.gz", b"", b"ab," * 400),
        ("line.jsonl.gz", _LINES, b"[[],"),
        ("line.list.gz", b"a.com\n", b"x" * 1000),
        ("array.json.gz", b'["a.com", "', b"x" * 1000),
        ("nested.json.gz", b"[", b"[" * 1000),
        ("object.json.gz", b'{"a.com": "', b"x" * 1000),
        ("crawl-data/X/robotstxt.paths.gz", b"", b"\n" * 1000),
        ("crawl-data/Y/robotstxt.paths.gz", b"", b"x" * 1000),
        (f"{_INDEX}/cdx-00000.gz", b"", b"com,a)/robots.txt 20240101000000 {}\n"),
        (_RANKS, b"", b"x" * 1000),
    ):
        _bomb(folder / name, head, piece)
    (folder / "collinfo.json").write_bytes(b"[" + b"[]," * 20_000_000)
    (folder / "graphinfo.json").write_text('[{"id": "x"}]')
    (folder / "dense").mkdir()
    (folder / f"dense/{PLAN}").write_bytes(b"[" + b"[]," * 20_000_000)
    pl.DataFrame({**_ROW, "body": ["x" * 100_000_000]}).write_parquet(folder / "cell.parquet")
    many = pl.DataFrame(_ROW).select(pl.all().repeat_by(_ROWS).explode())
    many.with_columns(body=pl.lit("x" * 1_000_000)).write_parquet(folder / "same.parquet")
    many.select(
        url=pl.lit("https://a.com/" + "x" * 1_000_000), url_host_name="host",
        fetch_time=datetime(2024, 1, 1), fetch_status=pl.lit(200, pl.Int16),
        content_digest=pl.lit("A" * 32), warc_filename=pl.lit("f"),
        warc_record_offset=pl.lit(0), warc_record_length=pl.lit(9),
    ).write_parquet(folder / "index.parquet")  # fmt: skip
    wide = (pl.lit(1).alias(f"c{number}") for number in range(30_000))
    pl.DataFrame({**_ROW, "body": ["x"]}).with_columns(wide).write_parquet(folder / "wide.parquet")


def _sparse(path: Path, head: bytes) -> None:
    """Write a file whose rest is one line of zero bytes, which takes no room on the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(head)
        file.truncate(_HUGE)


def _bomb(path: Path, head: bytes, piece: bytes) -> None:
    """Write a gzip file of one member that repeats a piece; a block is packed only once.

    What follows a full flush does not look back, so that it can be repeated as it is.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    block = piece * (1_000_000 // len(piece))
    count = _HUGE // len(block)
    packing = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS)
    first = packing.compress(head) + packing.flush(zlib.Z_FULL_FLUSH)
    packed = packing.compress(block) + packing.flush(zlib.Z_FULL_FLUSH)
    checksum = zlib.crc32(head)
    for _ in range(count):
        checksum = zlib.crc32(block, checksum)
    size = len(head) + count * len(block)
    with path.open("wb") as file:
        file.write(b"\x1f\x8b\x08" + bytes(6) + b"\xff" + first)
        for _ in range(count):
            file.write(packed)
        file.write(packing.flush() + struct.pack("<II", checksum, size))


def readers(folder: Path) -> Iterator[tuple[str, Callable[[], object]]]:
    """Yield each reader with the file that it gets."""
    mirror = DirectoryMirror(str(folder))
    yield "collinfo.json", lambda: loops.run(list_crawls(mirror))
    for crawl in "XY":
        yield f"paths {crawl}", partial(_paths, mirror, crawl)
    yield "cluster.idx", lambda: list(ClusterIndex(folder / "cluster.idx").blocks("com,a)/x"))
    yield "CDX block", lambda: _look_up(folder, mirror)
    yield (
        "Parquet index",
        lambda: loops.run(
            Columnar([folder / "index.parquet"]).look_up(["https://a.com/robots.txt"])
        ),
    )
    yield "web graph ranks", lambda: loops.run(ranking_lines(mirror, 1_000_000))
    for name in (
        "line.csv", "field.csv.gz", "lines.csv.gz", "cells.csv.gz", "header.csv.gz", "line.jsonl",
        "line.jsonl.gz", "cell.parquet", "same.parquet", "wide.parquet",
    ):  # fmt: skip
        yield (
            name,
            partial(_imported, folder / name),
        )
    yield "observation times", lambda: read_observation_times(folder / "line.at.csv")
    for name in ("line.list", "line.list.gz", "array.json.gz", "nested.json.gz", "object.json.gz",
                 "same.parquet", "cell.parquet", "wide.parquet"):  # fmt: skip
        yield f"list {name}", partial(_listed, folder / name)
    yield "ranking", lambda: from_ranking(folder / "line.list.gz", "p", "seed", 9)
    yield "ranks", lambda: read_ranks(folder / "line.list.gz")
    yield "weights", lambda: read_weights(folder / "line.weights", lambda _: None, None)
    for name in ("sparse", "dense"):
        yield f"plan {name}", partial(read_plan, folder / name)
    yield "shard", lambda: read_about(folder / "wide.parquet")
    yield "journal", lambda: read_journal(folder / "x.journal")


def _paths(mirror: DirectoryMirror, crawl: str) -> int:
    return len(loops.run(paths(mirror, crawl, "robotstxt")))


def _imported(path: Path) -> int:
    return sum(batch.fetches.height for batch in Files([path]).read())


def _listed(path: Path) -> int:
    return len(from_list(path, "p").members)


def _look_up(folder: Path, mirror: DirectoryMirror) -> object:
    size = (folder / f"{_INDEX}/cdx-00000.gz").stat().st_size
    line = f"com,a)/ 20240101000000\tcdx-00000.gz\t0\t{size}\t1\n".encode()
    index = ZipNum(mirror, "X", ClusterIndex(Path("cluster.idx"), line))
    return loops.run(index.look_up(["https://a.com/robots.txt"]))


def _mib() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // (1024 * 1024) if sys.platform == "darwin" else peak // 1024


def main(folder: Path) -> None:
    """Read all files and print the peak after each, with what the reader said."""
    loops.run(DirectoryMirror(str(folder)).size("x"))
    before = _mib()
    for name, read in readers(folder):
        try:
            said = f"read: {read()}"
        except CrawlblockError as error:
            said = f"{type(error).__name__}: {error}"
        line = " ".join(said[:200].split())
        print(f"{name}\t{_mib() - before}\t{line}", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
