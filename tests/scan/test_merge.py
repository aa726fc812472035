"""Merging shards: what does not belong together is refused, and a killed merge goes on."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zlib
from dataclasses import asdict
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from crawlblock.errors import InputError, StoreError
from crawlblock.pipeline.sample import from_list, store_panel
from crawlblock.scan.load import load
from crawlblock.scan.plan import Plan, TakenFiles, cut, write_plan
from crawlblock.scan.shard import KEY, shard_path
from crawlblock.scan.shards import find_shards
from crawlblock.store.database import DatabaseFile
from crawlblock.store.store import Store
from crawlblock.warc.http import digest
from scan.shards import MINI, asked, invoked, mini, scanned
from scan.warcs import older

pytestmark = pytest.mark.own_code


KILLS = int(os.environ.get("CRAWLBLOCK_KILLS", "4"))  # 50 in `make test-faults`


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return an archive of a crawl, and the directory of a scan of it."""
    return mini(tmp_path_factory)


@pytest.fixture(scope="module")
def mirror(made: tuple[Path, Path]) -> Path:
    """Return the archive."""
    return made[0]


@pytest.fixture(scope="module")
def run(made: tuple[Path, Path]) -> Path:
    """Return the directory of a scan of the whole crawl, a file a shard."""
    return made[1]


@pytest.fixture
def scan(run: Path, tmp_path: Path) -> Path:
    """Return a copy of it."""
    return Path(shutil.copytree(run, tmp_path / "scan"))


