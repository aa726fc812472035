"""Hosts and their names: registered domain, SURT key, and what people write for a host.

Everything here works offline; the suffix list is the one packed into tldextract.
"""

import ipaddress
import re
from datetime import date
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

import idna
import tldextract

_HEAD = 2_000  # characters of the list
_ESCAPED = re.compile("%[0-9A-Fa-f]{2}")
_PLAIN_URL = re.compile(r"(https?)://([a-z0-9.-]*[a-z0-9])(/[^?#\s]*)")  # by far the most
_PORTS = {"http": 80, "https": 443}


@lru_cache(maxsize=1)
def _suffixes() -> tldextract.TLDExtract:
    """Return the extractor; both arguments are needed to keep it off the network and disk."""
    return tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)


def suffix_list_date() -> date | None:
    """Return the day of the suffix list, as its head states it; None where it does not."""
    text = (files(tldextract) / ".tld_set_snapshot").read_text("utf-8")[:_HEAD]
    found = re.search(r"VERSION: (\d{4}-\d{2}-\d{2})", text)
    return date.fromisoformat(found[1]) if found else None


@lru_cache(maxsize=65_536)
def registered_domain(host: str) -> str | None:
    """Return one label under the public suffix (ICANN part), None for an address or a suffix."""
    name = host.partition(":")[0] if host.count(":") == 1 else host
    return _suffixes()(name).top_domain_under_public_suffix or None


def is_address(host: str) -> bool:
    """Tell whether the host is an IP address."""
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


class UrlParts(NamedTuple):
    """A URL as URLs are compared: lower-case host, no default port, no fragment."""

    secure: bool  # https
    host: str  # with a port that is not the scheme's own; brackets around IPv6
    resource: str  # path and query

    def __str__(self) -> str:
        """Return the URL."""
        return f"{'https' if self.secure else 'http'}://{self.host}{self.resource}"


def split_url(url: str) -> UrlParts | None:
    """Return the parts of an http URL, None for anything else: redirects say anything."""
    plain = _PLAIN_URL.fullmatch(url)
    if plain:
        return UrlParts(plain[1] == "https", plain[2], plain[3])
    try:
        parts = urlsplit(url.strip())
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not host:
        return None
    host = f"[{host}]" if ":" in host else host
    named = host if port in (None, 0, _PORTS[parts.scheme]) else f"{host}:{port}"
    resource = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
    return UrlParts(parts.scheme == "https", named, resource)


def normal_url(url: str) -> str | None:
    """Return a URL as URLs are compared, None for what is no http URL."""
    parts = split_url(url)
    return str(parts) if parts else None


def redirect_target(url: str, location: str | None) -> str | None:
    """Return the URL, as URLs are compared, that a Location header leads to; None for no URL."""
    text = location.strip() if location else ""
    if not text:
        return None
    if _PLAIN_URL.fullmatch(text):
        return text
    try:
        return normal_url(urljoin(url, text))
    except ValueError:
        return None


def surt(url: str) -> str:
    """Return the sort-friendly key Common Crawl's indexes use, as the surt package makes it.

    The host is reversed and loses `www`, `www2`, ...; the path is unescaped, freed of empty and dot
    segments and lower-cased.  Raises ValueError for what is no URL.
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    host = host if host.isascii() else idna.encode(host, uts46=True).decode()
    first, dot, rest = host.partition(".")
    if dot and first.startswith("www") and (first == "www" or first[3:].isdigit()):
        host = rest
    default = {"http": 80, "https": 443}.get(parts.scheme)
    port = f":{parts.port}" if parts.port and parts.port != default else ""
    key = ",".join(reversed(host.split("."))) + port
    query = f"?{'&'.join(sorted(parts.query.lower().split('&')))}" if parts.query else ""
    return f"{key}){_surt_path(parts.path)}{query}"


def _surt_path(path: str) -> str:
    segments: list[str] = []
    for segment in _ESCAPED.sub(_unescaped, path).lower().split("/"):
        if segment == "..":
            del segments[-1:]
        elif segment not in ("", "."):
            segments.append(segment)
    return "/" + "/".join(segments)


def _unescaped(match: re.Match[str]) -> str:
    """Return the character of an escape, where it needs none."""
    character = chr(int(match[0][1:], 16))
    return character if "!" <= character <= "~" and character not in "%#" else match[0]


def parse_host(text: str) -> str:
    """Return the host in what a person wrote: a name, an IDN, a URL, with a port or a last dot.

    A port other than 80 and 443 stays, for it is another robots.txt.
    Raises ValueError, with the reason, for anything that is not a host.
    """
    raw = text.strip()
    try:
        parts = urlsplit(raw if "://" in raw else f"//{raw}")
        port = parts.port
        name = (parts.hostname or "").rstrip(".")
    except ValueError as error:
        raise ValueError(f"not a host ({error})") from None
    if parts.scheme not in ("", "http", "https"):
        raise ValueError(f"scheme {parts.scheme} has no robots.txt")
    if "@" in parts.netloc and "://" not in raw:
        raise ValueError("an e-mail address is not a host")
    address = f"[{name}]" if ":" in name else name
    host = address if is_address(name) else _ascii_name(name)
    return host if port in (None, 80, 443) else f"{host}:{port}"


def _ascii_name(name: str) -> str:
    """Return the name in ASCII, checked label by label (RFC 1123, underscores let pass)."""
    try:
        ascii_name = name if name.isascii() else idna.encode(name, uts46=True).decode()
    except UnicodeError:
        raise ValueError("not a valid international name") from None
    labels = ascii_name.lower().split(".")
    if len(labels) < 2 or len(ascii_name) > 253 or not labels[-1].strip("0123456789"):
        raise ValueError("not a host name")
    for label in labels:
        plain = label.replace("-", "a").replace("_", "a")
        if not (0 < len(label) <= 63 and plain.isalnum()) or label[0] == "-" or label[-1] == "-":
            raise ValueError("not a host name")
    return ".".join(labels)
