"""Shares and differences of shares with their intervals, over many questions at once.

Rows are kinds of hosts, columns are questions.  Nothing is NaN but what cannot be computed.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
Columns = dict[str, Floats]
Z = NormalDist().inv_cdf(0.975)
_ERF = np.frompyfunc(math.erf, 1, 1)


@dataclass(frozen=True, slots=True)
class Cells:
    """Kinds of hosts: their stratum, how many they are, their weights and squares of those."""

    stratum: Ints
    hosts: Floats
    weight: Floats
    squared: Floats
    weighted: bool  # whether some host has another weight than 1

    def over(self, what: Floats, chosen: Bools | Floats) -> Floats:
        """Return sums by stratum (rows) and question (columns) over the chosen kinds."""
        sums = np.zeros((self.stratum.max(initial=-1) + 1, chosen.shape[1]))
        np.add.at(sums, self.stratum, what[:, None] * chosen)
        return sums

    def estimands(self) -> tuple[str, ...]:
        """Return what results about these hosts may be about."""
        return ("sample",) if self.weighted else ("list", "as_if_sample")


def two_sided(z: float) -> float:
    """Return the probability that a normal variable is as far from 0."""
    return math.erfc(abs(z) / math.sqrt(2))


@cache
def student(freedom: int) -> float:
    """Return Student's two-sided 95 % quantile by his distribution for whole degrees of freedom."""
    low, high = 0.0, 20.0
    odd = freedom % 2
    steps = np.arange(1 + odd, freedom - 1, 2)
    for _ in range(60):
        t = (low + high) / 2
        angle = math.atan(t / math.sqrt(freedom))
        terms = np.cumprod(steps / (steps + 1) * math.cos(angle) ** 2)
        within = math.sin(angle) * (1 + terms.sum())
        if odd:
            cosine = math.cos(angle) if freedom > 1 else 0.0
            within = 2 / math.pi * (angle + within * cosine)
        low, high = (low, t) if within > 0.95 else (t, high)
    return t


def wilson(p: Floats, n: Floats) -> tuple[Floats, Floats]:
    """Return Wilson's 95 % interval."""
    return _wilson(p, n, np.full_like(p, Z))


def _wilson(p: Floats, n: Floats, z: Floats) -> tuple[Floats, Floats]:
    with np.errstate(all="ignore"):
        n = np.where(n > 0, n, np.nan)
        middle = (p + z**2 / (2 * n)) / (1 + z**2 / n)
        reach = z / (1 + z**2 / n) * np.sqrt(np.maximum(0, p * (1 - p)) / n + z**2 / (4 * n**2))
    low, high = np.maximum(0, middle - reach), np.minimum(1, middle + reach)
    return np.minimum(p, low), np.maximum(p, high)


def manski(low: Floats, high: Floats, n: Floats) -> tuple[Floats, Floats]:
    """Return the interval of a share between bounds: z solves Phi(z + width) - Phi(-z) = 0.95."""
    with np.errstate(all="ignore"):
        error = np.sqrt(np.maximum(low * (1 - low), high * (1 - high)) / n)
        width = np.where(high > low, np.minimum(100, (high - low) / np.maximum(error, 1e-9)), 0)
    below, above = np.full_like(width, 1.6), np.full_like(width, 2.0)
    for _ in range(40):
        z = (below + above) / 2
        reached = _phi(z + width) - _phi(-z) > 0.95
        below, above = np.where(reached, below, z), np.where(reached, z, above)
    ends = _wilson(low, n, z)[0], _wilson(high, n, z)[1]
    return np.where(np.isnan(ends[0]), low, ends[0]), np.where(np.isnan(ends[1]), high, ends[1])


def _phi(z: Floats) -> Floats:
    return np.asarray(0.5 * (1 + _ERF(z / math.sqrt(2))), float)


def _stratified(total: Floats, known: Floats, part: Floats) -> Floats:
    """Return the mean over strata, each as large as all its hosts; unknown strata are left out."""
    with np.errstate(all="ignore"):
        means = np.where(known > 0, total * part / known, 0).sum(axis=0)
        return np.asarray(means / np.where(known > 0, total, 0).sum(axis=0))


def _design_n(total: Floats, known: Floats, squared: Floats, yes: Floats) -> Floats:
    """Return the n for which Wilson's interval has the variance of the stratified sample."""
    with np.errstate(all="ignore"):
        any_known, size, share = known > 0, known**2 / squared, yes / known
        whole = np.where(any_known, total, 0).sum(axis=0)
        left = np.maximum(0, total * (total - size))
        spread = left * share * (1 - share) / np.maximum(size - 1, 1)
        variance = np.where(any_known, spread, 0).sum(axis=0) / whole**2
        alike = np.where(any_known, left / size, 0).sum(axis=0) / whole**2
        p = _stratified(total, known, yes)
        by_variance = np.where(variance > 0, p * (1 - p) / variance, np.inf)
        return np.where(alike > 0, np.minimum(by_variance, 1 / alike), np.nan)


def stratified(cells: Cells, yes: Bools) -> tuple[Floats, Floats]:
    """Return shares of hosts that are all known, and the n of their intervals."""
    total, says = cells.over(cells.weight, np.ones_like(yes)), cells.over(cells.weight, yes)
    squared = cells.over(cells.squared, np.ones_like(yes))
    return _stratified(total, total, says), _design_n(total, total, squared, says)


