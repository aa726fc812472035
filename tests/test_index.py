"""Entries of the indexes that cannot be read: left out and counted, and no other host's loss."""

import asyncio
import json
import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from worlds.cases import HOST, HTTPS, Case, blocks, got, ok
from worlds.paths import by_cdx_api, by_columnar, by_zipnum, opened

from crawlblock.demo import build
from crawlblock.demo.contents import Rendered
from crawlblock.errors import ArchiveError
from crawlblock.model import Crawl, Member
from crawlblock.pipeline.evaluate import evaluate
from crawlblock.pipeline.history import Wanted, collect_history
from crawlblock.pipeline.run import Run
from crawlblock.sources.commoncrawl.cluster_index import ClusterIndex
from crawlblock.sources.commoncrawl.cost import Method
from crawlblock.sources.commoncrawl.index import cdxj_row
from crawlblock.store.store import Store
from crawlblock.transport import Limits

CRAWL = Crawl("DEMO-2023-40", datetime(2023, 9, 21), datetime(2023, 10, 5))
HOSTS = [f"h{n:03}" for n in range(400)]
FAST = Limits(per_second=10_000, in_flight=8)

LINES: dict[str, Callable[[dict[str, object]], object]] = {
    "no JSON": lambda fields: '{"url": "https://',
    "nothing": lambda fields: "",
    "no object": lambda fields: [fields],
    "a number": lambda fields: 5,
    "brackets": lambda fields: "[" * 100_000,
    "no file": lambda fields: {k: v for k, v in fields.items() if k != "filename"},
    "no offset": lambda fields: {k: v for k, v in fields.items() if k != "offset"},
    "an offset in words": lambda fields: fields | {"offset": "far"},
    "an offset before the file": lambda fields: fields | {"offset": "-5"},
    "an offset of thirty digits": lambda fields: fields | {"offset": "9" * 30},
    "an offset of 5,000 digits": lambda fields: fields | {"offset": "9" * 5000},
    "no length": lambda fields: fields | {"length": "0"},
    "a list as URL": lambda fields: fields | {"url": ["https://"]},
    "a list as redirect": lambda fields: fields | {"redirect": ["https://"]},
    "a list as digest": lambda fields: fields | {"digest": {}},
    "half a character": lambda fields: fields | {"url": "https://\ud800.example/robots.txt"},
}


