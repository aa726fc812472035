"""A database and results of an older version: commands work, or say what to do; nothing is lost."""

import json
import os
import subprocess
import sys
from contextlib import chdir
from pathlib import Path

import duckdb
import pytest
from earlier import panel_database
from in_process import run_command

pytestmark = [pytest.mark.own_code, pytest.mark.usefixtures("unpainted")]

OLD = {"refusals.csv": "token,share\nGPTBot,0.5\n", "index.html": "<!DOCTYPE html><p>old</p>"}


@pytest.fixture(params=[1, 3])
def folder(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """Return a folder with a database of an older layout and the results beside it."""
    panel_database(tmp_path / "x.duckdb", request.param)
    with duckdb.connect(str(tmp_path / "x.duckdb")) as con:
        con.execute("UPDATE runs SET run = '20250811T000000.000000-1'").fetchall()
    results = tmp_path / "x-results"
    results.mkdir()
    manifest = {"crawlblock": "0.0.1", "rules": "2025-08-01", "claims": {"refusals": "abc"}}
    for name, text in {**OLD, "manifest.json": json.dumps(manifest)}.items():
        (results / name).write_text(text)
    return tmp_path


def ask(folder: Path, *arguments: str) -> tuple[int, str, str]:
    """Return exit code, output and messages of a command; a process of its own opens the page."""
    words = [*arguments, "--db", "x.duckdb"]
    if arguments == ("open",):
        done = subprocess.run(
            [sys.executable, "-m", "crawlblock", *words], cwd=folder, capture_output=True,
            text=True, env={**os.environ, "BROWSER": "true"}, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout, " ".join(done.stderr.split())
    with chdir(folder):
        ended = run_command(words)
    return ended.returncode, ended.stdout, " ".join(ended.stderr.split())


def test_an_older_version(folder: Path) -> None:
    """Until analyze, the old page opens with a note and no file is touched; then all work."""
    before = (folder / "x.duckdb").read_bytes()
    for command in (["report"], ["publish", "public"]):
        code, _, said = ask(folder, *command)
        assert code != 0 and "made by another version" in said, command
        assert "run `crawlblock analyze`" in said and "Traceback" not in said
    code, shown, said = ask(folder, "open")
    assert (code, shown.strip()) == (0, str(folder / "x-results" / "index.html"))
    assert "another version made this page; `crawlblock analyze` makes it again" in said
    assert {name: (folder / "x-results" / name).read_text() for name in OLD} == OLD
    assert (folder / "x.duckdb").read_bytes() == before and not (folder / "public").exists()
    assert ask(folder, "analyze")[0] == 0
    for command in (["report"], ["publish", "public"], ["open"]):
        code, _, said = ask(folder, *command)
        assert code == 0 and "another version" not in said, (command, said)
    assert "old" not in (folder / "x-results" / "index.html").read_text("utf-8")[:200]
    assert (folder / "public" / "index.html").is_file()
