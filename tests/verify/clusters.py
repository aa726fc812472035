"""The exact interval of a share whose hosts say yes or no in clusters."""

import math
from collections import Counter
from collections.abc import Callable, Iterable
from functools import cache, lru_cache, partial

import numpy as np

from verify.arithmetic import Floats

_FINE = 4096  # cells of the lattice where sizes are no whole numbers
_WHOLE, _FEW_SUMS = 2048, 1 << 20  # up to where the package does without rounding
_TAIL = 0.025
Sizes = tuple[tuple[float, int], ...]  # of clusters, and how many have each


def counted(sizes: Iterable[float]) -> Sizes:
    """Return sizes with how many clusters have each."""
    return tuple(sorted(Counter(round(size, 9) for size in sizes).items()))


def on_lattice(sizes: Sizes) -> bool:
    """Tell whether the package rounds sizes to a lattice."""
    whole = all(float(size).is_integer() for size, _ in sizes)
    small = whole and sum(size * count for size, count in sizes) < _WHOLE
    return not small and not _few(sizes)


def _few(sizes: Sizes) -> bool:
    return math.prod(count + 1 for _, count in sizes) <= _FEW_SUMS


@cache
def exact_interval(sizes: Sizes, estimate: float) -> tuple[float, float]:
    """Return the values of p under which half-counted tails beyond the observed share are 2.5 %."""
    estimate = round(estimate, 12)
    total = sum(size * count for size, count in sizes)
    whole = all(float(size).is_integer() for size, _ in sizes)
    if whole or not _few(sizes):
        cell = 1.0 if whole else total / _FINE
        cells = [max(1, round(size / cell)) for size, count in sizes for _ in range(count)]
        observed, top = float(round(estimate * sum(cells))), float(sum(cells))
        below = partial(_below, cells, int(observed))
    else:
        observed, top = round(estimate * total, 6), round(total, 6)
        below = partial(_below_of_few, sizes, observed)
    low = 0.0 if observed == 0 else _root(below, 1 - _TAIL)
    high = 1.0 if observed == top else _root(below, _TAIL)
    return min(low, estimate), max(high, estimate)


def _root(below: Callable[[float], float], aim: float) -> float:
    """Return where the probability is as large as that: false position (Illinois)."""
    low, high = 0.0, 1.0
    at_low, at_high = 1 - aim, -aim
    for _ in range(40):
        p = (low * at_high - high * at_low) / (at_high - at_low)
        found = below(p) - aim
        if abs(found) < 1e-9:
            break
        if found > 0:
            low, at_low, at_high = p, found, at_high / 2
        else:
            high, at_high, at_low = p, found, at_low / 2
    return p


def _below_of_few(sizes: Sizes, observed: float, p: float) -> float:
    """Return that probability from the products of binomial probabilities of each size."""
    masses = np.ones(1)
    for _, count in sizes:
        masses = np.outer(masses, _binomial(count, p)).ravel()
    return float(masses @ _counted(sizes, observed))


@lru_cache(1)
def _counted(sizes: Sizes, observed: float) -> Floats:
    sums = np.zeros(1)
    for size, count in sizes:
        sums = (sums[:, None] + size * np.arange(count + 1)).ravel()
    return np.asarray(np.sign(np.round((observed - sums) / sums[-1], 6)) / 2 + 0.5)


def _binomial(count: int, p: float) -> Floats:
    masses = np.ones(1)
    for _ in range(count):
        masses = np.convolve(masses, [1 - p, p])
    return masses


def _below(cells: list[int], observed: int, p: float) -> float:
    """Return the probability of less than the observed sum and half of it itself."""
    masses = np.zeros(observed + 1)
    masses[0] = 1.0
    for size in cells:
        moved = masses[:-size] * p if size <= observed else masses[:0]
        masses = masses * (1 - p)
        masses[len(masses) - len(moved) :] += moved
    return float(masses[:-1].sum() + masses[-1] / 2)
