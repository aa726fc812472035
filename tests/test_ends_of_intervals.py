"""The ends of intervals where few hosts or many unknown ones move them far out."""

import math
from datetime import date

import duckdb
import pytest
import small_database as small
from test_metrics import ask, rows

from crawlblock.intervals import Z

pytestmark = pytest.mark.own_code

ENDS = ("estimate", "low", "high")


def _blocks(con: duckdb.DuckDBPyConnection, name: str, *tokens: str) -> None:
    """Add a policy that blocks some crawlers by name."""
    known = [token for (token,) in con.execute("SELECT token FROM crawlers").fetchall()]
    blocked, allowed = ("full", "named", False), ("none", "default", True)
    small.policy(con, name, {each: blocked if each in tokens else allowed for each in known})


def test_unknown_hosts_are_asked_once(con: duckdb.DuckDBPyConnection) -> None:
    """The bounds of a share of all hosts are those of a share of the known ones."""
    answers: dict[str, small.Answer] = {f"yes{n}": "named" for n in range(10)}
    answers |= {f"no{n}": "open" for n in range(40)} | {f"unknown{n}": None for n in range(50)}
    small.snapshot(con, "S1", date(2023, 10, 1), answers)
    found = ask(con, "sensitivity")
    bounds = {
        denominator: (low, high)
        for denominator, low, high in rows(
            found, "denominator", "bound_low", "bound_high", token="Alpha", bases="named",
            restrictions="full",
        )
    }  # fmt: skip
    assert bounds["all"] == pytest.approx(bounds["known"])


def test_gaps_of_sets_are_no_larger_than_one(con: duckdb.DuckDBPyConnection) -> None:
    """Two hosts with the gaps 1 and 0.5 have an interval of 0.75 - 1.96 * 0.25 to 1, not 1.24."""
    con.execute(
        "INSERT INTO crawlers (id, token, purpose, openness, ai) "
        "VALUES (50, 'Delta', 'training', 'closed', true)"
    )
    _blocks(con, "both", "Alpha", "Delta")
    _blocks(con, "one", "Alpha")
    small.snapshot(con, "S1", date(2023, 10, 1), {"a": "both", "b": "one"})
    comparison = "open data - closed training"
    ((estimate, low, high),) = rows(ask(con, "gap"), *ENDS, comparison=comparison)
    assert (estimate, low, high) == pytest.approx((-0.75, -1, -0.75 + Z * 0.25))


def test_risks_differ_by_one_at_most(con: duckdb.DuckDBPyConnection) -> None:
    """Two of three hosts that block are lost, none of three others: 0.67 + 1.96 * 0.3 > 1."""
    blocking, others = ("a", "b", "c"), ("d", "e", "f")
    small.panel(con, [(host, "all", 1.0) for host in (*blocking, *others)])
    first: dict[str, small.Answer] = dict.fromkeys(blocking, "wild")
    first |= dict.fromkeys(others, "open")
    small.snapshot(con, "S1", date(2023, 10, 1), first)
    small.snapshot(con, "S2", date(2023, 11, 1), first | {"a": None, "b": None})
    ((estimate, low, high),) = rows(ask(con, "attrition"), *ENDS, token="*")
    error = math.sqrt((2 * (1 / 6) ** 2 + (1 / 3) ** 2) * 6 / 5) / 1.5
    assert (estimate, low, high) == pytest.approx((2 / 3, 2 / 3 - Z * error, 1))
