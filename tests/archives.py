"""Archives in Common Crawl's layout, read by the simplest means: warcio, gzip and JSON."""

import gzip
import zlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl
from warcio.archiveiterator import ArchiveIterator

SAMPLE = Path(__file__).parent.parent / "data" / "demo"


@dataclass(frozen=True, slots=True)
class Answer:
    """A response record, as warcio reads it."""

    time: datetime
    status: int
    target: str | None
    body: bytes


Archive = dict[str, list[Answer]]  # by URL


def paths(directory: Path, crawl: str, kind: str) -> list[Path]:
    """Return the files of a crawl by its list of keys."""
    listed = gzip.decompress((directory / f"crawl-data/{crawl}/{kind}.paths.gz").read_bytes())
    return [directory / key for key in listed.decode().splitlines()]


def read_all(directory: Path, crawl: str) -> Archive:
    """Return every response of a crawl."""
    found: Archive = defaultdict(list)
    for path in paths(directory, crawl, "robotstxt"):
        with path.open("rb") as file:
            for record in ArchiveIterator(file):
                if record.rec_type == "response":
                    time = datetime.fromisoformat(record.rec_headers["WARC-Date"].rstrip("Z"))
                    answer = Answer(
                        time,
                        int(record.http_headers.get_statuscode()),
                        record.http_headers.get_header("Location"),
                        record.content_stream().read(),
                    )
                    found[record.rec_headers["WARC-Target-URI"]].append(answer)
    return found


def resolve(found: Archive, url: str | None, hops: int = 0) -> Answer | None:
    """Return the newest good answer behind a URL, else the newest; None where a chain breaks."""
    if url is None or hops > 5:
        return None
    ends = [
        resolve(found, answer.target, hops + 1) if answer.status == 301 else answer
        for answer in sorted(found.get(url, ()), key=lambda answer: answer.time, reverse=True)
    ]
    good = (end for end in ends if end and end.status == 200)
    return next(good, next(filter(None, ends), None))


def cdx_lines(directory: Path, crawl: str) -> Iterator[tuple[str, bytes]]:
    """Return the lines of the blocks that cluster.idx names, with the key it gives the block."""
    folder = directory / "cc-index/collections" / crawl / "indexes"
    for number, line in enumerate((folder / "cluster.idx").read_text().splitlines(), 1):
        key, name, offset, length, block = line.split("\t")
        assert int(block) == number
        with (folder / name).open("rb") as file:
            file.seek(int(offset))
            for each in zlib.decompress(file.read(int(length)), 31).splitlines():
                yield key, each


def small(sample: Path, hosts: int | Sequence[str], crawls: Sequence[str] = ()) -> Path:
    """Write a sample of the first hosts only, or of those named, and of some crawls only."""
    sample.mkdir()
    for name in ("policies.parquet", "statements.parquet", "hosts.csv"):
        (sample / name).write_bytes((SAMPLE / name).read_bytes())
    facts = pl.read_parquet(SAMPLE / "facts.parquet")
    dates = pl.read_csv(SAMPLE / "crawls.csv")
    if crawls:
        facts = facts.filter(pl.col("crawl").is_in(crawls))
        dates = dates.filter(pl.col("crawl").is_in(crawls))
    if isinstance(hosts, int):
        hosts = facts["host"].unique(maintain_order=True).head(hosts).to_list()
    facts.filter(pl.col("host").is_in(hosts)).write_parquet(sample / "facts.parquet")
    dates.write_csv(sample / "crawls.csv")
    return sample


def contents(directory: Path) -> dict[str, bytes]:
    """Return all files of a directory."""
    files = (path for path in sorted(directory.rglob("*")) if path.is_file())
    return {str(path.relative_to(directory)): path.read_bytes() for path in files}
