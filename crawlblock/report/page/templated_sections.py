"""The parts of the page that are made of templates: choosing, sites, and what is at its end."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from crawlblock.metrics.computed import COMPUTED, Computed
from crawlblock.metrics.headline import HEADLINE
from crawlblock.metrics.queries import Metric, metrics
from crawlblock.report.charts.context import Context
from crawlblock.report.labels import DEFINITIONS, RESTRICTIONS
from crawlblock.report.page.citing import citation_forms
from crawlblock.report.page.embedded import SEGMENTS, crawlers, segments_of
from crawlblock.report.page.html_template import filled_template
from crawlblock.report.page.markup import section
from crawlblock.report.page.page_head import PageHead
from crawlblock.report.page.published_as import PublishedAs
from crawlblock.report.page.site_changes import SiteChange

_FORMATS = ("csv", "parquet", "svg", "png")
_HOLDS = {"columns": "What each column of the results means."}


def chosen(context: Context, *parts: str) -> str:
    """Return the controls that choose a crawler and a segment, with the parts that follow them."""
    bar = filled_template(
        "choose.html", first=context.tokens[0], crawlers=len(crawlers(context)),
        segments=segments_of(context),
    )  # fmt: skip
    return f'<div id="chosen">{bar}{"".join(parts)}</div>'


def shares(context: Context) -> str:
    """Return what a script fills with the shares of the chosen crawler."""
    return filled_template(
        "chosen.html", first=context.tokens[0], definition=DEFINITIONS[HEADLINE],
        source=SEGMENTS if len(segments_of(context)) > 1 else "blocked",
    )  # fmt: skip


def sites(context: Context, hosts: Mapping[str, Any], changes: Sequence[SiteChange]) -> str:
    """Return the table of sites, which a script fills, and the latest changes."""
    shown, total = len(hosts["hosts"]), hosts["of"]
    if shown == total:
        extent = "The only site." if total == 1 else f"All {total:,} sites."
    else:
        extent = (
            f"{shown:,} of {total:,} sites, chosen by a hash of their names. Shares on this page "
            "are of all sites."
        )
    return filled_template(
        "sites.html", extent=extent, first=context.tokens[0], changes=changes,
        restrictions=RESTRICTIONS,
    )  # fmt: skip


def closing(head: PageHead, published: PublishedAs, files: Collection[str]) -> Iterator[str]:
    """Yield the parts at the end of the page: corrections, citation, files."""
    where = published.corrections
    is_page = where.startswith("http")
    yield section(
        "wrong", "Is something wrong about your site?",
        filled_template(
            "wrong.html", mail="" if is_page else where, page=where if is_page else ""
        ),
    )  # fmt: skip
    yield section(
        "cite", "How to cite", filled_template("cite.html", forms=citation_forms(head.cited))
    )
    yield section("files", "Files", filled_template("files.html", files=listed_files(files)))


def listed_files(files: Collection[str]) -> list[tuple[str, str, list[str]]]:
    """Return the result files and figures that are there: name, what it holds, file names."""
    declared: list[Metric | Computed] = [*metrics(), *COMPUTED]
    holds = {each.name: f"{each.title} ({each.unit})" for each in declared} | _HOLDS
    names = {name.rpartition(".")[0] for name in files}
    found = []
    for name in sorted(names):
        mine = [f"{name}.{ending}" for ending in _FORMATS if f"{name}.{ending}" in files]
        if mine:
            found.append((name, holds.get(name, ""), mine))
    return found
