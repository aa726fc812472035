"""Captures as other programs write them: headers in other shapes, columns twice, odd bytes."""

import json
import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import crawlblock
from crawlblock.errors import InputError
from crawlblock.robots.header_signals import kept_header_signals
from crawlblock.sources.files import Files
from crawlblock.sources.files.weight_lists import read_weights

TEXT = "User-agent: *\nDisallow: /\n"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n"


def row(host: str, **more: Any) -> dict[str, Any]:
    """Return a row of a table."""
    time = "2024-05-01T00:00:00"
    return {"host": host, "fetch_time": time, "status": 200, "body": TEXT, **more}


def fetches(path: Path) -> pl.DataFrame:
    """Return what is in a file, ordered by host."""
    return pl.concat(batch.fetches for batch in Files([path]).read()).sort("host")


def stated(kept: str | None) -> list[str]:
    """Return what kept headers state."""
    return [f"{signal.kind}: {signal.value}" for signal in kept_header_signals(kept)]


TAG = ["header x-robots-tag: noai", "header x-robots-tag: noimageai"]
SHAPES = [
    ({"X-Robots-Tag": "noai, noimageai"}, TAG),
    ({"X-Robots-Tag": ["noai", "noimageai"]}, TAG),
    ([["X-Robots-Tag", "noai"], ["Server", "x"], ["X-Robots-Tag", "noimageai"]], TAG),
    ([{"key": "X-Robots-Tag", "value": "noai, noimageai"}], TAG),
    ([{"name": "X-Robots-Tag", "value": "noai, noimageai"}], TAG),
    ([["X-Robots-Tag"], "x", None, ["X-Robots-Tag", "noai, noimageai"]], TAG),
    ({"TDM-Reservation": 1}, ["header tdm-reservation: 1"]),
    ({"TDM-Policy": "https://a.example/\ud83d"}, ["header tdm-policy: https://a.example/?"]),
    ({"X-Robots-Tag": None, "TDM-Reservation": True, "Link": {"a": 1}}, []),
]


@pytest.mark.parametrize(("headers", "signals"), SHAPES)
def test_shapes_of_headers(tmp_path: Path, headers: object, signals: list[str]) -> None:
    """Several headers of a name are all kept, in whatever shape JSON has them."""
    path = tmp_path / "x.jsonl"
    path.write_text(json.dumps(row("a.com", headers=headers)))
    assert stated(fetches(path)["headers"][0]) == signals


def test_maps_of_headers_in_parquet(tmp_path: Path) -> None:
    """A map, which is a list of keys and values, is read; a value may be bytes."""
    headers = [[{"key": "X-Robots-Tag", "value": b"noai, noimageai"}], [], None]
    frame = pl.DataFrame([row(host) for host in ("a.com", "b.com", "c.com")])
    frame.with_columns(headers=pl.Series(headers)).write_parquet(tmp_path / "x.parquet")
    kept = fetches(tmp_path / "x.parquet")["headers"].to_list()
    assert [stated(each) for each in kept] == [TAG, [], []]


def test_headers_with_quotation_marks_are_stored(tmp_path: Path) -> None:
    """What a header states behind a quotation mark is stored, too."""
    path = tmp_path / "x.jsonl"
    path.write_text(json.dumps(row("a.com", headers={"X-Robots-Tag": 'otherbot: "x", noai'})))
    opened = crawlblock.open(tmp_path / "c.duckdb", create=True)
    opened.import_(path)
    found = opened.sql("SELECT kind, value FROM header_signals").rows()
    assert found == [("header x-robots-tag", "noai")]


def test_texts_of_parquet_that_are_bytes(tmp_path: Path) -> None:
    """Texts stored as bytes are read; one that is not UTF-8 leaves out its own row alone."""
    frame = pl.DataFrame([row("a.com"), row("b.com")])
    hosts = pl.Series([b"a.com", b"\xff.com"], dtype=pl.Binary)
    frame.with_columns(host=hosts).write_parquet(tmp_path / "x.parquet")
    files = Files([tmp_path / "x.parquet"])
    (batch,) = files.read()
    assert batch.fetches["host"].to_list() == ["a.com"]
    assert [(each.count, each.reason) for each in files.left_out] == [(1, "no usable host")]


