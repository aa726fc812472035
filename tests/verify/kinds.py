"""Shares by what a block rests on, and of hosts that block at least one crawler of a kind."""

from collections.abc import Callable

import numpy as np

from verify.arithmetic import shares
from verify.meaning import Crawler
from verify.recomputed import Facts, Recomputed, across, column


def by_basis(facts: Facts) -> Recomputed:
    """Yield `blocked_by_basis` by the definition root."""
    for population in facts.stored.populations:
        for wave in population.sound():
            members = population.on(wave.date)["", ""]
            crawlers = facts.counted(wave.date)
            cells, (answers,) = population.cells(wave.of(members), wave.answer)
            yes, known = facts.blocked(answers, crawlers), across(answers >= 0, len(crawlers))
            places = facts.means.of(crawlers)
            own, named = (
                table[answers][:, places] for table in (facts.means.own, facts.means.named)
            )
            rests = {"named": own, "fallback": named & ~own, "wildcard": ~named}
            for basis, of_it in rests.items():
                for estimand, columns in shares(cells, yes & of_it, known):
                    for number, crawler in enumerate(crawlers):
                        key = (population.name, wave.snapshot, crawler.token, basis, estimand)
                        yield key, column(columns, number)


def by_purpose(facts: Facts) -> Recomputed:
    """Yield `blocked_by_purpose` by the definition root."""
    return _at_least_one(facts, lambda crawler: [crawler.purpose])


def by_openness(facts: Facts) -> Recomputed:
    """Yield `blocked_by_openness` by the definition root."""
    return _at_least_one(facts, lambda crawler: [crawler.openness, "any"])


def _at_least_one(facts: Facts, kinds_of: Callable[[Crawler], list[str | None]]) -> Recomputed:
    for population in facts.stored.populations:
        for wave in population.sound():
            crawlers = [c for c in facts.counted(wave.date) if c.ai and not c.reused]
            kinds = sorted({kind for crawler in crawlers for kind in kinds_of(crawler) if kind})
            for segment, members in population.on(wave.date).items():
                cells, (answers,) = population.cells(wave.of(members), wave.answer)
                sides = [[c for c in crawlers if kind in kinds_of(c)] for kind in kinds]
                any_ = [facts.blocked(answers, side).any(axis=1) for side in sides]
                known = across(answers >= 0, len(kinds))
                for estimand, columns in shares(cells, np.stack(any_, axis=1), known):
                    for number, kind in enumerate(kinds):
                        values = column(columns, number) | {"crawlers": float(len(sides[number]))}
                        yield (population.name, wave.snapshot, *segment, kind, estimand), values
