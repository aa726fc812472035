"""Intervals against published values, and what must hold for any of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlblock.analysis.estimate import Answer, effective_n, stratified, wilson


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
