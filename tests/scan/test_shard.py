"""Shards: the facts of each record, whole files only, nothing lost in silence."""

import re
import time
from dataclasses import replace
from datetime import datetime
from hashlib import sha1
from pathlib import Path

import polars as pl
import pytest
from servers import RangeServer

from crawlblock.errors import InputError, UpstreamError
from crawlblock.scan.shard import read_about, run_shard, shard_path
from crawlblock.warc.reader import has_fastwarc
from scan.warcs import (
    CRAWL,
    PLAIN,
    TEXT,
    answer,
    archive,
    keys_of,
    member,
    older,
    planned,
    record,
    stated,
)


def scanned(tmp_path: Path, *files: bytes) -> pl.DataFrame:
    """Return the rows of one shard of files with these bytes."""
    mirror = archive(tmp_path / "mirror", files)
    (task,) = planned(tmp_path / "scan", str(mirror), keys_of(mirror))
    run_shard(task)
    return pl.read_parquet(shard_path(task.directory, task.shard.shard)).sort(
        "warc_file", "warc_offset"
    )


def row(tmp_path: Path, block: bytes, **given: object) -> dict[str, object]:
    """Return the one row of a record with this answer."""
    frame = scanned(tmp_path, member(record(block=block, **given)))  # type: ignore[arg-type]
    return frame.row(0, named=True)


def test_a_row_says_all_of_a_capture(tmp_path: Path) -> None:
    """Host, scheme, time, status, digest, payload, headers kept and place stand in one row."""
    sent = PLAIN + b"Server: nginx\r\nSet-Cookie: a\r\nServer: second\r\n"
    found = row(tmp_path, answer(headers=sent), host="A.Example:443", fields=[stated(TEXT)])
    assert found == {
        "snapshot": CRAWL,
        "host": "a.example",
        "resource": "/robots.txt",
        "secure": True,
        "fetch_time": datetime(2025, 8, 4, 14, 54, 8),
        "status": 200,
        "ended": None,
        "reason": None,
        "redirect": None,
        "digest": stated(TEXT)[1].decode(),
        "bytes": len(TEXT),
        "text": sha1(TEXT).hexdigest()[:16],
        "rules": TEXT,
        "body": None,
        "headers": '{"content-type": "text/plain", "server": "second"}',
        "warc_file": f"crawl-data/{CRAWL}/segments/1.0/robotstxt/00000.warc.gz",
        "warc_offset": 0,
        "warc_length": len(
            member(record("A.Example:443", answer(headers=sent), fields=[stated(TEXT)]))
        ),
    }


@pytest.mark.parametrize(
    ("line", "headers", "status", "ended", "redirect"),
    [
        (b"301 Moved", b"Location: /other\r\n", 301, None, "https://a.example/other"),
        (b"302 Found", b"Location: HTTP://B.Example:80#c\r\n", 302, None, "http://b.example/"),
        (b"302 Found", b"Location: //[\r\n", 302, None, None),
        (b"404 Not Found", b"", 404, None, None),
        (b"503 ", b"", 503, None, None),
        (b"2x0 OK", b"", None, "unreadable", None),
    ],
)
def test_other_answers(
    line: bytes, headers: bytes, status: int | None, ended: str | None, redirect: str | None,
    tmp_path: Path,
) -> None:  # fmt: skip
    """An answer that is no 2xx has its status and no payload; a redirect has its target."""
    found = row(tmp_path, answer(b"<html>", line, headers))
    assert (found["status"], found["ended"], found["redirect"]) == (status, ended, redirect)
    assert found["digest"] is found["rules"] is None


@pytest.mark.fault("scan", "a payload in a coding that Common Crawl removes")
@pytest.mark.parametrize("coding", ["gzip", "chunked", "br", "br, spoiled", "br, cut", "br, vast"])
def test_codings_are_undone(coding: str, tmp_path: Path) -> None:
    """A payload is read through its coding; brotli, there or not, stops and fills nothing."""
    import gzip

    name = b"Transfer-Encoding: " if coding == "chunked" else b"Content-Encoding: "
    sent = name + coding.partition(",")[0].encode() + b"\r\n"
    stored = {"gzip": gzip.compress(TEXT), "chunked": b"%x\r\n%s\r\n0\r\n\r\n" % (len(TEXT), TEXT)}
    spoiled = b"\xffspoiled"  # plain ASCII would count as decoded already
    body, readable = stored.get(coding, spoiled), coding in stored
    if coding in ("br", "br, cut", "br, vast"):
        brotli = pytest.importorskip("brotli")
        text = bytes(80_000_000) if coding == "br, vast" else TEXT
        body, readable = brotli.compress(text, quality=5), coding == "br"
        body = body[:-3] if coding == "br, cut" else body
    found = row(tmp_path, answer(body, headers=sent))
    ended = None if readable else "undecodable"
    assert (found["ended"], found["rules"]) == (ended, TEXT if readable else None)


