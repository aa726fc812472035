"""A first run as a user has it, against a stand-in of the real archive."""

import json
import os
import re
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest
from archives import cdx_lines
from disks import small_disk
from manners import DATA_HOST, INDEX_HOST, without_suffix
from shells import GUARD, ROOT
from stand_in import (
    ANSWERS,
    EARLY,
    GRAPHS,
    LATER,
    UNFINISHED,
    StandIn,
    copied,
    crawls,
    listed_keys,
    render,
    served,
)
from warcio.archiveiterator import ArchiveIterator

from crawlblock.cli import main
from crawlblock.sources.commoncrawl import keys
from crawlblock.store.store import Store

ERAS = [
    "CC-MAIN-2016-36", "CC-MAIN-2018-34", "CC-MAIN-2018-39", "CC-MAIN-2019-47", "CC-MAIN-2021-49",
    "CC-MAIN-2023-50", "CC-MAIN-2026-39",
]  # fmt: skip
OUTCOMES = {
    "example.com": "ok", "example.org": "ok", "example.net": "ok", "example.edu": "absent",
    "example.de": "refused", "example.fr": "server_error", "example.co.uk": "not_robots",
    "example.jp": "ok", "example.com.br": "ok", "example.it": "redirect_unresolved",
}  # fmt: skip
PACKAGED = "the list of crawls that comes with crawlblock is used"
Folders = tuple[Path, Path]


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    told: list[str]

    @property
    def rows(self) -> list[dict[str, object]]:
        """Return what it printed as JSON lines."""
        return [json.loads(line) for line in self.out.splitlines()]


