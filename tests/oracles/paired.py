"""Two answers of the same hosts, to check what the metrics compute in SQL."""

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from crawlblock.intervals import Z, wilson


@dataclass(frozen=True, slots=True)
class Pair:
    """Shares of the hosts that say yes to both questions, to one only; the rest says no to both."""

    both: float
    first_only: float
    second_only: float


def difference(pair: Pair, n: float) -> tuple[float, float, float]:
    """Return share of first minus share of second, and its 95 % interval, for n > 0 hosts.

    Newcombe's square-and-add with phi (Statistics in Medicine 17:2635, 1998, method 10 without
    continuity correction).  With hosts that share rulesets, n is the number of those.
    """
    first, second = pair.both + pair.first_only, pair.both + pair.second_only
    spread = math.sqrt(max(0.0, first * (1 - first) * second * (1 - second)))
    neither = 1 - first - pair.second_only
    phi = (pair.both * neither - pair.first_only * pair.second_only) / spread if spread else 0.0
    (low1, high1), (low2, high2) = wilson(first, n), wilson(second, n)
    gap = pair.first_only - pair.second_only
    return (
        gap,
        gap - _square_and_add(first - low1, high2 - second, phi),
        gap + _square_and_add(high1 - first, second - low2, phi),
    )


@dataclass(frozen=True, slots=True)
class Transition:
    """What became of a host between one snapshot and the next."""

    snapshot: str
    host: str  # or what decides for several hosts
    exposed: bool  # it refused, say
    event: bool  # it had vanished by the next snapshot, say


@dataclass(frozen=True, slots=True)
class Association:
    """Whether the exposed had the event more often than others of the same snapshot."""

    n: int  # transitions
    hosts: int
    odds_ratio: float | None  # None: not one of the others had the event
    risk_difference: float | None  # None: no snapshot has both exposed and others
    low: float | None  # 95 % interval of the risk difference
    high: float | None
    p: float | None  # that it is 0


def association(transitions: Iterable[Transition]) -> Association:
    """Return Mantel and Haenszel's common odds ratio and risk difference over snapshots.

    The error is linearised and summed by host, as hosts come back in every snapshot: an interval
    that takes transitions as independent is far too short.  Without an event, or with fewer than
    two hosts, there is none.
    """
    rows = list(transitions)
    tables = _tables(rows)
    hosts: dict[str, float] = defaultdict(float)
    for row in rows:
        if row.snapshot in tables:
            hosts[row.host] += _residual(row, tables[row.snapshot])
    if not hosts:
        return Association(len(rows), 0, None, None, None, None, None)
    pros = math.fsum(t.exposed_events * (t.others - t.other_events) / t.n for t in tables.values())
    cons = math.fsum(t.other_events * (t.exposed - t.exposed_events) / t.n for t in tables.values())
    scale = math.fsum(t.exposed * t.others / t.n for t in tables.values())
    ratio, risk = pros / cons if cons else None, (pros - cons) / scale
    squares = math.fsum(x * x for x in hosts.values())
    if not squares or len(hosts) < 2:
        return Association(len(rows), len(hosts), ratio, risk, None, None, None)
    error = math.sqrt(squares * len(hosts) / (len(hosts) - 1)) / scale
    low, high = max(-1.0, risk - Z * error), min(1.0, risk + Z * error)
    p = math.erfc(abs(risk) / error / math.sqrt(2))
    return Association(len(rows), len(hosts), ratio, risk, low, high, p)


@dataclass(slots=True)
class _Table:
    """How many of a snapshot's exposed and others had the event."""

    exposed: int = 0
    exposed_events: int = 0
    others: int = 0
    other_events: int = 0

    @property
    def n(self) -> int:
        """Return all of them."""
        return self.exposed + self.others


def _tables(rows: Iterable[Transition]) -> dict[str, _Table]:
    """Return the tables of the snapshots that have both exposed and others."""
    tables: dict[str, _Table] = defaultdict(_Table)
    for row in rows:
        table = tables[row.snapshot]
        if row.exposed:
            table.exposed += 1
            table.exposed_events += row.event
        else:
            table.others += 1
            table.other_events += row.event
    return {name: table for name, table in tables.items() if table.exposed and table.others}


def _residual(row: Transition, table: _Table) -> float:
    """Return what a transition adds to the risk difference beyond what is expected of it."""
    if row.exposed:
        return (row.event - table.exposed_events / table.exposed) * table.others / table.n
    return (table.other_events / table.others - row.event) * table.exposed / table.n


def _square_and_add(x: float, y: float, phi: float) -> float:
    return math.sqrt(max(0.0, x * x - 2 * phi * x * y + y * y))
