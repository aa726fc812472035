"""The parts of the page that are text and tables."""

from collections.abc import Iterable, Sequence
from html import escape
from itertools import groupby

import polars as pl

from crawlblock import __version__, registry
from crawlblock.metrics.computed import COMPUTED, Computed
from crawlblock.metrics.headline import HEADLINE, Headline, asked, headline_rows
from crawlblock.metrics.queries import Metric, metrics
from crawlblock.report.charts.context import Context, Frames
from crawlblock.report.charts.specs import Spec
from crawlblock.report.labels import DEFINITIONS, interval, not_compared, percent
from crawlblock.report.page.definitions import definitions
from crawlblock.report.page.figure_html import card_top
from crawlblock.report.page.markup import folded, items, link, paragraph, table
from crawlblock.report.scope import AnsweredQuestion

ROWS = 40  # of the table of the last snapshot; the rest is in the files
NBSP = "\N{NO-BREAK SPACE}"


def cards(answers: Iterable[AnsweredQuestion]) -> str:
    """Return the answers as cards, those to one question together."""
    return "".join(
        f'<article class="lead"><h3>{escape(question)}</h3><div class="cards">'
        + _cards(list(found))
        + "</div></article>"
        for question, found in groupby(answers, lambda each: each.question)
    )


def _cards(answers: Sequence[AnsweredQuestion]) -> str:
    """Return the answers to a question, their small charts on one scale."""
    top = max((share for answer in answers for _, share in answer.course), default=0)
    return "".join(_card(answer, top) for answer in answers)


def _card(answer: AnsweredQuestion, top: float) -> str:
    """Return an answer with how it is known, and a button that copies it with its source."""
    sentence = paragraph(answer.sentence.replace(" %", NBSP + "%"), "answer")
    how = paragraph(answer.basis, "soft")
    known = f'<details class="how"><summary>How we know</summary>{how}</details>' if how else ""
    copy = '<button type="button" class="copy scripted">Copy</button>'
    segment = f' data-segment="{escape(answer.segment)}"' if answer.segment else ""
    return f'<div class="card"{segment}>{card_top(answer, top)}{sentence}{known}{copy}</div>'