def shares(cells: Cells, yes: Bools, known: Bools) -> Iterator[tuple[str, Columns]]:
    """Yield, by estimand, the shares of hosts that say yes, with interval and bounds."""
    everyone = np.ones_like(known)
    total = cells.over(cells.weight, everyone)
    of_known, says = cells.over(cells.weight, known), cells.over(cells.weight, yes & known)
    counts = {
        "n_yes": cells.hosts @ (yes & known),
        "n": cells.hosts @ known,
        "n_unknown": cells.hosts @ ~known,
    }
    n, n_unknown = counts["n"], counts["n_unknown"]
    with np.errstate(all="ignore"):
        lowest = says.sum(axis=0) / total.sum(axis=0)
        highest = (says + total - of_known).sum(axis=0) / total.sum(axis=0)
        estimate, size = says.sum(axis=0) / of_known.sum(axis=0), n
        if cells.weighted:
            estimate = _stratified(total, of_known, says)
            size = _design_n(total, of_known, cells.over(cells.squared, known), says)
        asked = size * (n + n_unknown) / n
    for estimand in cells.estimands():
        low, high = wilson(estimate, size)
        bounds = manski(lowest, highest, asked)
        if estimand == "list":
            low, high, bounds = (
                np.full_like(low, np.nan),
                np.full_like(low, np.nan),
                (lowest, highest),
            )
        yield estimand, {
            **counts, "estimate": estimate, "low": low, "high": high,
            "bound_low": bounds[0], "bound_high": bounds[1],
        }  # fmt: skip


def paired(
    cells: Cells, first: Bools, second: Bools, known: Bools
) -> Iterator[tuple[str, Columns]]:
    """Yield, by estimand, the share of first less that of second, with Newcombe's interval."""
    total, of_known = cells.over(cells.weight, np.ones_like(known)), cells.over(cells.weight, known)
    kinds = [first & second & known, first & ~second & known, second & ~first & known]
    both, one, other = (cells.over(cells.weight, kind) for kind in kinds)
    counts = {
        "n": cells.hosts @ known, "n_unknown": cells.hosts @ ~known,
        "n_first": cells.hosts @ kinds[1], "n_second": cells.hosts @ kinds[2],
    }  # fmt: skip
    with np.errstate(all="ignore"):
        size = counts["n"]
        parts = [part.sum(axis=0) / of_known.sum(axis=0) for part in (both, one, other)]
        if cells.weighted:
            parts = [_stratified(total, of_known, part) for part in (both, one, other)]
            size = _design_n(total, of_known, cells.over(cells.squared, known), one + other)
    for estimand in cells.estimands():
        low, high = newcombe(parts[0], parts[1], parts[2], size)
        if estimand == "list":
            low, high = np.full_like(low, np.nan), np.full_like(low, np.nan)
        yield estimand, {
            **counts, "first_share": parts[0] + parts[1], "second_share": parts[0] + parts[2],
            "estimate": parts[1] - parts[2], "low": low, "high": high,
        }  # fmt: skip


def newcombe(both: Floats, one: Floats, other: Floats, n: Floats) -> tuple[Floats, Floats]:
    """Return Newcombe's interval (1998, method 10 without continuity correction)."""
    p, q = both + one, both + other
    with np.errstate(all="ignore"):
        spread = np.sqrt(np.maximum(0, p * (1 - p) * q * (1 - q)))
        phi = np.where(spread > 0, (both * (1 - p - other) - one * other) / spread, 0)
    (p_low, p_high), (q_low, q_high) = wilson(p, n), wilson(q, n)
    down, up = (p - p_low, q_high - q), (p_high - p, q - q_low)
    lengths = [np.sqrt(np.maximum(0, x * x - 2 * phi * x * y + y * y)) for x, y in (down, up)]
    return one - other - lengths[0], one - other + lengths[1]


def mean_gaps(
    cells: Cells, first: Floats, second: Floats, known: Bools
) -> Iterator[tuple[str, Columns]]:
    """Yield, by estimand, the mean of first less that of second, with a normal interval."""
    scores = [
        cells.over(cells.weight, known * score) for score in (first, second, (first - second) ** 2)
    ]
    total, of_known = cells.over(cells.weight, np.ones_like(known)), cells.over(cells.weight, known)
    n = cells.hosts @ known
    with np.errstate(all="ignore"):
        means = [score.sum(axis=0) / of_known.sum(axis=0) for score in scores]
        variance = (means[2] - (means[0] - means[1]) ** 2) / np.where(n > 1, n - 1, np.nan)
        if cells.weighted:
            means = [_stratified(total, of_known, score) for score in scores]
            size = of_known**2 / cells.over(cells.squared, known)
            spread = scores[2] / of_known - ((scores[0] - scores[1]) / of_known) ** 2
            terms = np.maximum(0, total * (total - size)) * np.maximum(0, spread)
            terms = np.where(of_known > 0, terms / np.maximum(size - 1, 1), 0)
            variance = terms.sum(axis=0) / np.where(of_known > 0, total, 0).sum(axis=0) ** 2
    for estimand in cells.estimands():
        reach = Z * np.sqrt(variance) * (np.nan if estimand == "list" else 1)
        yield estimand, {
            "n": n, "n_unknown": cells.hosts @ ~known,
            "n_first": cells.hosts @ (known & (first > second)),
            "n_second": cells.hosts @ (known & (first < second)),
            "first_share": means[0], "second_share": means[1], "estimate": means[0] - means[1],
            "low": means[0] - means[1] - reach, "high": means[0] - means[1] + reach,
        }  # fmt: skip
