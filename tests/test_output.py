"""What a terminal, a pipe and a file get: widths, colours, series, progress, and no surprises."""

import csv
import io
import json
import os
import pty
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from in_process import run_command
from rich.console import Console
from shells import shown_in

from crawlblock.cli import main
from crawlblock.cli.output import progress_bar
from crawlblock.cli.progress import Delayed
from crawlblock.names import safe
from crawlblock.report.formats import FORMATS, print_table
from crawlblock.report.labels import DASH
from crawlblock.report.terminal.plain import spark

BODY = b"User-agent: GPTBot\nDisallow: /\n\nUser-agent: CCBot\nDisallow: /private\n"
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
TOKENS = ("--token", "GPTBot", "--token", "CCBot", "--token", "Googlebot")


@pytest.fixture
def robots(tmp_path: Path) -> Path:
    """Return a robots.txt."""
    (tmp_path / "robots.txt").write_bytes(BODY)
    return tmp_path / "robots.txt"


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    """Return exit code, stdout and stderr of a command."""
    with pytest.raises(SystemExit) as stopped:
        main([str(argument) for argument in arguments])
    return int(str(stopped.value.code)), *capsys.readouterr()


def in_terminal(*arguments: object, **variables: str) -> str:
    """Return what a command writes into a terminal of 80 columns."""
    leader, follower = pty.openpty()
    environment = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "FORCE_COLOR")}
    environment |= {"TERM": "xterm-256color", "COLUMNS": "80", **variables}
    command = [sys.executable, "-m", "crawlblock", *map(str, arguments)]
    process = subprocess.Popen(
        command, stdin=follower, stdout=follower, stderr=follower, env=environment
    )
    os.close(follower)
    written = shown_in(leader, process)
    return written.decode("utf-8", "replace").replace("\r\n", "\n")


def test_terminal_gets_a_table_in_colour(robots: Path) -> None:
    """In a terminal check prints a table, with colours, within its width."""
    written = in_terminal("check", robots, "--all")
    assert "\x1b[31mfull" in written and "restriction" in written
    assert max(len(line) for line in ESCAPES.sub("", written).splitlines()) <= 80


def test_no_color(robots: Path) -> None:
    """With NO_COLOR there is no escape sequence, in a terminal either."""
    assert "\x1b" not in in_terminal("check", robots, "--all", NO_COLOR="1")


def test_narrow_terminal(robots: Path) -> None:
    """A terminal of 60 columns gets 60 columns."""
    written = in_terminal("check", robots, *TOKENS, COLUMNS="60", NO_COLOR="1")
    assert max(map(len, written.splitlines())) <= 60 and "GPTBot" in written


def test_pipe_gets_json_lines(robots: Path) -> None:
    """A pipe gets a JSON object a line, and no colour even of a table that is asked for."""
    command = [sys.executable, "-m", "crawlblock", "check", str(robots), *TOKENS]
    piped = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert [json.loads(line)["token"] for line in piped.splitlines()] == [
        "GPTBot", "CCBot", "Googlebot",
    ]  # fmt: skip
    forced = {**os.environ, "FORCE_COLOR": "1"}
    table = subprocess.run(
        [*command, "-o", "table"], capture_output=True, text=True, check=True, env=forced
    ).stdout
    assert "\x1b" not in table and max(map(len, table.splitlines())) <= 80


