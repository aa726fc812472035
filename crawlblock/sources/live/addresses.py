"""The addresses of hosts: each name is looked up once for all requests of a visit."""

import asyncio
import ipaddress
import socket
from collections import OrderedDict
from collections.abc import Sequence
from typing import TypeAlias

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from crawlblock.sources.live.resolver import DnsResolver

Address: TypeAlias = tuple[int, int, int, str, tuple[str, int]]  # as getaddrinfo has it

_REMEMBERED = 4_096  # names
_SECONDS = 60.0  # a visit asks by https, then by http, then follows redirects


def has_aiodns() -> bool:
    """Return whether the extra `speed` is installed."""
    return aiohttp.DefaultResolver is aiohttp.AsyncResolver


class NameNotFoundError(OSError):
    """A host's name has no address."""


class Names:
    """Looks up names and remembers addresses for a minute.

    Nothing is checked here: the guard looks at each address when a socket is made for it.
    """

    def __init__(self, resolver: AbstractResolver | None = None) -> None:
        """Take what looks names up; without one it is made when it is needed."""
        self._given = resolver
        self._own: AbstractResolver | None = None
        self._known: OrderedDict[tuple[str, int | None], tuple[float, list[Address]]] = (
            OrderedDict()
        )

    async def addresses(self, host: str, port: int) -> list[Address]:
        """Return the addresses of a host.  Raises NameNotFoundError."""
        literal = _literal(host, port)
        if literal:
            return [literal]
        name = host.lower().rstrip(".")
        now = asyncio.get_running_loop().time()
        for key in ((name, None), (name, port)):
            until, known = self._known.get(key, (0.0, []))
            if now < until:
                return [_with_port(each, port) for each in known] if key[1] is None else known
        found = await self._look_up(host, port)
        # a resolver that names another port means the one that was asked for alone
        same = all(each[4][1] == port for each in found)
        self._remember((name, None if same else port), now + _SECONDS, found)
        return found

    async def close(self) -> None:
        """Let go of the resolver that was made here."""
        if self._own:
            await self._own.close()

    async def _look_up(self, host: str, port: int) -> list[Address]:
        resolver = self._given or self._own
        if resolver is None:
            resolver = self._own = DnsResolver() if has_aiodns() else aiohttp.ThreadedResolver()
        try:
            found = await resolver.resolve(host, port, family=socket.AF_UNSPEC)
        except TimeoutError:
            raise
        except OSError as error:
            raise NameNotFoundError(error.errno, error.strerror or str(error)) from None
        if not found:
            raise NameNotFoundError(None, "it has no address")
        return _addresses(found)

    def _remember(self, key: tuple[str, int | None], until: float, found: list[Address]) -> None:
        self._known[key] = until, found
        self._known.move_to_end(key)
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)


def _addresses(found: Sequence[ResolveResult]) -> list[Address]:
    return [
        (each["family"], socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (each["host"], each["port"]))
        for each in found
    ]


def _with_port(address: Address, port: int) -> Address:
    return *address[:4], (address[4][0], port)


def _literal(host: str, port: int) -> Address | None:
    """Return the address that a host is written as, None for a name."""
    if ":" not in host and not host[-1:].isdigit():
        return None
    try:
        version = ipaddress.ip_address(host).version
    except ValueError:
        return None
    family = socket.AF_INET6 if version == 6 else socket.AF_INET
    return family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (host, port)
