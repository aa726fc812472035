"""A first run as a user has it, against a stand-in of the real archive."""

import json
import urllib.error
import urllib.request
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest
from archives import cdx_lines
from manners import without_suffix
from stand_in import EARLY, GRAPHS, LATER, UNFINISHED, StandIn, crawls, listed_keys, served
from users import OUTCOMES, Folders, User, finding
from warcio.archiveiterator import ArchiveIterator

from crawlblock.store.store import Store

pytestmark = pytest.mark.own_code

ERAS = [
    "CC-MAIN-2016-36", "CC-MAIN-2018-34", "CC-MAIN-2018-39", "CC-MAIN-2019-47", "CC-MAIN-2021-49",
    "CC-MAIN-2023-50", "CC-MAIN-2026-39",
]  # fmt: skip


FINDING = 5  # requests by which a run finds the parts of an index, however many there are

# The stand-in itself


def columns(archive: Path, crawl: str) -> pl.Schema:
    """Return the columns of a crawl's index."""
    parts = [key for key in listed_keys(archive, crawl, "cc-index-table") if "robotstxt" in key]
    return pl.Schema(pl.read_parquet_schema(archive / parts[0]))


SINCE = {
    "content_mime_detected": "CC-MAIN-2018-34",
    "content_languages": "CC-MAIN-2018-39",
    "fetch_redirect": "CC-MAIN-2019-47",
    "content_truncated": "CC-MAIN-2019-47",
    "url_host_name_reversed": "CC-MAIN-2021-49",
}


@pytest.mark.parametrize("crawl", ERAS)
def test_layouts(rendered: Folders, crawl: str) -> None:
    """Index, names and records of a crawl are as Common Crawl wrote them then."""
    archive, _ = rendered
    schema = columns(archive, crawl)
    assert {name: name in schema for name in SINCE} == {
        name: crawl >= since for name, since in SINCE.items()
    }
    zone = "UTC" if crawl >= "CC-MAIN-2021-49" else None
    assert schema["fetch_time"] == pl.Datetime("ms", zone)
    lines = b"".join(line for _, line in cdx_lines(archive, crawl))
    assert (b"mime-detected" in lines) == ("content_mime_detected" in schema)
    assert (b"redirect" in lines) == ("fetch_redirect" in schema)
    assert b"/robotstxt/" in lines and b"/warc/" in lines
    (key,) = listed_keys(archive, crawl, "robotstxt")
    assert ("ec2.internal" in key) == (crawl < "CC-MAIN-2017-22")
    with (archive / key).open("rb") as file:
        found = [
            (record.rec_type, record.rec_headers, record.raw_stream.read())
            for record in ArchiveIterator(file, no_record_parse=True)
        ]
    assert [kind for kind, _, _ in found[:3]] == ["warcinfo", "request", "response"]
    _, headers, block = found[2]
    head, _, body = block.partition(b"\r\n\r\n")
    assert body.startswith(b"\r\n") == (crawl == "CC-MAIN-2018-34")
    assert (b"X-Crawler-Content-Encoding: gzip" in head) == (crawl >= "CC-MAIN-2018-34")
    named = "WARC-Identified-Payload-Type" in {name for name, _ in headers.headers}
    assert named == (crawl >= "CC-MAIN-2017-22")
    assert ("WARC-Protocol" in {name for name, _ in headers.headers}) == (crawl > "CC-MAIN-2024-30")


def test_what_is_not_there(rendered: Folders) -> None:
    """There are 129 crawls; one before 2016-36 has an index of its pages and no robots.txt."""
    archive, lists = rendered
    assert len(json.loads((lists / "collinfo.json").read_text())) == len(crawls()) == 129
    assert all("/subset=warc/" in key for key in listed_keys(archive, EARLY, "cc-index-table"))
    assert not (archive / f"crawl-data/{EARLY}/robotstxt.paths.gz").exists()


def asked(url: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Ask for a URL without any help."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
            return answer.status, dict(answer.headers), answer.read()
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers), error.read()


