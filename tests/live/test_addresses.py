"""Each name is looked up once for a visit, and remembered for a minute within bounds."""

import socket
from pathlib import Path

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from crawlblock.outcome import Ending
from crawlblock.sources.live import Answer, Failure, Fetcher
from crawlblock.sources.live.addresses import Names
from live.servers import LOOPBACK, web_server
from live.visits import AGENT, PATIENT, asking, member, visit


class CountingResolver(AbstractResolver):
    """Gives one address for all names, with the port that is asked for, and counts."""

    def __init__(self, address: str = "127.0.0.1") -> None:
        """Take the address."""
        self._address = address
        self.looked_up: list[str] = []

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the address."""
        self.looked_up.append(host)
        return [
            ResolveResult(
                hostname=host, host=self._address, port=port, family=socket.AF_INET, proto=0,
                flags=0,
            )
        ]  # fmt: skip

    async def close(self) -> None:
        """Hold nothing."""


async def test_a_name_is_looked_up_once_for_https_and_http(tmp_path: Path) -> None:
    """A visit whose https fails asks http at the address that is known already."""
    resolver = CountingResolver("127.77.0.1")  # nobody listens there
    found = await visit(tmp_path, asking(resolver), [member("a.test")])
    assert not found.captures["a.test"].outcome.answered
    assert len(found.fetches) == 2
    assert resolver.looked_up == ["a.test"]


async def test_a_name_is_looked_up_once_for_all_its_ports() -> None:
    """Requests to two ports of a host cost one query."""
    resolver = CountingResolver()
    async with (
        web_server({}) as first,
        web_server({}) as second,
        Fetcher(AGENT, PATIENT, allowed=LOOPBACK, resolver=resolver) as fetcher,
    ):
        for port in (first.port, second.port, first.port):
            found = await fetcher.ask(URL(f"http://a.test:{port}/robots.txt"), 10)
            assert isinstance(found, Answer)
            assert found.status == 404
    assert len(first.asked) == 2
    assert len(second.asked) == 1
    assert resolver.looked_up == ["a.test"]


async def test_an_address_that_is_remembered_is_guarded_all_the_same() -> None:
    """The guard looks at the address of each connection, wherever it comes from."""
    resolver = CountingResolver("10.0.0.1")
    async with Fetcher(AGENT, PATIENT, allowed=LOOPBACK, resolver=resolver) as fetcher:
        for port in (80, 443):
            found = await fetcher.ask(URL(f"http://a.test:{port}/robots.txt"), 10)
            assert isinstance(found, Failure)
            assert found.ended is Ending.UNREACHABLE
            assert found.reason.startswith("not asked: ")
            assert found.reason.endswith("10.0.0.1 is not a public address")
    assert resolver.looked_up == ["a.test"]


async def test_memory_of_names_is_bounded() -> None:
    """Of many names the oldest are forgotten."""
    resolver = CountingResolver()
    names = Names(resolver)
    for number in range(5_000):
        await names.addresses(f"h{number}.test", 443)
    assert len(resolver.looked_up) == 5_000
    await names.addresses("h4999.test", 80)
    assert len(resolver.looked_up) == 5_000
    await names.addresses("h0.test", 443)
    assert len(resolver.looked_up) == 5_001


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
async def test_addresses_are_not_looked_up(host: str) -> None:
    """A host that is an address is its own answer."""
    resolver = CountingResolver()
    (found,) = await Names(resolver).addresses(host, 443)
    assert found[4] == (host, 443)
    assert resolver.looked_up == []
