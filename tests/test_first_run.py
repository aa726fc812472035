"""What goes wrong on a first run, and the checklist of it, against the stand-in of the archive."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from disks import small_disk
from manners import DATA_HOST, INDEX_HOST, without_suffix
from shells import GUARD, ROOT
from stand_in import GRAPHS, LATER, UNFINISHED, StandIn, served
from users import OUTCOMES, Folders, User, finding

from crawlblock.report.checklist import unnamed
from crawlblock.sources.commoncrawl import keys

pytestmark = pytest.mark.own_code

PACKAGED = "the list of crawls that comes with crawlblock is used"

# The checklist

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


@pytest.mark.fault("archive", "doctor --report: damaged lines of cluster.idx")
def test_report_of_a_damaged_index(rendered: Folders, user: User, tmp_path: Path) -> None:
    """Lines that cannot be read are passed over; without any the checklist says so."""
    data, index = (Path(shutil.copytree(each, tmp_path / each.name)) for each in rendered)
    for path in data.rglob("cluster.idx"):
        path.write_bytes(b"com,a)/ 2023\tcdx\t\xff\tmany\t1\ncom,b)/ 2023\tcdx\t\tx\t\n")
    with served(data, index) as here:
        ended = user.types(here, "doctor --report")
    assert ended.code == 1 and "| no | a block of the index | 0 captures" in ended.out


@pytest.mark.parametrize("how", ["whole", "refused"])
def test_report_without_last_bytes(rendered: Folders, user: User, how: str) -> None:
    """The checklist says that a server does not answer ranges of the last bytes."""
    with served(*rendered, without_suffix(how)) as here:  # type: ignore[arg-type]
        assert "such a range is not answered" in user.types(here, "doctor --report").out


@pytest.mark.parametrize(
    ("text", "public"),
    [
        ("/srv/my data/x cannot be written", "<path> cannot be written"),
        (r"C:\Users\Jane\db.duckdb: locked", "<path>: locked"),
        ("~/db.duckdb (a@b.example)", "<path> (<contact>)"),
        (
            "10.0.0.7:8080 answered 403; [fe80::1:2:3] did not",
            "<address> answered 403; <address> did not",
        ),
        ("http://proxy.lan/x: absent", "<address>: absent"),
        (
            "https://data.commoncrawl.org/cc-index/a: absent",
            "https://data.commoncrawl.org/cc-index/a: absent",
        ),
        ("crawl-data/CC-MAIN-2026-39/x is absent", "crawl-data/CC-MAIN-2026-39/x is absent"),
    ],
)
def test_texts_name_nobody(text: str, public: str) -> None:
    """Paths, addresses and contacts are hidden, keys and Common Crawl's own addresses are not."""
    assert unnamed(text, "/srv/my data/x") == public


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
        assert ended.messages[-1].startswith(f"crawlblock: {here.url}/"), command
        assert "a web page where a file was asked for; log in to this network" in ended.messages[-1]
    ended = user.types(here, "scan plan", user.folder / "scan")
    assert ended.code == 4 and "log in to this network" in ended.messages[-1]
    ended = user.types(here, "doctor")
    assert ended.code == 1
    assert "log in to this network" in str(finding(ended, "archive")["advice"])
    assert not user.reached() and not [path for path in user.cache.rglob("*") if path.is_file()]


@pytest.mark.fault("archive", "a captive portal in the middle of scan run")
def test_captive_portal_later(here: StandIn, user: User) -> None:
    """A scan that is met by a portal ends with its reason, and goes on the next time."""
    scan = user.folder / "scan"
    assert user.types(here, "scan plan", scan, "--crawls", "1").code == 0
    here.fault("portal")
    ended = user.runs("scan", "run", scan)
    assert ended.code == 4 and "log in to this network" in ended.messages[-1]
    here.data.mend()
    assert user.runs("scan", "run", scan).code == 0


@pytest.mark.fault("archive", "a proxy that removes Range: history")
def test_proxy_without_ranges(here: StandIn, user: User) -> None:
    """Where every range is answered with the whole file the run ends, and says why."""
    here.fault("full")
    command = "history --crawls CC-MAIN-2026-39 --lookup zipnum"
    ended = user.types(here, command)
    assert ended.code == 4
    assert "a proxy may remove the header Range: go around it" in ended.messages[-1]
    assert not user.reached()
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
    assert ended.code == 0 and sum(PACKAGED in line for line in ended.messages) == 1
    assert user.outcomes("CC-MAIN-2026-39") == OUTCOMES
    ended = user.types(here, "sample --ranks webgraph")
    assert ended.code == 0 and GRAPHS[1] in ended.messages[-1]


@pytest.mark.fault("archive", "history: a crawl without robots.txt, or that is not whole yet")
def test_crawls_that_cannot_be_read(here: StandIn, user: User) -> None:
    """An early crawl is the user's mistake, one that is not whole yet the archive's."""
    ended = user.types(here, "history --crawls CC-MAIN-2012")
    assert (
        ended.code == 2 and "the first crawl that has one is CC-MAIN-2016-36" in ended.messages[-1]
    )
    here.list_also(UNFINISHED)
    whole = f"{UNFINISHED.crawl}/cc-index-table.paths.gz is absent; the crawl may not be whole yet"
    ended = user.types(here, "history --crawls latest")
    assert ended.code == 1 and whole in ended.messages[-1]
    ended = user.types(here, "history --crawls 2")
    assert ended.code == 3 and whole in ended.messages[-1]
    assert user.outcomes(LATER.crawl) == OUTCOMES
    ended = user.types(here, "scan plan", user.folder / "scan")
    assert ended.code == 1 and "may not be whole yet" in ended.messages[-1]
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
        advice = f"clock is 365 days {way} the archive's; set it"
        assert advice in str(clock["advice"])
        ended = user.types(here, "history --crawls latest")
    assert ended.code == 0 and any(advice in line for line in ended.messages)
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
        assert "cannot be written (No space left on device); free some space" in ended.messages[-1]
        assert not user.reached()
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
        out, errors = process.communicate(timeout=120)
        lines = [line for line in errors.splitlines() if not line.startswith("REACHED")]
        last = out if command.startswith("doctor") else lines[-1]
        assert process.returncode == (1 if command.startswith("doctor") else 4), errors
        assert "https://data.commoncrawl.org" in last and "check the network" in last, errors
        assert command.startswith("doctor") or "https://index.commoncrawl.org" in errors
        assert "Traceback" not in errors
    user.db = user.folder / "0.duckdb"
    assert not user.reached()


@pytest.mark.fault("archive", "{status} without end: doctor")
@pytest.mark.parametrize("status", [403, 503])
def test_refusals(here: StandIn, user: User, status: int) -> None:
    """Doctor tells soon that the archive wants to be left alone."""
    here.fault(status)
    ended = user.types(here, "doctor")
    assert ended.code == 1 and here.asked() < 12
    advice = str(finding(ended, "archive")["advice"])
    assert f"answered {status}" in advice and "wait an hour or more" in advice
