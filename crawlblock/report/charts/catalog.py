"""The page's figures: what each shows, with its rows taken from the results as they are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from crawlblock.metrics.headline import HEADLINE
from crawlblock.report.charts.context import Context, Row
from crawlblock.report.charts.data import (
    VERDICTS,
    author_rows,
    by,
    corpora,
    corpus,
    line_rows,
    turn_rows,
    verdict_rows,
)  # fmt: skip
from crawlblock.report.charts.specs import COLOURS, SHADES, Spec, lines, stack, turns
from crawlblock.report.labels import DEFINITIONS, NO_WEIGHT, WRITERS

TRANSITIONS = ("started", "stopped")
_LINE = ("snapshot", "name", "series", "estimate", "low", "high", "n", "n_unknown", "place")
_STACK = ("snapshot", "name", "estimate", "n_yes", "order")
_TURNS = ("snapshot", "name", "n_yes", "n", "n_unknown", "estimate", "low", "high")


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
        refusals, openness, purposes, verdicts, strata, authors, lost, events, coverage,
    )  # fmt: skip
    return [make(context) for make in makers]


def refusals(context: Context) -> Figure:
    """Return the main figure: who is refused by how many."""
    named = {token: context.found.of(token) for token in context.found.tokens}
    return _of_lines(
        context,
        "blocked",
        "Refusals over time",
        f"Share of hosts that refuse a crawler. Refused: {DEFINITIONS[HEADLINE]}. Bands are 95 % "
        "intervals. A line begins when its crawler is documented.",
        {"": line_rows(context, tuple(named), named)},
        tuple(named),
    )


def openness(context: Context) -> Figure:
    """Return refusals of open data's crawlers beside closed ones."""
    named = by(context.rows("blocked_by_openness", definition=HEADLINE), "openness")
    words = {"open": "open data", "closed": "closed", "any": "any AI crawler"}
    named = {words.get(name, name): rows for name, rows in named.items()}
    return _of_lines(
        context,
        "blocked_by_openness",
        "Open data against closed",
        "Share of hosts that refuse / to at least one AI crawler whose collection is open to all, "
        "and to at least one whose collection is its operator's own. Either share grows with the "
        "number of crawlers known by then; the answer above compares them host by host.",
        {"": line_rows(context, tuple(named), named)},
        tuple(named),
    )


def purposes(context: Context) -> Figure:
    """Return refusals by what crawlers fetch pages for."""
    named = by(context.rows("blocked_by_purpose", definition=HEADLINE), "purpose")
    return _of_lines(
        context,
        "blocked_by_purpose",
        "By purpose",
        "Share of hosts that refuse / to at least one AI crawler of a purpose. The share grows "
        "with the number of crawlers known by then.",
        {"": line_rows(context, tuple(named), named)},
        tuple(named),
    )


def verdicts(context: Context) -> Figure:
    """Return how far one crawler is refused, with what cannot be told."""
    return Figure(
        "verdicts",
        "How far it is refused",
        "Of all hosts, those that cannot be told among them. full: nothing may be fetched; "
        "all_but: everything but what an Allow rule opens; partial: some paths are refused.",
        "blocked",
        "No crawler is counted yet.",
        stack("Verdicts on one crawler over time", context.axis, VERDICTS, SHADES),
        _STACK,
        _STACK_COLUMNS,
        context.of_each("blocked", lambda results: verdict_rows(context, results)),
    )  # fmt: skip


def strata(context: Context) -> Figure:
    """Return refusals of one crawler by stratum."""
    results = context.rows("blocked_by_segment", definition=HEADLINE)
    names = tuple(sorted({result["segment"] for result in results}))
    rows = context.of_each(
        "blocked_by_segment",
        lambda results: line_rows(context, names, by(results, "segment")),
        definition=HEADLINE,
    )
    return _of_lines(
        context,
        "blocked_by_segment",
        "By stratum",
        "Share of hosts that refuse / to it, each stratum for itself.",
        rows if len(names) > 1 else {},
        names,
        "All hosts are of one stratum, so that there is nothing to compare.",
    )


def authors(context: Context) -> Figure:
    """Return whose text refuses one crawler."""
    return Figure(
        "authors",
        "Who wrote the refusal",
        "Of the hosts whose robots.txt refuses / to it: whose text the deciding line stands in.",
        "authors",
        "No robots.txt refuses a crawler, so there is nobody to ask about.",
        stack("Authors of refusals over time", context.axis, WRITERS, COLOURS),
        _STACK,
        _STACK_COLUMNS,
        context.of_each("authors", lambda results: author_rows(context, results)),
    )


def lost(context: Context) -> Figure:
    """Return how much of each corpus is refused to one crawler."""
    known = [result for result in context.rows("lost") if result["estimate"] is not None]
    names = tuple(sorted({corpus(result) for result in known}))
    rows = context.of_each("lost", lambda results: line_rows(context, names, corpora(results)))
    return _of_lines(
        context,
        "lost",
        "How much is lost",
        "Share of what the followed domains hold of a corpus that lies on domains refusing / to "
        "it. Without a band, a list was told whole and there is no error of drawing; that says "
        "nothing of the rest of the corpus.",
        rows,
        names,
        f"It cannot be said: {NO_WEIGHT}, or none of them could be told.",
    )


def events(context: Context) -> Figure:
    """Return how many hosts began and stopped refusing one crawler."""
    return Figure(
        "transitions",
        "Refusals begun and ended",
        "Hosts that closed / to it (upwards) and opened it again (downwards) between one readable "
        "capture and the next. Lettered lines are announcements, which may have moved them.",
        "transition_counts",
        "A change needs two snapshots of the same hosts.",
        turns("Hosts that began and stopped refusing, by snapshot", context.axis, TRANSITIONS),
        _TURNS,
        _TURN_COLUMNS,
        context.of_each("transition_counts", lambda results: turn_rows(context, results)),
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
        "captured: anything is on record. told: what it means for crawlers is known. The rest is "
        "unknown, and is never counted as open.",
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
_TURN_COLUMNS = (
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
    series: Sequence[str], empty: str = "Nothing could be told yet.",
) -> Figure:  # fmt: skip
    spec = lines(f"{title}: {caption}", context.axis, series)
    kept = {token: found for token, found in rows.items() if found}
    return Figure(name, title, caption, name, empty, spec, _LINE, _LINE_COLUMNS, kept)
