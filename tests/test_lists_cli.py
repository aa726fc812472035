"""Lists on the command line: a look before storing, what is left out, and what is kept."""

import csv
import json
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from crawlblock.cli import main
from crawlblock.cli.sample import sample
from crawlblock.cli.weights import weights
from crawlblock.demo import Rendered, build
from crawlblock.errors import InputError
from crawlblock.model import Crawl
from crawlblock.names import fault_of, mended
from crawlblock.store.store import Store

LIST = (
    "outlet,site,country,stratum\n"
    '"New York Times, The",https://www.nytimes.com/,US,press\n'
    "Le Monde,lemonde.fr,FR,press\n"
    "Le Monde again,www.lemonde.fr,FR,press\n"
    "Router,192.168.0.1,,\n"
    "Reuters,reuters.com:8080,UK,agency\n"
)

pytestmark = pytest.mark.own_code  # stdout and stderr apart need a newer click


def invoked(command: str, *arguments: object) -> Result:
    """Return how a command ended."""
    commands = {"sample": sample, "weights": weights}
    return CliRunner().invoke(commands[command], [str(argument) for argument in arguments])


def rows_of(db: Path, query: str) -> list[tuple[object, ...]]:
    """Return what a question to a database returns, in a fixed order."""
    with Store(db).reading() as con:
        return con.execute(f"{query} ORDER BY ALL").fetchall()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return a list in UTF-16, as Excel saves "Unicode text"."""
    (tmp_path / "sites.csv").write_text(LIST, "utf-16")
    return tmp_path / "sites.csv"


def test_a_look_before_storing(tmp_path: Path, path: Path) -> None:
    """`--dry-run` shows how a list is understood, and makes no database."""
    db = tmp_path / "db.duckdb"
    ended = invoked("sample", "--list", path, "--db", db, "--dry-run", "-o", "json")
    assert ended.exit_code == 0
    found = {row["what"]: row["value"] for row in json.loads(ended.stdout)}
    assert found == {
        "format": "CSV, columns between commas",
        "encoding": "UTF-16",
        "columns": "outlet, site, country, stratum",
        "columns named by": "the first line",
        "column of the hosts": "site",
        "column of the strata": "stratum",
        "further columns": "outlet, country",
        "hosts": "3",
        "lines left out": "1",
        "left out: an IP address, not the name of a site": "1",
        "host 1": "www.nytimes.com, or nytimes.com",
        "host 2": "lemonde.fr, or www.lemonde.fr",
        "host 3": "reuters.com, or www.reuters.com",
    }
    assert "line 5: 'Router,192.168.0.1,,' left out: an IP address" in ended.stderr
    assert not db.exists()


def test_a_look_at_a_ranking(tmp_path: Path) -> None:
    """A ranking is looked at in the same way; the web graph has no file to look at."""
    (tmp_path / "r.csv").write_text("1,b.com\n2,a.com\n")
    db = ("--db", tmp_path / "db.duckdb")
    ended = invoked("sample", "--ranks", tmp_path / "r.csv", *db, "--dry-run", "-o", "json")
    found = {row["what"]: row["value"] for row in json.loads(ended.stdout)}
    assert (found["column of the hosts"], found["column of the ranks"]) == ("2", "1")
    assert invoked("sample", "--ranks", "webgraph", *db, "--dry-run").exit_code == 2


def test_further_columns_are_kept(tmp_path: Path, path: Path) -> None:
    """What a list says besides is stored with the panel, and replaced with it."""
    db = tmp_path / "db.duckdb"
    assert invoked("sample", "--list", path, "--db", db).exit_code == 0
    query = "SELECT panel, domain, column_name, value FROM panel_columns"
    assert rows_of(db, query) == [
        ("list-sites", "lemonde.fr", "country", "FR"),
        ("list-sites", "lemonde.fr", "outlet", "Le Monde"),
        ("list-sites", "reuters.com", "country", "UK"),
        ("list-sites", "reuters.com", "outlet", "Reuters"),
        ("list-sites", "www.nytimes.com", "country", "US"),
        ("list-sites", "www.nytimes.com", "outlet", "New York Times, The"),
    ]
    assert rows_of(db, "SELECT domain, stratum FROM panel") == [
        ("lemonde.fr", "press"), ("reuters.com", "agency"), ("www.nytimes.com", "press"),
    ]  # fmt: skip
    path.write_text("site\nlemonde.fr\n")
    assert invoked("sample", "--list", path, "--db", db).exit_code == 0
    assert rows_of(db, query) == []


def test_days_of_segments(tmp_path: Path) -> None:
    """A stratum with days is a dimension; days that are none, or end too early, are rejected."""
    path, db = tmp_path / "l.csv", tmp_path / "db.duckdb"
    path.write_text(
        "host,stratum\n"
        "a.com,top 2022-08-07/2024-07-12; news 2025-02-06\n"
        "b.com,top 2022-13-07\n"
        "c.com,top 2024-07-12/2022-08-07\n"
    )
    ended = invoked("sample", "--list", path, "--db", db)
    assert ended.exit_code == 0
    assert "left out: stratum: top 2022-13-07 has a day that does not exist" in ended.stderr
    assert "left out: stratum: top 2024-07-12/2022-08-07 ends before it begins" in ended.stderr
    assert rows_of(db, "SELECT host, stratum FROM panel") == [("a.com", "list")]
    assert rows_of(db, "SELECT segment, since::VARCHAR, until::VARCHAR FROM list_cells") == [
        ("news", "2025-02-06", "2025-02-06"),
        ("top", "2022-08-07", "2024-07-12"),
    ]


def test_a_sampled_segment(tmp_path: Path) -> None:
    """A segment is a sample where all its cells say so, of as many, and of enough hosts."""
    path, db = tmp_path / "l.csv", tmp_path / "db.duckdb"
    cells = {
        "a.com": "gov (sample of 900) 2022-08-07/2024-07-12; news (sample of 2); x (sample of 5)",
        "b.com": "gov (sample of 900); news; x (sample of 6)",
        "c.com": "small (sample of 1); (sample of 3)",
        "d.com": "small (sample of 1)",
        "e.com": "plain",
    }
    path.write_text("host,stratum\n" + "".join(f'{h},"{cell}"\n' for h, cell in cells.items()))
    assert invoked("sample", "--list", path, "--db", db).exit_code == 0
    assert rows_of(db, "FROM sampled_segments") == [("stratum", "gov", 900)]
    assert rows_of(db, "SELECT DISTINCT segment FROM list_cells") == [
        ("(sample of 3)",), ("gov",), ("news",), ("small",), ("x",),
    ]  # fmt: skip
    assert rows_of(db, "SELECT host, stratum FROM panel WHERE stratum <> 'list'") == [
        ("e.com", "plain")
    ]


@pytest.mark.parametrize("command", ["sample", "weights"])
def test_all_that_is_left_out(tmp_path: Path, command: str) -> None:
    """The first five lines that are left out are shown, and `--rejects` writes all of them."""
    lines = [f'"no, host {n}",{n}' for n in range(9)]
    (tmp_path / "l.csv").write_text("\n".join(["domain,tokens", "a.com,5", "b.org,6", *lines]))
    rejects = tmp_path / "rejects.csv"
    corpus = ("--corpus", "C4") if command == "weights" else ()
    ended = invoked(
        command, "--list", tmp_path / "l.csv", "--db", tmp_path / "db.duckdb", *corpus,
        "--column", "domain", "--rejects", rejects,
    )  # fmt: skip
    assert ended.exit_code == 0, ended.output
    assert sum("left out: " in line for line in ended.stderr.splitlines()) == 5
    assert f"... and 4 more lines left out (all are in {rejects})" in ended.stderr
    with rejects.open(newline="") as file:
        rows = list(csv.reader(file))
    reason = "not a host name (, cannot be in one)"
    assert rows == [["line", "reason", "text"], *([str(n + 4), reason, lines[n]] for n in range(9))]
    assert not (tmp_path / "rejects.csv.part").exists()


def test_a_file_of_rejects_that_cannot_be_written(tmp_path: Path, path: Path) -> None:
    """Where the file cannot be written nothing is stored."""
    ended = invoked(
        "sample", "--list", path, "--db", tmp_path / "db", "--rejects", tmp_path / "no" / "x.csv"
    )
    assert isinstance(ended.exception, InputError)
    assert "--rejects" in str(ended.exception) and "name another file" in str(ended.exception)
    assert rows_of(tmp_path / "db", "FROM panel") == []


@pytest.mark.parametrize(
    "name", ["", " ", "../up", "a/b", "a\\b", ".hidden", "a\x1b[2J", "x" * 201]
)
def test_names_of_panels(tmp_path: Path, path: Path, name: str) -> None:
    """A name with control characters, or that could be a path, is refused before anything."""
    ended = invoked("sample", "--list", path, "--db", tmp_path / "db.duckdb", "--name", name)
    assert isinstance(ended.exception, InputError)
    assert "choose another name" in str(ended.exception)
    assert not (tmp_path / "db.duckdb").exists()
    assert fault_of(mended(name)) == ""


def test_names_from_files(tmp_path: Path) -> None:
    """A panel that is named after a file has a good name, whatever the file is called."""
    path = tmp_path / "a\x07b\\c.txt"
    path.write_text("a.com\n")
    db = tmp_path / "db.duckdb"
    assert invoked("sample", "--list", path, "--db", db).exit_code == 0
    assert rows_of(db, "SELECT panel, frame FROM panels") == [("list-a_b_c", "list a_b_c.txt")]


@pytest.mark.parametrize(
    "arguments",
    [
        ("sample", "--crawl", "latest", "--column", "x"),
        ("sample", "--ranks", "webgraph", "--rejects", "x"),
        ("weights", "--crawl", "latest", "--column", "x"),
    ],
)
def test_options_that_go_with_a_file(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """Options about a file are refused where there is none."""
    ended = invoked(*arguments, "--db", tmp_path / "db.duckdb")
    assert ended.exit_code == 2 and "--column" in ended.output


@pytest.mark.parametrize("lookup", ["zipnum", "columnar"])
def test_a_list_of_www_finds_apex_captures(tmp_path: Path, lookup: str) -> None:
    """Each host of a site stands in for the other in the archive, whichever the list names."""
    crawl = Crawl("DEMO-2024-30", datetime(2024, 7, 12), datetime(2024, 7, 25))
    captured = {"www.a.com": "a.com", "b.com": "www.b.com", "www.c.com": "www.c.com"}
    rules = b"User-agent: GPTBot\nDisallow: /\n"
    answers = [
        Rendered(crawl.crawl, f"https://{host}/robots.txt", crawl.first_capture, 200, rules)
        for host in captured.values()
    ]
    build(tmp_path / "archive", [crawl], answers)
    (tmp_path / "list.txt").write_text("".join(f"https://{host}/\n" for host in captured))
    db = tmp_path / "db.duckdb"
    assert invoked("sample", "--list", tmp_path / "list.txt", "--db", db).exit_code == 0
    arguments = ["history", "--db", db, "--mirror", tmp_path / "archive", "--crawls", "all"]
    with pytest.raises(SystemExit) as stopped:
        main([str(argument) for argument in [*arguments, "--lookup", lookup]])
    assert stopped.value.code == 0
    query = (
        "SELECT a.host, c.url_asked, a.restriction FROM access a "
        "JOIN captures c USING (snapshot, host) WHERE a.token = 'GPTBot'"
    )
    assert rows_of(db, query) == [
        (host, f"https://{found}/robots.txt", "full") for host, found in sorted(captured.items())
    ]
