"""Shares by what a block rests on, and of hosts that block at least one crawler of a kind."""

from collections.abc import Callable

import numpy as np

from verify.answered import FAILED
from verify.arithmetic import Cells, Ints, shares
from verify.meaning import Crawler
from verify.recomputed import Facts, Recomputed, across, answers_by, column


def by_basis(facts: Facts) -> Recomputed:
    """Yield `blocked_by_basis`."""
    for population in facts.stored.populations:
        for wave in population.sound():
            members = population.on(wave.date)["", ""]
            for definition in ("root", "any", "access"):
                said = answers_by(definition, wave)
                cells, (answers,) = population.cells(wave.of(members), said)
                crawlers, start = facts.counted(wave.date), (population.name, wave.snapshot)
                for key, values in _by_basis(facts, cells, answers, crawlers, definition):
                    yield (*start, *key), values


def _by_basis(
    facts: Facts, cells: Cells, answers: Ints, crawlers: list[Crawler], definition: str
) -> Recomputed:
    yes, known = facts.defined(answers, crawlers, definition)
    own, named = (
        table[answers][:, facts.means.of(crawlers)]
        for table in (facts.means.own, facts.means.named)
    )
    failed = across(answers == FAILED, len(crawlers))
    rests = {"named": own, "fallback": named & ~own, "wildcard": ~named}
    rests = {basis: of_it & ~failed for basis, of_it in rests.items()}
    if definition == "access":
        rests["http"] = failed
    for basis, of_it in rests.items():
        for estimand, columns in shares(cells, yes & of_it, known):
            for number, crawler in enumerate(crawlers):
                yield (crawler.token, basis, definition, estimand), column(columns, number)


def by_purpose(facts: Facts) -> Recomputed:
    """Yield `blocked_by_purpose`."""
    return _at_least_one(facts, lambda crawler: [crawler.purpose])


def by_openness(facts: Facts) -> Recomputed:
    """Yield `blocked_by_openness`."""
    return _at_least_one(facts, lambda crawler: [crawler.openness, "any"])


def _at_least_one(facts: Facts, kinds_of: Callable[[Crawler], list[str | None]]) -> Recomputed:
    for population in facts.stored.populations:
        for wave in population.sound():
            crawlers = [c for c in facts.counted(wave.date) if c.ai and not c.reused]
            kinds = sorted({kind for crawler in crawlers for kind in kinds_of(crawler) if kind})
            for segment, members in population.on(wave.date).items():
                cells, (answers,) = population.cells(wave.of(members), wave.answer)
                sides = [[c for c in crawlers if kind in kinds_of(c)] for kind in kinds]
                known = across(answers >= 0, len(kinds))
                start = population.name, wave.snapshot, *segment
                for definition in ("root", "any"):
                    one = [facts.defined(answers, side, definition)[0].any(axis=1)
                           for side in sides]  # fmt: skip
                    for estimand, columns in shares(cells, np.stack(one, axis=1), known):
                        for number, kind in enumerate(kinds):
                            values = column(columns, number)
                            values["crawlers"] = float(len(sides[number]))
                            yield (*start, kind, definition, estimand), values
