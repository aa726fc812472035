"""What an index knows about captures, whichever index it is."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from crawlblock.hosts import normal_url, split_url
from crawlblock.model import Fetch
from crawlblock.names import key_fault_of
from crawlblock.outcome import Ending
from crawlblock.unpacking import parse_json

LONGEST_LINE = 65_536  # bytes of a capture in an index; longer ones cannot be read
_MOST = 2**53  # bytes, more than any file has
_LARGEST_RECORD = 64 * 1024 * 1024  # bytes of a packed record; longer ones cannot be read


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

    malformed: set[bytes]  # entries about URLs looked up so far that cannot be read: left out

    async def look_up(self, urls: Collection[str]) -> dict[str, list[IndexRow]]:
        """Return the captures in the robotstxt subset of each of the URLs (normalised)."""
        ...


def cdxj_row(timestamp: str, fields: bytes) -> IndexRow | None:
    """Return the capture of a CDXJ line, None if it is not one of the robotstxt subset.

    Raises ValueError for a line that cannot be read, whatever is wrong with it.
    """
    try:
        return row_of(timestamp, parse_json(fields, LONGEST_LINE))
    except OverflowError:
        raise ValueError("a number is too large") from None


def row_of(timestamp: str, fields: object) -> IndexRow | None:
    """Return the capture that the fields of a CDXJ line name; see `cdxj_row`."""
    if not isinstance(fields, Mapping):
        raise ValueError("it is not a JSON object")
    if "/robotstxt/" not in _text(fields.get("filename")):
        return None
    status = _text(fields.get("status", ""))
    return checked(
        IndexRow(
            url=_text(fields.get("url")),
            fetch_time=datetime.strptime(timestamp, "%Y%m%d%H%M%S"),
            status=int(status[:5]) if status.isdecimal() else None,
            digest=prefixed(_text(fields.get("digest", ""))),
            redirect=_text(fields.get("redirect", "")) or None,
            warc_file=_text(fields.get("filename")),
            warc_offset=int(_text(fields.get("offset"))),
            warc_length=int(_text(fields.get("length"))),
        )
    )


def checked(row: IndexRow) -> IndexRow:
    """Return a row that can be stored and whose record can be asked for; else raise ValueError."""
    if not (0 <= row.warc_offset < _MOST and 0 < row.warc_length <= _LARGEST_RECORD):
        raise ValueError("its position is not valid")
    if fault := key_fault_of(str(row.warc_file)):
        raise ValueError(f"the name of its file: {fault}")
    for text in (row.url, row.digest, row.redirect, row.warc_file):
        if text is not None and not isinstance(text, str):
            raise ValueError("a value is not text")
        (text or "").encode()
    numbers = (row.status or 0, row.warc_offset, row.warc_length)
    if not all(isinstance(number, int) for number in numbers):
        raise ValueError("a value is not a whole number")
    return replace(row, status=row.status if 0 < (row.status or 0) < 10_000 else None)


def _text(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)  # Common Crawl writes numbers as texts, others do not
    if not isinstance(value, str):
        raise ValueError("a value is not text")
    return value


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
