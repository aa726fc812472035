"""Intervals of what two answers of the same hosts have to do with each other."""

import math
import random
import statistics
from collections.abc import Iterator, Sequence
from itertools import accumulate, product

from oracles.paired import Pair, Transition, association, difference
from shares import TRIES, one_large, templates
from tally import Tally

from crawlblock.intervals import Z, effective_n

HOSTS, SNAPSHOTS = 400, 12
RISK, MOST = 0.04, 0.9  # of vanishing from one snapshot to the next
PAIRS = {  # both, first only, second only
    "12 / 15 %": (0.1, 0.02, 0.05),
    "rare, 1.2 / 3 %": (0.01, 0.002, 0.02),
    "7 / 45 %": (0.05, 0.02, 0.4),
    "nearly always the same": (0.3, 0.001, 0.001),
}


def differences(seed: int = 3, tries: int = TRIES) -> Iterator[Tally]:
    """Yield how paired differences fare, hosts alone and hosts that share rulesets."""
    rng = random.Random(seed)
    sizes = {
        "100 hosts": [1] * 100,
        "1,000 hosts": [1] * 1000,
        "12 templates": templates(1000),
        "one template 40 %": one_large(1000),
    }
    for name, hosts in sizes.items():
        for kind, chances in PAIRS.items():
            yield from _difference(rng, hosts, chances, f"{name}; {kind}", tries)


def _difference(
    rng: random.Random, sizes: Sequence[int], chances: Sequence[float], scenario: str, tries: int
) -> Iterator[Tally]:
    n, rulesets = sum(sizes), effective_n(sizes)
    truth = chances[1] - chances[2]
    limits = list(accumulate(chances))
    ways = ("Wald, linearised by rule set", "Newcombe, effective rule sets")
    wald, chosen = (
        Tally("paired difference", w, scenario, f"{n:,}", f"{rulesets:.1f}") for w in ways
    )
    for _ in range(tries):
        cells, squares = [0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]
        for size in sizes:
            chance = rng.random()
            cell = sum(chance >= limit for limit in limits)
            cells[cell] += size / n
            squares[cell] += (size / n) ** 2
        gap = cells[1] - cells[2]
        scores = (0, 1, -1, 0)
        variance = math.fsum(q * (s - gap) ** 2 for q, s in zip(squares, scores, strict=True))
        wald.add(gap - Z * math.sqrt(variance), gap + Z * math.sqrt(variance), truth)
        _, low, high = difference(Pair(cells[0], cells[1], cells[2]), rulesets)
        chosen.add(low, high, truth)
    yield from (wald, chosen)


def vanishing(seed: int = 4, tries: int = 300) -> Iterator[Tally]:
    """Yield how the association of blocking and vanishing fares over 12 snapshots.

    Hosts differ in how readily they vanish, and come back in every snapshot.
    """
    rng = random.Random(seed)
    for lift in (1.0, 2.0):
        for spread in (0.0, 1.5):
            yield from _attrition(rng, lift, spread, tries)


def _attrition(rng: random.Random, lift: float, spread: float, tries: int) -> Iterator[Tally]:
    scenario = (
        f"blocking hosts vanish {lift:.0f} times as often; hosts differ by {spread:.1f} (log sd)"
    )
    size = f"{HOSTS} x {SNAPSHOTS}"
    plain = Tally("odds ratio (log)", "Robins-Breslow-Greenland", scenario, size)
    robust = Tally("risk difference", "linearised by host", scenario, size)
    often, seldom = (_risk(RISK * times, spread) for times in (lift, 1))
    odds = math.log(often / (1 - often) / (seldom / (1 - seldom)))
    for _ in range(tries):
        rows = list(_transitions(rng, lift, spread))
        found = association(rows)
        if found.odds_ratio and found.low is not None and found.high is not None:
            reach = Z * _log_error(rows)
            middle = math.log(found.odds_ratio)
            plain.add(middle - reach, middle + reach, odds)
            robust.add(found.low, found.high, often - seldom)
    yield from (plain, robust)


def _log_error(rows: Sequence[Transition]) -> float:
    """Return the error of the log odds ratio, hosts taken as independent (Robins et al. 1986)."""
    r = s = pr = ps = qs = 0.0
    for snapshot in {row.snapshot for row in rows}:
        here = [(row.exposed, row.event) for row in rows if row.snapshot == snapshot]
        a, b, c, d = (here.count((x, y)) for x, y in product((True, False), repeat=2))
        n = len(here)
        agree, pro, con = (a + d) / n, a * d / n, b * c / n
        r, s, pr = r + pro, s + con, pr + agree * pro
        ps, qs = ps + agree * con + (1 - agree) * pro, qs + (1 - agree) * con
    return math.sqrt(pr / (2 * r * r) + ps / (2 * r * s) + qs / (2 * s * s))


def _transitions(rng: random.Random, lift: float, spread: float) -> Iterator[Transition]:
    for host in range(HOSTS):
        blocks = rng.random() < 0.15
        risk = min(MOST, RISK * (lift if blocks else 1) * math.exp(rng.gauss(0, spread)))
        for snapshot in range(SNAPSHOTS):
            yield Transition(str(snapshot), str(host), blocks, rng.random() < risk)


def _risk(median: float, spread: float) -> float:
    """Return the mean risk of hosts whose risks are lognormal, as far as they go."""
    normal, points = statistics.NormalDist(), 20_000
    risks = (median * math.exp(spread * normal.inv_cdf((k + 0.5) / points)) for k in range(points))
    return math.fsum(min(MOST, risk) for risk in risks) / points
