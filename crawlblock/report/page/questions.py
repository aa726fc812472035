"""Three questions with their numbers: who wrote the rules, open against closed, what is lost."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import polars as pl

from crawlblock.metrics.headline import Headline, asked
from crawlblock.report.labels import NO_WEIGHT, interval, origin_words, percent
from crawlblock.report.page.answers import effectively, looked_at
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
        "<h2>Who wrote the rules?</h2>"
        + items(_who(token, last["authors"], last["rulesets"]) for token in tokens)
        + "<h2>Is open data hit harder?</h2>"
        + items(_gaps(last["gap"]))
        + "<h2>How much training data is affected?</h2>"
        + items(_lost(tokens, last["lost"]))
    )


def _who(token: str, authors: Iterable[_Row], rulesets: Iterable[_Row]) -> str:
    rows = [row for row in authors if row["token"] == token]
    shared = next((row for row in rulesets if row["token"] == token), None)
    if not rows or shared is None:
        return f"{token}: no robots.txt blocks it."
    parts: dict[str, float] = {}
    for row in rows:
        kind = origin_words(row["origin"])
        parts[kind] = parts.get(kind, 0) + row["estimate"]
    shares = ", ".join(f"{kind} {percent(share)}" for kind, share in parts.items())
    return (
        f"{token}: {_hosts(rows[0]['n'])} blocked it by robots.txt in {rows[0]['snapshot']}: "
        f"{shares}. They share at least {shared['n_rulesets']} different rule sets, "
        f"{effectively(shared)}. With HTTP statuses {percent(shared['estimate'])} of "
        f"hosts block it (95 % interval over rule sets {interval(shared['low'], shared['high'])}, "
        f"over hosts {interval(shared['naive_low'], shared['naive_high'])}; "
        f"{shared['n_unknown']} unknown)."
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
            f"{percent(row['first_share'])} of hosts block {first}, "
            f"{percent(row['second_share'])} block {second}: {100 * row['estimate']:+.1f} points "
            f"({low} to {high}; n = {row['n']}, {row['n_unknown']} unknown). "
            f"Only the first: {_hosts(row['first_only'])} with {row['first_rulesets']} rule sets. "
            f"Only the second: {_hosts(row['second_only'])} with {row['second_rulesets']}."
        )
    if not said:
        yield "The crawlers to compare were not both documented at that time."


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
        yield f"No estimate: {NO_WEIGHT}. The command crawlblock weights stores weights."
        return
    for token in tokens:
        for row in rows:
            if row["token"] == token:
                yield _loss(row)


def _loss(row: _Row) -> str:
    about = f"{row['token']}, {row['unit']} of {row['corpus']}"
    if row["no_estimate"] or row["estimate"] is None:
        return f"{about}: no estimate; {row['no_estimate'] or 'no weight is known'}."
    whole = row["estimand"] == "list"
    error = "a complete list: no sampling error" if whole else interval(row["low"], row["high"])
    return (
        f"{about}: {percent(row['estimate'])} of what these hosts hold is on hosts that block it "
        f"({error}; n = {row['n']}, {row['n_unknown']} unknown, which could make it "
        f"{percent(row['bound_low'])} to {percent(row['bound_high'])}). {looked_at(row)}"
    )
