"""A figure as it stands on the page: title, drawing, caption and the table that says the same."""

from collections.abc import Callable
from html import escape
from typing import Any

from crawlblock.report.charts.catalog import Column, Figure
from crawlblock.report.charts.context import Context
from crawlblock.report.labels import DASH, interval, percent
from crawlblock.report.page.markup import details, paragraph, table

_FORMATS: dict[str, Callable[[Any], str]] = {
    "text": str,
    "count": lambda count: f"{count:,}",
    "share": percent,
}


def plate(figure: Figure, drawing: str, context: Context) -> str:
    """Return a figure with its drawing, or what to say where it has no rows."""
    title = f'<h3 id="{figure.id}-name">{escape(figure.title)}</h3>'
    if not figure.rows:
        return title + paragraph(figure.empty, "soft")
    whose = f': <b class="whose">{escape(next(iter(figure.rows)))}</b>' if figure.by_crawler else ""
    numbers = table(
        f"{figure.title}, as in {figure.source}.csv",
        [column.label for column in figure.columns],
        [_cells(figure, row, context) for row in figure.first()],
        f"{figure.id}-rows",
    )
    return (
        f'<figure aria-labelledby="{figure.id}-name">{title[:-5]}{whose}</h3>'
        f'<div class="chart" id="{figure.id}-chart">{drawing}</div>'
        f"<figcaption>{escape(figure.caption)}</figcaption>"
        f"{details('The numbers', numbers)}</figure>"
    )


def _cells(figure: Figure, row: list[Any], context: Context) -> list[str]:
    values = dict(zip(figure.fields, row, strict=True))
    values["snapshot"] = list(context.snapshots)[row[0]]
    return [_cell(column, values) for column in figure.columns]


def _cell(column: Column, values: dict[str, Any]) -> str:
    if column.kind == "interval":
        return interval(values["low"], values["high"])
    value = values[column.field]
    return DASH if value is None else _FORMATS[column.kind](value)
