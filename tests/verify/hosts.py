"""Results that follow hosts one by one: transitions, attrition."""

import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np

from verify.answered import Population, Segment, Wave
from verify.arithmetic import Bools, Floats, Ints, Z, two_sided
from verify.google import RESTRICTIONS
from verify.recomputed import Facts, Recomputed, Values

MOST_LISTED = 20_000
LOST_TOKENS = ("*", "CCBot", "GPTBot")


def listed(population: Population) -> Ints:
    """Return the hosts that are followed one by one: those first by the MD5 of their names."""
    names = [(hashlib.md5(name.encode()).hexdigest(), name) for name in population.hosts]
    order = sorted(range(len(names)), key=lambda number: names[number])
    return np.array(order[:MOST_LISTED], np.int64)


@dataclass(frozen=True, slots=True)
class Reading:
    """An answer of a host that could be read."""

    wave: Wave
    host: int

    @property
    def time(self) -> datetime:
        """Return when it was fetched."""
        return self.wave.time[self.host]

    @property
    def answer(self) -> int:
        """Return what was answered."""
        return int(self.wave.answer[self.host])


def readable(population: Population, host: int) -> list[Reading]:
    """Return the captures of a host that could be read, in the order of time."""
    captures = [
        Reading(wave, host)
        for wave in population.waves
        if wave.answer[host] >= 0 and not wave.suspect
    ]
    return sorted(captures, key=lambda each: (each.time, each.wave.snapshot))


def transitions(facts: Facts) -> Recomputed:
    """Yield `transitions`; who wrote a rule, and its rule set, are taken from the database."""
    for population in facts.stored.populations:
        for host in listed(population):
            captures = readable(population, int(host))
            yield from _of_host(facts, population, captures)


@dataclass(frozen=True, slots=True)
class Turn:
    """A host started or stopped blocking a crawler."""

    then: Reading | None  # None: blocked from the first capture that counts
    now: Reading
    crawler: int  # its column
    blocks: bool


def turns(facts: Facts, captures: Sequence[Reading]) -> list[Turn]:
    """Return the transitions of a host, in the order of time."""
    blocked, crawlers = facts.means.blocked, facts.means.crawlers
    documented = [c.since or date.min for c in crawlers]
    since = np.array([day.toordinal() for day in documented])
    found, newest = [], 0
    for place, now in enumerate(captures):
        day = now.wave.date.toordinal()
        is_ = blocked[now.answer]
        changed = np.zeros(len(crawlers), bool)
        if place:
            changed = (is_ != blocked[captures[place - 1].answer]) & (since <= day)
        first = is_ & (since <= day) & (since > newest) & ~changed
        for column in np.flatnonzero(changed | first):
            then = captures[place - 1] if changed[column] else None
            found.append(Turn(then, now, int(column), bool(is_[column])))
        newest = max(newest, day)
    return found


def _of_host(facts: Facts, population: Population, captures: Sequence[Reading]) -> Recomputed:
    started: set[int] = set()
    for turn in turns(facts, captures):
        token = facts.means.crawlers[turn.crawler].token
        now = turn.now
        first = turn.blocks and turn.crawler not in started
        if turn.blocks:
            started.add(turn.crawler)
        values: Values = {
            "first_block": first,
            "transition": "started" if turn.blocks else "stopped",
            "segment": _stratum(facts, population, now.host),
            "before": now.time,
            "after": turn.then and turn.then.time,
            "to_restriction": _restriction(facts, now, turn.crawler),
            "from_restriction": turn.then and _restriction(facts, turn.then, turn.crawler),
            "authored_by": _author(facts, turn),
            "ruleset": rule_set(facts, now, token),
        }
        values |= _basis("to", facts, now, turn.crawler)
        if turn.then:
            values |= _basis("from", facts, turn.then, turn.crawler)
        yield (population.name, population.hosts[now.host], token, now.wave.snapshot), values


def _stratum(facts: Facts, population: Population, host: int) -> str:
    if population.name != "panel":
        return "all"
    return str(facts.stored.stratum_names[population.stratum[host]])


def _restriction(facts: Facts, capture: Reading, crawler: int) -> str:
    return RESTRICTIONS[facts.means.restriction[capture.answer, crawler]]


def _basis(side: str, facts: Facts, capture: Reading, crawler: int) -> Values:
    """Return on what a verdict rests, but for crawlers without any group."""
    if not capture.answer:
        return {f"{side}_basis": "absent"}
    if facts.means.own[capture.answer, crawler]:
        return {f"{side}_basis": "named"}
    if facts.means.named[capture.answer, crawler]:
        return {f"{side}_basis": "fallback"}
    return {f"{side}_basis": "wildcard"} if facts.means.blocked[capture.answer, crawler] else {}


