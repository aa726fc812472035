"""Results as the rows that figures draw; a row's first value is the number of its snapshot."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from crawlblock.metrics.headline import HEADLINE, headline_segments
from crawlblock.report.charts.context import Context, Result, Row
from crawlblock.report.charts.specs import placed
from crawlblock.report.labels import ORIGINS, origin_words, percent
from crawlblock.report.web_archives import ANY, BLOCKED, LEAD, LET_IN

VERDICTS = ("full", "all_but", "partial", "no path blocked", "unknown")


def line_rows(
    context: Context, series: Sequence[str], named: Mapping[str, Iterable[Result]]
) -> list[Row]:
    """Return the rows of lines, each line's last with the place of its name."""
    rows: list[Row] = []
    last: dict[str, Row] = {}
    for number, name in enumerate(series):
        for c in named.get(name, ()):
            if c["estimate"] is None or c["snapshot"] not in context.snapshots:
                continue
            last[name] = [
                context.snapshots[c["snapshot"]], name, number, short(c["estimate"]),
                short(c["low"]), short(c["high"]), c["n"], c["n_unknown"], None,
            ]  # fmt: skip
            rows.append(last[name])
    for name, place in _places(rows, last, 3, 5).items():
        last[name][-1] = place
    return rows


def archive_series(context: Context) -> dict[str, list[Result]]:
    """Return who blocks the Internet Archive by segment; of one segment who blocks each archive."""
    segments = headline_segments(context.results, context.found.population)
    if segments != (None,):
        rows = context.rows("archives", dimension="stratum", archive=LEAD, measure=BLOCKED)
        named = by((row for row in rows if row["token"] is None), "segment")
        return {segment: named[segment] for segment in segments if segment in named}
    rows = [row for row in context.rows("archives") if row["token"] is None]
    named = by((row for row in rows if row["measure"] == BLOCKED), "archive")
    let_in = [row for row in rows if row["archive"] == LEAD and row["measure"] == LET_IN]
    named.pop(ANY, None)
    return named | ({"search let in": let_in} if let_in else {})


def placed_rows(rows: Iterable[Result]) -> list[Result]:
    """Return the rows of lines in order of time, each line's last with the place of its name."""
    made = [{"low": None, "high": None, "n": None, "n_unknown": None, **row} for row in rows]
    last = {row["name"]: row for row in made}
    for name, place in _places(made, last, "estimate", "high").items():
        last[name]["place"] = place
    return made


def _places(
    rows: Iterable[Any], last: Mapping[str, Any], estimate: Any, high: Any
) -> dict[str, float]:
    """Return where the names of lines are written, from the last row of each."""
    top = max((row[high] or row[estimate] for row in rows), default=1) or 1
    return placed({name: row[estimate] for name, row in last.items()}, top)


def verdict_rows(context: Context, results: Iterable[Result]) -> list[Row]:
    """Return how far a crawler is blocked, as shares of all hosts, unknown ones among them."""
    rows = []
    for snapshot, found in by(results, "snapshot").items():
        defined = {result["definition"]: result for result in found}
        headline = defined[HEADLINE]
        parts = [defined[name] for name in VERDICTS[:3]]
        shares = [result["bound_low"] for result in parts]
        hosts = [result["n_yes"] for result in parts]
        unknown = headline["bound_high"] - headline["bound_low"]
        shares += [max(0, 1 - sum(shares) - unknown), unknown]
        hosts += [headline["n"] - sum(hosts), headline["n_unknown"]]
        rows += [
            [context.snapshots[snapshot], name, short(share), count, order]
            for order, (name, share, count) in enumerate(zip(VERDICTS, shares, hosts, strict=True))
        ]
    return rows


def author_rows(context: Context, results: Iterable[Result]) -> list[Row]:
    """Return the shares of the blocks of a crawler, by where the rules come from."""
    rows = []
    for snapshot, found in by(results, "snapshot").items():
        for order, kind in enumerate(ORIGINS):
            mine = [c for c in found if origin_words(c["origin"]) == kind]
            share, hosts = sum(c["estimate"] for c in mine), sum(c["n_yes"] for c in mine)
            rows.append([context.snapshots[snapshot], kind, short(share), hosts, order])
    return rows


def transition_rows(context: Context, results: Iterable[Result]) -> list[Row]:
    """Return how many hosts started and stopped blocking, by snapshot."""
    return [
        [
            context.snapshots[c["snapshot"]], c["transition"], c["n_yes"], c["n"], c["n_unknown"],
            short(c["estimate"]), short(c["low"]), short(c["high"]),
        ]
        for c in results
        if c["n"]
    ]  # fmt: skip


def corpora(results: Iterable[Result]) -> dict[str, list[Result]]:
    """Return results by corpus and unit."""
    named: dict[str, list[Result]] = {}
    for result in results:
        named.setdefault(corpus(result), []).append(result)
    return named


def corpus(result: Result) -> str:
    """Return the name of a corpus and of the unit it is weighed in."""
    return f"{result['corpus']}, {result['unit']}"


def by(results: Iterable[Result], column: str) -> dict[str, list[Result]]:
    """Return results by a column, in their order."""
    named: dict[str, list[Result]] = {}
    for result in results:
        named.setdefault(result[column], []).append(result)
    return named


def short(share: float | None) -> float | None:
    """Return a share with five digits, if that does not change how it is shown."""
    if share is None:
        return None
    short = round(share, 5)
    return short if percent(short) == percent(share) else share