@pytest.mark.fault("scan", "{case}")
@pytest.mark.parametrize(
    ("case", "given", "ended"),
    [
        ("a digest of another payload", {"fields": [stated(b"other")]}, "altered"),
        ("a payload cut by the archive", {"fields": [("WARC-Truncated", b"length")]}, "cut"),
        ("a record of 0 bytes", {"block": b""}, "unreadable"),
        ("no HTTP in a record", {"block": b"\xff\xfe\x00"}, "unreadable"),
    ],
)
def test_damaged_captures(case: str, given: dict[str, object], ended: str, tmp_path: Path) -> None:
    """A capture whose payload is not to be trusted is kept without it, with why, and counted."""
    found = row(tmp_path, **({"block": answer()} | given))  # type: ignore[arg-type]
    assert (found["ended"], found["text"], found["rules"]) == (ended, None, None)
    assert found["reason"]
    assert read_about(shard_path(tmp_path / "scan", f"{CRAWL}-00000")).damaged == 1


def test_bodies_stand_once_and_are_bounded(tmp_path: Path) -> None:
    """Of equal payloads one has the body, of 5 MiB the part that counts, hostile ones are quick."""
    many = b"".join(b"User-agent: a%d\n" % n for n in range(4_000))
    hostile = many + b"".join(b"Disallow: /%d\n" % n for n in range(4_000))
    begun = time.process_time()
    found = scanned(
        tmp_path,
        member(record("a.example")) + member(record("b.example")),
        member(record("c.example")) + member(record("d.example", answer(TEXT * 160_000))),
        member(record("e.example", answer(hostile))),
    )
    assert time.process_time() - begun < 20
    assert found["rules"].is_not_null().to_list() == [True, False, False, True, True]
    assert found["text"][:3].n_unique() == 1
    assert found["bytes"][3] == 160_000 * len(TEXT)
    assert len(found["rules"][3]) == 500 * 1024 + 1


def test_bodies_beyond_memory_go_to_the_disk(tmp_path: Path) -> None:
    """A shard with more bodies than are held at a time comes out whole, in one file."""
    texts = [b"User-agent: *\nDisallow: /%d\n" % n + b"#" * 600_000 for n in range(150)]
    raw = b"".join(member(record(f"h{n}.example", answer(t))) for n, t in enumerate(texts))
    found = scanned(tmp_path, raw)
    assert found.height == found["rules"].count() == 150
    assert sorted(p.name for p in (tmp_path / "scan/shards").iterdir()) == [
        f"{CRAWL}-00000.parquet"
    ]


@pytest.mark.fault("scan", "a file cut, empty, missing or without responses; a record of no URL")
def test_faults_are_reported(tmp_path: Path) -> None:
    """What cannot be read is in the result and in the shard's file; the rest is there."""
    mirror = archive(
        tmp_path / "mirror",
        [
            member(record()) + member(record("b.example"))[:-9],
            b"",
            b"gone",
            member(record(kind="warcinfo")),
            member(record(url="dns:a.example")) + member(record("c.example")),
        ],
    )
    keys = keys_of(mirror)
    (mirror / keys[2]).unlink()
    (task,) = planned(tmp_path / "scan", str(mirror), keys)
    done = run_shard(task)
    reasons = [(keys.index(fault.file), fault.offset > 0, fault.reason) for fault in done.faults]
    assert reasons == [
        (0, True, "the file is cut short in this record"),
        (1, False, "the file is empty"),
        (2, False, "the mirror does not have it (absent)"),
        (3, False, "there is no response in it"),
        (4, False, "a record of no URL: 'dns:a.example'"),
    ]
    path = shard_path(task.directory, task.shard.shard)
    assert read_about(path).faults == done.faults
    assert pl.read_parquet(path)["host"].sort().to_list() == ["a.example", "c.example"]


