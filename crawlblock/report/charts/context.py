"""What all figures of a page share: the results, the time axis and what stands on it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from string import ascii_uppercase
from typing import Any, TypeAlias

import polars as pl

from crawlblock import __version__, registry
from crawlblock.metrics.headline import Headline, headline_rows
from crawlblock.report.charts.specs import Axis, Spec
from crawlblock.report.scope import shown_segments
from crawlblock.report.web_archives import BESIDE

Frames: TypeAlias = dict[str, pl.DataFrame]
Row: TypeAlias = list[Any]
Result: TypeAlias = dict[str, Any]

_BREAK = "Break in the archive"
_KEYS = (  # by which a row of a list and the same row taken for a sample belong together
    "dimension", "segment", "snapshot", "definition", "token", "openness", "purpose", "measure",
    "archive", "corpus", "unit",
)  # fmt: skip
_KINDS = {"crawl": "Common Crawl", "live": "live checks", "import": "imported captures"}
_BEFORE = timedelta(60)  # how long before the first snapshot an announcement is of interest


@dataclass(frozen=True, slots=True)
class Context:
    """What all figures share: the results, the time axis, the crawlers to choose from."""

    found: Headline
    results: Frames
    axis: Axis
    snapshots: Mapping[str, int]  # name: number, those with a date, in order of time
    days: tuple[date, ...]  # by number of the snapshot
    tokens: tuple[str, ...]
    segments: tuple[str | None, ...]  # that have a panel, the largest first; None: all hosts
    left_out: int  # segments without a panel
    source: str  # where the data are from, how new they are, who made the chart
    announced: tuple[Spec, ...]  # date, title, tokens, source: what was announced when
    listed: tuple[str, ...]  # the archive's breaks, in words
    about_archives: tuple[Spec, ...]  # what was announced about web archives and Common Crawl

    def rows(self, name: str, **where: str) -> list[Result]:
        """Return the dated rows of a result about the headline's population."""
        frame = headline_rows(self.results[name], by_segment="dimension" in where).filter(
            (pl.col("population") == self.found.population)
            & pl.col("snapshot").is_in(list(self.snapshots))
        )
        for column, value in where.items():
            frame = frame.filter(pl.col(column) == value)
        frame = self._as_if_sample(name, frame)
        return frame.sort("snapshot_date", "snapshot", maintain_order=True).to_dicts()

    def _as_if_sample(self, name: str, frame: pl.DataFrame) -> pl.DataFrame:
        """Return rows with the intervals that they would have if their list were a sample."""
        made = self.results[name].filter(pl.col("estimand") == "as_if_sample")
        keys = [key for key in _KEYS if key in frame.columns]
        ends = made.filter(pl.col("population") == self.found.population).select(
            *keys, as_low="low", as_high="high"
        )
        return frame.join(ends.unique(keys), on=keys, how="left", nulls_equal=True)

    def names(self) -> tuple[str, ...]:
        """Return the names of the panels."""
        return tuple(segment or "" for segment in self.segments)

    def by_segment(self, name: str, **where: str) -> list[list[Result]]:
        """Return the rows for each panel."""
        if self.segments == (None,):
            return [self.rows(name, **where)]
        made: dict[str | None, list[Result]] = {segment: [] for segment in self.segments}
        name = "blocked_by_segment" if name == "blocked" else name
        for row in self.rows(name, dimension="stratum", **where):
            if row["segment"] in made:
                made[row["segment"]].append(row)
        return list(made.values())

    def each_by_segment(
        self, name: str, make: Callable[[int, list[Result]], list[Row]], **where: str
    ) -> dict[str, list[Row]]:
        """Return the rows of all panels for each crawler that has some."""
        made: dict[str, list[Row]] = {token: [] for token in self.tokens}
        for place, results in enumerate(self.by_segment(name, **where)):
            mine: dict[str, list[Result]] = {}
            for result in results:
                mine.setdefault(result["token"], []).append(result)
            for token in made:
                made[token] += make(place, mine.get(token, []))
        return {token: rows for token, rows in made.items() if rows}

    def of_each(
        self, name: str, make: Callable[[list[Result]], list[Row]], **where: str
    ) -> dict[str, list[Row]]:
        """Return rows for each crawler that has some."""
        results: dict[str, list[Result]] = {token: [] for token in self.tokens}
        for result in self.rows(name, **where):
            if result["token"] in results:
                results[result["token"]].append(result)
        made = {token: make(found) for token, found in results.items()}
        return {token: rows for token, rows in made.items() if rows}


def context(found: Headline, results: Frames) -> Context | None:
    """Return what the figures share; None where no snapshot has a date."""
    coverage = headline_rows(results["coverage"]).filter(
        (pl.col("population") == found.population)
        & (pl.col("measure") == "known")
        & pl.col("snapshot_date").is_not_null()
    )
    rows = coverage.sort("snapshot_date", "snapshot").to_dicts()
    if not rows:
        return None
    days = tuple(row["snapshot_date"] for row in rows)
    breaks, listed = _breaks(rows)
    segments, left_out = shown_segments(results, found.population)
    return Context(
        found,
        results,
        Axis(breaks),
        {row["snapshot"]: number for number, row in enumerate(rows)},
        days,
        followed := _followed(found),
        segments,
        left_out,
        _source(rows),
        _announced(days[0], days[-1], _about(followed)),
        listed,
        _announced(days[0], days[-1], _about_archives()),
    )


