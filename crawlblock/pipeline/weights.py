"""From lists and crawls to weights: how much of a corpus comes from each domain."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from crawlblock.hosts import registered_domain
from crawlblock.model import Member
from crawlblock.pipeline.run import UNLIMITED, Budget, Progress, Say, Tally, silent
from crawlblock.sources.commoncrawl.cost import Estimate
from crawlblock.sources.commoncrawl.crawls import find_crawls
from crawlblock.sources.commoncrawl.mirror import Mirror, open_mirror
from crawlblock.sources.commoncrawl.page_counts import (
    combine,
    estimate_weighing,
    page_parts,
    sample_parts,
    weigh_part,
    weighed_file,
)
from crawlblock.sources.files.weight_lists import SCHEMA, WHOLE, WeightList
from crawlblock.store.store import Store
from crawlblock.transport import Limits, QuotaSpentError


@dataclass(frozen=True, slots=True)
class Weighed:
    """A corpus that was stored."""

    corpus: str
    domains: int  # with a weight
    of_panel: int  # of them, domains of the panel


@dataclass(frozen=True, slots=True)
class Weighing:
    """Which crawl to weigh, and how."""

    mirror: str
    contact: str | None
    crawl: str  # as the user said it: latest, CC-MAIN-2025-33, ...
    parts: int | None  # of its index, sampled; None: all
    seed: str
    limits: Limits
    cache: Path  # where data read from each part are kept


def weigh_list(store: Store, found: WeightList) -> list[Weighed]:
    """Store the weights of a list, including domains outside the panel."""
    store.facts.add_weights(found.weights)
    return _weighed(found.weights, panel_domains(store.facts.members()))


async def plan_weighing(wanted: Weighing, say: Say = silent) -> Estimate:
    """Estimate the cost of weighing a crawl; this reads the end of one part."""
    async with open_mirror(wanted.mirror, wanted.contact, wanted.limits) as mirror:
        crawl, keys, _ = await _chosen(mirror, wanted, say)
        return await _estimate(mirror, crawl, keys, wanted)


async def weigh_crawl(
    store: Store,
    wanted: Weighing,
    tally: Tally,
    progress: Progress,
    budget: Budget = UNLIMITED,
) -> list[Weighed]:
    """Store pages and bytes of the panel's domains in a crawl; empty until all parts are read.

    Tens of millions of domains outside the panel are only in the cache folder, by part, so that
    another panel can be weighed without any request.
    """
    domains = panel_domains(store.facts.followed())
    async with open_mirror(wanted.mirror, wanted.contact, wanted.limits) as mirror:
        mirror.traffic.most = budget.requests_left(tally, 0)
        try:
            crawl, keys, of = await _chosen(mirror, wanted)
            parts: list[Path] = []
            for key in keys:
                progress(crawl, len(parts), len(keys))
                if budget.spent(tally, mirror.traffic.requests):
                    tally.unfinished = True
                    return []
                parts.append(await weigh_part(mirror, key, wanted.cache / "weights" / crawl))
            progress(crawl, len(keys), len(keys))
        except QuotaSpentError:
            tally.unfinished = True
            return []
        finally:
            tally.requests += mirror.traffic.requests
            tally.bytes += mirror.traffic.bytes
    name = crawl if len(keys) == of else f"{crawl} ({len(keys)} of {of} parts)"
    columns = [pl.lit(name).alias("corpus"), pl.lit(None, pl.Int64).alias("tokens")]
    weights = combine(parts, domains, of).with_columns(columns).select(SCHEMA.names())
    store.facts.add_weights(weights)
    return _weighed(weights, domains)


def panel_domains(members: Sequence[Member]) -> set[str]:
    """Return the registered domains that members represent: those read at their apex or `www`."""
    names = {name for m in members for name in (m.host, m.host.removeprefix("www."))}
    return {name for name in names if registered_domain(name) == name}


async def _chosen(
    mirror: Mirror, wanted: Weighing, say: Say = silent
) -> tuple[str, list[str], int]:
    """Return the crawl, the keys of the parts to read, and how many parts there are."""
    found = await find_crawls(mirror, wanted.crawl, wanted.cache, subset=False)
    for note in found.notes:
        say(note)
    crawl = found.crawls[0].crawl
    keys = await page_parts(mirror, crawl)
    return crawl, sample_parts(keys, wanted.parts, wanted.seed), len(keys)


async def _estimate(mirror: Mirror, crawl: str, keys: Sequence[str], wanted: Weighing) -> Estimate:
    folder = wanted.cache / "weights" / crawl
    left = [key for key in keys if not weighed_file(key, folder).exists()]
    return await estimate_weighing(mirror, crawl, left)


def _weighed(weights: pl.DataFrame, panel: Collection[str]) -> list[Weighed]:
    found = weights.filter(pl.col("domain") != WHOLE).group_by("corpus", maintain_order=True)
    counted = found.agg(pl.len(), pl.col("domain").is_in(list(panel)).sum().alias("panel"))
    return [Weighed(*row) for row in counted.sort("corpus").iter_rows()]
