"""The hosts of scanned crawls, with what a census counts them by: part by part, in the database."""

import re
from collections.abc import Callable
from importlib.resources import files

import duckdb

from crawlblock import registry
from crawlblock.code_digest import digest
from crawlblock.store.database import DatabaseFile

Progress = Callable[[str, int, int], None]  # what, done, of how many

_PART = 4_000_000  # hosts whose names are held together
_PENDING = """
SELECT s.id, s.snapshot FROM facts.scans c
JOIN facts.snapshots s ON s.id = c.snapshot
JOIN conclusions.selected d ON d.snapshot = c.snapshot
WHERE d.census IS DISTINCT FROM ? ORDER BY s.snapshot
"""


def census(database: DatabaseFile, progress: Progress, hosts: int = _PART) -> None:
    """Bring the census of every scanned crawl up to date with the captures that count.

    The names of about so many `hosts` are held in memory at a time.
    """
    folder = files(__package__)
    representatives, counted, part = (
        (folder / name).read_text("utf-8")
        for name in ("representatives.sql", "counted.sql", "census.sql")
    )
    stamp = digest(registry.providers_digest(), representatives, counted, part)
    with database.transaction() as con:
        pending = con.execute(_PENDING, [stamp]).fetchall()
    for done, (number, snapshot) in enumerate(pending):
        progress(f"census of {snapshot}", done, len(pending))
        with database.transaction() as con:
            _set(con, snapshot=number, **_providers())
            con.execute(representatives + counted).fetchall()
            ((found,),) = con.execute("SELECT count(*) FROM temp.counted").fetchall()
            parts = 1 + found // hosts
            for n in range(parts):
                _set(con, parts=parts, part=n)
                con.execute(part).fetchall()
            for table in ("unstable", "counting", "counted", "provider"):
                con.execute(f"DROP TABLE temp.{table}").fetchall()
            con.execute(
                "UPDATE conclusions.selected SET census = ? WHERE snapshot = ?", [stamp, number]
            ).fetchall()


def _providers() -> dict[str, object]:
    """Return the marks of providers, and a pattern that finds any of them."""
    marks = registry.provider_marks()
    return {
        "provider_marks": [{"provider": mark.provider, "needle": mark.needle} for mark in marks],
        "provider_pattern": "|".join(re.escape(mark.needle) for mark in marks),
    }


def _set(con: duckdb.DuckDBPyConnection, **variables: object) -> None:
    for name, value in variables.items():
        con.execute(f"SET VARIABLE {name} = ?", [value]).fetchall()
