"""The exact interval of a share of hosts in clusters, against enumeration and by simulation."""

import math
from bisect import bisect_left
from itertools import product

import numpy as np
import polars as pl
import pytest

from crawlblock.metrics.cluster_interval import cluster_interval, with_exact_ends


def _tail(sizes: list[int], p: float, observed: int, above: bool) -> float:
    """Return the probability of a sum beyond the observed one and half of its own, by all cases."""
    found = 0.0
    for says in product((0, 1), repeat=len(sizes)):
        yes = sum(size for size, one in zip(sizes, says, strict=True) if one)
        chance = math.prod(p if one else 1 - p for one in says)
        found += chance * ((yes > observed) if above else (yes < observed))
        found += chance / 2 * (yes == observed)
    return found


@pytest.mark.parametrize("sizes", [[1] * 9, [5, 3, 1, 1, 1], [100, 40, 7, 7, 1, 1]])
def test_ends_have_the_tails(sizes: list[int]) -> None:
    """At either end the tail beyond the observed sum is 2.5 %, counted over all cases."""
    counts = {float(size): sizes.count(size) for size in set(sizes)}
    for observed in (sizes[0], sum(sizes) - sizes[-1]):
        low, high = cluster_interval(counts, observed)
        assert _tail(sizes, low, observed, above=True) == pytest.approx(0.025, abs=1e-5)
        assert _tail(sizes, high, observed, above=False) == pytest.approx(0.025, abs=1e-5)


def test_single_hosts_are_a_binomial() -> None:
    """With nothing shared it is the mid-p interval of a binomial share.

    The published case: 81 of 263 gives 0.2544 to 0.3658 (Newcombe 1998, method 6, mid-p).
    """
    assert cluster_interval({1.0: 263}, 81) == pytest.approx((0.2544, 0.3658), abs=1e-4)
    assert cluster_interval({1.0: 20}, 0) == pytest.approx((0, 1 - 0.05 ** (1 / 20)), abs=1e-5)


def test_ends_of_the_range() -> None:
    """None and all have an end at 0 and 1; one cluster alone says next to nothing."""
    assert cluster_interval({50.0: 1}, 0) == pytest.approx((0, 0.95), abs=1e-3)
    assert cluster_interval({50.0: 1}, 50) == pytest.approx((0.05, 1), abs=1e-3)


def test_weights_scale_out() -> None:
    """Weights from a sample, and more hosts than cells, change an end by less than 0.002."""
    plain = cluster_interval({30.0: 20, 1.0: 400}, 150)
    assert cluster_interval({75.3: 20, 2.51: 400}, 376.5) == pytest.approx(plain, abs=2e-3)
    assert cluster_interval({3000.0: 20, 100.0: 400}, 15_000) == pytest.approx(plain, abs=2e-3)


@pytest.mark.parametrize("p", [0.05, 0.1, 0.2, 0.5])
@pytest.mark.parametrize(
    "sizes", [{5.0: 100, 1.0: 500}, {30.0: 20, 1.0: 400}, {150.0: 3, 1.0: 550}]
)
def test_the_truth_is_held(sizes: dict[float, int], p: float) -> None:
    """94 to 97 % of 40,000 series hold the truth, to the error of so many."""
    rng = np.random.default_rng(3)
    yes = sum(size * rng.binomial(count, p, 40_000) for size, count in sizes.items())
    values = np.unique(yes).tolist()  # both ends rise with them
    least = bisect_left(values, True, key=lambda value: cluster_interval(sizes, value)[1] >= p)
    most = bisect_left(values, True, key=lambda value: cluster_interval(sizes, value)[0] > p)
    held = np.mean((values[least] <= yes) & (yes <= values[most - 1]))
    assert 0.94 <= held <= 0.97


def test_rows_without_clusters_keep_their_ends() -> None:
    """Only rows that list clusters get exact ends."""
    clusters = [None, [{"size": 50.0, "clusters": 1.0}, {"size": 1.0, "clusters": 50.0}]]
    frame = pl.DataFrame(
        {"estimate": [0.5, 0.5], "low": [0.4, 0.4], "high": [0.6, 0.6], "clusters": clusters}
    )
    found = with_exact_ends(frame)
    assert found.row(0)[:3] == (0.5, 0.4, 0.6)
    assert found.row(1)[1:3] == pytest.approx(cluster_interval({50.0: 1, 1.0: 50}, 50))
    assert with_exact_ends(frame.drop("clusters")).equals(frame.drop("clusters"))