class User:
    """Somebody with a panel of ten domains who types commands."""

    def __init__(self, folder: Path, db: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.db, self._capsys = folder, db, capsys
        self.cache = db.with_suffix(".cache")

    def types(self, stand_in: StandIn, command: str, *more: object) -> Ended:
        """Run a command against the stand-in, asking fast; nothing it says is a traceback."""
        words = command.split()
        at: list[object] = ["--mirror", stand_in.url, "--rate", 1000]
        if words[:2] != ["scan", "plan"]:
            at += ["--db", self.db]
        return self.runs(*words, *more, *at)

    def runs(self, *words: object) -> Ended:
        """Run a command as it stands."""
        with pytest.raises(SystemExit) as stopped:
            main([str(word) for word in words])
        out, told = self._capsys.readouterr()
        assert "Traceback" not in told and "a fault in crawlblock" not in told
        return Ended(int(stopped.value.code or 0), out, told.splitlines())

    def outcomes(self, crawl: str) -> dict[str, str]:
        """Return how each host of the panel ended in a crawl."""
        return {str(host): str(outcome) for host, outcome in self._asked(crawl, "outcome")}

    def dates(self, crawl: str) -> dict[str, datetime]:
        """Return when each host of the panel was captured in a crawl."""
        return {str(host): time for host, time in self._asked(crawl, "fetch_time")}

    def _asked(self, crawl: str, column: str) -> Sequence[tuple[object, datetime]]:
        question = f"SELECT host, {column} FROM captures WHERE snapshot = ?"
        with Store(self.db).reading() as con:
            return con.execute(question, [crawl]).fetchall()

    def told_open(self) -> list[object]:
        """Return the hosts of which something is said that is not unknown."""
        with Store(self.db).reading() as con:
            rows = con.execute("SELECT host FROM access WHERE restriction <> 'unknown'").fetchall()
        return [host for (host,) in rows]


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Folders:
    """Return the folders of the two hosts."""
    return render(tmp_path_factory.mktemp("stand_in"))


@pytest.fixture(scope="module")
def sampled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a database with a panel of the ten domains."""
    folder = tmp_path_factory.mktemp("sampled")
    (folder / "domains.csv").write_text("domain\n" + "\n".join(ANSWERS))
    with pytest.raises(SystemExit) as stopped:
        main(["sample", "--list", str(folder / "domains.csv"), "--db", str(folder / "db.duckdb")])
    assert stopped.value.code == 0
    return folder / "db.duckdb"


@pytest.fixture
def here(rendered: Folders, tmp_path: Path) -> Iterator[StandIn]:
    """Return the stand-in, whose lists a test may change."""
    archive, lists = rendered
    with served(archive, copied(tmp_path, lists)) as running:
        yield running


@pytest.fixture
def user(tmp_path: Path, sampled: Path, capsys: pytest.CaptureFixture[str]) -> User:
    """Return a user with a database of their own."""
    capsys.readouterr()
    return User(tmp_path, Path(shutil.copyfile(sampled, tmp_path / "db.duckdb")), capsys)


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


def finding(ended: Ended, what: str) -> dict[str, object]:
    """Return what doctor found about something."""
    (row,) = [row for row in ended.rows if row["what"] == what]
    return row


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


SEEN = (
    "list of crawls", "list of a crawl's index files", "last bytes of cluster.idx",
    "a block of the index", "a WARC record", "all of it",
)  # fmt: skip


def test_report(here: StandIn, user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """The checklist tells how the archive answers, and not who asked from where."""
    monkeypatch.setenv("USER", "jane-doe")
    ended = user.types(here, "doctor --report --contact jane@office.example")
    assert ended.code == 0 and here.asked() == 5
    rows = [line for line in ended.out.splitlines() if line.startswith("| ok | ")]
    assert [row.split(" | ")[1] for row in rows] == [*SEEN]
    assert "such a range is answered" in ended.out and "its digest fits" in ended.out
    assert "server AmazonS3, strong ETag of parts, no Accept-Ranges" in ended.out
    assert "server nginx/1.29.1, weak ETag" in ended.out
    assert "changed 0 days ago" in ended.out and "- [x] python: 3." in ended.out
    assert re.search(r"the clocks are -?\d s apart", ended.out)
    assert_nobody(ended.out, user)


def assert_nobody(text: str, user: User) -> None:
    """Assert that a text names no address, path, machine or person."""
    for secret in ("127.0.0.1", "jane", "office", str(user.folder), os.uname().nodename, "/home"):
        assert secret not in text, secret
    assert not any(part in text for part in (".duckdb", ".cache", "@", f"{Path.home()}/"))


@pytest.mark.fault("archive", "doctor --report: {fault}")
@pytest.mark.parametrize("fault", ["portal", "full", "drop", 403])
def test_report_of_a_failure(here: StandIn, user: User, fault: int | str) -> None:
    """Where a step fails the checklist says so, exits 1, and names nobody either."""
    here.fault(fault)
    ended = user.types(here, "doctor --report --contact jane@office.example")
    assert ended.code == 1 and "| no | " in ended.out
    assert_nobody(ended.out, user)


@pytest.mark.parametrize("how", ["whole", "refused"])
def test_report_without_last_bytes(rendered: Folders, user: User, how: str) -> None:
    """The checklist says that a server does not answer ranges of the last bytes."""
    with served(*rendered, without_suffix(how)) as here:  # type: ignore[arg-type]
        assert "such a range is not answered" in user.types(here, "doctor --report").out


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
    assert ended.code == 0 and f"{requests} requests, {sent / 1e6:.1f} MB" in ended.told[-1]
    assert requests / 2 <= int(str(total["requests"])) <= requests * 2
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


@pytest.mark.xfail(strict=True, reason="its extra line is not left out yet")
def test_the_crawl_with_a_fault(here: StandIn, user: User) -> None:
    """The records of CC-MAIN-2018-34 are read in spite of their extra line."""
    assert user.types(here, "history --crawls CC-MAIN-2018-34").code == 0
    assert user.outcomes("CC-MAIN-2018-34") == OUTCOMES


@pytest.mark.xfail(strict=True, reason="the date is believed yet")
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
    assert ended.told == [
        "crawls before CC-MAIN-2016-36 have no robotstxt subset and are left out (28)"
    ]
    assert here.asked() == 102


def test_sample(here: StandIn, user: User) -> None:
    """Panels come from a crawl's index and from the newest web graph that has ranks."""
    ended = user.types(here, "sample --crawl latest --size 4")
    assert ended.code == 0
    assert f"4 domains (4 new) from registered domains of {LATER.crawl}" in ended.told[-1]
    ended = user.types(here, "sample --ranks webgraph --size 4")
    assert ended.code == 0 and f"from web graph {GRAPHS[1]}" in ended.told[-1]
    assert any(f"{GRAPHS[0]} has no domain ranks yet" in line for line in ended.told)


def test_weights(here: StandIn, user: User) -> None:
    """Weights reads as much of the index of pages as it said, in about as many requests."""
    (plan,) = user.types(here, "weights --crawl latest --dry-run").rows
    here.data.requests.clear()
    ended = user.types(here, "weights --crawl latest")
    assert ended.code == 0 and "10 of the panel's 10 domains have a weight" in ended.told[-1]
    requests = len(here.data.requests)
    assert requests / 2 <= int(str(plan["requests"])) <= requests
    early = user.types(here, f"weights --crawl {EARLY} --parts 1")
    assert early.code == 0 and f"{EARLY} (1 of 2 parts)" in early.told[-1]


@pytest.mark.xfail(strict=True, reason="weights needs them yet")
@pytest.mark.parametrize("how", ["whole", "refused"])
def test_weights_without_last_bytes(rendered: Folders, user: User, how: str) -> None:
    """A server that does not answer ranges of the last bytes costs weights a few requests more."""
    with served(*rendered, without_suffix(how)) as here:  # type: ignore[arg-type]
        ended = user.types(here, "weights --crawl latest --parts 1")
        assert ended.code == 0 and "domains have a weight" in ended.told[-1]


def test_scan(here: StandIn, user: User) -> None:
    """A planned crawl is read file by file, and merged into a census."""
    scan, census = user.folder / "scan", user.folder / "census.duckdb"
    planned = user.types(here, "scan plan", scan, "--crawls", "2")
    assert planned.code == 0 and [row["files"] for row in planned.rows] == [1, 1]
    before = here.asked()
    ended = user.runs("scan", "run", scan)
    assert (
        ended.code == 0
        and ended.told[-1].startswith("2 shards")
        and "26 captures" in "".join(ended.told)
    )
    assert here.asked() - before == 2
    assert user.runs("scan", "merge", scan, "--db", census).code == 0
    with Store(census).reading() as con:
        rows = con.execute("SELECT count(DISTINCT host) FROM captures").fetchall()
    assert rows == [(11,)]  # the ten and www.example.net


def test_update(here: StandIn, user: User) -> None:
    """Update collects the newest crawl; what it cannot know later is no 'nothing new'."""
    update = "update --no-live --quiet"
    assert user.types(here, update).code == 0
    assert user.outcomes(LATER.crawl) == OUTCOMES
    assert (user.folder / "results" / "index.html").is_file()
    assert user.types(here, update).code == 5
    here.list_also(UNFINISHED)
    ended = user.types(here, update)
    assert ended.code == 3 and "may not be whole yet" in "".join(ended.told)
    here.index.fault("", ["portal"] * 9)
    ended = user.types(here, update)
    assert ended.code == 3 and "a web page where a file was asked for" in "".join(ended.told)


# Bad input

ASKING = (
    "history --crawls 2 --dry-run",
    "history --crawls 2",
    "history --crawls CC-MAIN-2026-39 --lookup zipnum",
    "sample --crawl latest",
    "sample --ranks webgraph",
    "weights --crawl latest",
    "update --no-live --quiet",
)


@pytest.mark.fault("archive", "a captive portal: {each}", each=ASKING)
def test_captive_portal(here: StandIn, user: User) -> None:
    """Where every answer is a page, each command says so and what to do, and stores nothing."""
    here.fault("portal")
    for command in ASKING:
        ended = user.types(here, command)
        assert ended.code == 4, command
        assert ended.told[-1].startswith(f"crawlblock: {here.url}/"), command
        assert "a web page where a file was asked for; log in to this network" in ended.told[-1]
    ended = user.types(here, "scan plan", user.folder / "scan")
    assert ended.code == 4 and "log in to this network" in ended.told[-1]
    ended = user.types(here, "doctor")
    assert ended.code == 1
    assert "log in to this network" in str(finding(ended, "archive")["advice"])
    assert not user.told_open() and not [path for path in user.cache.rglob("*") if path.is_file()]


@pytest.mark.fault("archive", "a captive portal in the middle of scan run")
def test_captive_portal_later(here: StandIn, user: User) -> None:
    """A scan that is met by a portal ends with its reason, and goes on the next time."""
    scan = user.folder / "scan"
    assert user.types(here, "scan plan", scan, "--crawls", "1").code == 0
    here.fault("portal")
    ended = user.runs("scan", "run", scan)
    assert ended.code == 4 and "log in to this network" in ended.told[-1]
    here.data.mend()
    assert user.runs("scan", "run", scan).code == 0


@pytest.mark.fault("archive", "a proxy that removes Range: history")
def test_proxy_without_ranges(here: StandIn, user: User) -> None:
    """Where every range is answered with the whole file the run ends, and says why."""
    here.fault("full")
    command = "history --crawls CC-MAIN-2026-39 --lookup zipnum"
    ended = user.types(here, command)
    assert ended.code == 4
    assert "a proxy may remove the header Range: go around it" in ended.told[-1]
    assert not user.told_open()
    here.data.mend()
    assert user.types(here, command).code == 0
    assert user.outcomes("CC-MAIN-2026-39") == OUTCOMES


@pytest.mark.fault("archive", "only the data host: doctor, history, sample")
def test_data_host_alone(here: StandIn, user: User) -> None:
    """Without the index host the packaged list is used and said, and everything else works."""
    here.index.fault("", ["drop"] * 100)
    ended = user.types(here, "doctor")
    assert ended.code == 0 and PACKAGED in str(finding(ended, "archive")["advice"])
    ended = user.types(here, "history --crawls latest")
    assert ended.code == 0 and sum(PACKAGED in line for line in ended.told) == 1
    assert user.outcomes("CC-MAIN-2026-39") == OUTCOMES
    ended = user.types(here, "sample --ranks webgraph")
    assert ended.code == 0 and GRAPHS[1] in ended.told[-1]


@pytest.mark.fault("archive", "history: a crawl without robots.txt, or that is not whole yet")
def test_crawls_that_cannot_be_read(here: StandIn, user: User) -> None:
    """An early crawl is the user's mistake, one that is not whole yet the archive's."""
    ended = user.types(here, "history --crawls CC-MAIN-2012")
    assert ended.code == 2 and "the first crawl that has one is CC-MAIN-2016-36" in ended.told[-1]
    here.list_also(UNFINISHED)
    whole = f"{UNFINISHED.crawl}/cc-index-table.paths.gz is absent; the crawl may not be whole yet"
    ended = user.types(here, "history --crawls latest")
    assert ended.code == 1 and whole in ended.told[-1]
    ended = user.types(here, "history --crawls 2")
    assert ended.code == 3 and whole in ended.told[-1]
    assert user.outcomes(LATER.crawl) == OUTCOMES
    ended = user.types(here, "scan plan", user.folder / "scan")
    assert ended.code == 1 and "may not be whole yet" in ended.told[-1]
    assert user.types(here, "sample --crawl latest").code == 1


@pytest.mark.fault("clock", "a year {way}: doctor, history")
@pytest.mark.parametrize("way", ["ahead of", "behind"])
def test_wrong_clock(rendered: Folders, user: User, way: str) -> None:
    """A clock that is wrong by a year is said; dates of captures are those of the archive."""
    year = timedelta(days=365, minutes=10)
    manner = replace(DATA_HOST, ahead=-year if way == "ahead of" else year)
    with served(*rendered, manner) as here:
        here.index.manner = replace(INDEX_HOST, ahead=manner.ahead)
        ended = user.types(here, "doctor")
        assert ended.code == 1
        clock = finding(ended, "clock")
        assert clock["state"] == "fail"
        told = f"clock is 365 days {way} the archive's; set it"
        assert told in str(clock["advice"])
        ended = user.types(here, "history --crawls latest")
    assert ended.code == 0 and any(told in line for line in ended.told)
    assert LATER.first_capture <= user.dates(LATER.crawl)["example.com"] <= LATER.last_capture


@pytest.mark.fault("clock", "certificates cannot be believed: doctor")
def test_certificates(here: StandIn, user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no TLS comes about, as with a wrong clock, the clock is named."""
    secure = here.url.replace("http:", "https:")
    monkeypatch.setitem(keys._INDEX_HOST_OF, secure, here.index.url.replace("http:", "https:"))
    ended = user.runs("doctor", "--mirror", secure, "--db", user.db)
    advice = str(finding(ended, "archive")["advice"])
    assert ended.code == 1 and "(tls); check this machine's clock" in advice


@pytest.mark.fault("disk", "full while an index is downloaded")
def test_full_disk(here: StandIn, user: User) -> None:
    """A disk that fills ends the run in one line; with room the run goes on."""
    command = "history --crawls CC-MAIN-2026-39 --lookup columnar"
    with small_disk(user.folder / "disk", "4k") as disk:
        ended = user.types(here, command, "--cache", disk)
        assert ended.code == 1
        assert "cannot be written (No space left on device); make room" in ended.told[-1]
        assert not user.told_open()
    assert user.types(here, command).code == 0
    assert user.outcomes("CC-MAIN-2026-39") == OUTCOMES


OFFLINE = ("history --crawls 2 --rate 1000", "doctor -o jsonl --rate 1000")
# The real addresses, in a process that reaches nobody and does not wait.
NO_NETWORK = f"{GUARD}\nimport asyncio\n_sleep = asyncio.sleep\n" + (
    "asyncio.sleep = lambda seconds, *more: _sleep(min(seconds, 0.01), *more)\n"
)


@pytest.mark.fault("archive", "no network at all: {each}", each=OFFLINE)
def test_no_network(user: User) -> None:
    """Without a network each command says which address cannot be had, and exits 4."""
    (user.folder / "sitecustomize.py").write_text(NO_NETWORK)
    found = f"{user.folder}{os.pathsep}{ROOT}"
    environment = os.environ | {"PYTHONPATH": found, "CRAWLBLOCK_CONTACT": "me@here.example"}
    running = []
    for n, command in enumerate(OFFLINE):
        db = shutil.copyfile(user.db, user.folder / f"{n}.duckdb")
        words = [sys.executable, "-m", "crawlblock", *command.split(), "--db", str(db)]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        running.append(subprocess.Popen(words, env=environment, text=True, **pipes))  # type: ignore[call-overload]
    for command, process in zip(OFFLINE, running, strict=True):
        out, told = process.communicate(timeout=120)
        lines = [line for line in told.splitlines() if not line.startswith("REACHED")]
        last = out if command.startswith("doctor") else lines[-1]
        assert process.returncode == (1 if command.startswith("doctor") else 4), told
        assert "https://data.commoncrawl.org" in last and "check the network" in last, told
        assert command.startswith("doctor") or "https://index.commoncrawl.org" in told
        assert "Traceback" not in told
    user.db = user.folder / "0.duckdb"
    assert not user.told_open()


@pytest.mark.fault("archive", "{status} without end: doctor")
@pytest.mark.parametrize("status", [403, 503])
def test_refusals(here: StandIn, user: User, status: int) -> None:
    """Doctor tells soon that the archive wants to be left alone."""
    here.fault(status)
    ended = user.types(here, "doctor")
    assert ended.code == 1 and here.asked() < 12
    advice = str(finding(ended, "archive")["advice"])
    assert f"answered {status}" in advice and "wait an hour or more" in advice