@pytest.mark.parametrize("kind", FORMATS)
def test_formats_agree(
    robots: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    """Each format, by -o into stdout or by the ending of --to, holds the same verdicts."""
    target = tmp_path / f"verdicts.{kind}"
    assert run(capsys, "check", robots, *TOKENS, "--to", target)[:2] == (0, "")
    readers: dict[str, Callable[[], list[dict[str, object]]]] = {
        "json": lambda: json.loads(target.read_text())[0]["crawlers"],
        "jsonl": lambda: [json.loads(line) for line in target.read_text().splitlines()],
        "csv": lambda: list(csv.DictReader(io.StringIO(target.read_text()))),
        "parquet": lambda: pl.read_parquet(target).to_dicts(),
    }
    assert [row["restriction"] for row in readers[kind]()] == ["full", "partial", "none"]
    command = [sys.executable, "-m", "crawlblock", "check", str(robots), *TOKENS, "-o", kind]
    assert subprocess.run(command, capture_output=True, check=True).stdout == target.read_bytes()


def test_parquet_is_not_for_terminals(robots: Path) -> None:
    """Parquet into a terminal is refused, with what to do."""
    with pytest.raises(AssertionError, match="name a file with --to FILE"):
        in_terminal("check", robots, "-o", "parquet")


def test_file_that_cannot_be_written(
    robots: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file in a folder that is not there is one line, and nothing stays half-written."""
    target = tmp_path / "absent" / "x.csv"
    code, out, err = run(capsys, "check", robots, "--to", target)
    assert (code, out) == (2, "") and "x.csv: No such file" in err and len(err.splitlines()) == 1


@pytest.mark.parametrize("end", [">&-", "2>&-"])
def test_nobody_reads(robots: Path, end: str) -> None:
    """Where a shell has closed a stream, a command ends well and silently."""
    command = f"{sys.executable} -m crawlblock check {robots} --parser protego -o table {end}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("command", "code", "said"), [("sql", 2, "nothing is asked"), ("check", 0, "not stated")]
)
def test_nothing_to_read(tmp_path: Path, command: str, code: int, said: str) -> None:
    """Where a shell has closed stdin, it is empty."""
    db = f"--db {tmp_path / 'none.duckdb'}" if command == "sql" else ""
    line = f"{sys.executable} -m crawlblock {command} - {db} <&-"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False)
    assert done.returncode == code and said in done.stderr and len(done.stderr.splitlines()) == 1


@pytest.fixture(scope="module")
def three_months(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a database in which a host begins to block GPTBot in the second of three months."""
    folder = tmp_path_factory.mktemp("months")
    lines = [
        {"host": "a.com", "fetch_time": f"2024-0{n}-06", "status": 200, "body": body}
        for n, body in enumerate(("", BODY.decode(), "User-agent: *\nDisallow: /\n"), 1)
    ]
    (folder / "rows.jsonl").write_text("\n".join(map(json.dumps, lines)))
    db = folder / "x.duckdb"
    assert run_command(["import", str(folder / "rows.jsonl"), "--db", str(db)]).returncode == 0
    return db


TIMELINE = ["timeline", "a.com", "--token", "GPTBot", "-o", "table", "--db"]


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8"])
def test_terminal_without_unicode(three_months: Path, encoding: str) -> None:
    """Series and dashes are spelled in ASCII, as wide as they were, where there is no Unicode."""
    done = run_command([*TIMELINE, str(three_months)], encoding)
    assert done.returncode == 0, done.stderr
    dash = DASH if encoding in ("utf-8", "cp1252") else "-"
    assert ("▁██" if encoding == "utf-8" else "_##") in done.stdout
    assert f"2024-01-06 {dash} 2024-02-06" in done.stdout


def test_process_without_unicode(three_months: Path) -> None:
    """A process whose stdout takes only ASCII spells them so as well."""
    done = subprocess.run(
        [sys.executable, "-m", "crawlblock", *TIMELINE, three_months],
        capture_output=True, env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert b"_##" in done.stdout and b"2024-01-06 - 2024-02-06" in done.stdout


def test_series() -> None:
    """A series is drawn from 0 to its top, keeps its last value when cut, and marks gaps."""
    assert spark([0, 0.5, 1]) == "▁▅█"
    assert spark([0, None, 1]) == "▁·█"
    assert spark([1, 1, 1, 0], 2) == "█▁" and spark(range(100), 10)[-1] == "█"
    assert spark([0.0, 0.0]) == "▁▁" and spark([]) == "" and spark([0.5], top=1.0) == "▅"


def test_control_characters_and_markup() -> None:
    """What a stranger wrote is shown as it is, but steers nothing."""
    out = io.StringIO()
    rows = [{"host": "\x1b[31m[bold]evil[/bold]", "n": 1}]
    print_table(Console(file=out, width=80), rows, ["host", "n"])
    assert "\\x1b[31m[bold]evil[/bold]" in out.getvalue() and "\x1b" not in out.getvalue()
    assert safe("a\u202eb") == "a\\u202eb"


@pytest.mark.parametrize("width", [40, 80, 200])
def test_wide_tables(width: int) -> None:
    """Many columns or long words stay within the width, and nothing of them is lost."""
    words = {f"column_{n}": f"{n}" + "x" * 30 for n in range(8)}
    for row in (dict(list(words.items())[:4]), words, {**words, **{f"more_{n}": n for n in words}}):
        out = io.StringIO()
        print_table(Console(file=out, width=width), [row, row], list(row))
        assert max(map(len, out.getvalue().splitlines())) <= width
        assert out.getvalue().count("x") >= 2 * 30 * min(len(row), 8)


def test_progress_of_what_takes_long() -> None:
    """After a while a bar says how much is done, how fast and how long it will take."""
    out = io.StringIO()
    with Delayed(Console(file=out, force_terminal=True, width=100), 0.1) as bar:
        for done in range(8):
            bar.show("hosts", done, 100)
            time.sleep(0.1)
    assert re.search(r"hosts.*\d/100.*[\d.]+/s.*\d:\d\d:\d\d", ESCAPES.sub("", out.getvalue()))


def test_progress_that_cannot_be_counted() -> None:
    """Work of which nobody knows how much there is shows that it goes on."""
    out = io.StringIO()
    with Delayed(Console(file=out, force_terminal=True, width=100), 0.1) as bar:
        bar.show("results", 0, 0)
        time.sleep(0.5)
    assert "results" in out.getvalue() and "0/?" in out.getvalue()


def test_no_progress_of_what_is_quick() -> None:
    """What ends at once shows nothing, not even an empty line."""
    out = io.StringIO()
    with Delayed(Console(file=out, force_terminal=True, width=100)) as bar:
        bar.show("hosts", 1, 2)
    assert out.getvalue() == ""


def test_no_progress_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is shown where stderr is no terminal."""
    with progress_bar() as progress:
        progress("hosts", 1, 2)
    assert capsys.readouterr() == ("", "")
