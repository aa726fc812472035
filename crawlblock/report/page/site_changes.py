"""The latest changes of sites, as a dated list for each crawler."""

import polars as pl

from crawlblock.metrics.headline import headline_rows
from crawlblock.report.charts.context import Context

_MOST = 30  # changes of a crawler that the page lists
_HOW = {"started": "started to block it", "stopped": "stopped blocking it"}

SiteChange = tuple[str, str, str, str]  # host, day of the first capture with it, what, before


def latest_changes(context: Context) -> dict[str, list[SiteChange]]:
    """Return the latest changes between two captures, by crawler, the newest first."""
    rows = (
        headline_rows(context.results["transitions"])
        .filter(
            (pl.col("population") == context.found.population)
            & pl.col("after").is_not_null()
            & pl.col("before").is_not_null()
        )
        .select("token", "host", "transition", "after", "before")
        .unique()
        .sort("token", "before", "host", descending=[False, True, False])
        .group_by("token", maintain_order=True)
        .head(_MOST)
    )
    found: dict[str, list[SiteChange]] = {}
    for token, host, how, after, before in rows.iter_rows():
        said = f"(the capture before: {after.date()})"
        found.setdefault(token, []).append((host, str(before.date()), _HOW[how], said))
    return found
