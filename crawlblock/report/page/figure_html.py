"""A figure as it stands on the page: title, drawing, caption and the table that says the same."""

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

from crawlblock.report.charts.context import Context
from crawlblock.report.charts.drawing import first_rows
from crawlblock.report.charts.figure import Column, Figure
from crawlblock.report.charts.shapes import spark
from crawlblock.report.charts.specs import SOFT, UNLEVELLED, levels, marks_of
from crawlblock.report.labels import DASH, interval, percent, points
from crawlblock.report.page.markup import details, link, paragraph, table
from crawlblock.report.scope import AnsweredQuestion

MOST_ROWS = 200  # of a figure's table; the result file has all
Rows = Sequence[Mapping[str, Any]]
_FORMATS: dict[str, Callable[[Any], str]] = {
    "text": str,
    "count": lambda count: f"{count:,}",
    "share": percent,
    "points": lambda difference: points(0, difference),
}


def card_top(answer: AnsweredQuestion, top: float) -> str:
    """Return the head of an answer: its segment, number and course, drawn up to the top."""
    segment = _span(answer.segment or "", "segment")
    if not answer.number:
        return segment
    number = _span(answer.number.replace(" ", "\N{NO-BREAK SPACE}"), "number")
    drawn = spark(answer.course, top) if answer.course else ""
    return f'{segment}<div class="top">{number}{drawn}</div>{_span(answer.of, "of")}'


def _span(text: str, kind: str) -> str:
    return f'<span class="{kind}">{escape(text)}</span>' if text else ""


def plate(figure: Figure, drawing: str, context: Context) -> str:
    """Return a figure with its panels, or what to say where it has no rows."""
    title = f'<h3 id="{figure.id}-name">{escape(figure.title)}</h3>'
    if not figure.rows:
        return title + paragraph(figure.empty, "soft")
    token, rows = first_rows(figure, context)
    whose = f': <b class="whose">{escape(token)}</b>' if figure.by_crawler else ""
    said = escape(figure.caption)
    parted = " parted" if any(figure.spec["panels"]) else ""
    return (
        f'<figure class="plate{parted}" id="{figure.id}-figure" aria-labelledby="{figure.id}-name">'
        f"{title[:-5]}{whose}</h3><figcaption>{said}</figcaption>{_legend(figure, rows)}"
        f'<div class="chart" id="{figure.id}-chart">{drawing}</div>{_notes(figure, rows, token)}'
        f"{_take(figure)}{details('The numbers', _numbers(figure, rows))}</figure>"
    )


def _legend(figure: Figure, rows: Rows) -> str:
    """Return the levels of a stack that occur, each with its letter."""
    shown = "".join(
        f'<li><svg viewBox="0 0 12 12" width="12" height="12" aria-hidden="true"><rect width="12" '
        f'height="12" fill="{level["colour"]}" stroke="{SOFT}"/></svg> {escape(level["letter"])}: '
        f"{escape(level['name'])}</li>"
        for level in levels(figure.spec, rows)
    )
    return "" if figure.spec["kind"] in UNLEVELLED else f'<ul class="legend soft">{shown}</ul>'


def _notes(figure: Figure, rows: Rows, token: str) -> str:
    """Return what the numbers and shaded spans mean, with the sources of events."""
    breaks, events = marks_of(figure.spec, rows, token)
    listed = [
        f"<li>{escape(each['label'])}: {escape(each['title'])} "
        f"{link('source', each['source'])}</li>"
        for each in events
    ]
    listed += [f"<li>{escape(each['label'])} (shaded): {escape(each['title'])}</li>"
               for each in breaks]  # fmt: skip
    listed += [f"<li>{escape(note)}</li>" for note in figure.spec["notes"]]
    return f'<ul class="notes soft">{"".join(listed)}</ul>'


def _take(figure: Figure) -> str:
    """Return what a reader takes along: pictures, numbers, a link; and the intervals on demand."""
    names = (f"{figure.id}.svg", f"{figure.id}.png", f"{figure.source}.csv")
    links = "".join(
        f'<a href="{name}" download data-take="{kind}" '
        f'aria-label="{kind}: {escape(figure.title)}">{kind}</a>'
        for kind, name in zip(("SVG", "PNG", "CSV"), names, strict=True)
    )
    asked = (
        '<label class="scripted"><input type="checkbox" class="intervals"> 95 % intervals</label>'
        if figure.spec["kind"] == "lines"
        else ""
    )
    return (
        f'<p class="take soft">{links}<a href="#{figure.id}-figure" '
        f'aria-label="Link to this chart: {escape(figure.title)}">Link</a>{asked}</p>'
    )  # fmt: skip


def _numbers(figure: Figure, rows: Rows) -> str:
    shown = rows[-MOST_ROWS:]
    part = "" if len(shown) == len(rows) else f" The last {len(shown):,} of {len(rows):,} rows."
    return table(
        f"{figure.title}, as in {figure.source}.csv.{part}",
        [column.label for column in figure.columns],
        [[_cell(column, row) for column in figure.columns] for row in shown],
        f"{figure.id}-rows",
    )


def _cell(column: Column, values: Mapping[str, Any]) -> str:
    if column.kind == "interval":
        return interval(values["low"], values["high"])
    value = values[column.field]
    return DASH if value is None else _FORMATS[column.kind](value)