def test_with_and_without_fastwarc(tmp_path: Path) -> None:
    """Both readers give the same file, byte for byte."""
    if not has_fastwarc():
        pytest.skip("fastwarc is not installed")
    mirror = archive(tmp_path / "mirror", [member(record()) + member(record("b.example"))[:-9]])
    files = []
    for fast in (True, False):
        (task,) = planned(tmp_path / str(fast), str(mirror), keys_of(mirror))
        run_shard(replace(task, fast=fast))
        files.append(shard_path(task.directory, task.shard.shard).read_bytes())
    assert files[0] == files[1]


def test_a_shard_that_is_there_is_not_read_again(tmp_path: Path) -> None:
    """A whole shard is skipped even if its files are gone; a damaged one is read anew."""
    mirror = archive(tmp_path / "mirror", [member(record())])
    (task,) = planned(tmp_path / "scan", str(mirror), keys_of(mirror))
    first = run_shard(task)
    path = shard_path(task.directory, task.shard.shard)
    whole = path.read_bytes()
    path.write_bytes(whole[:-100])
    assert not run_shard(task).skipped
    assert path.read_bytes() == whole
    (mirror / keys_of(mirror)[0]).unlink()
    again = run_shard(task)
    assert replace(again, skipped=False, seconds=first.seconds) == first
    assert again.skipped


def test_a_shard_of_an_older_version_is_read_again(tmp_path: Path) -> None:
    """A shard that holds verdicts, as older versions wrote them, is replaced by one of facts."""
    mirror = archive(tmp_path / "mirror", [member(record())])
    (task,) = planned(tmp_path / "scan", str(mirror), keys_of(mirror))
    path = shard_path(task.directory, task.shard.shard)
    run_shard(task)
    whole = path.read_bytes()
    older(path)
    with pytest.raises(InputError, match=re.escape(f"{path}: made by an older crawlblock; remove")):
        read_about(path)
    assert not run_shard(task).skipped
    assert path.read_bytes() == whole


@pytest.mark.fault("scan", "a transfer cut, then refused for good, then possible again")
def test_over_https_files_are_saved_and_removed(tmp_path: Path) -> None:
    """A cut transfer is continued, a dead server ends the run, and the next run goes on."""
    raw = [member(*[record(f"h{n}-{k}.example")]) for n in range(2) for k in range(1)]
    mirror = archive(tmp_path / "mirror", raw)
    with RangeServer(mirror) as server:
        given = planned(tmp_path / "scan", server.url, keys_of(mirror), size=1)
        server.fault("00000", ["short"])
        server.fault("00001", [500] * 20)
        assert run_shard(given[0]).captures == 1
        assert any(request.range for request in server.requests)
        with pytest.raises(UpstreamError, match="run the same command again"):
            run_shard(given[1])
        server.mend()
        assert [run_shard(task).captures for task in given] == [1, 1]
    assert not [*(tmp_path / "scan/files").iterdir()]


@pytest.mark.fault("scan", "an input that was cut or missing, and is whole later")
@pytest.mark.parametrize("over_http", [True, False])
def test_a_shard_of_a_cut_file_is_read_again(over_http: bool, tmp_path: Path) -> None:
    """A shard whose input was cut or missing is read again once the mirror has the file whole."""
    files = [member(record(f"{name}.example"), record(f"www.{name}.example")) for name in "abc"]
    mirror = archive(tmp_path / "mirror", files)
    first, second, _ = (mirror / key for key in keys_of(mirror))
    whole = first.read_bytes(), second.read_bytes()
    first.write_bytes(whole[0][:-9])
    second.unlink()
    with RangeServer(mirror) as server:
        place = server.url if over_http else str(mirror)
        (task,) = planned(tmp_path / "scan", place, keys_of(mirror))
        assert [fault.size for fault in run_shard(task).faults] == [len(whole[0]) - 9, None]
        assert run_shard(task).skipped  # nothing has changed
        first.write_bytes(whole[0])
        assert not run_shard(task).skipped
        second.write_bytes(whole[1])
        again = run_shard(task)
        assert (again.skipped, again.captures, again.faults) == (False, 6, ())
        assert run_shard(task).skipped
