"""Where the records of a snapshot's captures are, in a way that a reader of the page can follow."""

import re
from typing import Any

import duckdb

from crawlblock.sources.commoncrawl.keys import cdx_url

RENDERED = "DEMO-"  # how the crawls of a rendered archive are called
_COMMON_CRAWL = re.compile(r"CC-MAIN-\d{4}(-\d{2}){1,2}")
_QUERY = """
SELECT s.snapshot, s.kind FROM snapshots s JOIN scopes c USING (snapshot)
WHERE c.of_panel = ? AND c.first_capture IS NOT NULL
ORDER BY CAST(c.first_capture AS DATE), s.snapshot
"""
_NONE = {
    "demo": "The robots.txt file is reconstructed from published facts. It is in no archive, so "
    "there is no link.",
    "crawl": "The record is in an archive that has no public address known to this page.",
    "live": "A live run fetched it. The record is with whoever ran it.",
    "import": "It was imported. The record is where it was imported from.",
}


def archive_records(con: duckdb.DuckDBPyConnection, of_panel: bool) -> list[list[Any]]:
    """Return for each dated snapshot, in order of time, its index, and what to say without one.

    The first value is the address of Common Crawl's index of the crawl, or null.
    """
    return [list(_record(*row)) for row in con.execute(_QUERY, [of_panel]).fetchall()]


def _record(snapshot: str, kind: str) -> tuple[str | None, str]:
    if kind == "crawl" and snapshot.startswith(RENDERED):
        return None, _NONE["demo"]
    if kind == "crawl" and _COMMON_CRAWL.fullmatch(snapshot):
        return cdx_url(snapshot), _NONE["crawl"]
    return None, _NONE.get(kind, _NONE["crawl"])
