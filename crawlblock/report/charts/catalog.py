"""The page's figures: what each shows, with its rows taken from the results as they are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from crawlblock.metrics.headline import HEADLINE
from crawlblock.report.charts.context import Context, Row
from crawlblock.report.charts.data import (
    VERDICTS,
    archive_series,
    author_rows,
    by,
    corpora,
    corpus,
    line_rows,
    transition_rows,
    verdict_rows,
)  # fmt: skip
from crawlblock.report.charts.specs import COLOURS, SHADES, Spec, lines, stack, started_and_stopped
from crawlblock.report.labels import DEFINITIONS, NO_WEIGHT, ORIGINS

TRANSITIONS = ("started", "stopped")
_LINE = ("snapshot", "name", "series", "estimate", "low", "high", "n", "n_unknown", "place")
_STACK = ("snapshot", "name", "estimate", "n_yes", "order")
_TRANSITIONS = ("snapshot", "name", "n_yes", "n", "n_unknown", "estimate", "low", "high")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table that stands for a figure."""

    label: str
    kind: str  # text, count, share, or interval (of low and high)
    field: str


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart, the rows it draws for each crawler that it can be asked for, and its table."""

    id: str
    title: str
    caption: str
    source: str  # the result file
    empty: str  # what to say where there are no rows
    spec: Spec
    fields: tuple[str, ...]  # of a row; the first is the number of a snapshot
    columns: tuple[Column, ...]
    rows: Mapping[str, list[Row]] = field(default_factory=dict)  # by crawler; "": of none

    @property
    def by_crawler(self) -> bool:
        """Whether the figure is about one crawler at a time."""
        return "" not in self.rows

    def first(self) -> list[Row]:
        """Return the rows shown before anybody chooses."""
        return next(iter(self.rows.values()), [])


def figures(context: Context) -> list[Figure]:
    """Return the figures in the order of the page."""
    makers = (
        blocked, openness, purposes, archives, verdicts, segments, authors, lost, transitions,
        coverage,
    )  # fmt: skip
    return [make(context) for make in makers]


def blocked(context: Context) -> Figure:
    """Return the main figure: which crawlers are blocked by how many hosts."""
    named = {token: context.found.of(token) for token in context.found.tokens}
    segment = context.found.segment
    return _of_lines(
        context,
        "blocked",
        "Blocking over time" if segment is None else f"Blocking over time: {segment}",
        f"Share of hosts that block a crawler. Blocked: {DEFINITIONS[HEADLINE]}. Bands are 95 % "
        "intervals. A line begins when its crawler is documented.",
        {"": line_rows(context, tuple(named), named)},
        tuple(named),
    )


def openness(context: Context) -> Figure:
    """Return how many hosts block open data's crawlers, beside closed ones."""
    named = by(context.rows("blocked_by_openness", definition=HEADLINE), "openness")
    words = {"open": "open data", "closed": "closed", "any": "any AI crawler"}
    named = {words.get(name, name): rows for name, rows in named.items()}
    return _of_lines(
        context,
        "blocked_by_openness",
        "Open data against closed",
        "Share of hosts that block at least one AI crawler whose collection is open to all, and at "
        "least one whose collection is its operator's own. Both shares grow with the number of "
        "documented crawlers. The answer above compares them host by host.",
        {"": line_rows(context, tuple(named), named)},
        tuple(named),
    )


def purposes(context: Context) -> Figure:
    """Return blocks by what crawlers fetch pages for."""
    named = by(context.rows("blocked_by_purpose", definition=HEADLINE), "purpose")
    return _of_lines(
        context,
        "blocked_by_purpose",
        "By purpose",
        "Share of hosts that block at least one AI crawler of a purpose. The share grows with the "
        "number of documented crawlers.",
        {"": line_rows(context, tuple(named), named)},
        tuple(named),
    )


def archives(context: Context) -> Figure:
    """Return how many of the same hosts block web archives, with the events about these."""
    named = archive_series(context)
    axis = replace(context.axis, marks=(*context.axis.marks, *context.about_archives))
    let_in = (
        "search let in: it blocks the Internet Archive, while Googlebot and bingbot may crawl. "
        if "search let in" in named
        else ""
    )
    return _of_lines(
        replace(context, axis=axis),
        "archives",
        "Who blocks the Internet Archive" if context.found.segment else "Who blocks web archives",
        "Share of hosts that block it, among those known in the segment's first snapshot and in "
        f"this one. {let_in}Lettered lines mark the events listed below.",
        {"": line_rows(context, tuple(named), named)},
        tuple(named),
    )


