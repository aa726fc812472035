"""Hosts whose list gives them days: what counts outside of these, and how an export has them."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import polars as pl
import pytest
import small_database as small
from test_metrics import ask, rows

import crawlblock
from crawlblock.export.tables import write_table

pytestmark = pytest.mark.own_code

HOSTS = ("gone", "back", "always")
CELLS = (
    ("gone", "list", "top 2020-01-01/2023-06-30"),
    ("back", "list", "top 2022-01-01/2022-12-31; top 2023-09-01/2023-12-31"),
    ("always", "list", "top"),
    *((host, "country", "FR") for host in HOSTS),
)
HEADER = """
INSERT INTO conclusions.header_signals
SELECT f.id, 'header tdm-reservation', [], 'mine', 'disallow', '1', '/robots.txt'
FROM facts.fetches f JOIN facts.hosts h ON h.id = f.host WHERE h.host = 'gone'
"""


@pytest.fixture
def con(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Return a database of three open hosts, of which one is not followed in its snapshot."""
    with small.make(tmp_path / "small.duckdb") as connection:
        strata = ("one", "one", "two")
        small.panel(connection, [(h, s, 1.0) for h, s in zip(HOSTS, strata, strict=True)])
        connection.executemany("INSERT INTO panel_columns VALUES ('panel', ?, ?, ?)", CELLS)
        small.snapshot(connection, "S1", date(2023, 10, 1), dict.fromkeys(HOSTS, "open"))
        yield connection


def test_headers_of_hosts_that_are_not_followed(con: duckdb.DuckDBPyConnection) -> None:
    """What headers state counts where the host does, in every dimension."""
    con.execute(HEADER)
    found = ask(con, "signals")
    counts = rows(found, "dimension", "segment", "n", "n_yes", kind="header tdm-reservation")
    assert counts == [
        (None, None, 2, 0),
        ("country", "other segments", 2, 0),
        ("list", "other segments", 2, 0),
        ("stratum", "one", 1, 0),
        ("stratum", "two", 1, 0),
    ]


def test_export_has_the_days(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """A host that left a segment and came back has a row for each span, with its days."""
    write_table(con, "segments", tmp_path)
    found = pl.read_parquet(tmp_path / "data" / "segments.parquet")
    assert rows(found, "host", "since", "until", dimension="list") == [
        ("always", None, None),
        ("back", date(2022, 1, 1), date(2022, 12, 31)),
        ("back", date(2023, 9, 1), date(2023, 12, 31)),
        ("gone", date(2020, 1, 1), date(2023, 6, 30)),
    ]


def test_frames_of_days_without_end(tmp_path: Path) -> None:
    """A frame shows days without beginning and end as the first and last of the calendar."""
    (tmp_path / "list.csv").write_text("host,list\na.test,top\nb.test,top 2023-01-01/2023-02-01\n")
    with crawlblock.open(tmp_path / "x.duckdb", create=True) as db:
        db.sample(tmp_path / "list.csv")
        found = db.sql("SELECT host, since, until FROM list_cells ORDER BY host")
    assert found.rows() == [
        ("a.test", date.min, date.max), ("b.test", date(2023, 1, 1), date(2023, 2, 1)),
    ]  # fmt: skip
    assert "9999-12-31" in str(found) and "9999-12-31" in found.write_csv()
