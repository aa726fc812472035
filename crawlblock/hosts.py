"""Hosts and their names: registered domain, SURT key, and what people write for a host.

Everything here works offline; the suffix list is the one packed into tldextract.
"""

import ipaddress
import re
from datetime import date
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import SplitResult, quote_from_bytes, unquote_to_bytes, urljoin, urlsplit

import idna

if TYPE_CHECKING:
    import tldextract

_DOTS = re.compile(r"\.{2,}")
_PLAIN_URL = re.compile(r"(https?)://([a-z0-9.-]*[a-z0-9])(/[^?#\s]*)")  # by far the most
_MORE_SLASHES = re.compile(r"^(https?:)/{3,}", re.IGNORECASE)  # for browsers they are two
_PORTS = {"http": 80, "https": 443}
# How versions of the indexers take `www` off a host.
_STRIPPED = re.compile(r"^(?:www[0-9]*\.)+")
_STRIPPED_ONCE = re.compile(r"^www[0-9]*\.")
_STRIPPED_TO_TWO = re.compile(r"^(?:www[0-9]*\.(?=.+\.))+")
# Session ids, as ia-web-commons takes them out of a URL (its URLRegexTransformer).
_PATH_SESSIONS = (
    re.compile(r"^(.*/)\((?:[a-z]\([0-9a-z]{24}\))+\)/([^?]+\.aspx.*)$"),
    re.compile(r"^(.*/)\([0-9a-z]{24}\)/([^?]+\.aspx.*)$"),
)
_QUERY_SESSIONS = tuple(
    re.compile(rf"(.*){session}(?:&(.*))?", re.IGNORECASE | re.ASCII)
    for session in (
        "jsessionid=[0-9a-z]{32}",
        "phpsessid=[0-9a-z]{32}",
        "sid=[0-9a-z]{32}",
        "aspsessionid[a-z]{8}=[a-z]{24}",
        "cfid=[^&]+&cftoken=[^&]+",
    )
)
_LONGEST_NAME, _LONGEST_LABEL = 253, 63  # characters (RFC 1035)
_NOT_IN_NAMES = re.compile(r"[^a-z0-9_.-]")
_UNUSUAL = re.compile(r"_|(?:^|\.)-|-(?:\.|$)")
_JOINERS = re.compile("[\u200c\u200d]")  # invisible; browsers refuse them between other letters
_BARE = "!\"$&'()*+,-./:;<=>?@[\\]^_`{|}~"  # characters of a key that need no escape


@lru_cache(maxsize=1)
def _suffixes() -> "tldextract.TLDExtract":
    """Return the extractor; both arguments are needed to keep it off the network and disk."""
    import tldextract  # loads a library for requests, which takes a tenth of a second

    return tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)


def suffix_list_date() -> date | None:
    """Return the day of the suffix list, as its head states it; None where it does not."""
    text = (files("tldextract") / ".tld_set_snapshot").read_text("utf-8")[:2_000]
    found = re.search(r"VERSION: (\d{4}-\d{2}-\d{2})", text)
    return date.fromisoformat(found[1]) if found else None


@lru_cache(maxsize=65_536)
def registered_domain(host: str) -> str | None:
    """Return one label under the public suffix (ICANN part), None for an address or a suffix."""
    name = host.partition(":")[0] if host.count(":") == 1 else host
    return _suffixes()(name).top_domain_under_public_suffix or None


def is_address(host: str) -> bool:
    """Tell whether the host is an IP address; one with a zone (`%eth0`) is not valid in a URL."""
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return "%" not in host


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
    if plain := _PLAIN_URL.fullmatch(url):
        return UrlParts(plain[1] == "https", plain[2], plain[3])
    try:
        parts = urlsplit(_MORE_SLASHES.sub(r"\1//", url.strip()))
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
    if not (text := (location or "").strip()):
        return None
    if _PLAIN_URL.fullmatch(text):
        return text
    try:
        return normal_url(urljoin(url, _MORE_SLASHES.sub(r"\1//", text)))
    except ValueError:
        return None


def surt(url: str) -> str:
    """Return the sort-friendly key that Common Crawl's indexes list a URL under.

    The host is reversed and loses every `www`, `www2`, ... at its start; path and query are freed
    of session ids and needless escapes and put in lower case, the query also in order.  Raises
    ValueError for what is no URL.
    """
    parts = urlsplit(url)
    return _key(_STRIPPED.sub("", _surt_host(parts)), parts)


def surt_keys(url: str) -> frozenset[str]:
    """Return every key under which an index may list a URL: more than one for few hosts.

    The Python version of the indexer takes one `www` off a host, and the Java version means to
    leave two labels (https://github.com/commoncrawl/ia-web-commons/pull/30).
    """
    parts = urlsplit(url)
    host = _surt_host(parts)
    ways = {pattern.sub("", host) for pattern in (_STRIPPED, _STRIPPED_ONCE, _STRIPPED_TO_TWO)}
    return frozenset(_key(way, parts) for way in ways)


def surt_url(key: str) -> str:
    """Return a URL that a key is made from."""
    place, _, resource = key.partition(")")
    names, colon, port = place.partition(":")
    scheme = "https" if port == "80" else "http"  # whose own port it is not
    return f"{scheme}://{'.'.join(reversed(names.split(',')))}{colon}{port}{resource}"


def _surt_host(parts: SplitResult) -> str:
    host = _DOTS.sub(".", (parts.hostname or "").strip("."))
    return host if host.isascii() else idna.encode(host, uts46=True).decode()


