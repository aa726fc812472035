"""The exact interval of a share whose hosts decide in clusters, each cluster as one.

Clusters have known sizes, and each says yes with the same probability p, independently of the
others.  The share of hosts that say yes is then a weighted sum of Bernoulli variables.  Its
distribution is computed for any p, and the interval holds the values of p under which a share as
low or as high as the observed one is not too rare.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt
import polars as pl

_CELLS = 2048  # of the lattice that sizes are rounded to
_SUMS = 1 << 20  # so many are enumerated
_TAIL = 0.025
_STEPS = 13  # halvings, before the end is interpolated: it is exact to 1e-6


def with_exact_ends(found: pl.DataFrame) -> pl.DataFrame:
    """Return a result with exact ends in the rows that list their clusters, in place of others.

    `clusters` holds sizes and how many clusters have each; without such a column nothing changes.
    """
    if "clusters" not in found.columns:
        return found
    known: dict[tuple[tuple[tuple[float, float], ...], float], tuple[float, float]] = {}
    ends: list[tuple[float | None, float | None]] = []
    for clusters, estimate, *others in found.select(
        "clusters", "estimate", "low", "high"
    ).iter_rows():
        if clusters is None:
            ends.append((others[0], others[1]))
            continue
        sizes = tuple((each["size"], each["clusters"]) for each in clusters)
        if (sizes, estimate) not in known:  # crawlers that nobody names have all in common
            known[sizes, estimate] = _ends(sizes, estimate)
        ends.append(known[sizes, estimate])
    lows, highs = [low for low, _ in ends], [high for _, high in ends]
    return found.with_columns(
        low=pl.Series(lows, dtype=pl.Float64), high=pl.Series(highs, dtype=pl.Float64)
    )


def _ends(clusters: Iterable[tuple[float, float]], estimate: float) -> tuple[float, float]:
    sizes: dict[float, float] = {}
    for size, count in clusters:
        sizes[size] = sizes.get(size, 0.0) + count
    return cluster_interval(sizes, estimate * sum(size * count for size, count in sizes.items()))


def cluster_interval(sizes: Mapping[float, float], yes: float) -> tuple[float, float]:
    """Return the 95 % interval of p from clusters by size and the size of those that say yes.

    `sizes` gives the number of clusters for each size above 0; `yes` is at most their sum.  A tail
    counts half of the observed value (mid-p: Berry and Armitage 1995), because whole tails are too
    long where few clusters are large.  Time grows with the number of different sizes.
    """
    total = sum(size * count for size, count in sizes.items())
    share = min(yes, total) / total
    sums = _sums(sizes, total, share)
    low = 0.0 if sums.none else _crossing(sums, 1 - _TAIL)
    high = 1.0 if sums.every else _crossing(sums, _TAIL)
    return min(low, share), max(high, share)


def _sums(sizes: Mapping[float, float], total: float, share: float) -> "_Enumerated | _Waves":
    alike: dict[float, int] = defaultdict(int)  # a float that was added up may be off a little
    for size, count in sizes.items():
        alike[round(size, 9)] += round(count)
    whole = all(size.is_integer() for size in map(float, sizes)) and total < _CELLS
    if whole or math.prod(count + 1 for count in alike.values()) > _SUMS:
        return _Waves(sizes, 1.0 if whole else total / _CELLS, share)
    return _Enumerated(alike, share)


class _Enumerated:
    """Each sum of clusters of few sizes: a lattice would part sums that are equal."""

    def __init__(self, sizes: Mapping[float, int], share: float) -> None:
        self.none, self.every = share == 0, share == 1
        total = sum(size * count for size, count in sizes.items())
        clusters = sum(sizes.values())
        sums, yes, ways = np.zeros(1), np.zeros(1, np.int64), np.zeros(1)  # ways as logarithms
        for size, count in sizes.items():
            numbers = np.arange(count + 1)
            sums = np.add.outer(sums, size * numbers).ravel()
            yes = np.add.outer(yes, numbers).ravel()
            ways = np.add.outer(ways, _log_ways(count)).ravel()
        equal = np.isclose(sums, share * total, rtol=0, atol=1e-6 * total)
        counted = np.where(equal, 0.5, sums < share * total)
        self._numbers, self._ways = np.arange(clusters + 1), _log_ways(clusters)
        self._part = np.bincount(yes, np.exp(ways - self._ways[yes]) * counted, clusters + 1)

    def below(self, p: float) -> float:
        """Return the probability of a sum below the observed one, half of its own with it."""
        yes, no = self._numbers, self._numbers[::-1]
        masses = np.exp(self._ways + yes * math.log(p) + no * math.log1p(-p))
        return float(masses @ self._part)  # of those with so many clusters that say yes


def _log_ways(count: int) -> npt.NDArray[np.float64]:
    """Return the logarithms of how many ways there are to choose 0, 1, ... of so many."""
    logs = [math.lgamma(number + 1) for number in range(count + 1)]
    return np.array(
        [logs[count] - one - other for one, other in zip(logs, logs[::-1], strict=True)]
    )


class _Waves:
    """The characteristic function of the sum on a lattice of cells."""

    def __init__(self, sizes: Mapping[float, float], cell: float, share: float) -> None:
        """Round sizes to cells; those below one cell become fewer clusters of one cell."""
        counts: dict[int, float] = {}
        for size, count in sizes.items():
            cells = max(1, round(size / cell))
            counts[cells] = counts.get(cells, 0.0) + size * count / (cells * cell)
        lengths = np.array(sorted(counts))
        self._counts = np.round([counts[length] for length in lengths.tolist()])
        top = int((lengths * self._counts).sum())
        self._observed = round(share * top)
        self.none, self.every = self._observed == 0, self._observed == top
        self._length = 1 << (top + 1).bit_length()
        turns = np.outer(lengths, np.arange(self._length // 2 + 1)) / self._length
        self._turned: npt.NDArray[np.complex128] = np.exp(-2j * np.pi * turns)

    def below(self, p: float) -> float:
        """Return the probability of a sum below the observed one, half of its own with it."""
        logs = self._counts @ np.log(1 - p + p * self._turned + 1e-300)
        masses = np.fft.irfft(np.exp(logs), self._length)
        return float(masses[: self._observed].sum() + masses[self._observed] / 2)


def _crossing(sums: _Enumerated | _Waves, aim: float) -> float:
    """Return the p at which a sum below the observed one is as likely as that."""
    low, high = 0.0, 1.0
    at_low, at_high = 1.0, 0.0  # larger p, larger sums
    for _ in range(_STEPS):
        p = (low + high) / 2
        found = sums.below(p)
        if found > aim:
            low, at_low = p, found
        else:
            high, at_high = p, found
    return low + (high - low) * (at_low - aim) / (at_low - at_high)
