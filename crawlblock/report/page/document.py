"""One static page: nothing is loaded from anywhere, the same results give the same page."""

import base64
import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

from crawlblock import __version__
from crawlblock.metrics.headline import HEADLINE, Headline, headline_of
from crawlblock.report.answers import answers, unanswered
from crawlblock.report.charts.context import Context, Frames, context
from crawlblock.report.charts.figure import Figure
from crawlblock.report.labels import DEFINITIONS
from crawlblock.report.page import sections
from crawlblock.report.page.archives_section import archives_section
from crawlblock.report.page.embedded import islands
from crawlblock.report.page.figure_html import plate
from crawlblock.report.page.html_template import filled_template
from crawlblock.report.page.markup import details, paragraph, section
from crawlblock.report.page.over_time import course, other_hosts
from crawlblock.report.page.page_head import PageHead, page_head
from crawlblock.report.page.published_as import PublishedAs
from crawlblock.report.page.site_changes import SiteChange, latest_changes
from crawlblock.report.page.templated_sections import (
    chosen,
    closing,
    listed_files,
    shares,
    sites,
)

_BY_CRAWLER = "One crawler at a time"
_PARTS = (
    ("answers", "Answers"), ("over-time", "Over time"), ("archives", "Web archives"),
    ("crawler", _BY_CRAWLER),
    ("sites", "Sites"), ("definitions", "Definitions"), ("comparison", "Published figures"),
    ("coverage", "Coverage"), ("method", "Method"), ("wrong", "Corrections"), ("cite", "Cite"),
    ("files", "Files"),
)  # fmt: skip
_SCRIPTS = (
    "save_tables.js",
    "choose.js",
    "site_panel.js",
    "host_table.js",
)  # they see what the others define
_PREVIEW = "blocked.png"  # the picture of the page where a link to it is shown

_ELSEWHERE = ("archives", "coverage", "replication")  # figures in sections of their own


@dataclass(frozen=True, slots=True)
class About:
    """What the page says of its data, as paragraphs of plain text."""

    title: str
    data: tuple[str, ...]  # where they come from, what of them is real


@dataclass(frozen=True, slots=True)
class Material:
    """All that a page is made of."""

    results: Frames
    about: About
    hosts: Mapping[str, Any]  # as hosts.Table encodes them, with the number of all hosts
    left_out: Sequence[tuple[str, str]] = ()  # snapshots that no share counts, and why
    removed: Sequence[tuple[str, str]] = ()  # snapshots that a person took out, and why
    files: Collection[str] = ()  # that lie beside the page
    published_as: PublishedAs = field(default_factory=PublishedAs)


ARCHIVE = About(
    "Which crawlers websites block",
    ("The robots.txt files are captures from Common Crawl, live runs or imported files.",),
)
BUNDLED_DEMO = About(
    "Which crawlers websites block: the demo",
    (
        "The hosts, dates, verdicts, signals and authors are real. Others fetched the files. Each "
        "source has one or two segments: top sites weekly (2022-08 to 2024-07, "
        "github.com/bharath06/robotstxt), US government hosts monthly (2022-08 to 2025-03, "
        "github.com/nrjones8/robots-dot-txt-archive-bot), news sites on 14 dates (2025-02 to "
        "2026-06, github.com/winterForestStump/news_robots_files_analyzer), press, science and "
        "reference sites monthly (2025-01 to 2026-01, github.com/samber/the-great-gpt-firewall, "
        "MIT), and well-known sites once (2025-12, github.com/ratyagi/AI_agent_compatibility).",
        "The robots.txt files are reconstructions. We built them from those facts in Common "
        "Crawl's layout, and crawlblock read them as it reads the real archive. They are not "
        "Common Crawl's captures. Charts mark the breaks in Common Crawl's archive, which did not "
        "affect these files.",
        "The hosts are not a random sample of the web, and the shares say nothing about other "
        "sites. The government hosts are "
        "a simple random sample of the 7,585 that their source has. Where a fetch of a top site "
        "failed, the source kept the older file, so none of them is unknown. Every segment is "
        "counted only while it was followed.",
    ),
)


