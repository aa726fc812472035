"""Copies databases of earlier layouts, with everything in them, into today's layout."""

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from importlib.resources import files
from itertools import chain
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from crawlblock.captures.earlier import asked_of, fetch_of_capture, fetch_of_scanned
from crawlblock.captures.frames import Batch, batch_of
from crawlblock.durable import put_in_place
from crawlblock.model import Asked, Fetch
from crawlblock.store.defining import define
from crawlblock.store.insert import add_rows
from crawlblock.store.relations import registered
from crawlblock.store.schema import CONFIG, schema, tables, views
from crawlblock.store.selecting import settle

_BEFORE = "crawlblock_layout_before"  # a name that no database file has by chance
# Columns that had another name before, in tables that are copied as they are.
_NOW = {"drawn": "sampled"}
_SAME = ("panels", "panel", "ranks", "runs", "accepted", "weights", "templates", "breaks")
# The layouts whose tables are altered in a copy of the file, and the scripts that do it.
_ALTERED = {
    4: ("renew_words", "panel_columns", "renew_columns", "renew_crawlers", "ineffective_lines"),
    5: ("panel_columns", "renew_columns", "renew_crawlers", "ineffective_lines"),
}
_READER = 0  # no stamp: today's reader may read what the earlier one could not
_PAGE = 100_000  # captures read at a time
# The columns that each table may have; an older layout lacks some of them.
_WANTED = {
    "snapshots": "snapshot, kind, first_capture, last_capture",
    "captures": "snapshot, host, resource, url_asked, url, hops, fetch_time, status, outcome, "
    "digest, headers, warc_file, warc_offset, warc_length",
    "payloads": "digest, bytes, body, policy, ambiguous_group, template, text",
    "texts": "text, rules, policy, ambiguous_group, template",
    "crawlers": "token, operator, purpose, openness, ai, documented_since, retired, url",
    "policies": "policy",
    "verdicts": "policy, token, restriction, basis, root_allowed, authored_by, decision",
    "signals": "digest, kind, agents, use, wish, value, path, line",
    "scans": "snapshot, seed, share, planned, of",
    "scanned_shards": "snapshot, shard, captures, bytes, faults",
    "scanned_files": "snapshot, file, warc_file, shard",
    "scanned_captures": "snapshot, host, resource, url, fetch_time, status, outcome, redirect, "
    "digest, bytes, text, headers, file, warc_offset, warc_length",
    "census": "snapshot, host, tld, file, provider, captures, digests, stands, siblings",
}
_CAPTURES = "FROM before_captures"
_PAGE_OF = "SELECT * EXCLUDE (row) FROM earlier WHERE row > ? AND row <= ?"
_SCANNED = """
SELECT c.* EXCLUDE (file), f.warc_file FROM before_scanned_captures c
JOIN before_scanned_files f ON f.snapshot = c.snapshot AND f.file = c.file
"""

Row = Mapping[str, Any]


def renew(path: Path) -> None:
    """Copy a database of an older layout into a new one; the old file stays beside it.

    Nothing else may have it open.  The copy is made aside and put in place whole, so it may be
    stopped at any moment.
    """
    aside = path.with_name(f"{path.name}.renewing")
    for leftover in (aside, aside.with_name(f"{aside.name}.wal")):
        leftover.unlink(missing_ok=True)
    with closing(duckdb.connect(str(path), config=CONFIG)) as con:
        ((version,),) = con.execute("SELECT max(version) FROM schema_version").fetchall()
        con.execute("CHECKPOINT").fetchall()
    if version in _ALTERED:
        shutil.copyfile(path, aside)
    with closing(duckdb.connect(str(aside), config=CONFIG)) as con:
        con.execute("SET TimeZone = 'UTC'").fetchall()
        if version in _ALTERED:
            _alter(con, _ALTERED[version])
        else:
            _copy_from(con, path)
        con.execute("CHECKPOINT").fetchall()
    kept = path.with_name(f"{path.name}.layout{version}")
    kept.unlink(missing_ok=True)
    try:
        os.link(path, kept)
    except OSError:  # not every file system has links
        shutil.copyfile(path, kept)
    put_in_place(aside, path)