def _source(rows: list[Result]) -> str:
    """Return where the data of a chart are from."""
    demo = any(row["snapshot"].startswith("DEMO-") for row in rows)
    kinds = dict.fromkeys(_KINDS.get(str(row["kind"]), str(row["kind"])) for row in rows)
    named = "crawlblock's demo, reconstructed from fetches by others" if demo else ", ".join(kinds)
    return (
        f"Source: {named}; data from {rows[0]['snapshot_date']} to {rows[-1]['snapshot_date']}. "
        f"Made by crawlblock {__version__}. n: hosts at the last date of a panel."
    )


def _followed(found: Headline) -> tuple[str, ...]:
    """Return the figure's crawlers, then all others, the most blocked first."""
    others = [token for token in found.last()["token"] if token not in found.tokens]
    return (*found.tokens, *others)


def _breaks(rows: list[Result]) -> tuple[tuple[Spec, ...], tuple[str, ...]]:
    """Return what may make a step in a series as spans between two snapshots; all in words.

    These are the archive's breaks that affect shares, and changes between archive and live runs.
    """
    marks: list[Spec] = []
    listed: list[str] = []
    crawl: Result | None = None  # the crawl before
    last: Result | None = None  # the snapshot before
    for row in rows:
        shown: list[tuple[Result, str, str]] = []
        if last is not None and (row["kind"] == "live") != (last["kind"] == "live"):
            shown.append((last, "Change of mode", _changed_mode(last, row)))
        if row["kind"] == "crawl":
            if crawl is not None:
                listed += [f"{_BREAK}, {said}" for said in _said(crawl, row, marking=False)]
                shown += [(crawl, _BREAK, said) for said in _said(crawl, row, marking=True)]
            crawl = row
        for before, what, said in shown:
            label = _letters(len(marks) + 1)[-1]
            marks.append(_span(before, row, label, said))
            listed.append(f"{what}, {label}: {said}")
        last = row
    return tuple(marks), tuple(listed)


def _span(before: Result, row: Result, label: str, said: str) -> Spec:
    return {
        "start": before["snapshot_date"].isoformat(),
        "end": row["snapshot_date"].isoformat(),
        "label": label,
        "title": said,
    }


def _changed_mode(before: Result, row: Result) -> str:
    return (
        f"between {before['snapshot']} and {row['snapshot']}: one is from an archive, the other "
        "is a live check. A step here may come from this difference."
    )


def _said(before: Result, row: Result, *, marking: bool) -> tuple[str, ...]:
    """Return the breaks between two crawls in words: those that affect shares, or the others."""
    titles, affects = ((row[key] or "").split("; ") for key in ("break_titles", "break_affects"))
    found = [
        f"{title} (affects {affected})"
        for title, affected in zip(titles, affects, strict=True)
        if title and marking == bool({"coverage", "verdicts"} & set(affected.split(", ")))
    ]
    where = f"between {before['snapshot']} and {row['snapshot']}"
    return (f"{where}: {'; '.join(found)}.",) if found else ()


def _about(tokens: Iterable[str]) -> list[registry.Event]:
    """Return the public events about some crawlers or about none."""
    known = set(tokens)
    return [e for e in registry.events() if not e.tokens or not known.isdisjoint(e.tokens)]


def _about_archives() -> list[registry.Event]:
    """Return the public events about crawlers of web archives, and about Common Crawl's."""
    known = {c.token for c in registry.crawlers() if c.web_archive or c.operator == BESIDE}
    return [event for event in registry.events() if not known.isdisjoint(event.tokens)]


def _announced(first: date, last: date, events: Iterable[registry.Event]) -> tuple[Spec, ...]:
    """Return the events within the time of the data."""
    return tuple(
        {
            "date": event.date.isoformat(),
            "title": f"{_when(event)}: {event.title}{_whom(event)}.",
            "tokens": list(event.tokens),
            "source": event.source,
        }
        for event in sorted(events, key=lambda event: event.date)
        if first - _BEFORE <= event.date <= last
    )


def _whom(event: registry.Event) -> str:
    """Return which sites an event concerns, and whether we know it from others."""
    about = [*event.segments, *(["second-hand"] if event.second_hand else [])]
    return f" ({', '.join(about)})" if about else ""


def _when(event: registry.Event) -> str:
    return f"{event.date}" if event.until is None else f"{event.date} to {event.until}"


def _letters(count: int) -> list[str]:
    """Return A to Z, then AA, AB and so on."""
    singles = list(ascii_uppercase)
    return (singles + [a + b for a in singles for b in singles])[:count]
