"""The answers with which the page opens: one sentence each, and what its words mean."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import polars as pl

from crawlblock.intervals import wilson
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
    yield _refused(found, first)
    yield _decided(first, newest["authors"], newest["rulesets"])
    yield _compared(newest["gap"])
    yield _lost(archive, _newest(found, results["lost"]))


def _newest(found: Headline, frame: pl.DataFrame) -> list[dict[str, Any]]:
    last = found.last()["snapshot"][0]
    return frame.filter(
        (pl.col("snapshot") == last) & (pl.col("population") == found.population)
    ).to_dicts()


def _refused(found: Headline, token: str) -> Lead:
    last = found.of(token)[-1]
    few = f" Of fewer than {SMALL} hosts no trend can be read." if last["n"] < SMALL else ""
    return Lead(
        "Who refuses?",
        f"{percent(last['estimate'])} of hosts refuse {token} "
        f"(95 % interval {interval(last['low'], last['high'])}; n = {last['n']:,}, "
        f"{last['n_unknown']:,} unknown{_bounds(last)}) in {last['snapshot']}.",
        f"{_leads(found, last)} Refused: {DEFINITIONS[HEADLINE]}. "
        f"{HTTP_PROFILES.get(found.http_profile, found.http_profile)}.{few}",
    )


def _leads(found: Headline, row: dict[str, Any]) -> str:
    """Return why the answer is about this crawler."""
    others = rivals(found)
    if not any(other["token"] == row["token"] for other in others):
        return "No AI crawler in use is known by then."
    highest = [other for other in others if other["estimate"] == others[0]["estimate"]]
    if not others[0]["estimate"]:
        return f"None of the {len(others)} AI crawlers in use is known to be refused by a host."
    if len(highest) == 1:
        return f"{row['token']} is the AI crawler in use that most hosts refuse."
    return f"{len(highest)} AI crawlers in use are refused by as many hosts, none by more."


def _bounds(row: dict[str, Any]) -> str:
    if not row["n_unknown"]:
        return ""
    return f", with them between {percent(row['bound_low'])} and {percent(row['bound_high'])}"


def _decided(token: str, authors: list[dict[str, Any]], rulesets: list[dict[str, Any]]) -> Lead:
    question = "Did the owners decide it?"
    rows = [row for row in authors if row["token"] == token]
    told = next((row for row in rulesets if row["token"] == token), None)
    if not rows or told is None:
        return Lead(question, "No robots.txt refuses it, so there is nobody to ask about.", "")
    own = next((row for row in rows if row["authored_by"] == "own"), None)
    share = own["estimate"] if own else 0.0
    low, high = (own["low"], own["high"]) if own else wilson(0.0, told["effective_rulesets"])
    return Lead(
        question,
        f"{percent(share)} of the {rows[0]['n']:,} hosts whose robots.txt refuses {token} do so "
        f"by a text of no known template (95 % interval {interval(low, high)}; "
        f"{rows[0]['n_unknown']:,} hosts unknown); "
        f"all are at least {told['n_rulesets']:,} rulesets, effectively "
        f"{told['effective_rulesets']:.0f}.",
        "Hosts with the same rules for the same crawlers are one decision; effectively: as many "
        "as equally shared texts would be. Both are lower bounds, for short texts agree by chance.",
    )


def _compared(gaps: list[dict[str, Any]]) -> Lead:
    question = "Is open data refused more than closed?"
    known = [row for row in gaps if row["estimate"] is not None]
    known.sort(key=lambda row: not row["comparison"].startswith("open data"))
    if not known:
        return Lead(question, "It cannot be said: the crawlers were not all documented yet.", "")
    row = known[0]
    first, _, second = row["comparison"].partition(" - ")
    low, high = (f"{100 * row[end]:+.1f}" for end in ("low", "high"))
    sure = (
        ""
        if row["low"] > 0 or row["high"] < 0
        else " The interval holds 0: which is refused more is open."
    )
    return Lead(
        question,
        f"{percent(row['first_share'])} of hosts refuse {first}, {percent(row['second_share'])} "
        f"{second}: {100 * row['estimate']:+.1f} points (95 % interval {low} to {high}; n = "
        f"{row['n']:,}, {row['n_unknown']:,} unknown).{sure}",
        f"The same hosts are compared. A side is refused where / is to at least one of its "
        f"crawlers: {row['first_crawlers']} and {row['second_crawlers']} were known by then.",
    )


def _lost(token: str, rows: list[dict[str, Any]]) -> Lead:
    question = "How much is lost?"
    known = [r for r in rows if r["token"] == token and r["estimate"] is not None]
    if not known:
        why = "none of the domains with a weight could be told" if rows else NO_WEIGHT
        return Lead(question, f"It cannot be said: {why}.", "crawlblock weights brings them.")
    row = known[0]
    whole = row["estimand"] == "list"
    sampled = "told whole, no error of drawing" if whole else interval(row["low"], row["high"])
    covered = "" if row["covered"] is None else f" They hold {100 * row['covered']:.3g} % of it."
    return Lead(
        question,
        f"{percent(row['estimate'])} of what these hosts hold of {row['corpus']}, in "
        f"{row['unit']}, is refused to {token} ({sampled}; n = {row['n']:,} domains with a weight, "
        f"{row['n_unknown']:,} unknown{_bounds(row)}).",
        f"Lost: it lies on domains that refuse / to {token} now; what was collected before stays."
        f"{covered} The largest domain alone is {percent(row['largest'])} of that.",
    )
