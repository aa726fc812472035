"""The latest changes of sites, as a dated list for each crawler."""

import polars as pl

from crawlblock.metrics.headline import headline_rows
from crawlblock.report.charts.context import Context

_MOST = 30  # changes of a crawler that the page lists
_HOW = {"started": "started to block it", "stopped": "stopped blocking it"}

# host, day of the first capture with it, what, day of the capture before
SiteChange = tuple[str, str, str, str]


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
        change = host, str(before.date()), _HOW[how], str(after.date())
        found.setdefault(token, []).append(change)
    return found
