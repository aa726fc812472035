"""The results about who decided, open and closed, the same hosts and lost ones, counted by hand."""

import math
from collections.abc import Iterator
from datetime import date

import duckdb
import polars as pl
import pytest
import small_database as small

from crawlblock.metrics.queries import analyze

HOSTS: dict[str, small.Answer] = {
    "h0": "named", "h1": "named", "h2": "wild", "h3": "but", "h4": "partly", "h5": "open",
    "h6": "open", "h7": 404, "h8": 503, "h9": None,
}  # fmt: skip
LATER = HOSTS | {"h0": "open", "h1": None, "h5": "wild"}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, pl.DataFrame]]:
    """Return all results about ten hosts in two snapshots."""
    folder = tmp_path_factory.mktemp("results")
    con: duckdb.DuckDBPyConnection = small.make(folder / "x.duckdb")
    small.panel(con, [(host, "all", 1.0) for host in HOSTS])
    small.snapshot(con, "S1", date(2023, 9, 1), HOSTS)
    small.snapshot(con, "S2", date(2023, 10, 1), LATER)
    yield analyze(con, folder / "results")
    con.close()


def one(frame: pl.DataFrame, **where: object) -> dict[str, object]:
    """Return the one row with these values, of a list the one that is about the list."""
    if {"list", "as_if_sample"} <= set(frame["estimand"]):
        where = {"estimand": "list"} | where
    for column, value in where.items():
        frame = frame.filter(pl.col(column) == value)
    assert frame.height == 1, frame
    return frame.to_dicts()[0]


def test_gap(results: dict[str, pl.DataFrame]) -> None:
    """One of eight hosts blocks open data (Beta), four closed training (Alpha), one both.

    The difference is -1 at three hosts and 0 at five, whose variance is (3 / 8 - 9 / 64) * 8 / 7.
    """
    row = one(results["gap"], snapshot="S1", comparison="open data - closed training")
    assert (row["n"], row["n_unknown"], row["first_only"], row["second_only"]) == (8, 2, 0, 3)
    assert (row["estimate"], row["first_share"], row["second_share"]) == (-3 / 8, 1 / 8, 4 / 8)
    assert (row["first_crawlers"], row["second_crawlers"]) == (1, 1)
    assert row["low"] is None and "list" in str(row["no_interval"])
    row = one(results["gap"], snapshot="S1", estimand="as_if_sample")
    reach = 1.959963984540054 * math.sqrt((3 / 8 - 9 / 64) / 7)
    assert (row["low"], row["high"]) == pytest.approx((-3 / 8 - reach, -3 / 8 + reach))


def test_rulesets(results: dict[str, pl.DataFrame]) -> None:
    """Four texts block Alpha, two of them the same; the 503 is unknown."""
    row = one(results["rulesets"], snapshot="S1", token="Alpha")
    assert (row["n"], row["n_yes"], row["n_rulesets"]) == (8, 4, 3)
    assert row["effective_rulesets_low"] == pytest.approx(16 / 6)
    assert row["effective_rulesets_high"] == pytest.approx(4)
    assert row["estimate"] == pytest.approx(4 / 8)
    low, high, naive_low = (row[name] for name in ("low", "high", "naive_low"))
    assert isinstance(low, float) and isinstance(high, float) and isinstance(naive_low, float)
    assert low < naive_low < 4 / 8 < high


def test_authors(results: dict[str, pl.DataFrame]) -> None:
    """Three blocks are the hosts' own text and one is a wildcard; two hosts are unknown."""
    found = results["authors"].filter((pl.col("snapshot") == "S1") & (pl.col("token") == "Alpha"))
    shares = {row["authored_by"]: row["estimate"] for row in found.to_dicts()}
    assert shares == {"own": 0.75, "wildcard": 0.25}
    assert set(found["n"]) == {4}
    assert set(found["n_unknown"]) == {2}


def test_signals(results: dict[str, pl.DataFrame]) -> None:
    """Two of the seven hosts whose robots.txt could be read state a signal."""
    row = one(results["signals"], snapshot="S1")
    assert (row["kind"], row["use"], row["preference"]) == ("content-signal", "train", "disallow")
    assert (row["n"], row["n_yes"], row["estimate"]) == (7, 2, pytest.approx(2 / 7))


def test_balanced_and_carried(results: dict[str, pl.DataFrame]) -> None:
    """Seven hosts are known in both snapshots; one more counts as it was last known."""
    found = results["same_hosts"].filter(
        (pl.col("token") == "Alpha") & (pl.col("estimand") == "list")
    )
    counts = {
        (row["series"], row["snapshot"]): (row["n"], row["n_yes"]) for row in found.to_dicts()
    }
    assert counts == {
        ("balanced", "S1"): (7, 3),
        ("balanced", "S2"): (7, 3),
        ("carried", "S1"): (8, 4),
        ("carried", "S2"): (8, 4),
    }


def test_attrition(results: dict[str, pl.DataFrame]) -> None:
    """The one host that blocks everybody is not lost, of seven others one is."""
    row = one(results["attrition"], token="*")
    assert (row["n"], row["n_blocked"], row["n_lost_blocked"], row["n_lost_open"]) == (8, 1, 0, 1)
    assert row["estimate"] == pytest.approx(-1 / 7)
    assert row["n_unknown"] == 2


def test_openness(results: dict[str, pl.DataFrame]) -> None:
    """Four of eight hosts block at first sight; of the four others one does later."""
    found = results["survival"].filter(
        (pl.col("token") == "Alpha") & (pl.col("timing") == "between")
    )
    steps = [(row["before"], row["estimate"]) for row in found.to_dicts()]
    assert [day for day, _ in steps] == [date(2023, 9, 1), date(2023, 10, 1)]
    assert [share for _, share in steps] == [pytest.approx(4 / 8), pytest.approx(3 / 8)]
    assert set(found["n"]) == {8}


def test_selective(results: dict[str, pl.DataFrame]) -> None:
    """Four hosts block training, one of them everything and so open data; nobody names that."""
    found = results["selective"].filter(
        (pl.col("snapshot") == "S1") & (pl.col("estimand") == "list")
    )
    assert set(found.select("n", "n_unknown").rows()) == {(8, 2)}
    counts = dict(found.filter(pl.col("n_yes") > 0).select("selection", "n_yes").rows())
    assert counts == {
        "training blocked, search let in": 4,
        "open data blocked, search let in": 1,
        "everything": 1,
    }


def test_a_short_series_has_no_forecast(results: dict[str, pl.DataFrame]) -> None:
    """Two points give no forecast, and the result says so."""
    row = one(results["forecast"], token="Alpha")
    assert row["estimate"] is None
    assert "22 known points" in str(row["no_estimate"])
