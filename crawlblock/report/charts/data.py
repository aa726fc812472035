"""Results as the rows that figures draw; a row's first value is the number of its snapshot."""

from collections.abc import Iterable, Mapping, Sequence

from crawlblock.metrics.headline import HEADLINE
from crawlblock.report.charts.context import Context, Result, Row
from crawlblock.report.labels import ORIGINS, RESTRICTIONS, origin_words, percent
from crawlblock.report.web_archives import ANY, BLOCKED, LEAD, LET_IN

VERDICTS = ("blocked", *(RESTRICTIONS[name] for name in ("partial", "none", "unknown")))
TRANSITIONS = ("started", "stopped")
SEARCH = "search let in"


def line_rows(
    context: Context, panel: int, series: Sequence[str], named: Mapping[str, Iterable[Result]]
) -> list[Row]:
    """Return the rows of the lines of a panel."""
    return [
        [
            context.snapshots[c["snapshot"]], panel, number, short(c["estimate"]),
            short(c["low"]), short(c["high"]), c["n"], c["n_unknown"],
            rough(c["as_low"]), rough(c["as_high"]),
        ]
        for number, name in enumerate(series)
        for c in named.get(name, ())
        if c["estimate"] is not None and c["snapshot"] in context.snapshots
    ]  # fmt: skip


def archive_series(results: Iterable[Result]) -> dict[str, list[Result]]:
    """Return who blocks each archive, and who blocks the first one but lets search in."""
    rows = [row for row in results if row["token"] is None]
    named = by((row for row in rows if row["measure"] == BLOCKED), "archive")
    let_in = [row for row in rows if row["archive"] == LEAD and row["measure"] == LET_IN]
    named.pop(ANY, None)
    return named | ({SEARCH: let_in} if let_in else {})


def verdict_rows(context: Context, panel: int, results: Iterable[Result]) -> list[Row]:
    """Return how far a crawler is blocked, as shares of all hosts, unknown ones among them."""
    rows = []
    for snapshot, found in by(results, "snapshot").items():
        defined = {result["definition"]: result for result in found}
        whole, some = defined[HEADLINE], defined["any"]
        if whole["bound_high"] is None:
            continue
        shares = [whole["bound_low"], some["bound_low"] - whole["bound_low"]]
        hosts = [whole["n_yes"], some["n_yes"] - whole["n_yes"]]
        unknown = whole["bound_high"] - whole["bound_low"]
        shares += [max(0, 1 - sum(shares) - unknown), unknown]
        hosts += [whole["n"] - sum(hosts), whole["n_unknown"]]
        rows += [
            [context.snapshots[snapshot], panel, order, short(share), count]
            for order, (share, count) in enumerate(zip(shares, hosts, strict=True))
            if share or count
        ]
    return rows


def author_rows(context: Context, panel: int, results: Iterable[Result]) -> list[Row]:
    """Return the shares of the blocks of a crawler, by where the rules come from."""
    rows = []
    for snapshot, found in by(results, "snapshot").items():
        for order, kind in enumerate(ORIGINS):
            mine = [c for c in found if origin_words(c["origin"]) == kind]
            share, hosts = sum(c["estimate"] for c in mine), sum(c["n_yes"] for c in mine)
            if hosts:
                rows.append([context.snapshots[snapshot], panel, order, short(share), hosts])
    return rows


def transition_rows(context: Context, results: Iterable[Result]) -> list[Row]:
    """Return how many hosts started and stopped blocking, by snapshot."""
    return [
        [
            context.snapshots[c["snapshot"]], 0, TRANSITIONS.index(c["transition"]), c["n_yes"],
            c["n"], c["n_unknown"], short(c["estimate"]), short(c["low"]), short(c["high"]),
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


def rough(share: float | None) -> float | None:
    """Return the end of an interval that is drawn and not read."""
    return None if share is None else round(share, 3)
