"""Three questions with their numbers: who decided, open against closed, what is lost."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import polars as pl

from crawlblock.metrics.headline import Headline, asked
from crawlblock.report.labels import DASH, NO_WEIGHT, interval, percent, writer
from crawlblock.report.page.markup import items

_Row = dict[str, Any]


def answers(found: Headline, results: dict[str, pl.DataFrame]) -> str:
    """Return the questions with their answers as HTML, for the last snapshot that counts."""
    newest = found.last()["snapshot"][0]
    last = {
        name: frame.filter(
            (pl.col("snapshot") == newest) & (pl.col("population") == found.population)
        ).to_dicts()
        for name in ("authors", "rulesets", "gap", "lost")
        for frame in (results[name],)
    }
    tokens = asked(found)
    return (
        "<h2>Did the owners decide it?</h2>"
        + items(_who(token, last["authors"], last["rulesets"]) for token in tokens)
        + "<h2>Is open data refused more than closed?</h2>"
        + items(_gaps(last["gap"]))
        + "<h2>How much is lost?</h2>"
        + items(_lost(tokens, last["lost"]))
    )


def _who(token: str, authors: Iterable[_Row], rulesets: Iterable[_Row]) -> str:
    rows = [row for row in authors if row["token"] == token]
    told = next((row for row in rulesets if row["token"] == token), None)
    if not rows or told is None:
        return f"{token}: no robots.txt refuses it, so there is nobody to ask about."
    parts: dict[str, float] = {}
    for row in rows:
        kind = writer(row["authored_by"], row["act"])
        parts[kind] = parts.get(kind, 0) + row["estimate"]
    shares = ", ".join(f"{kind} {percent(share)}" for kind, share in parts.items())
    return (
        f"{token}: {_hosts(rows[0]['n'])} refuse it by robots.txt in {rows[0]['snapshot']}; by "
        f"{shares}. Hosts with the same rules for the same crawlers counted once, these are at "
        f"least {told['n_rulesets']} rulesets, effectively {told['effective_rulesets']:.0f}; "
        f"by robots.txt or status {percent(told['estimate'])} of hosts refuse it, with the "
        f"interval of decisions {interval(told['low'], told['high'])}, of hosts "
        f"{interval(told['naive_low'], told['naive_high'])}; {told['n_unknown']} unknown."
    )


def _hosts(count: int) -> str:
    return "1 host" if count == 1 else f"{count} hosts"


def _gaps(rows: Iterable[_Row]) -> Iterator[str]:
    said = False
    for row in sorted(rows, key=lambda row: not row["comparison"].startswith("open data")):
        if row["estimate"] is None:
            continue
        said = True
        first, second = _sides(row)
        low, high = (f"{100 * row[end]:+.1f}" for end in ("low", "high"))
        yield (
            f"{percent(row['first_share'])} of hosts refuse {first}, "
            f"{percent(row['second_share'])} {second}: {100 * row['estimate']:+.1f} points "
            f"({low} to {high}; n = {row['n']}, {row['n_unknown']} unknown). "
            f"{_hosts(row['first_only'])} the first alone, by {row['first_rulesets']} texts, "
            f"{_hosts(row['second_only'])} the second alone, by {row['second_rulesets']}."
        )
    if not said:
        yield "It cannot be said: the crawlers to compare were not both documented at that time."


def _sides(row: _Row) -> tuple[str, str]:
    """Return what a comparison compares, a set of crawlers with how many it has."""
    first, _, second = row["comparison"].partition(" - ")
    if row["first_crawlers"] == row["second_crawlers"] == 1:
        return first, second
    return (
        f"at least one of {row['first_crawlers']} {first} crawlers",
        f"at least one of {row['second_crawlers']} {second} crawlers",
    )


def _lost(tokens: Iterable[str], rows: Sequence[_Row]) -> Iterator[str]:
    if not rows:
        yield f"It cannot be said: {NO_WEIGHT}. crawlblock weights brings them."
        return
    for token in tokens:
        for row in rows:
            if row["token"] == token:
                yield _loss(row)


def _loss(row: _Row) -> str:
    about = f"{row['token']}, {row['unit']} of {row['corpus']}"
    if row["no_estimate"] or row["estimate"] is None:
        return f"{about}: it cannot be said; {row['no_estimate'] or 'no weight is known'}."
    covered = DASH if row["covered"] is None else f"{100 * row['covered']:.3g} %"
    whole = row["estimand"] == "list"
    sampled = (
        "a list told whole: no error of drawing" if whole else interval(row["low"], row["high"])
    )
    return (
        f"{about}: {percent(row['estimate'])} of what these hosts hold is refused "
        f"({sampled}; n = {row['n']}, {row['n_unknown']} unknown, with "
        f"them between {percent(row['bound_low'])} and {percent(row['bound_high'])}). They hold "
        f"{covered} of the corpus, the largest of them {percent(row['largest'])} of that."
    )
