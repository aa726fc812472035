"""A panel of dots: what others published and ours, a row for each figure; dots.js has the same."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from crawlblock.report.charts.scales import fit, number, text_width, ticks, wrapped
from crawlblock.report.charts.shapes import FONT, rule, text
from crawlblock.report.charts.specs import (
    COLOURS,
    DOTS_BOTTOM,
    DOTS_STEP,
    DOTS_TOP,
    PAPER,
    RULE,
    SOFT,
    Spec,
)
from crawlblock.report.labels import DASH, percent, points

_NAMES = 0.34  # of the width, at most for the name of a row
_RIGHT = 52  # for the difference
_BOLD = 1.1  # as wide as other letters


@dataclass(frozen=True, slots=True)
class _Scale:
    """Where shares lie, from left to right."""

    left: float  # pixels
    right: float
    end: int  # percent

    def x(self, share: float) -> float:
        return self.left + 100 * share / self.end * (self.right - self.left)


def dots(spec: Spec, rows: Sequence[Mapping[str, Any]], place: int) -> str:
    """Return a panel as an SVG element; all panels share their scale."""
    mine = [row for row in rows if row["panel"] == place]
    ends = ("published", "estimate", "high")
    shares = [row[end] for row in rows for end in ends if row[end] is not None]
    marks = ticks(0, max(shares, default=0), 100)
    names = [fit(row["name"], FONT, _NAMES * spec["width"]) for row in mine]
    left = 8 + max((text_width(name, FONT) for name in names), default=0)
    scale = _Scale(left, spec["width"] - _RIGHT, marks[-1])
    bottom = DOTS_TOP + DOTS_STEP * len(mine)
    parts = _heading(spec["panels"][place], spec["width"])
    for mark in marks:
        x = scale.x(mark / 100)
        parts.append(rule(x, DOTS_TOP, x, bottom, RULE if mark else SOFT))
        parts.append(text(x, bottom + 15, f"{mark} %", anchor="middle", colour=SOFT))
    for order, (row, name) in enumerate(zip(mine, names, strict=True)):
        y = DOTS_TOP + DOTS_STEP * (order + 0.5)
        parts.append(text(0, y + 4, name) + _row(row, scale, y))
        parts.append(text(spec["width"], y + 4, _apart(row), anchor="end", colour=SOFT))
    width, height = spec["width"], bottom + DOTS_BOTTOM
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="{escape(_said(spec["panels"][place], mine))}" width="{width}" '
        f'height="{height}">{"".join(parts)}</svg>'
    )


def _heading(name: str, width: float) -> list[str]:
    """Return the name of a panel in one or two lines, and what the numbers at the right are."""
    first, *others = wrapped(name, 13 * _BOLD, width)
    second = fit(" ".join(others), 13, width, bold=True)
    lines = [text(0, 13, first, size=13, bold=True)]
    if second:
        lines.append(text(0, 29, second, size=13, bold=True))
    return [*lines, text(width, DOTS_TOP - 7, "points", anchor="end", colour=SOFT)]


def _row(row: Mapping[str, Any], scale: _Scale, y: float) -> str:
    """Return what others published as a ring, ours as a dot with its interval."""
    theirs = scale.x(row["published"])
    ring = (
        f'<circle cx="{number(theirs)}" cy="{number(y)}" r="5" fill="{PAPER}" stroke="{SOFT}" '
        'stroke-width="1.5"/>'
    )
    if row["estimate"] is None:
        return ring
    ours = scale.x(row["estimate"])
    between = rule(theirs, y, ours, y, SOFT, "2 2")
    if row["low"] is not None:
        between += rule(scale.x(row["low"]), y, scale.x(row["high"]), y, COLOURS[0])
    dot = f'<circle cx="{number(ours)}" cy="{number(y)}" r="3" fill="{COLOURS[0]}"/>'
    return between + ring + dot


def _apart(row: Mapping[str, Any]) -> str:
    return DASH if row["difference"] is None else points(0, row["difference"])


def _said(name: str, mine: Sequence[Mapping[str, Any]]) -> str:
    """Return what a panel shows, in words."""
    said = "; ".join(
        f"{row['name']} published {percent(row['published'])}, ours {percent(row['estimate'])}"
        for row in mine
    )
    return f"{name}: {said}"
