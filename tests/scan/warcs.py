"""WARC records and scans of them, written byte by byte so that anything can be wrong."""

import gzip
import json
import zlib
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from crawlblock.scan.inputs import Task
from crawlblock.scan.plan import Plan, TakenFiles, cut, write_plan
from crawlblock.scan.shard import KEY, tasks
from crawlblock.transport import Limits
from crawlblock.warc.http import digest
from crawlblock.warc.reader import Damage, Record, records

CRAWL = "CC-MAIN-2025-33"
TEXT = b"User-agent: *\nDisallow: /private\n"
PLAIN = b"Content-Type: text/plain\r\n"


def answer(body: bytes = TEXT, status: bytes = b"200 OK", headers: bytes = PLAIN) -> bytes:
    """Return an HTTP answer."""
    return b"HTTP/1.1 " + status + b"\r\n" + headers + b"\r\n" + body


def record(
    host: str = "a.example",
    block: bytes | None = None,
    *,
    kind: str = "response",
    length: int | None = -1,
    fields: Sequence[tuple[str, bytes]] = (),
    url: str | None = None,
) -> bytes:
    """Return a record; `length` is what it says of its own (-1: the truth, None: nothing)."""
    block = answer() if block is None else block
    lines = [
        b"WARC/1.0",
        b"WARC-Type: " + kind.encode(),
        b"WARC-Date: 2025-08-04T14:54:08Z",
        b"WARC-Target-URI: " + (url or f"https://{host}/robots.txt").encode("latin-1"),
        *(name.encode() + b": " + value for name, value in fields),
    ]
    if length is not None:
        lines.append(b"Content-Length: %d" % (len(block) if length < 0 else length))
    return b"\r\n".join(lines) + b"\r\n\r\n" + block + b"\r\n\r\n"


def member(*texts: bytes) -> bytes:
    """Return texts as one gzip member."""
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    return packer.compress(b"".join(texts)) + packer.flush()


def read(path: Path, raw: bytes, fast: bool) -> tuple[list[Record], list[Damage]]:
    """Return the responses and damages of a file with these bytes."""
    path.write_bytes(raw)
    found = list(records(path, fast))
    stored = [each for each in found if isinstance(each, Record)]
    return stored, [each for each in found if isinstance(each, Damage)]


def archive(directory: Path, files: Sequence[bytes]) -> Path:
    """Write an archive of one crawl with these robotstxt files."""
    keys = [f"crawl-data/{CRAWL}/segments/1.0/robotstxt/{n:05}.warc.gz" for n in range(len(files))]
    for key, raw in zip(keys, files, strict=True):
        path = directory / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(raw)
    listed = "".join(f"{key}\n" for key in keys).encode()
    (directory / f"crawl-data/{CRAWL}/robotstxt.paths.gz").write_bytes(gzip.compress(listed))
    crawl = {"id": CRAWL, "from": "2025-08-02T00:00:00", "to": "2025-08-18T00:00:00"}
    (directory / "collinfo.json").write_text(json.dumps([crawl]))
    return directory


def planned(directory: Path, mirror: str, keys: Sequence[str], size: int = 20) -> list[Task]:
    """Return the tasks of a scan of some files, its plan written into the directory."""
    shards = cut(CRAWL, keys, size)
    taken = TakenFiles(CRAWL, len(keys), len(keys))
    plan = Plan(mirror, "seed", 1.0, 0, (taken,), tuple(shards))
    write_plan(plan, directory)
    return list(
        tasks(plan, shards, directory, None, Limits(per_second=1_000, retry=0.01, patience=0.05))
    )


def keys_of(mirror: Path) -> list[str]:
    """Return the robotstxt files of an archive's only crawl."""
    (path,) = mirror.glob("crawl-data/*/robotstxt.paths.gz")
    return gzip.decompress(path.read_bytes()).decode().split()


def stated(body: bytes) -> tuple[str, bytes]:
    """Return the header field with a payload's digest."""
    return "WARC-Payload-Digest", digest(body).encode()


def older(path: Path) -> None:
    """Make a shard one as the version before wrote it: with verdicts and the rules they rest on."""
    about = json.loads(pl.read_parquet_metadata(path)[KEY])
    about |= {"rules": "2026-11-26.0123456789abcdef", "tokens": ["*"], "codes": {}, "policies": {}}
    del about["damaged"]
    rows = pl.read_parquet(path).drop("secure", "ended", "reason")
    rows = rows.with_columns(outcome=pl.lit("ok"), policy=pl.lit("0" * 16))
    rows.write_parquet(path, metadata={KEY: json.dumps(about)})
