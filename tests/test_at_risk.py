"""What a mistake, a full disk or a reader without rights could cost: results, files, databases."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from disks import make_read_only, small_disk
from forked import Runs
from in_process import Ended, run_command
from sharing import copy_of_made

import crawlblock
from crawlblock.errors import InputError, StoreError
from crawlblock.metrics.results_folder import moved
from crawlblock.store.database import copy_of
from crawlblock.store.store import Store

pytestmark = pytest.mark.usefixtures("unpainted")


def command(*arguments: object) -> Ended:
    """Run a command; it never ends in a traceback or a fault of ours."""
    ended = run_command([str(argument) for argument in arguments])
    assert "Traceback" not in ended.stderr and "a fault in crawlblock" not in ended.stderr
    return ended


def captures(path: Path, month: str, *hosts: str) -> Path:
    """Write captures of some hosts in a month."""
    body = "User-agent: GPTBot\nDisallow: /\n\nUser-agent: Never-Heard-Of\nDisallow: /\n"
    rows = [
        {"host": host, "fetch_time": f"{month}-02T00:00:00", "status": 200, "body": body}
        for host in hosts
    ]
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return path


def filled(db: Path, *hosts: str) -> Path:
    """Make a database with captures of some hosts."""
    given = captures(db.with_suffix(".jsonl"), "2024-08", *hosts)
    with crawlblock.open(db, create=True) as opened:
        opened.import_(given)
    return db


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a database and its results."""

    def make(folder: Path) -> None:
        folder.mkdir()
        with crawlblock.open(filled(folder / "x.duckdb", "a.example", "b.example")) as opened:
            opened.analyze()

    return copy_of_made(tmp_path_factory, "at-risk", make)


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return another database, which has no results."""
    return filled(tmp_path_factory.mktemp("alone") / "y.duckdb", "c.example")


@pytest.fixture
def other(alone: Path, here: Path) -> Path:
    """Return a copy of that one, in the folder of the first."""
    return Path(shutil.copyfile(alone, here.with_name("y.duckdb")))


@pytest.fixture
def here(made: Path, tmp_path: Path) -> Path:
    """Return a copy of the database with its results, to be changed."""
    shutil.copytree(made, tmp_path / "here")
    return tmp_path / "here" / "x.duckdb"


# Results


def test_results_are_beside_their_database(
    here: Path, other: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two databases in one folder have a folder of results each."""

    def write_answer(_: Store, results: Path, *__: object) -> Path:
        return results / "index.html"

    monkeypatch.setattr("crawlblock.api.steps.write_answer", write_answer)
    with crawlblock.open(other) as opened:
        page = opened.analyze()
    assert page == here.with_name("y-results") / "index.html"
    assert crawlblock.open(here).result("coverage")["n"].max() == 2
    assert crawlblock.open(copy_of(here)).results == here.with_name("x-results")


@pytest.mark.parametrize("named", [True, False])
def test_results_of_another_database_stay(here: Path, other: Path, named: bool) -> None:
    """They are not written over, also if they are of a version that did not note the database."""
    results = here.with_name("x-results")
    if not named:
        manifest = json.loads((results / "manifest.json").read_text())
        (results / "manifest.json").write_text(json.dumps(manifest | {"database": None}))
    before = {path.name: path.read_bytes() for path in results.iterdir()}
    ended = command("analyze", "--db", other, "--results", results)
    assert ended.returncode == 2
    assert "holds the results of another database" in ended.stderr
    assert "--results" in ended.stderr
    assert {path.name: path.read_bytes() for path in results.iterdir()} == before


@pytest.fixture(scope="module")
def forking() -> Iterator[Runs]:
    """Give what runs commands in processes that have done the imports."""
    imports = "from crawlblock.cli import main; import crawlblock.cli.analyze"
    with Runs(imports, "main(line.split())") as running:
        yield running


