"""What a look-up will cost, before anything of it is sent."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Method = Literal["zipnum", "columnar", "cdx-api"]

BATCH: dict[Method, int] = {  # hosts that are looked up before they are stored
    "zipnum": 200, "cdx-api": 20, "columnar": 20_000,
}  # fmt: skip
SLOW, FAST = 1_000_000, 5_000_000  # bytes a second of a slow line and of a modest one
WINDOW_BYTES = 1024 * 1024  # of a cluster.idx by one request: a slow line takes a second for them

# Measured on real crawls of 2024-2026; an estimate for any other.
PART_BYTES = 9_100_000  # a robotstxt part of the columnar index
PARTS = 300  # of them in a crawl
CLUSTER_BYTES = 104_000_000  # cluster.idx
_BLOCK_BYTES = 240_000  # a block of 3,000 CDXJ lines
_RECORD_BYTES = 1_800  # a robots.txt record
_ANSWER_BYTES = 2_000  # an answer of the CDX server
_LIST_BYTES = 12_000  # the list of a crawl's index files
_CAPTURED = 0.45  # share of hosts that a crawl has with a robots.txt
# Measured on generated indexes (benchmarks/README.md): windows read for each one that has a key.
_GUESSED = 0.95  # where a crawl before showed where keys lie
_SEARCHED = 0.4  # of what halving takes, where only the usual shares are known
_WIDER = 1.3  # times the bytes of a window, then
_WORTH = 0.75  # of the time of reading it whole, which also tells the next crawl where keys lie
# Assumed: nobody has counted them.
_LEADS_AWAY = 0.2  # look-ups more for each one: redirects to another key, keys over two blocks
_UNTOLD = 0.4  # share of hosts whose chain has a redirect that only its record resolves


@dataclass(frozen=True, slots=True)
class Cost:
    """What is sent and read."""

    requests: int = 0
    bytes: int = 0
    variance: float = 0.0  # of the requests, by chance: which hosts have what the average host has

    def __add__(self, other: "Cost") -> "Cost":
        """Return both together."""
        return Cost(
            self.requests + other.requests,
            self.bytes + other.bytes,
            self.variance + other.variance,
        )

    def __sub__(self, other: "Cost") -> "Cost":
        """Return what one has more than the other, of what is known."""
        return Cost(self.requests - other.requests, self.bytes - other.bytes)


@dataclass(frozen=True, slots=True)
class Estimate:
    """What one crawl costs by one method."""

    crawl: str
    method: Method
    requests: int
    bytes: int
    deviation: float = 0.0  # of the requests, as a standard deviation

    def minutes(self, per_second: float, line: float = FAST) -> float:
        """Return the time at a rate of requests, or that of a line if it is the longer."""
        return max(self.requests / per_second, self.bytes / line) / 60


@dataclass(frozen=True, slots=True, kw_only=True)
class LookUp:
    """What is to be looked up in a crawl."""

    crawl: str
    hosts: int
    keys: int  # SURT keys of their URLs: https and http share one, and so do a host and its `www`
    new: float = 1.0  # share of payloads that are not stored yet
    tells: bool = True  # the index says where redirects lead, as it does since CC-MAIN-2019-47


Costs = Mapping[Method, Cost]


def estimates(task: LookUp, costs: Costs) -> dict[Method, Estimate]:
    """Return the estimate of each method by what its index costs."""
    return {m: estimate(task, m, cost + record_costs(task)) for m, cost in costs.items()}


def estimate(task: LookUp, method: Method, cost: Cost, lists: Cost | None = None) -> Estimate:
    """Return the estimate of a method: its cost, and that of the lists that are read before."""
    whole = cost + (lists or Cost(1, _LIST_BYTES))
    deviation = math.sqrt(whole.variance)
    return Estimate(task.crawl, method, whole.requests, whole.bytes, deviation)


def by_chance(plans: Sequence[Estimate]) -> tuple[int, int]:
    """Return the fewest and most requests that chance makes likely: two standard deviations.

    The crawls are about the same hosts, so what one has more the others have more, too.
    """
    requests = sum(plan.requests for plan in plans)
    more = round(2 * sum(plan.deviation for plan in plans))
    return max(0, requests - more), requests + more


def index_costs(keys: int, parts: int) -> Costs:
    """Return what it costs to look up so many keys by each index, nothing of which is kept."""
    looked_up = round(keys * (1 + _LEADS_AWAY))
    return {
        "zipnum": Cost(1 + looked_up, CLUSTER_BYTES + looked_up * _BLOCK_BYTES),
        "columnar": Cost(parts, parts * PART_BYTES),
        "cdx-api": Cost(looked_up, looked_up * _ANSWER_BYTES),
    }


def searching_cost(keys: int, size: int, per_second: float, known: bool) -> Cost | None:
    """Return what it costs to search a cluster.idx; None: to read it whole takes about as long.

    `known`: it is known from another crawl about where keys lie.
    """
    windows = -(-size // WINDOW_BYTES)
    looked_up = keys * (1 + _LEADS_AWAY)
    needed = windows * (1 - (1 - 1 / windows) ** looked_up)
    more = _GUESSED if known else max(_GUESSED, _SEARCHED * math.log2(2 * windows / needed))
    read = min(windows, math.ceil(needed * more))
    each = WINDOW_BYTES if known else round(_WIDER * WINDOW_BYTES)
    if read * seconds(each, per_second) > _WORTH * seconds(size, per_second):
        return None
    return Cost(read, read * each, _variance(keys, _LEADS_AWAY))


def seconds(size: int, per_second: float) -> float:
    """Return how long a request of so many bytes keeps the next one waiting, on both lines."""
    return sum(max(1 / per_second, size / line) for line in (SLOW, FAST)) / 2


def block_costs(keys: int, blocks: Sequence[tuple[str, int, int]] | None = None) -> Cost:
    """Return what blocks of the ZipNum index cost: those of the keys, where they are known."""
    first = keys if blocks is None else len(blocks)
    size = first * _BLOCK_BYTES if blocks is None else sum(length for _, _, length in blocks)
    requests, size = round(first * (1 + _LEADS_AWAY)), round(size * (1 + _LEADS_AWAY))
    return Cost(requests, size, _variance(first, _LEADS_AWAY))


def record_costs(task: LookUp) -> Cost:
    """Return what the records of a crawl cost: payloads not stored yet, and untold redirects."""
    payloads = task.hosts * _CAPTURED * task.new
    redirects = 0 if task.tells else task.hosts * _UNTOLD
    records = round(payloads + redirects)
    variance = _variance(task.hosts, _CAPTURED * task.new)
    variance += 0 if task.tells else _variance(task.hosts, _UNTOLD)
    return Cost(records, records * _RECORD_BYTES, variance)


def _variance(number: int, share: float) -> float:
    """Return the variance of how many of a number are those that a share of all is."""
    return number * share * (1 - share)


def cheapest(options: Sequence[Estimate], per_second: float) -> Estimate:
    """Return the estimate that takes the least time on a slow line and a modest one together.

    So of two that take about as long, it is the one with fewer bytes.
    """
    return min(
        options, key=lambda each: each.minutes(per_second, SLOW) + each.minutes(per_second, FAST)
    )
