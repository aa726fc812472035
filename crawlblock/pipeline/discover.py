"""Names in stored robots.txt files that the registry lacks, since when and beside which others."""

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import duckdb
import polars as pl

from crawlblock import registry
from crawlblock.robots.judge import STAR, Bindings
from crawlblock.robots.parser import Lines
from crawlblock.robots.unknown import companies, unknown_directives
from crawlblock.store.relations import hold

What = Literal["agents", "directives"]
Rank = Literal["growth", "company"]

_BATCH = 5_000  # payloads read at a time
_NAMES = {
    "digest": pl.String, "group": pl.Int32, "name": pl.String, "spelling": pl.String,
    "beside_ai": pl.Boolean,
}  # fmt: skip
_TOKENS = {"digest": pl.String, "group": pl.Int32, "token": pl.String}
_COUNTS = """
WITH seen AS (
    SELECT n.name, n.spelling, n.beside_ai, s.snapshot, s.first_capture,
           coalesce(c.domain, c.host) AS domain
    FROM names n
    JOIN captures c ON c.digest = n.digest AND c.resource = '/robots.txt' AND c.outcome = 'ok'
    JOIN snapshots s ON s.snapshot = c.snapshot
), totals AS (
    SELECT s.snapshot, s.first_capture, count(DISTINCT coalesce(c.domain, c.host)) AS domains
    FROM captures c JOIN snapshots s ON s.snapshot = c.snapshot
    WHERE c.resource = '/robots.txt' AND c.outcome = 'ok' GROUP BY ALL
), ends AS (
    SELECT min_by(snapshot, (first_capture, snapshot)) AS first,
           max_by(snapshot, (first_capture, snapshot)) AS last FROM totals
), shares AS (
    SELECT name, t.snapshot, count(DISTINCT domain) AS domains,
           count(DISTINCT domain) / any_value(t.domains) AS share
    FROM seen JOIN totals t USING (snapshot) GROUP BY ALL
), spelled AS (
    SELECT name, arg_max(spelling, (domains, spelling)) AS spelling
    FROM (SELECT name, spelling, count(DISTINCT domain) AS domains FROM seen GROUP BY ALL)
    GROUP BY name
), beside AS (
    SELECT name, count(DISTINCT domain) AS domains FROM seen WHERE beside_ai GROUP BY name
)
SELECT s.name, any_value(p.spelling), min(t.first_capture) AS since, e.first, e.last,
       coalesce(max(s.domains) FILTER (s.snapshot = e.first), 0) AS domains_first,
       coalesce(max(s.domains) FILTER (s.snapshot = e.last), 0) AS domains_last,
       coalesce(max(s.share) FILTER (s.snapshot = e.last), 0)
           - coalesce(max(s.share) FILTER (s.snapshot = e.first), 0) AS growth,
       coalesce(any_value(b.domains), 0) AS domains_beside_ai
FROM shares s JOIN totals t USING (snapshot) CROSS JOIN ends e
JOIN spelled p ON p.name = s.name
LEFT JOIN beside b ON b.name = s.name
GROUP BY s.name, e.first, e.last
ORDER BY CASE WHEN $rank = 'company' THEN domains_beside_ai END DESC, growth DESC,
         domains_last DESC, s.name
LIMIT $most
"""
_COMPANY = """
SELECT n.name, k.token, count(DISTINCT coalesce(c.domain, c.host)) AS domains
FROM names n
JOIN tokens k ON k.digest = n.digest AND k."group" = n."group"
JOIN captures c ON c.digest = n.digest AND c.resource = '/robots.txt' AND c.outcome = 'ok'
WHERE list_contains($names, n.name)
GROUP BY ALL ORDER BY n.name, domains DESC, k.token
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stranger:
    """A name in robots.txt files, how many registered domains use it, and the names beside it."""

    name: str  # lower case
    spelling: str  # the most common
    since: datetime  # UTC, when the first snapshot with it began
    first: str  # the oldest snapshot
    last: str  # the newest
    domains_first: int  # in the oldest
    domains_last: int  # in the newest
    growth: float  # difference of the shares of all domains read in the two, -1 to 1
    domains_beside_ai: int  # in which a group names it together with an AI crawler, at any time
    company: Mapping[str, int]  # registered crawlers in the same groups: domains, most first


def discover(
    con: duckdb.DuckDBPyConnection, what: What, most: int, rank: Rank = "growth"
) -> list[Stranger]:
    """Return agents or directives that are not known.

    The first ones grew most, or most domains name them together with an AI crawler.
    """
    rows = _directives(con) if what == "directives" else _agents(con)
    found = con.execute(_COUNTS, {"rank": rank, "most": most}).fetchall()
    company: dict[str, dict[str, int]] = {row[0]: {} for row in found}
    if rows:
        for name, token, domains in con.execute(_COMPANY, {"names": list(company)}).fetchall():
            company[name][token] = domains
    keys = (
        "name", "spelling", "since", "first", "last", "domains_first", "domains_last", "growth",
        "domains_beside_ai",
    )  # fmt: skip
    return [Stranger(**dict(zip(keys, r, strict=True)), company=company[r[0]]) for r in found]


def _directives(con: duckdb.DuckDBPyConnection) -> bool:
    """Hold which payload has which unknown keys; tell that they have no company."""
    lines = Lines()
    names = [
        (digest, 0, key, key, False)
        for digest, body in _payloads(con)
        for key in unknown_directives(body, lines)
    ]
    hold(con, "names", pl.DataFrame(names, _NAMES, orient="row"))
    return False


def _agents(con: duckdb.DuckDBPyConnection) -> bool:
    """Hold which group of which payload names which unknown agents and which known crawlers."""
    lines = Lines()
    crawlers = registry.crawlers()
    ai = {crawler.token for crawler in crawlers if crawler.ai}
    owners = {name: c.token for c in crawlers for name in (*c.aliases, *c.obeys)}
    owners |= {crawler.token: crawler.token for crawler in crawlers}
    known = Bindings([STAR, *owners])
    names, tokens = [], []
    for digest, body in _payloads(con):
        for number, group in enumerate(companies(body, known, lines)):
            beside = {owners[token] for token in group.tokens if token != STAR}
            beside_ai = not ai.isdisjoint(beside)
            names += [(digest, number, *each, beside_ai) for each in group.spellings.items()]
            tokens += [(digest, number, token) for token in beside]
    hold(con, "names", pl.DataFrame(names, _NAMES, orient="row"))
    hold(con, "tokens", pl.DataFrame(tokens, _TOKENS, orient="row"))
    return True


def _payloads(con: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, bytes]]:
    """Return the payloads, some at a time."""
    last = ""
    while rows := con.execute(
        "SELECT digest, body FROM bodies WHERE digest > ? ORDER BY digest LIMIT ?",
        [last, _BATCH],
    ).fetchall():
        last = rows[-1][0]
        yield from ((digest, zlib.decompress(body)) for digest, body in rows)
