"""One panel of a chart as SVG: axes, marks, lines or bars, and labels beside them.

All coordinates are pixels of the panel.  panel.js draws the same in the page.
"""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from itertools import pairwise
from typing import Any

from crawlblock.report.charts.dots import dots
from crawlblock.report.charts.scales import (
    day_of,
    fit,
    merged,
    month_ticks,
    number,
    spread,
    text_width,
    ticks,
)
from crawlblock.report.charts.shapes import FONT, PlotArea, rule, text
from crawlblock.report.charts.specs import BEFORE, GREY, RULE, SOFT, SPAN, Spec, marks_of
from crawlblock.report.labels import percent

Rows = Sequence[Mapping[str, Any]]
_LEFT, _TOP, _BOTTOM = 46, 40, 24  # margins
_LABELS = 0.375  # of the width of a panel, at most for the name of a line
_GAP = 14  # between two labels


def panel(spec: Spec, rows: Rows, place: int, token: str = "") -> str:
    """Return a panel as an SVG element, with the rows of all panels, which share their scale."""
    if spec["kind"] == "dots":
        return dots(spec, rows, place)
    breaks, events = marks_of(spec, rows, token)
    mine = [row for row in rows if row["panel"] == place]
    width, height = spec["width"], spec["height"]
    name = spec["panels"][place]
    scale = 1 if spec["kind"] == "changes" else 100
    marks = ticks(*_extent(spec, rows), scale)
    frame = _frame(spec, mine, (marks[0] / scale, marks[-1] / scale))
    parts = [
        _heading(name, mine, width),
        _spans(breaks, frame),
        _grid(frame, marks, scale),
        _events(events, frame),
        {"lines": _lines, "stack": _stack, "changes": _changes}[spec["kind"]](spec, mine, frame),
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="{escape(_said(spec, name, mine))}" width="{width}" height="{height}">'
        f"{''.join(parts)}</svg>"
    )


def _extent(spec: Spec, rows: Rows) -> tuple[float, float]:
    if spec["kind"] == "stack":
        return 0, 1
    if spec["kind"] == "changes":
        sides = [0, *(-row["n_yes"] if row["series"] else row["n_yes"] for row in rows)]
        return min(sides), max(sides)
    shares = [0, *(row["estimate"] for row in rows)]
    return min(shares), max(shares)


def _frame(spec: Spec, mine: Rows, ends: tuple[float, float]) -> PlotArea:
    days = [day_of(row["date"]) for row in mine]
    if spec["kind"] == "lines":
        shown = {row["series"] for row in mine}
        names = [
            text_width(each["name"], FONT, each["bold"])
            for place, each in enumerate(spec["series"])
            if place in shown
        ]
        right = 14 + min(_LABELS * spec["width"], max(names, default=0))
    else:
        right = 0
    right = spec["width"] - max(34, right)
    return PlotArea(
        left=_LEFT, right=right, top=_TOP,
        bottom=spec["height"] - _BOTTOM, first=min(days, default=0), last=max(days, default=0),
        low=ends[0], high=ends[1],
        wide=0 if spec["kind"] == "lines" else _width(days, right - _LEFT),
    )  # fmt: skip


def _width(days: Iterable[int], span: float) -> float:
    """Return how wide bars may be, so that those of two days do not touch."""
    order = sorted(set(days))
    least = min((after - day for day, after in pairwise(order)), default=0)
    return max(2.0, min(18.0, 0.8 * (span - 20) * least / (order[-1] - order[0]))) if least else 18


def _heading(name: str, mine: Rows, width: float) -> str:
    last = {row["series"]: row for row in mine}
    counts = sorted({row["n"] for row in last.values() if "n" in row})
    if mine and not counts:
        day = max(row["date"] for row in mine)
        counts = [sum(row["n_yes"] for row in mine if row["date"] == day)]
    ends = dict.fromkeys(f"{count:,}" for count in (*counts[:1], *counts[-1:]))
    said = "n = " + "\N{EN DASH}".join(ends) if counts else "no data"
    room = width - text_width(said, FONT) - 12
    shown = fit(name, 13, room, bold=True)
    named = text(0, 13, shown, size=13, bold=True) if shown else ""
    return named + text(width, 13, said, anchor="end", colour=SOFT)


def _grid(frame: PlotArea, marks: Sequence[int], scale: int) -> str:
    parts = []
    for mark in marks:
        y = frame.y(mark / scale)
        said = f"{mark} %" if scale == 100 else f"{mark:,}"
        colour = SOFT if mark == 0 else RULE
        parts.append(rule(frame.left, y, frame.right, y, colour))
        parts.append(text(frame.left - 6, y + 4, said, anchor="end", colour=SOFT))
    for day, said in month_ticks(frame.first, frame.last, frame.right - frame.left):
        x = frame.x(day)
        parts.append(rule(x, frame.bottom, x, frame.bottom + 4, SOFT))
        parts.append(text(x, frame.bottom + 17, said, anchor="middle", colour=SOFT))
    return "".join(parts)


def _spans(breaks: Iterable[Spec], frame: PlotArea) -> str:
    parts, marks = [], []
    for each in breaks:
        start, end = max(day_of(each["start"]), frame.first), min(day_of(each["end"]), frame.last)
        if start < end:
            left, right = frame.x(start), frame.x(end)
            parts.append(
                f'<rect x="{number(left)}" y="{number(frame.top)}" width="{number(right - left)}" '
                f'height="{number(frame.bottom - frame.top)}" fill="{SPAN}" '
                f'stroke="{SOFT}" stroke-width="0.5"/>'
            )
            marks.append(((left + right) / 2, each["label"]))
    return "".join(parts) + "".join(
        text(x, frame.top - 3, label, anchor="middle", colour=SOFT, size=10)
        for x, label in merged(marks, 10)
    )


