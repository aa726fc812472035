"""The results that follow the same hosts from one snapshot to another: change, openness_index."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np

from verify.answered import Population, Segment, Wave
from verify.arithmetic import Bools, Ints, paired, shares
from verify.meaning import Crawler
from verify.recomputed import SETS, Facts, Key, Recomputed, Values, across, column, selections

MONTH_DAYS = 31


def followed(population: Population) -> Iterator[tuple[Segment, list[Wave]]]:
    """Yield segments with the snapshots that know half as many of their hosts as the best one."""
    then = {wave.snapshot: population.on(wave.date) for wave in population.sound()}
    for segment in population.segments:
        known = {
            wave.snapshot: int((wave.answer[then[wave.snapshot].get(segment, [])] >= 0).sum())
            for wave in population.sound()
        }
        most = max(known.values(), default=0)
        waves = [w for w in population.sound() if 2 * known[w.snapshot] >= max(most, 1)]
        if waves:
            yield segment, waves


def from_first(population: Population) -> Iterator[tuple[Segment, Wave, Wave]]:
    """Yield segments with their first snapshot and each; each with itself if none is known."""
    seen = set()
    for segment, waves in followed(population):
        seen.add(segment)
        for wave in waves:
            yield segment, waves[0], wave
    for segment in population.segments:
        for wave in population.sound() if segment not in seen else ():
            if len(wave.of(population.on(wave.date).get(segment, np.array([], np.int64)))):
                yield segment, wave, wave


def change(facts: Facts) -> Recomputed:
    """Yield `change`: of crawlers and of selections."""
    for population in facts.stored.populations:
        for segment, waves in followed(population):
            pairs = [("year", *pair) for pair in _years(waves)]
            pairs += [("mode", *pair) for pair in _modes(waves)]
            starts: dict[int, list[Crawler]] = defaultdict(list)
            for crawler in facts.means.crawlers:
                start = next((n for n, w in enumerate(waves) if crawler.counts(w.date)), None)
                if start is not None and start < len(waves) - 1:
                    starts[start].append(crawler)
            for start, crawlers in starts.items():
                for later in waves[start + 1 :]:
                    yield from _of_crawlers(
                        facts, population, segment, (waves[start], later), crawlers
                    )
            for span, then, now in pairs:
                crawlers = [
                    crawler for start, each in starts.items() for crawler in each
                    if waves[start].date <= then.date
                ]  # fmt: skip
                if crawlers:
                    yield from _of_crawlers(facts, population, segment, (then, now), crawlers, span)
            spans = [("since_first", waves[0], later) for later in waves[1:]]
            for span, then, now in [*spans, *pairs]:
                yield from _of_selections(facts, population, segment, (then, now), span)


def _years(waves: Sequence[Wave]) -> list[tuple[Wave, Wave]]:
    """Return the last snapshot of each year with that of the next year that has any."""
    last = {wave.date.year: wave for wave in waves}
    return list(zip(list(last.values()), list(last.values())[1:], strict=False))


def _modes(waves: Sequence[Wave]) -> list[tuple[Wave, Wave]]:
    """Return each live run with the nearest snapshot of an archive within a month of it."""
    found = []
    for live in waves:
        others = [
            (abs((live.date - wave.date).days), wave.snapshot, wave)
            for wave in waves
            if wave.kind != "live" and live.kind == "live"
        ]
        near = [each for each in others if each[0] <= MONTH_DAYS]
        if near:
            found.append((min(near, key=lambda each: each[:2])[2], live))
    return found


def seen_in(population: Population, segment: Segment, then: Wave, now: Wave) -> Ints:
    """Return the hosts that are in a segment on both days and that one of two snapshots has."""
    return np.array(
        [
            host
            for host in population.on(then.date, now.date).get(segment, [])
            if then.outcome[host] is not None or now.outcome[host] is not None
        ],
        np.int64,
    )


def _of_crawlers(
    facts: Facts, population: Population, segment: Segment, pair: tuple[Wave, Wave],
    crawlers: Sequence[Crawler], span: str = "since_first",
) -> Recomputed:  # fmt: skip
    then, now = pair
    cells, (before, after) = population.cells(
        seen_in(population, segment, then, now), then.answer, now.answer
    )
    known = across((before >= 0) & (after >= 0), len(crawlers))
    later, earlier = facts.blocked(after, crawlers), facts.blocked(before, crawlers)
    for estimand, columns in paired(cells, later, earlier, known):
        for number, crawler in enumerate(crawlers):
            yield (
                population.name, span, *segment, crawler.token, "", then.snapshot, now.snapshot,
                estimand,
            ), _named(column(columns, number))  # fmt: skip


def _of_selections(
    facts: Facts, population: Population, segment: Segment, pair: tuple[Wave, Wave],
    span: str,
) -> Recomputed:  # fmt: skip
    then, now = pair
    cells, (before, after) = population.cells(
        seen_in(population, segment, then, now), then.answer, now.answer
    )
    crawlers = facts.counted(then.date)
    later, earlier = selections(facts, crawlers, after), selections(facts, crawlers, before)
    known = across((before >= 0) & (after >= 0), len(later))
    sides = [np.stack(list(side.values()), axis=1) for side in (later, earlier)]
    for estimand, columns in paired(cells, sides[0], sides[1], known):
        for number, selection in enumerate(later):
            yield (
                population.name, span, *segment, "", selection, then.snapshot, now.snapshot,
                estimand,
            ), _named(column(columns, number))  # fmt: skip


def _named(values: Values) -> Values:
    """Return values by the names that `change` has for them: first is later."""
    names = {
        "n_first": "n_started", "n_second": "n_stopped", "first_share": "to_share",
        "second_share": "from_share",
    }  # fmt: skip
    return {names.get(name, name): value for name, value in values.items()}


def openness_index(facts: Facts) -> Recomputed:
    """Yield `openness_index`: of hosts, and of what their domains hold of corpora."""
    for population in facts.stored.populations:
        held = amounts(facts, population)
        for segment, first, now in from_first(population):
            crawlers = [
                c for c in facts.counted(first.date)
                if c.ai and not c.reused and SETS["open data"](c)
            ]  # fmt: skip
            if not crawlers:
                continue
            here = seen_in(population, segment, first, now)
            key = (population.name, now.snapshot, *segment)
            cells, (before, after) = population.cells(here, first.answer, now.answer)
            known = across((before >= 0) & (after >= 0), 1)
            was, is_ = _open(facts, before, crawlers), _open(facts, after, crawlers)
            changes = dict(paired(cells, is_[:, None], was[:, None], known))
            for estimand, columns in shares(cells, is_[:, None], known):
                values, moved = column(columns, 0), column(changes[estimand], 0)
                values |= {
                    "crawlers": float(len(crawlers)), "n_opened": moved["n_first"],
                    "n_closed": moved["n_second"], "from_share": moved["second_share"],
                    "change": moved["estimate"], "change_low": moved["low"],
                    "change_high": moved["high"],
                }  # fmt: skip
                yield (*key, "", "hosts", estimand), values
            for (corpus, unit), sizes in held.items():
                held_here = {
                    host: size for host, size in sizes.items() if host in set(here.tolist())
                }
                if held_here:
                    yield from _held(
                        facts, population, (first, now), crawlers, (*key, corpus, unit), held_here
                    )


def _open(facts: Facts, answers: Ints, crawlers: Sequence[Crawler]) -> Bools:
    """Return which answers block none of some crawlers."""
    return np.asarray(~facts.blocked(answers, crawlers).any(axis=1))


def _held(
    facts: Facts, population: Population, pair: tuple[Wave, Wave], crawlers: Sequence[Crawler],
    key: Key, sizes: dict[int, float],
) -> Recomputed:  # fmt: skip
    """Yield the index where each host counts by what its domain holds."""
    hosts = np.array(list(sizes))
    weight = population.weight[hosts]
    size = weight * np.array(list(sizes.values()))
    before, after = (wave.answer[hosts] for wave in pair)
    known = (before >= 0) & (after >= 0)
    was, is_ = (known & _open(facts, answer, crawlers) for answer in (before, after))
    whole, of_known = size.sum(), size[known].sum()
    values = {
        "n_yes": is_.sum(), "n": known.sum(), "n_unknown": (~known).sum(),
        "n_opened": (is_ & ~was).sum(), "n_closed": (was & ~is_).sum(),
        "estimate": size[is_].sum() / of_known if of_known else np.nan,
        "from_share": size[was].sum() / of_known if of_known else np.nan,
        "bound_low": size[is_].sum() / whole,
        "bound_high": (size[is_].sum() + size[~known].sum()) / whole,
        "crawlers": len(crawlers),
    }  # fmt: skip
    values["change"] = values["estimate"] - values["from_share"]
    estimand = "sample" if (weight != 1).any() else "list"
    yield (*key, estimand), {name: float(value) for name, value in values.items()}


def amounts(
    facts: Facts, population: Population, wave: Wave | None = None
) -> dict[tuple[str, str], dict[int, float]]:
    """Return what hosts hold of each corpus by unit; an apex and its www host share the weight.

    Of a snapshot, only the hosts that it has.
    """
    place = {
        host: number
        for number, host in enumerate(population.hosts)
        if wave is None or wave.outcome[number] is not None
    }
    held: dict[tuple[str, str], dict[int, float]] = defaultdict(lambda: defaultdict(float))
    for row in facts.stored.weights:
        domain = str(row["domain"])
        hosts = [place[name] for name in (domain, f"www.{domain}") if name in place]
        for unit in ("pages", "bytes", "tokens"):
            amount = row[unit]
            if isinstance(amount, int) and amount > 0:
                for host in hosts:
                    held[str(row["corpus"]), unit][host] += amount / len(hosts)
    return held
