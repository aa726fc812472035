"""The demo: an archive in Common Crawl's layout that says what the facts say."""

import gzip
import itertools
import json
import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from archives import cdx_lines, contents, paths, read_all, small
from warcio.archiveiterator import ArchiveIterator

from crawlblock.demo import Rendered, build, pack, render_demo
from crawlblock.demo.bodies import Writer
from crawlblock.errors import InputError
from crawlblock.hosts import surt
from crawlblock.model import Basis, Crawl, Restriction, Verdict
from crawlblock.robots.judge import STAR, Judge
from crawlblock.warc.http import Answers
from crawlblock.warc.reader import Record, read_record

pytestmark = pytest.mark.own_code

NOON = datetime(2023, 10, 1, 12)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Render the bundled facts of two crawls."""
    folder = tmp_path_factory.mktemp("demo")
    sample = small(folder / "sample", 2000, ["DEMO-2023-40", "DEMO-2024-30"])
    render_demo(sample, folder / "archive")
    return folder / "archive"


def test_warcio_accepts_the_records(archive: Path) -> None:
    """`warcio check` finds every digest right in a rendered file."""
    path = paths(archive, "DEMO-2024-30", "robotstxt")[0]
    command = [sys.executable, "-m", "warcio.cli", "check", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr


def test_records_stand_as_common_crawl_writes_them(archive: Path) -> None:
    """A file is a warcinfo and pairs of request and response with Common Crawl's header order."""
    with paths(archive, "DEMO-2024-30", "robotstxt")[0].open("rb") as file:
        records = [(record.rec_type, record.rec_headers) for record in ArchiveIterator(file)]
    kinds = [kind for kind, _ in records]
    assert kinds == ["warcinfo", *["request", "response"] * (len(kinds) // 2)]
    names = list(dict.fromkeys(name for name, _ in records[2][1].headers))
    assert names == [
        "WARC-Type", "WARC-Date", "WARC-Record-ID", "Content-Length", "Content-Type",
        "WARC-Warcinfo-ID", "WARC-Concurrent-To", "WARC-IP-Address", "WARC-Target-URI",
        "WARC-Protocol", "WARC-Payload-Digest", "WARC-Block-Digest",
        "WARC-Identified-Payload-Type",
    ]  # fmt: skip
    assert records[2][1]["WARC-Concurrent-To"] == records[1][1]["WARC-Record-ID"]


def test_zipnum_leads_to_the_records(archive: Path) -> None:
    """Blocks are sorted and begin with their key; each line leads to the response it describes."""
    found = list(cdx_lines(archive, "DEMO-2023-40"))
    lines = [line for _, line in found]
    assert lines == sorted(lines)
    firsts = [next(group) for _, group in itertools.groupby(found, key=lambda pair: pair[0])]
    assert all(line.startswith(f"{key} ".encode()) for key, line in firsts)
    assert len(firsts) > 3
    for line in lines[::50]:
        key, _, rest = line.decode().partition(" ")
        fields = json.loads(rest.partition(" ")[2])
        assert key == surt(fields["url"])
        offset, length = int(fields["offset"]), int(fields["length"])
        stored = (archive / fields["filename"]).read_bytes()[offset : offset + length]
        record = read_record(stored)
        assert isinstance(record, Record)
        assert record.digest.decode() == f"sha1:{fields['digest']}"
        answer = Answers().read(record.block, record.digest)
        assert (record.url, str(answer.status)) == (fields["url"], fields["status"])
        assert (answer.ended, answer.location) == (None, fields.get("redirect"))


def columns(directory: Path, crawl: str) -> pl.Schema:
    """Return the columns of a crawl's index parts."""
    [schema] = {tuple(pl.read_parquet_schema(part).items()) for part in parts(directory, crawl)}
    return pl.Schema(schema)


def parts(directory: Path, crawl: str) -> list[Path]:
    """Return the index parts of a crawl."""
    return paths(directory, crawl, "cc-index-table")


def test_index_parts_have_the_real_columns(archive: Path, shared: Path) -> None:
    """The columns are those of cc-index-table, in its order and of its types."""
    real = json.loads((shared / "commoncrawl/cc-index-schema-flat.json").read_text())["fields"]
    dtypes = {
        "string": pl.String(),
        "integer": pl.Int32(),
        "short": pl.Int16(),
        "timestamp": pl.Datetime("ms", "UTC"),
    }
    wanted = [(field["name"], dtypes[field["type"]]) for field in real]
    assert wanted[-2:] == [("crawl", pl.String()), ("subset", pl.String())]
    assert list(columns(archive, "DEMO-2023-40").items()) == wanted[:-2]


def test_both_indexes_list_the_same_captures(archive: Path) -> None:
    """The columnar parts hold what the CDX files hold, sorted, with their redirects and places."""
    frame = pl.concat([pl.read_parquet(part) for part in parts(archive, "DEMO-2023-40")])
    lines = [line.decode().split(" ", 2) for _, line in cdx_lines(archive, "DEMO-2023-40")]
    cdx = [(key, time, json.loads(fields)) for key, time, fields in lines]
    keys = ("url", "status", "digest", "filename", "offset", "length", "redirect", "mime-detected")
    listed = {(key, time, *map(f.get, keys)) for key, time, f in cdx}
    rows = frame.select(
        "url_surtkey", pl.col("fetch_time").dt.strftime("%Y%m%d%H%M%S"), "url",
        pl.col("fetch_status").cast(pl.String), "content_digest", "warc_filename",
        pl.col("warc_record_offset", "warc_record_length").cast(pl.String),
        "fetch_redirect", "content_mime_detected",
    )  # fmt: skip
    assert len(listed) == len(cdx) == frame.height
    assert set(rows.iter_rows()) == listed
    assert frame["url_surtkey"].is_sorted()
    row = frame.row(by_predicate=pl.col("url") == "https://www.gov.uk/robots.txt", named=True)
    assert (row["url_host_registry_suffix"], row["url_host_registered_domain"]) == (
        "gov.uk",
        "www.gov.uk",
    )
    assert (row["url_host_name_reversed"], row["url_port"]) == ("uk.gov.www", None)


@pytest.mark.parametrize(
    ("start", "missing"),
    [
        (datetime(2018, 5, 20), 6),
        (datetime(2018, 8, 14), 5),
        (datetime(2018, 9, 18), 3),
        (datetime(2019, 11, 12), 1),
        (datetime(2021, 11, 26), 0),
    ],
)
def test_old_crawls_have_fewer_columns(tmp_path: Path, start: datetime, missing: int) -> None:
    """Columns, and keys in the CDX files, are absent before the crawl that brought them."""
    crawl = Crawl("DEMO-OLD", start, start + timedelta(days=9))
    moved = (("Location", "https://www.example.com/robots.txt"),)
    captures = [
        Rendered("DEMO-OLD", "https://example.com/robots.txt", start, 301, b"", moved),
        Rendered("DEMO-OLD", "https://www.example.com/robots.txt", start, 200, b"User-agent: *"),
    ]
    build(tmp_path / "old", [crawl], captures)
    schema = columns(tmp_path / "old", "DEMO-OLD")
    assert len(schema) == 30 - missing
    zone = "UTC" if missing == 0 else None
    assert schema["fetch_time"] == pl.Datetime("ms", zone)
    line = next(line for _, line in cdx_lines(tmp_path / "old", "DEMO-OLD"))
    assert (b'"redirect"' in line) == ("fetch_redirect" in schema)
    assert (b'"mime-detected"' in line) == ("content_mime_detected" in schema)


def test_collinfo_lists_the_crawls_newest_first(archive: Path) -> None:
    """collinfo.json has exactly the keys of the real one and the dates of the real crawls."""
    listed = json.loads((archive / "collinfo.json").read_text())
    assert [set(entry) for entry in listed] == [
        {"id", "name", "timegate", "cdx-api", "from", "to"}
    ] * 2
    assert [entry["id"] for entry in listed[:2]] == ["DEMO-2024-30", "DEMO-2023-40"]
    assert (listed[0]["from"], listed[0]["to"]) == ("2024-07-12T09:42:14", "2024-07-25T20:55:45")


def test_ranks_keep_their_places(archive: Path) -> None:
    """The domain-ranks file has reversed names by rank, and graphinfo.json leads to it."""
    [graph] = json.loads((archive / "graphinfo.json").read_text())
    base = archive / "projects/hyperlinkgraph" / graph["id"] / "domain"
    text = gzip.decompress((base / f"{graph['id']}-domain-ranks.txt.gz").read_bytes()).decode()
    header, *lines = text.splitlines()
    assert header.split("\t")[0::4] == ["#harmonicc_pos", "#host_rev"]
    ranks = [(int(line.split("\t")[0]), line.split("\t")[4]) for line in lines]
    assert ranks == sorted(ranks, key=lambda rank: rank[0])
    assert ranks[0] == (1, "com.google")


def test_rendering_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    """Two renderings of the same facts are the same, byte for byte."""
    sample = small(tmp_path / "sample", 40)
    render_demo(sample, tmp_path / "one")
    render_demo(sample, tmp_path / "two")
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_a_whole_demo_is_left_alone(tmp_path: Path) -> None:
    """Nothing is written where the facts are rendered already; other facts replace it."""
    sample, directory = small(tmp_path / "sample", 3), tmp_path / "archive"
    render_demo(sample, directory)
    made = directory.stat().st_ino
    render_demo(sample, directory)
    assert directory.stat().st_ino == made
    pl.read_parquet(sample / "facts.parquet").head(13).write_parquet(sample / "facts.parquet")
    render_demo(sample, directory)
    assert directory.stat().st_ino != made
    assert sorted(path.name for path in tmp_path.iterdir()) == ["archive", "sample"]


def test_a_half_built_archive_never_shows(tmp_path: Path) -> None:
    """When building fails the older archive stays, and no half of the new one."""
    crawl = Crawl("DEMO-A", NOON, NOON)
    good = Rendered("DEMO-A", "https://example.com/robots.txt", NOON, 200, b"")
    build(tmp_path / "archive", [crawl], [good])
    before = contents(tmp_path / "archive")
    bad = Rendered("DEMO-A", "https://[bad/robots.txt", NOON, 200, b"")
    with pytest.raises(ValueError, match="Invalid IPv6"):
        build(tmp_path / "archive", [crawl], [good, bad])
    assert contents(tmp_path / "archive") == before
    assert [path.name for path in tmp_path.iterdir()] == ["archive"]


def test_a_stranger_directory_is_refused(tmp_path: Path) -> None:
    """A file, or a directory with anything but a demo in it, is never replaced."""
    (tmp_path / "thesis.txt").write_text("mine")
    for path in (tmp_path, tmp_path / "thesis.txt"):
        with pytest.raises(InputError, match="name a new directory"):
            build(path, [Crawl("DEMO-A", NOON, NOON)], [])
    assert (tmp_path / "thesis.txt").read_text() == "mine"


def test_a_capture_of_an_unknown_crawl_is_refused(tmp_path: Path) -> None:
    """A capture that names no crawl of the archive is an input error."""
    capture = Rendered("DEMO-B", "https://example.com/robots.txt", NOON, 200)
    with pytest.raises(InputError, match="no crawl is called 'DEMO-B'"):
        build(tmp_path / "archive", [Crawl("DEMO-A", NOON, NOON)], [capture])


def test_missing_facts_are_named(tmp_path: Path) -> None:
    """Without the facts the message names the file and what to do."""
    with pytest.raises(InputError, match=r"facts\.parquet.*restore data/demo"):
        render_demo(tmp_path, tmp_path / "archive")


BODIES = [b"", b"\x00\xff binary", "User-agent: *\r\nDisallow: /ü".encode("utf-16"), b"x" * 2**20]


def test_any_body_can_be_packed(tmp_path: Path) -> None:
    """Captures of an import come back byte for byte, each snapshot as a crawl; failures do not."""
    rows: list[tuple[object, ...]] = [
        ("2023-09", f"h{i}.org", NOON, 200, body) for i, body in enumerate(BODIES)
    ]
    rows += [("2023-09", "down.org", NOON, None, None), ("2023-09", "lost.org", NOON, 200, None)]
    rows += [("2023-10", "no.org", NOON + timedelta(days=30), 403, None)]
    names = ["snapshot", "host", "fetch_time", "status", "body"]
    pack(pl.DataFrame(rows, schema=names, orient="row"), tmp_path / "archive")
    found = read_all(tmp_path / "archive", "DEMO-2023-09")
    assert {url: answers[0].body for url, answers in found.items()} == {
        f"https://h{i}.org/robots.txt": body for i, body in enumerate(BODIES)
    }
    [answer] = read_all(tmp_path / "archive", "DEMO-2023-10")["https://no.org/robots.txt"]
    assert (answer.status, answer.body) == (403, b"")


def test_packing_names_missing_columns(tmp_path: Path) -> None:
    """A frame without the columns needed is an input error that names them."""
    with pytest.raises(InputError, match="lack the columns snapshot, fetch_time, status, body"):
        pack(pl.DataFrame({"host": ["example.com"]}), tmp_path / "archive")


NAMED = [
    Verdict(restriction, Basis.NAMED, root_allowed)
    for restriction, root_allowed in [
        (Restriction.NONE, True),
        (Restriction.PARTIAL, True),
        (Restriction.PARTIAL, False),
        (Restriction.ALL_BUT, True),
        (Restriction.ALL_BUT, False),
        (Restriction.FULL, False),
    ]
]


@pytest.mark.parametrize("star", [*NAMED, None])
def test_every_set_of_verdicts_has_a_text(star: Verdict | None) -> None:
    """Any verdicts come out, even where one agent line binds two names."""
    writer = Writer([STAR, "AI", "AI2Bot", "GPTBot"])
    inherited = Verdict(Restriction.NONE, Basis.DEFAULT, True)
    if star:
        inherited = Verdict(star.restriction, Basis.WILDCARD, star.root_allowed)
    policies: Sequence[dict[str, Verdict]] = [
        {STAR: inherited, "AI": short, "AI2Bot": long, "GPTBot": inherited}
        for short, long in itertools.product(NAMED, NAMED)
    ]
    for policy in policies:
        verdicts = Judge(policy).policy(writer.groups(policy).encode()).verdicts
        assert verdicts == policy


def test_impossible_verdicts_are_refused() -> None:
    """A line that names AI2Bot binds AI as well: facts that deny it are an input error."""
    default = Verdict(Restriction.NONE, Basis.DEFAULT, True)
    policy = {STAR: default, "AI": default, "AI2Bot": NAMED[-1]}
    with pytest.raises(InputError, match=r"no robots\.txt gives AI "):
        Writer(policy).groups(policy)
