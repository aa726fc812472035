"""A chart that a notebook shows and a script saves: the page's own, or the same of any frame."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from crawlblock.errors import InputError, did_you_mean
from crawlblock.metrics.headline import headline_of
from crawlblock.metrics.result_files import write_aside
from crawlblock.report.charts import drawing, specs
from crawlblock.report.charts.catalog import Figure, figures
from crawlblock.report.charts.context import Context, Frames, context
from crawlblock.report.charts.data import placed_rows
from crawlblock.report.charts.specs import INK, SHADES, WIDTH, Axis, Spec

_SCALES = (*specs.COLOURS, *SHADES)
EMPTY = "no data to draw"


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart with its data, drawn without a browser or a network."""

    spec: Spec = field(repr=False)  # Vega-Lite
    title: str

    def svg(self) -> str:
        """Return the chart as an SVG element."""
        return drawing.svg(self.spec)

    def png(self) -> bytes:
        """Return the chart as a PNG on white."""
        return drawing.png(self.spec)

    def save(self, path: str | Path) -> Path:
        """Write the chart as the ending of the path says: .svg, .png or .json (Vega-Lite)."""
        target = Path(path)
        if target.suffix == ".svg":
            content = drawing.svg_file(self.svg())
        elif target.suffix == ".png":
            content = self.png()
        elif target.suffix == ".json":
            content = json.dumps(self.spec, indent=1).encode()
        else:
            raise InputError(f"{target}: a chart is saved as .svg, .png or .json")
        write_aside(target, content)
        return target

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        """Return what a notebook shows."""
        return {"image/svg+xml": self.svg()}


def chart_of_results(results: Frames, name: str | None = None, token: str | None = None) -> Chart:
    """Return a chart of the page, by default its first.

    Raises InputError for a chart or a crawler that the page does not have.
    """
    set_ = scene_of(results)
    made = {figure.id: figure for figure in figures(set_)} if set_ else {}
    if set_ is None or not made:
        raise InputError("no capture could be read yet, so there is nothing to draw")
    name = next(iter(made)) if name is None else name
    if name not in made:
        hint = did_you_mean(name, made) or f"there are {', '.join(made)}"
        raise InputError(f"{name}: there is no such chart; {hint}")
    figure = made[name]
    if not figure.rows:
        raise InputError(f"{name}: {figure.empty}")
    whose = _whose(figure, token)
    title = f"{figure.title}: {whose}" if whose else figure.title
    return Chart(_titled(drawing.filled(figure, set_, whose), title), title)


def scene_of(results: Frames) -> Context | None:
    """Return what the page's charts share, None where no snapshot can be sampled."""
    found = headline_of(results)
    return context(found, results) if found else None


def _whose(figure: Figure, token: str | None) -> str:
    """Return the crawler that a chart is about, in its own spelling; "" if it is of several."""
    if not figure.by_crawler:
        if token is not None:
            raise InputError(f"{figure.id}: this chart is not about one crawler; leave out token")
        return ""
    if token is None:
        return next(iter(figure.rows))
    known = {each.lower(): each for each in figure.rows}
    if token.lower() not in known:
        hint = did_you_mean(token, known.values()) or f"it has {', '.join(figure.rows)}"
        raise InputError(f"{figure.id}: no rows about {token}; {hint}")
    return known[token.lower()]


def line_chart(frame: pl.DataFrame, by: str, title: str, axis: Axis | None = None) -> Chart:
    """Return shares over time with their intervals, a line for each value of a column.

    `frame` has snapshot, snapshot_date, estimate, low, high, n and n_unknown, as results do.
    `axis` is the page's, with the breaks of the archive; without it there are no breaks.
    """
    known = _known(frame, "estimate", "snapshot_date").sort("snapshot_date", "snapshot", by)
    if known.is_empty():
        return nothing(title)
    series = known[by].unique(maintain_order=True).to_list()
    spec = specs.lines(title, axis or _axis(known), series)
    return _filled(spec, placed_rows(_objects(known, by, series)), title)


def bar_chart(frame: pl.DataFrame, by: str, title: str) -> Chart:
    """Return estimates with their intervals, a bar for each row in the given order."""
    known = _known(frame, "estimate")
    if known.is_empty():
        return nothing(title)
    names = known[by].to_list()
    rows = [{**row, "order": place} for place, row in enumerate(_objects(known, by, names))]
    return _filled(specs.bars(title, names), rows, title)


def stacked_chart(
    frame: pl.DataFrame, by: str, value: str, title: str, axis: Axis | None = None
) -> Chart:
    """Return what each snapshot is made of: the shares that the values of a column have of it.

    `frame` has snapshot, snapshot_date and a count; values of `by` become the chart's legend.
    """
    known = _known(frame, value, "snapshot_date").sort("snapshot_date", "snapshot", by)
    if known.is_empty():
        return nothing(title)
    shares = known.with_columns(
        estimate=pl.col(value) / pl.col(value).sum().over("snapshot"), n_hosts=pl.col(value)
    )
    kinds = shares[by].unique().sort().to_list()
    rows = [
        {**row, "order": kinds.index(row["name"]), "n_hosts": row["n_hosts"]}
        for row in _objects(shares, by, kinds)
    ]
    spec = specs.stack(title, axis or _axis(known), kinds, _SCALES)
    return _filled(spec, rows, title)


def nothing(title: str) -> Chart:
    """Return what stands in place of a chart without data."""
    mark = {"type": "text", "fontSize": 14, "color": INK}
    layer = {"mark": mark, "encoding": {"text": {"field": "text", "type": "nominal"}}}
    spec = {**specs.lines(title, Axis(date(2024, 1, 1), date(2024, 1, 1), 1, ()), ())}
    return _filled({**spec, "layer": [layer], "height": 60}, [{"text": EMPTY}], title)


def _axis(known: pl.DataFrame) -> Axis:
    days = known["snapshot_date"]
    first, last = days.min(), days.max()
    assert isinstance(first, date) and isinstance(last, date)  # noqa: S101 - nulls are left out
    return Axis(first, last, days.n_unique(), ())


def _known(frame: pl.DataFrame, *columns: str) -> pl.DataFrame:
    return frame.filter(*(pl.col(column).is_not_null() for column in columns))


def _objects(frame: pl.DataFrame, by: str, names: Sequence[str]) -> list[Spec]:
    """Return rows as the page's charts read them."""
    order = {name: number for number, name in enumerate(names)}
    kept = ("snapshot", "estimate", "low", "high", "n", "n_unknown", "n_hosts")
    rows = []
    for row in frame.iter_rows(named=True):
        values: dict[str, Any] = {name: row[name] for name in kept if name in row}
        values |= {"name": str(row[by]), "series": order[row[by]]}
        if row.get("snapshot_date") is not None:
            values["date"] = row["snapshot_date"].isoformat()
        rows.append(values)
    return rows


def _filled(spec: Spec, rows: Sequence[Spec], title: str) -> Chart:
    filled = {**spec, "width": WIDTH, "data": {"name": "rows", "values": list(rows)}}
    return Chart(_titled(filled, title), title)


def _titled(spec: Spec, title: str) -> Spec:
    """Return a chart with a title, which the page writes beside it."""
    return {**spec, "title": {"text": title, "anchor": "start", "color": INK, "offset": 26}}
