"""Shares with their interval, in plain Python: the check on what the metrics compute in SQL."""

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

Z = 1.959963984540054  # two-sided 95 % of the normal distribution


@dataclass(frozen=True, slots=True)
class Answer:
    """What one host says to a question."""

    yes: bool | None  # None: it cannot be told
    weight: float = 1.0  # 1 / inclusion probability
    stratum: str = "all"


@dataclass(frozen=True, slots=True)
class Estimate:
    """A share from 0 to 1 with its 95 % interval; without numbers if nothing is known."""

    n: int  # hosts that could be told
    n_unknown: int  # hosts that could not
    estimate: float | None
    low: float | None
    high: float | None


def wilson(share: float, n: float) -> tuple[float, float]:
    """Return Wilson's 95 % score interval of a share among n > 0 (Wilson 1927).

    `n` may be an effective size.  The interval holds the share and stays within 0 and 1.
    """
    middle = share + Z * Z / (2 * n)
    reach = Z * math.sqrt(max(0.0, share * (1 - share)) / n + Z * Z / (4 * n * n))
    scale = 1 + Z * Z / n
    low, high = max(0.0, (middle - reach) / scale), min(1.0, (middle + reach) / scale)
    return min(share, low), max(share, high)


def effective_n(weights: Iterable[float]) -> float:
    """Return Kish's effective size, (sum w)^2 / sum w^2, of weights above 0 (Kish 1965)."""
    known = list(weights)
    return math.fsum(known) ** 2 / math.fsum(weight * weight for weight in known)


def stratified(answers: Iterable[Answer]) -> Estimate:
    """Return the share of yes, each stratum counting as much as all its hosts, unknown ones too.

    A stratum of which nothing is known is left out of the share, not of the unknowns.
    """
    strata: dict[str, list[Answer]] = defaultdict(list)
    for answer in answers:
        strata[answer.stratum].append(answer)
    known = [pair for members in strata.values() for pair in _adjusted(members)]
    n_unknown = sum(answer.yes is None for members in strata.values() for answer in members)
    if not known:
        return Estimate(0, n_unknown, None, None, None)
    share = math.fsum(weight for yes, weight in known if yes) / math.fsum(w for _, w in known)
    low, high = wilson(share, effective_n(weight for _, weight in known))
    return Estimate(len(known), n_unknown, share, low, high)


def _adjusted(members: list[Answer]) -> list[tuple[bool, float]]:
    """Return the known answers of a stratum, their weights raised to stand for all of it."""
    known = [(answer.yes, answer.weight) for answer in members if answer.yes is not None]
    if not known:
        return []
    factor = math.fsum(a.weight for a in members) / math.fsum(weight for _, weight in known)
    return [(yes, weight * factor) for yes, weight in known]
