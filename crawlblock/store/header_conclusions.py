"""Stores what the headers of answers state, beside what their texts state."""

from collections.abc import Callable
from typing import Any

import duckdb
import polars as pl

from crawlblock.robots.signals import Signal
from crawlblock.store.conclusion_columns import HEADER_SIGNALS
from crawlblock.store.relations import replaced

# Few answers have one of these; a header that states nothing is left out before it is parsed.
_STATING = (
    r'"(content-usage|content-signal|tdm-reservation|tdm-policy)": '
    r'|"x-robots-tag": "([^"\\]|\\.)*no(image)?ai|"link": "[^\n]*license'
)
_FETCHES = """
SELECT f.id, f.headers FROM facts.fetches f
SEMI JOIN (FROM conclusions.captures WHERE resource = '/robots.txt') c ON c.last = f.id
WHERE f.headers IS NOT NULL AND regexp_matches(f.headers, $1, 'i') ORDER BY f.id
"""

ReadHeaders = Callable[[str], tuple[Signal, ...]]


def set_header_signals(con: duckdb.DuckDBPyConnection, read: ReadHeaders) -> None:
    """Store what the headers of the counting captures state, replacing what was stored."""
    rows: list[tuple[Any, ...]] = [
        (fetch, s.kind, list(s.agents), s.use, s.preference, s.value, s.path)
        for fetch, headers in con.execute(_FETCHES, [_STATING]).fetchall()
        for s in read(headers)
    ]
    replaced(con, "conclusions.header_signals", pl.DataFrame(rows, HEADER_SIGNALS, orient="row"))
