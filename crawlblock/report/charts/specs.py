"""Charts over time as Vega-Lite, made with Altair; their colours are the keys of charts.css.

Every chart reads rows named `rows`, which the page may exchange, and marks named `marks`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import altair as alt

Spec: TypeAlias = dict[str, Any]

INK, SOFT, RULE = "#1d1f21", "#5f6468", "#dcdfe2"
COLOURS = ("#1f5a8c", "#b3541e", "#2a7f62", "#8e3b73", "#8a6d1f", "#4a5fc1", "#6b6b6b")
SHADES = ("#7a2e0e", "#c2642d", "#e8b98a", "#cfdde6", "#9aa0a6")  # from blocked to unknown
WIDTH = 720  # of a drawing that nothing makes wider or narrower, in pixels
HEIGHT = 300
_NAMES = 150  # pixels at most of a line's name
_GAP = 15  # pixels between names
_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif"
_BAR_STEP = 24  # pixels from one bar to the next below
_SIDE = timedelta(12)  # around the first and last date
MARK_HEIGHTS = (-7, -19)  # of the labels of marks above the chart, in pixels from its top
_CONFIG: Spec = {
    "font": _FONT,
    "background": None,
    "view": {"stroke": None},
    "axis": {
        "labelColor": SOFT, "titleColor": SOFT, "labelFontSize": 12, "titleFontSize": 12,
        "titleFontWeight": "normal", "gridColor": RULE, "domainColor": RULE, "tickColor": RULE,
        "labelPadding": 6,
    },
    "legend": {
        "labelColor": INK, "labelFontSize": 12, "titleColor": SOFT, "orient": "top", "title": None,
        "symbolType": "square", "symbolOpacity": 1, "offset": 26, "columns": 3, "labelLimit": 260,
    },
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Axis:
    """The time axis that all charts share, and what stands on it."""

    first: date
    last: date
    snapshots: int
    marks: tuple[Spec, ...]  # date, label, title, height: the archive's breaks


def lines(description: str, axis: Axis, series: Sequence[str]) -> Spec:
    """Return a line for each series with its interval as a band and its name at its end.

    Colours go by the number of the series: a name from strangers must not get into a scale, for
    Vega-Lite makes expressions of what is there.
    """
    import altair as alt

    colour = _colour("series:N", range(len(series)), COLOURS)
    time, share = _time(axis), alt.Y("estimate:Q", axis=_percent(), scale=alt.Scale(zero=True))
    base = alt.Chart().encode(x=time, color=colour)
    # without an interval the band is the line, for Vega warns of a field that is empty throughout
    ends = {end: f"isValid(datum.{end}) ? datum.{end} : datum.estimate" for end in ("low", "high")}
    band = (
        base.transform_calculate(band_low=ends["low"], band_high=ends["high"])
        .mark_area(opacity=0.13)
        .encode(y=alt.Y("band_low:Q", axis=_percent()), y2="band_high:Q", color=colour)
    )
    line = base.mark_line(strokeWidth=2).encode(y=share)
    dots = base.mark_point(filled=True, size=26, opacity=1).encode(
        y=share, tooltip=_tips("estimate", "low", "high", "n", "n_unknown")
    )
    names = (
        base.transform_filter("isValid(datum.place)")
        .mark_text(align="left", dx=9, fontSize=12, fontWeight=600, limit=_NAMES)
        .encode(y=alt.Y("place:Q", axis=_percent()), text="name:N")
    )
    return _finished(description, [*_marks(axis), band, line, dots, names])


def stack(description: str, axis: Axis, kinds: Sequence[str], shades: Sequence[str]) -> Spec:
    """Return shares that add up to a whole, one upon another."""
    import altair as alt

    base = alt.Chart().encode(
        x=_time(axis),
        y=alt.Y("estimate:Q", axis=_percent(), stack="zero", scale=alt.Scale(domain=[0, 1])),
        color=_colour("name:N", kinds, shades, legend=True),
        order=alt.Order("order:Q"),
        tooltip=_tips("estimate", "n_yes"),
    )
    # an area needs two dates, and bars alone are what can be pointed at
    sampled = base.mark_area(opacity=0.85) if axis.snapshots > 1 else base.mark_bar(size=40)
    bars = base.mark_bar(size=_bar(axis), opacity=0.001 if axis.snapshots > 1 else 1)
    return _finished(description, [sampled, bars, *_marks(axis)])


def bars(description: str, names: Sequence[str]) -> Spec:
    """Return a bar with its interval for each name, from the top down in the given order."""
    import altair as alt

    base = alt.Chart().encode(
        y=alt.Y("name:N", sort=alt.EncodingSortField("order"), title=None, axis=alt.Axis(
            labelLimit=0, domain=False, ticks=False,
        ))
    )  # fmt: skip
    bar = base.mark_bar(color=COLOURS[0], opacity=0.6, size=14).encode(
        x=alt.X("estimate:Q", axis=_percent(), scale=alt.Scale(zero=True)),
        tooltip=[alt.Tooltip(field=each, type="nominal") for each in ("name", "estimate", "n")],
    )
    rule = base.mark_rule(color=INK, strokeWidth=1.5).encode(
        x=alt.X("low:Q", axis=_percent()), x2="high:Q"
    )
    return {**_finished(description, [bar, rule]), "height": _BAR_STEP * max(1, len(names))}


def started_and_stopped(description: str, axis: Axis, kinds: Sequence[str]) -> Spec:
    """Return bars of what began, upwards, and of what ended, downwards."""
    import altair as alt

    bars = (
        alt.Chart()
        .transform_calculate(signed=f"datum.name == '{kinds[0]}' ? datum.n_yes : -datum.n_yes")
        .mark_bar(size=_bar(axis))
        .encode(
            x=_time(axis),
            y=alt.Y("signed:Q", title=None, axis=alt.Axis(format="~s", tickMinStep=1)),
            color=_colour("name:N", kinds, (SHADES[1], COLOURS[0]), legend=True),
            tooltip=_tips("n_yes", "n", "n_unknown"),
        )
    )
    return _finished(description, [*_marks(axis), bars])


def placed(ends: Mapping[str, float], top: float) -> dict[str, float]:
    """Return where names at the ends of lines stand, pushed apart where they would overlap."""
    gap = _GAP * top / HEIGHT
    order = sorted(ends, key=lambda name: (ends[name], name))
    places: list[float] = []
    for name in order:
        places.append(max(ends[name], places[-1] + gap) if places else ends[name])
    over = max(0.0, places[-1] - top) if places else 0.0
    ceiling = top
    for number in reversed(range(len(places))):
        places[number] = min(places[number], ceiling) if over else places[number]
        ceiling = places[number] - gap
    return {name: round(place, 5) for name, place in zip(order, places, strict=True)}


def _bar(axis: Axis) -> int:
    return max(3, min(18, 300 // max(1, axis.snapshots)))


def _time(axis: Axis) -> "alt.X":
    import altair as alt

    domain = [(axis.first - _SIDE).isoformat(), (axis.last + _SIDE).isoformat()]
    return alt.X(
        "date:T",
        title=None,
        scale=alt.Scale(type="utc", domain=domain),
        axis=alt.Axis(format="%b %Y", grid=False, tickCount=7, labelOverlap="greedy"),
    )


def _percent() -> "alt.Axis":
    import altair as alt

    return alt.Axis(format=".0%", title=None, tickCount=5, domain=False, ticks=False)


def _colour(
    field: str, values: Sequence[str | int], shades: Sequence[str], legend: bool = False
) -> "alt.Color":
    import altair as alt

    colours = [shades[number % len(shades)] for number in range(len(values))]
    return alt.Color(
        field,
        scale=alt.Scale(domain=list(values), range=colours),
        legend=alt.Legend() if legend else None,
    )


def _tips(*fields: str) -> "list[alt.Tooltip]":
    import altair as alt

    return [alt.Tooltip(field=name, type="nominal") for name in ("name", "snapshot", *fields)]


def _marks(axis: Axis) -> "list[alt.Chart]":
    """Return what stands on the time axis: breaks of the archive, announcements."""
    import altair as alt

    base = alt.Chart(alt.InlineData(values=list(axis.marks), name="marks")).encode(x=_time(axis))
    return [
        base.mark_rule(color=SOFT, strokeDash=[2, 4]).encode(
            tooltip=[alt.Tooltip(field="title", type="nominal")]
        ),
        base.mark_text(color=SOFT, fontSize=11).encode(
            text="label:N", y=alt.Y("height:Q", scale=None, axis=None)
        ),
    ]


def _finished(description: str, layers: "Sequence[alt.Chart]") -> Spec:
    import altair as alt

    chart = alt.layer(*layers, data=alt.InlineData(values=[], name="rows")).properties(
        width="container",
        height=HEIGHT,
        description=description,
        padding={"left": 2, "top": 8, "right": 4, "bottom": 2},
        autosize=alt.AutoSizeParams(type="fit-x", contains="padding"),
    )
    spec: Spec = chart.to_dict(validate=False)
    spec["config"] = _CONFIG
    return spec
