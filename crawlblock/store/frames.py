"""Frames as they go into and come out of the database."""

from collections.abc import Iterable
from dataclasses import astuple, fields
from datetime import datetime
from enum import StrEnum
from threading import Lock
from typing import Any

import polars as pl

from crawlblock.model import Capture

_DTYPES: dict[object, pl.DataType] = {
    int: pl.Int64(),
    int | None: pl.Int64(),
    datetime | None: pl.Datetime("us"),
}

CAPTURE_SCHEMA = pl.Schema(
    {field.name: _DTYPES.get(field.type, pl.String()) for field in fields(Capture)}
)


def captures_frame(captures: Iterable[Capture]) -> pl.DataFrame:
    """Return captures as a frame with the columns of the table."""
    rows = [tuple(_plain(value) for value in astuple(capture)) for capture in captures]
    return pl.DataFrame(rows, schema=CAPTURE_SCHEMA, orient="row")


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, StrEnum) else value


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
