"""Options that contradict each other, and NaN and infinity in options and in JSON."""

import json
from pathlib import Path

import duckdb
import pytest
from in_process import run_command

from crawlblock.report.formats import formatted

NUMBERS = [
    ("history", "--cache-size"),
    ("history", "--rate"),
    ("history", "--max-runtime"),
    ("live", "--max-runtime"),
    ("scan plan folder", "--share"),
    ("scan run folder", "--rate"),
    ("schedule", "--max-runtime"),
]


@pytest.mark.parametrize("number", ["nan", "inf", "-inf", "1e999"])
@pytest.mark.parametrize(("command", "option"), NUMBERS)
def test_numbers_that_are_none(command: str, option: str, number: str) -> None:
    """Python reads nan and inf as numbers; an option does not accept them."""
    ended = run_command([*command.split(), option, number])
    assert (ended.returncode, len(ended.stderr.splitlines())) == (2, 1)
    assert f"Invalid value for '{option}'" in ended.stderr


@pytest.mark.parametrize("options", [["--dry-run"], ["--parts", "3"]])
def test_weights_of_a_list_have_no_dry_run(tmp_path: Path, options: list[str]) -> None:
    """Options about a crawl's index are an error with a list, and nothing is stored."""
    path, db = tmp_path / "x.csv", tmp_path / "c.duckdb"
    path.write_text("domain,tokens\nnytimes.com,5\n")
    arguments = ["weights", "--list", str(path), "--corpus", "C4", "--db", str(db)]
    ended = run_command([*arguments, *options])
    assert ended.returncode == 2
    assert "--dry-run and --parts go with --crawl" in ended.stderr
    assert not db.exists()


def test_an_import_of_nothing(tmp_path: Path) -> None:
    """An empty name, as of a shell variable that is not set, does not import the current folder."""
    ended = run_command(["import", "", "--db", str(tmp_path / "x.duckdb")])
    assert (ended.returncode, list(tmp_path.iterdir())) == (2, [])
    assert "the name is empty" in ended.stderr


def test_one_way_to_look_up() -> None:
    """Two options that name the index to use contradict each other."""
    ended = run_command(["history", "--cdx-api", "--lookup", "zipnum"])
    assert ended.returncode == 2
    assert "name one of --lookup, --cdx-api" in ended.stderr


@pytest.mark.parametrize("kind", ["json", "jsonl"])
def test_json_of_numbers_that_are_none(kind: str) -> None:
    """Most programs cannot read NaN and Infinity in JSON, so they become null."""
    query = "SELECT 'nan'::DOUBLE a, [1.5, 'inf'::DOUBLE] b, {'x': '-inf'::DOUBLE} c, 2.5 d"
    row = dict(zip("abcd", duckdb.sql(query).fetchall()[0], strict=True))

    def fail(word: str) -> None:
        raise AssertionError(word)

    read = json.loads(formatted([row], list(row), kind), parse_constant=fail)
    expected = {"a": None, "b": [1.5, None], "c": {"x": None}, "d": 2.5}
    assert read == ([expected] if kind == "json" else expected)
    cells = formatted([row], ["b", "c"], "csv").decode()
    assert cells == 'b,c\n"[1.5, null]","{""x"": null}"\n'


@pytest.mark.parametrize("url", ["http://][@", "http://[::1", "https://a b\\c/"])
def test_what_is_no_url(url: str) -> None:
    """Brackets that no parser of URLs expects are wrong input, and no fault of the program."""
    ended = run_command(["check", url])
    assert (ended.returncode, len(ended.stderr.splitlines())) == (2, 1)
    assert "not a URL" in ended.stderr


def test_a_schedule_of_a_folder_with_a_dollar_sign(tmp_path: Path) -> None:
    """To systemd two such signs are one in a command, and two in a list of folders."""
    folder = tmp_path / "a$b%c"
    words = ["schedule", "--db", str(folder / "c.duckdb"), "--contact", "you@example.org"]
    lines = run_command(words).stdout.splitlines()
    (paths,) = (line for line in lines if line.startswith("ReadWritePaths="))
    (command,) = (line for line in lines if line.startswith("ExecStart="))
    assert paths == f'ReadWritePaths="{tmp_path}/a$b%%c"'
    assert f'--db "{tmp_path}/a$$b%%c/c.duckdb"' in command
    ended = run_command([*words, "--at", "0\N{ARABIC-INDIC DIGIT FOUR}:17"])
    assert (ended.returncode, ended.stdout) == (2, "")


SAME = [
    ("sample --list LIST --db DB --rejects LIST", "--rejects LIST: is also read"),
    ("sample --list LIST --db DB --rejects LINK", "--rejects LINK: is also read"),
    ("sample --ranks LIST --db DB --rejects LIST", "--rejects LIST: is also read"),
    ("sample --list LIST --db DB --rejects DB", "--rejects DB: is also read"),
    ("sample --list LIST --db DB --dry-run --rejects NEW --to NEW", "--to NEW: is also that of"),
    ("weights --list LIST --corpus C4 --db DB --rejects LIST", "--rejects LIST: is also read"),
    ("sql --db DB SQL --to DB", "--to DB: is also read"),
    ("sql --db DB SQL --to SQL", "--to SQL: is also read"),
    ("check LIST --to LIST", "--to LIST: is also read"),
    ("import LIST LINK --db DB --to LIST", "--to LIST: is also read"),
]


@pytest.mark.parametrize(("command", "said"), SAME)
def test_no_file_is_read_and_written(tmp_path: Path, command: str, said: str) -> None:
    """A wrong name does not overwrite a list, a query or a database with what is printed."""
    db, listed, sql = tmp_path / "c.duckdb", tmp_path / "list.csv", tmp_path / "q.sql"
    names = {"DB": db, "LIST": listed, "LINK": tmp_path / "link.csv", "SQL": sql}
    names["NEW"] = tmp_path / "new.csv"
    listed.write_text("nytimes.com\nno host\n")
    sql.write_text("SELECT 1")
    names["LINK"].symlink_to(listed)
    assert run_command(["sample", "--list", str(listed), "--db", str(db)]).returncode == 0
    before = {path: path.read_bytes() for path in (db, listed, sql)}
    ended = run_command([str(names.get(word, word)) for word in command.split()])
    assert (ended.returncode, len(ended.stderr.splitlines())) == (2, 1)
    for word, path in names.items():
        said = said.replace(f" {word}:", f" {path}:")
    assert said in ended.stderr
    assert {path: path.read_bytes() for path in before} == before


def test_other_files_may_be_written(tmp_path: Path) -> None:
    """A host that looks like a file name, or a long query, is not taken for a file."""
    listed = tmp_path / "list.csv"
    listed.write_text("nytimes.com\nno host\n")
    db, to = tmp_path / "c.duckdb", tmp_path / "rejects.csv"
    words = ["sample", "--list", str(listed), "--db", str(db), "--name", str(to.name)]
    assert run_command([*words, "--rejects", str(to)]).returncode == 0
    assert "no host" in to.read_text()
    long = f"SELECT 5001 AS n -- {'x' * 20_000}"
    ended = run_command(["sql", "--db", str(db), long, "--to", str(to)])
    assert (ended.returncode, to.read_text()) == (0, "n\n5001\n")
