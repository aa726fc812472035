"""How long hosts stay open to a crawler, where the first block lies between two captures."""

import math
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import accumulate, pairwise

from crawlblock.errors import InputError
from crawlblock.intervals import effective_n, wilson

_GAP = 1e-5  # log likelihood that the estimate may fall short of the greatest
_ROUNDS = 10_000
_HELD = 1e-12  # what a range holds at least: sums of shares are rounded to 1e-16
_LEAST = 1e-300  # keeps divisors above 0
_EMPTY = 1e-7  # an interval with less of the hosts than this holds none
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Spell:
    """What is known of a host's first block: later than `after`, at `before` at the latest.

    A block on a known day t is (t - 1 day, t].
    """

    after: date | None  # last seen open before it; None: never
    before: date | None  # first seen blocking; None: not yet
    weight: float = 1.0  # 1 / inclusion probability
    ruleset: str | None = None  # shared with other hosts, such as a template; None: its own


@dataclass(frozen=True, slots=True)
class Step:
    """Some hosts closed between `after` and `before`, nobody can tell when; `open` are left."""

    after: date | None  # None: before any of them was seen
    before: date
    open: float  # share of all hosts, 0 to 1, from `before` until `after` of the next step
    low: float  # 95 % interval
    high: float


@dataclass(frozen=True, slots=True)
class ShareOpen:
    """The share of hosts not yet blocking, over time."""

    n: int
    n_unknown: int  # hosts never readable
    rulesets: float  # effective number of independent ones among the n
    steps: tuple[Step, ...]
    no_steps: str | None  # why there are no steps


def openness(spells: Iterable[Spell]) -> ShareOpen:
    """Return the share still open by the nonparametric maximum likelihood (Turnbull 1976).

    With exact days it is Kaplan and Meier's.  The interval is Wilson's for the effective size that
    the likelihood's curvature gives (Greenwood's for exact days), with weights that add up to the
    number of independent rulesets.  It holds for snapshots that many hosts share; time grows with
    the number of different days, so give the snapshots' days, not the seconds of captures.
    Raises InputError for a spell that ends before it begins.
    """
    given = list(spells)
    every = [spell for spell in given if spell.weight > 0]  # the others stand for no host
    for spell in every:
        if spell.after and spell.before and spell.after >= spell.before:
            raise InputError(f"open on {spell.after} but blocking by {spell.before}; swap the days")
    known = [spell for spell in every if spell.after or spell.before]
    n_unknown = len(every) - len(known)
    if not known:
        why = "none of the hosts is known" if every else _no_hosts(given)
        return ShareOpen(0, n_unknown, 0.0, (), why)
    rulesets = effective_n(_decided(known))
    if not any(spell.before for spell in known):
        why = f"none of the {len(known)} hosts was seen to block"
        return ShareOpen(len(known), n_unknown, rulesets, (), why)
    bounds = _innermost(known)
    masses = _Masses(_ranges(known, bounds, rulesets), len(bounds))
    steps = _steps(bounds, masses, rulesets)
    return ShareOpen(len(known), n_unknown, rulesets, steps, None)


def _no_hosts(spells: Sequence[Spell]) -> str:
    """Return why there is no host to count."""
    return "no known host has a weight above 0" if spells else "there are no hosts"


def at_latest(spells: Iterable[Spell]) -> list[Spell]:
    """Return the spells as if each host blocked on the day it was first seen to."""
    return [replace(s, after=s.before - _DAY) if s.before else s for s in spells]


def at_earliest(spells: Iterable[Spell]) -> list[Spell]:
    """Return the spells as if each host blocked on the day after it was last seen open.

    A host never seen open counts as closed from the first day there is.
    """
    return [
        replace(s, before=s.after + _DAY if s.after else date.min) if s.before else s
        for s in spells
    ]


_Bound = tuple[float, float]  # days since year 1, of (after, before]; infinite where open


def _bound(spell: Spell) -> _Bound:
    return (
        spell.after.toordinal() if spell.after else -math.inf,
        spell.before.toordinal() if spell.before else math.inf,
    )


def _innermost(spells: Sequence[Spell]) -> list[_Bound]:
    """Return the intervals that can hold a first block: a start, and the end right after it."""
    ends = set()
    for spell in spells:
        start, end = _bound(spell)
        ends |= {(start, 1), (end, 0)}  # one that ends where another starts does not meet it
    marks = sorted(ends)
    return [(start, end) for (start, opens), (end, closes) in pairwise(marks) if opens > closes]


def _ranges(
    spells: Sequence[Spell], bounds: Sequence[_Bound], total: float
) -> dict[tuple[int, int], float]:
    """Return the weight of the hosts by the innermost intervals first to last that they allow."""
    starts, ends = [start for start, _ in bounds], [end for _, end in bounds]
    scale = total / math.fsum(spell.weight for spell in spells)
    weights: dict[tuple[int, int], float] = defaultdict(float)
    for spell in spells:
        start, end = _bound(spell)
        weights[bisect_left(starts, start), bisect_right(ends, end)] += spell.weight * scale
    return weights


