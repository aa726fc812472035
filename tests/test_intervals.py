"""Intervals against published values, and what must hold for any of them."""

import random
from dataclasses import astuple

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles.estimate import Answer, stratified, weighted_total

from crawlblock.intervals import Z, effective_n, student, wilson
from crawlblock.store.defining import define
from crawlblock.store.schema import schema


@pytest.mark.parametrize(
    ("yes", "n", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_as_published(yes: int, n: int, low: float, high: float) -> None:
    """The interval is that of Newcombe's table (Statistics in Medicine 17, 1998, method 3)."""
    assert wilson(yes / n, n) == pytest.approx((low, high), abs=5e-5)


@given(st.floats(0, 1), st.floats(0.5, 1e7))
def test_interval_holds_the_share(share: float, n: float) -> None:
    """An interval holds its share, stays within 0 and 1, and narrows as n grows."""
    low, high = wilson(share, n)
    assert 0 <= low <= share <= high <= 1
    narrower = wilson(share, n * 4)
    assert narrower[1] - narrower[0] <= high - low + 1e-12


@pytest.mark.parametrize(("freedom", "exact"), [(5, 2.570582), (19, 2.093024), (100, 1.983972)])
def test_student(freedom: int, exact: float) -> None:
    """Student's quantile is the tabled one (NIST, Engineering Statistics Handbook 1.3.6.7.2)."""
    assert student(0.975, freedom) == pytest.approx(exact, rel=3e-4)


@given(st.lists(st.floats(1, 1e6), min_size=1, max_size=30))
def test_effective_size(weights: list[float]) -> None:
    """Weights never add information: the effective size is at most the count, or equal to it."""
    assert 1 - 1e-9 <= effective_n(weights) <= len(weights) + 1e-9
    assert effective_n([weights[0]] * 7) == pytest.approx(7)


def test_strata_count_as_all_their_hosts() -> None:
    """Unknown hosts of one stratum leave the mix of strata as it is in the frame."""
    answers = [
        *(Answer(yes, 100, "tail") for yes in (True, False, None, None)),
        *(Answer(yes, 1, "head") for yes in (True, False, False, False)),
    ]
    found = stratified(answers)
    assert (found.n, found.n_unknown) == (6, 2)
    assert found.estimate == pytest.approx((400 * 1 / 2 + 4 * 1 / 4) / 404)
    expected = wilson(201 / 404, 404**2 / (2 * 200**2 + 4))
    assert (found.low, found.high) == pytest.approx(expected)


def test_nothing_known() -> None:
    """Where nothing is known there is no share, and the unknown are still counted."""
    found = stratified([Answer(None), Answer(None)])
    assert (found.n, found.n_unknown, found.estimate, found.low) == (0, 2, None, None)


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    """Return an empty database."""
    found = duckdb.connect()
    define(found, schema())
    return found


def _store(con: duckdb.DuckDBPyConnection, answers: list[Answer]) -> None:
    con.execute(
        "CREATE TABLE answers (id INT, says BOOLEAN, weight DOUBLE, stratum VARCHAR, "
        "ruleset VARCHAR, size DOUBLE)"
    )
    con.executemany(
        "INSERT INTO answers VALUES (?, ?, ?, ?, ?, ?)",
        [[id_, *astuple(answer)] for id_, answer in enumerate(answers)],
    )


def _some(seed: int) -> list[Answer]:
    rng = random.Random(seed)
    says = (True, False, False, None)
    head = [
        Answer(rng.choice(says), 1, "head", None, rng.randint(1_000, 90_000)) for _ in range(30)
    ]
    templates = ("one", "two", None)
    return head + [
        Answer(rng.choice(says), 40, "tail", rng.choice(templates), rng.randint(1, 900))
        for _ in range(60)
    ]


def test_hosts_of_one_decision_count_once() -> None:
    """Ninety copies of a template say no more than one host does, and the interval tells so."""
    copies = [Answer(True, ruleset="template")] * 90
    own = [Answer(False) for _ in range(10)]
    found = stratified([*copies, *own])
    assert found.n == 100
    assert found.rulesets == pytest.approx(100**2 / (90**2 + 10))
    assert found.estimate == pytest.approx(0.9)
    assert (found.low, found.high) == pytest.approx(wilson(0.9, 100**2 / (90**2 + 10)))
    only = stratified(copies)
    assert (only.rulesets, only.low, only.high) == pytest.approx((1, 0.2065, 1), abs=1e-4)


@pytest.mark.parametrize("seed", range(3))
def test_rulesets_in_sql(con: duckdb.DuckDBPyConnection, seed: int) -> None:
    """The macros give the rule sets and the interval that plain Python gives, strata mixed."""
    answers = _some(seed)
    _store(con, answers)
    row = con.execute(
        "WITH known AS (SELECT *, sum(weight) OVER s "
        "/ sum(weight) FILTER (says IS NOT NULL) OVER s AS factor FROM answers "
        "WINDOW s AS (PARTITION BY stratum)), shared AS ("
        "SELECT coalesce(ruleset, 'own ' || id) AS ruleset, sum(weight * factor) AS weight, "
        "coalesce(sum(weight * factor) FILTER (says), 0) AS agreed "
        "FROM known WHERE says IS NOT NULL GROUP BY ALL), result AS ("
        "SELECT sum(agreed) / sum(weight) AS p, effective_rulesets(weight) AS n FROM shared) "
        "SELECT p, wilson_low(p, n), wilson_high(p, n), n FROM result"
    ).fetchall()[0]
    found = stratified(answers)
    assert row == pytest.approx((found.estimate, found.low, found.high, found.rulesets))


@pytest.mark.parametrize("seed", range(3))
def test_totals_in_sql(con: duckdb.DuckDBPyConnection, seed: int) -> None:
    """A share of tokens and its interval are the same in SQL and in plain Python."""
    answers = _some(seed)
    _store(con, answers)
    row = con.execute(
        "WITH strata AS (SELECT stratum, sum(weight * size) AS total, "
        "coalesce(sum(weight * size) FILTER (says IS NOT NULL), 0) AS known, "
        "coalesce(sum(weight * size) FILTER (says), 0) AS agreed, "
        "sum((weight * size) ** 2) FILTER (says IS NOT NULL) AS known_squared, "
        "sum(size ** 2) FILTER (says IS NULL) AS unknown_squared, "
        "1 - count(says) / sum(weight) AS sampled, max(weight) = 1 AS asked "
        "FROM answers GROUP BY ALL), parts AS (SELECT *, part_n(known, known_squared, CASE WHEN "
        "asked THEN ((total - known) ** 2 + known ** 2 * unknown_squared / known_squared) "
        "/ total ** 2 ELSE sampled END) AS size FROM strata) "
        "SELECT stratified_share(total, known, agreed), total_low(total, known, agreed, size), "
        "total_high(total, known, agreed, size) FROM parts"
    ).fetchall()[0]
    found = weighted_total(answers)
    assert row == pytest.approx((found.estimate, found.low, found.high))


def test_what_is_known_whole_has_no_error() -> None:
    """A head that was asked whole adds no error; its tokens count as they are."""
    head = [Answer(True, 1, "head", None, 700), Answer(False, 1, "head", None, 300)]
    found = weighted_total(head)
    assert (found.estimate, found.low, found.high) == pytest.approx((0.7, 0.7, 0.7))
    tail = [Answer(yes, 50, "tail", None, 2) for yes in (True, *[False] * 9)]
    both = weighted_total(head + tail)
    low, high = wilson(0.1, 10 / (1 - 10 / 500) * (Z / 2.262157) ** 2)  # Student's, 9 degrees
    assert both.estimate == pytest.approx((700 + 100) / 2000)
    assert both.low == pytest.approx(0.4 - (0.1 - low) / 2)
    assert both.high == pytest.approx(0.4 + (high - 0.1) / 2, abs=1e-5)


def test_no_total_without_sizes() -> None:
    """Unknown hosts, no hosts and hosts without a token give no result."""
    for answers in ([], [Answer(None, size=5)], [Answer(True, size=0)]):
        assert weighted_total(answers).estimate is None
    part_unknown = [Answer(None, 1, "head", None, 100), Answer(True, 9, "tail", None, 1)]
    assert weighted_total(part_unknown).estimate == 1


def test_no_estimate_in_sql(con: duckdb.DuckDBPyConnection) -> None:
    """Without hosts that are known there is a reason why there is no estimate."""
    rows = con.execute(
        "SELECT no_estimate(n, u) FROM (VALUES (0, 0), (0, 4), (3, 1), (NULL, NULL)) t(n, u)"
    ).fetchall()
    assert rows == [
        ("there are no hosts",), ("none of the hosts is known",), (None,),
        ("there are no hosts",),
    ]  # fmt: skip
    nothing = "(SELECT 1.0 AS total, 0.0 AS known, 0.0 AS agreed, NULL::DOUBLE AS n)"
    empty = con.execute(
        f"SELECT total_low(total, known, agreed, n), total_high(total, known, agreed, n), "
        f"effective_rulesets(known), paired_low(NULL, NULL, NULL, 0), "
        f"paired_high(0.1, 0, 0.1, 0), paired_low(0.1, 0, 0.1, NULL), "
        f"two_sided_p(NULL) FROM {nothing}"
    ).fetchall()
    assert empty == [(None,) * 7]


def test_coverage_with_templates() -> None:
    """With one template on 40 % of the hosts, 95 ± 2 % of the intervals hold the truth."""
    rng = random.Random(1)
    held = {"effective": 0, "independent": 0}
    hosts = [None] * 150 + ["template"] * 100
    for _ in range(600):
        blocks = rng.random() < 0.05
        answers = [
            Answer(blocks if ruleset else rng.random() < 0.05, ruleset=ruleset) for ruleset in hosts
        ]
        found = stratified(answers)
        assert found.estimate is not None and found.low is not None and found.high is not None
        held["effective"] += found.low <= 0.05 <= found.high
        low, high = wilson(found.estimate, len(hosts))
        held["independent"] += low <= 0.05 <= high
    assert 0.93 <= held["effective"] / 600 <= 0.97
    assert held["independent"] / 600 < 0.8
