"""How much of a corpus is on blocked domains: `lost`."""

import math
from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from verify.answered import Population, Wave
from verify.arithmetic import Bools, Floats, Ints, Z, student, wilson
from verify.changes import amounts
from verify.recomputed import Facts, Recomputed


def lost(facts: Facts) -> Recomputed:
    """Yield `lost`."""
    wholes = _wholes(facts)
    for population in facts.stored.populations:
        for wave in population.sound():
            for (corpus, unit), sizes in amounts(facts, population, wave).items():
                weighed = (corpus, unit), sizes, wholes[corpus, unit]
                yield from _of(facts, population, wave, weighed)


def _of(
    facts: Facts, population: Population, wave: Wave,
    corpus: tuple[tuple[str, str], dict[int, float], float],
) -> Recomputed:  # fmt: skip
    names, sizes, whole = corpus
    hosts, amount = np.array(list(sizes)), np.array(list(sizes.values()))
    size, answers = population.weight[hosts] * amount, wave.answer[hosts]
    known, crawlers = answers >= 0, facts.counted(wave.date)
    blocks = facts.blocked(answers, crawlers)
    strata = [population.stratum[hosts] == number for number in np.unique(population.stratum)]
    strata = [each for each in strata if each.any()]
    totals = _totals(facts, population, hosts, size, names)
    largest = size.max() / size.sum()
    for number, crawler in enumerate(crawlers):
        yes = blocks[:, number]
        values = {"n": known.sum(), "n_unknown": (~known).sum(), "n_yes": yes.sum()}
        part = [(totals[int(np.flatnonzero(s)[0])], s) for s in strata]
        by_stratum = [(total, size[s & yes].sum(), size[s & known].sum(), size[s].sum())
                for total, s in part]  # fmt: skip
        seen = sum(total for total, _, k, _ in by_stratum if k > 0)
        everything = sum(total for total, *_ in by_stratum)
        held = [Sizes(size[s], population.weight[hosts][s], known[s], yes[s]) for s in strata]
        low, high = _interval([(total, each) for (total, _), each in zip(part, held, strict=True)])
        values |= {
            "low": low,
            "high": high,
            "estimate": sum(t * y / k for t, y, k, _ in by_stratum if k > 0) / seen
            if seen
            else np.nan,
            "bound_low": sum(t * y / s for t, y, _, s in by_stratum) / everything,
            "bound_high": sum(t * (y + s - k) / s for t, y, k, s in by_stratum) / everything,
            "known_blocked": amount[yes].sum() / whole,
            "covered": amount.sum() / whole,
            "largest": largest,
        }
        yield (
            (population.name, wave.snapshot, crawler.token, *names),
            {name: float(value) for name, value in values.items()},
        )


@dataclass(frozen=True, slots=True)
class Sizes:
    """What the hosts of a stratum hold, by host: weighted, with the weights and what is known."""

    size: Floats
    weight: Floats
    known: Bools
    yes: Bools

    @property
    def sampled(self) -> bool:
        """Tell whether the hosts represent others."""
        return bool(self.weight.sum() > len(self.size))

    def share(self) -> float:
        """Return which part is blocked of what is known."""
        return float(self.size[self.yes].sum() / self.size[self.known].sum())

    def reaches(self) -> tuple[float, float]:
        """Return how far the interval's ends are from the share; none if all is known."""
        squares = self.size**2
        squared = squares[self.known].sum()
        size = self.size[self.known].sum() ** 2 / squared
        if self.sampled:  # of a sample's spread, each host's own part is known
            distance = (self.yes - self.share()) ** 2 if 0 < self.share() < 1 else 1 + 0 * squares
            distance = np.where(self.known, distance, 0)
            once = (distance * squares / self.weight).sum() / (distance * squares).sum()
            left = 1 - once * self.known.mean()
        else:
            unknown = self.size[~self.known].sum()
            spread = size * squares[~self.known].sum()
            left = (unknown**2 + spread) / self.size.sum() ** 2
        if left <= 0:
            return 0.0, 0.0
        n = size / left * (Z / student(max(1, math.floor(size - 1)))) ** 2
        low, high = wilson(np.array([self.share()]), np.array([n]))
        return self.share() - float(low[0]), float(high[0]) - self.share()


def _interval(strata: list[tuple[float, Sizes]]) -> tuple[float, float]:
    """Return the ends of the interval: distances of independent strata add up as squares."""
    all_known = all(each.known.all() for _, each in strata)
    sampled = any(each.sampled for _, each in strata)
    if not all(each.known.any() for _, each in strata) or (all_known and not sampled):
        return math.nan, math.nan
    whole = sum(total for total, _ in strata)
    share = sum(total * each.share() for total, each in strata) / whole
    reaches = [(total, each.reaches()) for total, each in strata]
    below, above = (
        math.sqrt(sum((total * each[end]) ** 2 for total, each in reaches)) / whole
        for end in (0, 1)
    )
    return max(0.0, share - below), min(1.0, share + above)


def _wholes(facts: Facts) -> dict[tuple[str, str], float]:
    """Return how large each corpus is: as stored for `*`, else the sum over its domains."""
    summed: dict[tuple[str, str], float] = defaultdict(float)
    stated: dict[tuple[str, str], float] = {}
    for row in facts.stored.weights:
        for unit in ("pages", "bytes", "tokens"):
            amount, key = row[unit], (str(row["corpus"]), unit)
            if isinstance(amount, int):
                summed[key] += amount
                if row["domain"] == "*":
                    stated[key] = amount
    return summed | stated


def _totals(
    facts: Facts, population: Population, hosts: Ints, size: Floats, corpus: tuple[str, str]
) -> list[float]:
    """Return, by host, what its stratum stands for: its frame where that is known."""
    if population.name != "panel":
        return [float(size.sum())] * len(hosts)
    numbers, names = population.stratum[hosts], facts.stored.stratum_names
    sums = {str(names[n]): float(size[numbers == n].sum()) for n in np.unique(numbers)}
    held, totals = _held(facts, *corpus), dict(sums)
    newest = facts.stored.panels[0]
    for number in np.unique(numbers):
        name, members = str(names[number]), population.weight[hosts][numbers == number]
        frame = [
            held[row["domain"]] for row in facts.stored.frames
            if (row["panel"], row["stratum"]) == (newest["panel"], name) and row["domain"] in held
        ]  # fmt: skip
        if members.sum() == len(members):
            continue
        if name == "by size" and newest["frame"] == "domains of {} by {}".format(*corpus):
            totals[name] = max(0.0, sum(held.values()) - sums.get("whole", 0.0))
        elif frame and len(frame) >= members.sum() / 2:
            totals[name] = sum(frame)
    return [totals[str(names[n])] for n in numbers]


def _held(facts: Facts, corpus: str, unit: str) -> dict[str, float]:
    """Return what each domain holds of a corpus."""
    return {
        str(row["domain"]): float(row[unit]) for row in facts.stored.weights
        if row["corpus"] == corpus and row["domain"] != "*" and row[unit]
    }  # fmt: skip
