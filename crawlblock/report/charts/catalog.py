"""The page's figures: what each shows, with its rows taken from the results as they are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from crawlblock.metrics.headline import HEADLINE, asked
from crawlblock.report.charts.context import Context, Result, Row
from crawlblock.report.charts.data import (
    SEARCH,
    TRANSITIONS,
    VERDICTS,
    archive_series,
    author_rows,
    by,
    corpora,
    corpus,
    line_rows,
    transition_rows,
    verdict_rows,
)
from crawlblock.report.charts.figure import Column, Figure
from crawlblock.report.charts.published_rows import published_figure
from crawlblock.report.charts.specs import COLOURS, SHADES, Spec, changes, lines, stack
from crawlblock.report.labels import DEFINITIONS, NO_WEIGHT, ORIGINS
from crawlblock.report.scope import enough
from crawlblock.report.web_archives import BESIDE, LEAD

_LINE = ("snapshot", "panel", "series", "estimate", "low", "high", "n", "n_unknown", "as_low",
         "as_high")  # fmt: skip
_STACK = ("snapshot", "panel", "series", "estimate", "n_yes")
_CHANGES = ("snapshot", "panel", "series", "n_yes", "n", "n_unknown", "estimate", "low", "high")
_MOST = 12  # lines in one panel


@dataclass(frozen=True, slots=True)
class _About:
    """What is said about a figure."""

    id: str
    title: str
    caption: str
    empty: str = "Nothing is known yet."
    source: str = ""  # the result file, where it is not called like the figure
    blocked: bool = True  # whether it is about blocks


def figures(context: Context) -> list[Figure]:
    """Return the figures in the order of the page."""
    makers = (
        blocked, openness, purposes, archives, verdicts, segments, authors, lost, transitions,
        coverage, published_figure,
    )  # fmt: skip
    return [make(context) for make in makers]


def blocked(context: Context) -> Figure:
    """Return the main figure: which crawlers are blocked by how many hosts of each segment."""
    series = context.found.tokens
    named = [by(rows, "token") for rows in context.by_segment("blocked", definition=HEADLINE)]
    about = _About(
        "blocked", "Blocking over time",
        f"Share of hosts that block a crawler. Blocked: {DEFINITIONS[HEADLINE]}. A line begins "
        "when its crawler is documented.",
        source="blocked" if context.segments == (None,) else "blocked_by_segment",
    )  # fmt: skip
    chosen = asked(context.found)
    mine = [event for event in context.announced if not set(chosen).isdisjoint(event["tokens"])]
    return _panels(context, about, series, named, highlighted=chosen, events=mine)


def openness(context: Context) -> Figure:
    """Return how many hosts block open data's crawlers, beside closed ones."""
    words = {"open": "open data", "closed": "closed"}
    named = [
        {words[name]: found for name, found in by(rows, "openness").items() if name in words}
        for rows in context.by_segment("blocked_by_openness", definition=HEADLINE)
    ]
    about = _About(
        "blocked_by_openness", "Open data against closed",
        "Share of hosts that block at least one AI crawler whose collection is open to all, and at "
        "least one whose collection is its operator's own. Both shares grow with the number of "
        "documented crawlers. The answer above compares them host by host.",
    )  # fmt: skip
    return _panels(context, about, tuple(words.values()), named)


def purposes(context: Context) -> Figure:
    """Return blocks by what crawlers fetch pages for."""
    named = [
        {name.replace("ai_", "AI "): found for name, found in by(rows, "purpose").items()}
        for rows in context.by_segment("blocked_by_purpose", definition=HEADLINE)
    ]
    about = _About(
        "blocked_by_purpose", "By purpose",
        "Share of hosts that block at least one AI crawler of a purpose. The share grows with the "
        "number of documented crawlers.",
    )  # fmt: skip
    return _panels(context, about, _all(named), named, highlighted=("training", "AI search"))


def archives(context: Context) -> Figure:
    """Return how many of the same hosts block web archives, with the events about these."""
    named = [archive_series(rows) for rows in context.by_segment("archives")]
    series = _all(named)
    let_in = (
        f" {SEARCH}: the host blocks the {LEAD}, while Googlebot and bingbot may crawl."
        if SEARCH in series
        else ""
    )
    about = _About(
        "archives", "Who blocks web archives",
        "Share of hosts that block each archive, among those known both in the segment's first "
        f"snapshot and in this one.{let_in}",
    )  # fmt: skip
    events = context.about_archives
    return _panels(context, about, series, named, highlighted=(LEAD, BESIDE), events=events)


def verdicts(context: Context) -> Figure:
    """Return how far one crawler is blocked, with the unknown hosts."""
    about = _About(
        "verdicts", "How much is blocked",
        f"Share of all hosts, including unknown ones. Blocked: {DEFINITIONS[HEADLINE]}. Partly "
        "blocked: / may be fetched, and some other path may not.",
        "No crawler is counted yet.",
        source="blocked" if context.segments == (None,) else "blocked_by_segment",
    )  # fmt: skip
    rows = context.each_by_segment("blocked", lambda *found: verdict_rows(context, *found))
    said = _said(context, about, context.announced)
    spec = stack(VERDICTS, (SHADES[0], *SHADES[2:]), context.names(), **said)
    return _figure(about, spec, rows, _STACK)


