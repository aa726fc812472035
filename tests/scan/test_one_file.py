"""A census is one file: it is copied for readers only where a copy takes no space."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from disks import sharing_disk

import crawlblock
from crawlblock.errors import LockedError
from crawlblock.store import database
from crawlblock.store.database import DatabaseFile, copy_of
from scan.shards import invoked, mini, scanned

COUNT = "SELECT count(*) AS hosts FROM census"


@pytest.fixture(scope="module")
def scan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the directory of a scan of the whole crawl."""
    folder = tmp_path_factory.mktemp("one_file")
    return scanned(folder / "scan", mini(tmp_path_factory)[0], files=10)


@pytest.fixture
def db(scan: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a census on a disk whose files cannot share blocks; an older copy was there."""
    monkeypatch.setattr(database, "_cloned", lambda _source, _target: False)
    path = tmp_path / "census.duckdb"
    copy_of(path).write_bytes(b"of an earlier version")
    _well("scan", "merge", scan, "--db", path)
    return path


def _well(*arguments: object) -> str:
    ended = invoked(*arguments)
    assert ended.exit_code == 0, ended.output
    return ended.output


def test_readers_open_the_census_itself(db: Path, tmp_path: Path) -> None:
    """Questions, results, the Python API and doctor do without a copy."""
    files = {path.name for path in db.parent.iterdir()}
    assert files == {"census.duckdb", "census.duckdb.lock"}
    hosts = int(_well("sql", COUNT, "--db", db, "-o", "csv").splitlines()[-1])
    assert hosts > 1000
    said = _well("analyze", "--census", "--db", db)
    assert "results:" in said and "for readers" not in said
    with crawlblock.open(db) as data:
        assert data.sql(COUNT)["hosts"].item() == hosts
        data.evaluate()  # it opens the same file to write
        assert data.sql(COUNT)["hosts"].item() == hosts
    found = {row["what"]: row for row in json.loads(_well("doctor", "--db", db, "-o", "json"))}
    assert found["published copy"]["state"] == "ok"
    assert not copy_of(db).exists()


def test_a_panel_is_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that is no census has its copy on every disk, which no run locks."""
    monkeypatch.setattr(database, "_cloned", lambda _source, _target: False)
    db = tmp_path / "panel.duckdb"
    (tmp_path / "list").write_text("a.example\n")
    _well("sample", "--db", db, "--list", tmp_path / "list")
    assert copy_of(db).stat().st_size == db.stat().st_size


def test_a_merge_beside_a_reader(db: Path, scan: Path) -> None:
    """A question that has the census open makes a merge wait, which then says why it ends."""
    ask = (
        "import duckdb, sys; con = duckdb.connect(sys.argv[1], read_only=True); "
        "print('open', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", ask, db], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as reader:
        assert reader.stdout and reader.stdout.readline() == "open\n"
        with pytest.raises(LockedError, match=r"census\.duckdb: another process has it open"):
            DatabaseFile(db)
        reader.communicate("")
    _well("scan", "merge", scan, "--db", db)


def test_a_disk_that_shares_blocks(scan: Path, tmp_path: Path) -> None:
    """There a census has its copy, which takes no space."""
    with sharing_disk(tmp_path / "disk") as disk:
        _well("scan", "merge", scan, "--db", disk / "census.duckdb")
        assert copy_of(disk / "census.duckdb").exists()
