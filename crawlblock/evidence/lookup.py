"""Finds hosts, crawlers, snapshots and times in a database, as a user names them."""

from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time, timedelta

import duckdb

from crawlblock.errors import InputError, did_you_mean
from crawlblock.hosts import parse_host
from crawlblock.model import Capture
from crawlblock.outcome import Outcome
from crawlblock.store.removal import removals

_RESOURCE = "/robots.txt"
_NEAR = 50  # hosts to compare closely with a mistyped one
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Point:
    """A capture of a host and its place on the time axis."""

    capture: Capture
    time: datetime | None  # when it was fetched, or else when its snapshot began


@dataclass(frozen=True, slots=True)
class Instant:
    """A point of the time axis, as a user names it."""

    snapshot: str | None  # None: a date was named
    start: datetime  # of the day, or of the snapshot
    end: datetime  # the first moment after the day; for a snapshot the same as start


def known_host(con: duckdb.DuckDBPyConnection, text: str) -> str:
    """Return the host that a user named; raises InputError if nothing is stored about it."""
    try:
        host = parse_host(text)
    except ValueError as error:
        raise InputError(f"{text}: {error}; name a host, such as example.com") from None
    stored = "SELECT host FROM captures UNION SELECT host FROM panel"
    if con.execute(f"SELECT 1 FROM ({stored}) WHERE host = ?", [host]).fetchall():  # noqa: S608
        return host
    asked = con.execute(
        "SELECT min(host) FROM current_panel WHERE fallback_host = $1 OR domain = $1", [host]
    ).fetchall()
    if asked[0][0]:
        raise InputError(
            f"{host}: not in the panel; ask for {asked[0][0]}, which represents its domain"
        )
    near = con.execute(
        f"SELECT host FROM ({stored}) "  # noqa: S608
        "ORDER BY jaro_winkler_similarity(host, ?) DESC, host LIMIT ?",
        [host, _NEAR],
    ).fetchall()
    advice = did_you_mean(host, [name for (name,) in near])
    raise InputError(
        f"{host}: nothing is stored about this host; {advice or 'import or sample it'}"
    )


def known_token(con: duckdb.DuckDBPyConnection, text: str) -> str:
    """Return a crawler's token in its own spelling; raises InputError if it is not registered."""
    tokens = tokens_of(con)
    for token in tokens:
        if token.lower() == text.lower():
            return token
    advice = did_you_mean(text, tokens) or f"{len(tokens)} are, such as {', '.join(tokens[:3])}"
    raise InputError(f"{text}: no registered crawler has this token; {advice}")


def tokens_of(con: duckdb.DuckDBPyConnection) -> list[str]:
    """Return the tokens that stored payloads are judged for; raises InputError if none are."""
    tokens = [t for (t,) in con.execute("SELECT token FROM crawlers ORDER BY token").fetchall()]
    if not tokens:
        raise InputError("nothing is judged in this database; run `crawlblock evaluate` first")
    return tokens


def instant(con: duckdb.DuckDBPyConnection, text: str) -> Instant:
    """Return the snapshot, day or time (ISO 8601, UTC) that a user named."""
    found = con.execute("SELECT first_capture FROM snapshots WHERE snapshot = ?", [text]).fetchall()
    if found:
        if found[0][0] is None:
            raise InputError(f"{text}: nothing in this snapshot has a time; name a date")
        return Instant(text, found[0][0], found[0][0])
    try:
        day = datetime.combine(date.fromisoformat(text), time())
        return Instant(None, day, day + _DAY)
    except (ValueError, OverflowError):
        pass
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo:
            moment = moment.astimezone(UTC).replace(tzinfo=None)
        return Instant(None, moment, moment + timedelta(microseconds=1))
    except (ValueError, OverflowError):
        raise InputError(f"{text}: neither a snapshot nor a date; {_names(con, text)}") from None


def known_snapshot(con: duckdb.DuckDBPyConnection, text: str) -> str:
    """Return the snapshot that a user named; raises InputError if no snapshot has that name."""
    if con.execute("SELECT 1 FROM snapshots WHERE snapshot = ?", [text]).fetchall():
        return text
    gone = [why for name, why in removals(con) if name == text]
    hint = f"it was {gone[-1]}" if gone else _names(con, text)
    raise InputError(f"{text}: there is no such snapshot; {hint}")


def _names(con: duckdb.DuckDBPyConnection, text: str) -> str:
    rows = con.execute("SELECT snapshot FROM snapshots ORDER BY first_capture").fetchall()
    names = [name for (name,) in rows]
    known = f"snapshots are {names[0]} to {names[-1]}" if names else "no snapshot is stored"
    return did_you_mean(text, names) or f"{known}, dates are YYYY-MM-DD"


def points(con: duckdb.DuckDBPyConnection, host: str) -> list[Point]:
    """Return the captures of a host's robots.txt in the order of time."""
    columns = ", ".join(f"c.{field.name}" for field in fields(Capture))
    rows = con.execute(
        f"SELECT coalesce(c.fetch_time, s.first_capture) AS time, {columns} "  # noqa: S608
        "FROM captures c JOIN snapshots s USING (snapshot) "
        "WHERE c.host = ? AND c.resource = ? ORDER BY time NULLS FIRST, c.snapshot",
        [host, _RESOURCE],
    ).fetchall()
    names = [field.name for field in fields(Capture)]
    found = []
    for moment, *values in rows:
        row = dict(zip(names, values, strict=True))
        found.append(Point(Capture(**row | {"outcome": Outcome(row["outcome"])}), moment))
    return found


def point_at(con: duckdb.DuckDBPyConnection, host: str, at: str | None) -> Point:
    """Return a host's capture in a snapshot, the last one up to a date, or the last of all."""
    known = points(con, host)
    if not known:
        raise InputError(f"{host}: followed, but not captured yet; run `crawlblock history`")
    if at is None:
        return known[-1]
    when = instant(con, at)
    if when.snapshot is not None:
        fitting = [point for point in known if point.capture.snapshot == when.snapshot]
    else:
        fitting = [point for point in known if point.time is not None and point.time < when.end]
    if not fitting:
        span = f"{known[0].capture.snapshot} to {known[-1].capture.snapshot}"
        raise InputError(f"{host}: no capture at {at}; there are {len(known)}, {span}")
    return fitting[-1]