def test_answers(here: StandIn) -> None:
    """Both hosts answer with the headers and the error pages of the real ones."""
    url = f"{here.url}/crawl-data/CC-MAIN-2026-39/cc-index.paths.gz"
    status, headers, body = asked(url, Range="bytes=-8")
    assert status == 206 and len(body) == 8
    assert headers["Content-Range"].startswith("bytes ") and "Accept-Ranges" not in headers
    assert headers["ETag"].startswith('"') and headers["ETag"].endswith('-15"')
    assert headers["Server"] == "AmazonS3"
    status, headers, body = asked(f"{here.url}/crawl-data/{EARLY}/robotstxt.paths.gz")
    assert (status, headers["Content-Type"], headers["Server"]) == (
        404, "application/xml", "AmazonS3",
    )  # fmt: skip
    assert b"<Code>NoSuchKey</Code>" in body
    here.fault(503)
    status, headers, body = asked(url)
    assert (status, headers["Content-Type"]) == (503, "application/xml") and b"SlowDown" in body
    here.data.mend()
    here.fault(403)
    status, headers, body = asked(url)
    assert (status, headers["Content-Type"]) == (403, "text/html") and b"Request blocked" in body
    here.index.mend()
    status, headers, body = asked(f"{here.index.url}/collinfo.json")
    assert status == 200 and headers["ETag"].startswith('W/"') and len(json.loads(body)) == 129


# Commands


def test_doctor(here: StandIn, user: User) -> None:
    """Doctor asks once, keeps the list, and compares the clocks."""
    ended = user.types(here, "doctor")
    assert ended.code == 0 and here.asked() == 1
    found = finding(ended, "archive")
    assert found["state"] == "ok"
    assert str(found["found"]).endswith(f"129 crawls, the newest {LATER.crawl}")
    assert finding(ended, "clock")["state"] == "ok"
    assert (user.cache / "collinfo.json").is_file()
    here.list_also(UNFINISHED)
    user.types(here, "doctor")
    assert UNFINISHED.crawl in (user.cache / "collinfo.json").read_text()


def test_six_crawls(here: StandIn, user: User) -> None:
    """History does what its dry run said, says what it sent, and asks for nothing twice."""
    planned = user.types(here, "history --crawls 6 --dry-run")
    assert planned.code == 0 and [row["crawl"] for row in planned.rows][:2] == [
        LATER.crawl, "CC-MAIN-2026-39",
    ]  # fmt: skip
    total = planned.rows[-1]
    before, sent = here.asked(), here.data.bytes + here.index.bytes
    ended = user.types(here, "history --crawls 6")
    requests, sent = here.asked() - before, here.data.bytes + here.index.bytes - sent
    assert ended.code == 0 and f"{requests} requests, {sent / 1e6:.1f} MB" in ended.messages[-1]
    assert float(str(total["requests"])) == pytest.approx(requests, rel=0.15)
    assert float(str(total["gigabytes"])) * 1e9 == pytest.approx(sent, rel=0.15)
    assert user.outcomes(LATER.crawl) == OUTCOMES
    before = here.asked()
    assert user.types(here, "history --crawls 6").code == 0
    assert here.asked() - before == 1  # the list of crawls


def test_the_rate(here: StandIn, user: User) -> None:
    """Requests start as far apart as was said, so that the minutes of the dry run hold."""
    command = ("--rate", 20, "--in-flight", 1)
    (row, _) = user.types(here, "history --crawls CC-MAIN-2026-39 --dry-run", *command).rows
    here.data.requests.clear()
    ended = user.runs(
        "history", "--crawls", "CC-MAIN-2026-39", "--mirror", here.url, "--db", user.db, *command
    )
    assert ended.code == 0
    times = [request.time for request in here.data.requests]
    assert all(later - earlier > 0.04 for earlier, later in pairwise(times))
    assert here.data.most_in_flight == 1 and int(str(row["requests"])) >= len(times) / 2


READABLE = [crawl for crawl in ERAS if crawl != "CC-MAIN-2018-34"]


@pytest.mark.parametrize(("lookup", "wanted"), [("zipnum", READABLE), ("columnar", READABLE[::2])])
def test_history_of_each_era(here: StandIn, user: User, lookup: str, wanted: list[str]) -> None:
    """A crawl of each era says the same about the ten hosts, by either index."""
    ended = user.types(here, f"history --crawls {','.join(wanted)} --lookup {lookup}")
    assert ended.code == 0 and not here.index.requests
    assert {crawl: user.outcomes(crawl) for crawl in wanted} == dict.fromkeys(wanted, OUTCOMES)


def test_the_crawl_with_a_fault(here: StandIn, user: User) -> None:
    """The records of CC-MAIN-2018-34 are read in spite of their extra line."""
    assert user.types(here, "history --crawls CC-MAIN-2018-34").code == 0
    assert user.outcomes("CC-MAIN-2018-34") == OUTCOMES


