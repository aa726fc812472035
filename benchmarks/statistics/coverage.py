"""Measures how often each 95 % interval holds the truth, on simulated data.

Prints a Markdown table, the same on every run.  Beside each interval in use stand those that were
not chosen; `rulesets` is the effective number of independent ones.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator

from as_computed import compared, decided
from counting import counting
from crawl_files import crawl_files
from lost import lost
from measured import Measurement
from pairs import differences, vanishing
from shares import shares, totals
from tally import HEADER, Tally
from times import forecasts, survival

NOMINAL = 95.0  # %
SMOKE = {"tries": 2}
SIMULATIONS: tuple[Callable[..., Iterator[Tally]], ...] = (
    shares, decided, totals, lost, differences, compared, vanishing, survival, forecasts,
    crawl_files, counting,
)  # fmt: skip


def measure(tries: int = 0) -> Iterator[Measurement]:
    """Simulate, and measure how many intervals of each method hold the truth.

    `tries` is the number of series of each scenario; 0 takes each simulation's own.
    """
    print(HEADER)
    methods: dict[str, list[Tally]] = defaultdict(list)
    for simulate in SIMULATIONS:
        few = {"tries": tries} if tries else {}
        if tries and simulate is lost:
            few["populations"] = 1
        for tally in simulate(**few):
            print(tally.row(), flush=True)
            method = "damped trend" if simulate is forecasts else tally.method
            methods[f"{tally.interval}: {method}"] += [tally] if tally.tries else []
    for what, tallies in methods.items():
        series = sum(tally.tries for tally in tallies)
        least = min(100 * tally.held / tally.tries for tally in tallies)
        held = 100 * sum(tally.held for tally in tallies) / series
        named = f"{what}, {len(tallies)} scenarios, {least:.1f} in the worst"
        yield Measurement(named, "%", held, series, NOMINAL, "nominal", held / NOMINAL)
