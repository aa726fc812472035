"""Intervals of shares: hosts that share rulesets, and sizes over sampled strata."""

import math
import random
import statistics
from collections.abc import Callable, Iterator, Sequence

from oracles.estimate import Answer, weighted_total
from tally import Tally

from crawlblock.intervals import effective_n, wilson

TRIES = 2000
HEAD = 300  # largest hosts, all of them asked
LARGE = (0.25, 0.15, 0.1, 0.08, 0.05, 0.04, 0.03, 0.02, 0.02, 0.01, 0.01, 0.01)
Chances = Sequence[float]


def templates(own: int) -> list[int]:
    """Return the hosts of each ruleset: twelve templates, and hosts of their own."""
    return [1] * own + [max(1, round(own * part)) for part in LARGE]


def zipf(rulesets: int) -> list[int]:
    """Return the hosts of each ruleset, the k-th largest with 1 / k of the largest."""
    return [max(1, rulesets // rank) for rank in range(1, rulesets + 1)]


def one_large(own: int) -> list[int]:
    """Return the hosts of each ruleset: one template with 40 % of the hosts."""
    return [1] * own + [round(own * 2 / 3)]


DECISIONS: dict[str, Callable[[], list[int]]] = {
    "equal sizes": lambda: [10] * 100,
    "one rule set": lambda: [50],
    "three rule sets": lambda: [30, 20, 10],
    "12 templates": lambda: templates(1000),
    "12 templates, few own": lambda: templates(100),
    "zipf": lambda: zipf(300),
    "one template 40 %": lambda: one_large(1000),
}


def shares(seed: int = 1, tries: int = TRIES) -> Iterator[Tally]:
    """Yield how hosts that share rulesets fare, which are sampled again each time."""
    rng = random.Random(seed)
    for name, make in DECISIONS.items():
        sizes = make()
        kinds = {"p = 5 %": (0.05, 0.05), "p = 30 %": (0.3, 0.3), "large block more": (0.05, 0.5)}
        for kind, (small, large) in kinds.items():
            yield from _share(
                rng,
                sizes,
                [large if size > 3 else small for size in sizes],
                f"{name}; {kind}",
                tries,
            )


def _share(
    rng: random.Random, sizes: Sequence[int], chances: Chances, scenario: str, tries: int
) -> Iterator[Tally]:
    n = sum(sizes)
    rulesets = effective_n(sizes)
    truth = math.fsum(map(math.prod, zip(sizes, chances, strict=True))) / n
    ways = ["Wilson, hosts independent", "linearised by rule set", "Wilson, effective rule sets"]
    naive, linear, chosen = (
        Tally("share", way, scenario, f"{n:,}", f"{rulesets:.1f}") for way in ways
    )
    for _ in range(tries):
        yes = [rng.random() < chance for chance in chances]
        share = sum(size for size, one in zip(sizes, yes, strict=True) if one) / n
        naive.add(*wilson(share, n), truth)
        variance = math.fsum(
            (size / n * (one - share)) ** 2 for size, one in zip(sizes, yes, strict=True)
        )
        size = share * (1 - share) / variance if variance > 1e-12 else rulesets
        linear.add(*wilson(share, size), truth)
        chosen.add(*wilson(share, rulesets), truth)
    yield from (naive, linear, chosen)


def totals(seed: int = 2, tries: int = 250) -> Iterator[Tally]:
    """Yield how shares of tokens fare: a head taken whole and a sampled tail, a tenth unknown.

    The sizes are lognormal with sigma 2.3, about as skewed as tokens of C4 per host (the largest
    2,000 of 13,501 hosts of the Data Provenance Initiative's table hold 88 %).  Which hosts block
    is chosen anew each time: in one population, an interval holds the truth in 86 to 99 %.
    """
    rng = random.Random(seed)
    for sampled in (200, 700):
        for kind, head, tail in (
            ("30 / 5 %", 0.3, 0.05),
            ("10 / 30 %", 0.1, 0.3),
            ("10 / 2 %", 0.1, 0.02),
        ):
            sizes = sorted((rng.lognormvariate(8, 2.3) for _ in range(20_000 + HEAD)), reverse=True)
            yield from _total(rng, sizes, (head, tail), sampled, f"head / tail block {kind}", tries)


def _total(
    rng: random.Random, sizes: Sequence[float], chances: Chances, sampled: int, scenario: str,
    tries: int,
) -> Iterator[Tally]:  # fmt: skip
    ways = ("Wald, linearised", "bootstrap of hosts, percentiles", "MOVER of Wilson by stratum")
    size = f"{HEAD} + {sampled}"
    wald, boot, chosen = (Tally("share of sizes", way, scenario, size) for way in ways)
    for _ in range(tries):
        hosts = [(size, rng.random() < chances[at >= HEAD]) for at, size in enumerate(sizes)]
        truth = math.fsum(size for size, yes in hosts if yes) / math.fsum(sizes)
        known = list(_drawn(rng, hosts, sampled))
        found = weighted_total(known)
        assert found.estimate is not None and found.low is not None and found.high is not None
        chosen.add(found.low, found.high, truth)
        strata = [[a for a in known if a.stratum == name] for name in ("head", "tail")]
        reach = 1.96 * math.sqrt(math.fsum(_linear_variance(members, known) for members in strata))
        wald.add(found.estimate - reach, found.estimate + reach, truth)
        cuts = statistics.quantiles(_bootstrap(rng, strata, 100), n=40)
        boot.add(cuts[0], cuts[-1], truth)
    yield from (wald, boot, chosen)


def _drawn(
    rng: random.Random, hosts: Sequence[tuple[float, bool]], sampled: int
) -> Iterator[Answer]:
    """Yield the head and a sample of the tail, nine in ten of them known."""
    weight = (len(hosts) - HEAD) / sampled
    for size, yes in hosts[:HEAD]:
        yield Answer(yes if rng.random() < 0.9 else None, 1, "head", None, size)
    for size, yes in rng.sample(hosts[HEAD:], sampled):
        yield Answer(yes if rng.random() < 0.9 else None, weight, "tail", None, size)


def _linear_variance(members: Sequence[Answer], everybody: Sequence[Answer]) -> float:
    known = [a for a in members if a.yes is not None]
    total = math.fsum(a.weight * a.size for a in known)
    share = math.fsum(a.weight * a.size for a in known if a.yes) / total
    part = math.fsum(a.weight * a.size for a in members) / math.fsum(
        a.weight * a.size for a in everybody
    )
    left = 1 - len(known) / math.fsum(a.weight for a in members)
    return left * math.fsum(
        (part * a.weight * a.size * (bool(a.yes) - share) / total) ** 2 for a in known
    )


def _bootstrap(rng: random.Random, strata: Sequence[Sequence[Answer]], times: int) -> list[float]:
    """Return the share in resamples, a stratum's counts reduced by what of it is known already."""
    everything = math.fsum(a.weight * a.size for members in strata for a in members)
    found = [0.0] * times
    for members in strata:
        known = [a for a in members if a.yes is not None]
        part = math.fsum(a.weight * a.size for a in members) / everything
        left = max(0.0, 1 - len(known) / math.fsum(a.weight for a in members))
        pull = math.sqrt(left)  # Rao and Wu 1988
        total = math.fsum(a.size for a in known)
        yes = math.fsum(a.size for a in known if a.yes)
        for time in range(times):
            chosen = rng.choices(known, k=len(known))
            here = math.fsum(a.size for a in chosen)
            agreed = math.fsum(a.size for a in chosen if a.yes)
            found[time] += part * (yes + pull * (agreed - yes)) / (total + pull * (here - total))
    return found
