"""What one capture shows: the payload, the lines that decided, and its place in the archive."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass

import duckdb

from crawlblock import registry
from crawlblock.errors import InputError, StoreError
from crawlblock.evidence.lookup import Point, point_at, points, tokens_of
from crawlblock.evidence.sharing import Sharing, sharing
from crawlblock.model import Basis, Purpose, Restriction, Verdict
from crawlblock.outcome import Outcome
from crawlblock.robots.authorship import Authors
from crawlblock.robots.conflicts import Conflict, conflicts
from crawlblock.robots.header_signals import kept_header_signals
from crawlblock.robots.ineffective import IneffectiveFinder, IneffectiveLine
from crawlblock.robots.judge import Judge
from crawlblock.robots.quoted import GroupLines, is_reconstructed, lines_of, spelled
from crawlblock.robots.signals import Signal, signals
from crawlblock.robots.training_preference import (
    NOT_STATED,
    UNKNOWN,
    Stated,
    training_preference,
)

_NO_VERDICT = Verdict(Restriction.UNKNOWN, Basis.UNKNOWN, None)


@dataclass(frozen=True, slots=True)
class ShownBody:
    """The bytes of a payload."""

    bytes: bytes
    is_text: bool  # only what a scan kept: at most 500 KiB, lines without meaning emptied


@dataclass(frozen=True, slots=True)
class FailedRequest:
    """A request for the robots.txt of a host that got no HTTP answer."""

    url: str
    outcome: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """A verdict with all its evidence."""

    token: str
    point: Point
    verdict: Verdict
    profiles: Mapping[str, Verdict]  # what the status means by profile; empty if rules were read
    groups: tuple[GroupLines, ...]
    line: int | None  # of the rule that decided
    rule: str | None
    ambiguous_group: bool
    author: str | None  # who wrote the rule that blocks: a template, own or wildcard
    signals: tuple[Signal, ...]  # what the answer states beside the rules, to any crawler
    conflicts: tuple[Conflict, ...]  # where these and the verdict differ
    training: Stated  # what it states about the training of AI models, to all crawlers
    is_text: bool = False  # the lines are from the text that a scan kept, some of them emptied
    failed: tuple[FailedRequest, ...] = ()  # such as https, if http answered
    ineffective: tuple[IneffectiveLine, ...] = ()  # lines meant for the crawler that do not bind it
    reconstructed: bool = False  # the lines are the demo's, not the site's own
    sharing: Sharing | None = None  # hosts with the same blocking rules; None: it is not blocked


def body_of(con: duckdb.DuckDBPyConnection, point: Point) -> ShownBody | None:
    """Return the payload of a capture, or the text kept of it; None if neither is stored."""
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
        verdict = profiles.get(http_profile, _NO_VERDICT)
        return Explanation(
            token=token, point=point, verdict=verdict, profiles=profiles, groups=(), line=None,
            rule=None, ambiguous_group=False, author=None, signals=(), conflicts=(),
            training=NOT_STATED if point.capture.outcome == Outcome.ABSENT else UNKNOWN,
            failed=failed_requests(con, point),
        )  # fmt: skip
    body = found.bytes
    findings = Judge(tokens_of(con), registry.obeyed()).findings(body)
    finding = findings[token]
    unread = IneffectiveFinder(tokens_of(con)).find(body)
    text = Authors(registry.templates()).of(body, {token: finding})[token]
    stated = signals(body) + kept_header_signals(point.capture.headers)
    verdicts = {name: each.verdict for name, each in findings.items()}
    shared = sharing(con, text.author, text.ruleset) if text.author and text.ruleset else None
    return Explanation(
        token=token, point=point, verdict=finding.verdict, profiles={},
        groups=lines_of(body, finding.groups), line=finding.line(body),
        rule=spelled(finding.rule) if finding.rule else None,
        ambiguous_group=finding.ambiguous_group, author=text.author, signals=stated,
        conflicts=conflicts(stated, {token: finding.verdict}, {token: _purpose(token)}),
        training=training_preference(stated, verdicts, registry.training_tokens()),
        is_text=found.is_text, failed=failed_requests(con, point), sharing=shared,
        ineffective=tuple(line for line in unread if token in line.tokens),
        reconstructed=is_reconstructed(body),
    )  # fmt: skip


def failed_requests(con: duckdb.DuckDBPyConnection, point: Point) -> tuple[FailedRequest, ...]:
    """Return the requests to a host in a snapshot that got no HTTP answer, in order.

    A capture shows one of the requested URLs, so its outcome does not say that https failed.
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
    """Return what a status means under each HTTP profile; unknown if a profile lacks it."""
    rows = con.execute(
        "SELECT r.http_profile, h.restriction, h.basis, h.root_allowed "
        "FROM (SELECT DISTINCT http_profile FROM http_profiles) r "
        "LEFT JOIN http_profiles h ON h.http_profile = r.http_profile AND h.status = ? "
        "ORDER BY 1 DESC",
        [status],
    ).fetchall()
    return {
        http_profile: Verdict(Restriction(restriction), Basis(basis), root)
        if basis
        else _NO_VERDICT
        for http_profile, restriction, basis, root in rows
    }
