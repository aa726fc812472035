"""One static page: no script, nothing loaded from anywhere, the same results give the same page."""

import base64
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

import polars as pl

from crawlblock.analysis.derived import DERIVED, Derived
from crawlblock.analysis.run import Metric, metrics, write_aside
from crawlblock.report.choice import HEADLINE, Claims, asked, claims
from crawlblock.report.course import course
from crawlblock.report.definitions import definitions, strata
from crawlblock.report.figure import Mark, Point, Series, line_chart
from crawlblock.report.markup import figure, items, table
from crawlblock.report.questions import answers
from crawlblock.report.words import DEFINITIONS, POPULATIONS, READINGS, interval, percent

ROWS = 40  # of the table of the last snapshot; the rest is in the files


@dataclass(frozen=True, slots=True)
class About:
    """What the page says of its data, as paragraphs of plain text."""

    title: str
    data: tuple[str, ...]  # where they come from, what of them is real


ARCHIVE = About(
    "Who may still crawl the web",
    (
        "The robots.txt files are captures: Common Crawl's, or those that were imported; hosts, "
        "dates and answers are theirs.",
    ),
)
BUNDLED_SAMPLE = About(
    "Who may still crawl the web: the bundled sample",
    (
        "Real: the hosts, the dates, and who refused whom, as seen by somebody's weekly fetch of "
        "each top site and monthly fetch of each US government site.",
        "Rendered: the archive's files. They were built from those facts in Common Crawl's layout, "
        "and the ordinary code read them back. They are not Common Crawl's captures, and the "
        "archive's breaks, though marked, did not touch them.",
        "The hosts were chosen by others, for other ends, the government hosts so that failures "
        "occur: they stand for themselves, not for the web, and an interval over both strata is of "
        "these hosts alone. A failed fetch of a top site left its older file standing, so none of "
        "them is unknown. The rendered texts state no signals.",
    ),
)


def write_page(results: dict[str, pl.DataFrame], path: Path, about: About = ARCHIVE) -> None:
    """Write the page about the metrics' results; raises StoreError when it cannot be written."""
    write_aside(path, render(results, about).encode())


def render(results: dict[str, pl.DataFrame], about: About = ARCHIVE) -> str:
    """Return the page as HTML."""
    found = claims(results)
    parts = [_empty()] if found is None else _findings(found, results)
    body = "\n".join([f"<h1>{escape(about.title)}</h1>", *parts, _data(about), _method()])
    style = _style()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(about.title)}</title>\n<style>{style}</style>\n</head>\n"
        f"<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def _findings(found: Claims, results: dict[str, pl.DataFrame]) -> list[str]:
    coverage = results["coverage"].filter(pl.col("population") == found.population)
    marks, listed = _breaks(coverage)
    return [
        _lead(found),
        items(_sentence(found.of(token)) for token in found.tokens),
        answers(found, results),
        _main_figure(found, marks, listed),
        course(found, results),
        _coverage(coverage, marks),
        strata(asked(found), _newest(found, results["refusals_by_stratum"])),
        _by_definition(found, results),
        _last_snapshot(found),
    ]


def _lead(found: Claims) -> str:
    return (
        f"<p>Share of {POPULATIONS[found.population]} that refuse a crawler. Refuse: "
        f"{DEFINITIONS[HEADLINE]}. {READINGS.get(found.reading, found.reading)}. A host that could "
        "not be told is not counted as open; it is in the unknown and in the bounds.</p>"
    )


def _sentence(rows: Sequence[dict[str, Any]]) -> str:
    first, last = rows[0], rows[-1]
    text = (
        f"{last['token']}: {percent(last['estimate'])} of hosts refuse it in {last['snapshot']} "
        f"(95 % interval {interval(last['low'], last['high'])}; {last['n_refusing']} of "
        f"{last['n']} hosts; {last['n_unknown']} unknown, with them between "
        f"{percent(last['bound_low'])} and {percent(last['bound_high'])})"
    )
    if first is not last:
        text += (
            f"; {percent(first['estimate'])} ({interval(first['low'], first['high'])}, "
            f"{first['n_refusing']} of {first['n']}) in {first['snapshot']}"
        )
    return text + "."


def _note(row: dict[str, Any], name: str) -> str:
    return (
        f"{name}, {row['snapshot']}: {percent(row['estimate'])} "
        f"({interval(row['low'], row['high'])}), n = {row['n']}, unknown {row['n_unknown']}"
    )


def _series(name: str, rows: Iterable[dict[str, Any]]) -> Series:
    return Series(
        name,
        tuple(
            Point(r["snapshot_date"], r["estimate"], r["low"], r["high"], _note(r, name))
            for r in rows
            if r["snapshot_date"] is not None
        ),
    )


def write_figure(results: dict[str, pl.DataFrame], path: Path) -> None:
    """Write the main figure as an SVG of its own, where there is one."""
    found = claims(results)
    chart = _main_chart(found, _breaks(results["coverage"])[0]) if found else None
    if chart:
        style = f"<style>{_style()} svg {{ background: var(--paper); }}</style>"
        head = '<svg xmlns="http://www.w3.org/2000/svg" '
        write_aside(
            path, (head + chart.removeprefix("<svg ").replace(">", f">{style}", 1)).encode()
        )


