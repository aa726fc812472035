"""Intervals of what changes: the survival of openness, and forecasts that were shown."""

import math
import random
from collections.abc import Callable, Iterator
from datetime import date, timedelta

from tally import Tally

from crawlblock.metrics.forecast import Forecast, forecast
from crawlblock.metrics.survival import Spell, at_earliest, at_latest, openness

START = date(2023, 1, 1)
MONTH = timedelta(days=30)
SNAPSHOTS = 24
RATE = 0.03  # first blocks per month among hosts still open
READINGS: dict[str, Callable[[list[Spell]], list[Spell]]] = {
    "at the earliest": at_earliest,
    "at the latest": at_latest,
    "Turnbull": list,
}


def survival(seed: int = 5, tries: int = 150) -> Iterator[Tally]:
    """Yield how the share still open fares after 6 and 18 months, seen in part of the crawls."""
    rng = random.Random(seed)
    for hosts, seen in ((400, 1.0), (400, 0.6), (400, 0.3), (60, 0.6)):
        tallies = {
            (name, months): Tally(
                "share still open",
                name,
                f"seen in {seen:.0%} of the crawls; {months} months",
                str(hosts),
            )
            for name in READINGS
            for months in (6, 18)
        }
        for _ in range(tries):
            spells = [_spell(rng, seen) for _ in range(hosts)]
            for (name, months), tally in tallies.items():
                steps = openness(READINGS[name](spells)).steps
                past = [step for step in steps if step.before <= START + months * MONTH]
                if past:
                    tally.add(past[-1].low, past[-1].high, math.exp(-RATE * months))
        yield from tallies.values()


def _spell(rng: random.Random, seen: float) -> Spell:
    closes = rng.expovariate(RATE)
    crawls = [crawl for crawl in range(SNAPSHOTS + 1) if rng.random() < seen]
    after = max((crawl for crawl in crawls if crawl < closes), default=None)
    before = min((crawl for crawl in crawls if crawl >= closes), default=None)
    return Spell(
        None if after is None else START + after * MONTH,
        None if before is None else START + before * MONTH,
    )


def _walk(rng: random.Random, length: int) -> list[float]:
    series = [0.2]
    while len(series) < length:
        series.append(series[-1] + rng.gauss(0, 0.003))
    return series


def _around(
    curve: Callable[[int], float], noise: float
) -> Callable[[random.Random, int], list[float]]:
    return lambda rng, length: [curve(t) + rng.gauss(0, noise) for t in range(length)]


def _local_trend(rng: random.Random, length: int) -> list[float]:
    level, trend, series = 0.05, 0.012, []
    for _ in range(length):
        trend = 0.93 * trend + rng.gauss(0, 0.0003)
        level += trend
        series.append(level + rng.gauss(0, 0.002))
    return series


SERIES = {
    "random walk": _walk,
    "linear trend + noise": _around(lambda t: 0.05 + 0.003 * t, 0.002),
    "level + noise": _around(lambda t: 0.1, 0.002),
    "damped trend + noise": _around(lambda t: 0.05 + 0.15 * (1 - 0.93**t), 0.002),
    "logistic curve + noise": _around(lambda t: 0.25 / (1 + math.exp(0.2 * (8 - t))), 0.002),
    "damped local trend + noise": _local_trend,
}


def forecasts(seed: int = 6, tries: int = 200) -> Iterator[Tally]:
    """Yield how forecasts of the third point ahead fare where they are shown."""
    rng = random.Random(seed)
    for points in (24, 36):
        dates = [START + k * MONTH for k in range(points)]
        for name, make in SERIES.items():
            tally = Tally("forecast, 3 ahead", "", name, str(points))
            for _ in range(tries):
                series = make(rng, points + 3)
                found = forecast(dates, series[:points])
                if isinstance(found, Forecast):
                    ahead = found.points[-1]
                    tally.add(ahead.low, ahead.high, series[-1])
            tally.method = f"damped trend, shown in {tally.tries / tries:.0%}"
            yield tally
