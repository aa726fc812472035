"""What a server says about time: its own clock, and how long it asks us to wait."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

# An item of a list, whose quoted names may hold commas: "daily";r=0;t=287
_ITEM = re.compile(r'(?:"[^"]*"|[^",])+')
_NAME = re.compile(r'"([^"]*)"|^\s*([A-Za-z*][\w*.:/-]*)\s*(?:;|$)')
_NUMBER = re.compile(r";\s*([a-z]+)\s*=\s*(\d{1,9})(?![\w.])")
_OLD = re.compile(r"\b(remaining|reset)\s*=\s*(\d{1,9})")  # drafts up to 07


def asked_patience(headers: Mapping[str, str]) -> float:
    """Return the seconds that a refusal asks for, 0 where it says nothing."""
    return max(_retry_after(headers), used_up(headers))


def used_up(headers: Mapping[str, str]) -> float:
    """Return the seconds until a quota that is used up is renewed, 0 where none is.

    draft-ietf-httpapi-ratelimit-headers: `RateLimit: "name";r=0;t=287`, and where it says no time
    the window of the policy of that name: `RateLimit-Policy: "name";q=500;w=300`.
    """
    stated = headers.get("RateLimit", "")
    old = dict(_OLD.findall(stated))
    if old.get("remaining") == "0":
        return float(old.get("reset", 0))
    windows = {
        name: numbers.get("w", 0)
        for names, numbers in _items(headers.get("RateLimit-Policy", ""))
        for name in names
    }
    waits = [
        numbers.get("t", max((windows.get(name, 0) for name in names), default=0))
        for names, numbers in _items(stated)
        if numbers.get("r") == 0
    ]
    return float(max(waits, default=0))


def server_time(headers: Mapping[str, str]) -> datetime | None:
    """Return what time it is by the server's clock (naive, UTC), None where it does not say.

    An answer from a cache keeps its Date, and says its age.
    """
    age, date = headers.get("Age", "0"), http_date(headers.get("Date", ""))
    try:
        return date + timedelta(seconds=int(age) if age.isdigit() else 0) if date else None
    except (ValueError, OverflowError):
        return None


def http_date(text: str) -> datetime | None:
    """Return the time that a header states (naive, UTC), None if it states no valid time.

    A date without a zone, as the oldest of HTTP's forms has it, is UTC (RFC 9110 section 5.6.7).
    """
    try:
        date = parsedate_to_datetime(text)
        zoned = date if date.tzinfo else date.replace(tzinfo=UTC)
        return zoned.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return None


def _items(stated: str) -> Iterator[tuple[list[str], dict[str, int]]]:
    """Yield names and numbers of each item of a list."""
    for item in _ITEM.findall(stated):
        names = [quoted or token for quoted, token in _NAME.findall(item)]
        yield names, {key: int(number) for key, number in _NUMBER.findall(item)}


def _retry_after(headers: Mapping[str, str]) -> float:
    """Return the seconds a Retry-After header asks for, 0 without one (RFC 9110, 10.2.3)."""
    stated = headers.get("Retry-After", "").strip()
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", stated):
        return float(stated)
    until = http_date(stated)
    if until is None:
        return 0.0
    # by the server's own clock, where it tells the time
    now = http_date(headers.get("Date", "")) or datetime.now(UTC).replace(tzinfo=None)
    return max(0.0, (until - now).total_seconds())
