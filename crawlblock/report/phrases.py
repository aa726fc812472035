"""Parts of the sentences that answer: numbers, months and what is left to chance, in words."""

from datetime import date
from typing import Any

from crawlblock.metrics.headline import HEADLINE
from crawlblock.report.labels import DEFINITIONS, interval, percent

Row = dict[str, Any]
_SMALL = 30  # sites; of fewer no share is worth much
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip


def definition() -> str:
    """Say what blocked means."""
    return f"Blocked: {DEFINITIONS[HEADLINE]}."


def unknown(row: Row) -> str:
    """Say how many sites are unknown, and what they could change."""
    if not row["n_unknown"]:
        return "No site is unknown."
    others, them = f"{row['n_unknown']:,} more sites are", "them"
    if row["n_unknown"] == 1:
        others, them = "1 more site is", "it"
    return (
        f"{others} unknown. Depending on {them}, the share is between "
        f"{percent(row['bound_low'])} and {percent(row['bound_high'])}."
    )


def few(row: Row) -> str:
    """Say that so few sites show no trend."""
    return f" Fewer than {_SMALL} sites are too few to show a trend." if row["n"] < _SMALL else ""


def sampled(row: Row, *, signed: bool = False) -> str:
    """Return the interval of a sample; a list has none."""
    if row["estimand"] != "sample" or row["low"] is None:
        return ""
    return f" (95 % interval {ends(row, signed)})"


def error(row: Row, beside: Row, *, signed: bool = False) -> str:
    """Say what is left to chance."""
    if row["estimand"] == "sample":
        return "" if row["low"] is not None else f"No interval: {row['no_interval']}."
    if beside.get("low") is None:
        return "The sites are a list, so there is no sampling error."
    return (
        "The sites are a list, so there is no sampling error. If they were a simple random sample, "
        f"the 95 % interval would be {ends(beside, signed)}."
    )


def ends(row: Row, signed: bool) -> str:
    """Return the ends of an interval, of a difference with their signs."""
    if not signed:
        return interval(row["low"], row["high"])
    low, high = (round(100 * row[end], 1) + 0.0 for end in ("low", "high"))  # -0.0 is 0
    return f"{low:+.1f} to {high:+.1f} points"


def in_month(day: date | None) -> str:
    """Return the month of a snapshot in words."""
    return f" in {_MONTHS[day.month - 1]} {day.year}" if day else ""


def listed(parts: list[str]) -> str:
    """Return an enumeration in words."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
