"""Which addresses may be asked."""

import socket

import pytest

from crawlblock.sources.live import ForbiddenAddressError, Guard, is_global

FORMS = {
    "8.8.8.8": True,
    "1.1.1.1": True,
    "100.63.255.255": True,
    "100.128.0.1": True,
    "172.15.255.255": True,
    "172.32.0.1": True,
    "192.167.1.1": True,
    "198.20.0.1": True,
    "223.255.255.255": True,
    "2606:4700:4700::1111": True,
    "2a00:1450:4001:800::200e": True,
    "::ffff:8.8.8.8": True,
    "64:ff9b::8.8.8.8": True,
    "2002:808:808::1": True,
    "0.0.0.0": False,
    "0.1.2.3": False,
    "10.0.0.1": False,
    "100.64.0.1": False,
    "100.100.100.200": False,
    "127.0.0.1": False,
    "127.255.255.254": False,
    "168.63.129.16": False,
    "169.254.169.254": False,
    "172.16.0.1": False,
    "172.31.255.255": False,
    "192.0.0.192": False,
    "192.0.2.1": False,
    "192.88.99.1": False,
    "192.168.1.1": False,
    "198.18.0.1": False,
    "198.51.100.7": False,
    "203.0.113.7": False,
    "224.0.0.1": False,
    "239.255.255.250": False,
    "240.0.0.1": False,
    "255.255.255.255": False,
    "::": False,
    "::1": False,
    "::127.0.0.1": False,
    "::8.8.8.8": False,
    "::ffff:127.0.0.1": False,
    "::ffff:10.0.0.1": False,
    "::ffff:a9fe:a9fe": False,
    "::ffff:0:127.0.0.1": False,
    "64:ff9b::127.0.0.1": False,
    "64:ff9b::a9fe:a9fe": False,
    "64:ff9b:1::8.8.8.8": False,
    "100::1": False,
    "2001:0:4136:e378:8000:63bf:3fff:fdd2": False,
    "2001:20::1": False,
    "2001:db8::1": False,
    "2002:7f00:1::1": False,
    "2002:a00:1::1": False,
    "3fff::1": False,
    "5f00::1": False,
    "fc00::1": False,
    "fd00:ec2::254": False,
    "fe80::1": False,
    "fe80::1%eth0": False,
    "2606:4700::1%eth0": False,
    "fec0::1": False,
    "ff02::1": False,
    "2130706433": False,
    "0x7f000001": False,
    "127.1": False,
    "0177.0.0.1": False,
    "[::1]": False,
    "localhost": False,
    "": False,
}


@pytest.mark.fault("SSRF", "address {address!r}: may be asked: {allowed}")
@pytest.mark.parametrize(("address", "allowed"), FORMS.items())
def test_only_global_unicast_passes(address: str, allowed: bool) -> None:
    """Every kind of address that is not public is refused, also inside an IPv6 form."""
    assert is_global(address) is allowed


@pytest.mark.fault("SSRF", "no socket for a private address")
def test_no_socket_for_a_private_address() -> None:
    """The guard makes a socket for a public address and none for another."""
    with Guard()((socket.AF_INET, socket.SOCK_STREAM, 6, "", ("8.8.8.8", 80))) as made:
        assert made.family is socket.AF_INET
    for family, place in (
        (socket.AF_INET, ("10.0.0.1", 80)),
        (socket.AF_INET6, ("::ffff:10.0.0.1", 80, 0, 0)),
        (socket.AF_UNIX, ("8.8.8.8",)),
    ):
        with pytest.raises(ForbiddenAddressError, match="is not a public address"):
            Guard()((family, socket.SOCK_STREAM, 6, "", place))
