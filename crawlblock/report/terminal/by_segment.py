"""The last result about each crawler and segment of one dimension."""

from pathlib import Path
from typing import Any

import polars as pl

from crawlblock.errors import InputError, did_you_mean
from crawlblock.metrics.headline import HEADLINE, headline_of, headline_rows
from crawlblock.report.labels import interval, percent

SHOWN = ("segment", "crawler", "blocked", "interval", "n", "unknown")  # in a table
COLUMNS = ("segment", "token", "n_yes", "n", "n_unknown", "estimate", "low", "high", "no_interval")


def segment_rows(results: Path, dimension: str) -> list[dict[str, Any]]:
    """Return the headline's crawlers by segment, each in the segment's last known snapshot.

    A panel with a single stratum has the segment `all`.  Raises InputError for a dimension that the
    panel's list does not have.
    """
    frame = headline_rows(pl.read_parquet(results / "blocked_by_segment.parquet"), by_segment=True)
    blocked = pl.read_parquet(results / "blocked.parquet")
    found = headline_of({"blocked": blocked, "blocked_by_segment": frame})
    known = sorted(frame["dimension"].unique().to_list())
    if dimension == "stratum" and dimension not in known:
        whole = headline_rows(blocked).with_columns(
            dimension=pl.lit(dimension), segment=pl.lit("all")
        )
        frame = whole.select(frame.columns)
    elif dimension not in known:
        hint = did_you_mean(dimension, known) or f"there are {', '.join(known) or 'none'}"
        raise InputError(f"--by {dimension}: the list of the panel has no such column; {hint}")
    if found is None:
        return []
    rows = frame.filter(
        (pl.col("population") == found.population)
        & (pl.col("dimension") == dimension)
        & (pl.col("definition") == HEADLINE)
        & (pl.col("n") > 0)
        & pl.col("token").is_in(found.tokens)
    )
    last = rows.sort("snapshot_date", "snapshot").unique(["segment", "token"], keep="last")
    return last.sort("segment", "token").select(COLUMNS).to_dicts()


def shown_rows(results: Path, dimension: str) -> list[dict[str, Any]]:
    """Return the same with shares in percent, for a table."""
    return [
        {
            "segment": row["segment"],
            "crawler": row["token"],
            "blocked": percent(row["estimate"]),
            "interval": interval(row["low"], row["high"]),
            "n": row["n"],
            "unknown": row["n_unknown"],
        }
        for row in segment_rows(results, dimension)
    ]
