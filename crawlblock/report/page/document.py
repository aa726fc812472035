"""One static page: nothing is loaded from anywhere, the same results give the same page."""

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from typing import Any

import polars as pl

from crawlblock.metrics.headline import HEADLINE, Headline, headline_of
from crawlblock.report.answers import answers, unanswered
from crawlblock.report.charts.catalog import Figure
from crawlblock.report.charts.context import Context, Frames, context
from crawlblock.report.labels import DEFINITIONS, POPULATIONS
from crawlblock.report.page import sections
from crawlblock.report.page.archives_section import archives_section
from crawlblock.report.page.figure_html import plate
from crawlblock.report.page.markup import details, island, items, packed_island, paragraph, section
from crawlblock.report.page.over_time import course, other_hosts

_BY_CRAWLER = "One crawler at a time"
_PARTS = (
    ("answers", "Answers"), ("over-time", "Over time"), ("archives", "Web archives"),
    ("crawler", _BY_CRAWLER),
    ("hosts", "Hosts"), ("definitions", "Definitions"), ("comparison", "Published figures"),
    ("coverage", "Coverage"), ("method", "Method"), ("cite", "Cite"),
)  # fmt: skip

_ELSEWHERE = ("archives", "coverage")  # figures in sections of their own


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
    published: pl.DataFrame | None = None
    removed: Sequence[tuple[str, str]] = ()  # snapshots that a person took out, and why


ARCHIVE = About(
    "Which crawlers websites block",
    ("The robots.txt files are captures from Common Crawl, live runs or imported files.",),
)
BUNDLED_DEMO = About(
    "Which crawlers websites block: the demo",
    (
        "The hosts, the dates, the verdicts, signals and authors are real. They come from fetches "
        "by others, each of a segment of its own: top sites weekly (2022-08 to 2024-07, "
        "github.com/bharath06/robotstxt), US government hosts monthly (2022-08 to 2025-03, "
        "github.com/nrjones8/robots-dot-txt-archive-bot), news sites on 14 dates (2025-02 to "
        "2026-06, github.com/winterForestStump/news_robots_files_analyzer), press, science and "
        "reference sites monthly (2025-01 to 2026-01, github.com/samber/the-great-gpt-firewall, "
        "MIT), and well-known sites once (2025-12, github.com/ratyagi/AI_agent_compatibility).",
        "The robots.txt files are reconstructions. They were built from those facts in Common "
        "Crawl's layout, and the ordinary code read them back. They are not Common Crawl's "
        "captures. The breaks in the archive are marked, but did not affect them.",
        "The hosts are no random sample of the web, so do not generalise. The government hosts are "
        "a simple random sample of the 7,585 that their source has. Where a fetch of a top site "
        "failed, the source kept the older file, so none of them is unknown. Every segment is "
        "counted only in the time in which it was followed.",
    ),
)


def render(material: Material, drawings: Mapping[str, str], figures: Sequence[Figure]) -> str:
    """Return the page as HTML, with these figures and the drawing of each."""
    found = headline_of(material.results)
    set_ = context(found, material.results) if found else None
    body = "\n".join(
        [
            *(_findings(found, set_, material, drawings, figures) if found else [_empty()]),
            section("method", "Method and limits", _data(material.about), sections.method()),
            section("cite", "How to cite", sections.cite(material.about.title, found)),
        ]
    )
    scripts = _scripts(set_, material, figures) if set_ else ""
    return _document(material.about.title, body, found, scripts)