def newest(found: Headline, frame: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of the headline's population in the last snapshot that counts."""
    last = found.last().select("population", "snapshot").unique()
    return headline_rows(frame).join(last, on=["population", "snapshot"], how="semi")


def terms() -> str:
    """Return what the words mean."""
    words = {
        **DEFINITIONS,
        "unknown": "not captured, unreachable, or the answer is not a robots.txt",
        "named": "blocked by a group that names the crawler",
        "fallback": "blocked by a group that names another token, which its operator says it obeys",
        "wildcard": "blocked by the group for all crawlers",
    }
    rows = [list(pair) for pair in words.items()]
    return table("What the words mean.", ("word", "means"), rows).replace(
        "<table", '<table class="prose"'
    )


def knowledge() -> str:
    """Return how old the facts about crawlers are, and which own files are added to them."""
    own = registry.extra().digests()
    said = (
        f"The crawlers, templates and events are those of crawlblock {__version__}. Its facts "
        f"about crawlers were checked up to {registry.known_until()}."
    )
    if own:
        files = ", ".join(f"{name} (digest {made})" for name, made in own.items())
        said += f" The publisher of this page added these files: {files}."
    return paragraph(said)


def by_definition(found: Headline, results: Frames) -> str:
    """Return the last results about the figure's crawlers under every definition and basis."""
    last = newest(found, results["blocked"])
    basis = newest(found, results["blocked_by_basis"]).filter(pl.col("definition") == HEADLINE)
    shares = {(r["token"], r["definition"]): r["estimate"] for r in last.to_dicts()}
    shares |= {(r["token"], r["basis"]): r["estimate"] for r in basis.to_dicts()}
    columns = (
        "root",
        "named",
        "fallback",
        "wildcard",
        "access",
        "full",
        "all_but",
        "partial",
        "any",
    )
    rows = [
        [token, *(percent(shares.get((token, column))) for column in columns)]
        for token in found.tokens
        if (token, HEADLINE) in shares
    ]
    caption = "Shares by definition. root is the sum of named, fallback and wildcard."
    combined = definitions(asked(found), newest(found, results["sensitivity"]))
    return table(caption, ("crawler", *columns), rows, "by-definition") + folded(
        "With other denominators", combined
    )


def all_crawlers(found: Headline) -> str:
    """Return the table of the last snapshot."""
    last = found.last()
    rows = [
        [
            row["token"], row["operator"] or "", row["purpose"] or "", row["openness"] or "",
            percent(row["estimate"]), interval(row["low"], row["high"]), str(row["n"]),
            str(row["n_unknown"]),
        ]
        for row in last.head(ROWS).to_dicts()
    ]  # fmt: skip
    caption = (
        f"The {len(rows)} most blocked of {last.height} crawlers in {last['snapshot'][0]}. "
        "blocked.csv has all of them. * is any crawler without its own rules."
    )
    columns = (
        "crawler", "operator", "purpose", "openness", "blocked by", "95 % interval", "n", "unknown",
    )  # fmt: skip
    return folded("All crawlers", table(caption, columns, rows, "crawlers"))


def others(rows: pl.DataFrame | None) -> str:
    """Return what stands below the published figures: those not compared, and all sources."""
    if rows is None:
        return ""
    published = rows.filter(pl.col("published").is_not_null())
    differs = published.filter(~pl.col("compared"))["differs"].to_list()
    sources = "".join(
        f"<li>{escape(name)}: {link(title, url)}</li>"
        for name, title, url in rows.select("source", "title", "url").unique().sort("source").rows()
    )
    said = paragraph(not_compared(differs, "replication.csv"), "soft")
    return f'{said}<ul class="soft">{sources}</ul>'


def covered(
    context: Context, left_out: Sequence[tuple[str, str]], removed: Sequence[tuple[str, str]],
    coverage: pl.DataFrame,
) -> str:  # fmt: skip
    """Return the archive's breaks, the snapshots that no share counts and what was not read."""
    return (
        items(f"Left out of all shares and changes: {name} {why}." for name, why in left_out)
        + items(f"{name} was {why}." for name, why in removed)
        + items(unread(coverage))
        + items(context.listed)
        + (
            ""
            if context.listed
            else paragraph("There is no known break in the archive between them.")
        )
    )


def unread(coverage: pl.DataFrame) -> list[str]:
    """Return a sentence for each scan in whose files a place could not be read."""
    faulty = coverage.filter(pl.col("faults") > 0).select("snapshot", "faults").unique()
    return [
        f"{snapshot}: {faults:,} places in its WARC files could not be read. The captures there "
        "are missing."
        for snapshot, faults in faulty.sort("snapshot").rows()
    ]


def event_list(title: str, events: Iterable[Spec]) -> str:
    """Return what happened when, each with its source; nothing if there is nothing."""
    listed = "".join(
        f"<li>{escape(event['title'])} {link('source', event['source'])}</li>" for event in events
    )
    return f'<h3>{escape(title)}</h3><ul class="soft plain">{listed}</ul>' if listed else ""


def method() -> str:
    """Return how it was done and what it cannot say."""
    made: list[Metric | Computed] = [*metrics(), *COMPUTED]
    notes = [f"{m.name}: {m.title} ({m.unit}). {m.note}" for m in made]
    return (
        paragraph(
            "Verdicts follow RFC 9309 as Google's parser implements it. Intervals are Wilson's at "
            "95 %. With weights, strata count as in the frame and n is Kish's effective "
            "size. Where many hosts share few rule sets, quote the intervals of rulesets, which "
            "count each shared rule set as one observation."
        )
        + items(
            (
                "A robots.txt states a preference; whether a crawler obeys is another question.",
                "An outage is not a block, and unknown is not open. Unknown hosts are reported "
                "beside every number.",
                "A change happened between two captures. Its exact day is not known.",
                "A crawler is counted from the day on which it was documented.",
                "If many sites share a rule set, its author made one choice, not one per site.",
            )
        )
        + f"<details><summary>What each result file contains</summary>{items(notes)}</details>"
    )
