"""Numbers for the code versions that read the stored facts and made the conclusions."""

from collections.abc import Mapping

import duckdb

from crawlblock.registry.digests import conclusion_digests

READING, BODY, SELECTION = "reading", "body", "selection"


def stamp_ids(con: duckdb.DuckDBPyConnection) -> Mapping[str, int]:
    """Return the number of today's digest of each conclusion, noting those that are new."""
    digests = conclusion_digests()
    for name, digest in digests.items():
        con.execute(
            "INSERT INTO conclusions.stamps SELECT (SELECT coalesce(max(id), 0) + 1 "
            "FROM conclusions.stamps), $1, $2 WHERE NOT EXISTS "
            "(FROM conclusions.stamps WHERE conclusion = $1 AND digest = $2)",
            [name, digest],
        ).fetchall()
    return known_stamp_ids(con)


def known_stamp_ids(con: duckdb.DuckDBPyConnection) -> Mapping[str, int]:
    """Return the number of today's digest of each conclusion, -1 if it is not stored."""
    rows = con.execute("SELECT conclusion, digest, id FROM conclusions.stamps").fetchall()
    known = {(name, digest): number for name, digest, number in rows}
    return {name: known.get((name, digest), -1) for name, digest in conclusion_digests().items()}
