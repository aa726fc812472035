"""Who asks, and whether this machine is asked."""

import ipaddress
import re

from crawlblock import __version__
from crawlblock.errors import InputError

_CONTACT = re.compile(r"[^\s@<>()]+@[^\s@<>()]+\.[^\s@<>()]+|https?://[^\s<>()/]+[^\s<>()]*")


def user_agent(contact: str | None, *, needed: bool = True) -> str:
    """Return the User-Agent header that names the program and whom to write to.

    One request to one host needs no contact (`needed`).  Raises InputError unless the contact is
    an e-mail address or an http(s) URL.
    """
    if not contact and not needed:
        return f"crawlblock/{__version__}"
    if not contact:
        raise InputError(
            "public servers must know whom to write to; give your e-mail address or web page with "
            "--contact, in Python as contact="
        )
    if not (contact.isascii() and contact.isprintable() and _CONTACT.fullmatch(contact)):
        raise InputError(
            f"--contact {contact!r} is neither an e-mail address nor the URL of a web page"
        )
    return f"crawlblock/{__version__} (+{contact})"


def is_loopback(host: str) -> bool:
    """Tell whether a host name or address means this machine."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
