"""What stored robots.txt files name that the registry does not know, and since when."""

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import duckdb
import polars as pl

from crawlblock import registry
from crawlblock.robots.judge import STAR, Bindings
from crawlblock.robots.parser import Lines
from crawlblock.robots.unknown import unknown_directives, unregistered
from crawlblock.store.relations import hold

What = Literal["agents", "directives"]

_BATCH = 5_000  # payloads read at a time
_COUNTS = """
WITH seen AS (
    SELECT n.name, s.snapshot, s.first_capture, coalesce(c.domain, c.host) AS domain
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
)
SELECT s.name, min(t.first_capture) AS since, e.first, e.last,
       coalesce(max(s.domains) FILTER (s.snapshot = e.first), 0) AS domains_first,
       coalesce(max(s.domains) FILTER (s.snapshot = e.last), 0) AS domains_last,
       coalesce(max(s.share) FILTER (s.snapshot = e.last), 0)
           - coalesce(max(s.share) FILTER (s.snapshot = e.first), 0) AS growth
FROM shares s JOIN totals t USING (snapshot) CROSS JOIN ends e
GROUP BY s.name, e.first, e.last
ORDER BY growth DESC, domains_last DESC, s.name
LIMIT ?
"""


@dataclass(frozen=True, slots=True)
class Stranger:
    """A name met in robots.txt files, and how many registered domains use it."""

    name: str  # lower case
    since: datetime  # UTC, when the first snapshot with it began
    first: str  # the oldest snapshot there is
    last: str  # the newest
    domains_first: int  # in the oldest
    domains_last: int  # in the newest
    growth: float  # difference of the shares of all domains read in the two, -1 to 1


def discover(con: duckdb.DuckDBPyConnection, what: What, most: int) -> list[Stranger]:
    """Return agents or directives that are not known, those that grew most first."""
    read = _reader(what)
    pairs = pl.DataFrame(
        [(digest, name) for digest, body in _payloads(con) for name in read(body)],
        schema={"digest": pl.String, "name": pl.String},
        orient="row",
    )
    hold(con, "names", pairs)
    return [Stranger(*row) for row in con.execute(_COUNTS, [most]).fetchall()]


def _reader(what: What) -> Callable[[bytes], tuple[str, ...]]:
    lines = Lines()
    if what == "directives":
        return lambda body: unknown_directives(body, lines)
    crawlers = registry.crawlers()
    aliases = (alias for crawler in crawlers for alias in crawler.aliases)
    known = Bindings([STAR, *(crawler.token for crawler in crawlers), *aliases])
    return lambda body: unregistered(body, known, lines)


def _payloads(con: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, bytes]]:
    """Return the payloads, some at a time."""
    last = ""
    while rows := con.execute(
        "SELECT digest, body FROM bodies WHERE digest > ? ORDER BY digest LIMIT ?",
        [last, _BATCH],
    ).fetchall():
        last = rows[-1][0]
        yield from ((digest, zlib.decompress(body)) for digest, body in rows)
