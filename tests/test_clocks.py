"""Servers with a wrong clock: before CC-MAIN-2019-47 their Date header dates a capture."""

import io
from collections.abc import Iterator
from contextlib import redirect_stderr
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import duckdb
import pytest
from worlds.archive import files_of
from worlds.cases import HOST, HTTP, HTTPS, Case, Record, blocks, error, limits, moved, ok
from worlds.paths import PATHS, World, answer_of, by_zipnum, opened, run

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
    """An import takes a record's date as it is, and leaves out one before robots.txt was there."""
    db = world.folder / "import.duckdb"
    files = [world.mirror / key for key in files_of(world.cases)]
    with redirect_stderr(io.StringIO()) as said:
        run("import", *files, "--db", db, ends=(0, 3))
    with duckdb.connect(str(db), read_only=True) as con:
        found = dict(con.execute("SELECT snapshot, count(*) FROM captures GROUP BY 1").fetchall())
        (flagged,) = con.execute("SELECT count(stated_time) FROM captures").fetchall()
    assert set(found) == {"2025-08", "2036-02", "2037-01"} and flagged == (0,)
    assert "no date that can be read" in said.getvalue()


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
    told = capsys.readouterr().out
    assert "fetched   2025-08-18 00:00:00 UTC" in told
    assert "clock     2036-02-07 06:28:16 is what the server stated" in told
