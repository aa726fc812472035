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
    wide: float = 0  # of a bar, half of which reaches beyond its day

    def x(self, day: float) -> float:
        """Return where a day lies."""
        span = self.last - self.first
        share = (day - self.first) / span if span else 0.5
        side = self.wide / 2 + 1 if self.wide else 0
        return self.left + side + share * (self.right - self.left - 2 * side)

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


def spark(course: Sequence[tuple[str, float]], top: float) -> str:
    """Return a small line of shares without axes, for a card; all of a question share the top."""
    days = [day_of(day) for day, _ in course]
    area = PlotArea(
        left=4, right=176, top=4, bottom=36, first=min(days), last=max(days), low=0, high=top or 1
    )
    points = [f"{number(area.x(day))},{number(area.y(share))}"
              for day, (_, share) in zip(days, course, strict=True)]  # fmt: skip
    x, y = points[-1].split(",")
    return (
        '<svg class="spark" viewBox="0 0 180 40" width="180" height="40" aria-hidden="true">'
        f"{rule(0, 36.5, 180, 36.5, SOFT)}"
        f'<path d="M{"L".join(points)}" fill="none" stroke="{COLOURS[0]}" stroke-width="2"/>'
        f'<circle cx="{x}" cy="{y}" r="3" fill="{COLOURS[0]}" stroke="{PAPER}"/></svg>'
    )
