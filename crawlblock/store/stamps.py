"""Numbers for the code versions that read the stored facts and made the conclusions."""

from collections.abc import Mapping

import duckdb

from crawlblock.registry.digests import conclusion_digests

READING, BODY, SELECTION = "reading", "body", "selection"


def stamp_ids(con: duckdb.DuckDBPyConnection) -> Mapping[str, int]:
    """Return the number of today's digest of each conclusion, noting those that are new."""
    digests = conclusion_digests()
    known = known_stamp_ids(con)
    new = [name for name, number in known.items() if number < 0]
    for name in new:
        con.execute(
            "INSERT INTO conclusions.stamps "
            "SELECT coalesce(max(id), 0) + 1, $1, $2 FROM conclusions.stamps",
            [name, digests[name]],
        ).fetchall()
    return known_stamp_ids(con) if new else known


def known_stamp_ids(con: duckdb.DuckDBPyConnection) -> Mapping[str, int]:
    """Return the number of today's digest of each conclusion, -1 if it is not stored."""
    rows = con.execute("SELECT conclusion, digest, id FROM conclusions.stamps").fetchall()
    known = {(name, digest): number for name, digest, number in rows}
    return {name: known.get((name, digest), -1) for name, digest in conclusion_digests().items()}
