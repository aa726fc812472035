"""A chart that a notebook shows and a script saves: the page's own, or the same of any frame."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from crawlblock.errors import InputError, did_you_mean
from crawlblock.metrics.headline import headline_of
from crawlblock.metrics.result_files import write_aside
from crawlblock.names import safe
from crawlblock.report.charts import drawing, specs
from crawlblock.report.charts.bars import bars
from crawlblock.report.charts.catalog import figures
from crawlblock.report.charts.context import Context, Frames, context
from crawlblock.report.charts.figure import Figure
from crawlblock.report.charts.sheet import sheet
from crawlblock.report.charts.specs import COLOURS, SHADES, Axis, Spec

EMPTY = "no data to draw"
_SCALES = (*COLOURS, *SHADES)
_SIZE = {"width": 720, "height": 320}  # of a panel in a notebook
_BANDED = 4  # lines at most whose intervals are shown


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart with its data, drawn without a browser or a network."""

    drawn: str = field(repr=False)  # SVG
    title: str

    def svg(self) -> str:
        """Return the chart as an SVG element."""
        return self.drawn

    def png(self) -> bytes:
        """Return the chart as a PNG on white."""
        return drawing.png(self.drawn)

    def save(self, path: str | Path) -> Path:
        """Write the chart as the ending of the path says: .svg or .png."""
        target = Path(path)
        if target.suffix == ".svg":
            content = drawing.svg_file(self.drawn)
        elif target.suffix == ".png":
            content = self.png()
        else:
            raise InputError(f"{target}: a chart is saved as .svg or .png")
        write_aside(target, content)
        return target

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        """Return what a notebook shows; JupyterLab shows no SVG before it ran the cell itself."""
        picture = b64encode(drawing.png(self.drawn, scale=1)).decode()
        return {"image/svg+xml": self.drawn, "image/png": picture}


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
    return Chart(drawing.whole(figure, set_, whose), title)


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
    series = [str(name) for name in known[by].unique(maintain_order=True).to_list()]
    spec = specs.lines(series, **_said(title, axis, known))
    drawn = sheet(spec, _objects(known, by, series))
    # no reader can ask for the intervals of a picture, and those of many lines would overlap
    return Chart(_banded(drawn) if len(series) <= _BANDED else drawn, title)


def bar_chart(frame: pl.DataFrame, by: str, title: str) -> Chart:
    """Return estimates with their intervals, a bar for each row in the given order."""
    known = _known(frame, "estimate")
    if known.is_empty():
        return nothing(title)
    rows = [{**row, "name": safe(str(row[by]))} for row in known.iter_rows(named=True)]
    return Chart(bars(title, rows), title)


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
        estimate=pl.col(value) / pl.col(value).sum().over("snapshot"), n_yes=pl.col(value)
    )
    kinds = [str(kind) for kind in shares[by].unique().sort().to_list()]
    spec = specs.stack(kinds, _SCALES, **_said(title, axis, known))
    rows = [{name: value for name, value in row.items() if name != "n"}
            for row in _objects(shares, by, kinds)]  # fmt: skip
    return Chart(sheet(spec, rows), title)


def nothing(title: str) -> Chart:
    """Return what stands in place of a chart without data."""
    return Chart(bars(title, [], EMPTY), title)


def _said(title: str, axis: Axis | None, known: pl.DataFrame) -> Spec:
    days = known["snapshot_date"]
    return {
        "title": safe(title), "breaks": list(axis.breaks) if axis else [],
        "source": f"Data from {days.min()!s} to {days.max()!s}. Made by crawlblock.", **_SIZE,
    }  # fmt: skip


def _banded(drawn: str) -> str:
    """Return a drawing that shows its intervals."""
    return drawn.replace(' display="none"', "")


def _known(frame: pl.DataFrame, *columns: str) -> pl.DataFrame:
    return frame.filter(*(pl.col(column).is_not_null() for column in columns))


def _objects(frame: pl.DataFrame, by: str, names: Sequence[str]) -> list[dict[str, Any]]:
    """Return rows as the page's charts read them."""
    order = {name: number for number, name in enumerate(names)}
    kept = ("estimate", "low", "high", "n", "n_unknown", "n_yes")
    return [
        {
            **{name: row.get(name) for name in kept},
            "panel": 0,
            "series": order[str(row[by])],
            "date": row["snapshot_date"].isoformat(),
        }
        for row in frame.iter_rows(named=True)
    ]
