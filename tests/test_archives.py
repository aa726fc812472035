"""WARC and ARC files as an import: revisits, counts by type, and inputs that are no plain files."""

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from scan.warcs import TEXT, answer, member, record
from test_files import taken

from crawlblock.cli import main
from crawlblock.errors import InputError
from crawlblock.sources.files import Files, RecordCount
from crawlblock.warc.http import digest

pytestmark = pytest.mark.own_code

_DATE = b"2025-08-04T14:54:08Z"
_STATES = "WARC-Payload-Digest"
_EMPTY = digest(b"").encode()


def _refers(
    url: bytes = b"https://a.example/robots.txt", date: bytes = _DATE
) -> list[tuple[str, bytes]]:
    return [("WARC-Refers-To-Target-URI", url), ("WARC-Refers-To-Date", date)]


def _again(fields: list[tuple[str, bytes]], status: bytes = b"200 OK", host: str = "b.b") -> bytes:
    return member(record(host, answer(b"", status), kind="revisit", fields=fields))


_PLAIN = member(record("a.example"))
_CODED = gzip.compress(TEXT, mtime=0)
_GZIP = b"Content-Encoding: gzip\r\n"
_OTHER = b"sha256:" + b"ab" * 32
_STATED = member(record("a.example", fields=[(_STATES, _OTHER)]))

# name: the file with the answer, the revisit, whether its payload is found
REVISITS: dict[str, tuple[bytes, bytes, bool]] = {
    "by its digest": (_PLAIN, _again([(_STATES, digest(TEXT).encode())]), True),
    "by URL and date": (_PLAIN, _again(_refers()), True),
    "by URL and date, spelled in other ways": (
        _PLAIN, _again(_refers(b"<https://A.example:443/robots.txt>", b"20250804145408")), True,
    ),
    "not modified": (
        _PLAIN, _again([*_refers(), (_STATES, _EMPTY)], b"304 Not Modified"), True,
    ),
    "not modified, and of nothing": (
        member(record("a.example", answer(b""))),
        _again([(_STATES, _EMPTY)], b"304 Not Modified"), False,
    ),
    "by the digest of the coded payload": (
        member(record("a.example", answer(_CODED, headers=_GZIP))
               .replace(b"WARC-Date", b"WARC-Payload-Digest: %b\r\nWARC-Date"
                        % digest(_CODED).encode())),
        _again([(_STATES, digest(_CODED).encode())]), True,
    ),
    "by URL, date and another kind of digest": (_PLAIN, _again([*_refers(), (_STATES, _OTHER)]),
                                                True),
    "of another date": (_PLAIN, _again(_refers(date=b"2024-08-04T14:54:08Z")), False),
    "of another URL": (_PLAIN, _again(_refers(b"https://c.example/robots.txt")), False),
    "of another digest": (
        _PLAIN, _again([*_refers(), (_STATES, digest(b"other").encode())]), False,
    ),
    "of nothing": (_PLAIN, _again([]), False),
}  # fmt: skip


@pytest.mark.parametrize("name", REVISITS)
@pytest.mark.parametrize("order", ["before", "behind", "in one file", "in one file, before"])
def test_revisits_are_resolved_among_all_files(name: str, order: str, tmp_path: Path) -> None:
    """A revisit has the payload it repeats wherever that is; else it is unknown and reported."""
    original, revisit, resolved = REVISITS[name]
    parts = {
        "before": [original, revisit],
        "behind": [revisit, original],
        "in one file": [original + revisit],
        "in one file, before": [revisit + original],
    }
    paths = [tmp_path / f"{n}.warc.gz" for n in range(len(parts[order]))]
    for path, raw in zip(paths, parts[order], strict=True):
        path.write_bytes(raw)
    captures, _, left_out = taken(*paths)
    outcomes = dict(captures.select("host", "outcome").rows())
    assert outcomes == {"a.example": "ok", "b.b": "ok" if resolved else "damaged"}
    assert [each.count for each in left_out] == ([] if resolved else [1])
    assert all("in none of the files" in each.reason for each in left_out)