def test_a_server_with_a_wrong_clock(here: StandIn, user: User) -> None:
    """Where a record has the server's date, a capture lies within its crawl all the same."""
    crawl = next(crawl for crawl in crawls() if crawl.crawl == "CC-MAIN-2016-36")
    assert user.types(here, f"history --crawls {crawl.crawl}").code == 0
    found = user.dates(crawl.crawl)["example.com.br"]
    assert crawl.first_capture <= found <= crawl.last_capture


def test_all_crawls(here: StandIn, user: User) -> None:
    """A dry run of all crawls plans those with robots.txt, and says which are left out."""
    ended = user.types(here, "history --crawls all --dry-run")
    assert ended.code == 0 and len(ended.rows) == 101 + 1
    assert ended.rows[-2]["crawl"] == "CC-MAIN-2016-36"
    assert ended.messages == [
        "crawls before CC-MAIN-2016-36 have no robotstxt subset and are left out (28)"
    ]
    assert here.asked() <= 102 + 2 * 3 * 8  # of two kinds of crawls three are looked at closely


def test_sample(here: StandIn, user: User) -> None:
    """Panels come from a crawl's index and from the newest web graph that has ranks."""
    ended = user.types(here, "sample --crawl latest --size 4")
    assert ended.code == 0
    assert f"4 domains (4 new) from registered domains of {LATER.crawl}" in ended.messages[-1]
    ended = user.types(here, "sample --ranks webgraph --size 4")
    assert ended.code == 0 and f"from web graph {GRAPHS[1]}" in ended.messages[-1]
    assert any(f"{GRAPHS[0]} has no domain ranks yet" in line for line in ended.messages)


def test_weights(here: StandIn, user: User) -> None:
    """Weights reads as much of the index of pages as it said, in as many requests.

    The plan counts what the parts cost.  The run plans once more and then finds the parts: that is
    the list of crawls and the list of files, twice each, and the end of one part.
    """
    (plan,) = user.types(here, "weights --crawl latest --dry-run").rows
    before = here.asked()
    ended = user.types(here, "weights --crawl latest")
    assert ended.code == 0 and "10 of the panel's 10 domains have a weight" in ended.messages[-1]
    assert here.asked() - before == int(str(plan["requests"])) + FINDING
    early = user.types(here, f"weights --crawl {EARLY} --parts 1")
    assert early.code == 0 and f"{EARLY} (1 of 2 parts)" in early.messages[-1]


@pytest.mark.parametrize("how", ["whole", "refused"])
def test_weights_without_last_bytes(rendered: Folders, user: User, how: str) -> None:
    """A server that does not answer ranges of the last bytes costs weights a few requests more."""
    with served(*rendered, without_suffix(how)) as here:  # type: ignore[arg-type]
        ended = user.types(here, "weights --crawl latest --parts 1")
        assert ended.code == 0 and "domains have a weight" in ended.messages[-1]


def test_scan(here: StandIn, user: User) -> None:
    """A planned crawl is read file by file, and merged into a census."""
    scan, census = user.folder / "scan", user.folder / "census.duckdb"
    planned = user.types(here, "scan plan", scan, "--crawls", "2")
    assert planned.code == 0 and [row["files"] for row in planned.rows] == [1, 1]
    before = here.asked()
    ended = user.runs("scan", "run", scan)
    assert (
        ended.code == 0
        and any(line.startswith("2 shards") for line in ended.messages)
        and "26 captures" in "".join(ended.messages)
    )
    assert here.asked() - before == 2
    assert user.runs("scan", "merge", scan, "--db", census).code == 0
    with Store(census).reading() as con:
        rows = con.execute("SELECT count(DISTINCT host) FROM captures").fetchall()
    assert rows == [(11,)]  # the ten and www.example.net


@pytest.mark.usefixtures("unpainted")
def test_update(here: StandIn, user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Update collects the newest crawl; what it cannot know later is no 'nothing new'."""
    update = "update --no-live --quiet"
    assert user.types(here, update).code == 0
    assert user.outcomes(LATER.crawl) == OUTCOMES
    assert (user.folder / "db-results" / "index.html").is_file()
    assert user.types(here, update).code == 5
    monkeypatch.setattr("crawlblock.cli.update._answered", lambda *_: "")  # needs no other page
    here.list_also(UNFINISHED)
    ended = user.types(here, update)
    assert ended.code == 3 and "may not be whole yet" in "".join(ended.messages)
    here.index.fault("", ["portal"] * 9)
    ended = user.types(here, update)
    assert ended.code == 3 and "a web page where a file was asked for" in "".join(ended.messages)
