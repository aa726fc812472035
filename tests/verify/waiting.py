"""How long hosts stay open: `survival`, by Turnbull's estimate found in another way.

The package alternates EM and Newton steps in the cumulated shares.  Here EM finds which intervals
hold hosts, and Newton's method in the shares of those solves the equations of self-consistency.
"""

import math
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

import numpy as np

from verify.answered import Population
from verify.arithmetic import Floats, wilson
from verify.hosts import Turn, listed, readable, rule_set, turns
from verify.recomputed import Facts, Recomputed
from verify.rulesets import kish

MOST = 20  # crawlers that are followed: those that most hosts block
NEVER = date.max
_DAY = timedelta(days=1)
_HELD = 1e-7  # an interval with less of the hosts holds none
TIMINGS = ("between", "latest", "earliest")


@dataclass(frozen=True, slots=True)
class Spell:
    """A host was open on one day, None if never seen so, and blocked by another, if ever."""

    after: date | None
    before: date | None
    weight: float
    ruleset: str | None


def survival(facts: Facts) -> Recomputed:
    """Yield `survival`."""
    for population in facts.stored.populations:
        if population.name == "panel":
            followed = {
                int(host): readable(population, int(host)) for host in listed(population)
                if any(wave.outcome[host] for wave in population.waves)
            }  # fmt: skip
            firsts: dict[int, dict[int, Turn]] = defaultdict(dict)
            for host, captures in followed.items():
                for turn in turns(facts, captures):
                    if turn.blocks and facts.means.crawlers[turn.crawler].ai:
                        firsts[turn.crawler].setdefault(host, turn)
            last = {host: max((c.wave.date for c in captures), default=None)
                    for host, captures in followed.items()}  # fmt: skip
            tokens = {column: facts.means.crawlers[column].token for column in firsts}
            order = sorted(firsts, key=lambda column: (-len(firsts[column]), tokens[column]))
            for column in order[:MOST]:
                spells = _spells(facts, population, column, firsts[column], last)
                for timing in TIMINGS:
                    for key, values in _steps([_moved(spell, timing) for spell in spells]):
                        yield (tokens[column], timing, *key), values


def _spells(
    facts: Facts, population: Population, column: int, firsts: dict[int, Turn],
    last: dict[int, date | None],
) -> list[Spell]:  # fmt: skip
    days = sorted({wave.date for wave in population.waves})
    crawler, spells = facts.means.crawlers[column], []
    for host, seen in last.items():
        weight = float(population.weight[host])
        if turn := firsts.get(host):
            blocked, after = turn.now.wave.date, None
            if turn.then:
                time = turn.then.time.date()
                after = max((day for day in days if day <= time), default=time)
                after = min(after, blocked - _DAY)
            ruleset = rule_set(facts, turn.now, crawler.token)
            spells.append(Spell(after, blocked, weight, ruleset))
        else:
            counts = seen is not None and crawler.counts(seen)
            spells.append(Spell(seen if counts else None, None, weight, None))
    return spells


def _moved(spell: Spell, timing: str) -> Spell:
    after, before = spell.after, spell.before
    if before and timing == "latest":
        after = before - _DAY
    if before and timing == "earliest":
        before = after + _DAY if after else date.min
    return Spell(after, before, spell.weight, spell.ruleset)


def _steps(given: list[Spell]) -> Recomputed:
    every = [spell for spell in given if spell.weight > 0]
    known = [spell for spell in every if spell.after or spell.before]
    shared: dict[object, float] = defaultdict(float)
    for number, spell in enumerate(known):
        shared[spell.ruleset or number] += spell.weight
    independent = kish(shared.values())
    bounds = Counter[tuple[date | None, date]]()
    scale = independent / math.fsum(spell.weight for spell in known)
    for spell in known:
        bounds[spell.after, spell.before or NEVER] += spell.weight * scale  # type: ignore[assignment]
    places = _places(list(bounds))
    allowed = np.array([
        [_within(place, bound) for place in places] for bound in bounds
    ], np.float64)  # fmt: skip
    weights = np.array(list(bounds.values()))
    masses = likeliest(allowed, weights)
    held = masses > _HELD
    left = 1 - np.cumsum(masses[held] / masses[held].sum())
    spread = [*_variances(allowed[:, held], weights, masses[held]), 0.0]
    named = [place for place, holds in zip(places, held, strict=True) if holds]
    for (after, before), share, variance in zip(named, left.tolist(), spread, strict=True):
        if before == NEVER:
            return
        share = share if share > _HELD else 0.0
        size = min(share * (1 - share) / variance, independent) if variance > 0 else independent
        low, high = wilson(np.array([share]), np.array([size]))
        dated = None if before == date.min else before
        yield (after or "", dated or ""), {
            "n": float(len(known)), "n_unknown": float(len(every) - len(known)),
            "effective_rulesets": independent, "estimate": share, "low": float(low[0]),
            "high": float(high[0]),
        }  # fmt: skip


def _places(bounds: list[tuple[date | None, date]]) -> list[tuple[date | None, date]]:
    """Return the intervals that can hold a first block: from a start to the end right after it."""
    marks = {(after.toordinal() if after else 0, 1, after) for after, _ in bounds}
    ends = {(before.toordinal() if before > date.min else 0.5, 0, before) for _, before in bounds}
    order = sorted(marks | ends, key=lambda mark: mark[:2])
    return [(one[2], two[2]) for one, two in pairwise(order) if one[1] and not two[1]]  # type: ignore[misc]


def _within(place: tuple[date | None, date], bound: tuple[date | None, date]) -> bool:
    starts = bound[0] is None or (place[0] is not None and place[0] >= bound[0])
    return starts and place[1] <= bound[1]


def likeliest(allowed: Floats, weights: Floats) -> Floats:
    """Return the masses under which what each host allows is likeliest."""
    total, count = weights.sum(), allowed.shape[1]
    masses = np.full(count, 1 / count)
    for _ in range(200):
        for _ in range(200):
            masses = masses * _pull(allowed, weights, masses) / total
        support = masses > 1e-6
        solved = np.zeros(count)
        found = _solved(allowed[:, support], weights, masses[support])
        solved[support] = found
        if (found >= 0).all() and (_pull(allowed, weights, solved) < total * (1 + 1e-9)).all():
            return solved
    return masses


def _pull(allowed: Floats, weights: Floats, masses: Floats) -> Floats:
    return np.asarray(allowed.T @ (weights / (allowed @ masses)))


def _solved(allowed: Floats, weights: Floats, masses: Floats) -> Floats:
    """Return the masses that pull equally, by Newton's method."""
    for _ in range(30):
        held = allowed @ masses
        hessian = (allowed.T * (weights / held**2)) @ allowed
        step = np.linalg.lstsq(hessian, _pull(allowed, weights, masses) - weights.sum(), rcond=None)
        masses = masses + step[0]
        if (masses <= 0).any() or abs(step[0]).max() < 1e-14:
            break
    return masses


def _variances(allowed: Floats, weights: Floats, masses: Floats) -> Floats:
    """Return the variance of what is left after each interval but the last."""
    # each mass is what is left before its interval, less what is left after it
    change = -np.eye(len(masses))[:, :-1] + np.eye(len(masses), k=-1)[:, :-1]
    held = allowed @ masses
    some = ~allowed.all(axis=1)
    moved = (allowed[some] @ change) / held[some, None]
    information = (moved.T * weights[some]) @ moved
    return np.diag(np.linalg.inv(information)) if len(masses) > 1 else np.zeros(0)
