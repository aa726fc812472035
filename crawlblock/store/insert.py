"""Adds facts to an open database: names get numbers, and facts already stored are left out."""

import zlib
from collections.abc import Iterable
from importlib.resources import files

import duckdb
import polars as pl

from crawlblock.captures.frames import Batch
from crawlblock.hosts import registered_domain
from crawlblock.model import Payload, SnapshotKind
from crawlblock.store.relations import registered
from crawlblock.store.stamps import READING, stamp_ids

_TEXTS = {"name": pl.String, "body": pl.Binary, "whole": pl.Boolean}
_PAYLOADS = {"digest": pl.String, "bytes": pl.Int64, "text": pl.String}
_HOSTS_OF = """
SELECT DISTINCT host FROM (
    SELECT host FROM new_fetches UNION ALL SELECT host FROM new_asked
    UNION ALL SELECT fallback FROM new_asked WHERE fallback IS NOT NULL
) ANTI JOIN facts.hosts USING (host)
"""
_REFRESH = """
UPDATE facts.snapshots s SET first_capture = f.first_capture, last_capture = f.last_capture
FROM (
    SELECT snapshot, min(fetch_time) AS first_capture, max(fetch_time) AS last_capture
    FROM facts.fetches
    WHERE snapshot IN (SELECT id FROM facts.snapshots SEMI JOIN new_snapshots USING (snapshot))
    GROUP BY snapshot
) f
WHERE f.snapshot = s.id AND s.kind <> 'crawl'
"""


def add_batch(con: duckdb.DuckDBPyConnection, batch: Batch, kind: SnapshotKind) -> int:
    """Add facts in the open transaction; return how many hosts were not asked before."""
    before = count_rows(con, "facts.asked")
    frames = {
        "new_fetches": batch.fetches,
        "new_asked": batch.asked,
        "new_texts": _texts(batch.payloads),
        "new_payloads": _payloads(batch.payloads),
        "new_snapshots": _snapshots(batch, kind),
    }
    with registered(con, **frames):
        add_rows(con)
        con.execute(_REFRESH).fetchall()
    return count_rows(con, "facts.asked") - before


def add_rows(
    con: duckdb.DuckDBPyConnection, compare: bool = True, reader: int | None = None
) -> None:
    """Add what the relations new_fetches, new_asked, ... hold (see number.sql).

    `compare`: leave out facts already stored; False: none can be stored yet.  `reader`: the stamp
    of the code that read the records, today's by default.
    """
    hosts = [host for (host,) in con.execute(_HOSTS_OF).fetchall()]
    named = pl.DataFrame(
        {"host": hosts, "domain": list(map(registered_domain, hosts))},
        schema={"host": pl.String, "domain": pl.String},
    )
    stamp = stamp_ids(con)[READING] if reader is None else reader
    con.execute("SET VARIABLE reader = ?", [stamp]).fetchall()
    with registered(con, new_hosts=named):
        for script in ("number", "known", "insert") if compare else ("number", "insert"):
            con.execute((files(__package__) / f"{script}.sql").read_text("utf-8")).fetchall()


def _texts(payloads: Iterable[Payload]) -> pl.DataFrame:
    rows = [(each.digest, zlib.compress(each.body, 6), True) for each in payloads]
    return pl.DataFrame(rows, schema=_TEXTS, orient="row")


def _payloads(payloads: Iterable[Payload]) -> pl.DataFrame:
    rows = [(each.digest, len(each.body), each.digest) for each in payloads]
    return pl.DataFrame(rows, schema=_PAYLOADS, orient="row")


def _snapshots(batch: Batch, kind: SnapshotKind) -> pl.DataFrame:
    """Return the snapshots of a batch; their times are refreshed from the fetches."""
    names = pl.concat([batch.fetches["snapshot"], batch.asked["snapshot"]]).unique().sort()
    unknown = pl.lit(None, pl.Datetime("us"))
    return names.to_frame().select(
        "snapshot",
        kind=pl.lit(str(kind)),
        first_capture=unknown,
        last_capture=unknown,
    )


def count_rows(con: duckdb.DuckDBPyConnection, table: str) -> int:
    """Return how many rows a table has."""
    return int(con.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0])  # noqa: S608
