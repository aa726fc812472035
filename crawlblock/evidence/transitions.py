"""How verdicts changed: one host for all crawlers, and all hosts since some day."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter

import duckdb

from crawlblock.evidence.lookup import Instant

_UNKNOWN = "unknown"

# One row per snapshot and crawler for a host, also for snapshots that asked the panel and have
# nothing about it. All captures of a host are one series here: no share is taken of them.
_STATES = """
WITH asked AS (
    SELECT c.snapshot, s.first_capture, coalesce(c.fetch_time, s.first_capture) AS time, c.outcome,
           c.status,
           CASE WHEN c.digest IS NULL THEN 'http ' || c.status
                WHEN c.outcome = 'ok' THEN y.policy END AS answer  -- a challenge has no rules
    FROM captures c
    JOIN snapshots s ON s.snapshot = c.snapshot
    LEFT JOIN payloads y ON y.digest = c.digest
    WHERE c.host = $1 AND c.resource = '/robots.txt'
), points AS (
    FROM asked
    UNION ALL BY NAME
    SELECT snapshot, CAST(snapshot_date AS TIMESTAMP) AS first_capture, time, outcome
    FROM population WHERE host = $1 AND snapshot NOT IN (SELECT snapshot FROM asked)
)
SELECT p.snapshot, p.time, p.outcome, p.status, k.token, coalesce(m.restriction, 'unknown'),
       coalesce(m.basis, 'unknown'), m.root_allowed
FROM points p
CROSS JOIN crawlers k
LEFT JOIN meanings m ON m.answer = p.answer AND m.token = k.token
WHERE (len($2) = 0 OR k.token IN (SELECT unnest($2)))
  AND coalesce(CAST(p.first_capture AS DATE) >= k.documented_since, true)
ORDER BY lower(k.token), k.token, p.time NULLS FIRST, p.snapshot
"""

# The view works per population. Crawls and live runs of the panel are one population, so that
# transitions between an old crawl and today are seen; an import of other hosts is another one.
# If both saw the same transition, the one with the narrower dates is kept.
_CHANGES = """
WITH wanted AS (
    SELECT c.* FROM changes c
    WHERE (len($1) = 0 OR c.token IN (SELECT unnest($1)))
), compared AS (
    FROM wanted w WHERE NOT EXISTS (
        SELECT 1 FROM wanted o
        WHERE o.host = w.host AND o.token = w.token AND o.transition = w.transition
          AND o.population <> w.population AND o.after < w.before AND w.after < o.before
          AND (o.before - o.after < w.before - w.after
               OR o.before - o.after = w.before - w.after AND o.population < w.population)
    )
), earlier AS (
    SELECT c.host, coalesce(c.fetch_time, s.first_capture) AS time, max(c.snapshot) AS snapshot
    FROM captures c JOIN snapshots s USING (snapshot)
    WHERE c.resource = '/robots.txt' GROUP BY ALL
), places AS (
    SELECT snapshot, row_number() OVER (ORDER BY first_capture, snapshot) AS place FROM snapshots
)
SELECT t.host, t.token, t.transition, e.snapshot, t.snapshot, t.after, t.before, t.from_restriction,
       t.to_restriction, t.from_basis, t.to_basis, t.authored_by, c.status, c.digest
FROM compared t
JOIN places p ON p.snapshot = t.snapshot
JOIN captures c ON c.snapshot = t.snapshot AND c.host = t.host AND c.resource = '/robots.txt'
LEFT JOIN earlier e ON e.host = t.host AND e.time = t.after
WHERE CASE WHEN $2 IS NULL THEN t.before >= $3
           ELSE p.place > (SELECT place FROM places WHERE snapshot = $2) END
  AND CASE WHEN $5 IS NULL THEN true WHEN $4 IS NULL THEN t.before < $5
           ELSE p.place <= (SELECT place FROM places WHERE snapshot = $4) END
ORDER BY t.before DESC, t.host, lower(t.token), t.token
"""


@dataclass(frozen=True, slots=True)
class State:
    """What a host's answer in a snapshot means for a crawler."""

    snapshot: str
    time: datetime | None
    outcome: str
    status: int | None
    token: str
    restriction: str
    basis: str
    root_allowed: bool | None


@dataclass(frozen=True, slots=True)
class Transition:
    """Where a host's verdict on a crawler changed, or was first known (after is None).

    A change to unknown is listed only if it is the last one: unknowns between two known verdicts
    are counted instead.
    """

    token: str
    from_snapshot: str | None
    snapshot: str
    after: datetime | None  # the last capture with the earlier verdict
    before: datetime | None  # the first capture with the new one
    from_restriction: str | None
    to_restriction: str
    from_basis: str | None
    to_basis: str
    unknown: int  # unreadable captures: before this one, at the end those since


@dataclass(frozen=True, slots=True)
class Change:
    """A host that started or stopped blocking a crawler, between two captures."""

    host: str
    token: str
    transition: str  # started or stopped
    from_snapshot: str | None
    snapshot: str
    after: datetime
    before: datetime
    from_restriction: str
    to_restriction: str
    from_basis: str
    to_basis: str
    authored_by: str | None  # who wrote the rule that blocks now, or blocked until then
    status: int | None  # of the capture that shows it
    digest: str | None  # of its payload


def states(con: duckdb.DuckDBPyConnection, host: str, tokens: Sequence[str] = ()) -> list[State]:
    """Return a host's verdict on every crawler (or on these) in every snapshot, by crawler.

    A crawler is counted from the day it was documented.
    """
    rows = con.execute(_STATES, [host, list(tokens)]).fetchall()
    return [State(*row) for row in rows]


def transitions(rows: Iterable[State]) -> list[Transition]:
    """Return the first verdict and each later one that differs, by crawler in order of time."""
    found: list[Transition] = []
    for _, series in groupby(rows, attrgetter("token")):
        found += _transitions_of(series)
    return found


def _transitions_of(series: Iterable[State]) -> Iterator[Transition]:
    last: State | None = None
    unknown: list[State] = []
    for row in series:
        if row.restriction == _UNKNOWN:
            unknown.append(row)
            continue
        if last is None or (last.restriction, last.basis) != (row.restriction, row.basis):
            yield _transition(last, row, len(unknown))
        last = row
        unknown = []
    if unknown:
        yield _transition(last, unknown[0], len(unknown))


def _transition(last: State | None, row: State, unknown: int) -> Transition:
    return Transition(
        row.token,
        last.snapshot if last else None,
        row.snapshot,
        last.time if last else None,
        row.time,
        last.restriction if last else None,
        row.restriction,
        last.basis if last else None,
        row.basis,
        unknown,
    )


def changes(
    con: duckdb.DuckDBPyConnection,
    since: Instant,
    until: Instant | None = None,
    tokens: Sequence[str] = (),
) -> list[Change]:
    """Return which hosts started or stopped blocking, newest first.

    A date selects what the captures of that day and later show (up to the end of the day
    `until`); a snapshot selects what the snapshots after it show (up to `until` itself), so that
    neighbouring spans neither overlap nor leave a gap.
    """
    last = (until.snapshot, until.start if until.snapshot else until.end) if until else (None, None)
    rows = con.execute(_CHANGES, [list(tokens), since.snapshot, since.start, *last]).fetchall()
    return [Change(*row) for row in rows]
