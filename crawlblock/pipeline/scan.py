"""A planned scan on an engine: its shards, or a part of them, within one budget."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from crawlblock.executor import Engine, Failed, run_tasks
from crawlblock.scan.plan import Plan, part
from crawlblock.scan.shard import Done, run_shard, tasks
from crawlblock.transport import Limits

_UNASKED = 100.0  # requests a second of one worker where nobody's patience is at stake


@dataclass(frozen=True, slots=True)
class ScanRequest:
    """Which shards are read, and what the mirror is asked to bear."""

    directory: Path
    contact: str | None
    number: int = 1  # of the parts, from 1
    parts: int = 1  # run beside this one, each with as many workers
    rate: float | None = None  # requests a second of all parts together; None: as they come


def scan_shards(plan: Plan, asking: ScanRequest, engine: Engine) -> Iterator[Done | Failed]:
    """Read the shards of a part and return what became of each, in the order in which they end.

    With a rate, no more shards are read at a time than it was divided by, whoever joins later.
    Raises what `run_shard` raises, once the shards that run are done; those that are whole stay.
    """
    shards = part(plan.shards, asking.number, asking.parts)
    most, rate = None, _UNASKED
    if asking.rate:
        most = max(1, min(engine.room(), len(shards)))
        rate = asking.rate / (most * asking.parts)
    limits = Limits(per_second=rate, in_flight=1, together=asking.rate or math.inf)
    given = tasks(plan, shards, asking.directory, asking.contact, limits)
    return run_tasks(engine, run_shard, ((task.shard.shard, task) for task in given), most)
