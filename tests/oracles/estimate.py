"""Shares with their interval, to check what the metrics compute in SQL."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from crawlblock.intervals import Z, effective_n, student, wilson

_FEW = (12.706204736, 4.30265273, 3.182446305, 2.776445105)  # Student's, of 1 to 4 degrees


@dataclass(frozen=True, slots=True)
class Answer:
    """What one host says to a question."""

    yes: bool | None  # None: unknown
    weight: float = 1.0  # 1 / inclusion probability
    stratum: str = "all"
    ruleset: str | None = None  # what decides for several hosts, such as a template; None: its own
    size: float = 1.0  # pages, bytes or tokens


@dataclass(frozen=True, slots=True)
class Estimate:
    """A share from 0 to 1 with its 95 % interval; without numbers if nothing is known."""

    n: int  # hosts with a known answer
    n_unknown: int  # hosts with an unknown answer
    estimate: float | None
    low: float | None
    high: float | None
    rulesets: float = 0.0  # effective number of independent rulesets behind the n hosts


def stratified(answers: Iterable[Answer]) -> Estimate:
    """Return the share of yes, each stratum counting as much as all its hosts, unknown ones too.

    The interval is Wilson's, with as many hosts as there are independent rulesets: the hosts of a
    ruleset say the same, so they count once, by their weight.  A stratum of which nothing is known
    is left out of the share, not of the unknowns.
    """
    strata = _strata(answers)
    n_unknown = sum(answer.yes is None for members in strata for answer in members)
    known = [pair for members in strata for pair in _adjusted(members)]
    if not known:
        return Estimate(0, n_unknown, None, None, None)
    total = math.fsum(weight for _, weight in known)
    share = math.fsum(weight for answer, weight in known if answer.yes) / total
    rulesets = effective_n(_decided(known))
    low, high = wilson(share, rulesets)
    return Estimate(len(known), n_unknown, share, low, high, rulesets)


def designed(answers: Iterable[Answer]) -> tuple[float, float]:
    """Return Wilson's interval for a stratified sample, as its design has it."""
    strata = _strata(answers)
    known = [[a for a in members if a.yes is not None] for members in strata]
    table = [
        (
            math.fsum(a.weight for a in members),
            math.fsum(a.weight for a in answered),
            math.fsum(a.weight**2 for a in answered),
            math.fsum(a.weight for a in answered if a.yes),
        )
        for members, answered in zip(strata, known, strict=True)
        if answered
    ]
    total, weight, squared, yes = (np.array(column) for column in zip(*table, strict=True))
    share = float((total * yes / weight).sum() / total.sum())
    size = design_n(total, weight, squared, yes)
    return wilson(share, size) if size else (share, share)


def design_n(
    total: np.ndarray, known: np.ndarray, squared: np.ndarray, yes: np.ndarray
) -> float | None:
    """Compute the design's effective size by the formula, stratum by stratum."""
    size, share, part = known**2 / squared, yes / known, total / total.sum()
    p = float((part * share).sum())
    left = np.maximum(0, 1 - size / total)
    variance = (part**2 * left * share * (1 - share) / np.maximum(size - 1, 1)).sum()
    alike = (part**2 * left / size).sum()
    if alike == 0:
        return None
    return float(min(p * (1 - p) / variance, 1 / alike) if variance > 0 else 1 / alike)


def weighted_total(
    answers: Iterable[Answer], totals: Mapping[str, float] | None = None
) -> Estimate:
    """Return the share of the sizes (tokens, say) that hosts with yes hold.

    `totals` are the known sizes of strata; the sample estimates the others.

    Strata that were taken whole and strata that were sampled are combined by their weighted sizes.
    Each has Wilson's interval, for Kish's size and the part of its hosts that is not known; their
    distances to the share add up as squares (MOVER: Zou and Donner 2008), which keeps the interval
    within 0 and 1.  It is the error of sampling alone: a stratum known whole adds none.
    """
    strata = _strata(answers)
    n_unknown = sum(answer.yes is None for members in strata for answer in members)
    parts = [part for members in strata if (part := _part(members, totals or {}))]
    if not parts:
        return Estimate(0, n_unknown, None, None, None)
    total = math.fsum(part.total for part in parts)
    share = math.fsum(part.total * part.share for part in parts) / total
    low = math.hypot(*(part.total * (part.share - part.low) for part in parts)) / total
    high = math.hypot(*(part.total * (part.high - part.share) for part in parts)) / total
    known = [pair for members in strata for pair in _adjusted(_sized(members))]
    rulesets = effective_n(_decided(known))
    return Estimate(
        sum(answer.yes is not None for members in strata for answer in members),
        n_unknown, share, max(0.0, share - low), min(1.0, share + high), rulesets,
    )  # fmt: skip


