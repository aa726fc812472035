"""Measures how many hosts a second are asked for their robots.txt, each over a new connection.

It measures a whole run: lookup, connection, request, answer, WARC, database; each in a
process of its own.  In turns with it, aiohttp alone makes the same requests and keeps nothing.
Another process serves every host name on loopback, plain or over TLS (openssl makes a certificate),
and is their name server, too: it answers after `lookup` seconds.  It is asked by aiodns (the extra
`speed`); without aiodns the lookup is a timer.
"""

import asyncio
import resource
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from ipaddress import ip_network
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from live_server import Ports, serve
from machine import aside
from measured import Goal, Measurement, alone, at_least, at_most, paired

from crawlblock.model import Member
from crawlblock.pipeline.live import Asking, collect_live
from crawlblock.pipeline.run import Run
from crawlblock.sources.live import Pace, Patience
from crawlblock.sources.live.addresses import has_aiodns
from crawlblock.sources.live.resolver import DnsResolver
from crawlblock.store.store import Store

T = TypeVar("T")
Lookups: TypeAlias = Callable[..., AbstractResolver]
AIODNS = has_aiodns()
AS_FAST = 0.85  # of aiohttp alone
SMOKE = {"rounds": 1, "hosts": 20, "concurrency": 10, "lookup": 0.001}


@dataclass(frozen=True, slots=True)
class Case:
    """A panel and how its hosts answer."""

    name: str
    hosts: int
    concurrency: int  # hosts at a time
    lookup: float  # s
    tls: bool = False  # otherwise https is refused, and asked first all the same
    dead: float = 0.0  # share of the hosts that never answer
    silence: float = 5.0  # s a host may say nothing
    goal: Goal | None = None  # hosts/s

    @property
    def longest(self) -> float:
        """Return how long the run may take, in seconds."""
        return self.hosts / self.concurrency * 2 * self.silence


@dataclass(frozen=True, slots=True)
class Result:
    """What a run took."""

    wall: float  # s
    cpu: float  # s of the client
    requests: int  # each a connection
    memory: float  # MiB at most
    outcomes: dict[str, int]


class LoopbackResolver(AbstractResolver):
    """Looks each name up once, and puts our server's ports in place.

    `Names` remembers a name for both schemes, but not where a resolver changes the port.
    """

    def __init__(self, ports: Ports, case: Case, names: Lookups) -> None:
        """Take where the server listens, and what looks names up by aiodns."""
        # without TLS https is refused at once, as many hosts do
        self._ports = {80: ports.plain, 443: ports.secure if case.tls else 1}
        self._seconds = case.lookup
        self._names = names(nameservers=[f"127.0.0.1:{ports.names}"]) if AIODNS else None
        self._known: dict[str, str] = {}

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the loopback address."""
        address = self._known.pop(host, None)  # each is asked by https, then by http
        if address is None:
            address = self._known[host] = await self._look_up(host, port, family)
        return [
            ResolveResult(
                hostname=host, host=address, port=self._ports[port], family=socket.AF_INET,
                proto=0, flags=0,
            )
        ]  # fmt: skip

    async def _look_up(self, host: str, port: int, family: socket.AddressFamily) -> str:
        if self._names is not None:
            return (await self._names.resolve(host, port, family))[0]["host"]
        await asyncio.sleep(self._seconds)
        return "127.0.0.1"

    async def close(self) -> None:
        """End aiodns."""
        if self._names is not None:
            await self._names.close()


def certified(folder: Path) -> Path:
    """Return a new certificate with its key."""
    path = folder / "site.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -batch"
    subject = ["-subj", "/CN=bench.example", "-keyout", str(path), "-out", str(folder / "crt.pem")]
    subprocess.run(  # only *.bench.example is ever asked over TLS
        [*command.split(), *subject, "-addext", "subjectAltName=DNS:*.bench.example"],
        check=True, capture_output=True,
    )  # fmt: skip
    path.write_bytes(path.read_bytes() + (folder / "crt.pem").read_bytes())
    return path


def members(hosts: int, dead: float) -> list[Member]:
    """Return a panel; the dead are spread over it."""
    every = round(1 / dead) if dead else 0
    names = (f"{'dead' if every and n % every == 0 else 'h'}{n}" for n in range(hosts))
    return [
        Member("bench", name, f"{name}.bench.example", None, "all", None, 1.0, number)
        for number, name in enumerate(names)
    ]


def run(case: Case) -> Result:
    """Collect the panel of a case once."""
    return beside_server(case, collected)


def run_alone(case: Case) -> float:
    """Return how many hosts a second aiohttp alone asks."""
    return beside_server(case, asked_alone)


def beside_server(case: Case, work: Callable[[Case, Ports, Path], Coroutine[Any, Any, T]]) -> T:
    """Run a case beside a server of its own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        certificate = certified(folder) if case.tls else None
        spawn = get_context("spawn")
        mine, theirs = spawn.Pipe()
        server = spawn.Process(target=serve, args=(theirs, case.lookup, certificate), daemon=True)
        server.start()
        try:
            return asyncio.run(work(case, mine.recv(), folder))
        finally:
            server.terminate()
            server.join()


