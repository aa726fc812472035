"""What one capture shows: the payload, the lines that decided, and where the archive holds it."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time, timedelta

import duckdb

from crawlblock import registry
from crawlblock.errors import InputError, StoreError, did_you_mean
from crawlblock.hosts import parse_host
from crawlblock.model import Basis, Capture, Purpose, Restriction, Verdict
from crawlblock.outcome import Outcome
from crawlblock.robots.authorship import Authors
from crawlblock.robots.conflicts import Conflict, conflicts
from crawlblock.robots.ineffective import IneffectiveFinder, IneffectiveLine
from crawlblock.robots.judge import Judge
from crawlblock.robots.quoted import GroupLines, is_reconstructed, lines_of, spelled
from crawlblock.robots.signals import Signal, signals
from crawlblock.store.removal import removals

_RESOURCE = "/robots.txt"
_UNKNOWN = Verdict(Restriction.UNKNOWN, Basis.UNKNOWN, None)
_NEAR = 50  # hosts that are worth a closer comparison with a mistyped one
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Point:
    """A capture of a host and its place on the time axis."""

    capture: Capture
    time: datetime | None  # when it was fetched, else when its snapshot began


@dataclass(frozen=True, slots=True)
class Instant:
    """A point of the time axis as a person names it."""

    snapshot: str | None  # None: a date was named
    start: datetime  # of the day, or of the snapshot
    end: datetime  # the first moment after the day; for a snapshot the same as start


@dataclass(frozen=True, slots=True)
class ShownBody:
    """The bytes of a payload."""

    bytes: bytes
    is_text: bool  # what a scan kept of it: at most 500 KiB, lines that mean nothing emptied


@dataclass(frozen=True, slots=True)
class FailedRequest:
    """A request for the robots.txt of a host that got no HTTP answer."""

    url: str
    outcome: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """A verdict with all that it rests on."""

    token: str
    point: Point
    verdict: Verdict
    profiles: Mapping[str, Verdict]  # what the status means by reading; empty if rules were read
    groups: tuple[GroupLines, ...]
    line: int | None  # of the rule that decided
    rule: str | None
    ambiguous_group: bool
    author: str | None  # who wrote the rule that blocks: a template, own or wildcard
    signals: tuple[Signal, ...]  # what the payload states beside the rules, to whomever
    conflicts: tuple[Conflict, ...]  # where that and the verdict differ
    is_text: bool = False  # the lines are of the text that a scan kept, some emptied
    failed: tuple[FailedRequest, ...] = ()  # such as https, where http answered
    ineffective: tuple[IneffectiveLine, ...] = ()  # lines meant for it that do not bind it
    reconstructed: bool = False  # the lines are the demo's, not the site's own


def known_host(con: duckdb.DuckDBPyConnection, text: str) -> str:
    """Return the host that a person named; raises InputError if nothing is stored about it."""
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
    """Return the snapshot or the day or time (ISO 8601, UTC) that a person named."""
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
    except ValueError:
        raise InputError(f"{text}: neither a snapshot nor a date; {_names(con, text)}") from None
    if moment.tzinfo:
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    return Instant(None, moment, moment + timedelta(microseconds=1))


def known_snapshot(con: duckdb.DuckDBPyConnection, text: str) -> str:
    """Return a snapshot that a person named; raises InputError if there is none of that name."""
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


def body_of(con: duckdb.DuckDBPyConnection, point: Point) -> ShownBody | None:
    """Return the payload of a capture, or the text kept of it, None where none is stored."""
    rows = con.execute(
        "SELECT body, is_text FROM bodies WHERE digest = ?", [point.capture.digest]
    ).fetchall()
    try:
        return ShownBody(zlib.decompress(rows[0][0]), rows[0][1]) if rows else None
    except zlib.error as error:
        raise StoreError(
            f"{point.capture.digest}: the stored payload is damaged ({error}); restore a copy"
        ) from None


def archived(con: duckdb.DuckDBPyConnection, host: str, at: str | None) -> tuple[Point, ShownBody]:
    """Return a capture with its payload; raises InputError, with the outcome, if it has none."""
    point = point_at(con, host, at)
    body = body_of(con, point)
    if body is not None:
        return point, body
    capture = point.capture
    status = f", HTTP {capture.status}" if capture.status is not None else ""
    others = [p.capture.snapshot for p in points(con, host) if p.capture.digest]
    advice = f"take --at {others[-1]}" if others else "no capture of this host has one"
    raise InputError(
        f"{host}: no text at {capture.snapshot} (outcome {capture.outcome}{status}); {advice}"
    )


def explain(
    con: duckdb.DuckDBPyConnection, point: Point, token: str, http_profile: str = "rfc9309"
) -> Explanation:
    """Return what a capture means for a registered crawler, and the lines or status that say so."""
    found = body_of(con, point)
    if found is None or point.capture.outcome != Outcome.OK:
        profiles = _profiles(con, point.capture.status)
        verdict = profiles.get(http_profile, _UNKNOWN)
        return Explanation(
            token, point, verdict, profiles, (), None, None, False, None, (), (),
            failed=failed_requests(con, point),
        )  # fmt: skip
    body = found.bytes
    finding = Judge(tokens_of(con), registry.obeyed()).find(body, token)
    unread = IneffectiveFinder(tokens_of(con)).find(body)
    text = Authors(registry.templates()).of(body, {token: finding})[token]
    stated = signals(body)
    rule = spelled(finding.rule) if finding.rule else None
    return Explanation(
        token, point, finding.verdict, {}, lines_of(body, finding.groups), finding.line(body), rule,
        finding.ambiguous_group, text.author, stated,
        conflicts(stated, {token: finding.verdict}, {token: _purpose(token)}),
        found.is_text, failed_requests(con, point),
        tuple(line for line in unread if token in line.tokens), is_reconstructed(body),
    )  # fmt: skip


def failed_requests(con: duckdb.DuckDBPyConnection, point: Point) -> tuple[FailedRequest, ...]:
    """Return the requests of a host's snapshot that got no HTTP answer, in their order.

    A capture shows one of the URLs asked: its own outcome does not say that https failed.
    """
    capture = point.capture
    rows = con.execute(
        "SELECT DISTINCT fetch_time, url, coalesce(outcome, ended), reason FROM fetches "
        "WHERE snapshot = $1 AND host = $2 AND resource = $3 AND status IS NULL "
        "AND url IS NOT NULL AND url IS DISTINCT FROM $4 ORDER BY fetch_time, url DESC",
        [capture.snapshot, capture.host, capture.resource, capture.url_asked],
    ).fetchall()
    return tuple(FailedRequest(url, outcome, reason) for _, url, outcome, reason in rows)


def _purpose(token: str) -> Purpose | None:
    return next((c.purpose for c in registry.crawlers() if c.token == token), None)


def _profiles(con: duckdb.DuckDBPyConnection, status: int | None) -> dict[str, Verdict]:
    """Return what a status means under each reading; unknown where a reading has no word on it."""
    rows = con.execute(
        "SELECT r.http_profile, h.restriction, h.basis, h.root_allowed "
        "FROM (SELECT DISTINCT http_profile FROM http_profiles) r "
        "LEFT JOIN http_profiles h ON h.http_profile = r.http_profile AND h.status = ? "
        "ORDER BY 1 DESC",
        [status],
    ).fetchall()
    return {
        http_profile: Verdict(Restriction(restriction), Basis(basis), root) if basis else _UNKNOWN
        for http_profile, restriction, basis, root in rows
    }