def captures() -> list[Rendered]:
    """Return two captures of each host, the newer one of which counts."""
    return [
        Rendered(CRAWL.crawl, f"https://{host}.example/robots.txt", at, 200, text.encode())
        for host in HOSTS
        for at, text in (
            (CRAWL.first_capture, f"# {host}\n"),
            (CRAWL.first_capture + timedelta(days=1), f"# {host}\nUser-agent: *\nDisallow: /\n"),
        )
    ]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Return an archive of one crawl in three blocks."""
    build(tmp_path / "archive", [CRAWL], captures())
    return tmp_path / "archive"


def collect(archive: Path, db: Path, method: Method) -> tuple[dict[str, str], list[str]]:
    """Run a history; return the outcomes by host and what was said."""
    said: list[str] = []
    run = Run(Store(db), say=said.append)
    order = Wanted(str(archive), None, "all", method, FAST, db.with_suffix(".cache"))
    panel = [Member("p", f"{h}.example", f"{h}.example", None, "all", None, 1.0, 0) for h in HOSTS]
    with run.store.held():
        asyncio.run(collect_history(run, order, panel))
        evaluate(run)
        with run.store.reading() as con:
            found = con.execute("SELECT host, outcome FROM captures").fetchall()
    return {str(host).removesuffix(".example"): str(outcome) for host, outcome in found}, said


def rewrite(archive: Path, change: Callable[[bytes], bytes]) -> None:
    """Change the lines of every block, and write cluster.idx anew."""
    folder = archive / f"cc-index/collections/{CRAWL.crawl}/indexes"
    cluster = (folder / "cluster.idx").read_text().splitlines()
    files = {path.name: path.read_bytes() for path in folder.glob("cdx-*.gz")}
    written: dict[str, bytes] = {}
    lines = []
    for line in cluster:
        start, name, offset, length, number = line.split("\t")
        block = zlib.decompress(files[name][int(offset) : int(offset) + int(length)], 31)
        packer = zlib.compressobj(6, zlib.DEFLATED, 31)
        packed = packer.compress(b"".join(map(change, block.splitlines(True)))) + packer.flush()
        lines.append(f"{start}\t{name}\t{len(written.get(name, b''))}\t{len(packed)}\t{number}\n")
        written[name] = written.get(name, b"") + packed
    for name, raw in written.items():
        (folder / name).write_bytes(raw)
    (folder / "cluster.idx").write_text("".join(lines))


def spoilt(name: str, fields: dict[str, object]) -> bytes:
    """Return what stands in a line in place of its fields."""
    changed = LINES[name](fields)
    return (changed if isinstance(changed, str) else json.dumps(changed)).encode()


@pytest.mark.fault("archive", "history: a CDXJ line that is {name}")
@pytest.mark.parametrize("name", LINES)
def test_a_malformed_line(name: str) -> None:
    """Whatever is wrong with a line, it is a ValueError."""
    fields: dict[str, object] = {
        "url": "https://a.example/robots.txt",
        "status": "200",
        "filename": "crawl-data/x/robotstxt/x.warc.gz",
        "offset": "5",
        "length": "7",
    }
    assert cdxj_row("20230921000000", json.dumps(fields).encode())
    with pytest.raises(ValueError, match=r"\w"):
        cdxj_row("20230921000000", spoilt(name, fields))
    with pytest.raises(ValueError, match=r"\w"):
        cdxj_row("2023", json.dumps(fields).encode())


@pytest.mark.fault("archive", "history: malformed CDXJ lines among those of hosts")
def test_malformed_lines(archive: Path, tmp_path: Path) -> None:
    """Lines that cannot be read are left out and counted; the other lines of the hosts are read."""
    keys = {f"example,{HOSTS[n]})/robots.txt".encode(): name for n, name in enumerate(LINES)}

    def change(line: bytes) -> bytes:
        key, time, fields = line.split(b" ", 2)
        if key not in keys or not time.startswith(b"20230921"):
            return line
        return b" ".join([key, time, spoilt(keys[key], json.loads(fields))]) + b"\n"

    rewrite(archive, change)
    outcomes, said = collect(archive, tmp_path / "db.duckdb", "zipnum")
    assert outcomes == dict.fromkeys(HOSTS, "ok")
    what = f"{len(LINES)} entries of the index about these hosts"
    assert said == [f"{CRAWL.crawl}: {what} cannot be read: left out"]


@pytest.mark.fault("archive", "history: rows of the columnar index without a value")
def test_rows_without_their_values(archive: Path, tmp_path: Path) -> None:
    """Rows of the table that cannot be used are left out and counted."""
    columns = ["fetch_time", "warc_filename", "warc_record_offset", "warc_record_length"]
    for part in archive.rglob("*.parquet"):
        frame = pl.read_parquet(part)
        older = pl.col("fetch_time").dt.date() == CRAWL.first_capture.date()
        for host, column in zip(HOSTS, columns, strict=False):
            chosen = older & pl.col("url").str.contains(f"//{host}.", literal=True)
            value = pl.when(chosen).then(None).otherwise(pl.col(column))
            frame = frame.with_columns(value.alias(f"new {column}"))
        changed = [pl.col(f"new {column}").alias(column) for column in columns]
        frame.with_columns(changed).select(pl.exclude("^new .*$")).write_parquet(part)
    outcomes, said = collect(archive, tmp_path / "db.duckdb", "columnar")
    assert outcomes == dict.fromkeys(HOSTS, "ok")
    assert len(said) == 1 and "4 entries of the index" in said[0]


@pytest.mark.fault("archive", "history: a malformed line of cluster.idx")
def test_a_malformed_line_of_cluster_idx(archive: Path, tmp_path: Path) -> None:
    """A block whose line cannot be read is found between its neighbours, and no other is missed."""
    build(archive, [CRAWL], [c for n in range(4) for c in captures()])
    path = archive / f"cc-index/collections/{CRAWL.crawl}/indexes/cluster.idx"
    lines = path.read_bytes().splitlines(True)
    names = [line.split(b"\t")[1] for line in lines]
    inner = next(n for n in range(1, len(lines)) if names[n - 1] == names[n] == names[n + 1])
    lines[inner] = bytes(40) + b"\n"
    path.write_bytes(b"".join(lines))
    outcomes, said = collect(archive, tmp_path / "db.duckdb", "zipnum")
    assert outcomes == dict.fromkeys(HOSTS, "ok") and not said


def test_a_line_of_cluster_idx_without_neighbours(archive: Path, tmp_path: Path) -> None:
    """Where a block looks like its neighbours, no host counts as not captured."""
    path = archive / f"cc-index/collections/{CRAWL.crawl}/indexes/cluster.idx"
    lines = path.read_bytes().splitlines(True)
    path.write_bytes(b"".join([*lines[:-1], b"cut\n"]))
    with pytest.raises(ArchiveError, match=r"no cluster\.idx line: b'cut'"):
        collect(archive, tmp_path / "db.duckdb", "zipnum")


def test_look_ups_in_an_index_with_any_line_lost(archive: Path) -> None:
    """Whichever inner line is lost, every key leads to the blocks that it led to."""
    build(archive, [CRAWL], [c for n in range(4) for c in captures()])
    path = archive / f"cc-index/collections/{CRAWL.crawl}/indexes/cluster.idx"
    lines = path.read_bytes().splitlines(True)
    keys = [f"example,{host})/robots.txt" for host in HOSTS]
    whole = [list(ClusterIndex(path).blocks(key)) for key in keys]
    names = [line.split(b"\t")[1] for line in lines]
    for n in range(1, len(lines) - 1):
        if names[n - 1] == names[n] == names[n + 1]:
            lost = (b"\n", b"\xff lost\n", b"~~ cut\n", bytes(40) + b"\n")[n % 4]
            path.write_bytes(b"".join([*lines[:n], lost, *lines[n + 1 :]]))
            found = [list(ClusterIndex(path).blocks(key)) for key in keys]
            assert all(set(was) <= set(now) for was, now in zip(whole, found, strict=True))


def test_hosts_under_other_keys(tmp_path: Path) -> None:
    """A host with more than one `www` is found by every look-up."""
    hosts = ("www.www.{case}", "www.shop.{case}", HOST)
    texts = {host: blocks(f"of {host}") for host in hosts}
    records = tuple(
        replace(got(HTTPS, "04 10:00", f"of {host}"), url=f"https://{host}/robots.txt")
        for host in hosts
    )
    expected = {host: ok("04 10:00", text) for host, text in texts.items()}
    case = Case(name="www_www", why="", records=records, expected=expected)
    with opened(tmp_path, [case]) as world:
        for read in (by_zipnum, by_columnar, by_cdx_api):
            answers = read(world).answers
            assert {host: found[0]["outcome"] for host, found in answers.items()} == dict.fromkeys(
                map(case.filled, hosts), "ok"
            )
