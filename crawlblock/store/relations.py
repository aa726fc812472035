"""Frames as they go into the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

import duckdb
import polars as pl


class ArrowStream:
    """A frame as DuckDB takes it without pyarrow: by the Arrow C stream interface.

    If a query reads the frame twice, DuckDB's threads may ask at once, and older versions of
    polars (seen in 1.31) then refuse with "Already borrowed".
    """

    def __init__(self, frame: pl.DataFrame) -> None:
        """Wrap a frame."""
        self._frame = frame
        self._lock = Lock()

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Hand over the stream."""
        with self._lock:
            return self._frame.__arrow_c_stream__(requested_schema)


def hold(con: duckdb.DuckDBPyConnection, name: str, frame: pl.DataFrame) -> None:
    """Let queries name a frame, as a temporary table.

    DuckDB reads the whole frame once.  If pyarrow is installed, DuckDB would otherwise hand the
    query's conditions to pyarrow, which cannot compare the strings of polars (seen in 26.0).
    """
    stream = f"{name}_stream"
    con.register(stream, ArrowStream(frame))
    try:
        con.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS FROM {stream}").fetchall()
    finally:
        con.unregister(stream)


@contextmanager
def registered(con: duckdb.DuckDBPyConnection, **frames: pl.DataFrame) -> Iterator[None]:
    """Let queries name frames until the block ends."""
    for name, frame in frames.items():
        hold(con, name, frame)
    yield
    for name in frames:  # what is left after an error goes with the connection
        con.execute(f"DROP TABLE temp.{name}").fetchall()


def replaced(con: duckdb.DuckDBPyConnection, table: str, rows: pl.DataFrame) -> None:
    """Give a table these rows; change it only if it has others."""
    names = ", ".join(rows.columns)
    with registered(con, batch=rows):
        ((changed,),) = con.execute(
            f"SELECT count(*) FROM ((SELECT {names} FROM batch EXCEPT SELECT {names} FROM {table}) "  # noqa: S608
            f"UNION ALL (SELECT {names} FROM {table} EXCEPT SELECT {names} FROM batch))"
        ).fetchall()
        if changed:
            con.execute(f"DELETE FROM {table}").fetchall()  # noqa: S608
            con.execute(f"INSERT INTO {table} BY NAME SELECT * FROM batch").fetchall()  # noqa: S608
