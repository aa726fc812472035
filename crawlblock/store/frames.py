"""Frames as they go into the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

import duckdb
import polars as pl


class ArrowStream:
    """A frame as DuckDB takes it without pyarrow: by the Arrow C stream interface.

    DuckDB's threads may ask at once where a question reads the frame twice, and older versions of
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


@contextmanager
def registered(con: duckdb.DuckDBPyConnection, **frames: pl.DataFrame) -> Iterator[None]:
    """Let questions name frames until the block ends."""
    for name, frame in frames.items():
        con.register(name, ArrowStream(frame))
    try:
        yield
    finally:
        for name in frames:
            con.unregister(name)
