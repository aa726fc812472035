"""The exact interval of a share whose hosts say yes or no in clusters."""

from collections import Counter
from collections.abc import Iterable
from functools import cache

import numpy as np

_FINE = 4096  # cells of the lattice where sizes are no whole numbers
_TAIL = 0.025


def exact_interval(sizes: Iterable[float], estimate: float) -> tuple[float, float]:
    """Return the values of p under which half-counted tails beyond the observed share are 2.5 %."""
    counted = Counter(round(size, 9) for size in sizes)
    return _interval(tuple(sorted(counted.items())), round(estimate, 12))


@cache
def _interval(counted: tuple[tuple[float, int], ...], estimate: float) -> tuple[float, float]:
    total = sum(size * count for size, count in counted)
    whole = all(float(size).is_integer() for size, _ in counted)
    cell = 1.0 if whole else total / _FINE
    cells = [max(1, round(size / cell)) for size, count in counted for _ in range(count)]
    top = sum(cells)
    observed = round(estimate * top)
    low = 0.0 if observed == 0 else _root(cells, observed, 1 - _TAIL)
    high = 1.0 if observed == top else _root(cells, observed, _TAIL)
    return min(low, estimate), max(high, estimate)


def _root(cells: list[int], observed: int, aim: float) -> float:
    """Return where the probability is as large as that: false position (Illinois)."""
    low, high = 0.0, 1.0
    at_low, at_high = 1 - aim, -aim
    for _ in range(40):
        p = (low * at_high - high * at_low) / (at_high - at_low)
        found = _below(cells, observed, p) - aim
        if abs(found) < 1e-9:
            break
        if found > 0:
            low, at_low, at_high = p, found, at_high / 2
        else:
            high, at_high, at_low = p, found, at_low / 2
    return p


def _below(cells: list[int], observed: int, p: float) -> float:
    """Return the probability of less than the observed sum and half of it itself."""
    masses = np.zeros(observed + 1)
    masses[0] = 1.0
    for size in cells:
        moved = masses[:-size] * p if size <= observed else masses[:0]
        masses = masses * (1 - p)
        masses[len(masses) - len(moved) :] += moved
    return float(masses[:-1].sum() + masses[-1] / 2)
