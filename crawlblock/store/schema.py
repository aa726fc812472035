"""The layout of the database file: makes it, checks it, and renews it without losing any facts."""

import zlib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from pathlib import Path

import duckdb

from crawlblock.errors import StoreError
from crawlblock.outcome import Outcome
from crawlblock.store.defining import define

SCHEMA_VERSION = 6  # of schema.sql
CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "storage_compatibility_version": "v1.2.0",  # so that DuckDB 1.2 and later can read the file
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}
_TABLES = ("schema", "panel_columns", "ineffective_lines")  # files
_OF_FACTS = (
    "added_columns",
    "header_signals",
    "counting_files",
    "removed_snapshots",
    "extra_files",
    "frames",
    "views",
)  # files
_VIEWS = (
    *_OF_FACTS,
    "population",
    "host_segments",
    "meanings",
    "intervals",
    "shared_rulesets",
    "census",
    "shares",
    "spans",
)  # files
_STAMP = "views_stamp"


def schema() -> str:
    """Return the SQL that makes an empty database."""
    return _texts(_TABLES) + views()


def schema_of_facts() -> str:
    """Return the SQL of an empty database, without the slow views that only results need."""
    return _texts(_TABLES + _OF_FACTS) + _outcomes()


def _texts(names: Iterable[str]) -> str:
    folder = files(__package__)
    return "\n".join((folder / f"{name}.sql").read_text("utf-8") for name in names)


@cache
def views() -> str:
    """Return the SQL of the views and macros, which store nothing, with a stamp of their text."""
    text = _texts(_VIEWS)
    for kind in ("VIEW", "MACRO"):
        text = text.replace(f"\nCREATE {kind} ", f"\nCREATE OR REPLACE {kind} ")
    text += _outcomes()
    stamp = f"CREATE OR REPLACE MACRO {_STAMP}() AS {zlib.crc32(text.encode())}"
    return f"{text}\n{stamp};\nCOMMENT ON MACRO {_STAMP} IS 'Which text made the views.';\n"


def _outcomes() -> str:
    """Return the SQL that fills the table of outcomes."""
    rows = ", ".join(
        f"('{each}', {each.answered}, {each.retry}, {each.goodness}, {each.refused})"
        for each in Outcome
    )
    return f"\nDELETE FROM outcomes;\nINSERT INTO outcomes VALUES {rows};\n"


def _has_todays_views(con: duckdb.DuckDBPyConnection) -> bool:
    try:
        ((stamp,),) = con.execute(f"SELECT {_STAMP}()").fetchall()
    except duckdb.CatalogException:
        return False
    return f"{_STAMP}() AS {stamp};" in views()


def _renew_views(con: duckdb.DuckDBPyConnection) -> None:
    """Replace the views and macros that another version left in the file with today's."""
    if not _has_todays_views(con):
        define(con, views())


def check_copy(con: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Raise StoreError unless a copy, opened read-only, has today's tables and views."""
    if "schema_version" not in tables(con):
        raise StoreError(f"{path}: this is not a database of crawlblock; name another")
    ((version,),) = con.execute("SELECT max(version) FROM schema_version").fetchall()
    if version != SCHEMA_VERSION or not _has_todays_views(con):
        raise StoreError(
            f"{path}: made by another version of crawlblock; run `crawlblock analyze` on the "
            "database, which publishes a new copy"
        )


def is_current(con: duckdb.DuckDBPyConnection, path: Path) -> bool:
    """Tell whether an open database has today's tables; an empty database gets them.

    If it has them, views that are not today's are renewed.  Raises StoreError if it is
    another program's or of a newer crawlblock.
    """
    found = tables(con)
    if not found:
        define(con, schema())
        return True
    if "schema_version" not in found:
        raise StoreError(f"{path}: this is another program's database; use another --db")
    ((version,),) = con.execute("SELECT max(version) FROM schema_version").fetchall()
    if version is None or version > SCHEMA_VERSION:
        raise StoreError(
            f"{path}: made by a newer crawlblock (layout {version}, this one knows "
            f"{SCHEMA_VERSION}); use that one, or another --db"
        )
    if version < SCHEMA_VERSION:
        return False
    _renew_views(con)
    return True


def tables(con: duckdb.DuckDBPyConnection, database: str | None = None) -> set[str]:
    """Return the tables of a database's main schema, by default of the open database."""
    rows = con.execute(
        "SELECT table_name FROM duckdb_tables() "
        "WHERE database_name = coalesce(?, current_database()) AND schema_name = 'main'",
        [database],
    ).fetchall()
    return {name for (name,) in rows}