@pytest.mark.own_code
@pytest.mark.fault("process", "analyze: SIGKILL while results are written, {again}")
@pytest.mark.parametrize("again", [False, True])
def test_results_of_a_killed_run(here: Path, other: Path, forking: Runs, again: bool) -> None:
    """They stay those of their database, whether a first run is killed or a later one."""
    results = here.with_name("x-results")
    if again:
        (results / "blocked.csv").unlink()
    else:
        shutil.rmtree(results)
    forking.start(f"analyze --db {here}")
    while not (results / "blocked.csv").exists():
        assert not forking.ended(0.005)
    forking.kill()
    assert forking.result() == -signal.SIGKILL
    manifest = json.loads((results / "manifest.json").read_text())
    assert manifest["database"] and "results" not in manifest
    before = {path.name: path.read_bytes() for path in results.iterdir()}
    assert command("analyze", "--db", other, "--results", results).returncode == 2
    assert {path.name: path.read_bytes() for path in results.iterdir()} == before
    if again:
        assert command("analyze", "--db", here).returncode == 0


def test_results_where_they_were_before(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Someone with results in the old place learns once where they are now."""
    there, before = here.with_name("x-results"), here.with_name("results")

    def write_answer(_: Store, results: Path, *__: object) -> Path:
        return Path(shutil.copytree(before, results)) / "index.html"

    assert moved(there, here) is None
    there.rename(before)
    monkeypatch.setattr("crawlblock.api.steps.write_answer", write_answer)
    assert "is not written any more" in command("analyze", "--db", here).stderr
    assert moved(there, here) is None


@pytest.mark.fault("disk", "results: a file in the place of the folder, a link to it")
def test_odd_results_folders(here: Path, tmp_path: Path) -> None:
    """A file is named as one; a link is followed."""
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match="a file; name a folder"):
        crawlblock.open(here, results=tmp_path / "file").analyze()
    here.with_name("x-results").rename(tmp_path / "real")
    here.with_name("x-results").symlink_to(tmp_path / "real")
    before = (tmp_path / "real" / "index.html").stat().st_mtime_ns
    assert command("report", "--db", here).returncode == 0
    assert (tmp_path / "real" / "index.html").stat().st_mtime_ns > before


# Databases


NEEDS_ONE = (
    "analyze", "evaluate", "report", "status", "discover", "templates", "replicate",
    "timeline a.example", "explain a.example GPTBot", "cat a.example", "changes --since 2024-01-01",
    "sql FROM", "export out", "accept live-1 --because x", "remove live-1 --because x --yes",
    "history --mirror .", "live --contact a@example.org", "update --no-live --mirror .",
)  # fmt: skip


def test_no_database_by_mistake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that needs a database says in one line that there is none, and makes nothing."""
    monkeypatch.chdir(tmp_path)
    for line in NEEDS_ONE:
        ended = command(*line.split(), "--db", "no/typo.duckdb")
        assert ended.returncode in (1, 2), line
        assert len(ended.stderr.splitlines()) == 1, line
        assert "typo" in ended.stderr, ended
    assert not any(tmp_path.iterdir())


FILLS_NOTHING = (
    "sample --list missing.csv", "sample --list empty.csv", "sample --ranks missing.csv",
    "sample --crawl latest --mirror nowhere", "sample --ranks webgraph --mirror nowhere",
    "import missing.jsonl", "import empty.csv", "import bad.warc.gz", "import a.jsonl --at missing",
    "import a.jsonl --snapshot a/b", "import no_rows.csv", "weights --list missing.csv",
    "weights --list domains.csv", "weights --list no_weight.csv",
    "weights --crawl latest --mirror nowhere", "scan merge nowhere", "scan merge .",
)  # fmt: skip


@pytest.mark.fault("input", "a first {line}")
@pytest.mark.parametrize("line", FILLS_NOTHING)
def test_no_empty_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    """A first command that stores nothing makes no database, and the next one works."""
    monkeypatch.chdir(tmp_path)
    captures(tmp_path / "a.jsonl", "2024-08", "a.example")
    for name, text in (
        ("empty.csv", ""), ("bad.warc.gz", "no archive"), ("domains.csv", "domain\na.example\n"),
        ("no_rows.csv", "host,fetch_time,status,body\n"),
        ("no_weight.csv", "domain,C4_tokens\na.example,many\n"),
    ):  # fmt: skip
        (tmp_path / name).write_text(text)
    ended = command(*line.split(), "--db", "data/x.duckdb")
    assert ended.returncode != 0 or "no_" in line, ended
    assert {path.name for path in tmp_path.rglob("*.duckdb*")} <= {"x.duckdb.lock"}, ended
    assert command("sample", "--list", "domains.csv", "--db", "data/x.duckdb").returncode == 0


@pytest.mark.own_code
@pytest.mark.fault("disk", "no space left for a new database: {left} bytes")
@pytest.mark.parametrize("left", [0, 8_000, 200_000])
def test_first_command_on_a_full_disk(tmp_path: Path, left: int) -> None:
    """It leaves nothing that blocks the next one: with space the same command works."""
    given = captures(tmp_path / "a.jsonl", "2024-08", "a.example")
    with small_disk(tmp_path / "disk", "64m") as disk:
        ballast = disk / "ballast"
        ballast.write_bytes(bytes(shutil.disk_usage(disk).free - left))
        db = disk / "data" / "x.duckdb"
        full = command("import", given, "--db", db)
        assert full.returncode == 1
        assert "free some space and run again" in full.stderr
        assert len(full.stderr.splitlines()) == 1
        assert not db.exists()
        ballast.unlink()
        assert command("import", given, "--db", db).returncode == 0
        assert "a.example" in command("sql", "FROM captures", "--db", db).stdout


@pytest.mark.parametrize("size", [0, 4096, 8192])
def test_what_a_full_disk_left_before(tmp_path: Path, size: int) -> None:
    """The first bytes of a database are none: a version before could leave them."""
    db = tmp_path / "x.duckdb"
    Store(db)
    db.write_bytes(db.read_bytes()[:size])
    assert command("status", "--db", db).returncode != 0
    filled(db, "a.example")
    other = tmp_path / "other.duckdb"
    other.write_bytes(b"text of somebody"[: size or 16])
    with pytest.raises(StoreError, match="not a database"):
        Store(other)
    assert other.read_bytes().startswith(b"text of")


@pytest.mark.own_code
@pytest.mark.fault("disk", "no space left while results, copy and export are written")
def test_full_disk_while_results_are_written(here: Path, tmp_path: Path) -> None:
    """Each ends in one line, what was there stays, and with space it works."""
    with small_disk(tmp_path / "disk", "96m") as disk:
        db = disk / "x.duckdb"
        shutil.copyfile(here, db)
        for results in (disk / "x-results", disk / "apart"):
            shutil.copytree(here.with_name("x-results"), results)
            (results / "blocked.csv").unlink()  # what is as large as the page
        with Store(db).held():
            Store(db).publish()
        ballast = disk / "ballast"

        def failed(*arguments: object) -> str:
            ballast.write_bytes(bytes(max(0, shutil.disk_usage(disk).free - 20_000)))
            full = command(*arguments)
            ballast.unlink()
            assert full.returncode == 1, (arguments, full)
            assert len(full.stderr.splitlines()) == 1
            assert "space" in full.stderr
            return full.stderr

        # with the database on another disk, the results alone meet the full disk
        said = failed("analyze", "--db", here, "--results", disk / "apart")
        assert f"{disk / 'apart' / 'blocked.csv'}: " in said
        for arguments in (["analyze"], ["export", disk / "out"], ["evaluate"]):
            failed(*arguments, "--db", db)
            assert command(*arguments, "--db", db).returncode == 0, arguments
        assert "a.example" in command("sql", "FROM captures", "--db", db).stdout


# Readers

QUESTIONS: tuple[list[str], ...] = (
    ["status"], ["discover"], ["templates"], ["templates", "--discovered", "--least", "2"],
    ["replicate"], ["timeline", "a.example"], ["explain", "a.example", "GPTBot"],
    ["cat", "a.example"], ["changes", "--since", "2024-01-01"], ["sql", "FROM captures"],
)  # fmt: skip


@pytest.mark.own_code
@pytest.mark.fault("disk", "a disk that may not be written to: each question")
def test_questions_on_a_read_only_disk(here: Path, tmp_path: Path) -> None:
    """Every question is answered there, and a page is written elsewhere."""
    with small_disk(tmp_path / "disk", "64m") as disk:
        shutil.copytree(here.parent, disk / "data")
        db = disk / "data" / "x.duckdb"
        os.utime(copy_of(db))
        make_read_only(disk)
        for question in QUESTIONS:
            ended = command(*question, "--db", db)
            assert (ended.returncode, ended.stderr.count("has changed since")) == (0, 0), ended
        assert command("report", "--db", db, "--to", tmp_path / "page").returncode == 0
        assert (tmp_path / "page" / "index.html").is_file()
        ended = command("report", "--db", db)
        assert ended.returncode == 1 and len(ended.stderr.splitlines()) == 1
        ended = command("analyze", "--db", db)
        assert ended.returncode == 1 and len(ended.stderr.splitlines()) == 1


HOLD = """
import duckdb, pathlib, sys
con = duckdb.connect(sys.argv[1])
con.execute("CREATE TABLE more (a INT)")
con.execute("INSERT INTO more FROM range(300000)")
print("held", flush=True)
sys.stdin.read()
"""


def test_questions_while_the_database_is_held(here: Path) -> None:
    """The copy answers while another process writes, and a line says from when it is."""
    os.utime(copy_of(here), (1_700_000_000, 1_700_000_000))
    run = [sys.executable, "-c", HOLD, str(here)]
    with subprocess.Popen(run, stdout=subprocess.PIPE, stdin=subprocess.PIPE) as holder:
        assert holder.stdout is not None and holder.stdout.readline() == b"held\n"
        for question in QUESTIONS[::3]:
            ended = command(*question, "--db", here)
            assert ended.returncode == 0, ended
            assert ended.stderr.count("x.snapshot.duckdb of 2023-11-14 22:13 UTC is read;") == 1


# Snapshots


def test_a_snapshot_is_removed_and_restored(here: Path, tmp_path: Path) -> None:
    """It leaves every view and result, its name is free, the reason is shown, and it comes back."""
    wrong = captures(tmp_path / "wrong.jsonl", "2024-09", "a.example", "wrong.example")
    right = captures(tmp_path / "right.jsonl", "2024-09", "a.example", "b.example")
    with crawlblock.open(here) as db:
        before = everything(db)
        db.import_(wrong)
        with_wrong = everything(db)
        ended = command("remove", "2024-09", "--db", here, "--because", "x")
        assert ended.returncode == 2 and "add --yes" in ended.stderr
        db.remove("2024-09", "the wrong file")
        assert everything(db) == before
        with pytest.raises(InputError, match=r"removed on [\d-]+: the wrong file"):
            db.access(snapshot="2024-09")
        status = json.loads(command("status", "--db", here, "--json").stdout)
        assert status["removed"][0].endswith(": the wrong file")
        page = db.analyze().read_text("utf-8")
        assert "2024-09 was removed on" in page and "the wrong file" in page
        assert "wrong.example" not in page
        assert db.import_(right).captures == 2
        with pytest.raises(InputError, match="another snapshot has this name"):
            db.restore("2024-09")
        assert db.sql("FROM captures WHERE host = 'wrong.example'").is_empty()
        db.remove("2024-09", "only a trial")
        ended = command("remove", "2024-09", "--restore", "--db", here)
        assert ended.returncode == 0
        with pytest.raises(InputError, match="another snapshot has this name"):
            db.restore("2024-09")
        db.remove("2024-09", "again")
        db.restore("2024-09")
        assert len(db.sql("FROM removed_snapshots")) == 1
        db.remove("2024-09", "last")
        with pytest.raises(InputError, match="no such snapshot"):
            db.remove("2024-09", "twice")
        with pytest.raises(InputError, match="was removed; removed: 2024-09"):
            db.restore("2024-1")
    assert with_wrong != before


def everything(db: crawlblock.Database) -> list[list[str]]:
    """Return what the views show."""
    names = ("snapshots", "captures", "fetches", "population", "access")
    return [sorted(map(repr, db.sql(f"FROM {name}").rows())) for name in names]
