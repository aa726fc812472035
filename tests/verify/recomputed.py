"""The results about single snapshots: shares, gaps, coverage and the same hosts throughout."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from verify.answered import FAILED, NO_RULES, UNKNOWN, Population, Wave
from verify.arithmetic import Bools, Columns, Floats, Ints, mean_gaps, paired, shares
from verify.google import RESTRICTIONS
from verify.meaning import Crawler, Meanings
from verify.stored import Stored

Key = tuple[object, ...]
Values = dict[str, Any]  # numbers are floats
Recomputed = Iterator[tuple[Key, Values]]
LARGE_CLOSED = (
    "GPTBot", "ClaudeBot", "Google-Extended", "meta-externalagent", "Bytespider", "Amazonbot",
    "Applebot-Extended",
)  # fmt: skip
PAIRS = (
    *(("CCBot", token) for token in LARGE_CLOSED), ("CCBot", "Googlebot"), ("GPTBot", "Googlebot"),
    ("archive.org_bot", "CCBot"), ("archive.org_bot", "GPTBot"),
)  # fmt: skip
SETS: dict[str, Callable[[Crawler], bool]] = {
    "open data": lambda c: c.openness == "open" and not c.archive,
    "web archives": lambda c: c.archive,
    "closed training": lambda c: c.purpose == "training" and c.openness != "open" and not c.archive,
}
SET_PAIRS = (
    ("open data", "closed training"), ("web archives", "closed training"),
    ("web archives", "open data"),
)  # fmt: skip
DEFINITIONS = ("root", "access", "full", "all_but", "partial", "any")
LAST_KNOWN_DAYS = 120


@dataclass(frozen=True, slots=True)
class Facts:
    """The hosts, and what their answers mean."""

    stored: Stored
    means: Meanings

    def blocked(self, answers: Iterable[int], crawlers: Sequence[Crawler]) -> Bools:
        """Return which of some crawlers each answer blocks; an unknown one blocks nobody."""
        rows = np.asarray(list(answers), np.int64)
        chosen = self.means.blocked[rows][:, self.means.of(crawlers)]
        return np.asarray(chosen & (rows >= 0)[:, None])

    def defined(
        self, answers: Ints, crawlers: Sequence[Crawler], definition: str
    ) -> tuple[Bools, Bools]:
        """Return which crawlers each answer blocks by a definition, and whether that is known."""
        shape = len(crawlers)
        if definition == "access":
            blocked = self.blocked(answers, crawlers) | (answers == FAILED)[:, None]
            return blocked, across(answers != UNKNOWN, shape)
        known = across(answers >= 0, shape)
        if definition == "root":
            return self.blocked(answers, crawlers), known
        said = self.means.restriction[answers][:, self.means.of(crawlers)]
        if definition == "any":
            return (said != RESTRICTIONS.index("none")) & known, known
        return (said == RESTRICTIONS.index(definition)) & known, known

    def counted(self, day: object) -> list[Crawler]:
        """Return the crawlers that were documented by a day."""
        return [crawler for crawler in self.means.crawlers if crawler.counts(day)]  # type: ignore[arg-type]


def across(known: Bools, columns: int) -> Bools:
    """Return what is known of kinds of hosts, as often as there are questions."""
    return np.repeat(known[:, None], columns, axis=1)


def column(columns: Columns, number: int) -> Values:
    """Return the values of one question."""
    return {name: float(values[number]) for name, values in columns.items()}


def answers_by(definition: str, wave: Wave) -> Ints:
    """Return what hosts answered: by access, the status counts."""
    return wave.access if definition == "access" else wave.answer


def blocked(facts: Facts) -> Recomputed:
    """Yield `blocked`."""
    for key, values in _blocked(facts, DEFINITIONS, segments=False):
        yield (key[0], key[1], *key[4:]), values


def blocked_by_segment(facts: Facts) -> Recomputed:
    """Yield `blocked_by_segment`."""
    return _blocked(facts, ("root", "any"), segments=True)


def _blocked(facts: Facts, definitions: Sequence[str], segments: bool) -> Recomputed:
    for population in facts.stored.populations:
        for wave in population.sound():
            crawlers = facts.counted(wave.date)
            for segment, members in population.on(wave.date).items():
                if (segment != ("", "")) != segments:
                    continue
                start = population.name, wave.snapshot, *segment
                here = wave.of(members)
                refused = float(wave.refused[here].sum())
                for definition in definitions:
                    said = answers_by(definition, wave)
                    cells, (answers,) = population.cells(here, said)
                    yes, known = facts.defined(answers, crawlers, definition)
                    for estimand, columns in shares(cells, yes, known):
                        for number, crawler in enumerate(crawlers):
                            values = column(columns, number) | {"n_refused": refused}
                            yield (*start, crawler.token, definition, estimand), values


def coverage(facts: Facts) -> Recomputed:
    """Yield `coverage`; how a capture ended is taken from the database."""
    for population in facts.stored.populations:
        ends = sorted({end for wave in population.waves for end in wave.outcome if end})
        measures = ["captured", "known", *ends]
        for wave in population.waves:
            ended = np.array([end or "" for end in wave.outcome])
            numbers = np.array([["", *ends].index(end) for end in ended])
            for segment, members in population.on(wave.date).items():
                here = wave.of(members)
                is_known = (wave.answer >= 0).astype(np.int64)
                cells, (end, known) = population.cells(here, numbers, is_known)
                names = np.array(["", *ends])[end]
                yes = np.stack(
                    [names != "not_captured", known == 1, *(names == each for each in ends)], axis=1
                )
                for estimand, columns in shares(cells, yes, np.ones_like(yes)):
                    for number, measure in enumerate(measures):
                        key = (population.name, wave.snapshot, *segment, measure, estimand)
                        values = column(columns, number)
                        del values["bound_low"], values["bound_high"]  # no host is unknown
                        yield key, values


def selections(
    facts: Facts, crawlers: Sequence[Crawler], answers: Iterable[int]
) -> dict[str, Bools]:
    """Return, by selection, which answers block those crawlers and let others in."""
    rows = np.asarray(list(answers), np.int64)
    means, places = facts.means, facts.means.of(crawlers)
    blocks, own, named = (
        table[rows][:, places] for table in (means.blocked, means.own, means.named)
    )

    def some(table: Bools, asked: Callable[[Crawler], bool]) -> Bools:
        return np.asarray(table[:, [asked(crawler) for crawler in crawlers]].any(axis=1))

    let_in = ~some(blocks, lambda c: c.token in ("Googlebot", "bingbot"))
    by_name = blocks & named
    open_named = some(by_name, lambda c: c.ai and c.openness == "open")
    in_list = by_name[:, [crawler.ai for crawler in crawlers]].sum(axis=1) >= 10
    return {
        "training blocked, search let in": let_in
        & some(blocks, lambda c: c.ai and c.purpose == "training" and not c.reused),
        "AI search blocked, search let in": let_in
        & some(blocks, lambda c: c.ai and c.purpose == "ai_search" and not c.reused),
        "open data blocked, search let in": let_in
        & some(blocks, lambda c: c.ai and SETS["open data"](c)),
        "web archives blocked, search let in": let_in & some(blocks, SETS["web archives"]),
        "open data or archives named, search let in": let_in & open_named,
        "open data named in a list of ten or more": open_named & in_list,
        "only Common Crawl": some(blocks & own, lambda c: c.token == "CCBot")
        & ~some(blocks, lambda c: c.ai and c.token != "CCBot"),
        "everything": ~some(~blocks, lambda c: c.wildcard),
    }


def selective(facts: Facts) -> Recomputed:
    """Yield `selective`."""
    for population in facts.stored.populations:
        for wave in population.sound():
            crawlers = facts.counted(wave.date)
            for segment, members in population.on(wave.date).items():
                cells, (answers,) = population.cells(wave.of(members), wave.answer)
                said = selections(facts, crawlers, answers)
                yes = np.stack(list(said.values()), axis=1)
                for estimand, columns in shares(cells, yes, across(answers >= 0, len(said))):
                    for number, selection in enumerate(said):
                        key = (population.name, wave.snapshot, *segment, selection, estimand)
                        yield key, column(columns, number)


def gap(facts: Facts) -> Recomputed:
    """Yield `gap`."""
    for population in facts.stored.populations:
        for wave in population.sound():
            crawlers = facts.counted(wave.date)
            for segment, members in population.on(wave.date).items():
                start = population.name, wave.snapshot, *segment
                cells, (answers,) = population.cells(wave.of(members), wave.answer)
                known = across(answers >= 0, 1)
                for name, first, second in comparisons(crawlers):
                    one, other = (facts.blocked(answers, side) for side in (first, second))
                    if name.split(" - ")[0] in SETS:
                        compared = mean_gaps(cells, mean(one), mean(other), known)
                    else:
                        compared = paired(cells, one, other, known)
                    for estimand, columns in compared:
                        values = column(columns, 0)
                        values["first_only"] = values.pop("n_first")
                        values["second_only"] = values.pop("n_second")
                        values["first_crawlers"] = float(len(first))
                        values["second_crawlers"] = float(len(second))
                        yield (*start, name, estimand), values


def mean(side: Bools) -> Floats:
    """Return which part of some crawlers each answer blocks."""
    return np.asarray(side.mean(axis=1, keepdims=True))


def comparisons(
    crawlers: Sequence[Crawler],
) -> Iterator[tuple[str, Sequence[Crawler], Sequence[Crawler]]]:
    """Yield what is compared by name; only crawlers that are documented by then."""
    own = [crawler for crawler in crawlers if crawler.ai and not crawler.reused]
    for one, other in PAIRS:
        first = [crawler for crawler in own if crawler.token == one]
        second = [crawler for crawler in crawlers if crawler.token == other]
        if first and second:
            yield f"{one} - {other}", first, second
    for one, other in SET_PAIRS:
        sides = [[crawler for crawler in own if SETS[side](crawler)] for side in (one, other)]
        if all(sides):
            yield f"{one} - {other}", sides[0], sides[1]


def same_hosts(facts: Facts) -> Recomputed:
    """Yield `same_hosts`: balanced and carried."""
    for population in facts.stored.populations:
        if population.name != "panel" or not (waves := population.sound()):
            continue
        answers = np.stack([wave.answer for wave in waves])
        carried = np.stack([_carried(population, number) for number in range(len(waves))])
        starts: dict[int, list[Crawler]] = defaultdict(list)
        for crawler in facts.means.crawlers:
            start = next((n for n, wave in enumerate(waves) if crawler.counts(wave.date)), None)
            if crawler.ai and start is not None:
                starts[start].append(crawler)
        for start, crawlers in starts.items():
            balanced = np.flatnonzero((answers[start:] >= 0).all(axis=0))
            for number in range(start, len(waves)):
                key = waves[number].snapshot, "balanced"
                yield from _of_series(facts, population, key, (balanced, answers[number]), crawlers)
                everyone = population.on(waves[number].date)["", ""], carried[number]
                yield from _of_series(facts, population, (key[0], "carried"), everyone, crawlers)


def _of_series(
    facts: Facts, population: Population, key: Key, said: tuple[Ints, Ints],
    crawlers: Sequence[Crawler],
) -> Recomputed:  # fmt: skip
    members, answers = said
    if not len(members):
        return
    cells, (kinds,) = _unstratified(population).cells(members, answers)
    yes, known = facts.blocked(kinds, crawlers), across(kinds >= 0, len(crawlers))
    for estimand, columns in shares(cells, yes, known):
        for number, crawler in enumerate(crawlers):
            yield ("panel", *key, crawler.token, estimand), column(columns, number)


def _unstratified(population: Population) -> Population:
    return Population(
        population.name, population.hosts, population.weight, 0 * population.stratum, {}, []
    )


def _carried(population: Population, number: int) -> Ints:
    """Return answers, an unknown one replaced by the last known one if that is not too old."""
    waves = population.sound()
    answers = np.full(len(population.hosts), UNKNOWN)
    for wave in waves[: number + 1]:
        recent = (waves[number].date - wave.date).days <= LAST_KNOWN_DAYS
        seen = wave.answer >= NO_RULES
        answers = np.where(seen, wave.answer if recent else UNKNOWN, answers)
    return answers
