"""Bars from left to right with their intervals, which notebooks show and the page does not."""

from collections.abc import Mapping, Sequence
from typing import Any

from crawlblock.report.charts.scales import fit, number, text_width, ticks
from crawlblock.report.charts.shapes import FONT, rule, text
from crawlblock.report.charts.specs import COLOURS, INK, PAPER, RULE, SOFT
from crawlblock.report.labels import percent

_WIDTH, _STEP, _TOP, _EDGE = 720, 24, 56, 20
_NAMES = 260  # pixels at most of a name


def bars(title: str, rows: Sequence[Mapping[str, Any]], empty: str = "") -> str:
    """Return a bar for each row, from the top down, as an SVG element with its title."""
    names = [fit(row["name"], FONT, _NAMES) for row in rows]
    left = _EDGE + max((text_width(name, FONT) for name in names), default=0) + 10
    right, height = _WIDTH - _EDGE - 60, _TOP + _STEP * max(1, len(rows)) + 40
    sides = [0, *(row[end] for row in rows for end in ("estimate", "low", "high")
                  if row.get(end) is not None)]  # fmt: skip
    marks = ticks(min(sides), max(sides), 100)

    def x(share: float) -> float:
        return left + (100 * share - marks[0]) / (marks[-1] - marks[0]) * (right - left)

    parts = [text(_EDGE, 30, title, size=16, bold=True)]
    if not rows:
        parts.append(text(_EDGE, _TOP + 12, empty, size=14))
    for mark in marks if rows else []:
        place = x(mark / 100)
        parts.append(rule(place, _TOP - 6, place, height - 32, SOFT if mark == 0 else RULE))
        parts.append(text(place, height - 16, f"{mark} %", anchor="middle", colour=SOFT))
    for place, (row, name) in enumerate(zip(rows, names, strict=True)):
        y = _TOP + place * _STEP
        parts += [text(left - 8, y + 12, name, anchor="end"), *_bar(row, x, y)]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" '
        f'width="{_WIDTH}" height="{height}" font-family="system-ui, \'DejaVu Sans\', sans-serif">'
        f'<rect width="{_WIDTH}" height="{height}" fill="{PAPER}"/>{"".join(parts)}</svg>'
    )


def _bar(row: Mapping[str, Any], x: Any, y: float) -> list[str]:
    start, end = sorted((x(0), x(row["estimate"])))
    said = max(end, x(row["high"]) if row.get("high") is not None else end)
    parts = [
        f'<rect x="{number(start)}" y="{number(y + 1)}" width="{number(end - start)}" height="14" '
        f'fill="{COLOURS[0]}" opacity="0.75"/>',
        text(said + 6, y + 12, percent(row["estimate"]), colour=SOFT),
    ]
    if row.get("low") is not None and row.get("high") is not None:
        parts.append(rule(x(row["low"]), y + 8, x(row["high"]), y + 8, INK))
    return parts
