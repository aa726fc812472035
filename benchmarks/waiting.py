"""How long a run takes on a bad day of the archive: the real gate on a virtual clock.

`python benchmarks/waiting.py` prints the table; tests/test_waiting.py holds it to its bounds.
"""

import asyncio
import random
import selectors
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import mean

from crawlblock.errors import UpstreamError
from crawlblock.transport import Busy, HostGate, Limits

REQUESTS = 1951  # of a history of 1,000 hosts in one crawl, by ZipNum
SECONDS = 0.2  # that an answer takes
BURST = 10.0  # mean length of a burst: in requests or in seconds
TASKS = 200  # that history has under way; it asks for blocks and records so
BOUNDS = {0.01: 1.2, 0.05: 1.5, 0.1: 2.0, 0.2: 4.0}  # share of 503: times the time without

Server = Callable[[float], bool]  # is it busy, at this time?


class _Leaping(selectors.SelectSelector):
    """A selector that does not wait: the clock leaps to where the loop wants to be."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.now += timeout or 0.0
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose time passes at once; for tasks that only sleep."""

    def __init__(self) -> None:
        self._leaping = _Leaping()
        super().__init__(self._leaping)

    def time(self) -> float:
        """Return the virtual time."""
        return self._leaping.now


def independent(share: float, chance: random.Random) -> Server:
    """Return a server that is busy by chance, each time anew."""
    return lambda _: chance.random() < share


def bursts_of_requests(share: float, chance: random.Random) -> Server:
    """Return a server that is busy for some requests in a row, whenever they come."""
    begins = share / (1 - share) / BURST
    busy = chance.random() < share

    def ask(_: float) -> bool:
        nonlocal busy
        busy = chance.random() < (1 - 1 / BURST if busy else begins)
        return busy

    return ask


def bursts_of_seconds(share: float, chance: random.Random) -> Server:
    """Return a server that is busy for a while, whoever asks."""
    quiet = BURST * (1 - share) / share
    busy = chance.random() < share
    until = chance.expovariate(1 / (BURST if busy else quiet))

    def ask(now: float) -> bool:
        nonlocal busy, until
        while now >= until:
            busy = not busy
            until += chance.expovariate(1 / (BURST if busy else quiet))
        return busy

    return ask


SERVERS = (independent, bursts_of_requests, bursts_of_seconds)


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run went."""

    seconds: float
    requests: int
    done: int
    why: str | None = None  # it ended early


def run(server: Server, *, tasks: int = TASKS, limits: Limits | None = None) -> Ended:
    """Ask for everything through one gate, `tasks` at a time, on a clock of its own."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(_asked(server, tasks, limits or Limits()))


async def _asked(server: Server, tasks: int, limits: Limits) -> Ended:
    loop = asyncio.get_running_loop()
    gate = HostGate("archive", limits, loop.time)
    sent = done = 0

    async def once() -> bytes | Busy:
        nonlocal sent
        sent += 1
        busy = server(loop.time())
        await asyncio.sleep(SECONDS)
        return Busy(503) if busy else b""

    async def work(pending: Iterable[int]) -> None:
        nonlocal done
        for _ in pending:
            answered = await gate.ask(once) == b""
            done += answered  # not in one: others count while this one waits

    pending = iter(range(REQUESTS))
    try:
        await asyncio.gather(*(work(pending) for _ in range(tasks)))
    except UpstreamError as error:
        return Ended(loop.time(), sent, done, str(error))
    return Ended(loop.time(), sent, done)


def table(seeds: Sequence[int], tasks: int) -> list[tuple[str, float, float, float, bool]]:
    """Return server, share, mean and largest times the time without, and whether all was done."""
    plain = run(lambda _: False, tasks=tasks).seconds
    rows = []
    for server in SERVERS:
        for share in BOUNDS:
            ended = []
            for seed in seeds:
                random.seed(seed)  # of the gate's jitter
                ended.append(run(server(share, random.Random(seed)), tasks=tasks))
            times = [each.seconds / plain for each in ended]
            whole = all(each.done == REQUESTS for each in ended)
            rows.append((server.__name__, share, mean(times), max(times), whole))
    return rows


def main() -> None:
    """Print how many times as long a run takes."""
    for tasks in (TASKS, 1):
        print(f"\n{REQUESTS} requests at 1/s, 1 in flight, {tasks} tasks; 20 seeds\n")
        print("| server | 503 | times, mean | times, most | at most | all done |")
        print("|---|---|---|---|---|---|")
        for name, share, middle, most, whole in table(range(20), tasks):
            print(
                f"| {name.replace('_', ' ')} | {share:.0%} | {middle:.2f} | {most:.2f} "
                f"| {BOUNDS[share]} | {'yes' if whole else 'no'} |"
            )


if __name__ == "__main__":
    main()