def _main_chart(found: Claims, marks: list[Mark]) -> str | None:
    lines = [line for token in found.tokens if (line := _series(token, found.of(token))).points]
    title = "Share of hosts that refuse a crawler, over time"
    return line_chart(title, lines, marks) if lines else None


def _main_figure(found: Claims, marks: list[Mark], listed: list[str]) -> str:
    chart = _main_chart(found, marks)
    if chart is None:
        return "<p>No snapshot has a date, so there is no figure.</p>"
    return figure(
        chart,
        "Bands: 95 % interval. A crawler's line begins when it is documented. Broken lines: "
        "changes in how Common Crawl makes its archive; a step there may come from the archive.",
    ) + items(listed)


def _style() -> str:
    return (files(__package__) / "page.css").read_text("utf-8")


def _breaks(coverage: pl.DataFrame) -> tuple[list[Mark], list[str]]:
    """Return the archive's breaks as marks between two snapshots, and what each is."""
    rows = coverage.filter(pl.col("measure") == "told").sort(["snapshot_date", "snapshot"])
    marks: list[Mark] = []
    listed: list[str] = []
    before: tuple[str, date] | None = None
    for row in rows.filter(pl.col("kind") == "crawl").to_dicts():
        if before is not None and row["break_titles"]:
            label = str(len(marks) + 1)
            marks.append(Mark(before[1] + (row["snapshot_date"] - before[1]) / 2, label))
            listed.append(
                f"{label}: between {before[0]} and {row['snapshot']}: {row['break_titles']}."
            )
        if row["snapshot_date"] is not None:
            before = (row["snapshot"], row["snapshot_date"])
    return marks, listed


def _coverage(coverage: pl.DataFrame, marks: list[Mark]) -> str:
    lines = [
        _series(name, coverage.filter(pl.col("measure") == name).to_dicts())
        for name in ("captured", "told")
    ]
    if not all(line.points for line in lines):
        return ""
    return "<h2>What the snapshots cover</h2>" + figure(
        line_chart("Share of hosts captured and told, over time", lines, marks, 200),
        "captured: anything is on record. told: what it means for crawlers is known.",
    )


def _by_definition(found: Claims, results: dict[str, pl.DataFrame]) -> str:
    """Return the last claims about the figure's crawlers under every definition and basis."""
    last = _newest(found, results["refusals"])
    basis = _newest(found, results["refusals_by_basis"]).filter(pl.col("definition") == HEADLINE)
    shares = {(r["token"], r["definition"]): r["estimate"] for r in last.to_dicts()}
    shares |= {(r["token"], r["basis"]): r["estimate"] for r in basis.to_dicts()}
    columns = ("root", "named", "wildcard", "http", "full", "all_but", "partial", "any")
    rows = [
        [token, *(percent(shares.get((token, column))) for column in columns)]
        for token in found.tokens
        if (token, HEADLINE) in shares
    ]
    terms = [f"{name}: {text}" for name, text in DEFINITIONS.items()]
    caption = "; ".join(terms) + ". root is the sum of named, wildcard and http."
    return (
        "<h2>The same by other definitions</h2>"
        + table(caption, ("crawler", *columns), rows)
        + definitions(asked(found), _newest(found, results["sensitivity"]))
    )


def _newest(found: Claims, frame: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of the headline's population in the last snapshot that counts."""
    newest = found.last().select("population", "snapshot").unique()
    return frame.join(newest, on=["population", "snapshot"], how="semi")


def _last_snapshot(found: Claims) -> str:
    last = found.last()
    rows = [
        [
            row["token"], row["operator"] or "", percent(row["estimate"]),
            interval(row["low"], row["high"]), str(row["n"]), str(row["n_unknown"]),
        ]
        for row in last.head(ROWS).to_dicts()
    ]  # fmt: skip
    caption = (
        f"The {len(rows)} most refused of {last.height} crawlers; the others are in refusals.csv. "
        "* is the crawler that nobody names."
    )
    columns = ("crawler", "operator", "refused by", "95 % interval", "n", "unknown")
    snapshot = escape(str(last["snapshot"][0]))
    return f"<h2>All crawlers in {snapshot}</h2>" + table(caption, columns, rows)


def _data(about: About) -> str:
    return "<h2>What is real</h2>" + "".join(f"<p>{escape(text)}</p>" for text in about.data)


def _method() -> str:
    made: list[Metric | Derived] = [*metrics(), *DERIVED]
    notes = [f"{m.name}: {m.title} ({m.unit}). {m.note}" for m in made]
    return (
        "<h2>Method and limits</h2><p>Verdicts follow RFC 9309 as Google's parser implements it. "
        "Intervals are Wilson's at 95 %; where hosts have weights, strata count as in the frame "
        "and Kish's effective size stands in for n. Where few decided for many, the intervals of "
        "decisions, which take each shared text as one observation, are the ones to quote. A "
        "robots.txt states a wish; whether a crawler obeys is another question.</p>" + items(notes)
    )


def _empty() -> str:
    return "<p>No capture could be told yet, so there is nothing to show. Collect some first.</p>"
