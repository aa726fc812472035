"""Measures how many hosts a second are asked for their robots.txt, each over a new connection.

Usage:
    python benchmarks/live_run.py [--hosts 10000] [--concurrency 200] [--tls] [--dead 0.05]

A second process serves every host name on loopback; the resolver takes `--lookup` seconds for each
name.  `--dead` is the share of hosts that never answer.  What is measured is a whole run: lookup,
connection, request, answer, WARC, database.  With --tls openssl makes a certificate for the run.
"""

import argparse
import asyncio
import multiprocessing
import platform
import resource
import socket
import ssl
import subprocess
import tempfile
import time
from datetime import datetime
from ipaddress import ip_network
from multiprocessing.connection import Connection
from pathlib import Path

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from crawlblock.model import Member
from crawlblock.pipeline.live import Asking, collect_live
from crawlblock.pipeline.runs import Tally
from crawlblock.sources.live import Patience
from crawlblock.store.store import Store

BODY = b"User-agent: GPTBot\nDisallow: /\n\nUser-agent: *\nDisallow: /private\n" * 15


class SlowResolver(AbstractResolver):
    """Sends every name to one loopback server, after a while."""

    def __init__(self, ports: dict[int, int], seconds: float) -> None:
        """Take the server's port for each port asked, and how long a lookup takes."""
        self._ports, self._seconds = ports, seconds

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the loopback address."""
        await asyncio.sleep(self._seconds)
        return [
            ResolveResult(
                hostname=host, host="127.0.0.1", port=self._ports[port], family=socket.AF_INET,
                proto=0, flags=0,
            )
        ]  # fmt: skip

    async def close(self) -> None:
        """Hold nothing."""


class Site(asyncio.Protocol):
    """Answers every request with its own robots.txt, unless the host is dead."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer; a request fits into one read."""
        host = data.partition(b"Host: ")[2].partition(b"\r\n")[0]
        if not host.startswith(b"dead") and isinstance(self._transport, asyncio.WriteTransport):
            body = BODY + b"# " + host[-2:]
            head = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nServer: bench\r\n"
            length = b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(body)
            self._transport.write(head + length + body)
            self._transport.close()


def serve(ready: Connection, certificate: Path | None) -> None:
    """Serve on two free ports, plain and (with a certificate) TLS, until ended."""

    async def run() -> None:
        loop = asyncio.get_running_loop()
        tls = None
        if certificate:
            tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            tls.load_cert_chain(certificate)
        plain = await loop.create_server(Site, "127.0.0.1", 0, backlog=4096)
        secure = await loop.create_server(Site, "127.0.0.1", 0, backlog=4096, ssl=tls)
        ready.send([server.sockets[0].getsockname()[1] for server in (plain, secure)])
        await asyncio.gather(plain.serve_forever(), secure.serve_forever())

    asyncio.run(run())


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


def measure(options: argparse.Namespace, ports: list[int], folder: Path, tls: Path | None) -> None:
    """Run once and print what it took."""
    closed = ports[1] if tls else 1  # without TLS https is refused at once, as many hosts do
    resolver = SlowResolver({80: ports[0], 443: closed}, options.lookup)
    context = ssl.create_default_context(cafile=str(folder / "crt.pem")) if tls else None
    asking = Asking(
        "bench@example.org", "live-bench", options.concurrency,
        Patience(lookup=3, connect=3, silence=options.silence, whole=2 * options.silence),
        allowed=(ip_network("127.0.0.0/8"),), resolver=resolver, tls=context,
    )  # fmt: skip
    store = Store(folder / "bench.duckdb")
    panel = members(options.hosts, options.dead)
    store.add_panel("bench", "bench", None, datetime(2026, 1, 1), panel)
    tally = Tally()
    wall, cpu = time.perf_counter(), time.process_time()
    asyncio.run(collect_live(store, asking, panel, tally, lambda *_: None))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    with store.transaction() as con:
        outcomes = con.execute("SELECT outcome, count(*) FROM captures GROUP BY ALL").fetchall()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{tally.captures:,} hosts in {wall:.1f} s: {tally.captures / wall:,.0f}/s, "
        f"{cpu / tally.captures * 1e6:,.0f} us CPU a host, {tally.requests:,} requests, "
        f"{memory:,.0f} MiB, {dict(outcomes)}"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--hosts", type=int, default=10_000)
    parser.add_argument("--concurrency", type=int, default=200)
    parser.add_argument("--lookup", type=float, default=0.03, help="seconds")
    parser.add_argument("--silence", type=float, default=5.0, help="seconds a host may be silent")
    parser.add_argument("--dead", type=float, default=0.0, help="share of hosts")
    parser.add_argument("--tls", action="store_true")
    options = parser.parse_args()
    print(f"{platform.python_implementation()} {platform.python_version()}, aiohttp", end=" ")
    print(f"{aiohttp.__version__}, {vars(options)}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        certificate = certified(folder) if options.tls else None
        mine, theirs = multiprocessing.Pipe()
        server = multiprocessing.Process(target=serve, args=(theirs, certificate), daemon=True)
        server.start()
        try:
            measure(options, mine.recv(), folder, certificate)
        finally:
            server.terminate()
            server.join()


if __name__ == "__main__":
    main()
