"""How refusals went over time: the same hosts, refusals and reversals, survival, what may come."""

from collections.abc import Iterator

import polars as pl

from crawlblock.metrics.headline import Headline, asked
from crawlblock.report.labels import interval, percent
from crawlblock.report.page.markup import items

Frames = dict[str, pl.DataFrame]


def course(found: Headline, results: Frames) -> str:
    """Return the section about time as HTML, of the crawlers that the questions are about."""
    told = [
        sentence
        for token in asked(found)
        for part in (_same_hosts, _turns, _openness, _lost_from_sight, _ahead)
        for sentence in part(token, _of(token, results, found.population))
    ]
    return "<h2>How it went</h2>" + items(told) if told else ""


def _of(token: str, results: Frames, population: str) -> Frames:
    names = ("same_hosts", "transition_counts", "survival", "attrition", "forecast")
    chosen = {name: results[name].filter(pl.col("token") == token) for name in names}
    return {
        name: frame.filter(pl.col("population") == population)
        if "population" in frame.columns
        else frame
        for name, frame in chosen.items()
    }


def _same_hosts(token: str, frames: Frames) -> Iterator[str]:
    rows = frames["same_hosts"].filter(pl.col("series") == "balanced").to_dicts()
    rows = [row for row in rows if row["n"]]
    if len(rows) > 1:
        first, last = rows[0], rows[-1]
        yield (
            f"{token}: of the {first['n']} hosts that could be told in every snapshot since "
            f"{first['snapshot']}, {percent(first['estimate'])} refused it then and "
            f"{percent(last['estimate'])} in {last['snapshot']}."
        )


def _turns(token: str, frames: Frames) -> Iterator[str]:
    seen = frames["transition_counts"].group_by("transition").agg(pl.col("n_yes").sum())
    counts = dict(seen.iter_rows())
    if not frames["same_hosts"].is_empty():
        yield (
            f"{token}: {counts.get('started', 0)} times a host began to refuse it between two "
            f"captures, {counts.get('stopped', 0)} times one stopped."
        )


def _openness(token: str, frames: Frames) -> Iterator[str]:
    rows = frames["survival"].filter(pl.col("timing") == "between").to_dicts()
    if rows and rows[-1]["no_estimate"]:
        yield f"{token}: how long hosts stay open cannot be said; {rows[-1]['no_estimate']}."
    elif rows:
        last = rows[-1]
        yield (
            f"{token}: {percent(last['estimate'])} of {last['n']} hosts "
            f"({interval(last['low'], last['high'])}; {last['n_unknown']} unknown) had never "
            f"refused it by {last['before']}, those lost from sight counted until they were last "
            "seen."
        )


def _lost_from_sight(token: str, frames: Frames) -> Iterator[str]:
    for row in frames["attrition"].to_dicts():
        if row["low"] is not None:
            ends = " to ".join(f"{100 * row[end]:+.1f}" for end in ("low", "high"))
            yield (
                f"{token}: hosts that refuse it could not be read in the next snapshot "
                f"{100 * row['estimate']:+.1f} points more often than others ({ends}; "
                f"{row['n_lost_blocked']} and {row['n_lost_open']} were lost)."
            )


def _ahead(token: str, frames: Frames) -> Iterator[str]:
    rows = frames["forecast"].to_dicts()
    if rows and rows[0]["no_estimate"]:
        yield f"{token}: no forecast is warranted; {rows[0]['no_estimate']}."
    elif rows:
        last = rows[-1]
        yield (
            f"{token}: a damped trend, which foretold this series better than its last value and "
            f"a straight line, expects {percent(last['estimate'])} on {last['date']} "
            f"({interval(last['low'], last['high'])})."
        )
