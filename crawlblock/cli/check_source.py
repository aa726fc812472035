"""Where `crawlblock check` reads a robots.txt: a file, stdin, a URL, or the host of a site."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from crawlblock.errors import InputError

_RESOURCE = "/robots.txt"
_SCHEMES = ("http://", "https://")


@dataclass(frozen=True, slots=True)
class ReadRobots:
    """A robots.txt with where it was read."""

    where: str
    body: bytes | None  # None: the server says that there is none
    headers: Mapping[str, str] = field(default_factory=dict)


def read_robots(source: str, contact: str | None) -> ReadRobots:
    """Return the robots.txt that a person named.

    Raises InputError where it names nothing, UpstreamError where a server gives no answer.
    """
    if source == "-":
        return ReadRobots("stdin", sys.stdin.buffer.read())
    urls = _urls(source)
    if not urls:
        try:
            return ReadRobots(source, Path(source).read_bytes())
        except OSError as error:
            raise InputError(
                f"{source}: {error.strerror}; name a site such as example.com, a URL, a file or -"
            ) from None
    from crawlblock.pipeline.check import fetch  # loads what asks servers

    found = fetch(urls, contact)
    return ReadRobots(found.url, found.body, found.headers)


def _urls(source: str) -> list[str]:
    """Return the URLs to try, none for a file.  A file that is there is taken before a host."""
    if source.lower().startswith(_SCHEMES):
        return [_of_site(source)]
    if Path(source).exists():
        return []
    from crawlblock.hosts import is_address, parse_host, registered_domain  # load the suffix list

    try:
        host = parse_host(source)
    except ValueError:
        return []
    name = host if host.endswith("]") else host.partition(":")[0]
    if not (registered_domain(host) or is_address(name) or name == "localhost"):
        return []
    return [f"{scheme}://{host}{_RESOURCE}" for scheme in ("https", "http")]


def _of_site(url: str) -> str:
    """Return the URL of a text file as it is; of any other page the robots.txt of its site."""
    try:
        parts = urlsplit(url)
    except ValueError:
        raise InputError(f"{url}: not a URL; name a site such as example.com") from None
    if parts.path.lower().endswith(".txt"):
        return url
    return urlunsplit((parts.scheme, parts.netloc, _RESOURCE, "", ""))
