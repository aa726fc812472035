"""A few hostile servers among many good ones: every good host gets its true outcome, in time."""

import asyncio
import gzip
import os
import random
import struct
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from crawlblock.captures.selection import MAX_HOPS
from crawlblock.outcome import Outcome
from crawlblock.pipeline.live import Asking
from crawlblock.sources.live import Pace, Patience
from live.servers import (
    LOOPBACK,
    ROBOTS,
    Act,
    TestResolver,
    WebServer,
    answer,
    dripping,
    endless,
    redirecting,
    sending,
    silence,
    web_server,
)
from live.visits import SNAPSHOT, a_store, live_run

GOOD = int(os.environ.get("CRAWLBLOCK_CROWD", "60"))  # 200 in `make test-faults`
HTTP = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
BOMB = b"# bomb bomb bomb\n" * 4_000_000
PATIENCE = Patience(lookup=5, connect=5, silence=3, whole=8)
SECONDS = 60.0  # the whole run, on a busy machine


def pouring(head: bytes, piece: bytes) -> Act:
    """Send a head, then a piece again and again, as fast as the client takes it."""

    async def act(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while True:
            writer.write(piece)
            await writer.drain()

    return act


async def reset(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Reset the connection within the head."""
    writer.write(HTTP)
    await writer.drain()
    socket = writer.get_extra_info("socket")
    socket.setsockopt(1, 13, struct.pack("ii", 1, 0))  # SO_LINGER: no goodbye
    writer.transport.abort()


async def redirect_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send the client to a URL that it has not asked for yet."""
    target = f"http://redirects-on.bad.test/{random.random()}"
    await redirecting(target)(reader, writer)


def in_layers(body: bytes, layers: int) -> bytes:
    """Return a body in gzip within gzip."""
    for _ in range(layers):
        body = gzip.compress(body)
    return body


CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
GZIP = {"Content-Encoding": "gzip"}
# What each hostile host does, and how it may end: never as a robots.txt that it did not send.
HOSTILE: dict[str, tuple[Act, set[Outcome]]] = {
    "interim": (pouring(b"", CONTINUE * 1_000), {Outcome.UNREADABLE_ANSWER}),
    "interim-one": (pouring(b"", CONTINUE), {Outcome.UNREADABLE_ANSWER}),
    "interim-large": (
        pouring(b"", b"HTTP/1.1 103 Hints\r\nLink: " + b"a" * 50_000 + b"\r\n\r\n"),
        {Outcome.UNREADABLE_ANSWER},
    ),
    "interim-slow": (dripping(CONTINUE * 3), {Outcome.TIMEOUT, Outcome.UNREADABLE_ANSWER}),
    "head-slow": (dripping(HTTP + b"X: "), {Outcome.TIMEOUT}),
    "body-slow": (dripping(HTTP + b"\r\n"), {Outcome.TIMEOUT}),
    "chunks-slow": (
        dripping(HTTP + b"Transfer-Encoding: chunked\r\n\r\n5;"), {Outcome.TIMEOUT},
    ),
    "silent": (silence, {Outcome.TIMEOUT}),
    "headers": (pouring(HTTP, b"X-More: more\r\n" * 1_000), {Outcome.UNREADABLE_ANSWER}),
    "header": (pouring(HTTP + b"X: ", b"a" * 50_000), {Outcome.UNREADABLE_ANSWER}),
    "empty-lines": (pouring(b"", b"\r\n" * 20_000), {Outcome.UNREADABLE_ANSWER}),
    "folded": (pouring(HTTP + b"X: 1", b"\r\n a" * 10_000), {Outcome.UNREADABLE_ANSWER}),
    "tiny-chunks": (
        pouring(HTTP + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n#\r\n" * 5_000),
        {Outcome.OK, Outcome.DAMAGED},  # 500 KiB of a comment
    ),
    "chunk-line": (
        pouring(HTTP + b"Transfer-Encoding: chunked\r\n\r\n1;", b"a" * 50_000),
        {Outcome.DAMAGED, Outcome.OK, Outcome.NOT_ROBOTS},
    ),
    "endless": (endless, {Outcome.OK}),
    "gzip-bomb": (sending(answer(gzip.compress(BOMB), headers=GZIP)), {Outcome.OK}),
    "gzip-layers": (
        sending(answer(in_layers(BOMB, 2), headers={"Content-Encoding": "gzip, gzip"})),
        {Outcome.OK, Outcome.DAMAGED},
    ),
    "br-bomb": (
        sending(answer(b"\x8b\xff" * 200_000, headers={"Content-Encoding": "br"})),
        {Outcome.DAMAGED},
    ),
    "zstd-bomb": (
        sending(answer(b"\x28\xb5\x2f\xfd" * 100_000, headers={"Content-Encoding": "zstd"})),
        {Outcome.DAMAGED},
    ),
    "reset": (reset, {Outcome.UNREACHABLE, Outcome.UNREADABLE_ANSWER}),
    "redirects-on": (redirect_on, {Outcome.REDIRECT_UNRESOLVED}),
    "redirects": (
        redirecting("http://redirects.bad.test/robots.txt"), {Outcome.REDIRECT_UNRESOLVED},
    ),
}  # fmt: skip
TRUE: tuple[tuple[Act, Outcome], ...] = (
    (sending(answer()), Outcome.OK),
    (sending(CONTINUE + answer()), Outcome.OK),
    (sending(answer(gzip.compress(ROBOTS), headers=GZIP)), Outcome.OK),
    (sending(answer(b"", 404)), Outcome.ABSENT),
    (sending(answer(b"no", 403)), Outcome.REFUSED),
    (sending(answer(b"<html></html>")), Outcome.NOT_ROBOTS),
)


@asynccontextmanager
async def servers() -> AsyncIterator[tuple[WebServer, TestResolver, dict[str, set[Outcome]]]]:
    """Serve the good and the hostile hosts, and give how each may end."""
    good = {f"h{n:03}.good.test": TRUE[n % len(TRUE)] for n in range(GOOD)}
    hostile = {f"{name}.bad.test": (act, ends) for name, (act, ends) in HOSTILE.items()}
    acts = {host: act for host, (act, _) in (good | hostile).items()}
    ends = {host: {outcome} for host, (_, outcome) in good.items()}
    async with web_server(acts) as server:
        yield server, TestResolver(server.port), ends | {h: e for h, (_, e) in hostile.items()}


@pytest.mark.fault("live", "a crowd: {each}", each=HOSTILE)
async def test_hostile_hosts_spoil_no_others(tmp_path: Path) -> None:
    """Every good host gets its true outcome, each hostile one its own, and the run ends in time."""
    begun = time.monotonic()
    async with servers() as (server, resolver, ends):
        hosts = sorted(ends)
        random.Random(9).shuffle(hosts)
        store = a_store(tmp_path, hosts)
        how = Asking(
            "test@example.org", SNAPSHOT, Pace(concurrency=len(hosts)), PATIENCE, False, LOOPBACK,
            resolver,
        )  # fmt: skip
        _, tally = await live_run(store, how)
        seconds = time.monotonic() - begun
    with store.reading() as con:
        found = dict(con.execute("SELECT host, outcome FROM captures").fetchall())
    wrong = {host: found.get(host) for host, may in ends.items() if found.get(host) not in may}
    assert wrong == {}
    assert not tally.unfinished
    assert seconds < SECONDS
    assert len(server.asked) <= 2 * len(hosts) + MAX_HOPS  # also where the machine was late
