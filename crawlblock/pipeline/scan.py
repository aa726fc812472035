"""Runs a planned scan on an engine: all its shards or a part, within one budget."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from crawlblock.executor import Engine, Failed, run_tasks
from crawlblock.scan.plan import Plan, part
from crawlblock.scan.shard import Done, run_shard, tasks
from crawlblock.transport import Limits

_UNASKED = 100.0  # requests a second of one worker if no public server is asked


@dataclass(frozen=True, slots=True)
class ScanRequest:
    """Which shards are read, and the load on the mirror."""

    directory: Path
    contact: str | None
    number: int = 1  # number of this part, from 1
    parts: int = 1  # parts that run at the same time, each with as many workers
    rate: float | None = None  # requests a second of all parts together; None: no limit


def scan_shards(plan: Plan, asking: ScanRequest, engine: Engine) -> Iterator[Done | Failed]:
    """Read the shards of a part and return the result of each, in the order in which they end.

    With a rate, the number of shards read at a time never exceeds the divisor of the rate.
    Raises what `run_shard` raises, after the running shards are done; finished shards stay.
    """
    shards = part(plan.shards, asking.number, asking.parts)
    most, rate = None, _UNASKED
    if asking.rate:
        most = max(1, min(engine.room(), len(shards)))
        rate = asking.rate / (most * asking.parts)
    limits = Limits(per_second=rate, in_flight=1, together=asking.rate or math.inf)
    given = tasks(plan, shards, asking.directory, asking.contact, limits)
    return run_tasks(engine, run_shard, ((task.shard.shard, task) for task in given), most)