def test_records_of_every_type_are_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The output says of each type how many were read, stored, resolved and left."""
    path, db = tmp_path / "a.warc.gz", tmp_path / "x.duckdb"
    kinds = ["warcinfo", "request", "metadata", "conversion", "request"]
    resource = record("r.example", TEXT + b"# resource", kind="resource")
    page = record(url="https://p.example/page")
    path.write_bytes(
        b"".join(member(record(kind=kind)) for kind in kinds) + _PLAIN + member(resource)
        + member(page) + _again(_refers()) + _again([], host="c.c") + _PLAIN[:-9]
    )  # fmt: skip
    with pytest.raises(SystemExit):
        main(["import", str(path), "--db", str(db), "-o", "json"])
    printed = capsys.readouterr()
    found = {row.pop("type"): row for row in json.loads(printed.out)}
    assert {row.pop("file") for row in found.values()} == {str(path)}
    counts = {kind: tuple(row.values()) for kind, row in found.items()}
    assert counts == {
        "warcinfo": (1, 0, 0, 0), "request": (2, 0, 0, 0), "metadata": (1, 0, 0, 0),
        "conversion": (1, 0, 0, 0), "response": (2, 1, 0, 0), "resource": (1, 1, 0, 0),
        "revisit": (2, 2, 1, 1), "unreadable": (1, 0, 0, 0),
    }  # fmt: skip
    assert "2 revisit (2 stored)" in printed.err and "1 revisits unresolved" in printed.err
    assert "1 revisit records repeat answers that are in none of the files" in printed.err


def test_a_folder_of_mixed_files(tmp_path: Path) -> None:
    """Of a folder every file of a known type is read; the others are counted with their reason."""
    folder = tmp_path / "in"
    (folder / "below").mkdir(parents=True)
    (folder / "a.warc.gz").write_bytes(_PLAIN)
    arc = b"http://b.example/robots.txt 192.0.2.1 20250804145408 text/plain %d\n" % len(answer())
    (folder / "below" / "b.arc").write_bytes(arc + answer() + b"\n")
    (folder / "c.csv").write_text("host,fetch_time,status,body\nc.example,2025-08-04,200,#\n")
    (folder / "d.csv").write_text("nothing\n")
    (folder / "readme.txt").write_text("read me")
    (folder / ".hidden.warc").write_bytes(b"hidden")
    (folder / ".git").mkdir()
    (folder / "gone.warc").symlink_to("nowhere.warc")
    (folder / "twice.warc.gz").symlink_to("a.warc.gz")
    (folder / "below" / "up").symlink_to(folder)
    os.mkfifo(folder / "pipe.warc")
    captures, _, left_out = taken(folder)
    assert captures["host"].to_list() == ["a.example", "b.example", "c.example"]
    assert {each.reason: each.count for each in left_out} == {
        "unknown type of file": 1,
        "a file that cannot be used": 3,
        "a link to a folder, which is not followed": 1,
        "a link to another file of the folder": 1,
    }


def _fifo(at: Path) -> Path:
    os.mkfifo(at / "pipe.warc.gz")
    return at / "pipe.warc.gz"


def _link(at: Path) -> Path:
    (at / "link.warc.gz").symlink_to("gone.warc.gz")
    return at / "link.warc.gz"


def _circle(at: Path) -> Path:
    (at / "circle.warc.gz").symlink_to("circle.warc.gz")
    return at / "circle.warc.gz"


def _empty(at: Path) -> Path:
    (at / "folder").mkdir()
    (at / "folder" / "self").symlink_to(at / "folder")
    return at / "folder"


@pytest.mark.fault("import", "no plain file: {make}")
@pytest.mark.parametrize(
    ("make", "message"),
    [
        (_fifo, "not a regular file"),
        (lambda _: Path("/dev/null"), "not a regular file"),
        (_link, "it is a link to gone.warc.gz"),
        (_circle, "it is a link to circle.warc.gz"),
        (lambda at: at / "none.warc", "No such file"),
        (_empty, "no file in it can be used"),
    ],
)
def test_what_is_no_plain_file(make: Callable[[Path], Path], message: str, tmp_path: Path) -> None:
    """A pipe, a device, a link to nothing and an empty folder have a message, and none waits."""
    path = make(tmp_path)
    with pytest.raises(InputError, match=message) as raised:
        Files([path])
    assert str(raised.value).startswith(str(path))


@pytest.mark.skipif(os.geteuid() != 0, reason="another user is needed")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    """A file and a folder of another user have a message that says so."""
    (tmp_path / "folder").mkdir()
    for name in ("a.warc.gz", "folder/b.warc.gz"):
        (tmp_path / name).write_bytes(_PLAIN)
        (tmp_path / name).chmod(0)
    (tmp_path / "folder").chmod(0)
    code = (
        "import os, sys; from pathlib import Path; from crawlblock.sources.files import Files\n"
        "os.chdir(sys.argv[1]); os.setuid(65534)\n"
        "for each in ('a.warc.gz', 'folder/b.warc.gz', 'folder'):\n"
        "    try: Files([Path(each)])\n"
        "    except Exception as error: print(type(error).__name__, error)"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    lines = ended.stdout.splitlines()
    assert len(lines) == 3 and all(line.startswith("InputError ") for line in lines)
    assert all("Permission denied" in line for line in lines)


def test_resources_and_damage_leave_their_neighbours(tmp_path: Path) -> None:
    """Impossible dates, other URLs and missing fields cost their own record and are counted."""
    odd = [b"", b"yesterday", b"2025-13-04T14:54:08Z", b"0001-01-01T00:00:00+14:00", b"9" * 40]
    dated = [member(record(f"d{n}.example").replace(_DATE, date)) for n, date in enumerate(odd)]
    others = [member(record(url="dns:a.example")), member(record(kind="continuation"))]
    path = tmp_path / "a.warc.gz"
    path.write_bytes(_PLAIN + b"".join([*dated, *others]) + member(record("z.example")))
    source = Files([path])
    fetches = pl.concat([batch.fetches for batch in source.read()])
    assert fetches["host"].to_list() == ["a.example", "z.example"]
    assert {each.reason: each.count for each in source.left_out} == {
        "no date that can be read": 5, "its URL is not an http URL": 1, "cannot be read": 1,
    }  # fmt: skip
    assert source.records == [
        RecordCount(file=path, type="response", records=8, stored=2),
        RecordCount(file=path, type="unreadable", records=1, stored=0),
    ]