def _alter(con: duckdb.DuckDBPyConnection, scripts: tuple[str, ...]) -> None:
    """Give tables today's names and columns; views and macros are made again."""
    made = con.execute(
        "SELECT 'VIEW ' || view_name FROM duckdb_views() WHERE NOT internal UNION ALL "
        "SELECT DISTINCT if(function_type = 'table_macro', 'MACRO TABLE ', 'MACRO ') "
        "|| function_name FROM duckdb_functions() WHERE NOT internal"
    ).fetchall()
    for (one,) in made:
        con.execute(f"DROP {one}").fetchall()
    have = tables(con)
    for script in (each for each in scripts if each not in have):  # one is named like its table
        con.execute((files(__package__) / f"{script}.sql").read_text("utf-8")).fetchall()
    con.begin()
    define(con, views())
    con.commit()


def _copy_from(con: duckdb.DuckDBPyConnection, path: Path) -> None:
    con.begin()
    define(con, schema())
    con.commit()
    quoted = str(path).replace("'", "''")
    con.execute(f"ATTACH '{quoted}' AS {_BEFORE} (READ_ONLY)").fetchall()
    _copy(con)
    con.execute(f"DETACH {_BEFORE}").fetchall()


def _copy(con: duckdb.DuckDBPyConnection) -> None:
    have = tables(con, _BEFORE)
    for table in have & set(_SAME):
        today = _columns(con, None, table)
        kept = [c for c in sorted(_columns(con, _BEFORE, table)) if _NOW.get(c, c) in today]
        names = ", ".join(_NOW.get(column, column) for column in kept)
        con.execute(
            f"INSERT INTO {table} ({names}) SELECT {', '.join(kept)} "  # noqa: S608
            f"FROM {_BEFORE}.{table}"
        ).fetchall()
    for table, wanted in _WANTED.items():
        con.execute(_view(con, table, wanted.split(", "), table in have)).fetchall()
    folder = files(__package__)
    con.execute((folder / "renew_payloads.sql").read_text("utf-8")).fetchall()
    scanned = con.execute("FROM before_scans").fetchone() is not None
    query, read = (_SCANNED, _of_scanned) if scanned else (_CAPTURES, _of_captures)
    for batch in chain([batch_of([], [])], _batches(con, query, read)):
        with registered(con, new_fetches=batch.fetches, new_asked=batch.asked):
            add_rows(con, compare=False, reader=_READER)
    con.execute((folder / "renew.sql").read_text("utf-8")).fetchall()
    settle(con)
    for table in _WANTED:
        con.execute(f"DROP VIEW temp.before_{table}").fetchall()
    for made in ("new_texts", "new_payloads", "new_snapshots"):
        con.execute(f"DROP TABLE temp.{made}").fetchall()


def _view(con: duckdb.DuckDBPyConnection, table: str, wanted: list[str], exists: bool) -> str:
    """Return the SQL of a view of an older table that has all columns; the missing are empty."""
    have = _columns(con, _BEFORE, table) if exists else set()
    named = ", ".join(name if name in have else f"NULL AS {name}" for name in wanted)
    source = f"FROM {_BEFORE}.{table}" if exists else "WHERE false"
    return f"CREATE TEMP VIEW before_{table} AS SELECT {named} {source}"


def _batches(
    con: duckdb.DuckDBPyConnection, query: str, read: Callable[[list[Row]], Batch]
) -> Iterator[Batch]:
    """Yield the captures of a database as facts; each is read while earlier ones are stored."""
    numbered = f"SELECT row_number() OVER () AS row, * FROM ({query})"  # noqa: S608
    con.execute(f"CREATE TEMP TABLE earlier AS {numbered}").fetchall()
    ((held,),) = con.execute("SELECT count(*) FROM earlier").fetchall()
    for start in range(0, held, _PAGE):
        page = pl.DataFrame(con.sql(_PAGE_OF, params=[start, start + _PAGE]))
        yield read(list(page.iter_rows(named=True)))
    con.execute("DROP TABLE temp.earlier").fetchall()


def _of_captures(rows: list[Row]) -> Batch:
    fetches: list[Fetch] = [found for row in rows if (found := fetch_of_capture(row))]
    asked: list[Asked] = [asked_of(row) for row in rows]
    return batch_of(fetches, asked)


def _of_scanned(rows: list[Row]) -> Batch:
    return batch_of([fetch_of_scanned(row) for row in rows], [])


def _columns(con: duckdb.DuckDBPyConnection, database: str | None, table: str) -> set[str]:
    rows = con.execute(
        "SELECT column_name FROM duckdb_columns() WHERE schema_name = 'main' "
        "AND database_name = coalesce(?, current_database()) AND table_name = ?",
        [database, table],
    ).fetchall()
    return {name for (name,) in rows}
