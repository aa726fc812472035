"""Snapshots of imports: named, or one for each sweep, and changes among the same hosts alone."""

import json
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from io import StringIO
from pathlib import Path
from time import process_time

import polars as pl
import pytest
import small_database as small
from rich.console import Console

import crawlblock
from crawlblock.errors import InputError
from crawlblock.metrics.queries import analyze
from crawlblock.report.assemble import page_of
from crawlblock.report.page.document import ARCHIVE, Material
from crawlblock.report.terminal.summary import show
from crawlblock.sources.files.periods import periods_of
from crawlblock.sources.files.snapshots import snapshot_names

NO_HOSTS = {"hosts": [], "rulings": [], "vectors": [], "folders": [], "tokens": [], "of": 0}
START = datetime(2026, 7, 29)
Days = Sequence[tuple[str, int]]  # host, days after the start


def captures(days: Days) -> list[tuple[str, datetime]]:
    """Return hosts with times."""
    return [(host, START + timedelta(days=day)) for host, day in days]


SWEEP: Days = [(f"h{day:02}.org", day) for day in range(33)]
LATER: Days = [(host, day + 92) for host, day in SWEEP]
DAILY: Days = [(f"h{n}.org", day) for day in range(60) for n in range(3)]
REDIRECTED: Days = [*SWEEP, ("h00.org", 0)]


@pytest.mark.parametrize(
    ("days", "names"),
    [
        (SWEEP, ["2026-07"]),
        ([*SWEEP, *LATER], ["2026-07", "2026-10"]),
        (REDIRECTED, ["2026-07"]),
        (DAILY, ["2026-07", "2026-08", "2026-09"]),
        ([("a.org", 0), ("b.org", 50)], ["2026-07", "2026-09"]),
    ],
    ids=["sweep", "two_sweeps", "redirected", "daily", "too_long"],
)
def test_sweeps(days: Days, names: list[str]) -> None:
    """A sweep is one snapshot; daily fetches and long spans are months, as before."""
    found = captures(days)
    periods = periods_of(reversed(found), "month")
    assert sorted({periods.of(time) for _, time in found}) == names
    frame = pl.DataFrame({"time": [time for _, time in found]})
    named = frame.select(name=periods.named(pl.col("time")))["name"]
    assert named.to_list() == [periods.of(time) for _, time in found]


def test_names_of_many_times() -> None:
    """Days are counted once: ten times as many observation times take ten times as long."""
    assert snapshot_names([START, START + timedelta(days=1)]) == ["2026-07-29", "2026-07-30"]
    many = [START + timedelta(hours=hour) for hour in range(20_000)]
    begun = process_time()
    names = snapshot_names(many)
    assert process_time() - begun < 1
    assert len(set(names)) == len(many) and names[1] == "2026-07-29T01:00:00"


