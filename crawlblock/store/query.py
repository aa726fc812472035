"""SQL queries on a database, which no query may change."""

import re
import threading
from concurrent.futures import Future, wait
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

import duckdb

from crawlblock.errors import InputError, did_you_mean
from crawlblock.renamed import IN_SQL, now_called
from crawlblock.stopping import undisturbed
from crawlblock.store.database import copy_of
from crawlblock.store.faults import explained
from crawlblock.store.schema import CONFIG

_LAG = 2.0  # s by which a database may be newer than its copy: file systems round times
_ATTACHED = "crawlblock"
_PLACE = re.compile(r"LINE (\d+): (.*)")
_NO_TABLE = re.compile(r"Table with name")
_ABSENT = re.compile(
    r"(?:Table with name|Function with name|Referenced column|not have a column named) (\S+)"
)
# The file is opened read-only, and functions that write or read other files are switched off.
_SHUT = (
    "SET GLOBAL TimeZone = 'UTC'; SET enable_external_access = false; SET lock_configuration = true"
)
_GLANCE = 0.1  # s between two looks for signals while a query runs
_Row: TypeAlias = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class QueryResult:
    """What a query returned; times are UTC."""

    columns: tuple[str, ...]  # each name once
    rows: tuple[tuple[object, ...], ...]


def readable(path: Path) -> Path:
    """Return the published copy of a database, which no run locks, or else the database itself.

    Raises InputError if neither exists.
    """
    copy = copy_of(path)
    if copy.exists():
        return copy
    if not path.exists():
        raise InputError(f"{path}: no database is there; name another --db, or fill one first")
    return path


def copy_note(path: Path) -> str | None:
    """Say when the published copy of a database was made, if the database has changed since."""
    copy, log = copy_of(path), path.with_name(f"{path.name}.wal")
    if copy == path or not copy.exists():
        return None
    made = copy.stat().st_mtime
    if all(not each.exists() or each.stat().st_mtime - made < _LAG for each in (path, log)):
        return None
    at = datetime.fromtimestamp(made, UTC)
    return f"{copy.name} of {at:%Y-%m-%d %H:%M} UTC is read; {path.name} has changed since"


def open_shut(path: Path) -> duckdb.DuckDBPyConnection:
    """Open a database read-only; its connection can read and write nothing else.

    The file is attached to a database in memory: two connections to one path in a process would
    share the file that was there first, and a later copy would not be seen.  Raises LockedError or
    StoreError where the file cannot be used.
    """
    con = duckdb.connect(config=CONFIG)
    try:
        name = str(path).replace("'", "''")
        con.execute(f"ATTACH '{name}' AS {_ATTACHED} (READ_ONLY); USE {_ATTACHED}").fetchall()
        con.execute(_SHUT).fetchall()
    except duckdb.Error as error:
        con.close()
        raise explained(path, error) from None
    return con


def another(con: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """Return another connection to what `open_shut` opened, with settings of its own."""
    cursor = con.cursor()
    cursor.execute(f"USE {_ATTACHED}").fetchall()
    return cursor


def ask(path: Path, query: str) -> QueryResult:
    """Return what a query returns, the last one if there are several.

    Raises InputError with DuckDB's message for one that cannot be answered or would write.
    """
    with closing(open_shut(path)) as con:
        try:
            names, rows = _interruptible(con, query)
        except (duckdb.Error, RuntimeError) as error:  # a bad conversion is a RuntimeError to it
            raise InputError(said(con, str(error))) from None
    return QueryResult(_once(names), tuple(tuple(row) for row in rows))


def _interruptible(con: duckdb.DuckDBPyConnection, query: str) -> tuple[list[str], list[_Row]]:
    """Run a query in a thread: while it runs, DuckDB itself does not always notice a signal."""
    answer: Future[tuple[list[str], list[_Row]]] = Future()

    def run() -> None:
        try:
            answer.set_result(_answer(con, query))
        except Exception as error:
            answer.set_exception(error)

    asking = threading.Thread(target=run, name="query", daemon=True)
    with undisturbed() as signals:  # a thread that outlives the program would abort it
        asking.start()
        while not wait([answer], _GLANCE).done:
            if signals:
                con.interrupt()  # it is lost if the query has not begun yet
    return answer.result()


def _answer(con: duckdb.DuckDBPyConnection, query: str) -> tuple[list[str], list[_Row]]:
    con.execute(query)
    names = [str(column[0]) for column in con.description or ()]
    return names, con.fetchall() if names else []


def _once(names: list[str]) -> tuple[str, ...]:
    """Return the names, made unique."""
    found: list[str] = []
    for name in names:
        number = 1
        unlike = name
        while unlike in found:
            number += 1
            unlike = f"{name}_{number}"
        found.append(unlike)
    return tuple(found)


def said(con: duckdb.DuckDBPyConnection, message: str) -> str:
    """Return DuckDB's message as one line, with the line of the query that it is about."""
    place = _PLACE.search(message)
    said = message.partition("LINE ")[0].partition("Did you mean")[0].strip().split("\n")[0]
    where = f"; line {place[1]}: {place[2].strip()}" if place else ""
    if "read-only" in message or "disabled" in message or "locked" in message:
        return f"sql: {said}; a question changes and reads nothing but the database{where}"
    absent = _ABSENT.search(message)
    name = absent[1].strip('"!').rpartition(".")[2] if absent else ""
    hint = now_called(name, IN_SQL)
    if not hint and _NO_TABLE.search(message):
        hint = did_you_mean(name, _tables(con))
    return f"sql: {said}{f'; {hint}' if hint else ''}{where}"


def _tables(con: duckdb.DuckDBPyConnection) -> list[str]:
    rows = con.execute(
        "SELECT table_name FROM duckdb_tables() "
        "UNION SELECT view_name FROM duckdb_views() WHERE NOT internal"
    ).fetchall()
    return [name for (name,) in rows]
