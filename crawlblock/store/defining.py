"""Runs the SQL that defines tables, views and macros, without the time that nested views take."""

import re

import duckdb

_VIEW = re.compile(r"^CREATE (?:OR REPLACE )?VIEW (\w+)", re.MULTILINE)
_COMMENT = re.compile(r"^COMMENT ON ", re.MULTILINE)


def define(con: duckdb.DuckDBPyConnection, text: str) -> None:
    """Run statements; `con` should be in a transaction, as views are replaced on the way.

    DuckDB checks a new view together with all views below it, again for each view, which takes
    most of a second.  So each view is replaced by one without rows as soon as its columns are
    known, and made again at the end, before those below it.  Each check then ends one view down.
    """
    made: list[tuple[str, str]] = []
    comments: list[str] = []  # a view that is replaced loses its own
    for statement in con.extract_statements(text):
        if _COMMENT.search(statement.query):
            comments.append(statement.query)
            continue
        con.execute(statement).fetchall()
        if found := _VIEW.search(statement.query):
            made.append((found[1], statement.query))
            _empty(con, found[1])
    for name, query in reversed(made):
        con.execute(f"DROP VIEW {name}").fetchall()
        con.execute(query).fetchall()
    for comment in comments:
        con.execute(comment).fetchall()


def define_briefly(con: duckdb.DuckDBPyConnection, text: str) -> None:
    """Run statements without comments, for a database that nobody looks into.

    With a few views this takes half of the time.
    """
    for statement in con.extract_statements(text):
        if not _COMMENT.search(statement.query):
            con.execute(statement).fetchall()


def _empty(con: duckdb.DuckDBPyConnection, view: str) -> None:
    """Replace a view by one of the same columns and without rows."""
    columns = con.execute(f"DESCRIBE {view}").fetchall()
    values = ", ".join(f"CAST(NULL AS {kind}) AS {_quoted(name)}" for name, kind, *_ in columns)
    con.execute(f"CREATE OR REPLACE VIEW {view} AS SELECT {values} WHERE false").fetchall()


def _quoted(name: str) -> str:
    return '"{}"'.format(name.replace('"', '""'))
