"""Names looked up by aiodns, the extra `speed`, without what aiohttp's own resolver adds."""

import socket
from collections.abc import Sequence

from aiohttp.abc import AbstractResolver, ResolveResult


class DnsResolver(AbstractResolver):
    """Asks name servers by aiodns.

    aiohttp's own resolver passes the port on, and c-ares then reads the system's list of services
    at each lookup.
    """

    def __init__(self, nameservers: Sequence[str] | None = None) -> None:
        """Take the name servers, those of the system by default; raises ImportError."""
        import aiodns  # it is an extra

        self._names = aiodns.DNSResolver(nameservers=nameservers)
        self._failed = aiodns.error.DNSError

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the addresses of a host; raises OSError."""
        try:
            found = await self._names.getaddrinfo(
                host, family=family, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG
            )
        except self._failed as error:
            raise OSError(None, str(error.args[-1])) from None
        return [
            ResolveResult(
                hostname=host, host=node.addr[0].decode("ascii"), port=port, family=node.family,
                proto=0, flags=socket.AI_NUMERICHOST,
            )
            for node in found.nodes
        ]  # fmt: skip

    async def close(self) -> None:
        """End aiodns."""
        await self._names.close()