def rule_set(facts: Facts, capture: Reading, token: str) -> str | None:
    """Return the name of the rule set that blocks."""
    written = facts.stored.written.get((capture.answer, token))
    return written and written.ruleset


def _author(facts: Facts, turn: Turn) -> str | None:
    token = facts.means.crawlers[turn.crawler].token
    for capture in (turn.now, turn.then):
        written = capture and facts.stored.written.get((capture.answer, token))
        if written and written.authored_by is not None:
            return written.authored_by
    return None


def attrition(facts: Facts) -> Recomputed:
    """Yield `attrition`: Mantel and Haenszel's over pairs of snapshots and strata."""
    crawlers = [c for c in facts.means.crawlers if c.token in LOST_TOKENS]
    for population in facts.stored.populations:
        if population.name != "panel":
            continue
        pairs = list(zip(population.sound(), population.sound()[1:], strict=False))
        for segment in population.segments:
            exposed = {pair[0].snapshot: _exposed(population, segment, *pair) for pair in pairs}
            for crawler in crawlers:
                counted = [
                    (*pair, exposed[pair[0].snapshot]) for pair in pairs
                    if crawler.counts(pair[0].date) and exposed[pair[0].snapshot].any()
                ]  # fmt: skip
                if counted:
                    rows = _exposures(facts, facts.means.of([crawler])[0], counted)
                    yield (*segment, crawler.token), _association(population, rows)


def _exposed(population: Population, segment: Segment, now: Wave, later: Wave) -> Bools:
    """Return which hosts are in a segment on both days and in both snapshots."""
    here = np.zeros(len(population.hosts), bool)
    members = population.on(now.date, later.date).get(segment, np.array([], np.int64))
    here[later.of(now.of(members))] = True
    return here


def _exposures(
    facts: Facts, crawler: int, pairs: Sequence[tuple[Wave, Wave, Bools]]
) -> Iterator[tuple[Bools, Bools, Bools, Bools]]:
    """Yield, by pair of snapshots, which hosts are exposed, were known, blocked and got lost."""
    for now, later, exposed in pairs:
        known = exposed & (now.answer >= 0)
        blocks = known & facts.means.blocked[now.answer, crawler]
        yield exposed, known, blocks, later.answer < 0


def _association(
    population: Population, rows: Iterator[tuple[Bools, Bools, Bools, Bools]]
) -> Values:
    strata = population.stratum
    sums = dict.fromkeys(("n", "n_unknown", "n_blocked", "n_lost_blocked", "n_lost_open"), 0.0)
    above = scale = odds = against = 0.0
    residual, counted = np.zeros(len(strata)), np.zeros(len(strata), bool)
    for asked, known, blocks, lost in rows:
        sums["n"] += known.sum()
        sums["n_unknown"] += (asked & ~known).sum()
        sums["n_blocked"] += blocks.sum()
        sums["n_lost_blocked"] += (blocks & lost).sum()
        sums["n_lost_open"] += (known & ~blocks & lost).sum()
        for stratum in np.unique(strata):
            exposed, others = blocks & (strata == stratum), known & ~blocks & (strata == stratum)
            n1, n0 = float(exposed.sum()), float(others.sum())
            a, b = float((exposed & lost).sum()), float((others & lost).sum())
            if not n1 or not n0:
                continue
            above += (a * n0 - b * n1) / (n1 + n0)
            scale += n1 * n0 / (n1 + n0)
            odds += a * (n0 - b) / (n1 + n0)
            against += b * (n1 - a) / (n1 + n0)
            residual += exposed * (lost - a / n1) * n0 / (n1 + n0)
            residual -= others * (lost - b / n0) * n1 / (n1 + n0)
            counted |= exposed | others
    return sums | _ends(above, scale, residual[counted]) | {
        "odds_ratio": odds / against if against else math.nan
    }  # fmt: skip


def _ends(above: float, scale: float, residual: Floats) -> Values:
    """Return the difference with an interval that takes each host as one."""
    if not scale:
        return dict.fromkeys(("estimate", "low", "high", "p"), math.nan)
    estimate, hosts = above / scale, len(residual)
    error = math.sqrt((residual**2).sum() * hosts / max(1, hosts - 1)) / scale
    p = two_sided(estimate / error) if error else math.nan
    reach = Z * error
    return {"estimate": estimate, "low": estimate - reach, "high": estimate + reach, "p": p}
