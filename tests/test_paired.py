"""Paired differences and associations against published values, and SQL against Python."""

import math
import random
from collections.abc import Sequence

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles.paired import Pair, Transition, association, difference

from crawlblock.intervals import Z
from crawlblock.store.defining import define
from crawlblock.store.schema import schema

pytestmark = pytest.mark.own_code


@pytest.fixture(scope="module")
def con() -> duckdb.DuckDBPyConnection:
    """Return an empty database."""
    found = duckdb.connect()
    define(found, schema())
    return found


def _pair(both: int, first_only: int, second_only: int, n: int) -> Pair:
    return Pair(both / n, first_only / n, second_only / n)


@pytest.mark.parametrize(
    ("cells", "low", "high"),
    [  # counts of both, first only, second only, neither
        ((36, 12, 2, 0), 0.0569, 0.3404),
        ((36, 14, 0, 0), 0.1528, 0.4167),
        ((0, 0, 0, 30), -0.1135, 0.1135),
    ],
)
def test_newcombe(cells: tuple[int, int, int, int], low: float, high: float) -> None:
    """The interval is Newcombe's method 10 as worked out by hand from Wilson's intervals."""
    n = sum(cells)
    gap, lower, upper = difference(_pair(*cells[:3], n), n)
    assert gap == pytest.approx((cells[1] - cells[2]) / n)
    assert (lower, upper) == pytest.approx((low, high), abs=5e-4)


@given(
    st.lists(st.integers(0, 10**6), min_size=4, max_size=4).filter(any),  # less is rounded
    st.floats(1, 1e6),
)
def test_the_interval_holds_the_difference(cells: list[int], n: float) -> None:
    """An interval holds its difference, within -1 and 1, and the reverse for the reversed pair."""
    both, first, second = (cell / sum(cells) for cell in cells[:3])
    gap, low, high = difference(Pair(both, first, second), n)
    assert -1 - 1e-9 <= low <= gap <= high <= 1 + 1e-9
    turned = difference(Pair(both, second, first), n)
    assert turned == pytest.approx((-gap, -high, -low), abs=1e-9)


@pytest.mark.parametrize(
    "cells", [(0.1, 0.02, 0.05), (0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0.3, 0.4), (0.5, 0, 0.5)]
)
@pytest.mark.parametrize("n", [1, 7.5, 1000])
def test_differences_in_sql(
    con: duckdb.DuckDBPyConnection, cells: tuple[float, float, float], n: float
) -> None:
    """The macros give the interval that plain Python gives, also where all say the same."""
    query = (
        "SELECT paired_low(b, f, s, n), paired_high(b, f, s, n) "
        "FROM (SELECT ?::DOUBLE AS b, ?::DOUBLE AS f, ?::DOUBLE AS s, ?::DOUBLE AS n)"
    )
    row = con.execute(query, [*cells, n]).fetchall()[0]
    assert row == pytest.approx(difference(Pair(*cells), n)[1:], abs=1e-9)


def _transitions(tables: Sequence[tuple[int, int, int, int]]) -> list[Transition]:
    """Return transitions of new hosts from exposed events, exposed, other events, others."""
    found = []
    for snapshot, (a, n1, b, n0) in enumerate(tables):
        found += [Transition(str(snapshot), f"x{snapshot}-{i}", True, i < a) for i in range(n1)]
        found += [Transition(str(snapshot), f"o{snapshot}-{i}", False, i < b) for i in range(n0)]
    return found


TABLES = [(12, 50, 30, 200), (8, 45, 20, 210), (15, 60, 22, 190)]


def test_common_odds_ratio() -> None:
    """The odds ratio is that of statsmodels 0.15 (StratifiedTable), p near that of its test."""
    found = association(_transitions(TABLES))
    assert found.odds_ratio == pytest.approx(2.118794204490833)
    assert found.p == pytest.approx(0.000977, abs=0.003)
    assert (found.n, found.hosts) == (755, 755)


