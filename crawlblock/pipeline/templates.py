"""Shared texts in the stored robots.txt files: known templates, and others that are found."""

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial

import duckdb

from crawlblock import registry
from crawlblock.registry.providers import provider_in
from crawlblock.robots.rulesets import Discovered, SeenPayload, digest_of, shared_groups

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
    act: str  # default, switch, copied, group or shared
    domains: int  # with its marks, or a block it wrote, in any capture
    blocking: int  # of them, those where it blocks / for at least one crawler
    since: date | None  # of the first capture with it
    source: str


def known(con: duckdb.DuckDBPyConnection) -> list[Known]:
    """Return the known templates with their stored counts, the most blocking first."""
    return [Known(*row) for row in con.execute(_KNOWN).fetchall()]


def discovered(con: duckdb.DuckDBPyConnection, least: int) -> list[tuple[Discovered, str | None]]:
    """Return groups that block / and that many hosts share, each with its known author."""
    found = shared_groups(_texts(con), least)
    authors = dict(
        con.execute(
            "SELECT DISTINCT ruleset, authored_by FROM verdicts WHERE ruleset IS NOT NULL"
        ).fetchall()
    )
    return [(group, _author(group, authors)) for group in found]


def _author(group: Discovered, authors: Mapping[str, str]) -> str | None:
    """Return who wrote a group: the template whose lines contain it, else what its rules show."""
    for template in registry.templates():
        digest = digest_of(group.names, group.rules, template.id)
        if digest in authors:
            return authors[digest]
    return authors.get(group.ruleset)


def _texts(con: duckdb.DuckDBPyConnection) -> Iterator[SeenPayload]:
    """Return each payload once for each host that had it, with the first day."""
    last = ""
    while rows := con.execute(
        "SELECT digest, body FROM bodies WHERE digest > ? ORDER BY digest LIMIT ?",
        [last, _BATCH],
    ).fetchall():
        bodies = {digest: zlib.decompress(body) for digest, body in rows}
        seen = con.execute(
            "SELECT c.digest, c.host, coalesce(c.domain, c.host), "
            "min(CAST(coalesce(c.fetch_time, s.first_capture) AS DATE)), min(c.headers) "
            "FROM captures c JOIN snapshots s USING (snapshot) "
            "WHERE c.digest > ? AND c.digest <= ? AND c.resource = '/robots.txt' "
            "AND c.outcome = 'ok' GROUP BY ALL ORDER BY ALL",
            [last, rows[-1][0]],
        ).fetchall()
        for digest, host, domain, day, headers in seen:
            if day:
                yield SeenPayload(host, domain, day, bodies[digest], partial(_provider, headers))
        last = rows[-1][0]


def _provider(headers: str | None) -> str | None:
    return provider_in(headers) if headers else None
