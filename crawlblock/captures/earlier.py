"""Captures as the previous version stored them: one for each host, together with its verdict.

What that version dropped is lost: of several fetches it kept only the last one.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from crawlblock.captures.build import ROBOTS
from crawlblock.hosts import UrlParts, redirect_target, split_url
from crawlblock.model import Asked, Fetch
from crawlblock.outcome import Ending, Outcome

_ENDED = {
    Outcome.DNS: Ending.DNS,
    Outcome.TLS: Ending.TLS,
    Outcome.CONNECTION_REFUSED: Ending.CONNECTION_REFUSED,
    Outcome.UNREACHABLE: Ending.UNREACHABLE,
    Outcome.DAMAGED: Ending.UNREADABLE,
    Outcome.TOO_LARGE: Ending.TOO_LARGE,
}


def asked_of(row: Mapping[str, Any]) -> Asked:
    """Return the host that a capture was requested for."""
    first = split_url(row["url_asked"] or "")
    stand_in = first.host if first and first.host != row["host"] else None
    return Asked(
        snapshot=row["snapshot"], host=row["host"], resource=row["resource"], fallback=stand_in
    )


def fetch_of_capture(row: Mapping[str, Any]) -> Fetch | None:
    """Return the fetch that a capture ended with, None if the source knew nothing."""
    if row["outcome"] == Outcome.NOT_CAPTURED:
        return None
    first = split_url(row["url_asked"] or "")
    known = first and str(first) == row["url"]
    return Fetch(
        snapshot=row["snapshot"],
        host=first.host if first else row["host"],
        resource=row["resource"],
        secure=first.secure if first else None,
        url=None if known else row["url"],
        hops=row["hops"],
        fetch_time=_time(row["fetch_time"]),
        status=row["status"],
        ended=_ended(row),
        reason=json.loads(row["headers"] or "{}").get("x-crawler-failure"),
        digest=row["digest"],
        headers=row["headers"],
        warc_file=row["warc_file"],
        warc_offset=row["warc_offset"],
        warc_length=row["warc_length"],
    )


def fetch_of_scanned(row: Mapping[str, Any]) -> Fetch:
    """Return a capture of a scan, which was stored alone."""
    asked = split_url(row["url"]) or UrlParts(True, row["host"], row["resource"])
    return Fetch(
        snapshot=row["snapshot"],
        host=asked.host,
        resource=asked.resource,
        secure=asked.secure,
        fetch_time=row["fetch_time"],
        status=row["status"],
        ended=_ended(row),
        redirect=redirect_target(row["url"], row["redirect"]),
        digest=row["digest"],
        headers=row["headers"],
        warc_file=row["warc_file"],
        warc_offset=row["warc_offset"],
        warc_length=row["warc_length"],
    )


def _ended(row: Mapping[str, Any]) -> Ending | None:
    """Return why there was no complete body, as far as the outcome says."""
    outcome = Outcome(row["outcome"])
    if row["digest"] is not None:
        return None
    if outcome is Outcome.TIMEOUT:
        return Ending.TIMEOUT if row["status"] is None else Ending.CUT_BY_TIME
    if outcome is Outcome.REDIRECT_UNRESOLVED:
        return Ending.REDIRECTS if row["status"] is None else None
    if outcome is Outcome.NOT_ROBOTS:
        return Ending.PAGE if row["resource"] == ROBOTS else Ending.CHALLENGE  # as it was called
    if outcome is Outcome.OK:
        return Ending.MISSING if row["resource"] == ROBOTS else Ending.HOME_PAGE
    return _ENDED.get(outcome)


def _time(value: datetime | str | None) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else value