def test_risk_difference_of_one_stratum() -> None:
    """In one stratum of hosts that come once, the interval is that of two shares."""
    found = association(_transitions([(10, 40, 30, 300)]))
    p1, p0 = 10 / 40, 30 / 300
    error = math.sqrt((p1 * (1 - p1) / 40 + p0 * (1 - p0) / 300) * 340 / 339)
    assert found.risk_difference == pytest.approx(p1 - p0)
    assert found.low == pytest.approx(p1 - p0 - Z * error)
    assert found.high == pytest.approx(p1 - p0 + Z * error)


def test_hosts_that_come_back_say_nothing_new() -> None:
    """Ten equal snapshots of the same hosts have the interval of one."""
    once = _transitions([(10, 40, 30, 300)])
    tenfold = [
        Transition(f"{again}", row.host, row.exposed, row.event)
        for row in once
        for again in range(10)
    ]
    first, again = association(once), association(tenfold)
    assert (again.low, again.high, again.p) == pytest.approx((first.low, first.high, first.p))
    assert (again.n, again.hosts) == (3400, 340)


def test_no_association_without_both_sides() -> None:
    """Without exposed, others, events or a second host there is no interval, and never 0 to 0."""
    assert association([]).risk_difference is None
    assert association(_transitions([(1, 5, 0, 0)])).risk_difference is None
    silent = association(_transitions([(0, 5, 0, 9)]))
    assert (silent.low, silent.high, silent.p, silent.odds_ratio) == (None, None, None, None)
    same = [Transition("1", "h", True, True), Transition("1", "h", False, False)]
    assert association(same).low is None


def test_association_in_sql(con: duckdb.DuckDBPyConnection) -> None:
    """The macros give what plain Python gives, the error summed by host."""
    rng = random.Random(1)
    rows = [
        Transition(str(snapshot), str(host), host % 5 == 0, rng.random() < 0.1 + (host % 7) / 30)
        for host in range(80)
        for snapshot in range(6)
    ]
    con.execute(
        "CREATE OR REPLACE TEMP TABLE rows_ (s VARCHAR, host VARCHAR, x BOOLEAN, e BOOLEAN)"
    )
    con.executemany(
        "INSERT INTO rows_ VALUES (?, ?, ?, ?)",
        [[r.snapshot, r.host, r.exposed, r.event] for r in rows],
    )
    row = con.execute(
        "WITH tables AS (SELECT s, count(*) FILTER (x) AS n1, count(*) FILTER (x AND e) AS a, "
        "count(*) FILTER (NOT x) AS n0, count(*) FILTER (NOT x AND e) AS b FROM rows_ GROUP BY s), "
        "hosts AS (SELECT host, ordered_sum(mh_residual(e::INT, 1, x, a, n1, b, n0)) AS u "
        "FROM rows_ JOIN tables USING (s) GROUP BY host), "
        "error AS (SELECT sqrt(sum(u * u) * count(*) / (count(*) - 1)) AS error FROM hosts), "
        "found AS (SELECT mh_odds_ratio(a, n1, b, n0) AS odds, mh_risk_difference(a, n1, b, n0) "
        "AS d, "
        "mh_scale(n1, n0) AS scale FROM tables) "
        "SELECT odds, d, d - 1.959963984540054 * error / scale, two_sided_p(d / (error / scale)) "
        "FROM found, error"
    ).fetchall()[0]
    found = association(rows)
    assert row[:3] == pytest.approx((found.odds_ratio, found.risk_difference, found.low))
    assert row[3] == pytest.approx(found.p, rel=1e-3)


def test_normal_tail(con: duckdb.DuckDBPyConnection) -> None:
    """The p of z is within 1 % of the exact one up to 7 errors."""
    for z in (0.0, 0.5, -1.96, 3.0, 5.0, 7.0):
        p = con.execute("SELECT two_sided_p(?)", [z]).fetchall()[0][0]
        assert p == pytest.approx(math.erfc(abs(z) / math.sqrt(2)), rel=0.01)
