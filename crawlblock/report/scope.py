"""Whom an answer is about, and what an answer is."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import polars as pl

from crawlblock.metrics.headline import HEADLINE, Headline, headline_rows, headline_segments

MOST = 12  # segments that have answers and panels, the largest ones
Frames = dict[str, pl.DataFrame]
Row = dict[str, Any]
Course = tuple[tuple[str, float], ...]  # days with a share


@dataclass(frozen=True, slots=True)
class AnsweredQuestion:
    """A question with its answer about one segment."""

    question: str
    segment: str | None  # None: all hosts
    sentence: str
    basis: str  # how we know: definition, numbers, interval or why there is none
    number: str = ""  # the number of the sentence that matters most
    of: str = ""  # what the number is, in a few words
    course: Course = ()  # how it got there


@dataclass(frozen=True, slots=True)
class Scope:
    """Whom an answer is about: a segment in its last snapshot."""

    found: Headline
    results: Frames
    segment: str | None

    def rows(self, name: str, **where: object) -> list[Row]:
        """Return a result's rows about the segment that a headline may use."""
        return self._of(headline_rows(self.results[name], by_segment=True), where)

    def as_if_sample(self, name: str, row: Row, *keys: str) -> Row:
        """Return the row that takes the same list for a sample, an empty one if there is none."""
        frame = self.results[name]
        if row["estimand"] != "list" or "as_if_sample" not in frame["estimand"]:
            return {}
        frame = frame.filter(pl.col("estimand") == "as_if_sample")
        return next(iter(self._of(frame, {key: row[key] for key in keys})), {})

    def _of(self, frame: pl.DataFrame, where: dict[str, object]) -> list[Row]:
        frame = frame.filter(pl.col("population") == self.found.population)
        if self.segment is None:
            frame = frame.filter(pl.col("segment").is_null())
        else:
            frame = frame.filter(
                (pl.col("dimension") == "stratum") & (pl.col("segment") == self.segment)
            )
        for column, value in where.items():
            frame = frame.filter(pl.col(column) == value)
        return frame.to_dicts()

    def shares(self) -> list[Row]:
        """Return the shares of all crawlers in the last snapshot that knows any of the hosts."""
        name = "blocked" if self.segment is None else "blocked_by_segment"
        rows = [row for row in self.rows(name, definition=HEADLINE) if row["n"]]
        last = max(((row["snapshot_date"], row["snapshot"]) for row in rows), default=None)
        return [row for row in rows if (row["snapshot_date"], row["snapshot"]) == last]

    def course(self, name: str, value: str = "estimate", **where: object) -> Course:
        """Return how a share went, by day; the rows of one snapshot add up."""
        if self.segment is not None and name == "blocked":
            name = "blocked_by_segment"
        found: dict[tuple[str, str], float] = {}
        for row in self.rows(name, **where):
            if row["snapshot_date"] and row[value] is not None:
                key = row["snapshot_date"].isoformat(), row["snapshot"]
                found[key] = found.get(key, 0) + row[value]
        return tuple((day, share) for (day, _), share in sorted(found.items()))

    def sites(self, count: int, *, same: bool = False) -> str:
        """Return the hosts in words, such as: 802 sites (top sites)."""
        noun = "site" if count == 1 else "sites"
        named = "" if self.segment is None else f" ({self.segment})"
        return f"{'the same ' if same else ''}{count:,} {noun}{named}"


def shown_segments(results: Frames, population: str) -> tuple[tuple[str | None, ...], int]:
    """Return the segments with answers and panels, the largest first, and how many have none."""
    segments = headline_segments(results, population)
    return segments[:MOST], len(segments[MOST:])


def enough(rows: Iterable[Row]) -> list[Row]:
    """Return the rows of `lost` that are about at least half of a corpus's weight that we follow.

    A snapshot of a few hosts would say something about these few; see the view segment_snapshots.
    """
    found = list(rows)
    most: dict[str, float] = {}
    for row in found:
        most[row["corpus"]] = max(most.get(row["corpus"], 0), row["covered"] or 0)
    return [row for row in found if 2 * (row["covered"] or 0) >= most[row["corpus"]]]
