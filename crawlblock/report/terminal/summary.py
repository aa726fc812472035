"""The answer in the terminal: first and last result about the most blocked crawlers."""

from pathlib import Path
from typing import Any

import polars as pl
from rich.console import Console
from rich.table import Table
from rich.text import Text

from crawlblock.metrics.headline import HEADLINE, Headline, headline_of, whole_changes
from crawlblock.metrics.result_files import read_results
from crawlblock.report.answers import answers, unanswered
from crawlblock.report.formats import print_table
from crawlblock.report.labels import (
    DASH,
    DEFINITIONS,
    POPULATIONS,
    interval,
    percent,
    points,
)
from crawlblock.report.terminal.plain import spark
from crawlblock.report.terminal.stated_lines import some

WIDTH = 80  # columns
ROWS = 20
SUMMARY = (
    "token", "snapshot", "estimate", "low", "high", "n", "n_unknown", "definition",
    "http_profile", "population", "first_snapshot", "same_hosts", "same_hosts_first",
    "same_hosts_last", "change",
)  # fmt: skip
# From `since` on, the same hosts: those that are known then and now.
COLUMNS = ("crawler", "now", "interval", "n", "since", "same", "then", "points")
_NAME = 18  # columns of a crawler's name
_LEAST = 5  # columns, below which no series is drawn


def show(console: Console, results: dict[str, pl.DataFrame]) -> None:
    """Print what the table is about, then the table, within 80 columns."""
    found = headline_of(results)
    if found is None:
        console.print(Text("No readable captures yet. Run crawlblock history first."))
        return
    last = found.last().to_dicts()
    unknown = sorted({row["n_unknown"] for row in last})
    span = str(unknown[0]) if len(unknown) == 1 else f"{unknown[0]} to {unknown[-1]}"
    where = "" if found.segment is None else f" ({found.segment})"
    for each in answers(found, results):
        console.print(Text(each.sentence), width=min(WIDTH, console.width))
        console.print()
    if others := unanswered(found, results):
        console.print(Text(others), width=min(WIDTH, console.width))
        console.print()
    lines = (
        f"Share of {POPULATIONS[found.population]}{where} that block a crawler",
        f"blocked: {DEFINITIONS[HEADLINE]}",
        f"now: {last[0]['snapshot']}, n = {max(row['n'] for row in last)} known, {span} unknown",
        "then, points: only hosts known in both snapshots; same: how many these are",
    )
    width = min(WIDTH, console.width)
    for line in lines:
        console.print(Text(line), width=width)
    columns, cells = _rows_of(found, results)
    if cells and width == WIDTH:
        console.print(summary(found, results), width=WIDTH)
    elif cells:
        named = [dict(zip(columns, map(str, row), strict=True)) for row in cells]
        print_table(console, named, columns)
    if never := _never(found):
        console.print(Text(f"not blocked by any site: {some(never)}"), width=width)


def summary(found: Headline, results: dict[str, pl.DataFrame]) -> Table:
    """Return a table of the figure's crawlers and the most blocked others, with their series."""
    series = _shown(found)
    columns, cells = _rows_of(found, results)
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="bold")
    table.add_column(columns[0], max_width=_NAME, no_wrap=True)
    for name in columns[1:]:
        table.add_column(name, justify="right", no_wrap=True)
    left = WIDTH - _width(cells, columns)
    if left > _LEAST and found.population == "panel":  # others have other hosts each time
        table.add_column("series", no_wrap=True)
        top = max(row["estimate"] for part in series for row in part)
        bars = [_series(part, left - 1, top) for part in series]
        cells = [(*row, bar) for row, bar in zip(cells, bars, strict=True)]
    for row in cells:
        table.add_row(*row)
    return table


def _shown(found: Headline) -> list[list[dict[str, Any]]]:
    """Return the series of the figure's crawlers and the most blocked others, `ROWS` in all."""
    never = set(_never(found))
    order = [token for token in found.last()["token"].to_list() if token not in never]
    own = [token for token in found.tokens if token in order]
    others = [token for token in order if token not in own]
    shown = {*own, *others[: max(0, ROWS - len(own))]}
    return [found.of(token) for token in order if token in shown]


def _never(found: Headline) -> list[str]:
    """Return the crawlers that no site blocks in any snapshot, those of the figure first."""
    nobody = (pl.col("estimate") == 0.0).fill_null(False).all()
    rows = found.series.group_by("token").agg(nobody.alias("never")).filter("never")
    never = set(rows["token"]) & set(found.last()["token"])
    return sorted(never, key=lambda token: (token not in found.tokens, token))


def _rows_of(
    found: Headline, results: dict[str, pl.DataFrame]
) -> tuple[list[str], list[tuple[Text, ...]]]:
    """Return the columns of the table and its cells, without the series."""
    series = _shown(found)
    changes = _changes(found, results["change"])
    cells = [_cells(part, changes.get(part[-1]["token"])) for part in series]
    columns = list(COLUMNS)
    if all(part[-1]["low"] is None for part in series):  # a list has no interval
        place = columns.index("interval")
        del columns[place]
        cells = [(*row[:place], *row[place + 1 :]) for row in cells]
    return columns, cells


def rows(results: Path) -> list[dict[str, object]]:
    """Return from result files the first and last row of each crawler, the most blocked first."""
    frames = read_results(results, ("blocked", "blocked_by_segment", "change"))
    found = headline_of(frames)
    if found is None:
        return []
    changes = _changes(found, frames["change"])
    return [_row(row, changes.get(row["token"])) for row in found.last().to_dicts()]


def _row(last: dict[str, Any], change: dict[str, Any] | None) -> dict[str, object]:
    """Return the last result about a crawler, and the change among the same hosts."""
    then = change or {}
    return {name: last[name] for name in SUMMARY if name in last} | {
        "first_snapshot": then.get("from_snapshot"),
        "same_hosts": then.get("n"),
        "same_hosts_first": then.get("from_share"),
        "same_hosts_last": then.get("to_share"),
        "change": then.get("estimate"),
    }


def _changes(found: Headline, frame: pl.DataFrame) -> dict[str, dict[str, Any]]:
    """Return the change of each crawler among the same hosts, where there are two snapshots."""
    return {row["token"]: row for row in whole_changes(frame, found)}


def _width(rows: list[tuple[Text, ...]], columns: list[str]) -> int:
    """Return the columns a table of these rows takes without a series."""
    widths = [max(len(cell) for cell in cells) for cells in zip(*rows, strict=True)]
    widths[0] = min(widths[0], _NAME)
    return sum(max(w, len(name)) + 1 for w, name in zip(widths, columns, strict=True))


def _series(series: list[dict[str, Any]], width: int, top: float) -> Text:
    """Draw a crawler's shares on the scale of all; at its right end is now."""
    sampled = spark([row["estimate"] for row in series], width, top)
    return Text(sampled.rjust(width) if len(sampled) < width else sampled)


def _cells(rows: list[dict[str, Any]], change: dict[str, Any] | None) -> tuple[Text, ...]:
    last = rows[-1]
    known = change is not None and change["n"] > 0
    then = change or {"from_snapshot": rows[0]["snapshot"], "n": DASH}
    cells = (
        last["token"],
        percent(last["estimate"]),
        interval(last["low"], last["high"]),
        str(last["n"]),
        then["from_snapshot"],
        str(then["n"]),
        percent(then["from_share"]) if known else DASH,
        points(then["from_share"], then["to_share"]) if known else DASH,
    )
    return tuple(Text(cell) for cell in cells)