def segments(context: Context) -> Figure:
    """Return how many hosts block one crawler, by segment."""
    names = tuple(name for name in context.names() if name)[:_MOST]
    rows = context.of_each(
        "blocked_by_segment",
        lambda results: line_rows(context, 0, names, by(results, "segment")),
        definition=HEADLINE,
        dimension="stratum",
    )
    about = _About(
        "blocked_by_segment", "By segment", "Share of the hosts of each segment that block it.",
        "All hosts belong to one segment.",
    )  # fmt: skip
    said = _said(context, about, context.announced)
    return _figure(about, lines(names, **said), rows if len(names) > 1 else {}, _LINE)


def authors(context: Context) -> Figure:
    """Return who wrote the rules that block one crawler."""
    about = _About(
        "authors", "Who wrote the rules",
        "Hosts whose robots.txt blocks it, by where the deciding rule comes from.",
        "No robots.txt blocks a crawler.",
    )  # fmt: skip
    rows = context.each_by_segment("authors", lambda *found: author_rows(context, *found))
    spec = stack(ORIGINS, COLOURS, context.names(), **_said(context, about, context.announced))
    return _figure(about, spec, rows, _STACK)


def lost(context: Context) -> Figure:
    """Return how much of each corpus lies on hosts that block one crawler."""
    known = enough(row for row in context.rows("lost") if row["estimate"] is not None)
    names = tuple(sorted({corpus(result) for result in known}))[:_MOST]
    rows = context.of_each(
        "lost", lambda results: line_rows(context, 0, names, corpora(enough(results)))
    )
    about = _About(
        "lost", "How much training data is affected",
        "Of the part of each corpus that is on the followed domains, the share on domains that "
        "block it. It says nothing about the rest of the corpus. Snapshots with less than half of "
        "the domains' weight are left out.",
        f"No estimate: {NO_WEIGHT}, or none of them is known.",
    )  # fmt: skip
    return _figure(about, lines(names, **_said(context, about, context.announced)), rows, _LINE)


def transitions(context: Context) -> Figure:
    """Return how many hosts started and stopped blocking one crawler."""
    about = _About(
        "transitions", "Started and stopped blocking",
        "Hosts of all segments that started (up) and stopped (down) blocking it between one "
        "readable capture and the next.",
        "A change needs two snapshots of the same hosts.",
        source="transition_counts",
    )  # fmt: skip
    rows = context.of_each("transition_counts", lambda found: transition_rows(context, found))
    said = _said(context, about, context.announced)
    return _figure(about, changes(TRANSITIONS, **said), rows, _CHANGES)


def coverage(context: Context) -> Figure:
    """Return what the snapshots cover."""
    series = ("captured", "known")
    named = [by(rows, "measure") for rows in context.by_segment("coverage")]
    about = _About(
        "coverage", "What the snapshots cover",
        "captured: we have an answer. known: we know what it means for crawlers. All other hosts "
        "are unknown and are never counted as open.",
        blocked=False,
    )  # fmt: skip
    return _panels(context, about, series, named)


_WHERE = (Column("snapshot", "text", "snapshot"), Column("segment", "text", "segment"))
_COUNTS = (Column("n", "count", "n"), Column("unknown", "count", "n_unknown"))
_SHARE = (Column("share", "share", "estimate"), Column("95 % interval", "interval", "low"))
_COLUMNS = {
    "lines": (*_WHERE, Column("series", "text", "name"), *_SHARE, *_COUNTS),
    "stack": (
        *_WHERE, Column("kind", "text", "name"), _SHARE[0], Column("hosts", "count", "n_yes"),
    ),
    "changes": (
        *_WHERE, Column("transition", "text", "name"), Column("hosts", "count", "n_yes"), *_SHARE,
        *_COUNTS,
    ),
}  # fmt: skip


def _all(named: Sequence[Mapping[str, object]]) -> tuple[str, ...]:
    """Return the names that occur, in the order of the first panel that has them."""
    return tuple(dict.fromkeys(name for each in named for name in each))[:_MOST]


def _said(context: Context, about: _About, events: Sequence[Spec] = ()) -> Spec:
    """Return what a spec says beside its drawing."""
    panels = len(context.segments)
    more = (
        [f"The {panels} largest of {panels + context.left_out} segments. The others are in the "
         "result files."]
        if context.left_out
        else []
    )  # fmt: skip
    meaning = f" Blocked: {DEFINITIONS[HEADLINE]}."
    caption = about.caption + ("" if meaning in about.caption or not about.blocked else meaning)
    whole = " Segment: all hosts." if context.segments == (None,) else ""
    return {
        "title": about.title, "caption": caption + whole, "source": context.source,
        "breaks": list(context.axis.breaks), "events": list(events), "notes": more,
    }  # fmt: skip


def _panels(
    context: Context, about: _About, series: Sequence[str],
    named: Sequence[Mapping[str, Sequence[Result]]], *, highlighted: Sequence[str] = (),
    events: Sequence[Spec] = (),
) -> Figure:  # fmt: skip
    """Return a figure of lines with a panel for each segment."""
    rows = [row for place, found in enumerate(named)
            for row in line_rows(context, place, series, found)]  # fmt: skip
    said = _said(context, about, events)
    spec = lines(series, context.names(), highlighted=highlighted, **said)
    return _figure(about, spec, {"": rows}, _LINE)


def _figure(
    about: _About, spec: Spec, rows: Mapping[str, list[Row]], fields: tuple[str, ...]
) -> Figure:
    columns = _COLUMNS[spec["kind"]]
    if not any(spec["panels"]):
        columns = tuple(column for column in columns if column.field != "segment")
    return Figure(
        id=about.id, title=about.title, caption=about.caption, source=about.source or about.id,
        empty=about.empty, spec=spec, fields=fields, columns=columns,
        rows={token: found for token, found in rows.items() if found},
    )  # fmt: skip
