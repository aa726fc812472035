"""The results about rule sets: rulesets, authors.

Names of rule sets, who wrote them and what all rules of a text are known by are taken from the
database; which of them count as one, and what follows, is computed here.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from verify.answered import Population, Wave, Written
from verify.arithmetic import Bools, Cells, Floats, Ints, shares, stratified, wilson
from verify.clusters import counted, exact_interval, on_lattice
from verify.meaning import Crawler
from verify.recomputed import Facts, Recomputed, Values, across, column

FEW = 50  # below so many effective rule sets the interval is exact
AT_LEAST_HOSTS, MANY_CRAWLERS, NEARLY = 5, 8, 0.9


def by_chance(name: str) -> bool:
    """Tell whether a rule set has one agent and one rule: its name has a space."""
    return " " in name


def kish(sizes: Iterable[float]) -> float:
    """Return the effective number of things of some sizes."""
    known = np.array(list(sizes))
    return float(known.sum() ** 2 / (known**2).sum()) if len(known) else math.nan


def rulesets(facts: Facts) -> Recomputed:
    """Yield `rulesets`."""
    for population in facts.stored.populations:
        for wave in population.sound():
            here = wave.of(population.on(wave.date)["", ""])
            alike = _alike(facts, population, wave, here)
            kinds = population.cells(here, wave.answer)
            for crawler in facts.counted(wave.date):
                values = _of_crawler(facts, kinds, alike, crawler)
                if wave.snapshot.startswith("DEMO-"):  # nobody knows who shares a rule set
                    values |= dict.fromkeys(("low", "high", "effective_rulesets"), math.nan)
                yield (population.name, wave.snapshot, crawler.token), values


@dataclass(frozen=True, slots=True)
class Alike:
    """What a host shares with another of its snapshot; None where it shares nothing."""

    rules: str | None
    owner: str | None


Kind = tuple[int, int, float, Alike]  # answer, stratum, weight


def _alike(facts: Facts, population: Population, wave: Wave, here: Ints) -> Counter[Kind]:
    """Return how many hosts there are of each kind."""
    rules, owners = [], []
    for host in here:
        read = wave.outcome[host] == "ok" and wave.answer[host] > 0
        rules.append(facts.stored.text_rules.get(int(wave.answer[host])) if read else None)
        owners.append(facts.stored.owner(population.hosts[host]) if read else None)
    texts, names = Counter(rules), Counter(owners)
    alike = [
        Alike(
            rule if rule and texts[rule] > 1 and not by_chance(rule) else None,
            owner if names[owner] > 1 else None,
        )
        for rule, owner in zip(rules, owners, strict=True)
    ]
    columns = (wave.answer[here], population.stratum[here], population.weight[here])
    return Counter(zip(*(column.tolist() for column in columns), alike, strict=True))


def _of_crawler(
    facts: Facts, asked: tuple[Cells, list[Ints]], alike: Counter[Kind], crawler: Crawler
) -> Values:
    cells, (kinds,) = asked
    yes, known = facts.blocked(kinds, [crawler]), across(kinds >= 0, 1)
    *_, (_, columns) = shares(cells, yes, known)
    values = column(columns, 0)
    naive = naive_n(cells, kinds)
    values["bound_low"], values["bound_high"] = _plain_bounds(cells, yes[:, 0], kinds)
    values["naive_low"], values["naive_high"] = _wilson(values["estimate"], naive)
    factor = population_factor(cells, kinds) if cells.weighted else np.ones(cells.stratum.max() + 1)
    clusters, place = _Clusters(), facts.means.of([crawler])[0]
    for (answer, stratum, weight, other), number in alike.items():
        if answer >= 0 and weight:
            blocked = bool(facts.means.blocked[answer, place])
            weights = number * [weight * factor[stratum]]
            clusters.add(facts, (answer, crawler.token), other, blocked, weights)
    return values | clusters.values(values["estimate"])


class _Clusters:
    """Hosts that are taken as one, by size."""

    def __init__(self) -> None:
        self.shared: dict[tuple[bool, str], list[float]] = defaultdict(list)
        self.with_rules: set[tuple[bool, str]] = set()  # of those, the ones that have a rule set
        self.single: list[float] = []
        self.single_blocks: list[float] = []
        self.named: dict[str, list[float]] = defaultdict(list)

    def add(
        self,
        facts: Facts,
        asked: tuple[int, str],
        alike: Alike,
        blocked: bool,
        weights: list[float],
    ) -> None:  # fmt: skip
        """Add hosts by their answer and the token that is asked about."""
        written = facts.stored.written.get(asked)
        name = written.ruleset if written and blocked else None
        if name:
            self.named[name] += weights
        if name and not by_chance(name):
            shared: str | None = name
        elif blocked or alike.rules is None:
            policy = name or facts.stored.policies.get(asked[0])
            shared = f"{alike.owner} {policy}" if alike.owner else None
        else:
            shared = alike.rules
        if shared is None:
            single = self.single_blocks if name else self.single
            single += weights
            return
        self.shared[blocked, shared] += weights
        if name:
            self.with_rules.add((blocked, shared))

    def values(self, estimate: float) -> Values:
        """Return the counts, and what they make of the interval."""
        sizes = {key: math.fsum(weights) for key, weights in self.shared.items()}
        every = [*sizes.values(), *self.single, *self.single_blocks]
        blocking = [*(sizes[key] for key in self.with_rules), *self.single_blocks]
        low, high, rounded = math.nan, math.nan, False
        if every:
            independent = kish(every)
            low, high = _wilson(estimate, independent)
            if independent < FEW:
                low, high = exact_interval(counted(every), estimate)
                rounded = on_lattice(counted(every))
        return {
            "n_rulesets": float(len(self.named)),
            "effective_rulesets_low": kish(math.fsum(each) for each in self.named.values()),
            "effective_rulesets": kish(blocking),
            "effective_rulesets_high": kish(w for each in self.named.values() for w in each),
            "low": low, "high": high, "on_lattice": rounded,
        }  # fmt: skip


def _wilson(estimate: float, n: float) -> tuple[float, float]:
    low, high = wilson(np.array([estimate]), np.array([n]))
    return float(low[0]), float(high[0])


def population_factor(cells: Cells, kinds: Ints) -> Floats:
    """Return, by stratum, how much of it each known host represents."""
    total = np.bincount(cells.stratum, cells.weight)
    known = np.bincount(cells.stratum, cells.weight * (kinds >= 0), len(total))
    with np.errstate(all="ignore"):
        return np.where(known > 0, total / known, np.nan)


def naive_n(cells: Cells, kinds: Ints) -> float:
    """Return Kish's size of the known hosts."""
    if not cells.weighted:
        return float(cells.hosts[kinds >= 0].sum())
    factor = population_factor(cells, kinds)[cells.stratum]
    known = kinds >= 0
    weight, squared = cells.weight[known] * factor[known], cells.squared[known] * factor[known] ** 2
    return float(weight.sum() ** 2 / squared.sum()) if known.any() else math.nan


