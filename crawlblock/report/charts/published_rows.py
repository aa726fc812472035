"""The figure of what others published beside ours, with the rows of the result `replication`."""

from collections import Counter

import polars as pl

from crawlblock import __version__
from crawlblock.replication.comparison import THEIR_COUNTS
from crawlblock.report.charts.context import Context, Result
from crawlblock.report.charts.figure import Column, Figure
from crawlblock.report.charts.specs import dots

_NAME = "replication"  # of the figure and of the result
_TITLE = "Published figures beside ours"
_RESULT = (
    "source", "figure", "token", "date", "published", "estimate", "low", "high", "difference", "n",
    "data", "reason",
)  # fmt: skip
_COLUMNS = (
    Column("source", "text", "source"), Column("what", "text", "figure"),
    Column("segment", "text", "theirs"), Column("crawler", "text", "token"),
    Column("date", "text", "date"), Column("published", "share", "published"),
    Column("ours", "share", "estimate"), Column("95 % interval", "interval", "low"),
    Column("difference", "points", "difference"), Column("n", "count", "n"),
    Column("ours from", "text", "data"), Column("note", "text", "reason"),
)  # fmt: skip
_CAPTION = (
    "A ring is a published share, a dot is ours by the same definition, with its 95 % interval "
    "where ours is a sample. At the right: ours minus theirs, in percentage points. Only figures "
    "about the same unit and population, at most a year apart, are compared, at the latest date of "
    "each. Where ours is from “their counts”, we divided the counts that the source published."
)
_EMPTY = (
    "None of the published figures can be compared with these data. crawlblock replicate "
    "--reference FOLDER reads other figures."
)


def published_figure(context: Context) -> Figure:
    """Return the published figures that measure what ours do, each beside ours."""
    found = _compared(context.results.get(_NAME))
    crawlers: dict[tuple[str, ...], set[str | None]] = {}
    for row in found:
        crawlers.setdefault(_topic(row), set()).add(row["token"])
    placed = [(*_place(row, len(crawlers[_topic(row)]) > 1), row) for row in found]
    panels = Counter(panel for panel, _, _ in placed)
    names = list(dict.fromkeys(name for _, name, _ in placed))
    order = list(panels)
    rows = [
        [order.index(panel), names.index(name), row["segment"], *(row[name] for name in _RESULT)]
        for panel, name, row in placed
    ]
    titles = "; ".join(sorted({row["title"] for row in found}))
    spec = dots(
        names, order, max(panels.values(), default=0), title=_TITLE, caption=_CAPTION,
        source=f"Published in: {titles}. Made by crawlblock {__version__}.",
    )  # fmt: skip
    return Figure(
        id=_NAME, title=_TITLE, caption=_CAPTION, source=_NAME, empty=_EMPTY, spec=spec,
        fields=("panel", "series", "theirs", *_RESULT), columns=_COLUMNS,
        rows={"": rows} if rows else {},
    )  # fmt: skip


def _compared(frame: pl.DataFrame | None) -> list[Result]:
    """Return the compared rows: ours from the data at hand before what others counted."""
    if frame is None:
        return []
    kept = frame.filter("compared", pl.col("published").is_not_null())
    kept = kept.sort(pl.col("data") == THEIR_COUNTS, maintain_order=True)
    return kept.with_columns(pl.col("date").cast(pl.String)).to_dicts()


def _topic(row: Result) -> tuple[str, ...]:
    return row["source"], row["figure"], row["data"]


def _place(row: Result, several: bool) -> tuple[str, str]:
    """Return the names of a row's panel and of the row; `several` crawlers are rows of a panel."""
    crawler = row["token"] or "any crawler"
    panel, name = (row["segment"], crawler) if several else (crawler, row["segment"])
    ours = "" if row["data"] == THEIR_COUNTS else f"; ours from {row['data']}"
    return f"{row['source']}, {row['date'][:4]}: {row['figure']}, {panel}{ours}", name