def _events(events: Iterable[Spec], frame: PlotArea) -> str:
    parts, marks = [], []
    for each in events:
        day = day_of(each["date"])
        if frame.first - BEFORE <= day <= frame.last:
            x = frame.x(max(day, frame.first))
            parts.append(rule(x, frame.top - 12, x, frame.bottom, SOFT, "2 4"))
            marks.append((x, each["label"]))
    return "".join(parts) + "".join(
        text(x, frame.top - 14, label, anchor="middle", size=10) for x, label in merged(marks, 10)
    )


def _lines(spec: Spec, mine: Rows, frame: PlotArea) -> str:
    order = sorted(range(len(spec["series"])), key=lambda n: spec["series"][n]["colour"] != GREY)
    parts: list[str] = []
    ends: list[tuple[float, float, Spec]] = []
    for place in order:
        series = spec["series"][place]
        found = [row for row in mine if row["series"] == place]
        points = [(frame.x(day_of(row["date"])), frame.y(row["estimate"])) for row in found]
        if points:
            parts.append(_band(found, frame, series))
            parts.append(_line(points, series))
            ends.append((*points[-1], series))
    ends.sort(key=lambda end: (end[1], end[2]["name"]))
    places = spread([end[1] for end in ends], _GAP, frame.top, frame.bottom)
    for (x, y, series), place_y in zip(ends, places, strict=True):
        colour = SOFT if series["colour"] == GREY else series["colour"]
        parts.append(rule(x + 3, y, frame.right + 8, place_y, series["colour"], "1 2"))
        name = fit(series["name"], FONT, _LABELS * spec["width"], series["bold"])
        parts.append(text(frame.right + 11, place_y + 4, name, colour=colour, bold=series["bold"]))
    return "".join(parts)


def _line(points: Sequence[tuple[float, float]], series: Spec) -> str:
    path = "L".join(f"{number(x)},{number(y)}" for x, y in points)
    wide = "1.5" if series["colour"] == GREY else "2.2"
    return (
        f'<path d="M{path}" fill="none" stroke="{series["colour"]}" stroke-width="{wide}"/>'
        + "".join(
            f'<circle cx="{number(x)}" cy="{number(y)}" r="2.2" fill="{series["colour"]}"/>'
            for x, y in points
        )
    )


def _band(found: Rows, frame: PlotArea, series: Spec) -> str:
    """Return the intervals of a series, hidden until somebody asks for them."""
    ends = [
        (frame.x(day_of(row["date"])), frame.y(min(frame.high, high)), frame.y(max(frame.low, low)))
        for row in found
        for low, high in [interval_of(row)]
        if low is not None and high is not None
    ]
    return "".join(
        f'<path class="band" d="M{number(x)},{number(high)}V{number(low)}M{number(x - 3)},'
        f'{number(high)}h6M{number(x - 3)},{number(low)}h6" '
        f'fill="none" stroke="{series["colour"]}" display="none"/>'
        for x, high, low in ends
    )


def interval_of(row: Mapping[str, Any]) -> tuple[float | None, float | None]:
    """Return the interval of a row, of a list the one it would have as a sample."""
    if row.get("low") is not None:
        return row["low"], row["high"]
    return row.get("as_low"), row.get("as_high")


def _bar(x: float, wide: float, top: float, bottom: float, level: Spec) -> str:
    high = max(0.5, bottom - top - 1)
    return (
        f'<rect x="{number(x - wide / 2)}" y="{number(top + 0.5)}" width="{number(wide)}" '
        f'height="{number(high)}" fill="{level["colour"]}" stroke="{SOFT}" stroke-width="0.6"/>'
    )


def _stack(spec: Spec, mine: Rows, frame: PlotArea) -> str:
    parts: list[str] = []
    last: list[tuple[float, str]] = []
    for day in sorted({row["date"] for row in mine}):
        x, reached = frame.x(day_of(day)), 0.0
        found = sorted((row for row in mine if row["date"] == day), key=lambda r: r["series"])
        last = []
        for row in found:
            level = spec["series"][row["series"]]
            top, bottom = frame.y(reached + row["estimate"]), frame.y(reached)
            reached += row["estimate"]
            if bottom - top >= 1:  # a thinner level is in the table and the tip
                parts.append(_bar(x, frame.wide, top, bottom, level))
                last.append(((top + bottom) / 2, level["letter"]))
    last.reverse()
    places = spread([y for y, _ in last], 11, frame.top + 4, frame.bottom - 4)
    return "".join(parts) + "".join(
        text(frame.right + 5, y + 4, letter, size=10)
        for y, (_, letter) in zip(places, last, strict=True)
    )


def _changes(spec: Spec, mine: Rows, frame: PlotArea) -> str:
    parts = []
    for row in mine:
        if row["n_yes"]:
            x = frame.x(day_of(row["date"]))
            ends = (frame.y(0), frame.y(-row["n_yes"] if row["series"] else row["n_yes"]))
            parts.append(_bar(x, frame.wide, min(ends), max(ends), spec["series"][row["series"]]))
    return "".join(parts)


def _said(spec: Spec, name: str, mine: Rows) -> str:
    """Return what a panel shows last, in words."""
    last = max((row["date"] for row in mine), default="")
    said = [
        f"{spec['series'][row['series']]['name']} "
        + (f"{row['n_yes']:,}" if spec["kind"] == "changes" else percent(row["estimate"]))
        for row in mine
        if row["date"] == last
    ]
    return f"{name or 'All hosts'}, {last}: {', '.join(said)}" if said else f"{name}: no data"
