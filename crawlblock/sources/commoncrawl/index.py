"""What an index knows about captures, whichever index it is."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from urllib.parse import urldefrag, urlsplit, urlunsplit


@dataclass(frozen=True, slots=True)
class IndexRow:
    """One capture of the robotstxt subset as an index lists it."""

    url: str
    fetch_time: datetime  # UTC
    status: int | None
    digest: str | None  # sha1:...; None where the index has none
    mime: str | None  # as detected
    redirect: str | None  # absolute; None also where the index is too old to tell
    warc_file: str
    warc_offset: int  # bytes
    warc_length: int  # bytes


class Index(Protocol):
    """A way to look captures up."""

    async def look_up(self, urls: Collection[str]) -> dict[str, list[IndexRow]]:
        """Return the captures in the robotstxt subset of each of the URLs (normalised)."""
        ...


def normalised(url: str) -> str | None:
    """Return a URL as look-ups compare it: lower-case host, no default port, no fragment.

    None for what is no http URL: redirects say anything.
    """
    try:
        parts = urlsplit(urldefrag(url)[0])
        port = parts.port
    except ValueError:
        return None
    if parts.scheme.lower() not in ("http", "https") or not parts.hostname:
        return None
    host = (parts.hostname or "").rstrip(".")
    host = f"[{host}]" if ":" in host else host
    if port and port != {"http": 80, "https": 443}.get(parts.scheme.lower()):
        host += f":{port}"
    return urlunsplit((parts.scheme.lower(), host, parts.path or "/", parts.query, ""))


def prefixed(digest: str | None) -> str | None:
    """Return an index's bare digest as WARC writes it."""
    if not digest:
        return None
    return digest if ":" in digest else f"sha1:{digest}"
