"""Line charts as inline SVG: no script, no network, colours from the page's style sheet."""

from dataclasses import dataclass
from datetime import date
from html import escape

WIDTH = 760
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 130, 14, 26  # margins, in SVG units
_SCALES = (  # (top of the axis, step), as shares
    (0.05, 0.01),
    (0.1, 0.02),
    (0.2, 0.05),
    (0.3, 0.05),
    (0.5, 0.1),
    (0.8, 0.2),
    (1.0, 0.2),
)
_LABEL_GAP = 14  # between the names at the right


@dataclass(frozen=True, slots=True)
class Point:
    """A share with its interval at a date."""

    day: date
    share: float
    low: float
    high: float
    note: str  # shown when pointed at, read by screen readers


@dataclass(frozen=True, slots=True)
class Series:
    """A named line."""

    name: str
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """A vertical line between two dates."""

    day: date
    label: str


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where dates and shares lie."""

    first: date
    last: date
    top: float
    height: int

    def x(self, day: date) -> float:
        span = (self.last - self.first).days
        part = (day - self.first).days / span if span else 0.5
        return round(_LEFT + part * (WIDTH - _LEFT - _RIGHT), 1)

    def y(self, share: float) -> float:
        return round(_TOP + (1 - share / self.top) * (self.height - _TOP - _BOTTOM), 1)


def line_chart(title: str, series: list[Series], marks: list[Mark], height: int = 380) -> str:
    """Return an SVG element with a line and an interval band for each series.

    Needs a series with a point.  The same arguments give the same text.
    """
    points = [point for line in series for point in line.points]
    highest = max(point.high for point in points)
    top, step = next((s for s in _SCALES if highest <= s[0]), _SCALES[-1])
    days = [point.day for point in points]
    frame = _Frame(min(days), max(days), top, height)
    body = [_grid(frame, step), _dates(frame), *(_mark(frame, mark) for mark in marks)]
    body += [_band(frame, line, number) for number, line in enumerate(series)]
    body += [_line(frame, line, number) for number, line in enumerate(series)]
    body.append(_names(frame, series))
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(title)}">'
        f"<title>{escape(title)}</title>{''.join(body)}</svg>"
    )


def _grid(frame: _Frame, step: float) -> str:
    ticks = [round(step * i, 2) for i in range(round(frame.top / step) + 1)]
    return "".join(
        f'<line class="grid" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y}" y2="{y}"/>'
        f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{tick * 100:.0f} %</text>'
        for tick in ticks
        for y in (frame.y(tick),)
    )


def _dates(frame: _Frame) -> str:
    y = frame.height - 8
    return "".join(
        f'<text x="{frame.x(day)}" y="{y}" text-anchor="middle">{day:%Y-%m}</text>'
        for day in _ticks(frame.first, frame.last)
    )


def _ticks(first: date, last: date) -> list[date]:
    """Return first days of months between two dates, at most nine, else the dates themselves."""
    start, end = first.year * 12 + first.month - 1, last.year * 12 + last.month - 1
    step = next(s for s in (1, 3, 6, 12, 24, 60, 1200) if (end - start) // s <= 8)
    months = [m for m in range(start, end + 1) if m % step == 0]
    days = [date(m // 12, m % 12 + 1, 1) for m in months]
    return [day for day in days if first <= day <= last] or sorted({first, last})


def _mark(frame: _Frame, mark: Mark) -> str:
    x = frame.x(mark.day)
    return (
        f'<line class="mark" x1="{x}" x2="{x}" y1="{_TOP}" y2="{frame.height - _BOTTOM}"/>'
        f'<text x="{x}" y="{_TOP - 3}" text-anchor="middle">{escape(mark.label)}</text>'
    )


def _band(frame: _Frame, line: Series, number: int) -> str:
    upper = [f"{frame.x(p.day)},{frame.y(p.high)}" for p in line.points]
    lower = [f"{frame.x(p.day)},{frame.y(p.low)}" for p in reversed(line.points)]
    return f'<polygon class="band s{number}" points="{" ".join(upper + lower)}"/>'


def _line(frame: _Frame, line: Series, number: int) -> str:
    places = [(frame.x(p.day), frame.y(p.share), p.note) for p in line.points]
    path = " ".join(f"{x},{y}" for x, y, _ in places)
    dots = "".join(
        f'<circle cx="{x}" cy="{y}" r="3"><title>{escape(note)}</title></circle>'
        for x, y, note in places
    )
    return f'<g class="line s{number}"><polyline points="{path}"/>{dots}</g>'


def _names(frame: _Frame, series: list[Series]) -> str:
    """Write each name at its line's end, pushed apart where they would overlap."""
    ends = sorted(
        (frame.y(line.points[-1].share), number)
        for number, line in enumerate(series)
        if line.points
    )
    below, above = float(_TOP), float(frame.height - _BOTTOM)
    placed: list[tuple[float, int]] = []
    for y, number in ends:
        placed.append((max(y, below), number))
        below = placed[-1][0] + _LABEL_GAP
    for place, (y, number) in reversed(list(enumerate(placed))):
        placed[place] = (min(y, above), number)
        above = placed[place][0] - _LABEL_GAP
    return "".join(
        f'<text class="name s{number}" x="{WIDTH - _RIGHT + 8}" y="{y + 4:.1f}">'
        f"{escape(series[number].name)}</text>"
        for y, number in placed
    )
