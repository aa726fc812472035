"""Somebody with a panel of ten domains who types commands at the stand-in of the archive.

The fixtures are known to all tests (conftest.py).
"""

import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
from sharing import copy_of_made
from stand_in import ANSWERS, StandIn, copied, hurry, render, served

from crawlblock.cli import main
from crawlblock.store.store import Store

OUTCOMES = {
    "example.com": "ok", "example.org": "ok", "example.net": "ok", "example.edu": "absent",
    "example.de": "refused", "example.fr": "server_error", "example.co.uk": "not_robots",
    "example.jp": "ok", "example.com.br": "ok", "example.it": "redirect_unresolved",
}  # fmt: skip
Folders = tuple[Path, Path]  # of the data host and of the index host


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    messages: list[str]

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
        out, errors = self._capsys.readouterr()
        assert "Traceback" not in errors and "a fault in crawlblock" not in errors
        return Ended(int(stopped.value.code or 0), out, errors.splitlines())

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

    def reached(self) -> list[object]:
        """Return the hosts of which something is said that is not unknown."""
        with Store(self.db).reading() as con:
            rows = con.execute("SELECT host FROM access WHERE restriction <> 'unknown'").fetchall()
        return [host for (host,) in rows]


@pytest.fixture(scope="session")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Folders:
    """Return the folders of the two hosts, which are rendered once for all processes."""
    folder = copy_of_made(tmp_path_factory, "stand-in", _render)
    return folder / "archive", folder / "lists"


def _render(folder: Path) -> None:
    folder.mkdir()
    render(folder)


@pytest.fixture(scope="session")
def sampled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a database with a panel of the ten domains."""
    folder = tmp_path_factory.mktemp("sampled")
    (folder / "domains.csv").write_text("domain\n" + "\n".join(ANSWERS))
    with pytest.raises(SystemExit) as stopped:
        main(["sample", "--list", str(folder / "domains.csv"), "--db", str(folder / "db.duckdb")])
    assert stopped.value.code == 0
    return folder / "db.duckdb"


@pytest.fixture
def here(rendered: Folders, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    """Return the stand-in, asked fast, whose lists a test may change."""
    hurry(monkeypatch)
    archive, lists = rendered
    with served(archive, copied(tmp_path, lists)) as running:
        yield running


@pytest.fixture
def user(tmp_path: Path, sampled: Path, capsys: pytest.CaptureFixture[str]) -> User:
    """Return a user with a database of their own."""
    capsys.readouterr()
    return User(tmp_path, Path(shutil.copyfile(sampled, tmp_path / "db.duckdb")), capsys)


def finding(ended: Ended, what: str) -> dict[str, object]:
    """Return what doctor found about something."""
    (row,) = [row for row in ended.rows if row["what"] == what]
    return row
