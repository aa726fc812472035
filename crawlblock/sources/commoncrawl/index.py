"""What an index knows about captures, whichever index it is."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from crawlblock.hosts import normal_url, split_url
from crawlblock.model import Fetch
from crawlblock.outcome import Ending


@dataclass(frozen=True, slots=True)
class IndexRow:
    """One capture of the robotstxt subset as an index lists it."""

    url: str
    fetch_time: datetime  # UTC
    status: int | None
    digest: str | None  # sha1:...; None where the index has none
    redirect: str | None  # absolute; None also where the index is too old to tell
    warc_file: str
    warc_offset: int  # bytes
    warc_length: int  # bytes


class Index(Protocol):
    """A way to look captures up."""

    async def look_up(self, urls: Collection[str]) -> dict[str, list[IndexRow]]:
        """Return the captures in the robotstxt subset of each of the URLs (normalised)."""
        ...


def named(crawl: str, row: IndexRow) -> Fetch:
    """Return a capture that an index names and whose record was not read."""
    asked = split_url(row.url)
    if asked is None:
        raise ValueError(f"{row.url}: no http URL")
    success = row.status is not None and 200 <= row.status < 300
    redirects = row.status is not None and 300 <= row.status < 400
    return Fetch(
        snapshot=crawl,
        host=asked.host,
        resource=asked.resource,
        secure=asked.secure,
        fetch_time=row.fetch_time,
        status=row.status,
        ended=None if row.status else Ending.UNREADABLE,
        reason=None if row.status else "the index states no HTTP status",
        read=False,
        redirect=normal_url(row.redirect) if redirects and row.redirect else None,
        digest=row.digest if success else None,
        warc_file=row.warc_file,
        warc_offset=row.warc_offset,
        warc_length=row.warc_length,
    )


def prefixed(digest: str | None) -> str | None:
    """Return an index's bare digest as WARC writes it."""
    if not digest:
        return None
    return digest if ":" in digest else f"sha1:{digest}"