def _plain_bounds(cells: Cells, yes: Bools, kinds: Ints) -> tuple[float, float]:
    whole = cells.weight.sum()
    blocked = cells.weight[yes & (kinds >= 0)].sum()
    return float(blocked / whole), float((blocked + cells.weight[kinds < 0].sum()) / whole)


def authors(facts: Facts) -> Recomputed:
    """Yield `authors`."""
    shared = shared_rulesets(facts)
    for population in facts.stored.populations:
        for wave in population.sound():
            for segment, members in population.on(wave.date).items():
                start = population.name, wave.snapshot, *segment
                cells, (kinds,) = population.cells(wave.of(members), wave.answer)
                for crawler in facts.counted(wave.date):
                    found = _origins(facts, cells, kinds, crawler, shared)
                    for key, values in found:
                        yield (*start, crawler.token, *key), values


def _origins(
    facts: Facts, cells: Cells, kinds: Ints, crawler: Crawler, shared: set[str]
) -> Recomputed:
    of: dict[tuple[str, str], list[int]] = defaultdict(list)
    for place in np.flatnonzero(facts.blocked(kinds, [crawler])[:, 0]).tolist():
        written = facts.stored.written.get((int(kinds[place]), crawler.token))
        if written and written.authored_by is not None:
            of[written.authored_by, _origin(facts, written, shared)].append(place)
    if not of:
        return
    weight, squared = cells.weight, cells.squared
    if cells.weighted:
        factor = population_factor(cells, kinds)[cells.stratum]
        weight, squared = weight * factor, squared * factor**2
    places = sorted(place for each in of.values() for place in each)
    blocked = Cells(
        np.unique(cells.stratum[places], return_inverse=True)[1], cells.hosts[places],
        weight[places], squared[places], cells.weighted,
    )  # fmt: skip
    yes = np.stack([np.isin(places, each) for each in of.values()], axis=1)
    estimate, size = stratified(blocked, yes)
    low, high = wilson(estimate, size if cells.weighted else np.full_like(estimate, np.nan))
    for number, key in enumerate(of):
        yield key, {
            "n_yes": float(blocked.hosts @ yes[:, number]), "n": float(blocked.hosts.sum()),
            "n_unknown": float(cells.hosts[kinds < 0].sum()),
            "estimate": float(estimate[number]),
            "low": float(low[number]), "high": float(high[number]),
        }  # fmt: skip


def _origin(facts: Facts, written: Written, shared: set[str]) -> str:
    if written.authored_by == "wildcard":
        return "wildcard"
    if written.authored_by == "own":
        return "shared" if written.ruleset in shared else "alone"
    return facts.stored.acts.get(str(written.authored_by)) or "copied"


def shared_rulesets(facts: Facts) -> set[str]:
    """Return the rule sets of no template that many hosts of several domains had, or nearly had."""
    named: dict[str, set[str]] = defaultdict(set)
    for (_, token), written in facts.stored.written.items():
        if written.ruleset and written.authored_by == "own" and written.basis == "named":
            named[written.ruleset].add(token)
    crawlers = {name: frozenset(each) for name, each in named.items() if len(each) > 1}
    family = {name: each if len(each) >= MANY_CRAWLERS else name for name, each in crawlers.items()}
    hosts: dict[object, set[str]] = defaultdict(set)
    for (answer, _), written in facts.stored.written.items():
        if written.ruleset in family:
            hosts[family[written.ruleset]] |= facts.stored.hosts_of[answer]
    wide = {
        key for key, each in hosts.items()
        if len(each) >= AT_LEAST_HOSTS and len({facts.stored.domains[host] for host in each}) > 1
    }  # fmt: skip
    large = [key for key in hosts if isinstance(key, frozenset)]
    near = {
        other
        for pair in combinations(large, 2)
        for one, other in (pair, pair[::-1])
        if one in wide and len(one & other) >= NEARLY * len(one | other)
    }
    return {name for name, key in family.items() if key in wide | near}
