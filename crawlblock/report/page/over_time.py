"""How blocking changed: the same hosts, transitions, survival, attrition and the forecast."""

from collections.abc import Iterator

import polars as pl

from crawlblock.metrics.headline import Headline, asked, headline_rows, whole_changes
from crawlblock.report.labels import interval, percent
from crawlblock.report.page.markup import items, paragraph

Frames = dict[str, pl.DataFrame]


def course(found: Headline, results: Frames) -> str:
    """Return the section about time as HTML, of the crawlers that the questions are about."""
    sentences = [
        sentence
        for token in asked(found)
        for part in (_same_hosts, _change, _transitions, _survival, _lost_from_sight, _ahead)
        for sentence in part(token, _of(token, results, found.population))
    ]
    return "<h2>What changed</h2>" + items(sentences) if sentences else ""


def _of(token: str, results: Frames, population: str) -> Frames:
    names = ("same_hosts", "change", "transition_counts", "survival", "attrition", "forecast")
    chosen = {
        name: headline_rows(results[name], by_segment=name == "survival").filter(
            pl.col("token") == token
        )
        for name in names
    }
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
            f"{token}: of the {first['n']:,} hosts known in every snapshot since "
            f"{first['snapshot']}, {percent(first['estimate'])} blocked it then and "
            f"{percent(last['estimate'])} in {last['snapshot']}."
        )


def _change(token: str, frames: Frames) -> Iterator[str]:
    """Say how the hosts known in the first and in the last snapshot changed, or that none are."""
    if not frames["same_hosts"].is_empty():
        return
    for row in frames["change"].filter(pl.col("span") == "since_first").tail(1).to_dicts():
        ends = f"{row['from_snapshot']} and {row['to_snapshot']}"
        if not row["n"]:
            yield f"{token}: no host is known in both {ends}, so we cannot compute a change."
        else:
            yield (
                f"{token}: of the {row['n']:,} hosts known in both {ends}, "
                f"{percent(row['from_share'])} blocked it in the first and "
                f"{percent(row['to_share'])} in the second."
            )


def other_hosts(found: Headline, results: Frames) -> str:
    """Return a warning where the snapshots have other hosts each, so that shares are no series."""
    rows = whole_changes(results["change"], found)
    if found.population == "panel" or not rows:
        return ""
    most = max(row["n"] for row in rows)
    return paragraph(
        "Different snapshots may have different hosts. If two shares differ, the hosts may "
        "differ, so do not read the difference as a change. "
        f"At most {most:,} hosts are known in both the first and the last snapshot; change.csv "
        "compares these."
    )


def _transitions(token: str, frames: Frames) -> Iterator[str]:
    seen = frames["transition_counts"].group_by("transition").agg(pl.col("n_yes").sum())
    counts = dict(seen.iter_rows())
    if not frames["same_hosts"].is_empty():
        started, stopped = counts.get("started", 0), counts.get("stopped", 0)
        yield f"{token}: {started:,} hosts started to block it, and {stopped:,} stopped."


def _survival(token: str, frames: Frames) -> Iterator[str]:
    rows = frames["survival"].filter(pl.col("timing") == "between").to_dicts()
    if rows and rows[-1]["no_estimate"]:
        yield f"{token}: no estimate of how long hosts stay open; {rows[-1]['no_estimate']}."
    elif rows:
        last = rows[-1]
        yield (
            f"{token}: {percent(last['estimate'])} of {last['n']:,} hosts "
            f"({interval(last['low'], last['high'])}; {last['n_unknown']} unknown) had never "
            f"blocked it by {last['before']}. Hosts that could no longer be read count until "
            "their last capture."
        )


def _lost_from_sight(token: str, frames: Frames) -> Iterator[str]:
    for row in frames["attrition"].to_dicts():
        if row["low"] is not None:
            ends = " to ".join(f"{100 * row[end]:+.1f}" for end in ("low", "high"))
            yield (
                f"{token}: share of hosts that became unreadable in the next snapshot, among "
                f"hosts that block it minus among other hosts: {100 * row['estimate']:+.1f} "
                f"percentage points ({ends}; {row['n_lost_blocked']} and {row['n_lost_open']} "
                "hosts)."
            )


def _ahead(token: str, frames: Frames) -> Iterator[str]:
    rows = frames["forecast"].to_dicts()
    if rows and rows[0]["no_estimate"]:
        yield f"{token}: no forecast; {rows[0]['no_estimate']}."
    elif rows:
        last = rows[-1]
        yield (
            f"{token}: a damped trend predicts {percent(last['estimate'])} on {last['date']} "
            f"({interval(last['low'], last['high'])}). For this series, such trends predicted "
            "better than the last value and better than a straight line."
        )
