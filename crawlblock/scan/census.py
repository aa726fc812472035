"""The hosts of scanned crawls, with what a census counts them by: set by set, in the database."""

import hashlib
import re
from collections.abc import Callable
from importlib.resources import files

from crawlblock import registry
from crawlblock.store.database import DatabaseFile

Progress = Callable[[str, int, int], None]  # what, done, of how many

_PENDING = """
SELECT s.id, s.snapshot FROM facts.scans c
JOIN facts.snapshots s ON s.id = c.snapshot
JOIN conclusions.selected d ON d.snapshot = c.snapshot
WHERE d.census IS DISTINCT FROM ? ORDER BY s.snapshot
"""


def census(database: DatabaseFile, progress: Progress) -> None:
    """Bring the census of every scanned crawl up to date with the captures that count."""
    folder = files(__package__)
    names = ("representatives.sql", "census.sql")
    script = "\n".join((folder / name).read_text("utf-8") for name in names)
    digest = hashlib.blake2b(
        f"{registry.providers_digest()}\n{script}".encode(), digest_size=8
    ).hexdigest()
    with database.transaction() as con:
        pending = con.execute(_PENDING, [digest]).fetchall()
    marks = registry.provider_marks()
    needles = [{"provider": mark.provider, "needle": mark.needle} for mark in marks]
    pattern = "|".join(re.escape(mark.needle) for mark in marks)
    for done, (number, snapshot) in enumerate(pending):
        progress(f"census of {snapshot}", done, len(pending))
        with database.transaction() as con:
            con.execute("SET VARIABLE snapshot = ?", [number]).fetchall()
            con.execute("SET VARIABLE provider_marks = ?", [needles]).fetchall()
            con.execute("SET VARIABLE provider_pattern = ?", [pattern]).fetchall()
            con.execute(script).fetchall()
            con.execute(
                "UPDATE conclusions.selected SET census = ? WHERE snapshot = ?", [digest, number]
            ).fetchall()
