"""The intervals of `rulesets` and `gap` as the results compute them, and as they did before.

Hosts share texts also where they block nobody.  The results took the design effect of the blocking
rule sets for all hosts before; `rulesets` now knows which hosts share all rules of their texts.
"""

import random
from collections import Counter
from collections.abc import Iterator, Sequence

from oracles.paired import Pair, difference
from tally import Tally

from crawlblock.intervals import effective_n, wilson
from crawlblock.metrics.cluster_interval import cluster_interval

TRIES = 2000
TEXTS = {  # hosts of each text
    "each its own": [1] * 1000,
    "100 of 5, 500 own": [5] * 100 + [1] * 500,
    "20 of 30, 400 own": [30] * 20 + [1] * 400,
    "3 of 150, 550 own": [150] * 3 + [1] * 550,
}
SHARES = (0.05, 0.1, 0.2, 0.5)
CELLS = {"10 / 2 / 5 %": (0.1, 0.02, 0.05), "5 / 2 / 30 %": (0.05, 0.02, 0.3)}


def decided(seed: int = 7, tries: int = TRIES) -> Iterator[Tally]:
    """Yield how the intervals of `rulesets` fare: exact below 50 effective ones, else Wilson's."""
    rng = random.Random(seed)
    for name, sizes in TEXTS.items():
        for share in SHARES:
            scenario = f"{name}; p = {100 * share:g} %"
            naive = Tally("share, as reported", "hosts independent", scenario, "1,000")
            before = Tally("share, as reported", "before: effect of blocks", scenario, "1,000")
            kish = Tally("share, as reported", "Wilson, all rule sets", scenario, "1,000")
            exact = Tally("share, as reported", "exact, all rule sets", scenario, "1,000")
            ends: dict[int, tuple[float, float]] = {}
            for _ in range(tries):
                yes = [size for size in sizes if rng.random() < share]
                found = sum(yes) / sum(sizes)
                naive.add(*wilson(found, 1000), share)
                before.add(*wilson(found, 1000 / _effect(yes)), share)
                kish.add(*wilson(found, effective_n(sizes)), share)
                if sum(yes) not in ends:
                    ends[sum(yes)] = cluster_interval(Counter(map(float, sizes)), sum(yes))
                exact.add(*ends[sum(yes)], share)
            yield from (naive, before, kish, exact)


def compared(seed: int = 8, tries: int = TRIES) -> Iterator[Tally]:
    """Yield how the interval of `gap` fares; rule sets block both, or the first or second alone."""
    rng = random.Random(seed)
    for name, sizes in TEXTS.items():
        for kind, chances in CELLS.items():
            scenario = f"{name}; both / first / second {kind}"
            naive = Tally("difference, as reported", "hosts independent", scenario, "1,000")
            chosen = Tally(
                "difference, as reported", "design effect of differing rule sets", scenario, "1,000"
            )
            for _ in range(tries):
                cells = _drawn(rng, sizes, chances)
                pair = Pair(*(sum(cell) / 1000 for cell in cells))
                for tally, n in ((naive, 1000.0), (chosen, 1000 / _effect(cells[1] + cells[2]))):
                    _, low, high = difference(pair, n)
                    tally.add(low, high, chances[1] - chances[2])
            yield from (naive, chosen)


def _drawn(
    rng: random.Random, sizes: Sequence[int], chances: tuple[float, float, float]
) -> tuple[list[int], list[int], list[int]]:
    """Return the sizes of the rule sets that block both, the first alone, the second alone."""
    cells: tuple[list[int], ...] = ([], [], [], [])
    left = 1 - sum(chances)
    for size in sizes:
        cells[rng.choices(range(4), (*chances, left))[0]].append(size)
    return cells[0], cells[1], cells[2]


def _effect(sizes: Sequence[int]) -> float:
    """Return the design effect of hosts in rule sets of these sizes (Kish 1965)."""
    return sum(size * size for size in sizes) / sum(sizes) if sizes else 1.0
