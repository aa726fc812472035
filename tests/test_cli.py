"""The commands as people type them: what they print, and one clear line when they cannot."""

import json
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from archives import small
from servers import RangeServer

from crawlblock.cli import main
from crawlblock.demo import render_demo
from crawlblock.store.store import Store

ROOT = Path(__file__).parent.parent
JOINED = b"User-agent: GPTBot\nCrawl-delay: 5\nUser-agent: CCBot\nDisallow: /\n"


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    """Return exit code, stdout and stderr of a command."""
    with pytest.raises(SystemExit) as stopped:
        main([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    code = stopped.value.code
    assert isinstance(code, int)
    return code, out, err


def refused(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str]:
    """Return exit code and message of a command that ends in one line on stderr."""
    code, _, err = run(capsys, *arguments)
    lines = err.strip().splitlines()
    assert len(lines) == 1 and lines[0].startswith("crawlblock: "), err
    assert "Traceback" not in err
    return code, lines[0]


@pytest.fixture
def db(tmp_path: Path) -> Path:
    """Return the path of a database that is not there yet."""
    return tmp_path / "db.duckdb"


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an archive of a few hosts in one crawl."""
    folder = tmp_path_factory.mktemp("cli")
    render_demo(small(folder / "sample", 5, ["DEMO-2024-30"]), folder / "archive")
    return folder / "archive"


def test_check_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Check prints verdict, group, rule and line, and flags groups joined over a Crawl-delay."""
    (tmp_path / "robots.txt").write_bytes(JOINED)
    code, out, err = run(
        capsys, "check", tmp_path / "robots.txt", "--token", "gptbot", "-o", "table"
    )
    assert code == 0
    assert " ".join(out.split()[9:]) == "GPTBot full named False 1 4 Disallow: / ambiguous_group"
    assert "ambiguous_group" in err


def test_check_json_and_csv(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Machines get JSON or CSV with a row for every registered crawler and *."""
    (tmp_path / "robots.txt").write_bytes(JOINED)
    _, out, _ = run(capsys, "check", tmp_path / "robots.txt", "-o", "json")
    rows = {row["token"]: row for row in json.loads(out)[0]["crawlers"]}
    assert rows["CCBot"]["restriction"] == "full" and rows["CCBot"]["line"] == 4
    assert rows["*"]["restriction"] == "none" and rows["*"]["basis"] == "default"
    _, out, _ = run(capsys, "check", tmp_path / "robots.txt", "-o", "csv")
    assert len(out.splitlines()) == len(rows) + 1


def test_check_second_opinion(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Protego reads the same file another way, and check shows that."""
    (tmp_path / "robots.txt").write_bytes(JOINED)
    _, out, _ = run(
        capsys, "check", tmp_path / "robots.txt", "--parser", "protego", "-o", "json",
        "--token", "GPTBot", "--token", "CCBot",
    )  # fmt: skip
    assert [row["root_allowed"] for row in json.loads(out)] == [True, False]


def test_check_a_server(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A URL is fetched once with the contact; a 404 means that nothing is blocked."""
    (tmp_path / "robots.txt").write_bytes(JOINED)
    with RangeServer(tmp_path) as server:
        contact = ("--contact", "a@b.example", "--token", "CCBot", "-o", "jsonl")
        _, out, _ = run(capsys, "check", f"{server.url}/robots.txt", *contact)
        assert json.loads(out)["restriction"] == "full"
        _, out, _ = run(capsys, "check", f"{server.url}/absent/robots.txt", *contact)
        assert (json.loads(out)["basis"], json.loads(out)["restriction"]) == (
            "absent",
            "none",
        )
        assert "a@b.example" in str(server.requests[0].user_agent)
        server.fault("robots", [503])
        code, message = refused(capsys, "check", f"{server.url}/robots.txt", *contact)
        assert code == 4 and "503" in message


@pytest.mark.own_code
def test_check_oddities(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """UTF-16 and NULs are unknown; a file of 40 MB is judged by its first 500 KiB."""
    cases = {
        "utf16": JOINED.decode().encode("utf-16"),
        "nul": bytes(1000),
        "large": JOINED + b"# padding\n" * 4_000_000,
    }
    found = {}
    for name, body in cases.items():
        (tmp_path / name).write_bytes(body)
        _, out, _ = run(capsys, "check", tmp_path / name, "--token", "CCBot", "-o", "jsonl")
        found[name] = json.loads(out)["restriction"]
    assert found == {"utf16": "unknown", "nul": "unknown", "large": "full"}


@pytest.mark.own_code
def test_unusable_input(tmp_path: Path, db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What cannot be used is named in one line, with exit code 2."""
    empty = tmp_path / "empty.csv"
    empty.write_text("\n\n# nothing\n")
    cases = [
        ("no-such", ("check", tmp_path / "no-such")),
        ("empty.csv", ("sample", "--list", empty)),
        ("missing.csv", ("sample", "--list", tmp_path / "missing.csv")),
        ("empty.csv", ("sample", "--ranks", empty)),
        ("no database", ("history", "--mirror", tmp_path)),
        ("unknown type", ("import", ROOT / "Makefile")),
        ("--contact", ("sample", "--crawl", "latest")),
    ]
    for named, (command, *options) in cases:
        database = () if command == "check" else ("--db", db)
        code, message = refused(capsys, command, *options, *database)
        assert code == 2 and named in message, message


def test_list_with_rubbish(tmp_path: Path, db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """URLs, IDNs, ports, addresses, blanks and doubles in a list are taken or named, none lost."""
    lines = [
        "example.com",
        "https://www.example.org/path?q",
        "bücher.example.net",
        "example.edu:8080",
        "192.0.2.7",
        "",
        "EXAMPLE.com",
        "not a host",
    ]
    (tmp_path / "list.txt").write_text("\n".join(lines))
    code, _, err = run(capsys, "sample", "--db", db, "--list", tmp_path / "list.txt")
    assert code == 0
    assert "line 7" in err and "line 8" in err and "4 domains" in err
    assert "line 5: '192.0.2.7' left out: an IP address, not the name of a site" in err
    assert "the port is left out: 1 (the first: example.edu:8080 on line 4 is followed as" in err
    assert {m.host for m in Store(db).facts.members()} == {
        "example.com",
        "www.example.org",
        "xn--bcher-kva.example.net",
        "example.edu",
    }


@pytest.mark.own_code
@pytest.mark.parametrize(
    ("frame", "found"),
    [
        (("--crawl", "latest"), "registered domains of DEMO-2024-30"),
        (("--ranks", "webgraph"), "web graph demo-"),
    ],
)
def test_frames_of_the_archive(
    archive: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    frame: tuple[str, str],
    found: str,
) -> None:
    """Panels are sampled from a crawl's index or the web graph; a larger one keeps the smaller."""
    hosts: list[set[str]] = []
    for size in (2, 3):
        db = tmp_path / f"{size}.duckdb"
        code, _, err = run(
            capsys, "sample", "--db", db, "--mirror", archive, *frame, "--size", size
        )
        assert code == 0 and found in err
        members = Store(db).facts.members()
        assert all(member.weight >= 1 for member in members)
        hosts.append({member.host for member in members})
    assert hosts[0] < hosts[1]


@pytest.mark.own_code
def test_real_bodies_in_an_archive(
    tmp_path: Path, db: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Captures of an import file become an archive, which history reads back as they were."""
    rows = [
        {"host": "a.com", "fetch_time": "2024-05-06", "status": 200, "body": JOINED.decode()},
        {"host": "b.com", "fetch_time": "2024-05-07", "status": 404, "body": None},
        {"host": "a.com", "fetch_time": "2024-06-06", "status": 200, "body": "User-agent: *"},
    ]
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (tmp_path / "hosts").write_text("a.com\nb.com\n")
    archive = tmp_path / "archive"
    assert run(capsys, "demo", tmp_path / "rows.jsonl", archive)[0] == 0
    run(capsys, "sample", "--db", db, "--list", tmp_path / "hosts")
    run(capsys, "history", "--db", db, "--mirror", archive, "--crawls", "all")
    with Store(db).reading() as con:
        found = con.execute(
            "SELECT snapshot, host, restriction FROM access WHERE token = 'CCBot' ORDER BY ALL"
        ).fetchall()
    assert found == [
        ("DEMO-2024-05", "a.com", "full"),
        ("DEMO-2024-05", "b.com", "none"),
        ("DEMO-2024-06", "a.com", "none"),
        ("DEMO-2024-06", "b.com", "unknown"),
    ]


@pytest.mark.own_code
def test_unknown_crawl(archive: Path, db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A crawl that does not exist is named, with the nearest that does."""
    run(capsys, "sample", "--db", db, "--list", archive.parent / "sample" / "hosts.csv")
    wanted = ("--mirror", archive, "--crawls", "DEMO-2024-31")
    code, message = refused(capsys, "history", "--db", db, *wanted)
    assert code == 2 and "did you mean DEMO-2024-30" in message


def test_dry_run(archive: Path, db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A dry run prints requests, gigabytes and minutes for two lines, and stores nothing."""
    run(capsys, "sample", "--db", db, "--list", archive.parent / "sample" / "hosts.csv")
    wanted = ("--mirror", archive, "--crawls", "all", "--dry-run", "-o", "table")
    code, out, _ = run(capsys, "history", "--db", db, *wanted)
    assert code == 0
    assert out.split()[:4] == ["crawl", "method", "requests", "gigabytes"]
    assert all(f"minutes at {line} mb s" in out.splitlines()[0] for line in (1, 5))
    with Store(db).reading() as con:
        assert con.execute("SELECT count(*) FROM captures").fetchall() == [(0,)]


def test_second_run_at_the_same_time(db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """While one run holds the database another ends with 75."""
    with Store(db).held():
        code, message = refused(capsys, "evaluate", "--db", db)
    assert code == 75 and "another run" in message


def test_newer_database(db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A database from a newer version is refused and left as it is."""
    Store(db)
    with duckdb.connect(str(db)) as con:
        con.execute("UPDATE schema_version SET version = 9").fetchall()
    code, message = refused(capsys, "evaluate", "--db", db)
    assert code == 1 and "a newer crawlblock" in message


def test_status(db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Status says how the last runs went; one that failed makes it unhealthy."""
    code, message = refused(capsys, "status", "--db", db)
    assert code == 2 and "no database" in message
    Store(db)
    run(capsys, "evaluate", "--db", db)
    code, out, _ = run(capsys, "status", "--db", db, "--json")
    found = json.loads(out)
    assert (code, found["healthy"], found["runs"][0]["command"]) == (0, True, "evaluate")
    rubbish = db.with_name("rubbish.txt")
    rubbish.write_text("no host\n")
    run(capsys, "sample", "--db", db, "--list", rubbish)
    code, out, _ = run(capsys, "status", "--db", db)
    assert code == 1 and "sample" in out and "evaluate" in out


@pytest.mark.own_code
def test_empty_database_has_an_answer(db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With nothing stored, analyze says so in the table and on the page."""
    Store(db)
    code, out, _ = run(capsys, "analyze", "--db", db, "-o", "table")
    assert code == 0 and "No readable captures" in out
    assert (db.parent / "db-results" / "index.html").exists()


def test_module_and_script() -> None:
    """Both `python -m crawlblock` and its version work in a process of their own."""
    done = subprocess.run(
        [sys.executable, "-m", "crawlblock", "--version"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("crawlblock, version")


def test_debug_shows_the_traceback(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Only with --debug, wherever it stands, is there a traceback."""
    code, _, err = run(capsys, "check", tmp_path / "absent", "--debug")
    assert code == 2 and "Traceback" in err


def test_by_is_for_panels(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A census has no list, so `--by` beside it is an error."""
    with pytest.raises(SystemExit) as ended:
        main(["analyze", "--census", "--by", "x", "--db", str(tmp_path / "x.duckdb")])
    assert ended.value.code == 2
    assert "leave out --by or --census" in capsys.readouterr().err
