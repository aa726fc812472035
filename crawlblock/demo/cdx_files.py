"""The CDX files of a crawl with their ZipNum index (cluster.idx)."""

import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from crawlblock.demo.contents import IndexEntry
from crawlblock.demo.format_history import Era

BLOCK = 300  # lines of a gzip member; Common Crawl has 3,000
SHARDS = 3  # files; Common Crawl has 300


def write_cdx(folder: Path, crawl: str, entries: Iterable[IndexEntry], era: Era) -> list[str]:
    """Write a crawl's CDX files and cluster.idx under the archive's folder; return their keys."""
    base = f"cc-index/collections/{crawl}"
    (folder / base / "indexes").mkdir(parents=True)
    lines = sorted(_line(entry, era).encode() for entry in entries)
    cluster: list[str] = []
    keys: list[str] = []
    for number, shard in enumerate(_shards(list(_blocks(lines)))):
        name = f"cdx-{number:05}.gz"
        keys.append(f"{base}/indexes/{name}")
        with (folder / keys[-1]).open("wb") as file:
            for block in shard:
                offset = file.tell()
                length = file.write(_member(block))
                start = b" ".join(block[0].split(b" ", 2)[:2]).decode()
                cluster.append(f"{start}\t{name}\t{offset}\t{length}\t{len(cluster) + 1}\n")
    keys += [f"{base}/indexes/cluster.idx", f"{base}/metadata.yaml"]
    (folder / keys[-2]).write_bytes("".join(cluster).encode())
    (folder / keys[-1]).write_bytes(f"title: {crawl} (rendered by crawlblock)\n".encode())
    return keys


def _line(entry: IndexEntry, era: Era) -> str:
    """Return a CDXJ line; Common Crawl writes every value as text, and the keys in this order."""
    capture = entry.capture
    fields = {"url": capture.url, "mime": capture.mime or "unk"}
    if era.detected:
        fields["mime-detected"] = capture.detected
    fields |= {
        "status": str(capture.status),
        "digest": entry.digest,
        "length": str(entry.length),
        "offset": str(entry.offset),
        "filename": entry.filename,
    }
    if era.redirect and capture.redirect:
        fields["redirect"] = capture.redirect
    return f"{entry.surt} {entry.fetch_time:%Y%m%d%H%M%S} {json.dumps(fields)}\n"


def _blocks(lines: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    for start in range(0, len(lines), BLOCK):
        yield lines[start : start + BLOCK]


def _shards(blocks: Sequence[Sequence[bytes]]) -> Iterator[Sequence[Sequence[bytes]]]:
    size = max(1, -(-len(blocks) // SHARDS))
    for start in range(0, len(blocks), size):
        yield blocks[start : start + size]


def _member(lines: Iterable[bytes]) -> bytes:
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    return packer.compress(b"".join(lines)) + packer.flush()
