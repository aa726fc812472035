"""Wilson's interval of a share, effective sizes of samples and Student's quantile."""

import math
import statistics
from collections.abc import Iterable

Z = 1.959963984540054  # two-sided 95 % of the normal distribution


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


def stratified_n(strata: Iterable[tuple[float, float, float]]) -> float | None:
    """Return the n for Wilson's interval that has the variance of a stratified sample.

    Of each stratum: the weight of its hosts, the sum of their squared weights, and the weight of
    those that say yes.  At most Kish's size; None where every host was taken, so that nothing was
    sampled.  `design_n` in store/intervals.sql is the same in SQL.
    """
    parts = [(w, w * w / squared, yes / w) for w, squared, yes in strata if w > 0]
    total = math.fsum(w for w, _, _ in parts)
    left = [(w * max(0.0, w - size), size, p) for w, size, p in parts]
    spread = math.fsum(part / size for part, size, _ in left)
    if not spread:
        return None
    share = math.fsum(w * p for w, _, p in parts) / total
    within = math.fsum(part * p * (1 - p) / max(size - 1, 1) for part, size, p in left)
    kish = total**2 / spread
    return min(kish, total**2 * share * (1 - share) / within) if within else kish


def student(probability: float, freedom: int) -> float:
    """Return Student's quantile by Cornish and Fisher's expansion; 1e-3 exact from 5 degrees on.

    Abramowitz and Stegun 26.7.5.
    """
    z = statistics.NormalDist().inv_cdf(probability)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + math.fsum(term / freedom**power for power, term in enumerate(terms, 1))
