"""Evidence: each verdict can show its lines and its place in the archive; commands ask for it."""

import json
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from archives import small
from fetched import fetched, judged, stored
from warcio.archiveiterator import ArchiveIterator

from crawlblock.cli import main
from crawlblock.demo import render_demo
from crawlblock.evidence import explanation, lookup
from crawlblock.model import Fetch
from crawlblock.store.store import Store
from crawlblock.warc.http import digest

pytestmark = pytest.mark.own_code

NAMED = (
    b"\xef\xbb\xbf# ours\r\nUser-agent: *\r\nDisallow: /private\r\n\r\n"
    b"User-agent: GPTBot\r\nUser-agent: CCBot\r\nDisallow: /\r\nAllow: /caf\xe9\r\n"
)
STEERING = b"User-agent: *\nDisallow: /\n# \x1b[31m\x07 [red]\n"


def capture(snapshot: str, at: datetime, answer: bytes | int) -> Fetch:
    """Return a fetch of a.example, redirected twice, that found a body or only a status."""
    return fetched(
        "a.example", snapshot, at, answer, secure=False, url="https://www.a.example/robots.txt",
        hops=2, warc_file="crawl-data/x.warc.gz", warc_offset=7, warc_length=9,
    )  # fmt: skip


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a database with three snapshots of a host, of which the last failed."""
    path = tmp_path_factory.mktemp("evidence") / "db.duckdb"
    store = Store(path)
    answers: list[tuple[str, datetime, bytes | int]] = [
        ("2024-05", datetime(2024, 5, 6, 12), STEERING),
        ("2024-06", datetime(2024, 6, 6, 12), NAMED),
        ("2024-07", datetime(2024, 7, 6, 12), 503),
    ]
    stored(store, [capture(*answer) for answer in answers], [STEERING, NAMED])
    judged(store)
    return path


def ask_for(db: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Return exit code, stdout and stderr of a command."""
    with pytest.raises(SystemExit) as stopped:
        main([*arguments, "--db", str(db)])
    out, err = capsys.readouterr()
    return int(str(stopped.value.code)), out, err


