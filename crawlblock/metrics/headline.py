"""What a report shows first: which snapshots and crawlers, chosen by the data and the registry."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from crawlblock import registry
from crawlblock.model import Openness, Purpose

HEADLINE = "root"  # the definition of every headline: robots.txt forbids /
LEADERS = 5


@dataclass(frozen=True, slots=True)
class Headline:
    """The headline series: of one population, by one definition, where something is known.

    Where the segments of a list have a headline each, it is that of the largest one.
    """

    population: str
    segment: str | None  # None: all hosts
    http_profile: str
    series: pl.DataFrame  # rows of the metric `blocked`, by time
    tokens: tuple[str, ...]  # the crawlers of the main figure

    def of(self, token: str) -> list[dict[str, Any]]:
        """Return a crawler's rows by time."""
        return self.series.filter(pl.col("token") == token).to_dicts()

    def last(self) -> pl.DataFrame:
        """Return the rows of the last snapshot, the most blocked crawler first."""
        newest = self.series["snapshot"][-1]
        return self.series.filter(pl.col("snapshot") == newest).sort(
            ["estimate", "token"], descending=[True, False]
        )


def headline_rows(frame: pl.DataFrame, *, by_segment: bool = False) -> pl.DataFrame:
    """Return the rows that a headline may use: about all hosts, or by segment.

    Rows that take a list for a sample are not among them (see the estimands in docs/method.md).
    """
    if "estimand" in frame.columns:
        frame = frame.filter(pl.col("estimand") != "as_if_sample")
    of_hosts = "host" in frame.columns  # transitions: every row is about one host
    if "segment" in frame.columns and not (by_segment or of_hosts):
        frame = frame.filter(pl.col("segment").is_null())
    return frame


def whole_changes(frame: pl.DataFrame, found: "Headline") -> list[dict[str, Any]]:
    """Return how each crawler's share changed since the first snapshot that counts for it.

    `frame` is the result `change`; the rows are about the headline's hosts and the newest snapshot.
    """
    rows = headline_rows(frame, by_segment=True).filter(
        (pl.col("population") == found.population)
        & pl.col("segment").eq_missing(pl.lit(found.segment))
        & (pl.col("dimension").is_null() | (pl.col("dimension") == "stratum"))
        & (pl.col("span") == "since_first")
        & pl.col("token").is_not_null()
    )
    newest = rows.sort("to_date", "to_snapshot").unique("token", keep="last")
    return newest.sort("token").to_dicts()


def headline_segments(results: dict[str, pl.DataFrame], population: str) -> tuple[str | None, ...]:
    """Return the segments that have a headline each, None for all hosts together.

    The strata of a list were collected for different reasons, so no headline blends them.
    """
    frame, of_all = results.get("blocked_by_segment"), results["blocked"]
    of_list = of_all.filter((pl.col("population") == population) & (pl.col("estimand") == "list"))
    if frame is None or of_list.is_empty():
        return (None,)
    rows = frame.filter(
        (pl.col("population") == population)
        & (pl.col("dimension") == "stratum")
        & (pl.col("n") > 0)
    )
    sizes = rows.group_by("segment").agg(pl.col("n").max()).sort(["n", "segment"])
    return tuple(reversed(sizes["segment"].to_list())) or (None,)


def headline_of(results: dict[str, pl.DataFrame], definition: str = HEADLINE) -> Headline | None:
    """Return the headline series, of the panel where there is one; None if nothing is known."""
    known = headline_rows(results["blocked"]).filter(
        (pl.col("definition") == definition) & (pl.col("n") > 0)
    )
    if known.is_empty():
        return None
    population = str(known["population"].max())  # panel comes after captured
    (segment, *_) = headline_segments(results, population)
    if segment is not None:
        known = _of_segment(results["blocked_by_segment"], segment, definition)
    series = known.filter(pl.col("population") == population).sort(
        ["snapshot_date", "snapshot", "token"], nulls_last=False
    )
    found = Headline(population, segment, series["http_profile"][-1], series, ())
    return replace(found, tokens=_choose(found.last()))


def _of_segment(frame: pl.DataFrame, segment: str, definition: str) -> pl.DataFrame:
    """Return the rows of `blocked_by_segment` about a stratum where something is known."""
    return headline_rows(frame, by_segment=True).filter(
        (pl.col("dimension") == "stratum")
        & (pl.col("segment") == segment)
        & (pl.col("definition") == definition)
        & (pl.col("n") > 0)
    )


def asked(found: Headline) -> list[str]:
    """Return the most blocked AI crawler of the figure and its open archives."""
    open_data = {c.token for c in registry.crawlers() if c.ai and c.openness is Openness.OPEN}
    leaders = rivals(found.last().to_dicts(), found)
    shown = [row["token"] for row in leaders if row["token"] in found.tokens]
    first = shown[0] if shown else found.tokens[0]
    return [first, *(token for token in found.tokens if token in open_data and token != first)]


def rivals(shares: Iterable[dict[str, Any]], found: Headline) -> list[dict[str, Any]]:
    """Return the rows about AI crawlers in use, the most blocked first.

    Of equally blocked ones those of the figure come first, in its order.
    """
    order = {token: place for place, token in enumerate(found.tokens)}
    rows = [row for row in shares if row["ai"] and _in_use(row)]
    return sorted(rows, key=lambda row: (-row["estimate"], order.get(row["token"], len(order))))


def _choose(last: pl.DataFrame) -> tuple[str, ...]:
    """Choose each operator's most blocked AI crawler, an open archive's and a search engine's."""
    order = {crawler.token: place for place, crawler in enumerate(registry.crawlers())}
    rows = sorted(
        last.to_dicts(), key=lambda row: (order.get(row["token"], len(order)), row["token"])
    )
    archives = (r for r in rows if r["ai"] and _is(r, Openness.OPEN, Purpose.ARCHIVE))
    searches = (r for r in rows if not r["ai"] and r["purpose"] == Purpose.SEARCH)
    others = [row["token"] for row in (next(archives, None), next(searches, None)) if row]
    leaders: dict[str, str] = {}
    for row in sorted(rows, key=lambda row: -row["estimate"]):
        if row["ai"] and _in_use(row) and row["token"] not in others:
            leaders.setdefault(row["operator"] or row["token"], row["token"])
    return (*list(leaders.values())[:LEADERS], *others)


def _in_use(row: dict[str, Any]) -> bool:
    return row["retired"] is None or bool(row["retired"] > row["snapshot_date"])


def _is(row: dict[str, Any], openness: Openness, purpose: Purpose) -> bool:
    return bool(row["openness"] == openness and row["purpose"] == purpose)
