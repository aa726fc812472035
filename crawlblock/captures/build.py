"""Makes a fetch from a WARC record, an index row or a failed request, alike for every source."""

from datetime import datetime
from typing import NamedTuple

from crawlblock.hosts import UrlParts, redirect_target, split_url
from crawlblock.model import Fetch
from crawlblock.outcome import Ending
from crawlblock.robots.parser import SIZE_LIMIT
from crawlblock.warc.http import Answers, HttpAnswer, fits, spelled
from crawlblock.warc.reader import Record

ROBOTS = "/robots.txt"
_NOT_MODIFIED = 304


class Seen(NamedTuple):
    """What a record says about a request and its answer."""

    asked: UrlParts
    status: int | None
    ended: Ending | None
    reason: str | None
    redirect: str | None  # normalised URL that a 3xx leads to
    digest: str | None  # of the payload of a 2xx, as stated or as read
    headers: str | None  # JSON object of the response headers kept
    payload: bytes | None  # of a 2xx, if it is complete and matches its digest


def seen(record: Record, answers: Answers) -> Seen | None:
    """Return what a record says, None if its URL is not an http or https URL."""
    asked = split_url(record.url)
    if asked is None:
        return None
    if record.kind == "resource":  # a payload without the answer that it came with
        answer = answers.payload(record.block, record.digest)
    else:
        answer = answers.read(record.block, record.digest)
    unmodified = record.kind == "revisit" and answer.status in (None, _NOT_MODIFIED)
    if unmodified:
        answer = answer._replace(status=200, ended=None, reason=None)  # that is repeated
    status = answer.status
    if status is not None and 200 <= status < 300:
        if record.kind == "revisit":
            return _repeated(asked, record, answer, unmodified)
        return _given(asked, record, answer)
    leads = status is not None and 300 <= status < 400
    redirect = redirect_target(record.url, answer.location) if leads else None
    return Seen(asked, status, answer.ended, answer.reason, redirect, None, answer.headers, None)


def _given(asked: UrlParts, record: Record, answer: HttpAnswer) -> Seen:
    """Return a 2xx with its payload, if the part that counts is complete."""
    whole, ended, reason = answer.payload, answer.ended, answer.reason
    if ended is None and record.truncated and len(whole or b"") < SIZE_LIMIT:
        by_time = record.truncated.lower() == b"time"
        ended = Ending.CUT_BY_TIME if by_time else Ending.CUT
        reason = f"the record says that it is truncated: {record.truncated.decode('latin-1')}"
    return Seen(
        asked, answer.status, ended, reason, None, answer.digest, answer.headers,
        whole if ended is None else None,
    )  # fmt: skip


def _repeated(asked: UrlParts, record: Record, answer: HttpAnswer, unmodified: bool) -> Seen:
    """Return the 2xx that a revisit record repeats, with the payload that its digest names.

    Crawlers such as Heritrix mark every revisit as truncated, because it has no payload.
    """
    digest = spelled(record.digest)
    if unmodified and fits(record.digest, b""):
        digest = None  # it belongs to the empty answer, not to the repeated one
    ended = None if digest else Ending.MISSING
    reason = None if digest else "a revisit record that names no payload"
    return Seen(asked, answer.status, ended, reason, None, digest, answer.headers, None)


class RecordPlace(NamedTuple):
    """The place of a record."""

    warc_file: str
    offset: int  # bytes
    length: int  # bytes as stored


def fetch_of(snapshot: str, found: Seen, time: datetime | None, place: RecordPlace) -> Fetch:
    """Return a fetch whose record was read."""
    return Fetch(
        snapshot=snapshot,
        host=found.asked.host,
        resource=found.asked.resource,
        secure=found.asked.secure,
        fetch_time=time,
        status=found.status,
        ended=found.ended,
        reason=found.reason,
        redirect=found.redirect,
        digest=found.digest,
        headers=found.headers,
        warc_file=place.warc_file,
        warc_offset=place.offset,
        warc_length=place.length,
    )


def unanswered(snapshot: str, asked: UrlParts, time: datetime, ended: Ending, reason: str) -> Fetch:
    """Return a fetch that got no HTTP answer."""
    return Fetch(
        snapshot=snapshot,
        host=asked.host,
        resource=asked.resource,
        secure=asked.secure,
        fetch_time=time,
        ended=ended,
        reason=reason,
    )
