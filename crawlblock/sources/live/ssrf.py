"""Which addresses may be connected to: a panel and its redirects are input nobody has checked.

The tables are IANA's registries of special-purpose addresses, written out because Python's own
differ from version to version.
"""

import errno
import ipaddress
import socket
from collections.abc import Collection
from functools import lru_cache
from typing import Any, TypeAlias

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
_AddressInfo: TypeAlias = tuple[int | socket.AddressFamily, int | socket.SocketKind, int, str, Any]

# https://www.iana.org/assignments/iana-ipv4-special-registry
_REFUSED_4 = tuple(
    map(
        ipaddress.IPv4Network,
        (
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",  # shared by carriers; Alibaba's metadata
            "127.0.0.0/8",
            "168.63.129.16/32",  # Azure's host agent, in a public range
            "169.254.0.0/16",  # link-local; the metadata of most clouds
            "172.16.0.0/12",
            "192.0.0.0/24",  # Oracle's metadata
            "192.0.2.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",
            "240.0.0.0/4",
        ),
    )
)
# https://www.iana.org/assignments/iana-ipv6-special-registry; outside 2000::/3 nothing is global
_GLOBAL_6 = ipaddress.IPv6Network("2000::/3")
_REFUSED_6 = tuple(
    map(
        ipaddress.IPv6Network,
        ("2001::/23", "2001:db8::/32", "3fff::/20"),  # 2001::/23 has Teredo and ORCHID
    )
)
FORBIDDEN = "is not a public address"  # said of an address
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def is_global(address: str) -> bool:
    """Tell whether an address is global unicast, and so is the IPv4 address inside it.

    Anything but the plain form of an address is not (`127.1`, `2130706433`, `0x7f000001`).
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv4Address):
        return _is_global_4(parsed)
    if parsed.scope_id is not None:
        return False
    inner = parsed.ipv4_mapped or parsed.sixtofour
    if parsed in _NAT64:
        inner = ipaddress.IPv4Address(int(parsed) & 0xFFFFFFFF)
    if inner is not None:
        return _is_global_4(inner)
    return parsed in _GLOBAL_6 and not any(parsed in network for network in _REFUSED_6)


def _is_global_4(address: ipaddress.IPv4Address) -> bool:
    return not any(address in network for network in _REFUSED_4)


class ForbiddenAddressError(OSError):
    """A host resolves, or a redirect leads, to an address that must not be asked."""


class Guard:
    """Makes the sockets of a client, for global addresses only.

    It stands where the connection begins, after names are resolved and redirects are followed, so
    that an address that passed once cannot be swapped for another (DNS rebinding).
    """

    def __init__(self, allowed: Collection[Network] = ()) -> None:
        """Take the networks that may be asked besides, though they are not public."""
        self._allowed = tuple(allowed)
        # a few thousand addresses answer for most of the web
        self._passes = lru_cache(maxsize=65_536)(self._judge)

    def __call__(self, info: _AddressInfo) -> socket.socket:
        """Return a socket for an address; raises ForbiddenAddressError."""
        family, kind, protocol, _, place = info
        address = str(place[0])
        known = family in (socket.AF_INET, socket.AF_INET6)
        if not known or not self._passes(address):
            raise ForbiddenAddressError(errno.EACCES, f"{address} {FORBIDDEN}")
        return socket.socket(family, kind, protocol)

    def _judge(self, address: str) -> bool:
        if is_global(address):
            return True
        return any(ipaddress.ip_address(address) in network for network in self._allowed)
