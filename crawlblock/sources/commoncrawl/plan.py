"""What a look-up will cost, before anything is sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Method = Literal["zipnum", "columnar", "cdx-api"]

# Measured on real crawls of 2024-2026; an estimate for any other.
_CLUSTER_BYTES = 104_000_000  # cluster.idx
_BLOCK_BYTES = 240_000  # a block of 3,000 CDXJ lines
_PART_BYTES = 9_100_000  # a robotstxt part of the columnar index
_RECORD_BYTES = 1_800  # a robots.txt record
_REDIRECTED = 0.5  # share of hosts whose chain needs another look-up
_CAPTURED = 0.45  # share of hosts that a crawl has with a robots.txt
_BYTES_PER_SECOND = 5_000_000  # a modest line


@dataclass(frozen=True, slots=True)
class Estimate:
    """What one crawl costs by one method."""

    crawl: str
    method: Method
    requests: int
    bytes: int

    def minutes(self, per_second: float) -> float:
        """Return the time at a rate of requests, or that of the line if it is the longer."""
        return max(self.requests / per_second, self.bytes / _BYTES_PER_SECOND) / 60


def estimates(crawl: str, hosts: int, parts: int, new: float) -> dict[Method, Estimate]:
    """Return the estimates for looking up `hosts` hosts in a crawl with `parts` columnar parts.

    `new` is the share of payloads not stored yet: 1 for the first crawl, little for the next ones.
    """
    fetched = round(hosts * _CAPTURED * new)
    looked_up = round(hosts * (1 + _REDIRECTED))
    record_bytes = fetched * _RECORD_BYTES
    return {
        "zipnum": Estimate(
            crawl, "zipnum", 1 + looked_up + fetched,
            _CLUSTER_BYTES + looked_up * _BLOCK_BYTES + record_bytes,
        ),
        "columnar": Estimate(
            crawl, "columnar", 1 + parts + fetched, parts * _PART_BYTES + record_bytes
        ),
        "cdx-api": Estimate(
            crawl, "cdx-api", 2 * looked_up + fetched, looked_up * 2_000 + record_bytes
        ),
    }  # fmt: skip


def cheapest(options: Sequence[Estimate], per_second: float) -> Estimate:
    """Return the estimate with the shortest time."""
    return min(options, key=lambda estimate: estimate.minutes(per_second))
