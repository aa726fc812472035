"""The answers at the top of the page: one sentence each, and what its words mean."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import polars as pl

from crawlblock.metrics.headline import HEADLINE, Headline, asked, rivals
from crawlblock.report.labels import DEFINITIONS, HTTP_PROFILES, NO_WEIGHT, interval, percent

Frames = dict[str, pl.DataFrame]
SMALL = 30  # hosts; of fewer no share is worth much


@dataclass(frozen=True, slots=True)
class Lead:
    """A question with its answer."""

    question: str
    answer: str
    meaning: str  # definition, and what the number does not say


def leads(found: Headline, results: Frames) -> Iterator[Lead]:
    """Yield the answers for the last snapshot that counts."""
    first, archive = asked(found)[0], asked(found)[-1]
    newest = {name: _newest(found, results[name]) for name in ("authors", "rulesets", "gap")}
    yield _blocked(found, first)
    yield _decided(first, newest["authors"], newest["rulesets"])
    yield _compared(newest["gap"])
    yield _lost(archive, _newest(found, results["lost"]))


def _newest(found: Headline, frame: pl.DataFrame) -> list[dict[str, Any]]:
    last = found.last()["snapshot"][0]
    return frame.filter(
        (pl.col("snapshot") == last) & (pl.col("population") == found.population)
    ).to_dicts()


def _blocked(found: Headline, token: str) -> Lead:
    last = found.of(token)[-1]
    few = f" Fewer than {SMALL} hosts show no trend." if last["n"] < SMALL else ""
    return Lead(
        "How many sites block AI crawlers?",
        f"{percent(last['estimate'])} of hosts block {token} "
        f"(95 % interval {interval(last['low'], last['high'])}; n = {last['n']:,}, "
        f"{last['n_unknown']:,} unknown{_bounds(last)}) in {last['snapshot']}.",
        f"{_leads(found, last)} Blocked: {DEFINITIONS[HEADLINE]}. "
        f"{HTTP_PROFILES.get(found.http_profile, found.http_profile)}.{few}",
    )


def _leads(found: Headline, row: dict[str, Any]) -> str:
    """Return why the answer is about this crawler."""
    others = rivals(found)
    if not any(other["token"] == row["token"] for other in others):
        return "No AI crawler was in use at that time."
    highest = [other for other in others if other["estimate"] == others[0]["estimate"]]
    if not others[0]["estimate"]:
        return f"None of the {len(others)} AI crawlers in use is blocked by a known host."
    if len(highest) == 1:
        return f"{row['token']} is the AI crawler in use that most hosts block."
    return f"{len(highest)} AI crawlers in use are blocked by equally many hosts, and none by more."


def _bounds(row: dict[str, Any]) -> str:
    if not row["n_unknown"]:
        return ""
    return f", which could make it {percent(row['bound_low'])} to {percent(row['bound_high'])}"


def _decided(token: str, authors: list[dict[str, Any]], rulesets: list[dict[str, Any]]) -> Lead:
    question = "Who wrote the rules?"
    rows = [row for row in authors if row["token"] == token]
    shared = next((row for row in rulesets if row["token"] == token), None)
    if not rows or shared is None:
        return Lead(question, "No robots.txt blocks it.", "")
    said = [
        f"{percent(row['estimate'] if row else 0.0)} use rules that {what}{_error(row)}"
        for origin, what in (
            ("alone", "no or few other sites here share"),
            ("shared", "several sites share and whose author we do not know"),
        )
        for row in (next((r for r in rows if r["origin"] == origin), None),)
    ]
    return Lead(
        question,
        f"Of the {rows[0]['n']:,} hosts whose robots.txt blocks {token}, {' and '.join(said)}. "
        f"The others use the rules of a platform, a company, a published list or a group for all "
        f"crawlers ({rows[0]['n_unknown']:,} hosts unknown). "
        f"All together they have at least {shared['n_rulesets']:,} different rule sets, "
        f"{effectively(shared)}.",
        "Hosts with the same rules for the same crawlers share one rule set. Rules count as shared "
        "if five hosts of two registered domains have them. The effective number "
        "is how many equally common rule sets would have the same concentration. Rules of one "
        "agent and one rule are alike by chance, so it lies between two ends.",
    )


def effectively(row: dict[str, Any]) -> str:
    """Return how many rule sets there are effectively, from all alike as one to all independent."""
    low, middle, high = (row[f"effective_rulesets{end}"] for end in ("_low", "", "_high"))
    if low is None:
        return "none of them in a robots.txt"
    known = "" if middle is None else f", {middle:,.0f} if those alike beyond chance are one"
    return (
        f"effectively {low:,.0f} if all that are alike are one{known}, {high:,.0f} if every host "
        "decided alone"
    )


def _error(row: dict[str, Any] | None) -> str:
    """Return a share's interval in words, nothing where it has none."""
    if row is None or row["low"] is None:
        return ""
    return f" (95 % interval {interval(row['low'], row['high'])})"


def _compared(gaps: list[dict[str, Any]]) -> Lead:
    question = "Is open data hit harder?"
    known = [row for row in gaps if row["estimate"] is not None]
    known.sort(key=lambda row: not row["comparison"].startswith("open data"))
    if not known:
        return Lead(question, "The crawlers to compare were not all documented yet.", "")
    row = known[0]
    first, _, second = row["comparison"].partition(" - ")
    low, high = (f"{100 * row[end]:+.1f}" for end in ("low", "high"))
    sure = (
        ""
        if row["low"] > 0 or row["high"] < 0
        else " The interval contains 0: the data do not show which is blocked more."
    )
    return Lead(
        question,
        f"{percent(row['first_share'])} of hosts block {first}, {percent(row['second_share'])} "
        f"block {second}: {100 * row['estimate']:+.1f} points (95 % interval {low} to {high}; n = "
        f"{row['n']:,}, {row['n_unknown']:,} unknown).{sure}",
        f"The same hosts are compared. A host counts if it blocks at least one crawler of a group: "
        f"{row['first_crawlers']} and {row['second_crawlers']} crawlers were documented by then.",
    )


def _lost(token: str, rows: list[dict[str, Any]]) -> Lead:
    question = "How much training data is affected?"
    known = [r for r in rows if r["token"] == token and r["estimate"] is not None]
    if not known:
        why = "none of the domains with a weight is known" if rows else NO_WEIGHT
        return Lead(
            question, f"No estimate: {why}.", "The command crawlblock weights stores weights."
        )
    row = known[0]
    whole = row["estimand"] == "list"
    error = "a complete list, no sampling error" if whole else interval(row["low"], row["high"])
    return Lead(
        question,
        f"{looked_at(row)} "
        f"{percent(row['estimate'])} of the {row['corpus']} {row['unit']} on these hosts "
        f"are on hosts that block {token} ({error}; n = {row['n']:,} domains with a weight, "
        f"{row['n_unknown']:,} unknown{_bounds(row)}).",
        f"A new crawl by {token} could not collect them. Existing copies are unaffected.",
    )


def looked_at(row: dict[str, Any]) -> str:
    """Return how much of a corpus is certainly blocked, how much was looked at, and where it is."""
    large = ""
    if row["largest_domain"]:
        large = f" {row['largest_domain']} alone holds {percent(row['largest'])} of that."
    return (
        f"{100 * row['known_blocked']:.3g} % of {row['corpus']} ({row['unit']}) is known to be "
        f"blocked, {100 * row['covered']:.3g} % was looked at.{large}"
    )
