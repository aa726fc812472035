"""Counts what a history sends to an archive of Common Crawl's sizes, beside the least it could.

The archive is made by rule while it is served on loopback (`plan_server.py`).  The plan and the
run are those of `crawlblock history`; only the wait between two requests is left out.  The least is
computed here from what the archive has, by other code than the plan's: see `Least`.
"""

import asyncio
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from measured import Measurement, at_most, paired
from plan_archive import LINE, LINES, PARTS, MadeCrawl, Row, Shares, Universe, key_of
from plan_server import PART_BYTES, PlanServer

from crawlblock.model import Member
from crawlblock.pipeline.history import Wanted, collect_history, plan_history
from crawlblock.pipeline.run import Run
from crawlblock.sources.commoncrawl.cost import Estimate
from crawlblock.store.store import Store
from crawlblock.transport import Limits

RATE = 1.0  # requests a second, by default where the archive is public
SLOW, FAST = 1e6, 5e6  # bytes a second
FREE = 1_048_576  # bytes that may be read in vain in place of one more request
FEWEST = at_most(1.1)  # times the least requests
SMOKE = {"hosts": (3,), "crawls": (2,), "lines": 3_000}
OTHER = Shares(moved=0.1, direct=0.55, missing=0.1, new=0.5)


class Unpaced(Limits):
    """The limits of the default rate, by which a plan decides; nothing waits for them."""

    def shared(self) -> Limits:
        """Return what the requests themselves keep to."""
        return Limits(per_second=1e6, in_flight=self.in_flight)


@dataclass(slots=True)
class Sent:
    """The sizes of answers, in bytes; each is a request."""

    sizes: list[int] = field(default_factory=list)

    def minutes(self, line: float) -> float:
        """Return how long they take: a request waits for its turn and for the one before."""
        return sum(max(1 / RATE, size / line) for size in self.sizes) / 60

    @property
    def both(self) -> float:
        """Return the minutes of a slow and of a modest line together."""
        return self.minutes(SLOW) + self.minutes(FAST)


def spans(ranges: Iterable[tuple[str, int, int]]) -> list[int]:
    """Return the sizes of the fewest requests for ranges (file, first, end) of files."""
    sizes: list[int] = []
    last: str | None = None
    reach = 0
    for name, first, end in sorted(ranges):
        if name != last or first > reach + FREE:
            sizes.append(0)
            last, reach = name, first
        sizes[-1] += max(0, end - reach)
        reach = max(reach, end)
    return sizes


