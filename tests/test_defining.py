"""A database whose views are made in steps is the one that its SQL says."""

from contextlib import closing

import duckdb
import pytest

from crawlblock.store.defining import define
from crawlblock.store.schema import schema, views

CATALOG = {
    "duckdb_tables()": "schema_name, table_name, sql, comment",
    "duckdb_views()": "schema_name, view_name, sql, comment, column_count",
    "duckdb_columns()": "schema_name, table_name, column_name, column_index, data_type, comment",
    "duckdb_functions()": "function_name, parameters, macro_definition, comment",
}
NESTED = (
    'CREATE VIEW low AS SELECT 1 AS one, \'x\' AS "a ""name""", [\'y\'] AS "of";'
    "COMMENT ON VIEW low IS 'Low.';"
    "CREATE VIEW high AS SELECT *, one + 1 AS two FROM low;"
)


def catalog(con: duckdb.DuckDBPyConnection) -> list[list[tuple[object, ...]]]:
    """Return all that is defined."""
    return [
        con.execute(f"SELECT {columns} FROM {source} WHERE NOT internal ORDER BY ALL").fetchall()
        for source, columns in CATALOG.items()
    ]


def test_steps_define_the_same() -> None:
    """New or made again: the same tables, views, columns, macros and comments."""
    with closing(duckdb.connect()) as plain, closing(duckdb.connect()) as made:
        plain.execute(schema()).fetchall()
        define(made, schema())
        assert catalog(made) == catalog(plain)
        define(made, views())
        assert catalog(made) == catalog(plain)


def test_a_view_answers_and_keeps_its_comment() -> None:
    """The last text of a view counts, whatever its columns are called; an error is raised."""
    with closing(duckdb.connect()) as con:
        define(con, NESTED)
        assert con.execute("FROM high").fetchall() == [(1, "x", ["y"], 2)]
        ((comment,),) = con.execute(
            "SELECT comment FROM duckdb_views() WHERE view_name = 'low'"
        ).fetchall()
        assert comment == "Low."
        with pytest.raises(duckdb.BinderException, match="three"):
            define(con, "CREATE VIEW wrong AS SELECT three FROM low")
