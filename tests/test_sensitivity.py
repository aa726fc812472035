"""The metric that shows how much a headline depends on its definition."""

from datetime import date
from typing import Any

import duckdb
import polars as pl
import pytest
import small_database as small
from test_metrics import TEN, ask, rows

from crawlblock.intervals import wilson

pytestmark = pytest.mark.own_code

CHOICE = ("bases", "restrictions", "denominator")
FULL = ("named", "named+fallback+wildcard", "named+fallback+wildcard+http")


def blocking(found: pl.DataFrame, **where: object) -> dict[tuple[str, str], int]:
    """Return the hosts that block Alpha, by bases and restrictions."""
    kept = rows(found, "bases", "restrictions", "n_yes", token="Alpha", **where)
    return {(bases, restrictions): n for bases, restrictions, n in kept}


def test_every_choice(con: duckdb.DuckDBPyConnection) -> None:
    """Of ten hosts each choice of bases and restrictions counts those that were made for it."""
    small.snapshot(con, "S1", date(2023, 10, 1), TEN)
    found = ask(con, "sensitivity")
    expected = {
        ("named", "full"): 2, ("named", "full+all_but"): 3, ("named", "any"): 3,
        ("named+fallback", "full"): 2, ("named+fallback", "full+all_but"): 3,
        ("named+fallback", "any"): 3,
        ("named+fallback+wildcard", "full"): 3, ("named+fallback+wildcard", "full+all_but"): 4,
        ("named+fallback+wildcard", "any"): 5, ("named+fallback+wildcard+http", "full"): 4,
        ("named+fallback+wildcard+http", "full+all_but"): 5,
        ("named+fallback+wildcard+http", "any"): 6,
    }  # fmt: skip
    assert blocking(found, denominator="known") == expected
    assert blocking(found, denominator="all") == expected
    with_robots = blocking(found, denominator="with_robots")
    for restrictions in ("full", "full+all_but", "any"):
        assert with_robots[FULL[2], restrictions] == expected[FULL[1], restrictions]
    counted = {(d, n, u) for d, n, u in rows(found, "denominator", "n", "n_unknown", token="Alpha")}
    assert counted == {("known", 9, 1), ("with_robots", 7, 1), ("all", 10, 1)}


def test_shares_and_bounds(con: duckdb.DuckDBPyConnection) -> None:
    """Shares are of their denominator with Wilson's interval, bounds take the unknown in.

    Of the list itself the bounds are exact and there is no interval; as if the list were a sample,
    the bounds have its error too.
    """
    small.snapshot(con, "S1", date(2023, 10, 1), TEN)
    found, listed = ask(con, "sensitivity"), ask(con, "sensitivity", of_list=True)
    for denominator, n, at_most in (("known", 9, 10), ("with_robots", 7, 8), ("all", 10, 10)):
        asked: dict[str, Any] = {
            "token": "Alpha", "bases": FULL[1], "restrictions": "full", "denominator": denominator,
        }  # fmt: skip
        bounds = (3 / at_most, 4 / at_most)
        ends = ("low", "high", "bound_low", "bound_high")
        (result,) = rows(found, "estimate", *ends, **asked)
        assert result[:3] == pytest.approx((3 / n, *wilson(3 / n, n)))
        assert result[3] < bounds[0] and result[4] > bounds[1]
        (result,) = rows(listed, *ends, **asked)
        assert result == (None, None, *(pytest.approx(bound) for bound in bounds))


def test_one_cell_is_the_metric_of_blocks(con: duckdb.DuckDBPyConnection) -> None:
    """Weighted and stratified, any restriction by robots.txt among the known equals `blocked`.

    The 503, which an HTTP profile reads as a block, is unknown in `blocked`: here no host has one.
    """
    names = [f"{stratum}{i}" for stratum in ("tail", "head") for i in range(4)]
    small.panel(con, [(n, n[:4], 100.0 if n.startswith("tail") else 1.0) for n in names])
    answers: list[small.Answer] = ["named", "open", None, "wild", "but", "open", 404, "open"]
    small.snapshot(con, "S1", date(2023, 10, 1), dict(zip(names, answers, strict=True)))
    numbers = ("n", "n_unknown", "n_yes", "estimate", "low", "high", "bound_low", "bound_high")
    widest: dict[str, Any] = dict(zip(CHOICE, (FULL[2], "any", "known"), strict=True))
    (ours,) = rows(ask(con, "sensitivity"), *numbers, token="Alpha", **widest)
    (theirs,) = rows(ask(con, "blocked"), *numbers, token="Alpha", definition="any")
    assert ours == pytest.approx(theirs)


def test_nothing_known(con: duckdb.DuckDBPyConnection) -> None:
    """Where no host is known, only the share of all hosts exists, with bounds of 0 and 1."""
    small.snapshot(con, "S1", date(2023, 10, 1), {"a": None, "b": "html"})
    found = ask(con, "sensitivity")
    columns = ("denominator", "n", "n_unknown", "estimate", "bound_low", "bound_high")
    assert set(rows(found, *columns, token="Alpha")) == {
        ("known", 0, 2, None, 0.0, 1.0),
        ("with_robots", 0, 2, None, 0.0, 1.0),
        ("all", 2, 2, 0.0, 0.0, 1.0),
    }


def test_ai_crawlers_only(con: duckdb.DuckDBPyConnection) -> None:
    """Search crawlers and the wildcard have no headline."""
    small.snapshot(con, "S1", date(2023, 10, 1), TEN)
    assert set(ask(con, "sensitivity")["token"]) == {"Alpha", "Beta"}
