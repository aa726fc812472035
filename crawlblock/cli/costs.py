"""What a look-up costs, as commands print it."""

from collections.abc import Sequence

from crawlblock.sources.commoncrawl.cost import FAST, SLOW, Estimate


def costs(plans: Sequence[Estimate], rate: float) -> dict[str, object]:
    """Return what some crawls cost: the minutes of each are those of the rate or of the line."""
    minutes = {
        f"minutes_at_{line // 1_000_000}_mb_s": _short(sum(p.minutes(rate, line) for p in plans))
        for line in (SLOW, FAST)
    }
    size = sum(plan.bytes for plan in plans)
    return {
        "requests": sum(plan.requests for plan in plans),
        "gigabytes": _short(size / 1e9),
        **minutes,
    }


def _short(number: float) -> float:
    """Return a number with three digits that count."""
    return float(f"{number:.3g}")
