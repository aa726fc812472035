"""The page's part about web archives: what sites do to each, and the events beside it."""

from collections.abc import Mapping

from crawlblock.report import phrases
from crawlblock.report.charts.context import Context
from crawlblock.report.labels import DASH, percent
from crawlblock.report.page.markup import folded, paragraph, table
from crawlblock.report.scope import Row, Scope
from crawlblock.report.web_archives import (
    ANY,
    BESIDE,
    BLOCKED,
    BY_NAME,
    LEAD,
    LET_IN,
    newest_archives,
)

_ABOUT = (
    "Web archives keep pages as they were, for readers. Common Crawl collects pages that others "
    "use as data; it is shown for comparison. All numbers are about the same hosts at both dates. "
    "A robots.txt does not say whether an archive obeys it."
)
_COLUMNS = ("archive", "then", "now", "search let in", "by name", "started", "stopped")
_MEANING = (
    "then and now: share of hosts that block the archive, in the first and the newest snapshot. An "
    "archive with several crawlers is blocked if one of them is blocked. search let in: the part "
    "of now where Googlebot and bingbot may crawl. by name: the part of now where the rules name "
    "the crawler. archives.csv has all snapshots."
)
_INDENT = 2 * "\N{NO-BREAK SPACE}"


def archives_section(context: Context, figure: str) -> tuple[str, ...]:
    """Return the parts of the section as HTML; `figure` is its chart."""
    scopes = [Scope(context.found, context.results, segment) for segment in context.segments]
    none = paragraph("No public event about web archives is registered for this period.", "soft")
    return (
        paragraph(_ABOUT),
        figure,
        "" if context.about_archives else none,
        folded("Archive by archive", *map(_table, scopes), paragraph(_MEANING, "soft")),
    )


def _table(scope: Scope) -> str:
    """Return the table of a segment; a sentence where there is no estimate."""
    found: dict[tuple[str, str], dict[str, Row]] = {}
    for row in newest_archives(scope):
        found.setdefault((row["archive"], row["token"] or ""), {})[row["measure"]] = row
    if not found:
        return ""
    about = found[ANY, ""][BLOCKED]
    name = scope.segment or "All hosts"
    if about["estimate"] is None and len(found) == 1:
        return paragraph(f"{name}: no estimate, because {about['no_estimate']}.")
    rows = [_cells(*key, found[key]) for key in sorted(found, key=_place)]
    return table(f"{name}: {_known(about)}.", _COLUMNS, rows)


def _known(row: Row) -> str:
    """Return in words which hosts the numbers are about."""
    now = phrases.in_month(row["snapshot_date"])
    when = now if row["no_change"] else f"{phrases.in_month(row['from_date'])} and{now}"
    return f"{row['n']:,} hosts known{when}; {row['n_unknown']:,} others are left out"


def _place(key: tuple[str, str]) -> tuple[int, str, str]:
    """Return where an archive is in the table: the first one, others, their sum, Common Crawl."""
    return {LEAD: 0, ANY: 2, BESIDE: 3}.get(key[0], 1), *key


def _cells(archive: str, token: str, measures: Mapping[str, Row]) -> list[str]:
    """Return the cells about an archive, or about one crawler of it."""
    row = measures[BLOCKED]
    counts = [row["n_started"], row["n_stopped"]]
    return [
        f"{_INDENT}{token}" if token else archive,
        DASH if row["no_change"] else percent(row["from_share"]),
        percent(row["estimate"]),
        percent(measures[LET_IN]["estimate"]),
        percent(measures[BY_NAME]["estimate"]),
        *(DASH if count is None else f"{count:,}" for count in counts),
    ]
