"""A chart as one picture: title, definition, panels, what the marks mean, source and date.

panel.js makes the same of what the page shows.
"""

from collections.abc import Sequence

from crawlblock.report.charts.panel import Rows, panel
from crawlblock.report.charts.scales import number, text_width, wrapped
from crawlblock.report.charts.shapes import text
from crawlblock.report.charts.specs import PAPER, SOFT, Spec, levels, marks_of

_EDGE, _GAP = 20, 24  # pixels around the panels and between them
_LINE = 16  # from one line of text to the next
_COLUMNS = 3
_NARROWEST = 560  # of a picture of a single panel


def sheet(spec: Spec, rows: Rows, token: str = "") -> str:
    """Return a chart with all that is said about it, as an SVG element."""
    columns = min(_COLUMNS, len(spec["panels"]))
    across = columns * (spec["width"] + _GAP) - _GAP
    inner = max(across, _NARROWEST)
    title = f"{spec['title']}: {token}" if token else spec["title"]
    parts, y = [text(_EDGE, 34, title, size=18, bold=True)], 40.0
    y = _paragraph(parts, spec["caption"], y, inner, 12)
    y = _legend(parts, levels(spec, rows), y + 8, inner)
    for place in range(len(spec["panels"])):
        column, line = place % columns, place // columns
        x = _EDGE + column * (spec["width"] + _GAP)
        top = y + 14 + line * (spec["height"] + _GAP)
        drawn = panel(spec, rows, place, token)
        parts.append(drawn.replace("<svg ", f'<svg x="{number(x)}" y="{number(top)}" ', 1))
    lines = -(-len(spec["panels"]) // columns)
    y += 14 + lines * (spec["height"] + _GAP) - _GAP
    for note in notes(spec, rows, token):
        y = _paragraph(parts, note, y + 6, inner, 11)
    y = _paragraph(parts, spec["source"], y + 8, inner, 11)
    width, height = number(inner + 2 * _EDGE), number(y + _EDGE)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" font-family="system-ui, \'DejaVu Sans\', sans-serif">'
        f'<rect width="{width}" height="{height}" fill="{PAPER}"/>{"".join(parts)}</svg>'
    )


def notes(spec: Spec, rows: Rows, token: str) -> list[str]:
    """Return what the numbers and the shaded spans of a chart mean."""
    breaks, events = marks_of(spec, rows, token)
    return [
        *(f"{each['label']}: {each['title']}" for each in events),
        *(f"{each['label']} (shaded): {each['title']}" for each in breaks),
        *spec["notes"],
    ]


def _paragraph(parts: list[str], said: str, y: float, width: float, size: float) -> float:
    """Add a text below y and return where it ends."""
    for line in wrapped(said, size, width):
        y += _LINE
        parts.append(text(_EDGE, y, line, size=size, colour=SOFT))
    return y


def _legend(parts: list[str], shown: Sequence[Spec], y: float, width: float) -> float:
    """Add the levels that occur, each with its letter, and return where they end."""
    x = float(_EDGE)
    y += _LINE if shown else 0
    for level in shown:
        said = f"{level['letter']}: {level['name']}"
        wide = 36 + text_width(said, 12)
        if x > _EDGE and x + wide > width + _EDGE:
            x, y = float(_EDGE), y + _LINE + 2
        parts.append(
            f'<rect x="{number(x)}" y="{number(y - 10)}" width="12" height="12" '
            f'fill="{level["colour"]}" stroke="{SOFT}" stroke-width="0.6"/>'
        )
        parts.append(text(x + 17, y, said, size=12))
        x += wide
    return y
