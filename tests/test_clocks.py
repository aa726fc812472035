"""Servers with a wrong clock: before CC-MAIN-2019-47 their Date header dates a capture."""

import io
from collections.abc import Iterator
from contextlib import chdir, redirect_stderr
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from worlds.archive import files_of
from worlds.cases import HOST, HTTP, HTTPS, Case, Record, blocks, error, limits, moved, ok
from worlds.paths import PATHS, World, answer_of, by_zipnum, opened, run

from crawlblock.captures.frames import batch_of
from crawlblock.errors import InputError
from crawlblock.model import Asked, Fetch, SnapshotKind
from crawlblock.outcome import Ending
from crawlblock.pipeline.live import snapshot_name
from crawlblock.pipeline.run import check_against, checked
from crawlblock.store.store import Store

pytestmark = pytest.mark.own_code

FIRST, LAST = "02 00:00", "18 00:00"  # of the crawl
PAST, FUTURE = "1970-01-01T00:00:00", "2036-02-07T06:28:16"
IN_FILES = [path for path in PATHS if path != "import"]


def _at(record: Record, clock: str) -> Record:
    return replace(record, clock=clock)


def _text(name: str, at: str = "04 10:00", url: str = HTTPS) -> Record:
    return Record(url=url, at=at, body=blocks(name).body)


CASES = [
    Case(
        name="a_clock_behind", why="A capture is no older than its crawl.",
        records=(_at(_text("behind"), PAST),),
        expected={HOST: ok(FIRST, blocks("behind"))},
    ),
    Case(
        name="a_clock_ahead", why="A capture is no newer than its crawl.",
        records=(_at(_text("ahead"), FUTURE),),
        expected={HOST: ok(LAST, blocks("ahead"))},
    ),
    Case(
        name="a_clock_behind_and_a_right_one", why="The right one is the newer one.",
        records=(_at(Record(url=HTTPS, at="05 10:00", body=limits("1970").body), PAST),
                 _text("right")),
        expected={HOST: ok("04 10:00", blocks("right"))},
    ),
    Case(
        name="two_clocks_ahead", why="Beyond the end of the crawl none is newer: https counts.",
        records=(_at(_text("2037", url=HTTP), "2037-01-01T00:00:00"),
                 _at(_text("2036"), FUTURE)),
        expected={HOST: ok(LAST, blocks("2036"))},
    ),
    Case(
        name="a_clock_ahead_at_a_redirect", why="A redirect's clock says when its chain began.",
        records=(_at(moved(HTTP, "05 10:00", HTTPS), FUTURE), _text("target"),
                 error(HTTPS, "06 10:00", 503)),
        expected={HOST: ok("04 10:00", blocks("target"))},
    ),
]  # fmt: skip


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Return an archive of captures whose times were stated by wrong clocks."""
    with opened(tmp_path_factory.mktemp("clocks"), CASES) as made:
        yield made


@pytest.mark.parametrize("path", IN_FILES)
def test_paths_agree_on_wrong_clocks(world: World, path: str) -> None:
    """History and scan take the same capture and report a time within the crawl."""
    read = PATHS[path](world)
    for case in CASES:
        for host, seen in case.wanted(path.startswith("history")).items():
            assert read.answers[host] == answer_of(seen, path), case.why
    with duckdb.connect(str(read.database), read_only=True) as con:
        stated = con.execute(
            "SELECT host, stated_time FROM captures WHERE stated_time IS NOT NULL ORDER BY host"
        ).fetchall()
        raw = con.execute("SELECT min(fetch_time), max(fetch_time) FROM fetches").fetchall()
        period = con.execute("SELECT first_capture, last_capture FROM snapshots").fetchall()
    assert stated == [
        ("shop.a-clock-ahead.example", datetime.fromisoformat(FUTURE)),
        ("shop.a-clock-behind.example", datetime.fromisoformat(PAST)),
        ("shop.two-clocks-ahead.example", datetime.fromisoformat(FUTURE)),
    ]
    assert raw == [(datetime.fromisoformat(PAST), datetime(2037, 1, 1))]
    assert period == [(datetime(2025, 8, 2), datetime(2025, 8, 18))]


def test_import_knows_no_crawl(world: World) -> None:
    """An import takes a record's date as it is, but for one that cannot be or is yet to come."""
    db = world.folder / "import.duckdb"
    files = [world.mirror / key for key in files_of(world.cases)]
    with redirect_stderr(io.StringIO()) as said:
        run("import", *files, "--db", db, ends=(0, 3))
    with duckdb.connect(str(db), read_only=True) as con:
        found = dict(con.execute("SELECT snapshot, count(*) FROM captures GROUP BY 1").fetchall())
        (flagged,) = con.execute("SELECT count(stated_time) FROM captures").fetchall()
    assert set(found) == {"2025-08"} and flagged == (0,)
    assert "no date that can be read" in said.getvalue()
    assert "dated in the future (by this machine's clock it is 20" in said.getvalue()


