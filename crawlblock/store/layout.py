"""The layout of the database file: made, checked, and renewed without losing what was collected."""

import os
import shutil
import zlib
from contextlib import closing
from importlib.resources import files
from pathlib import Path

import duckdb

from crawlblock.errors import StoreError

SCHEMA_VERSION = 3  # of schema.sql
CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "storage_compatibility_version": "v1.2.0",  # so that DuckDB 1.2 and later can read the file
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}
_BEFORE = "crawlblock_layout_before"  # a name that no database file has by chance
_QUESTIONS = ("questions", "intervals", "census")  # files
_STAMP = "questions_stamp"
_OF_THE_SCHEMA = ("schema_version", "http_readings")  # their rows come with the layout


def schema() -> str:
    """Return the SQL that makes an empty database."""
    return (files(__package__) / "schema.sql").read_text("utf-8") + _questions()


def _questions() -> str:
    """Return the SQL of the views and macros that hold nothing, with a stamp of their text."""
    folder = files(__package__)
    text = "\n".join((folder / f"{name}.sql").read_text("utf-8") for name in _QUESTIONS)
    for kind in ("VIEW", "MACRO"):
        text = text.replace(f"\nCREATE {kind} ", f"\nCREATE OR REPLACE {kind} ")
    stamp = f"CREATE OR REPLACE MACRO {_STAMP}() AS {zlib.crc32(text.encode())}"
    return f"{text}\n{stamp};\nCOMMENT ON MACRO {_STAMP} IS 'Which text made the views.';\n"


def _has_todays_questions(con: duckdb.DuckDBPyConnection) -> bool:
    found = con.execute(
        "SELECT macro_definition FROM duckdb_functions() WHERE function_name = ?", [_STAMP]
    ).fetchall()
    return bool(found) and f"{_STAMP}() AS {found[0][0]};" in _questions()


def _renew_questions(con: duckdb.DuckDBPyConnection) -> None:
    """Put today's views and macros in place of those that another version left in the file."""
    if not _has_todays_questions(con):
        con.execute(_questions()).fetchall()


def check_copy(con: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Raise StoreError unless a copy, open for reading alone, has today's tables and views."""
    if "schema_version" not in _tables(con):
        raise StoreError(f"{path}: this is not a database of crawlblock; name another")
    ((version,),) = con.execute("SELECT max(version) FROM schema_version").fetchall()
    if version != SCHEMA_VERSION or not _has_todays_questions(con):
        raise StoreError(
            f"{path}: made by another version of crawlblock; run `crawlblock analyze` on the "
            "database, which publishes a new copy"
        )


def is_current(con: duckdb.DuckDBPyConnection, path: Path) -> bool:
    """Tell whether an open database has today's tables, which an empty one is given.

    The views of one that has are renewed where they are not today's.  Raises StoreError if it is
    another program's or of a newer crawlblock.
    """
    tables = _tables(con)
    if not tables:
        con.execute(schema()).fetchall()
        return True
    if "schema_version" not in tables:
        raise StoreError(f"{path}: this is another program's database; use another --db")
    ((version,),) = con.execute("SELECT max(version) FROM schema_version").fetchall()
    if version is None or version > SCHEMA_VERSION:
        raise StoreError(
            f"{path}: made by a newer crawlblock (layout {version}, this one knows "
            f"{SCHEMA_VERSION}); use that one, or another --db"
        )
    if version < SCHEMA_VERSION:
        return False
    _renew_questions(con)
    return True


def renew(path: Path) -> None:
    """Copy a database of an older layout into a new one; the old file stays beside it.

    Nothing else may have it open.  It is copied aside and put in place whole, so that it may be
    stopped at any moment.
    """
    aside = path.with_name(f"{path.name}.renewing")
    for leftover in (aside, aside.with_name(f"{aside.name}.wal")):
        leftover.unlink(missing_ok=True)
    with closing(duckdb.connect(str(path), config=CONFIG)) as con:
        ((version,),) = con.execute("SELECT max(version) FROM schema_version").fetchall()
        con.execute("CHECKPOINT").fetchall()
    with closing(duckdb.connect(str(aside), config=CONFIG)) as con:
        con.execute(schema()).fetchall()
        quoted = str(path).replace("'", "''")
        con.execute(f"ATTACH '{quoted}' AS {_BEFORE} (READ_ONLY)").fetchall()
        for table in _tables(con, _BEFORE) & _tables(con) - {*_OF_THE_SCHEMA}:
            shared = ", ".join(sorted(_columns(con, _BEFORE, table) & _columns(con, None, table)))
            con.execute(
                f"INSERT INTO {table} ({shared}) SELECT {shared} FROM {_BEFORE}.{table}"  # noqa: S608
            ).fetchall()
        con.execute(f"DETACH {_BEFORE}").fetchall()
        con.execute("CHECKPOINT").fetchall()
    kept = path.with_name(f"{path.name}.layout{version}")
    kept.unlink(missing_ok=True)
    try:
        os.link(path, kept)
    except OSError:  # not every file system has links
        shutil.copyfile(path, kept)
    aside.replace(path)


def _tables(con: duckdb.DuckDBPyConnection, database: str | None = None) -> set[str]:
    rows = con.execute(
        "SELECT table_name FROM duckdb_tables() "
        "WHERE database_name = coalesce(?, current_database())",
        [database],
    ).fetchall()
    return {name for (name,) in rows}


def _columns(con: duckdb.DuckDBPyConnection, database: str | None, table: str) -> set[str]:
    rows = con.execute(
        "SELECT column_name FROM duckdb_columns() "
        "WHERE database_name = coalesce(?, current_database()) AND table_name = ?",
        [database, table],
    ).fetchall()
    return {name for (name,) in rows}