def render(material: Material, drawings: Mapping[str, str], figures: Sequence[Figure]) -> str:
    """Return the page as HTML, with these figures and the drawing of each."""
    found = headline_of(material.results)
    set_ = context(found, material.results) if found else None
    changes = latest_changes(set_) if set_ else {}
    published, sites_ = material.published_as, material.hosts.get("of", 0)
    head = page_head(material.about.title, set_, sites_, published.url)
    figure_files = (f"{name}.{ending}" for name in drawings for ending in ("svg", "png"))
    beside = {*material.files, *figure_files} if material.files else set()
    body = "\n".join(
        [
            *(
                _findings(found, set_, material, drawings, figures, changes)
                if found
                else [_empty()]
            ),
            section("method", "Method and limits", _data(material.about), sections.method()),
            *closing(head, published, beside),
        ]
    )
    data = islands(set_, figures, dict(material.left_out), material.hosts, changes) if set_ else ""
    return _document(head, body, found, beside, data)


def _findings(
    found: Headline, set_: Context | None, material: Material, drawings: Mapping[str, str],
    figures: Sequence[Figure], changes: Mapping[str, Sequence[SiteChange]],
) -> Iterator[str]:  # fmt: skip
    results = material.results
    yield section(
        "answers", "Answers", paragraph(unanswered(found, results), "soft"),
        sections.cards(answers(found, results)),
    )  # fmt: skip
    yield details("The answers crawler by crawler", _in_full(found, results))
    if set_ is None:
        yield paragraph("No snapshot has a date, so there is no chart.")
    else:
        plates = {f.id: plate(f, drawings.get(f.id, ""), set_) for f in figures}
        general = [p for f in figures if not f.by_crawler and f.id not in _ELSEWHERE
                   for p in (plates[f.id],)]  # fmt: skip
        single = [plates[f.id] for f in figures if f.by_crawler]
        yield section("over-time", "Over time", other_hosts(found, results), *general)
        yield section("archives", "Web archives", *archives_section(set_, plates["archives"]))
        events = sections.event_list("Announcements", set_.announced)
        mine = changes.get(set_.tokens[0], ())
        yield chosen(
            set_,
            section("crawler", _BY_CRAWLER, shares(set_), *single, events),
            section("sites", "Sites", sites(set_, material.hosts, mine)),
        )
    yield section(
        "definitions", "How the definition changes the numbers", sections.terms(),
        sections.knowledge(), sections.by_definition(found, results),
        sections.all_crawlers(found),
    )  # fmt: skip
    if set_ is not None:
        others = sections.others(results.get("replication"))
        yield section(
            "comparison", "Comparison with published figures", plates["replication"], others
        )
        covered = sections.covered(set_, material.left_out, material.removed, results["coverage"])
        yield section("coverage", "Coverage and breaks", plates["coverage"], covered)


def _in_full(found: Headline, results: Frames) -> str:
    return course(found, results)


def _data(about: About) -> str:
    return "<h3>What the data are</h3>" + "".join(paragraph(text) for text in about.data)


def _empty() -> str:
    return paragraph("No readable captures yet. Run crawlblock history first.")


def _document(
    head: PageHead, body: str, found: Headline | None, files_: Collection[str], data: str
) -> str:
    style = _charts("charts.css") + _page("page.css")
    code = [_script()] if data else []
    policy = (
        f"default-src 'none'; style-src {_digest(style)}; "
        f"script-src {' '.join(map(_digest, code)) or chr(39) + 'none' + chr(39)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    return filled_template(
        "page.html", title=head.title, full_title=head.full, scope=head.scope,
        description=head.description, url=head.url, policy=policy, version=__version__,
        preview=_PREVIEW if data and _PREVIEW in files_ else "",
        preview_alt="Shares of sites that block AI crawlers, over time",
        about=_about(found), parts=_PARTS if found else (), files=listed_files(files_),
        style=style, scripts=code, body=body, data=data,
    ) + "\n"  # fmt: skip


def _about(found: Headline | None) -> str:
    if found is None:
        return ""
    return (
        f"A site blocks a crawler if its {DEFINITIONS[HEADLINE]}. Sites that we could not read are "
        "reported as unknown, never as open."
    )


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _script() -> str:
    shared = _page("page.js") + "".join(map(_charts, ("panel.js", "dots.js", "figures.js")))
    own = "".join(map(_page, _SCRIPTS))
    return f'(() => {{\n"use strict";\n{shared}{{\n{own}}}\n}})();'


def _page(name: str) -> str:
    return (files(__package__) / name).read_text("utf-8")


def _charts(name: str) -> str:
    return (files("crawlblock.report.charts") / name).read_text("utf-8")
