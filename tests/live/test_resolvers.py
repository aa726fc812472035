"""Names looked up by aiodns, the extra `speed`, end at the guard as all others do."""

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import cast

import pytest
from yarl import URL

from crawlblock.outcome import Ending
from crawlblock.sources.live import Answer, Failure, Fetcher, Patience
from crawlblock.sources.live.addresses import has_aiodns
from crawlblock.sources.live.fetch import lookup_threads
from crawlblock.sources.live.resolver import DnsResolver
from live.servers import LOOPBACK, answer, sending, web_server

pytest.importorskip("aiodns")
PATIENCE = Patience(lookup=5, connect=5, silence=5, whole=10)
_TYPES = {b"\0\x01": socket.AF_INET, b"\0\x1c": socket.AF_INET6}  # A, AAAA


class NameServer(asyncio.DatagramProtocol):
    """Answers for names with the addresses that it was given."""

    def __init__(self, addresses: Mapping[str, str], questions: list[tuple[str, bytes]]) -> None:
        """Take the address of each name, and where names and types asked for are noted."""
        self._addresses, self._questions = addresses, questions

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the socket."""
        # what asyncio 3.11 hands over is no subclass of the protocol's own type
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, peer: tuple[str, int]) -> None:
        """Answer a question; a name without an address of that type has no records."""
        end = data.index(0, 12) + 5
        name, kind = _name(data[12 : end - 4]), data[end - 4 : end - 2]
        self._questions.append((name, kind))
        address = self._addresses.get(name, "")
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        record = b""
        if address and _TYPES.get(kind) == family:
            packed = socket.inet_pton(family, address)
            record = b"\xc0\x0c" + kind + b"\0\1\0\0\0\x3c" + len(packed).to_bytes(2) + packed
        counts = b"\0\1" + (b"\0\1" if record else b"\0\0") + b"\0\0\0\0"
        code = b"\x81\x80" if address else b"\x81\x83"  # NXDOMAIN
        self._transport.sendto(data[:2] + code + counts + data[12:end] + record, peer)


def _name(labels: bytes) -> str:
    parts = []
    while labels and labels[0]:
        parts.append(labels[1 : labels[0] + 1].decode())
        labels = labels[labels[0] + 1 :]
    return ".".join(parts).lower()


@asynccontextmanager
async def resolver(
    addresses: Mapping[str, str], questions: list[tuple[str, bytes]] | None = None
) -> AsyncIterator[DnsResolver]:
    """Give aiodns one name server, on this machine."""
    asked = [] if questions is None else questions
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: NameServer(addresses, asked), local_addr=("127.0.0.1", 0)
    )
    port = transport.get_extra_info("sockname")[1]
    found = DnsResolver(nameservers=[f"127.0.0.1:{port}"])
    try:
        yield found
    finally:
        await found.close()
        transport.close()


async def test_aiodns_is_what_looks_names_up_where_it_is_installed() -> None:
    """Prove that the extra needs no setting: aiodns is found and it finds localhost."""
    assert has_aiodns()
    assert lookup_threads() is None
    async with web_server({}) as site:
        url = URL(f"http://localhost:{site.port}/robots.txt")
        async with Fetcher("crawlblock/0", PATIENCE, allowed=LOOPBACK) as fetcher:
            assert isinstance(found := await fetcher.ask(url, 10), Answer)
    assert (found.status, found.address) == (404, "127.0.0.1")


async def test_a_name_is_asked_at_the_address_that_its_name_server_gives() -> None:
    """Prove that a Fetcher works over aiodns."""
    name = "site.example.com"
    async with (
        web_server({}) as site,
        resolver({name: "127.0.0.1"}) as names,
        Fetcher("crawlblock/0", PATIENCE, allowed=LOOPBACK, resolver=names) as fetcher,
    ):
        found = await fetcher.ask(URL(f"http://{name}:{site.port}/robots.txt"), 10)
    assert isinstance(found, Answer)
    assert found.status == 404
    assert [asked.partition(":")[0] for asked in site.hosts()] == [name]


async def test_a_name_server_is_asked_once_per_name() -> None:
    """Requests to two ports of a host cost one query for each type of address."""
    name = "site.example.com"
    questions: list[tuple[str, bytes]] = []
    async with (
        web_server({}) as first,
        web_server({}) as second,
        resolver({name: "127.0.0.1"}, questions) as names,
        Fetcher("crawlblock/0", PATIENCE, allowed=LOOPBACK, resolver=names) as fetcher,
    ):
        for port in (first.port, second.port):
            assert isinstance(await fetcher.ask(URL(f"http://{name}:{port}/"), 10), Answer)
    assert sorted(questions) == sorted((name, kind) for kind in _TYPES)


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "169.254.169.254", "10.0.0.1", "::1", "::ffff:127.0.0.1"]
)
async def test_a_name_that_points_inside_is_not_asked(address: str) -> None:
    """Prove that the guard stands behind aiodns too, whatever a name server answers."""
    name = "hostile.example.com"
    async with (
        web_server({name: sending(answer())}) as site,
        resolver({name: address}) as names,
        Fetcher("crawlblock/0", PATIENCE, resolver=names) as fetcher,
    ):
        found = await fetcher.ask(URL(f"http://{name}:{site.port}/robots.txt"), 10)
    assert isinstance(found, Failure)
    assert found.ended is Ending.UNREACHABLE
    assert found.reason.startswith("not asked: ")
    assert address in found.reason
    assert not site.asked


async def test_a_name_that_does_not_exist_is_a_failure_of_dns() -> None:
    """Prove that what aiodns raises becomes the right outcome."""
    async with (
        resolver({}) as names,
        Fetcher("crawlblock/0", PATIENCE, resolver=names) as fetcher,
    ):
        found = await fetcher.ask(URL("http://nowhere.example.com/robots.txt"), 10)
    assert isinstance(found, Failure)
    assert found.ended is Ending.DNS