class _Masses:
    """The share of hosts in each innermost interval, most likely given what they allow."""

    def __init__(self, ranges: dict[tuple[int, int], float], count: int) -> None:
        self.ranges = [(first, last, weight) for (first, last), weight in ranges.items()]
        self._total = math.fsum(ranges.values())
        self.shares = self._climb([1 / count] * count)

    def _climb(self, shares: list[float]) -> list[float]:
        """Alternate EM and ICM steps (Wellner and Zhan 1997) until nothing is gained."""
        for _ in range(_ROUNDS):
            pull, _ = self._pull(shares)
            if self._total * (max(pull) - 1) < _GAP:  # bounds the gain left (Lindsay 1983)
                break
            shares = self._leap(_times(shares, pull))
        return shares

    def _leap(self, shares: list[float]) -> list[float]:
        """Take a Newton step in the cumulated shares, each for itself, as far as it gains."""
        _, before = self._pull(shares)
        until = _cumulated(shares)
        slope, bend = [0.0] * len(until), [0.0] * len(until)
        for first, last, weight in self.ranges:
            held = max(until[last] - until[first], _HELD)
            slope[last] += weight / held
            slope[first] -= weight / held
            bend[last] += weight / held**2
            bend[first] += weight / held**2
        aims = [u + g / h if h else u for u, g, h in zip(until, slope, bend, strict=True)]
        level = _ascending(aims[1:-1], bend[1:-1])
        aim = [b - a for a, b in pairwise([0.0, *(min(1.0, max(0.0, x)) for x in level), 1.0])]
        for halving in range(8):
            part = 0.5**halving
            leap = [(1 - part) * a + part * b for a, b in zip(shares, aim, strict=True)]
            if self._pull(leap)[1] > before:
                return leap
        return shares

    def _pull(self, shares: list[float]) -> tuple[list[float], float]:
        """Return by what factor an EM step raises each share, and the log likelihood."""
        until = _cumulated(shares)
        change = [0.0] * (len(shares) + 1)
        likelihood = 0.0
        for first, last, weight in self.ranges:
            held = max(until[last] - until[first], _HELD)
            likelihood += weight * math.log(held)
            change[first] += weight / held
            change[last] -= weight / held
        pull, sum_ = [], 0.0
        for step in change[:-1]:
            sum_ += step
            pull.append(sum_ / self._total)
        return pull, likelihood


def _cumulated(shares: Iterable[float]) -> list[float]:
    return list(accumulate(shares, initial=0.0))


def _ascending(values: Sequence[float], weights: Sequence[float]) -> list[float]:
    """Return the ascending values nearest to these by weighted squares, pooling neighbours."""
    pools: list[tuple[float, float, int]] = []  # mean, weight, how many
    for value, weight in zip(values, weights, strict=True):
        mean, heavy, count = value, max(weight, _LEAST), 1
        while pools and pools[-1][0] > mean:
            other, more, members = pools.pop()
            mean = (mean * heavy + other * more) / (heavy + more)
            heavy, count = heavy + more, count + members
        pools.append((mean, heavy, count))
    return [mean for mean, _, count in pools for _ in range(count)]


def _times(shares: list[float], pull: list[float]) -> list[float]:
    return [share * factor for share, factor in zip(shares, pull, strict=True)]


def _steps(bounds: Sequence[_Bound], masses: _Masses, rulesets: float) -> tuple[Step, ...]:
    """Return a step for each interval that holds hosts, but for those still open at the end."""
    held = [index for index, share in enumerate(masses.shares) if share > _EMPTY]
    total = math.fsum(masses.shares[index] for index in held)
    spread = _variances(masses, held)
    steps, left = [], 1.0
    for index, variance in zip(held, spread, strict=True):
        start, end = bounds[index]
        if end == math.inf:
            break
        left = max(0.0, left - masses.shares[index] / total)
        left = 0.0 if left < _EMPTY else left
        size = left * (1 - left) / variance if variance > 0 and left else rulesets
        low, high = wilson(left, min(size, rulesets))
        after = None if start == -math.inf else date.fromordinal(int(start))
        steps.append(Step(after, date.fromordinal(int(end)), left, low, high))
    return tuple(steps)


def _variances(masses: _Masses, held: Sequence[int]) -> list[float]:
    """Return the variance of the share left after each interval that holds hosts.

    A host puts the first block between two of these shares, so the information is a sum of
    squares of differences of two; its inverse is the covariance.
    """
    size = len(held) - 1  # after the last one nothing is left for certain
    until = _cumulated(masses.shares[index] for index in held)
    information = [[0.0] * size for _ in range(size)]
    for first, last, weight in masses.ranges:
        lower, upper = bisect_left(held, first), bisect_left(held, last)
        if lower == upper:
            continue
        worth = weight / (until[upper] - until[lower]) ** 2
        inner = [(i - 1, sign) for i, sign in ((lower, 1), (upper, -1)) if 0 < i <= size]
        for i, one in inner:
            for j, other in inner:
                information[i][j] += worth * one * other
    return [*_inverse_diagonal(information), 0.0]


def _inverse_diagonal(matrix: list[list[float]]) -> list[float]:
    """Return the diagonal of the inverse of a positive definite matrix, by Cholesky."""
    size = len(matrix)
    root = [[0.0] * size for _ in range(size)]
    for i in range(size):
        for j in range(i + 1):
            rest = matrix[i][j] - math.fsum(
                a * b for a, b in zip(root[i][:j], root[j], strict=False)
            )
            root[i][j] = math.sqrt(max(rest, 1e-12)) if i == j else rest / root[j][j]
    found = []
    for i in range(size):
        column: list[float] = []  # of the root's inverse, from row i down
        for j in range(i, size):
            above = math.fsum(a * b for a, b in zip(root[j][i:j], column, strict=True))
            column.append(((j == i) - above) / root[j][j])
        found.append(math.fsum(x * x for x in column))
    return found


def _decided(spells: Sequence[Spell]) -> Iterable[float]:
    rulesets: dict[tuple[str | None, int], float] = defaultdict(float)
    for number, spell in enumerate(spells):
        rulesets[spell.ruleset, number if spell.ruleset is None else -1] += spell.weight
    return rulesets.values()
