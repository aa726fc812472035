"""Columns of Parquet files as text, as rows of CSV and JSONL have them."""

import json
from pathlib import Path

import polars as pl

from crawlblock.errors import InputError


def as_text(name: str, dtype: pl.DataType, path: Path) -> pl.Expr:
    """Return a column of a Parquet file as rows have it; raises InputError if it cannot be text."""
    column = pl.col(name)
    if name == "body":
        if dtype not in (pl.Binary, pl.String, pl.Null):
            raise InputError(f"{path}: the column body holds {dtype}; it must be bytes or text")
        return column.cast(pl.Binary)
    if isinstance(dtype, pl.Datetime):
        time = column.cast(pl.Datetime("us", dtype.time_zone))
        if dtype.time_zone:
            time = time.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
        return time.dt.strftime("%Y-%m-%dT%H:%M:%S%.6f")
    if isinstance(dtype, pl.Struct):
        return column.struct.json_encode()
    if isinstance(dtype, pl.List) and name == "headers":
        return column.map_elements(_as_json, return_dtype=pl.String)
    if dtype.is_nested():
        return pl.lit(None, dtype=pl.String).alias(name)
    if dtype == pl.Binary:
        return column.map_elements(_decoded, return_dtype=pl.String)
    if dtype.is_float():
        return column.cast(pl.Int64, strict=False).cast(pl.String)
    return column.cast(pl.String)


def _as_json(values: pl.Series) -> str:
    """Return a list of Parquet, such as a map's, as JSON."""
    return json.dumps(values.to_list(), default=_decoded)


def _decoded(raw: object) -> str:
    return raw.decode("utf-8", "replace") if isinstance(raw, bytes) else str(raw)
