"""The data within the page: what scripts need at once, and the rest, packed."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from crawlblock import registry
from crawlblock.metrics.headline import HEADLINE, headline_segments
from crawlblock.report.charts.context import Context, Row
from crawlblock.report.charts.data import line_rows
from crawlblock.report.charts.figure import Figure
from crawlblock.report.labels import RESTRICTIONS
from crawlblock.report.page.markup import island, packed_island
from crawlblock.report.page.site_changes import SiteChange

SEGMENTS = "blocked_by_segment"  # the figure whose rows are a crawler's shares
_ALL = "all sites"
_FIELDS = ("snapshot", "panel", "series", "estimate", "low", "high", "n", "n_unknown")
_AT_ONCE = 8  # crawlers whose rows need no unpacking
_MOST_ROWS = 120_000  # of a figure: of more, the crawlers that fewest sites block are left out


@dataclass(slots=True)
class _RowSets:
    """Lists of rows, each stored once: many crawlers are treated alike."""

    sets: list[Sequence[Row]] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)

    def of(self, rows: Sequence[Row]) -> int:
        key = json.dumps(rows, separators=(",", ":"))
        if key not in self.numbers:
            self.numbers[key] = len(self.sets)
            self.sets.append(rows)
        return self.numbers[key]


def segments_of(context: Context) -> list[str]:
    """Return the segments that have a headline each; none where all sites are one."""
    names = headline_segments(context.results, context.found.population)
    return [name for name in names if name is not None]


def islands(
    context: Context, figures: Sequence[Figure], left_out: Mapping[str, str],
    sites: Mapping[str, Any], changes: Mapping[str, Sequence[SiteChange]],
) -> str:  # fmt: skip
    """Return the page's data as HTML elements."""
    drawn = [figure for figure in figures if figure.rows]
    at_once = context.tokens[:_AT_ONCE]
    values = {
        "snapshots": [
            [name, day.isoformat()]
            for name, day in zip(context.snapshots, context.days, strict=True)
        ],
        "leftOut": left_out,
        "announced": list(context.announced),
        "first": context.tokens[0],
        "preloaded": at_once,
        "restrictions": RESTRICTIONS,
        "crawlers": crawlers(context),
        "segments": segments_of(context),
        "figures": [_live(figure, at_once) for figure in drawn],
    }
    sets = _RowSets()
    packed = {
        "rows": {figure.id: _rest(figure.rows, at_once, sets) for figure in drawn},
        "series": None if SEGMENTS in {figure.id for figure in drawn} else _series(context, sets),
        "sets": sets.sets,
        "sites": sites,
        "changes": changes,
    }
    return island("data", values) + packed_island("packed", packed)


def crawlers(context: Context) -> list[tuple[str, str | None, str | None, bool]]:
    """Return all crawlers that are registered or counted: token, operator, purpose, whether AI."""
    found = {
        c.token: (c.token, c.operator, c.purpose and str(c.purpose), c.ai)
        for c in registry.crawlers()
    }
    for row in context.found.last().to_dicts():
        known = row["token"], row["operator"], row["purpose"], bool(row["ai"])
        found.setdefault(row["token"], known)
    return sorted(found.values(), key=lambda each: (not each[3], each[0].lower(), each[0]))


def _rest(
    rows: Mapping[str, Sequence[Row]], at_once: Sequence[str], sets: _RowSets
) -> dict[str, int]:
    """Return the numbers of the rows of crawlers that are not there at once."""
    left = _MOST_ROWS
    found: dict[str, int] = {}
    for token, mine in rows.items():
        left -= len(mine)
        if token and token not in at_once and left > 0:
            found[token] = sets.of(mine)
    return found


def _series(context: Context, sets: _RowSets) -> dict[str, Any]:
    """Return each crawler's shares of all sites, where these are one segment."""
    rows = context.of_each(
        "blocked",
        lambda results: line_rows(context, 0, (_ALL,), {_ALL: results}),
        definition=HEADLINE,
    )
    return {"fields": _FIELDS, "rows": {token: sets.of(mine) for token, mine in rows.items()}}


def _live(figure: Figure, at_once: Sequence[str]) -> dict[str, Any]:
    """Return what the script draws a figure of; the rows come apart from the chart."""
    return {
        "id": figure.id,
        "byCrawler": figure.by_crawler,
        "spec": figure.spec,
        "fields": figure.fields,
        "columns": [[column.kind, column.field] for column in figure.columns],
        "rows": {
            token: rows for token, rows in figure.rows.items() if not token or token in at_once
        },
    }