def write(path: Path, days: Days) -> Path:
    """Write captures as JSONL."""
    rows = [
        {"host": host, "fetch_time": time.isoformat(), "status": 200, "body": "User-agent: *\n"}
        for host, time in captures(days)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def snapshots(db: Path) -> list[tuple[str, int]]:
    """Return the snapshots of a database with the number of their hosts."""
    query = "SELECT snapshot, count(*) FROM captures GROUP BY ALL ORDER BY ALL"
    return crawlblock.open(db).sql(query).rows()


def test_imports(tmp_path: Path) -> None:
    """A sweep in several files is one snapshot; a name holds for all captures of an import."""
    files = [write(tmp_path / f"{n}.jsonl", SWEEP[n::2]) for n in (0, 1)]
    done = crawlblock.open(tmp_path / "a.duckdb", create=True).import_(*files)
    (note,) = done.notes
    assert note.startswith("2026-07: the sweep from 2026-07-29 to 2026-08-30 is one snapshot")
    assert snapshots(tmp_path / "a.duckdb") == [("2026-07", 33)]
    crawlblock.open(tmp_path / "a.duckdb").import_(*files)
    assert snapshots(tmp_path / "a.duckdb") == [("2026-07", 33)]
    opened = crawlblock.open(tmp_path / "b.duckdb", create=True)
    assert not opened.import_(write(tmp_path / "daily.jsonl", DAILY), snapshot="summer").notes
    assert snapshots(tmp_path / "b.duckdb") == [("summer", 3)]


def test_bad_names(tmp_path: Path) -> None:
    """A name that could be read as a path, or is not shown whole, is refused before all else."""
    opened = crawlblock.open(tmp_path / "a.duckdb", create=True)
    rows = write(tmp_path / "x.jsonl", SWEEP)
    for name in ("", "../up", "a/b", "a\nb", ".hidden", "x" * 999):
        with pytest.raises(InputError, match="take a name such as"):
            opened.import_(rows, snapshot=name)
    assert opened.sql("FROM snapshots").is_empty()


def test_names_that_mean_something_else(tmp_path: Path) -> None:
    """A crawl's name, observation times and spans do not go with a name."""
    db = tmp_path / "a.duckdb"
    opened = crawlblock.open(db, create=True)
    rows = write(tmp_path / "x.jsonl", SWEEP)
    at = tmp_path / "at.csv"
    at.write_text("date\n2026-08-01\n")
    with pytest.raises(InputError, match="leave out --snapshot or --at"):
        opened.import_(rows, snapshot="summer", at=at)
    spans = tmp_path / "spans.csv"
    spans.write_text("host,first_seen,last_seen,status,body\na.org,2026-01,2026-03,200,x\n")
    with pytest.raises(InputError, match="rows with first_seen and last_seen"):
        opened.import_(spans, snapshot="summer")


def results(tmp_path: Path, *snapshots: dict[str, small.Answer]) -> dict[str, pl.DataFrame]:
    """Return the results of imports of these hosts."""
    con = small.make(tmp_path / "x.duckdb")
    for number, answers in enumerate(snapshots):
        small.snapshot(con, f"S{number + 1}", date(2023, 9 + number, 1), answers, "import")
    frames = analyze(con, tmp_path / "results")
    con.close()
    return frames


def shown(frames: dict[str, pl.DataFrame]) -> list[list[str]]:
    """Return the rows of the terminal's table about one crawler, in words."""
    console = Console(width=80, record=True, file=StringIO())
    show(console, frames)
    lines = [line.split() for line in console.export_text().splitlines()]
    return [words for words in lines if words[:1] == ["Alpha"]]


def test_change_of_the_same_hosts(tmp_path: Path) -> None:
    """A change is given among the hosts known in both snapshots, with their number."""
    both = {f"b{n}": "named" for n in range(3)}
    frames = results(
        tmp_path,
        {**{f"a{n}": "open" for n in range(6)}, **both},
        {**{f"c{n}": "open" for n in range(9)}, **both, "a0": "named"},
    )
    row, listed = frames["change"].filter(pl.col("token") == "Alpha").to_dicts()
    if row["estimand"] == "list":
        row, listed = listed, row
    assert (row["from_snapshot"], row["to_snapshot"], row["n"], row["n_unknown"]) == (
        "S1", "S2", 4, 14,
    )  # fmt: skip
    assert (row["from_share"], row["to_share"], row["estimate"]) == (0.75, 1.0, 0.25)
    assert row["low"] < 0.25 < row["high"]
    assert (listed["estimand"], listed["estimate"], listed["low"]) == ("list", 0.25, None)
    (line,) = shown(frames)
    assert line[-4:] == ["S1", "4", "75.0", "%"] or ("4" in line and line[-1] == "+25.0")
    page = page_of(Material(frames, ARCHIVE, NO_HOSTS))[0]
    assert "of the 4 hosts known in both S1 and S2, 75.0 %" in page
    assert "At most 4 hosts are known in both" in page


def test_no_change_of_other_hosts(tmp_path: Path) -> None:
    """Where no host is in both snapshots nothing is said of a change, anywhere."""
    frames = results(
        tmp_path,
        {f"a{n}": "named" for n in range(5)},
        {f"b{n}": "open" for n in range(5)},
    )
    for row in frames["change"].filter(pl.col("token") == "Alpha").to_dicts():
        assert (row["n"], row["estimate"], row["low"]) == (0, None, None)
        assert row["no_estimate"] == "no host is known in both snapshots"
    (line,) = shown(frames)
    assert "+" not in " ".join(line) and "-100" not in " ".join(line)
    page = page_of(Material(frames, ARCHIVE, NO_HOSTS))[0]
    assert "no host is known in both S1 and S2" in page
