"""The shapes that charts are made of, as SVG; panel.js has the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from crawlblock.report.charts.scales import day_of, number
from crawlblock.report.charts.specs import COLOURS, INK, PAPER, SOFT

FONT = 11  # pixels, of labels


@dataclass(frozen=True, slots=True)
class PlotArea:
    """The plot of a panel: its edges in pixels, and what they stand for."""

    left: float
    right: float
    top: float
    bottom: float
    first: int  # days
    last: int
    low: float  # values
    high: float

    def x(self, day: float) -> float:
        """Return where a day lies."""
        span = self.last - self.first
        share = (day - self.first) / span if span else 0.5
        return self.left + share * (self.right - self.left)

    def y(self, value: float) -> float:
        """Return where a value lies."""
        share = (value - self.low) / (self.high - self.low)
        return self.bottom - share * (self.bottom - self.top)


def text(
    x: float, y: float, said: str, *, size: float = FONT, colour: str = INK,
    anchor: str = "start", bold: bool = False,
) -> str:  # fmt: skip
    """Return a text; its baseline is at y."""
    placed = "" if anchor == "start" else f' text-anchor="{anchor}"'
    heavy = ' font-weight="600"' if bold else ""
    return (
        f'<text x="{number(x)}" y="{number(y)}" font-size="{number(size)}" fill="{colour}"'
        f"{placed}{heavy}>{escape(said)}</text>"
    )


def rule(x: float, y: float, to_x: float, to_y: float, colour: str, dashes: str = "") -> str:
    """Return a thin straight line."""
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return (
        f'<path d="M{number(x)},{number(y)}L{number(to_x)},{number(to_y)}" stroke="{colour}"'
        f"{dashed}/>"
    )


def spark(points: Sequence[tuple[str, float]], top: float) -> str:
    """Return a small line of shares without axes, for a card; all of a question share the top."""
    days = [day_of(day) for day, _ in points]
    frame = PlotArea(
        left=4, right=176, top=4, bottom=36, first=min(days), last=max(days), low=0,
        high=top or 1,
    )  # fmt: skip
    places = [
        (frame.x(day), frame.y(share)) for day, (_, share) in zip(days, points, strict=True)
    ]
    path = "L".join(f"{number(x)},{number(y)}" for x, y in places)
    x, y = places[-1]
    return (
        '<svg class="spark" viewBox="0 0 180 40" width="180" height="40" aria-hidden="true">'
        f"{rule(0, 36.5, 180, 36.5, SOFT)}"
        f'<path d="M{path}" fill="none" stroke="{COLOURS[0]}" stroke-width="2"/>'
        f'<circle cx="{number(x)}" cy="{number(y)}" r="3" fill="{COLOURS[0]}" stroke="{PAPER}"/></svg>'
    )
