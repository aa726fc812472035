"""What doctor finds in order, what not, and what it advises."""

import json
from datetime import date, datetime
from pathlib import Path

import duckdb
import filelock
import pytest
from servers import RangeServer

from crawlblock.cli import main
from crawlblock.pipeline.doctor import Check, archive, database, suffix_list, versions
from crawlblock.store.store import Store

pytestmark = pytest.mark.own_code

NOW = datetime(2026, 1, 1)


@pytest.fixture
def db(tmp_path: Path) -> Path:
    """Return a database with a published copy."""
    store = Store(tmp_path / "db.duckdb")
    store.publish()
    return store.path


def found(db: Path) -> dict[str, Check]:
    """Return what is found about a database."""
    return {finding.what: finding for finding in database(db, NOW)}


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    """Return an archive with a list of crawls."""
    folder = tmp_path / "mirror"
    folder.mkdir()
    crawl = {"id": "CC-MAIN-2025-33", "from": "2025-08-02T22:09:07", "to": "2025-08-15T23:42:38"}
    (folder / "collinfo.json").write_text(json.dumps([crawl]))
    return folder


def test_all_is_well(db: Path, mirror: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With database, archive and contact nothing fails and the exit code is 0."""
    with pytest.raises(SystemExit) as stopped:
        main(["doctor", "--db", str(db), "--mirror", str(mirror), "--contact", "a@b.example"])
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert stopped.value.code == 0
    states = {row["what"]: row["state"] for row in rows}
    assert states["python"] == states["duckdb"] == states["database"] == states["lock"] == "ok"
    assert states["archive"] == states["contact"] == states["published copy"] == "ok"
    assert {"suffix list", "folder", "disk", "terminal"} <= states.keys()


def test_exit_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Something that fails makes the exit code 1 and says what to do; nothing is made."""
    absent = tmp_path / "absent.duckdb"
    with pytest.raises(SystemExit) as stopped:
        main(["doctor", "--db", str(absent), "--mirror", str(tmp_path / "none"), "-o", "json"])
    rows = {row["what"]: row for row in json.loads(capsys.readouterr().out)}
    assert stopped.value.code == 1 and rows["archive"]["state"] == "fail"
    assert rows["database"] == {
        "what": "database", "state": "warn", "found": f"{absent} is not there",
        "advice": "crawlblock sample begins one",
    }  # fmt: skip
    assert rows["contact"]["state"] == "warn" and not absent.exists()


def test_public_archive_is_not_asked_without_contact() -> None:
    """A public archive is left alone, with a warning, unless there is a contact."""
    (finding,) = archive("https://192.0.2.1/archive", None, None, NOW)
    assert finding.state == "warn" and "--contact" in str(finding.advice)


def test_archive_that_is_down_or_something_else(mirror: Path) -> None:
    """An archive that refuses, or that is none, fails with its answer."""
    with RangeServer(mirror) as server:

        def first() -> Check:
            return next(archive(server.url, None, None, NOW))

        assert first().state == "ok"
        (mirror / "collinfo.json").write_text("<html>")
        assert "cannot be read" in str(first().advice)
        server.fault("collinfo", [404])
        assert first().state == "fail"


def test_another_programs_database(tmp_path: Path) -> None:
    """A database of another program, a newer layout and no database at all fail."""
    other = tmp_path / "other.duckdb"
    duckdb.connect(str(other)).close()
    assert found(other)["database"].state == "fail"
    rubbish = tmp_path / "rubbish.duckdb"
    rubbish.write_bytes(b"rubbish" * 1000)
    assert found(rubbish)["database"].state == "fail"
    newer = Store(tmp_path / "newer.duckdb").path
    with duckdb.connect(str(newer)) as con:
        con.execute("UPDATE schema_version SET version = 99").fetchall()
    assert found(newer)["database"].advice == "use the newer crawlblock"


def test_run_at_work(db: Path) -> None:
    """While a run holds the database doctor says so, and afterwards that none does."""
    with Store(db).held():
        assert found(db)["lock"].state == "warn"
    assert found(db)["lock"].state == "ok"


def test_a_disk_that_cannot_lock(db: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that cannot lock files is found, and is no fault of the program."""

    def refuse(*_: object, **__: object) -> None:
        raise NotImplementedError("FileSystem does not appear to support flock")

    monkeypatch.setattr(filelock.FileLock, "acquire", refuse)
    lock = found(db)["lock"]
    assert lock.state == "fail" and "another disk" in str(lock.advice)


def test_copy_that_lags(db: Path) -> None:
    """A published copy that is missing or older than the database is noticed."""
    import os

    copy = db.with_suffix(".snapshot.duckdb")
    os.utime(copy, (0, 0))
    assert "older than the database" in found(db)["published copy"].found
    copy.unlink()
    assert found(db)["published copy"].found == "there is none"


def test_versions_are_those_of_the_installation() -> None:
    """Python, every needed package and every optional one are compared with their bounds."""
    looked = {finding.what: finding for finding in versions()}
    assert {"python", "duckdb", "polars", "click", "fastwarc", "obstore"} <= looked.keys()
    assert not [finding for finding in looked.values() if finding.state == "fail"]


def test_versions_out_of_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A needed package out of bounds fails, an optional one warns, another system's is left out."""
    about = tmp_path / "crawlblock-9.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: crawlblock\nVersion: 9\nRequires-Python: >=3.11\n"
        "Provides-Extra: some\nRequires-Dist: duckdb!=0.1,<1\nRequires-Dist: absent-package>=1\n"
        "Requires-Dist: polars<1; extra == 'some'\nRequires-Dist: absent-too; extra == 'some'\n"
        "Requires-Dist: elsewhere; sys_platform == 'none'\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    looked = {finding.what: finding for finding in versions()}
    assert {what: finding.state for what, finding in looked.items()} == {
        "python": "ok", "duckdb": "fail", "absent-package": "fail", "polars": "warn",
        "absent-too": "ok",
    }  # fmt: skip
    assert "crawlblock[some]" in looked["absent-too"].found


def test_old_suffix_list() -> None:
    """A suffix list of years ago is a warning."""
    assert suffix_list(date(2025, 6, 1)).state == "ok"
    assert suffix_list(date(2040, 1, 1)).state == "warn"
