"""Which snapshots are kept out of the results because they look like a fault rather than news."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest
import small_database
from small_database import Answer, panel, snapshot

from crawlblock.model import SnapshotKind
from crawlblock.store.store import Store

pytestmark = pytest.mark.own_code

HOSTS = [f"h{number}.example" for number in range(40)]
START = date(2024, 3, 1)


@pytest.fixture
def con(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Return a database that follows forty hosts."""
    made = small_database.make(tmp_path / "x.duckdb")
    panel(made, [(host, "all", 1.0) for host in HOSTS])
    yield made
    made.close()


def suspects(
    con: duckdb.DuckDBPyConnection,
    *runs: Mapping[str, Answer],
    kind: str = "live",
    start: date = START,
) -> dict[str, str]:
    """Add a snapshot a month with these answers, all other hosts being open; return the suspect."""
    everywhere: dict[str, Answer] = dict.fromkeys(HOSTS, "open")
    for number, answers in enumerate(runs):
        snapshot(con, f"s{number}", start + timedelta(30 * number), {**everywhere, **answers}, kind)
    return dict(con.execute("FROM suspect_snapshots").fetchall())


def some(count: int, answer: Answer) -> dict[str, Answer]:
    """Return an answer for the first so many hosts."""
    return dict.fromkeys(HOSTS[:count], answer)


def test_sound_runs(con: duckdb.DuckDBPyConnection) -> None:
    """Refusals, however many, and a few failures are news."""
    assert suspects(con, {}, some(30, "wild"), some(4, 503), some(4, None)) == {}


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (503, "server_error: 20.0 %, usually 0.0 %"),
        ("html", "not_robots: 20.0 %, usually 0.0 %"),
        (404, "absent: 20.0 %, usually 0.0 %"),
        (None, "hosts that answered: 80.0 %, usually 100.0 %"),
    ],
)
def test_waves(con: duckdb.DuckDBPyConnection, answer: Answer, reason: str) -> None:
    """A failure that more than a tenth of the hosts newly share is suspect, with its figures."""
    assert suspects(con, {}, {}, some(8, answer)) == {"s2": reason}


def test_one_bad_run_is_no_measure(con: duckdb.DuckDBPyConnection) -> None:
    """A bad run does not make the next good one suspect, nor the next bad one sound."""
    bad = some(8, 503)
    assert suspects(con, {}, {}, bad, {}, bad).keys() == {"s2", "s4"}


def test_what_stays_becomes_usual(con: duckdb.DuckDBPyConnection) -> None:
    """A new state that lasts is what later runs are measured by."""
    bad = some(8, 503)
    assert suspects(con, {}, {}, *[bad] * 6).keys() == {"s2", "s3"}


def test_crawls(con: duckdb.DuckDBPyConnection) -> None:
    """A crawl is suspect if it lacks a fifth of the hosts that were usual; waves are its news."""
    assert suspects(con, {}, some(7, None), some(20, 503), some(9, None), kind="crawl") == {
        "s3": "hosts that answered: 77.5 %, usually 100.0 %"
    }


def test_a_break_explains(con: duckdb.DuckDBPyConnection) -> None:
    """What a known break of the archive lies before is not measured by what was before it."""
    ((day,),) = con.execute(
        "SELECT max(date) FROM breaks WHERE list_contains(affects, 'coverage')"
    ).fetchall()
    start = day - timedelta(15)
    assert suspects(con, {}, some(20, None), kind="crawl", start=start) == {}


def test_a_break_of_digests_explains_nothing(con: duckdb.DuckDBPyConnection) -> None:
    """A change of digests or headers alone is no reason for hosts that fall silent."""
    query = "SELECT date FROM breaks WHERE affects = ['digests'] ORDER BY date DESC LIMIT 1"
    ((day,),) = con.execute(query).fetchall()
    start = day - timedelta(15)
    assert suspects(con, {}, some(20, None), kind="crawl", start=start) != {}


def test_a_first_run(con: duckdb.DuckDBPyConnection) -> None:
    """Without an earlier run, one that reaches most hosts is sound whatever they say."""
    assert suspects(con, some(20, 503)) == {}


def test_unfinished_runs_are_not_judged(con: duckdb.DuckDBPyConnection) -> None:
    """A run that has not asked all of the panel is incomplete, not suspect."""
    snapshot(con, "live-1", START, dict.fromkeys(HOSTS[:30], None), "live")
    assert con.execute("FROM suspect_snapshots").fetchall() == []


def test_views_of_another_version_are_renewed(tmp_path: Path) -> None:
    """A database whose views another version made asks today's questions, with the facts it had."""
    path = tmp_path / "x.duckdb"
    Store(path).facts.add_snapshot("s", SnapshotKind.LIVE, None, None)
    with duckdb.connect(str(path)) as con:
        con.execute("DROP VIEW suspect_snapshots").fetchall()
        con.execute("CREATE OR REPLACE VIEW incomplete_snapshots AS SELECT 1 AS one").fetchall()
        con.execute("CREATE OR REPLACE MACRO views_stamp() AS 1").fetchall()
    with Store(path).reading() as con:
        assert con.execute("SELECT snapshot, asked FROM incomplete_snapshots").fetchall() == []
        assert con.execute("FROM suspect_snapshots").fetchall() == []
        assert con.execute("SELECT snapshot FROM snapshots").fetchall() == [("s",)]
    before = path.read_bytes()
    Store(path)
    assert path.read_bytes() == before