def _findings(
    found: Headline, set_: Context | None, material: Material, drawings: Mapping[str, str],
    figures: Sequence[Figure],
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
        yield section(
            "crawler",
            _BY_CRAWLER,
            _choice(set_),
            *single,
            sections.event_list("Announcements", set_.announced),
        )
        yield section("hosts", "Hosts", _hosts(material))
    yield section(
        "definitions", "How the definition changes the numbers", sections.terms(),
        sections.knowledge(), sections.by_definition(found, results),
        sections.all_crawlers(found),
    )  # fmt: skip
    yield section(
        "comparison", "Published figures beside ours", sections.comparison(material.published)
    )
    if set_ is not None:
        covered = sections.covered(set_, material.left_out, material.removed, results["coverage"])
        yield section("coverage", "Coverage and breaks", plates["coverage"], covered)


def _in_full(found: Headline, results: Frames) -> str:
    return course(found, results)


def _choice(set_: Context) -> str:
    options = "".join(f"<option>{escape(token)}</option>" for token in set_.tokens)
    return (
        '<p class="bar scripted"><label for="crawler-choice">Crawler</label> '
        f'<select id="crawler-choice" autocomplete="off">{options}</select> '
        '<span id="crawler-note" class="soft" aria-live="polite"></span></p>'
        f'<noscript><p class="soft">Shown for {escape(set_.tokens[0])}; with scripts on, for '
        f"{len(set_.tokens)} crawlers. The result files hold all.</p></noscript>"
    )


def _hosts(material: Material) -> str:
    shown, total = len(material.hosts["hosts"]), material.hosts["of"]
    extent = (
        ("The only host." if total == 1 else f"All {total:,} hosts.")
        if shown == total
        else f"{shown:,} of {total:,} hosts, chosen by a hash of their names. Shares on this page "
        "are of all hosts."
    )
    return (
        paragraph(
            f"{extent} A strip has one cell for each snapshot. Select a host to see its history. "
            "Select a cell to see the rule that decided and where the capture is archived."
        )
        + '<noscript><p class="soft">The table of hosts needs scripts; crawlblock timeline HOST '
        "prints the same.</p></noscript>"
        + '<div class="scripted"><form class="bar" id="host-form" role="search">'
        '<label for="host-search">Host</label> <input id="host-search" type="search" '
        'autocomplete="off" spellcheck="false"> <label for="host-filter">Verdict now</label> '
        '<select id="host-filter" autocomplete="off"><option value="">any</option>'
        "<option>full</option><option>all_but</option><option>partial</option><option>none</option>"
        '<option>unknown</option><option value="changed">changed</option></select>'
        ' <span id="host-count" class="soft" role="status"></span></form>'
        '<p class="key soft" aria-hidden="true"></p><div class="scroll">'
        '<table id="host-table"><caption class="soft"></caption><thead><tr>'
        '<th scope="col">host</th><th scope="col">segment</th><th scope="col">now</th>'
        '<th scope="col">over time</th></tr></thead><tbody></tbody></table></div>'
        '<p><button type="button" id="host-more">Show more</button></p></div>'
    )


def _data(about: About) -> str:
    return "<h3>What the data are</h3>" + "".join(paragraph(text) for text in about.data)


def _empty() -> str:
    return paragraph("No readable captures yet. Run crawlblock history first.")


def _scripts(set_: Context, material: Material, figures: Sequence[Figure]) -> str:
    known = {row["token"]: row for row in set_.found.last().to_dicts()}
    values = {
        "snapshots": [[name, day.isoformat()] for name, day in
                      zip(set_.snapshots, set_.days, strict=True)],
        "leftOut": dict(material.left_out),
        "announced": list(set_.announced),
        "operators": {token: known[token]["operator"] for token in set_.tokens if token in known},
        "figures": [_live(figure) for figure in figures if figure.rows],
    }  # fmt: skip
    return island("data", values) + packed_island("host-data", material.hosts)


def _live(figure: Figure) -> dict[str, Any]:
    """Return what the script draws a figure of; the rows come apart from the chart."""
    return {
        "id": figure.id,
        "byCrawler": figure.by_crawler,
        "spec": {**figure.spec, "data": {"name": "rows"}},
        "fields": figure.fields,
        "columns": [[column.kind, column.field] for column in figure.columns],
        "rows": figure.rows,
    }


def _document(title: str, body: str, found: Headline | None, data: str) -> str:
    style = _charts("charts.css") + _page("page.css")
    code = [_script()] if data else []
    policy = (
        f"default-src 'none'; style-src {_digest(style)}; "
        f"script-src {' '.join(map(_digest, code)) or chr(39) + 'none' + chr(39)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    scripts = "".join(f"<script>{text}</script>\n" for text in code)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{escape(title)}</title>\n<style>{style}</style>\n</head>\n<body>\n"
        f'<a class="skip" href="#main">Skip to the answers</a>\n{_header(title, found)}'
        f'<main id="main">\n{body}\n</main>\n{_footer()}{data}\n{scripts}</body>\n</html>\n'
    )


def _header(title: str, found: Headline | None) -> str:
    about = (
        f"Share of {POPULATIONS[found.population]} that block a crawler: "
        f"{DEFINITIONS[HEADLINE]}. Hosts that we could not read are reported as unknown, never as "
        "open."
        if found
        else ""
    )
    links = "".join(f'<li><a href="#{name}">{escape(text)}</a></li>' for name, text in _PARTS)
    nav = f'<nav aria-label="Parts of the page"><ul>{links}</ul></nav>' if found else ""
    return (
        '<header><button type="button" id="theme" class="scripted">Dark</button>'
        f"<h1>{escape(title)}</h1>{paragraph(about, 'standfirst')}{nav}</header>\n"
    )


def _footer() -> str:
    return "<footer>" + items(
        ("The numbers are in the files beside this page, as CSV and Parquet.",)
    ) + "</footer>\n"  # fmt: skip


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _script() -> str:
    parts = _page("page.js") + _charts("panel.js") + _charts("figures.js") + _page("host_table.js")
    return f'(() => {{\n"use strict";\n{parts}}})();'


def _page(name: str) -> str:
    return (files(__package__) / name).read_text("utf-8")


def _charts(name: str) -> str:
    return (files("crawlblock.report.charts") / name).read_text("utf-8")