def trusting(case: Case, folder: Path) -> ssl.SSLContext | None:
    """Return what checks the server's certificate, if it has one."""
    return ssl.create_default_context(cafile=str(folder / "crt.pem")) if case.tls else None


async def asked_alone(case: Case, ports: Ports, folder: Path) -> float:
    """Make the requests of a run, each over a new connection; return hosts a second."""
    names = iter([member.host for member in members(case.hosts, case.dead)])
    resolver = LoopbackResolver(ports, case, aiohttp.AsyncResolver)
    connector = aiohttp.TCPConnector(
        resolver=resolver, force_close=True, limit=case.concurrency, use_dns_cache=False,
        ssl=trusting(case, folder) or True,
    )  # fmt: skip
    answered = 0

    async def ask(session: aiohttp.ClientSession) -> None:
        nonlocal answered
        for name in names:
            for scheme in ("https", "http"):
                with suppress(aiohttp.ClientConnectorError):
                    async with session.get(f"{scheme}://{name}/robots.txt") as response:
                        await response.read()
                        answered += response.status == HTTPStatus.OK
                    break

    begun = time.perf_counter()
    async with aiohttp.ClientSession(connector=connector) as session:
        await asyncio.gather(*(ask(session) for _ in range(case.concurrency)))
    took = time.perf_counter() - begun
    if answered < 0.99 * case.hosts:
        raise RuntimeError(f"{case.name}: aiohttp alone got {answered:,} of {case.hosts:,} answers")
    return case.hosts / took


async def collected(case: Case, ports: Ports, folder: Path) -> Result:
    """Ask the panel; every host has one capture in the end."""
    context = trusting(case, folder)
    asking = Asking(
        "bench@example.org", "live-bench", Pace(case.concurrency),
        Patience(lookup=3, connect=3, silence=case.silence, whole=2 * case.silence),
        allowed=(ip_network("127.0.0.0/8"),), tls=context,
        resolver=LoopbackResolver(ports, case, DnsResolver),
    )  # fmt: skip
    store = Store(folder / "bench.duckdb")
    panel = members(case.hosts, case.dead)
    store.facts.add_panel("bench", "bench", None, datetime(2026, 1, 1), panel)
    collected_by = Run(store)
    wall, cpu = time.perf_counter(), time.process_time()
    with store.held():
        await collect_live(collected_by, asking, panel)
        store.conclusions.settle()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    with store.transaction() as con:
        found = con.execute("SELECT outcome, count(*) FROM captures GROUP BY ALL").fetchall()
    outcomes = dict(found)
    living = sum(not member.host.startswith("dead") for member in panel)
    complete = sum(outcomes.values()) == case.hosts
    if not complete or outcomes.get("ok", 0) < 0.99 * living:  # a busy machine loses a few
        raise RuntimeError(f"{case.name}: {outcomes} of {case.hosts:,} hosts, {living:,} living")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Result(wall, cpu, collected_by.tally.requests, memory, outcomes)


def measured(case: Case, results: list[Result]) -> Iterator[Measurement]:
    """Yield what some runs of a case took."""
    outcomes = ", ".join(f"{count:,} {name}" for name, count in results[0].outcomes.items())
    print(f"{case.name}: {outcomes}", flush=True)
    rates = [case.hosts / result.wall for result in results]
    yield alone(case.name, "hosts/s", rates, case.goal)
    connections = [result.requests / result.wall for result in results]
    yield alone(f"{case.name}, each request", "connections/s", connections)
    cpu = [result.cpu / case.hosts * 1000 for result in results]
    yield alone(f"{case.name}, processor a host", "ms", cpu)
    memory = [result.memory for result in results]
    yield alone(f"{case.name}, peak", "MiB", memory)
    wall = [result.wall for result in results]
    yield alone(f"{case.name}, the whole run", "s", wall, at_most(case.longest))


def measure(
    rounds: int = 5, hosts: int = 10_000, concurrency: int = 200, lookup: float = 0.03,
    large: bool = False,
) -> Iterator[Measurement]:  # fmt: skip
    """Measure both cases; `large` adds 100,000 hosts of which 5 % never answer, in one round."""
    size = hosts, concurrency, lookup
    plain = Case("plain HTTP, https refused first", *size, goal=at_least(1_200))
    cases = [(plain, rounds), (Case("TLS", *size, tls=True, goal=at_least(700)), rounds)]
    if large:
        cases.append((Case("100,000 hosts, 5 % dead", 100_000, 500, lookup, dead=0.05), 1))
    print(f"names looked up {'by aiodns' if AIODNS else 'by a timer, aiodns is not installed'}")
    for case, times in cases:
        results: list[Result] = []
        alone_too: list[float] = []
        for _ in range(times):
            results.append(aside(run, case))
            if not case.dead:
                alone_too.append(aside(run_alone, case))
        yield from measured(case, results)
        if alone_too:
            rates = [case.hosts / result.wall for result in results]
            against = "aiohttp alone"
            yield paired(case.name, "hosts/s", rates, alone_too, against, at_least(AS_FAST))
