"""Where the parts of a chart lie: ticks, widths of text, labels pushed apart.

panel.js has the same, for the page draws a chart anew when another crawler is chosen.
tests/test_drawings.py compares what it draws with what Python draws.
"""

import math
from collections.abc import Sequence
from datetime import date

_EPOCH = date(1970, 1, 1).toordinal()
_NARROW = frozenset("iljtfrI.,:;'|!()[] -")
_WIDE = frozenset("mwMW@%&")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_STEPS = (1, 2, 3, 6, 12, 24, 60, 120, 600)  # months between two ticks
_TICK = 66  # pixels for the label of a date
_SMALL = 1e-9


def number(value: float) -> str:
    """Return a coordinate with at most one decimal, rounded as JavaScript does."""
    return f"{math.floor(value * 10 + 0.5) / 10 + 0.0:.10g}"


def text_width(text: str, size: float, bold: bool = False) -> float:
    """Return how wide a text is at most, in pixels, in the widest of the usual fonts."""
    units = 0.0
    for sign in text:
        if sign in _NARROW:
            units += 0.42
        elif sign in _WIDE:
            units += 1.0
        elif "A" <= sign <= "Z":
            units += 0.74
        else:
            units += 0.64 if ord(sign) < 0x2E80 else 1.05
    return units * size * (1.1 if bold else 1)


def fit(text: str, size: float, limit: float, bold: bool = False) -> str:
    """Return a text, cut with an ellipsis where it is wider than the limit in pixels."""
    if text_width(text, size, bold) <= limit:
        return text
    kept = text
    while kept and text_width(f"{kept}\N{HORIZONTAL ELLIPSIS}", size, bold) > limit:
        kept = kept[:-1]
    return f"{kept}\N{HORIZONTAL ELLIPSIS}"


def wrapped(text: str, size: float, limit: float) -> list[str]:
    """Return the lines of a text, none wider than the limit in pixels."""
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if not lines[-1] or text_width(longer, size) <= limit:
            lines[-1] = longer
        else:
            lines.append(word)
    return [fit(line, size, limit) for line in lines]


def ticks(low: float, high: float, scale: int) -> list[int]:
    """Return the ticks of an axis of values, as whole multiples of 1/scale."""
    step, place = 1, 0
    while (high - low) * scale / step > 5 + _SMALL:
        place += 1
        step = (1, 2, 5)[place % 3] * 10 ** (place // 3)
    first = math.floor(low * scale / step + _SMALL)
    last = max(first + 1, math.ceil(high * scale / step - _SMALL))
    return [step * each for each in range(first, last + 1)]


def day_of(iso: str) -> int:
    """Return the number of a day since 1970."""
    return date.fromisoformat(iso).toordinal() - _EPOCH


def month_ticks(first: int, last: int, width: float) -> list[tuple[int, str]]:
    """Return the ticks of a time axis: days with their labels, so many as have room."""
    start, end = (date.fromordinal(day + _EPOCH) for day in (first, last))
    begin = start.year * 12 + start.month - (1 if start.day == 1 else 0)
    until = end.year * 12 + end.month - 1
    for step in _STEPS:
        found = [month for month in range(begin, until + 1) if month % step == 0]
        if len(found) * _TICK <= width:
            break
    if not found:
        return [(first, f"{_MONTHS[start.month - 1]} {start.year}")]
    return [
        (date(month // 12, month % 12 + 1, 1).toordinal() - _EPOCH,
         f"{_MONTHS[month % 12]} {month // 12}")
        for month in found
    ]  # fmt: skip


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Return places near the wanted ones, which ascend, at least a gap apart, within the ends."""
    places: list[float] = []
    for place in wanted:
        places.append(max(place, places[-1] + gap if places else low))
    ceiling = high
    for index in reversed(range(len(places))):
        places[index] = min(places[index], ceiling)
        ceiling = places[index] - gap
    return places


def merged(marks: Sequence[tuple[float, str]], size: float) -> list[tuple[float, str]]:
    """Return labels at their places from left to right; those that would overlap share one."""
    groups: list[tuple[float, float, str, str]] = []
    for place, label in marks:
        made = (place, place, label, label)
        while (
            groups
            and _middle(made) - _middle(groups[-1])
            < (text_width(_label(made), size) + text_width(_label(groups[-1]), size)) / 2 + 3
        ):
            before = groups.pop()
            made = (before[0], made[1], before[2], made[3])
        groups.append(made)
    return [(_middle(group), _label(group)) for group in groups]


def _middle(group: tuple[float, float, str, str]) -> float:
    return (group[0] + group[1]) / 2


def _label(group: tuple[float, float, str, str]) -> str:
    return group[2] if group[2] == group[3] else f"{group[2]}\N{EN DASH}{group[3]}"
