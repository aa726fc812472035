"""Intervals of shares from some of a crawl's WARC files, each a cluster of hosts."""

import math
import random
from collections.abc import Iterator

from oracles.estimate import clustered
from tally import Tally

from crawlblock.intervals import Z, student, wilson

TRIES = 1000
CRAWL = 2_000  # files
SCENARIOS = {  # share of hosts that block, and how far files differ: beta's a + b; 0 is not at all
    "30 %, files alike": (0.3, 0.0),
    "30 %, files differ": (0.3, 60.0),
    "3 %, files differ": (0.03, 60.0),
    "0.2 %, files alike": (0.002, 0.0),
}


def crawl_files(seed: int = 9, tries: int = TRIES) -> Iterator[Tally]:
    """Yield how the interval of a census fares when some files of one crawl are sampled again."""
    rng = random.Random(seed)
    for name, (share, alike) in SCENARIOS.items():
        crawl = [_file(rng, share, alike) for _ in range(CRAWL)]
        truth = sum(y for y, _ in crawl) / sum(x for _, x in crawl)
        for sampled in (2, 5, 20, 200):
            ways = ("hosts independent", "Wald and t, linearised", "Wilson and t, linearised")
            what = f"{sampled} of {CRAWL:,} files"
            naive, wald, chosen = (Tally("share of a crawl", w, name, what) for w in ways)
            for _ in range(tries):
                sample = rng.sample(crawl, sampled)
                found = clustered(sample, CRAWL)
                assert (
                    found.estimate is not None and found.low is not None and found.high is not None
                )
                naive.add(*wilson(found.estimate, found.n), truth)
                chosen.add(found.low, found.high, truth)
                reach = _reach(sample, found.estimate)
                wald.add(found.estimate - reach, found.estimate + reach, truth)
            yield from (naive, wald, chosen)


def _file(rng: random.Random, share: float, alike: float) -> tuple[float, float]:
    """Return how many hosts of a file block, and how many it has."""
    hosts = max(1, round(rng.gauss(400, 60)))
    chance = rng.betavariate(share * alike, (1 - share) * alike) if alike else share
    return sum(rng.random() < chance for _ in range(hosts)), hosts


def _reach(sample: list[tuple[float, float]], share: float) -> float:
    known = math.fsum(x for _, x in sample)
    spread = math.fsum((y - share * x) ** 2 for y, x in sample) / (len(sample) - 1)
    error = math.sqrt((1 - len(sample) / CRAWL) * len(sample) * spread) / known
    quantile = {1: 12.7062, 4: 2.7764}.get(len(sample) - 1) or student(0.975, len(sample) - 1)
    return error * max(quantile, Z)
