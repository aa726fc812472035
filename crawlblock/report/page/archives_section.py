"""The page's part about web archives: what sites do to each, and the events beside it."""

from collections.abc import Iterator

from crawlblock.metrics.headline import headline_segments
from crawlblock.report import phrases
from crawlblock.report.charts.context import Context
from crawlblock.report.labels import DASH, percent
from crawlblock.report.page.markup import paragraph, table
from crawlblock.report.page.sections import event_list
from crawlblock.report.scope import Row, Scope
from crawlblock.report.web_archives import BLOCKED, BY_NAME, LET_IN, newest_archives

_ABOUT = (
    "Web archives keep pages as they were, for readers. A site that shuts out crawlers may shut "
    "them out as well. Each number is about the same hosts then and now. any web archive is all "
    "of them but Common Crawl, which collects for research. What a robots.txt asks for and what an "
    "archive does are two questions."
)
_CAPTION = (
    "Web archives in the newest snapshot, over the hosts known in it and in the segment's first "
    "one. then and now: blocked. by name and search let in are parts of now: the rules name the "
    "archive's crawler, and Googlebot and bingbot may crawl. archives.csv has all snapshots."
)
_COLUMNS = (
    "segment", "archive", "since", "then", "now", "started", "stopped", "by name", "search let in",
    "n", "unknown",
)  # fmt: skip


def archives_section(context: Context, figure: str) -> tuple[str, ...]:
    """Return the parts of the section as HTML; `figure` is its chart."""
    segments = headline_segments(context.results, context.found.population)
    rows = [
        cells
        for segment in segments
        for cells in _rows(Scope(context.found, context.results, segment))
    ]
    events = event_list("Events about web archives", context.about_archives)
    none = paragraph("No public event about web archives is registered for this period.", "soft")
    return (
        paragraph(_ABOUT),
        figure,
        events or none,
        table(_CAPTION, _COLUMNS, rows, "archives-table"),
    )


def _rows(scope: Scope) -> Iterator[list[str]]:
    """Yield the cells about each archive, and about each crawler of one that has several."""
    found: dict[tuple[str, str], dict[str, Row]] = {}
    for row in newest_archives(scope):
        found.setdefault((row["archive"], row["token"] or ""), {})[row["measure"]] = row
    for (archive, token), measures in found.items():
        row = measures[BLOCKED]
        changed = row["no_change"] is None
        yield [
            scope.segment or "all",
            f"{archive}: {token}" if token else archive,
            phrases.in_month(row["from_date"]).removeprefix(" in ") if changed else DASH,
            percent(row["from_share"]) if changed else DASH,
            percent(row["estimate"]),
            f"{row['n_started']:,}" if changed else DASH,
            f"{row['n_stopped']:,}" if changed else DASH,
            percent(measures[BY_NAME]["estimate"]),
            percent(measures[LET_IN]["estimate"]),
            f"{row['n']:,}",
            f"{row['n_unknown']:,}",
        ]