def _key(host: str, parts: SplitResult) -> str:
    port = f":{parts.port}" if parts.port and parts.port != _PORTS.get(parts.scheme) else ""
    query = _surt_query(parts.query)
    name = ",".join(reversed(host.split(".")))
    return f"{name}{port}){_surt_path(parts.path)}{f'?{query}' if query else ''}"


def _surt_path(path: str) -> str:
    segments: list[str] = []
    for segment in _unescaped(path).split(b"/")[1:]:
        if segment == b".." and segments:
            del segments[-1]
        elif segment != b".":
            segments.append(quote_from_bytes(segment, _BARE).lower())
    kept = [segment for segment in segments[:-1] if segment] + segments[-1:]
    whole = "/" + "/".join(kept)
    for pattern in _PATH_SESSIONS:
        whole = pattern.sub(r"\1\2", whole)
    return whole.removesuffix("/") or "/"


def _surt_query(query: str) -> str:
    text = quote_from_bytes(_unescaped(query), _BARE)
    for pattern in _QUERY_SESSIONS:
        found = pattern.fullmatch(text)
        text = f"{found[1]}{found[2] or ''}" if found else text
    return "&".join(sorted(text.lower().split("&"), key=lambda each: each.partition("=")))


def _unescaped(text: str) -> bytes:
    """Return a text without escapes, also those that escapes were hidden in."""
    raw = text.encode("utf-8", "surrogatepass")
    while (plain := unquote_to_bytes(raw)) != raw:
        raw = plain
    return raw


def parse_host(text: str) -> str:
    """Return the host in what a person wrote: a name, an IDN, a URL, with a port or a last dot.

    A port other than 80 and 443 stays, for it is another robots.txt.
    Raises ValueError, with the reason, for anything that is not a host.
    """
    raw = text.strip().removeprefix("//")
    if raw.count(":") > 1 and "://" not in raw and is_address(raw):
        return f"[{raw.strip('[]').lower()}]"
    try:
        parts = urlsplit(raw if "://" in raw else f"//{raw}")
        name = (parts.hostname or "").rstrip(".")
    except ValueError:
        raise ValueError("not a host name or URL") from None
    if parts.scheme not in ("", "http", "https"):
        raise ValueError(f"scheme {parts.scheme} has no robots.txt")
    if "@" in parts.netloc and "://" not in raw:
        raise ValueError("an e-mail address is not a host")
    port = _port(parts)
    address = f"[{name}]" if ":" in name else name
    host = address if is_address(name) else _ascii_name(name)
    return host if port in (None, 80, 443) else f"{host}:{port}"


def other_name(host: str) -> str | None:
    """Return the host that serves the same site as a rule: the `www` of a domain, or without it.

    None where there is no such host: for an address, a port, or a host below a domain.
    """
    rest = host.removeprefix("www.")
    if rest != host and ":" not in host:
        return rest if "." in rest else None
    return f"www.{host}" if registered_domain(host) == host else None


def public_suffix(host: str) -> str:
    """Return the part of a host that is a public suffix (ICANN part), empty where none is known."""
    return _suffixes()(host).suffix


def _port(parts: SplitResult) -> int | None:
    try:
        return parts.port
    except ValueError:
        raise ValueError("not a host name (the port is not a number up to 65535)") from None


def _ascii_name(name: str) -> str:
    """Return the name in ASCII, checked; below a registered domain `_a-` is a label of the DNS."""
    ascii_name = name.lower() if name.isascii() else _from_unicode(name)
    labels = ascii_name.split(".")
    odd = _NOT_IN_NAMES.search(ascii_name)
    if odd:
        raise ValueError(f"not a host name ({_spelled(odd[0])} cannot be in one)")
    if len(labels) < 2:
        raise ValueError("not a host name (it has no dot)")
    if len(ascii_name) > _LONGEST_NAME or max(map(len, labels)) > _LONGEST_LABEL:
        raise ValueError("not a host name (it is too long)")
    if not (all(labels) and labels[-1].strip("0123456789")):
        raise ValueError("not a host name (a part is empty, or the last one is a number)")
    if _UNUSUAL.search(ascii_name):
        _check_registered(ascii_name)
    return ascii_name


def _from_unicode(name: str) -> str:
    """Return an international name in ASCII: by IDNA 2008, which checks more, if that accepts it.

    Other names, such as emoji, are mapped as browsers do it (UTS #46, not transitional).
    """
    try:
        return idna.encode(name, uts46=True).decode().lower()
    except UnicodeError:
        pass
    try:
        mapped = idna.uts46_remap(name, std3_rules=False, transitional=False)
        labels = [
            label if label.isascii() else f"xn--{label.encode('punycode').decode()}"
            for label in mapped.split(".")
        ]
    except UnicodeError:
        raise ValueError("not a valid international name") from None
    if not mapped or _JOINERS.search(mapped):
        raise ValueError("not a valid international name")
    return ".".join(labels).rstrip(".").lower()


def _check_registered(name: str) -> None:
    """Raise ValueError if a registered domain has what registries refuse."""
    registered = registered_domain(name)
    own = registered or ".".join(name.split(".")[-2:])
    if any(label[0] == "-" or label[-1] == "-" for label in own.split(".")):
        raise ValueError("not a host name (a domain neither begins nor ends with a hyphen)")
    if registered and "_" in registered:
        raise ValueError("not a host name (a domain has no underscore)")


def _spelled(character: str) -> str:
    if character == " ":
        return "a space"
    return character if character.isprintable() else "a control character"
