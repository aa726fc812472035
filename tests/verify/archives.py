"""The result about web archives: who blocks them, over the same hosts, and lets search in."""

from collections.abc import Iterable, Sequence

import numpy as np

from verify.arithmetic import Bools, Ints, paired, shares
from verify.changes import from_first, seen_in
from verify.meaning import Crawler
from verify.recomputed import Facts, Recomputed, Values, across, column

Kind = tuple[str, str]  # an archive, and a crawler of it or an empty text for all
MEASURES = ("blocked", "blocked by name", "blocked, search let in")


def archives(facts: Facts) -> Recomputed:
    """Yield `archives`."""
    for population in facts.stored.populations:
        for segment, first, now in from_first(population):
            counted = facts.counted(first.date)
            kinds = _kinds(facts.means.crawlers, counted)
            here = seen_in(population, segment, first, now)
            cells, (before, after) = population.cells(here, first.answer, now.answer)
            known = across((before >= 0) & (after >= 0), len(kinds) * len(MEASURES))
            was, is_ = (_measured(facts, each, kinds.values()) for each in (before, after))
            changes = dict(paired(cells, is_, was, known))
            for estimand, columns in shares(cells, is_, known):
                for number, (kind, crawlers) in enumerate(kinds.items()):
                    for place, measure in enumerate(MEASURES):
                        at = number * len(MEASURES) + place
                        values = column(columns, at) | {"crawlers": float(len(crawlers))}
                        values |= _moved(column(changes[estimand], at), first is now)
                        key = population.name, now.snapshot, *segment, *kind, measure, estimand
                        yield key, values


def _kinds(everyone: Sequence[Crawler], counted: Sequence[Crawler]) -> dict[Kind, list[Crawler]]:
    """Return the documented crawlers of each archive, of Common Crawl and of any archive."""
    kept = [c for c in everyone if c.archive or c.token == "CCBot"]
    kinds: dict[Kind, list[Crawler]] = {}
    for crawler in kept:
        name = "national libraries" if crawler.library else crawler.operator
        kinds.setdefault((name, ""), []).append(crawler)
    alone = {
        (name, crawler.token): [crawler]
        for (name, _), crawlers in kinds.items() if len(crawlers) > 1 for crawler in crawlers
    }  # fmt: skip
    kinds |= alone | {("any web archive", ""): [c for c in kept if c.archive]}
    of_kind = {kind: [c for c in each if c in counted] for kind, each in kinds.items()}
    return {kind: crawlers for kind, crawlers in of_kind.items() if crawlers}


def _measured(facts: Facts, answers: Ints, kinds: Iterable[Sequence[Crawler]]) -> Bools:
    """Return for each answer (row) what it does to each kind, by the three measures."""
    engines = [c for c in facts.means.crawlers if c.token in ("Googlebot", "bingbot")]
    let_in = ~facts.blocked(answers, engines).any(axis=1)
    made = []
    for crawlers in kinds:
        blocks = facts.blocked(answers, crawlers)
        named = facts.means.named[answers][:, facts.means.of(crawlers)]
        some = blocks.any(axis=1)
        made += [some, (blocks & named).any(axis=1), some & let_in]
    return np.stack(made, axis=1)


def _moved(change: Values, is_first: bool) -> Values:
    """Return what changed by the names of the result; the first snapshot has no change."""
    names = {
        "n_first": "n_started", "n_second": "n_stopped", "estimate": "change",
        "low": "change_low", "high": "change_high",
    }  # fmt: skip
    nothing = is_first or not change["n"]
    moved = {new: np.nan if nothing else change[old] for old, new in names.items()}
    return moved | {"from_share": change["second_share"]}
