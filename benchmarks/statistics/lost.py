"""Shares of a corpus on blocked domains: the designs of `lost` in fixed populations.

The sizes are lognormal with sigma 2.3, as skewed as tokens of C4 per host; the 300 largest block at
another rate than the rest.  Of each population many samples are taken.
"""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass

from oracles.estimate import Answer, weighted_total
from tally import Tally

from crawlblock.sampling import BY_SIZE, WHOLE, sample_by_size

HEAD = 300
TAIL = 20_000
CASES = {
    "head / tail block 30 / 5 %": (0.3, 0.05),
    "head / tail block 10 / 30 %": (0.1, 0.3),
}


@dataclass(frozen=True, slots=True)
class _Population:
    sizes: dict[str, float]  # the largest first
    blocked: frozenset[str]

    def truth(self) -> float:
        """Return the share of all sizes that blocked domains hold."""
        held = math.fsum(size for name, size in self.sizes.items() if name in self.blocked)
        return held / math.fsum(self.sizes.values())


def lost(seed: int = 12, populations: int = 20, tries: int = 20) -> Iterator[Tally]:
    """Yield how totals that are estimated, totals that are known, and samples by size fare."""
    rng = random.Random(seed)
    ways = ("totals estimated", "totals of strata known", "by size, total known")
    for kind, chances in CASES.items():
        for sampled in (200, 700):
            tallies = [Tally("lost", way, kind, f"{HEAD} + {sampled}") for way in ways]
            for _ in range(populations):
                population = _population(rng, *chances)
                for _ in range(tries):
                    _series(rng, population, sampled, tallies)
            yield from tallies


def _population(rng: random.Random, head: float, tail: float) -> _Population:
    sizes = sorted((rng.lognormvariate(8, 2.3) for _ in range(HEAD + TAIL)), reverse=True)
    named = {f"d{n}.org": size for n, size in enumerate(sizes)}
    blocked = (name for n, name in enumerate(named) if rng.random() < (head if n < HEAD else tail))
    return _Population(named, frozenset(blocked))


def _series(
    rng: random.Random, population: _Population, sampled: int, tallies: list[Tally]
) -> None:
    """Sample once in two ways and add what three estimates make of it."""
    truth = population.truth()
    names = list(population.sizes)
    tail = math.fsum(list(population.sizes.values())[HEAD:])
    members = [(name, 1.0, "head") for name in names[:HEAD]]
    members += [(name, TAIL / sampled, "tail") for name in rng.sample(names[HEAD:], sampled)]
    answers = _answers(rng, population, members)
    chosen = sample_by_size(population.sizes.items(), HEAD + sampled, str(rng.random()), "p")
    by_size = _answers(rng, population, [(m.domain, m.weight, m.stratum) for m in chosen])
    whole = math.fsum(population.sizes[m.domain] for m in chosen if m.stratum == WHOLE)
    rest = math.fsum(population.sizes.values()) - whole
    estimates = (
        weighted_total(answers),
        weighted_total(answers, {"tail": tail}),
        weighted_total(by_size, {WHOLE: whole, BY_SIZE: rest}),
    )
    for tally, found in zip(tallies, estimates, strict=True):
        assert found.low is not None and found.high is not None and found.estimate is not None
        tally.add(found.low, found.high, truth)
        tally.add_error(found.estimate - truth)


def _answers(
    rng: random.Random, population: _Population, members: list[tuple[str, float, str]]
) -> list[Answer]:
    """Return what nine in ten of the members say; the others are unknown."""
    return [
        Answer(
            name in population.blocked if rng.random() < 0.9 else None,
            weight,
            stratum,
            size=population.sizes[name],
        )
        for name, weight, stratum in members
    ]