def clustered(clusters: Iterable[tuple[float, float]], of: int) -> Estimate:
    """Return a share among hosts of which some of `of` clusters were sampled (WARC files).

    Takes (yes, known) of each sampled cluster.  The variance is that of a ratio between clusters,
    linearised, with the correction for a finite number of them (Cochran 1977, chapter 6); it enters
    Wilson's interval as an effective size, with Student's quantile for the clusters that hold a
    known host.  One cluster gives no interval, all of them one of no width.
    """
    sampled = list(clusters)
    known = math.fsum(x for _, x in sampled)
    if not known:
        return Estimate(0, 0, None, None, None)
    share = math.fsum(y for y, _ in sampled) / known
    if len(sampled) >= of:
        return Estimate(round(known), 0, share, share, share)
    freedom = sum(x > 0 for _, x in sampled) - 1
    if freedom < 1:
        return Estimate(round(known), 0, share, None, None)
    left = 1 - len(sampled) / of
    spread = math.fsum((y - share * x) ** 2 for y, x in sampled) / (len(sampled) - 1)
    variance = left * len(sampled) * spread / known**2
    n = known / left
    if variance > 0:
        n = min(n, share * (1 - share) / variance)
    low, high = wilson(share, n * (Z / _quantile(freedom)) ** 2)
    return Estimate(round(known), 0, share, low, high)


def _quantile(freedom: int) -> float:
    """Return Student's two-sided 95 % quantile."""
    return _FEW[freedom - 1] if freedom < 5 else student(0.975, freedom)


@dataclass(frozen=True, slots=True)
class _Part:
    """A stratum's share of what is counted, with its own interval."""

    total: float  # weighted size of all its hosts, known or not
    share: float
    low: float
    high: float


def _part(members: list[Answer], totals: Mapping[str, float]) -> _Part | None:
    known = [answer for answer in members if answer.yes is not None]
    sizes = [answer.weight * answer.size for answer in known]
    if math.fsum(sizes) <= 0:
        return None
    yes = (answer.weight * answer.size for answer in known if answer.yes)
    share = math.fsum(yes) / math.fsum(sizes)
    distances = [(bool(a.yes) - share) ** 2 if 0 < share < 1 else 1 for a in known]
    spread = [d * (a.weight * a.size) ** 2 for d, a in zip(distances, known, strict=True)]
    once = math.fsum(part / a.weight for part, a in zip(spread, known, strict=True))
    left = 1 - once / math.fsum(spread) * len(known) / len(members)
    if all(answer.weight == 1 for answer in members):  # all were asked: what is unknown is left
        lacking = [answer.size for answer in members if answer.yes is None]
        squares = math.fsum(size * size for size in lacking)
        held = math.fsum(sizes)
        left = math.fsum(lacking) ** 2 + held**2 * squares / math.fsum(s * s for s in sizes)
        left /= math.fsum(answer.size for answer in members) ** 2
    low = high = share
    if left > 0:
        n = effective_n(sizes)
        low, high = wilson(share, n / left * (Z / _quantile(max(1, math.floor(n - 1)))) ** 2)
    total = totals.get(members[0].stratum)
    if total is None:
        total = math.fsum(answer.weight * answer.size for answer in members)
    return _Part(total, share, low, high)


def _strata(answers: Iterable[Answer]) -> list[list[Answer]]:
    strata: dict[str, list[Answer]] = defaultdict(list)
    for answer in answers:
        strata[answer.stratum].append(answer)
    return list(strata.values())


def _sized(members: list[Answer]) -> list[Answer]:
    """Return the answers with their size in their weight, without those that have none."""
    return [replace(a, weight=a.weight * a.size) for a in members if a.size > 0]


def _decided(known: list[tuple[Answer, float]]) -> Iterable[float]:
    """Return the weight of each ruleset."""
    rulesets: dict[tuple[str | None, int], float] = defaultdict(float)
    for number, (answer, weight) in enumerate(known):
        rulesets[answer.ruleset, number if answer.ruleset is None else -1] += weight
    return rulesets.values()


def _adjusted(members: list[Answer]) -> list[tuple[Answer, float]]:
    """Return the known answers of a stratum, their weights raised to stand for all of it."""
    known = [answer for answer in members if answer.yes is not None]
    if not known:
        return []
    factor = math.fsum(a.weight for a in members) / math.fsum(a.weight for a in known)
    return [(answer, answer.weight * factor) for answer in known]