def test_a_column_twice_is_refused(tmp_path: Path) -> None:
    """Two columns of captures with one name are an error; other columns may have the same name."""
    path = tmp_path / "x.csv"
    path.write_text("host,fetch_time,status,body,Body\na.com,2024-05-01,200,a,b\n")
    with pytest.raises(InputError, match=r"x\.csv: has the column body twice"):
        Files([path])
    path.write_text("host,fetch_time,status,body,note,note\na.com,2024-05-01,200,a,b,c\n")
    assert fetches(path)["host"].to_list() == ["a.com"]


@pytest.mark.parametrize("columns", ["tokens,tokens", "C4_tokens,c4_tokens", "tokens,total tokens"])
def test_a_weight_twice_is_refused(tmp_path: Path, columns: str) -> None:
    """Two columns that say the same of a corpus are an error; the last one is not taken."""
    path = tmp_path / "x.csv"
    path.write_text(f"domain,{columns}\nnytimes.com,1,2\n")
    with pytest.raises(InputError, match="another column says the same as"):
        read_weights(path, lambda _: None, None if "_" in columns else "C4")


def record(url: bytes, block: bytes) -> bytes:
    """Return a WARC record."""
    head = (
        b"WARC/1.0\r\nWARC-Type: response\r\nWARC-Date: 2024-05-01T00:00:00Z\r\n"
        b"WARC-Target-URI: %s\r\nContent-Type: application/http\r\nContent-Length: %d\r\n\r\n"
    )
    return head % (url, len(block)) + block + b"\r\n\r\n"


@pytest.mark.skipif(sys.platform in ("darwin", "win32"), reason="file names are UTF-8 there")
def test_an_archive_with_a_name_of_other_bytes(tmp_path: Path) -> None:
    """A file whose name is not UTF-8 is imported, and no other file loses its payloads."""
    held = record(b"http://a.com/robots.txt", HEAD + TEXT.encode())
    folder = tmp_path / "warcs"
    folder.mkdir()
    (folder / os.fsdecode(b"a\xff.warc")).write_bytes(held)
    (folder / "b.warc").write_bytes(held.replace(b"a.com", b"b.com"))
    opened = crawlblock.open(tmp_path / "c.duckdb", create=True)
    opened.import_(folder)
    found = opened.sql("SELECT host, warc_file, outcome FROM captures ORDER BY host").rows()
    assert found == [("a.com", "a?.warc", "ok"), ("b.com", "b.warc", "ok")]


def test_folded_headers_and_several_locations(tmp_path: Path) -> None:
    """A header over several lines is one, and the first of several Locations counts, as live."""
    target = b"https://www.a.com/robots.txt"
    moved = b"HTTP/1.1 301 Moved\r\n%s\r\n\r\n"
    path = tmp_path / "x.warc"
    path.write_bytes(
        record(b"http://a.com/robots.txt", moved % (b"Location:\r\n " + target))
        + record(
            b"http://b.com/robots.txt",
            moved % (b"Location: " + target + b"\r\nLocation: https://other.example/"),
        )
        + record(b"http://c.com/robots.txt", moved % (b"Location:\n\t" + target))
        + record(
            target,
            b"HTTP/1.1 200 OK\r\nX-A: b\r\n\tContent-Usage: train-ai=n\r\n"
            b"X-Robots-Tag: noai,\r\n  noimageai\r\n\r\n" + TEXT.encode(),
        )
    )
    found = fetches(path)
    assert found["redirect"].to_list() == [target.decode()] * 3 + [None]
    assert stated(found["headers"][3]) == TAG
    assert found["fetch_time"].to_list() == [datetime(2024, 5, 1)] * 4