@pytest.mark.parametrize("dates", ["plan", "names", "captures"])
def test_the_period_of_a_scan(tmp_path: Path, dates: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A scanned crawl is dated by its plan, else by the names of its files, else its captures."""
    with opened(tmp_path, CASES[:1]) as world:
        folder = world.folder / "scan"
        run("scan", "plan", folder, "--mirror", world.mirror, "--crawls", "all")
        plan = folder / "plan.json"
        if dates != "plan":
            text = plan.read_text()
            for name in ("first_capture", "last_capture"):
                start = text.index(f', "{name}"')
                text = text[:start] + text[text.index('"', start + len(name) + 6) + 21 :]
            plan.write_text(text)
        if dates == "captures":
            (file,) = world.mirror.rglob("*.warc.gz")
            file.rename(file.with_name("a.warc.gz"))
            plan.write_text(plan.read_text().replace(file.name, "a.warc.gz"))
        run("scan", "run", folder)
        run("scan", "merge", folder, "--db", tmp_path / "c.duckdb")
    with duckdb.connect(str(tmp_path / "c.duckdb"), read_only=True) as con:
        ((first,),) = con.execute("SELECT first_capture FROM snapshots").fetchall()
    assert first == (datetime(1970, 1, 1) if dates == "captures" else datetime(2025, 8, 2))


def test_explain_says_that_a_clock_was_wrong(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """The evidence names the time of the archive beside the one that counts."""
    db = world.folder / "zipnum.duckdb"
    if not db.exists():
        by_zipnum(world)
    capsys.readouterr()
    run("explain", "shop.a-clock-ahead.example", "GPTBot", "--db", db, "-o", "table")
    output = capsys.readouterr().out
    assert "fetched   2025-08-18 00:00:00 UTC" in output
    assert "clock     2036-02-07 06:28:16 is what the server stated" in output


@pytest.mark.parametrize("dates", ["fetch_time", "first_seen,last_seen"])
def test_rows_of_the_future(tmp_path: Path, dates: str) -> None:
    """Rows dated in the future are counted as left out; a month that is not over is none."""
    now = datetime.now(UTC)
    months = [f"{now:%Y-%m}", f"{now.year + 2}-01"]
    rows = [
        f"{host}.example,{','.join([month] * len(dates.split(',')))},,User-agent: *"
        for host, month in zip("ab", months, strict=True)
    ]
    path = tmp_path / "rows.csv"
    path.write_text("\n".join([f"host,{dates},status,body", *rows]), "utf-8")
    with redirect_stderr(io.StringIO()) as said:
        run("import", path, "--db", tmp_path / "db.duckdb")
    assert "1 left out, dated in the future" in said.getvalue()
    assert Store(tmp_path / "db.duckdb").facts.snapshots() == {months[0]}


def _live(folder: Path, at: datetime) -> Store:
    """Return a store with a panel of two hosts, of which a live run at a time asked one."""
    (folder / "list.txt").write_text("a.example\nb.example\n", "utf-8")
    run("sample", "--list", folder / "list.txt", "--db", folder / "db.duckdb")
    store = Store(folder / "db.duckdb")
    name = f"live-{at:%Y-%m-%d}"
    fetch = Fetch(
        snapshot=name, host="a.example", resource="/robots.txt", secure=True, fetch_time=at,
        ended=Ending.DNS,
    )  # fmt: skip
    store.facts.add(batch_of([fetch], [Asked(snapshot=name, host="a.example")]), SnapshotKind.LIVE)
    return store


@pytest.mark.fault("process", "an unfinished live run under a clock that was ahead")
def test_a_clock_that_was_ahead(tmp_path: Path) -> None:
    """A later run does not go on with it, and says which of the two clocks must be wrong."""
    store = _live(tmp_path, datetime(2106, 2, 7, 6, 28))
    started = datetime.now(UTC).replace(tzinfo=None)
    assert snapshot_name(store, store.facts.members(), started) == f"live-{started:%Y-%m-%d}"
    for command in (["live"], ["update"], ["sample", "--list", "list.txt"]):
        message = _refused(tmp_path, *command)
        assert f"clock says {started:%Y-%m-%d}" in message and "2106-02-07 06:28 UTC" in message
        assert "remove the snapshot" in message
    assert store.facts.snapshots() == {"live-2106-02-07"}
    run("evaluate", "--db", tmp_path / "db.duckdb")  # what dates nothing is not refused


def _refused(folder: Path, *command: str) -> str:
    with chdir(folder), redirect_stderr(io.StringIO()) as said:
        asking = [] if command[0] == "sample" else ["--contact", "test@example.org"]
        run(*command, *asking, "--db", "db.duckdb", ends=(2,))
    return said.getvalue()


@pytest.mark.parametrize(
    ("clock", "way"),
    [
        (datetime(2018, 1, 1), "before"),
        (datetime(2026, 10, 9), "before"),
        (datetime(2026, 10, 12), None),
        (datetime(2036, 1, 1), None),
        (datetime(2099, 1, 1), "decades after"),
    ],
)
def test_a_clock_that_captures_contradict(tmp_path: Path, clock: datetime, way: str | None) -> None:
    """A clock more than a day before the newest capture, or decades after it, dates nothing."""
    store = _live(tmp_path, datetime(2026, 10, 11))
    if way is None:
        check_against(store, clock)
        return
    with pytest.raises(InputError, match=f"{clock:%Y-%m-%d} 00:00 UTC, {way} .*2026-10-11 00:00"):
        check_against(store, clock)


def test_a_clock_that_cannot_be_set_so() -> None:
    """Neither a time before the first crawl nor one in the next century dates anything."""
    for year in (1970, 2015, 2100, 2106):
        with pytest.raises(InputError, match=f"says {year}"):
            checked(datetime(year, 1, 1))