def verdicts(context: Context) -> Figure:
    """Return how far one crawler is blocked, with the unknown hosts."""
    return Figure(
        "verdicts",
        "How far it is blocked",
        "Share of all hosts, including unknown ones. full: nothing may be fetched; all_but: only "
        "what an Allow rule opens may be fetched; partial: some paths are blocked.",
        "blocked",
        "No crawler is counted yet.",
        stack("Verdicts on one crawler over time", context.axis, VERDICTS, SHADES),
        _STACK,
        _STACK_COLUMNS,
        context.of_each("blocked", lambda results: verdict_rows(context, results)),
    )  # fmt: skip


def segments(context: Context) -> Figure:
    """Return how many hosts block one crawler, by segment."""
    results = context.rows("blocked_by_segment", definition=HEADLINE, dimension="stratum")
    names = tuple(sorted({result["segment"] for result in results}))
    rows = context.of_each(
        "blocked_by_segment",
        lambda results: line_rows(context, names, by(results, "segment")),
        definition=HEADLINE,
        dimension="stratum",
    )
    return _of_lines(
        context,
        "blocked_by_segment",
        "By segment",
        "Share of the hosts of each segment that block it.",
        rows if len(names) > 1 else {},
        names,
        "All hosts belong to one segment.",
    )


def authors(context: Context) -> Figure:
    """Return who wrote the rules that block one crawler."""
    return Figure(
        "authors",
        "Who wrote the rules",
        "Hosts whose robots.txt blocks it, by where the deciding rule comes from.",
        "authors",
        "No robots.txt blocks a crawler.",
        stack("Authors of the rules over time", context.axis, ORIGINS, COLOURS),
        _STACK,
        _STACK_COLUMNS,
        context.of_each("authors", lambda results: author_rows(context, results)),
    )


def lost(context: Context) -> Figure:
    """Return how much of each corpus lies on hosts that block one crawler."""
    known = [result for result in context.rows("lost") if result["estimate"] is not None]
    names = tuple(sorted({corpus(result) for result in known}))
    rows = context.of_each("lost", lambda results: line_rows(context, names, corpora(results)))
    return _of_lines(
        context,
        "lost",
        "How much training data is affected",
        "Of what the followed domains hold of a corpus, the share on domains that block it. A "
        "complete list has no band, because it has no sampling error. It says nothing about the "
        "rest of the corpus.",
        rows,
        names,
        f"No estimate: {NO_WEIGHT}, or none of them is known.",
    )


def transitions(context: Context) -> Figure:
    """Return how many hosts started and stopped blocking one crawler."""
    return Figure(
        "transitions",
        "Started and stopped blocking",
        "Hosts that started (up) and stopped (down) blocking it between one readable capture and "
        "the next. Lettered lines mark announcements that may explain a change.",
        "transition_counts",
        "A change needs two snapshots of the same hosts.",
        started_and_stopped(
            "Hosts that started and stopped blocking, by snapshot", context.axis, TRANSITIONS
        ),
        _TRANSITIONS,
        _TRANSITION_COLUMNS,
        context.of_each("transition_counts", lambda results: transition_rows(context, results)),
    )


def coverage(context: Context) -> Figure:
    """Return what the snapshots cover."""
    named = {
        name: context.rows("coverage", measure=name) for name in ("captured", "known")
    }  # fmt: skip
    return _of_lines(
        context,
        "coverage",
        "What the snapshots cover",
        "captured: we have an answer. known: we know what it means for crawlers. The rest is "
        "unknown and is never counted as open.",
        {"": line_rows(context, tuple(named), named)},
        tuple(named),
    )


_LINE_COLUMNS = (
    Column("snapshot", "text", "snapshot"),
    Column("series", "text", "name"),
    Column("share", "share", "estimate"),
    Column("95 % interval", "interval", "low"),
    Column("n", "count", "n"),
    Column("unknown", "count", "n_unknown"),
)
_TRANSITION_COLUMNS = (
    Column("snapshot", "text", "snapshot"),
    Column("transition", "text", "name"),
    Column("hosts", "count", "n_yes"),
    Column("share", "share", "estimate"),
    Column("95 % interval", "interval", "low"),
    Column("n", "count", "n"),
    Column("unknown", "count", "n_unknown"),
)
_STACK_COLUMNS = (
    Column("snapshot", "text", "snapshot"),
    Column("kind", "text", "name"),
    Column("share", "share", "estimate"),
    Column("hosts", "count", "n_yes"),
)


def _of_lines(
    context: Context, name: str, title: str, caption: str, rows: Mapping[str, list[Row]],
    series: Sequence[str], empty: str = "Nothing is known yet.",
) -> Figure:  # fmt: skip
    spec = lines(f"{title}: {caption}", context.axis, series)
    kept = {token: found for token, found in rows.items() if found}
    return Figure(name, title, caption, name, empty, spec, _LINE, _LINE_COLUMNS, kept)
