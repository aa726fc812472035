"""The results about who decided, open and closed, the same hosts and lost ones, counted by hand."""

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
    """Return the one row with these values."""
    for column, value in where.items():
        frame = frame.filter(pl.col(column) == value)
    assert frame.height == 1, frame
    return frame.to_dicts()[0]


def test_gap(results: dict[str, pl.DataFrame]) -> None:
    """Two of nine hosts refuse open data (Beta), five closed training (Alpha), both the two."""
    row = one(results["gap"], snapshot="S1")
    assert row["comparison"] == "open data - closed training"
    assert (row["n"], row["n_unknown"], row["first_only"], row["second_only"]) == (9, 1, 0, 3)
    assert row["estimate"] == pytest.approx(-3 / 9)
    assert row["first_share"] == pytest.approx(2 / 9)
    assert (row["first_rulesets"], row["second_rulesets"]) == (0, 2)
    assert (row["first_crawlers"], row["second_crawlers"]) == (1, 1)


def test_rulesets(results: dict[str, pl.DataFrame]) -> None:
    """Four texts refuse Alpha, two of them the same; the 503 is its host's own."""
    row = one(results["rulesets"], snapshot="S1", token="Alpha")
    assert (row["n"], row["n_yes"], row["n_rulesets"]) == (9, 5, 3)
    assert row["effective_rulesets_low"] == pytest.approx(16 / 6)
    assert row["effective_rulesets_high"] == pytest.approx(4)
    assert row["estimate"] == pytest.approx(5 / 9)
    low, high, naive_low = (row[name] for name in ("low", "high", "naive_low"))
    assert isinstance(low, float) and isinstance(high, float) and isinstance(naive_low, float)
    assert low < naive_low < 5 / 9 < high


def test_authors(results: dict[str, pl.DataFrame]) -> None:
    """Three refusals are the hosts' own text and one is a wildcard; HTTP has no author."""
    found = results["authors"].filter((pl.col("snapshot") == "S1") & (pl.col("token") == "Alpha"))
    shares = {row["authored_by"]: row["estimate"] for row in found.to_dicts()}
    assert shares == {"own": 0.75, "wildcard": 0.25}
    assert set(found["n"]) == {4}
    assert set(found["n_unknown"]) == {1}


def test_signals(results: dict[str, pl.DataFrame]) -> None:
    """Two of the seven hosts whose robots.txt could be read state a signal."""
    row = one(results["signals"], snapshot="S1")
    assert (row["kind"], row["use"], row["preference"]) == ("content-signal", "train", "disallow")
    assert (row["n"], row["n_yes"], row["estimate"]) == (7, 2, pytest.approx(2 / 7))


def test_balanced_and_carried(results: dict[str, pl.DataFrame]) -> None:
    """Eight hosts are told in both snapshots; one more counts as it was last told."""
    found = results["same_hosts"].filter(pl.col("token") == "Alpha")
    counts = {
        (row["series"], row["snapshot"]): (row["n"], row["n_yes"]) for row in found.to_dicts()
    }
    assert counts == {
        ("balanced", "S1"): (8, 4),
        ("balanced", "S2"): (8, 4),
        ("carried", "S1"): (9, 5),
        ("carried", "S2"): (9, 5),
    }


def test_attrition(results: dict[str, pl.DataFrame]) -> None:
    """Of two hosts that refuse everybody none is lost, of seven others one."""
    row = one(results["attrition"], token="*")
    assert (row["n"], row["n_blocked"], row["n_lost_blocked"], row["n_lost_open"]) == (9, 2, 0, 1)
    assert row["estimate"] == pytest.approx(-1 / 7)
    assert row["n_unknown"] == 1


def test_openness(results: dict[str, pl.DataFrame]) -> None:
    """Five of nine hosts refuse at first sight; of the four others one later."""
    found = results["survival"].filter(
        (pl.col("token") == "Alpha") & (pl.col("timing") == "between")
    )
    steps = [(row["before"], row["estimate"]) for row in found.to_dicts()]
    assert [day for day, _ in steps] == [date(2023, 9, 1), date(2023, 10, 1)]
    assert [share for _, share in steps] == [pytest.approx(4 / 9), pytest.approx(3 / 9)]
    assert set(found["n"]) == {9}


def test_selective(results: dict[str, pl.DataFrame]) -> None:
    """Nobody names the open archive; what compares crawlers that are not known says nothing."""
    row = one(results["selective"], snapshot="S1", selection="archive, not search")
    assert (row["n"], row["n_yes"], row["estimate"]) == (9, 0, 0.0)
    row = one(results["selective"], snapshot="S1", selection="GPTBot, not CCBot")
    assert (row["n"], row["n_unknown"], row["estimate"]) == (0, 10, None)


def test_a_short_series_has_no_forecast(results: dict[str, pl.DataFrame]) -> None:
    """Two points foretell nothing, and the claim says so."""
    row = one(results["forecast"], token="Alpha")
    assert row["estimate"] is None
    assert "22 known points" in str(row["no_estimate"])
