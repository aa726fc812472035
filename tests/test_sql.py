"""Questions in SQL by command: asked at any time, answered in every format, changing nothing."""

import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from crawlblock.cli import main
from crawlblock.store.query import ask
from crawlblock.store.store import Store

HOLDER = """
import sys
from pathlib import Path
from crawlblock.store.store import Store
store = Store(Path(sys.argv[1]))
with store.held(), store.transaction() as con:
    con.execute("INSERT INTO weights VALUES ('late.example', 'C', 1, 1, 1)").fetchall()
    print("writing", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def db(tmp_path: Path) -> Path:
    """Return a database with a weight in it."""
    path = tmp_path / "db.duckdb"
    store = Store(path)
    with store.transaction() as con:
        con.execute("INSERT INTO weights VALUES ('a.example', 'C', 1, 2, 3)").fetchall()
    return path


def run(
    capsys: pytest.CaptureFixture[str], db: Path, query: str, *options: str
) -> tuple[int, str, str]:
    """Return exit code, stdout and stderr of a question."""
    with pytest.raises(SystemExit) as stopped:
        main(["sql", query, "--db", str(db), *options])
    out, err = capsys.readouterr()
    return int(str(stopped.value.code)), out, err


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        ("jsonl", '{"domain": "a.example", "tokens": 3, "share": 0.5}\n'),
        ("csv", "domain,tokens,share\na.example,3,0.50\n"),
        ("json", '[\n {\n  "domain": "a.example",\n  "tokens": 3,\n  "share": 0.5\n }\n]\n'),
    ],
)
def test_formats(db: Path, capsys: pytest.CaptureFixture[str], kind: str, wanted: str) -> None:
    """An answer is printed as the grammar of output says."""
    query = "SELECT domain, tokens, 0.50 AS share FROM weights"
    assert run(capsys, db, query, "-o", kind) == (0, wanted, "")


def test_table(db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A table has its titles and its numbers below each other, whatever rich puts in between."""
    _, out, _ = run(capsys, db, "SELECT domain, tokens, 0.50 AS share FROM weights", "-o", "table")
    titles, row = out.splitlines()
    assert titles.split() == ["domain", "tokens", "share"] and row.split()[1:] == ["3", "0.50"]
    assert len(titles) == len(row)


def test_parquet(db: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Parquet keeps the kinds of columns, and the ending of --to names the format."""
    query = "SELECT *, DATE '2024-01-02' AS day, [1] AS list, NULL AS nothing FROM weights"
    code, out, _ = run(capsys, db, query, "--to", str(tmp_path / "a.parquet"))
    frame = pl.read_parquet(tmp_path / "a.parquet")
    assert (code, out) == (0, "") and frame["tokens"].dtype == pl.Int64
    assert frame.schema["day"] == pl.Date and frame.schema["nothing"] == pl.String
    assert list(tmp_path.glob("*.part")) == []


def test_same_names(db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two columns of one name are both printed."""
    _, out, _ = run(capsys, db, "SELECT 1 AS a, 2 AS a", "-o", "csv")
    assert out == "a,a_2\n1,2\n"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("SELECT 1\nFORM weights", "line 2: FORM weights"),
        ("FROM weigths", "did you mean weights?; line 1: FROM weigths"),
        ("SELECT tokns FROM weights", 'Binder Error: Referenced column "tokns" not found'),
        ("  ", "nothing is asked"),
        ("absent.sql", "absent.sql: No such file or directory"),
    ],
)
def test_bad_queries(db: Path, capsys: pytest.CaptureFixture[str], query: str, said: str) -> None:
    """What cannot be answered is said in one line, in DuckDB's words and with its place."""
    code, out, err = run(capsys, db, query)
    assert (code, out) == (2, "") and said in err and len(err.splitlines()) == 1


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM weights",
        "CREATE TABLE t (a INTEGER)",
        "COPY weights TO 'stolen.csv'",
        "EXPLAIN ANALYZE COPY weights TO 'stolen.csv'",
        "ATTACH 'other.duckdb'",
        "FROM read_csv('/etc/hostname')",
        "SET enable_external_access = true; COPY weights TO 'stolen.csv'",
    ],
)
def test_nothing_is_written(
    db: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], query: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """What would write, or read another file, is refused and has done nothing."""
    monkeypatch.chdir(tmp_path)
    before = db.read_bytes()
    code, _, err = run(capsys, db, query)
    assert code == 2 and "changes and reads nothing but the database" in err
    assert db.read_bytes() == before and not (tmp_path / "stolen.csv").exists()
    assert not (tmp_path / "other.duckdb").exists()


def test_variables(db: Path) -> None:
    """A reading can be set before a question, as the metrics want it."""
    found = ask(
        db,
        "SET VARIABLE http_profile = 'ccbot'; SELECT getvariable('http_profile') AS http_profile",
    )
    assert found.rows == (("ccbot",),)


def test_while_another_process_writes(db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With the database open in a run that writes, the published copy answers."""
    Store(db).publish()
    command = [sys.executable, "-c", HOLDER, str(db)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None and holder.stdout.readline() == "writing\n"
        code, out, _ = run(capsys, db, "SELECT domain FROM weights", "-o", "csv")
        db.with_suffix(".snapshot.duckdb").unlink()
        locked, _, err = run(capsys, db, "SELECT domain FROM weights")
        holder.communicate("")
    assert (code, out) == (0, "domain\na.example\n")
    assert locked == 75 and "snapshot.duckdb" in err
    assert "late.example" in run(capsys, db, "SELECT domain FROM weights")[1]


def test_no_database(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A question makes no database."""
    absent = tmp_path / "absent.duckdb"
    assert run(capsys, absent, "SELECT 1")[0] == 2 and not absent.exists()


def test_from_stdin(db: Path) -> None:
    """A dash reads the question from stdin; piped rows are JSON lines."""
    command = [sys.executable, "-m", "crawlblock", "sql", "-", "--db", str(db)]
    done = subprocess.run(
        command, input="SELECT 1 AS one\n", capture_output=True, text=True, check=True
    )
    assert done.stdout == '{"one": 1}\n'


def test_stdin_that_is_not_utf8(db: Path) -> None:
    """A question on stdin in another encoding is refused, in whatever locale."""
    command = [sys.executable, "-m", "crawlblock", "sql", "-", "--db", str(db)]
    done = subprocess.run(command, input=b"SELECT '\xff'", capture_output=True, check=False)
    assert done.returncode == 2 and b"stdin: not UTF-8" in done.stderr
    assert len(done.stderr.splitlines()) == 1
