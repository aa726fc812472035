"""Which shared texts stand in the stored robots.txt files: known templates, and others found."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import duckdb

from crawlblock.robots.rulesets import Discovered, shared_groups

_BATCH = 2_000  # payloads read at a time
_KNOWN = """
WITH pairs AS (
    SELECT digest, unnest(string_split(template, ',')) AS template, false AS blocks FROM payloads
    UNION ALL
    SELECT y.digest, v.authored_by, true
    FROM payloads y
    JOIN (SELECT DISTINCT policy, authored_by FROM verdicts WHERE ruleset IS NOT NULL) v
        USING (policy)
), texts AS (
    SELECT digest, template, bool_or(blocks) AS blocks FROM pairs GROUP BY ALL
), seen AS (
    SELECT c.digest, coalesce(c.domain, c.host) AS domain,
           min(CAST(coalesce(c.fetch_time, s.first_capture) AS DATE)) AS day
    FROM captures c JOIN snapshots s USING (snapshot)
    WHERE c.resource = '/robots.txt' AND c.outcome = 'ok' GROUP BY ALL
), counts AS (
    SELECT template, count(DISTINCT domain) AS domains,
           count(DISTINCT domain) FILTER (blocks) AS blocking, min(day) AS since
    FROM texts JOIN seen USING (digest) GROUP BY template
)
SELECT t.template, t.title, t.vendor, t.kind, t.act, coalesce(c.domains, 0),
       coalesce(c.blocking, 0), c.since, coalesce(t.source, t.evidence)
FROM templates t
LEFT JOIN counts c USING (template)
ORDER BY c.blocking DESC NULLS LAST, c.domains DESC NULLS LAST, t.template
"""


@dataclass(frozen=True, slots=True)
class Known:
    """A known template, and how many registered domains have its text."""

    template: str
    title: str
    vendor: str
    kind: str
    act: str  # default, switch or copied
    domains: int  # with its marks, or a block it wrote, in any capture
    blocking: int  # of them, those at which it blocks / for somebody
    since: date | None  # of the first capture with it
    source: str


def known(con: duckdb.DuckDBPyConnection) -> list[Known]:
    """Return the known templates with what is stored of them, the most blocking first."""
    return [Known(*row) for row in con.execute(_KNOWN).fetchall()]


def discovered(con: duckdb.DuckDBPyConnection, least: int) -> list[tuple[Discovered, str | None]]:
    """Return groups that block / and that many domains share, each with its known author."""
    found = shared_groups(_texts(con), least)
    authors = dict(
        con.execute(
            "SELECT ruleset, min(authored_by) FROM verdicts "
            "WHERE ruleset IS NOT NULL GROUP BY ruleset"
        ).fetchall()
    )
    return [(group, authors.get(group.ruleset)) for group in found]


def _texts(con: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, date, bytes]]:
    """Return each payload once for each domain that had it, with the first day."""
    last = ""
    while rows := con.execute(
        "SELECT digest, body FROM bodies WHERE digest > ? ORDER BY digest LIMIT ?",
        [last, _BATCH],
    ).fetchall():
        bodies = {digest: zlib.decompress(body) for digest, body in rows}
        seen = con.execute(
            "SELECT c.digest, coalesce(c.domain, c.host), "
            "min(CAST(coalesce(c.fetch_time, s.first_capture) AS DATE)) "
            "FROM captures c JOIN snapshots s USING (snapshot) "
            "WHERE c.digest > ? AND c.digest <= ? AND c.resource = '/robots.txt' "
            "AND c.outcome = 'ok' GROUP BY ALL ORDER BY ALL",
            [last, rows[-1][0]],
        ).fetchall()
        yield from ((domain, day, bodies[digest]) for digest, domain, day in seen if day)
        last = rows[-1][0]
