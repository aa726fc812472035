"""How long a run takes on a bad day of the archive: the real gate on a virtual clock.

tests/test_waiting.py holds it to its bounds.
"""

import asyncio
import random
import selectors
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from statistics import mean

from measured import Measurement, at_most

from crawlblock.errors import UpstreamError
from crawlblock.transport import Busy, HostGate, Limits

REQUESTS = 1951  # of a history of 1,000 hosts in one crawl, by ZipNum
SECONDS = 0.2  # that an answer takes
BURST = 10.0  # mean length of a burst: in requests or in seconds
TASKS = 200  # that history has under way; it asks for blocks and records so
BOUNDS = {0.01: 1.2, 0.05: 1.5, 0.1: 2.0, 0.2: 4.0}  # share of 503: times the time without

SMOKE = {"seeds": 1, "requests": 40}

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


def run(
    server: Server, *, tasks: int = TASKS, limits: Limits | None = None, requests: int = REQUESTS
) -> Ended:
    """Ask for everything through one gate, `tasks` at a time, on a clock of its own."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(_asked(server, tasks, limits or Limits(), requests))


async def _asked(server: Server, tasks: int, limits: Limits, requests: int) -> Ended:
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

    pending = iter(range(requests))
    try:
        await asyncio.gather(*(work(pending) for _ in range(tasks)))
    except UpstreamError as error:
        return Ended(loop.time(), sent, done, str(error))
    return Ended(loop.time(), sent, done)


def measure(seeds: int = 20, requests: int = REQUESTS) -> Iterator[Measurement]:
    """Measure the longest of some runs with each server, many tasks at a time and one."""
    for tasks, text in ((TASKS, f"{TASKS} tasks"), (1, "one task")):
        plain = run(lambda _: False, tasks=tasks, requests=requests).seconds
        for server in SERVERS:
            for share, bound in BOUNDS.items():
                ended = []
                for seed in range(seeds):
                    random.seed(seed)  # of the gate's jitter
                    busy = server(share, random.Random(seed))
                    ended.append(run(busy, tasks=tasks, requests=requests))
                whole = sum(each.done == requests for each in ended)
                if tasks == TASKS and whole < seeds:
                    raise RuntimeError(f"{seeds - whole} runs ended early: {ended}")
                most = max(each.seconds for each in ended)
                what = f"{share:.0%} of 503, {server.__name__.replace('_', ' ')}, {text}"
                times = mean(each.seconds for each in ended) / plain
                print(f"{what}: {times:.2f} times as long on average, {whole} of {seeds} whole")
                yield Measurement(
                    f"{what}: the longest run", "s of the gate's clock", most, seeds, plain,
                    "without 503", most / plain, at_most(bound),
                )  # fmt: skip