@pytest.fixture(scope="module")
def census(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a census of all its shards, which were merged at once."""
    db = tmp_path_factory.mktemp("whole") / "whole.duckdb"
    merged(db, run)
    return db


@pytest.fixture(scope="module")
def whole(census: Path) -> list[tuple[Any, ...]]:
    """Return what that census holds."""
    return _rows(census)


@pytest.fixture
def db(census: Path, tmp_path: Path) -> Path:
    """Return a copy of that census."""
    return Path(shutil.copyfile(census, tmp_path / "census.duckdb"))


def merged(db: Path, *directories: Path) -> str:
    """Merge and return what the command says."""
    ended = invoked("scan", "merge", *directories, "--db", db)
    assert ended.exit_code == 0, (ended.output, ended.exception)
    return ended.output


def refused(db: Path, *directories: Path, options: tuple[object, ...] = ()) -> str:
    """Return why a merge is refused; what it would have stored is not."""
    before = _rows(db) if db.exists() else None
    ended = invoked("scan", "merge", *directories, *options, "--db", db)
    assert isinstance(ended.exception, InputError), ended.output
    if before is not None:
        assert _rows(db) == before
    return str(ended.exception)


_HELD = (  # all but numbers, which go by the order in which facts came
    "SELECT * EXCLUDE (file, text) FROM census ORDER BY ALL",
    "FROM captures ORDER BY ALL",
    "FROM fetches ORDER BY ALL",
    "FROM payloads ORDER BY ALL",
    "SELECT t.* EXCLUDE (id), b.body, q.policy, j.ambiguous_group, j.template FROM facts.texts t "
    "JOIN conclusions.bodies b ON b.text = t.id JOIN conclusions.judgements j ON j.text = t.id "
    "JOIN conclusions.policies q ON q.id = j.policy ORDER BY ALL",
    "FROM verdicts ORDER BY ALL",
    "FROM signals ORDER BY ALL",
    "SELECT s.snapshot, w.warc_file, f.shard FROM facts.scanned_files f "
    "JOIN facts.snapshots s ON s.id = f.snapshot JOIN facts.warc_files w ON w.id = f.warc_file "
    "ORDER BY ALL",
    "SELECT * EXCLUDE (snapshot) FROM facts.scanned_shards ORDER BY ALL",
    "FROM snapshots",
)


def _rows(db: Path) -> list[tuple[Any, ...]]:
    """Return what a census holds, whatever the order it came in."""
    with Store(db).reading() as con:
        return [row for question in _HELD for row in con.execute(question).fetchall()]


def change(path: Path, **about: object) -> None:
    """Let a shard say something else of itself."""
    said = json.loads(pl.read_parquet_metadata(path)[KEY]) | about
    pl.read_parquet(path).write_parquet(path, metadata={KEY: json.dumps(said)})


def shards(scan: Path) -> list[Path]:
    """Return the shards of a scan."""
    return sorted((scan / "shards").glob("*.parquet"))


def test_parts_come_to_the_whole(scan: Path, whole: list[tuple[Any, ...]], tmp_path: Path) -> None:
    """Shards merged one by one or some at once, in any order, give what all at once give."""
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    for path in shards(scan):
        path.rename(hidden / path.name)
    left = sorted(hidden.iterdir())
    count = len(left)
    for new in (1, 1, 3, count - 5):
        for path in [left.pop() for _ in range(new)]:
            path.rename(scan / "shards" / path.name)
        number = count - len(left)
        said = merged(tmp_path / "parts.duckdb", scan)
        assert f"{new} new shards; {number} of the {count} planned files are merged" in said
        assert f"each counts as {count / number:.4g}" in said
    assert not left
    assert "0 new shards" in merged(tmp_path / "parts.duckdb", scan)
    assert _rows(tmp_path / "parts.duckdb") == whole


def test_many_small_shards(scan: Path, tmp_path: Path) -> None:
    """However small shards are, few are opened at a time, and each batch is stored by itself."""
    keys = [f"{number:03}.warc.gz" for number in range(250)]
    small = tmp_path / "small"
    planned = cut(MINI.crawl, keys, 1)
    taken = TakenFiles(MINI.crawl, len(keys), len(keys))
    write_plan(Plan("/", "seed", 1.0, 0, (taken,), tuple(planned)), small)
    (small / "shards").mkdir()
    empty = pl.read_parquet(shards(scan)[0]).clear()
    said = json.loads(pl.read_parquet_metadata(shards(scan)[0])[KEY])
    for shard in planned:
        about = {**said, **asdict(shard), "captures": 0}
        path = shard_path(small, shard.shard)
        empty.write_parquet(path, metadata={KEY: json.dumps(about)})
    stored: list[int] = []
    database = DatabaseFile(tmp_path / "census.duckdb")
    load(database, find_shards([small]), lambda what, done, of: stored.append(done))
    assert stored == [100, 200, 250]
    with database.reading() as con:
        counted = con.execute("SELECT count(*), max(number) FROM facts.scanned_files").fetchall()
    assert counted == [(250, 250)]


def test_missing_shards_are_reported(scan: Path, tmp_path: Path) -> None:
    """With a shard missing the results are of the files at hand, and say why they have no interval.

    These files are no sample that was planned, and a host in several files counts too often.
    """
    shards(scan)[2].unlink()
    said = merged(tmp_path / "census.duckdb", scan)
    assert f"{len(shards(scan))} of the {len(shards(scan)) + 1} planned files" in said
    with Store(tmp_path / "census.duckdb").reading() as con:
        found = asked(con, "blocked")
    assert (found["files"] + 1 == found["of"]).all()
    known = found.filter(pl.col("n") > 0)
    assert known["low"].null_count() == known.height > 0
    assert set(known["no_interval"]) == {"some planned files are not merged yet"}


def test_duplicates_count_once(scan: Path, whole: list[tuple[Any, ...]], tmp_path: Path) -> None:
    """A copy of a directory adds nothing, be it merged at once or later."""
    copy = shutil.copytree(scan, tmp_path / "copy")
    merged(tmp_path / "both.duckdb", scan, copy)
    assert _rows(tmp_path / "both.duckdb") == whole
    assert "0 new shards" in merged(tmp_path / "both.duckdb", copy)
    assert _rows(tmp_path / "both.duckdb") == whole


def test_shards_of_the_version_before_are_refused(
    scan: Path, db: Path, whole: list[tuple[Any, ...]], tmp_path: Path
) -> None:
    """A shard that holds verdicts is refused; run again reads it anew, and then it is merged."""
    path = shards(scan)[1]
    older(path)
    why = refused(db, scan)
    assert why == (
        f"{path}: made by an older crawlblock; remove it and run crawlblock scan run again"
    )
    ended = invoked("scan", "run", scan)
    assert f"{len(shards(scan))} shards, {len(shards(scan)) - 1} of them there" in ended.output
    merged(tmp_path / "again.duckdb", scan)
    assert _rows(tmp_path / "again.duckdb") == whole


def test_plans_that_share_files_are_refused(
    scan: Path, db: Path, mirror: Path, tmp_path: Path
) -> None:
    """Two plans of a crawl are no sample together: other seeds, shares or shard sizes."""
    other = scanned(tmp_path / "other", mirror, "--share", 0.2)
    larger = scanned(tmp_path / "larger", mirror, files=2)
    seed = scanned(tmp_path / "seed", mirror, "--share", 0.2, "--seed", "x")
    assert "another --db" in refused(db, other)
    assert "another plan" in refused(db, larger)
    for pair in ((scan, larger), (scan, other), (other, seed)):
        assert "another --db" in refused(tmp_path / "new.duckdb", *pair)


def test_unusable_shards_are_named(scan: Path, tmp_path: Path) -> None:
    """Files that are cut, foreign, half-written or short of rows or texts are named."""
    path = shards(scan)[0]
    whole = path.read_bytes()
    frame = pl.read_parquet(path)
    about = pl.read_parquet_metadata(path)[KEY]

    def of(frame: pl.DataFrame) -> bytes:
        frame.write_parquet(path, metadata={KEY: about})
        return path.read_bytes()

    other = json.dumps(json.loads(about) | {"shard": "DEMO-2025-33-99999"})
    frame.write_parquet(path, metadata={KEY: other})
    foreign = path.read_bytes()
    (tmp_path / "new").mkdir()
    for raw, reason in (
        (whole[: len(whole) // 2], "not a shard of a scan"),
        (b"PAR1", "not a shard of a scan"),
        (foreign, "not a shard of the plan"),
        (of(frame.drop("rules")), "made by an older crawlblock"),
        (of(frame.head(100)), "should hold"),
        (of(frame.with_columns(warc_file=pl.lit("x"))), "should hold"),
        (
            of(frame.with_columns(text=pl.lit("0" * 16), rules=pl.lit(None, pl.Binary))),
            "do not hold it",
        ),
        (whole[:2_000] + bytes(3_000) + whole[5_000:], "is not a shard of a scan"),
    ):
        path.write_bytes(raw)
        why = refused(tmp_path / "new" / "census.duckdb", scan)
        assert reason in why
        assert str(scan) in why
        shutil.rmtree(tmp_path / "new")


def test_nothing_to_merge_is_reported(scan: Path, tmp_path: Path) -> None:
    """A directory without a plan or shards, and a file that is no ranking, are named."""
    (tmp_path / "empty").mkdir()
    assert "scan plan first" in refused(tmp_path / "a.duckdb", tmp_path / "empty")
    (tmp_path / "ranks.csv").write_text("some,words,here\nand,here\n")
    ranks = ("--ranks", tmp_path / "ranks.csv")
    assert "no ranking" in refused(tmp_path / "a.duckdb", scan, options=ranks)
    shutil.rmtree(scan / "shards")
    assert "no shards yet" in refused(tmp_path / "a.duckdb", scan)
    ended = invoked("analyze", "--census", "--db", tmp_path / "a.duckdb")
    assert "scan merge" in str(ended.exception)


def test_a_panel_and_a_census_are_kept_apart(scan: Path, db: Path, tmp_path: Path) -> None:
    """A census does not go into a database with a panel, nor a panel or import into a census."""
    (tmp_path / "hosts.csv").write_text("a.example\n")
    store = Store(tmp_path / "panel.duckdb")
    store_panel(store, from_list(tmp_path / "hosts.csv", "all"))
    assert "a database of its own" in refused(store.path, scan)
    ended = invoked("sample", "--list", tmp_path / "hosts.csv", "--db", db)
    assert isinstance(ended.exception, InputError)
    assert "another --db" in str(ended.exception)


def test_kept_bodies_are_the_payloads(census: Path, mirror: Path, tmp_path: Path) -> None:
    """Shards with bodies give the payloads byte for byte, and the same census as those without."""
    with_bodies = scanned(tmp_path / "bodies", mirror, "--keep-bodies")
    merged(tmp_path / "bodies.duckdb", with_bodies)
    questions = (
        "SELECT * EXCLUDE (text) FROM census ORDER BY ALL",
        "FROM captures ORDER BY ALL",
        "SELECT * EXCLUDE (body, text) FROM payloads ORDER BY ALL",
        "SELECT DISTINCT policy FROM policies ORDER BY ALL",
    )
    answers = []
    for name, path in {"bodies": tmp_path / "bodies.duckdb", "texts": census}.items():
        with Store(path).reading() as con:
            answers.append([con.execute(each).fetchall() for each in questions])
            unused = con.execute(
                "FROM facts.texts ANTI JOIN facts.payloads p ON p.text = texts.id"
            ).fetchall()
            assert unused == []
            bodies = con.execute("SELECT digest, body, is_text FROM bodies").fetchall()
        payloads = [(stated, zlib.decompress(body)) for stated, body, _ in bodies]
        assert {is_text for *_, is_text in bodies} == {name == "texts"}
        right = [digest(body) == stated for stated, body in payloads]
        assert all(right) == (name == "bodies")
    assert answers[0] == answers[1]


@pytest.mark.fault("scan", "kill -9 during merge")
def test_a_killed_merge_goes_on(scan: Path, whole: list[tuple[Any, ...]], tmp_path: Path) -> None:
    """Killed at any moment, a merge leaves whole shards, and the next ends in the same census."""
    db = tmp_path / "killed.duckdb"
    command = [sys.executable, "-m", "crawlblock", "scan", "merge", str(scan), "--db", str(db)]
    left = set()
    for number in range(KILLS):
        with subprocess.Popen(command, stderr=subprocess.DEVNULL, env=dict(os.environ)) as process:
            while not db.exists():
                time.sleep(0.01)
            time.sleep(1.8 * number / KILLS)
            process.send_signal(signal.SIGKILL)
        left.add(_of_whole_crawl(db))
    merged(db, scan)
    assert _rows(db) == whole
    assert left


def _of_whole_crawl(db: Path) -> tuple[int, int]:
    """Return how many shards and hosts a killed merge left, each of them whole."""
    try:
        store = Store(db)
    except StoreError:  # killed while it made the file
        return 0, 0
    with store.reading() as con:
        ((promised, stored),) = con.execute(
            "SELECT (SELECT coalesce(sum(captures), 0) FROM facts.scanned_shards), "
            "(SELECT count(*) FROM facts.fetches)"
        ).fetchall()
        assert promised == stored
        lacking = con.execute(
            "SELECT payload FROM facts.fetches f WHERE payload IS NOT NULL AND payload NOT IN "
            "(SELECT p.id FROM facts.payloads p JOIN facts.texts t ON t.id = p.text)"
        ).fetchall()
        assert lacking == []
        ((shards, hosts),) = con.execute(
            "SELECT (SELECT count(*) FROM facts.scanned_shards), (SELECT count(*) FROM census)"
        ).fetchall()
    return shards, hosts


@pytest.mark.fault("scan", "a shard of a cut file is merged, then read again and merged again")
def test_a_shard_that_was_read_again_is_merged_again(
    mirror: Path, whole: list[tuple[Any, ...]], tmp_path: Path
) -> None:
    """Merging shows what could not be read, and takes what a later run could read."""
    own, scan = Path(shutil.copytree(mirror, tmp_path / "mirror")), tmp_path / "scan"
    (cut, *_) = sorted(own.rglob("robotstxt/*.warc.gz"))
    raw = cut.read_bytes()
    cut.write_bytes(raw[: len(raw) // 2])
    assert invoked("scan", "plan", scan, "--mirror", own, "--files", 1).exit_code == 0
    assert invoked("scan", "run", scan).exit_code == 3
    db = tmp_path / "census.duckdb"
    assert "1 places in them could not be read; run crawlblock scan run again" in merged(db, scan)
    (row,) = json.loads(invoked("status", "--db", db, "-o", "json").stdout)
    assert row["unread"] == 1
    with Store(db).reading() as con:
        assert asked(con, "coverage")["faults"].unique().to_list() == [1]
    cut.write_bytes(raw)
    assert invoked("scan", "run", scan).exit_code == 0
    said = invoked("scan", "merge", scan, "--db", db, "-o", "json").stdout
    (found,) = json.loads(said)
    assert (found["new"], found["faults"]) == (1, 0)
    assert _rows(db) == whole
