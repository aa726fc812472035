"""What a chart is made of, as plain data: panel.py draws it, and so does the page's panel.js.

A spec has a kind (lines, stack, changes, dots), the names of its panels, its series with their
colours, and what stands on the time axis.  Its rows come apart from it, for each crawler.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from string import ascii_lowercase
from typing import Any, TypeAlias

from crawlblock.names import safe
from crawlblock.report.charts.scales import day_of

Spec: TypeAlias = dict[str, Any]

INK, SOFT, RULE, PAPER, SPAN = "#1d1f21", "#5f6468", "#dcdfe2", "#ffffff", "#eceef0"
GREY = "#868c92"  # of series that are not highlighted
COLOURS = ("#1f5a8c", "#b3541e", "#2a7f62", "#8e3b73", "#8a6d1f", "#4a5fc1", "#6b6b6b")
SHADES = ("#5c1d06", "#a3430f", "#e0a066", "#dbe6ed", "#9aa0a6")  # from blocked to unknown
UNLEVELLED = ("lines", "dots")  # kinds without a legend
BEFORE = 60  # days before the first row in which an event is still shown
WIDTH, HEIGHT = 400, 230  # of a panel, in pixels
DOTS_TOP, DOTS_STEP, DOTS_BOTTOM = 56, 18, 26  # above the rows of dots, of a row, below


@dataclass(frozen=True, slots=True)
class Axis:
    """What stands on the time axis of all charts: the archive's breaks."""

    breaks: tuple[Spec, ...] = ()  # start, end, label, title


def lines(
    series: Sequence[str], panels: Sequence[str] = ("",), *, highlighted: Iterable[str] = (),
    **more: Any,
) -> Spec:  # fmt: skip
    """Return the spec of a line for each series; with highlighted ones the others are grey."""
    chosen = [name for name in highlighted if name in series]
    colours = dict(zip(chosen or series, _endless(COLOURS, len(series)), strict=False))
    made = [
        {"name": safe(name), "colour": colours.get(name, GREY), "bold": name in chosen}
        for name in series
    ]
    return _spec("lines", made, panels, **more)


def stack(
    kinds: Sequence[str], shades: Sequence[str], panels: Sequence[str] = ("",), **more: Any
) -> Spec:
    """Return the spec of shares that add up to a whole, one upon another, with their letters."""
    return _spec("stack", _levels(kinds, shades), panels, **more)


def changes(kinds: Sequence[str], panels: Sequence[str] = ("",), **more: Any) -> Spec:
    """Return the spec of counts of what began, upwards, and of what ended, downwards."""
    return _spec("changes", _levels(kinds, (SHADES[1], COLOURS[0])), panels, **more)


def dots(rows: Sequence[str], panels: Sequence[str], most: int, **more: Any) -> Spec:
    """Return the spec of published shares beside ours; no panel has more than `most` rows."""
    height = DOTS_TOP + DOTS_STEP * most + DOTS_BOTTOM
    return _spec("dots", [{"name": safe(row)} for row in rows], panels, height=height, **more)


def _levels(kinds: Sequence[str], shades: Sequence[str]) -> list[Spec]:
    letters = [*ascii_lowercase, *(a + b for a in ascii_lowercase for b in ascii_lowercase)]
    return [
        {"name": safe(kind), "colour": colour, "letter": letter}
        for kind, colour, letter in zip(
            kinds, _endless(shades, len(kinds)), letters, strict=False
        )
    ]  # fmt: skip


def _endless(colours: Sequence[str], count: int) -> list[str]:
    return [colours[number % len(colours)] for number in range(count)]


def _spec(kind: str, series: list[Spec], panels: Sequence[str], **more: Any) -> Spec:
    return {
        "kind": kind, "series": series, "panels": [safe(name) for name in panels],
        "width": WIDTH, "height": HEIGHT, "breaks": [], "events": [], "notes": [],
        "title": "", "caption": "", "source": "", **more,
    }  # fmt: skip


def marks_of(
    spec: Spec, rows: Sequence[Mapping[str, Any]], token: str
) -> tuple[list[Spec], list[Spec]]:
    """Return the breaks and the events that a panel shows, the events numbered.

    A chart of one crawler has the events about it.  An event shortly before the first row is shown
    at the edge of the panel.
    """
    if spec["kind"] == "dots":
        return [], []
    times: dict[int, list[int]] = {}
    for row in rows:
        times.setdefault(row["panel"], []).append(day_of(row["date"]))
    ends = [(min(days), max(days)) for days in times.values()]
    breaks = [
        each
        for each in spec["breaks"]
        if any(day_of(each["start"]) < last and day_of(each["end"]) > first for first, last in ends)
    ]
    events = [
        each
        for each in spec["events"]
        if (not token or token in each["tokens"])
        and any(first - BEFORE <= day_of(each["date"]) <= last for first, last in ends)
    ]
    return breaks, [{**each, "label": str(place + 1)} for place, each in enumerate(events)]


def levels(spec: Spec, rows: Iterable[Mapping[str, Any]]) -> list[Spec]:
    """Return the levels of a stack that occur, for its legend; none of lines and dots."""
    if spec["kind"] in UNLEVELLED:
        return []
    found = {row["series"] for row in rows if row["n_yes"] or row["estimate"]}
    return [each for place, each in enumerate(spec["series"]) if place in found]