class Least:
    """What a reader sends who knows where everything is, and only must prove it.

    He asks for the list of crawls and then, in each crawl, for the lines of cluster.idx around each
    key or for that file whole, for the blocks, and for each payload once; or for the parts of the
    columnar index that have a host.  Ranges of a file with at most a mebibyte between them are one
    request.
    """

    def __init__(self) -> None:
        self.same, self.best = Sent([2_000]), Sent([2_000])  # by our way; by the quickest of all
        self._known: set[str] = set()

    def add(self, made: MadeCrawl, hosts: Sequence[str], way: str) -> None:
        """Add a crawl that we read in a way."""
        rows = [row for host in hosts for row in made.by_host.get(host, ())]
        urls = {f"https://{host}/robots.txt" for host in hosts} | {row.url for row in rows}
        blocks = {made.block_of(key_of(url)) for url in urls}
        places = [made.place_of(n) for n in blocks]
        asked = spans((str(file), at, at + size) for file, at, size in places)
        per = -(-len(made.keys) // PARTS)
        ways = {
            "whole": [len(made.cluster), *asked],
            "ranges": [*spans(("", n * LINE, (n + 2) * LINE) for n in blocks), *asked],
            "columnar": [4_000, *[PART_BYTES] * len({n // per for n in blocks})],
        }
        payloads = self._payloads(rows)
        self.same.sizes += ways[way] + payloads
        self.best.sizes += min(ways.values(), key=lambda sizes: Sent(sizes).both) + payloads

    def _payloads(self, rows: Iterable[Row]) -> list[int]:
        needed = {
            row.digest: (row.place[0], row.place[1], row.place[1] + row.place[2])
            for row in rows
            if row.status == 200 and row.digest not in self._known
        }
        self._known.update(needed)
        return spans(needed.values())


def panel(universe: Universe, size: int, seed: int) -> list[str]:
    """Return hosts of the archive by a seed."""
    chosen = np.random.default_rng((size, seed)).choice(len(universe.sites), size, replace=False)
    return [".".join(reversed(universe.sites[n].split(","))) for n in chosen]


@dataclass(slots=True)
class History:
    """What a dry run and a run of one panel sent."""

    sent: Sent
    least: Least
    plans: list[Estimate]
    ways: list[str]
    dry: int  # requests


def run(universe: Universe, hosts: list[str], crawls: int, shares: Shares) -> History:
    """Plan and run a history of some hosts and crawls."""
    names = [f"CC-MAIN-{2026 - n // 12}-{40 - n % 12 * 3:02}" for n in range(crawls)]
    members = [Member("p", h, h, None, "all", None, 1.0, n) for n, h in enumerate(hosts)]
    with (
        tempfile.TemporaryDirectory() as folder,
        PlanServer(universe, names, hosts, shares) as server,
    ):
        db = Path(folder) / "db.duckdb"
        limits = Unpaced(per_second=RATE, in_flight=1)
        order = Wanted(server.url, None, "all", None, limits, db.with_suffix(".cache"))
        plans = asyncio.run(plan_history(Run(Store(db)), order, members))
        dry = len(server.sizes)
        server.sizes.clear()
        server.requests.clear()
        done = Run(Store(db))
        asyncio.run(collect_history(done, order, members))
        assert not done.tally.troubles and not done.tally.unfinished, done.tally.troubles
        sent, least = Sent(list(server.sizes)), Least()
        ways = [way_of(server, plan.crawl, plan.method) for plan in plans]
        for plan, way in zip(plans, ways, strict=True):
            least.add(server.crawl(plan.crawl), hosts, way)
    return History(sent, least, plans, ways, dry)


def measurements(what: str, found: Sequence[History]) -> Iterator[Measurement]:
    """Yield what some panels sent, next to the least and to what dry runs said."""
    used = [way for each in found for way in each.ways]
    ways = ", ".join(f"{way} {used.count(way) / len(found):.3g}" for way in dict.fromkeys(used))
    print(f"{what}: read by {ways}; dry runs sent {[each.dry for each in found]}", flush=True)
    sent = [float(len(each.sent.sizes)) for each in found]
    least = [float(len(each.least.same.sizes)) for each in found]
    yield paired(what, "requests", sent, least, "the least", FEWEST)
    said = [float(sum(plan.requests for plan in each.plans)) for each in found]
    yield paired(f"{what}, by the dry run", "requests", said, sent, "the run")
    sizes = [sum(each.sent.sizes) / 1e9 for each in found]
    said = [sum(plan.bytes for plan in each.plans) / 1e9 for each in found]
    yield paired(f"{what}, by the dry run", "GB", said, sizes, "the run")
    for line in (SLOW, FAST):
        minutes = [each.sent.minutes(line) for each in found]
        fewest = [each.least.best.minutes(line) for each in found]
        at = f"{what}, at {line / 1e6:g} MB/s"
        yield paired(at, "minutes", minutes, fewest, "the least of all ways")


def way_of(server: PlanServer, crawl: str, method: str) -> str:
    """Return how a crawl was read."""
    if method == "columnar":
        return method
    whole = any(
        request.path.endswith(f"{crawl}/indexes/cluster.idx") and request.range is None
        for request in server.requests
    )
    return "whole" if whole else "ranges"


def measure(
    hosts: tuple[int, ...] = (10, 50, 1_000, 10_000), crawls: tuple[int, ...] = (1, 6, 100),
    panels: int = 1, other: bool = False, lines: int = LINES, most: int = 1_000,
) -> Iterator[Measurement]:  # fmt: skip
    """Measure panels of each size in each number of crawls; all that is sent is counted.

    `other` takes hosts that do otherwise than a dry run assumes, `lines` the size of cluster.idx.
    What is more than `most` hosts times crawls is left out: it takes hours.
    """
    universe = Universe(lines)
    shares = OTHER if other else Shares()
    for size in hosts:
        for number in crawls:
            if size * number > most:
                print(f"{size:,} hosts, {number} crawls: left out, see most", flush=True)
                continue
            chosen = [panel(universe, size, seed) for seed in range(panels)]
            found = [run(universe, each, number, shares) for each in chosen]
            yield from measurements(f"{size:,} hosts, {number} crawls", found)