def explained(db: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    """Return what explain prints as JSON."""
    code, out, _ = ask_for(db, capsys, "explain", *arguments, "-o", "json")
    assert code == 0
    rows: list[dict[str, Any]] = json.loads(out)
    return rows[0]


def test_named_group(db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Explain shows the group that binds a crawler, the rule and its line in the payload."""
    row = explained(db, capsys, "a.example", "gptbot", "--at", "2024-06")
    assert (row["token"], row["restriction"], row["basis"]) == ("GPTBot", "all_but", "named")
    assert (row["line"], row["rule"]) == (7, "Disallow: /")
    assert row["groups"] == [
        {
            "first_line": 5,
            "lines": [
                "User-agent: GPTBot", "User-agent: CCBot", "Disallow: /", "Allow: /caf\\xe9",
            ],
        }
    ]  # fmt: skip
    assert (row["url"], row["hops"]) == ("https://www.a.example/robots.txt", 2)
    assert (row["warc_file"], row["warc_offset"], row["warc_length"]) == (
        "crawl-data/x.warc.gz", 7, 9,
    )  # fmt: skip


def test_wildcard_group(db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A crawler that nobody names is explained by the lines of *."""
    row = explained(db, capsys, "a.example", "Bytespider", "--at", "2024-06-30")
    assert (row["basis"], row["groups"][0]["first_line"]) == ("wildcard", 2)


def test_no_group_at_all(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A robots.txt without a single group is explained: nothing in it is for anybody."""
    body = b"# nothing\nSitemap: https://a.example/map.xml\n"
    store = Store(tmp_path / "db.duckdb")
    stored(store, [capture("2024-05", datetime(2024, 5, 6), body)], [body])
    judged(store)
    row = explained(tmp_path / "db.duckdb", capsys, "a.example", "GPTBot")
    assert (row["restriction"], row["basis"], row["root_allowed"]) == ("none", "default", True)
    assert (row["groups"], row["line"], row["authored_by"]) == ([], None, None)


def test_status_decides(db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where no rules were read the status is shown under both HTTP profiles."""
    row = explained(db, capsys, "a.example", "CCBot")
    assert (row["restriction"], row["basis"], row["status"]) == ("full", "http", 503)
    assert row["http_profiles"] == {"rfc9309": "full", "ccbot": "unknown"}
    row = explained(db, capsys, "a.example", "CCBot", "--http-profile", "ccbot")
    assert (row["restriction"], row["root_allowed"]) == ("unknown", None)
    _, out, _ = ask_for(db, capsys, "explain", "a.example", "CCBot", "-o", "table")
    assert "HTTP 503" in out and "under ccbot: unknown" in out


def test_strangers_cannot_steer(db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Control characters of a payload are spelled out, and its brackets are no markup."""
    code, out, _ = ask_for(
        db, capsys, "explain", "a.example", "*", "--at", "2024-05", "-o", "table"
    )
    assert code == 0 and "\x1b" not in out and "\x07" not in out
    assert "\\x1b[31m" in out and "[red]" in out
    assert ">    2  Disallow: /" in out and "line 2 decided" in out


def test_explained_as_stored(db: Path) -> None:
    """Re-reading a payload gives the verdict that is stored, for every crawler and capture."""
    with Store(db).reading() as con:
        stored = con.execute("SELECT snapshot, token, restriction, basis FROM access").fetchall()
        known = {p.capture.snapshot: p for p in lookup.points(con, "a.example")}
        for snapshot, token, restriction, basis in stored[::7]:
            verdict = explanation.explain(con, known[snapshot], token).verdict
            assert (str(verdict.restriction), str(verdict.basis)) == (restriction, basis)


def test_cat(db: Path) -> None:
    """Cat prints the payload byte for byte, and one line that says where it is from."""
    command = [sys.executable, "-m", "crawlblock", "cat", "A.example", "--at", "2024-06"]
    done = subprocess.run([*command, "--db", str(db)], capture_output=True, check=True)
    assert done.stdout == NAMED
    (line,) = done.stderr.decode().splitlines()
    assert "2024-06-06 12:00:00" in line and "x.warc.gz offset 7 length 9" in line


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("cat", "a.example"), "server_error, HTTP 503); take --at 2024-06"),
        (("cat", "a.example", "--at", "2024-08"), "did you mean 2024-0"),
        (("cat", "a.example", "--at", "2020-01-01"), "there are 3, 2024-05 to 2024-07"),
        (("cat", "a.example", "--at", "9999-12-31T23:59:59.999999"), "nor a date"),
        (("cat", "a.example", "--at", "0001-01-01T00:00+05:00"), "nor a date"),
        (("explain", "a.exmaple", "CCBot"), "did you mean a.example?"),
        (("explain", "no host", "CCBot"), "name a host"),
        (("explain", "a.example", "GPTBit"), "did you mean GPTBot"),
        (("timeline", "zzz.test"), "nothing is stored about this host"),
        (("timeline", "a.example", "--token", "qqq"), "no registered crawler"),
        (("changes", "--since", "never"), "dates are YYYY-MM-DD"),
        (("changes", "--since", "2024-01-01", "--webhook", "http://h.test/"), "--secret-env"),
        (("changes", "--since", "2024-01-01", "--secret-env", "KEY"), "--webhook"),
    ],
)
def test_unusable(
    db: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    """What cannot be answered is one line that names it and what exists, with exit code 2."""
    code, out, err = ask_for(db, capsys, *arguments)
    assert (code, out) == (2, "") and said in err and len(err.splitlines()) == 1


def test_no_database(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A question to a database that is not there does not make one."""
    absent = tmp_path / "absent.duckdb"
    code, _, err = ask_for(absent, capsys, "cat", "a.example")
    assert code == 2 and "absent.duckdb" in err and not absent.exists()


def test_timeline(db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A timeline has a row per change, with --all one per snapshot."""
    wanted = ("timeline", "a.example", "--token", "gptbot", "-o")
    _, out, _ = ask_for(db, capsys, *wanted, "json")
    assert [(row["snapshot"], row["to_restriction"]) for row in json.loads(out)] == [
        ("2024-05", "full"),
        ("2024-06", "all_but"),
        ("2024-07", "full"),
    ]
    _, out, _ = ask_for(db, capsys, *wanted, "csv", "--all")
    assert out.splitlines()[1].startswith("2024-05,2024-05-06T12:00:00Z,ok,200,GPTBot,full")
    code, out, _ = ask_for(db, capsys, "timeline", "https://a.example/x", "-o", "table")
    assert code == 0 and "server_error" in out and max(map(len, out.splitlines())) <= 80


def test_changes_kinds(db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Changes are printed as table, JSON, CSV and Atom."""
    wanted = ("changes", "--since", "2024-05", "--token", "bytespider", "-o")
    _, out, _ = ask_for(db, capsys, *wanted, "json")
    rows = json.loads(out)
    assert [(r["transition"], r["from_snapshot"], r["snapshot"]) for r in rows] == [
        ("stopped", "2024-05", "2024-06"),  # the 503 of July is an outage, and no block
    ]
    assert rows[0]["after"] == "2024-05-06T12:00:00Z" and rows[0]["digest"] == digest(NAMED)
    assert len(ask_for(db, capsys, *wanted, "csv")[1].splitlines()) == 2
    assert ask_for(db, capsys, *wanted, "atom")[1].count("<entry>") == 1
    assert "full > partial" in ask_for(db, capsys, *wanted, "table")[1]


def test_webhook_that_is_down(
    db: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A message that cannot be delivered ends with 4, and nothing is sent without a change."""
    monkeypatch.setenv("KEY_OF_THE_HOOK", "key")
    hook = ("--webhook", "http://127.0.0.1:1/hook", "--secret-env", "KEY_OF_THE_HOOK")
    code, _, err = ask_for(db, capsys, "changes", "--since", "2024-08-01", *hook)
    assert (code, err) == (0, "")
    code, out, err = ask_for(db, capsys, "changes", "--since", "2024-05", *hook)
    assert code == 4 and "127.0.0.1" in err and "a.example" in out


def test_address_in_the_archive(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The WARC file, offset and length that explain names hold the record with that payload."""
    sample = small(tmp_path / "sample", 5, ["DEMO-2024-30"])
    archive, db = tmp_path / "archive", tmp_path / "db.duckdb"
    render_demo(sample, archive)
    for command in (
        ["sample", "--list", str(sample / "hosts.csv")],
        ["history", "--mirror", str(archive), "--crawls", "all"],
    ):
        with pytest.raises(SystemExit):
            main([*command, "--db", str(db)])
    with Store(db).reading() as con:
        ((host,),) = con.execute(
            "SELECT min(host) FROM captures WHERE digest IS NOT NULL"
        ).fetchall()
        _, body = explanation.archived(con, host, "DEMO-2024-30")
    capsys.readouterr()
    row = explained(db, capsys, host, "CCBot", "--at", "DEMO-2024-30")
    with (archive / row["warc_file"]).open("rb") as file:
        file.seek(row["warc_offset"])
        record = next(iter(ArchiveIterator(file)))
        assert record.rec_headers["WARC-Target-URI"] == row["url"]
        assert record.content_stream().read() == body.bytes
    assert digest(body.bytes) == row["digest"]
