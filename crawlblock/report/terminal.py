"""The answer in the terminal: first and last claim about the most refused crawlers."""

from typing import Any

import polars as pl
from rich.console import Console
from rich.table import Table
from rich.text import Text

from crawlblock.report.choice import HEADLINE, Claims, claims
from crawlblock.report.words import (
    DASH,
    DEFINITIONS,
    POPULATIONS,
    READINGS,
    interval,
    percent,
    points,
)

WIDTH = 80  # columns
ROWS = 20


def show(console: Console, results: dict[str, pl.DataFrame]) -> None:
    """Print what the table is about, then the table, within 80 columns."""
    found = claims(results)
    if found is None:
        console.print(Text("No capture could be told yet, so there is nothing to show."))
        return
    last = found.last().to_dicts()
    unknown = sorted({row["n_unknown"] for row in last})
    span = str(unknown[0]) if len(unknown) == 1 else f"{unknown[0]} to {unknown[-1]}"
    lines = (
        f"Share of {POPULATIONS[found.population]} that refuse a crawler, with 95 % interval",
        f"refuse: {DEFINITIONS[HEADLINE]}",
        READINGS.get(found.reading, found.reading),
        f"now: {last[0]['snapshot']}, n = {max(row['n'] for row in last)} told, {span} unknown",
    )
    for line in lines:
        console.print(Text(line), width=WIDTH)
    console.print(summary(found), width=WIDTH)


def summary(found: Claims, limit: int = ROWS) -> Table:
    """Return a table of the figure's crawlers and the most refused others, `limit` rows in all."""
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="bold")
    table.add_column("crawler", max_width=20, no_wrap=True)
    for name in ("first counted", "then", "now", "interval", "n", "points"):
        table.add_column(name, justify="right", no_wrap=True)
    order = found.last()["token"].to_list()
    others = [token for token in order if token not in found.tokens]
    shown = {*found.tokens, *others[: max(0, limit - len(found.tokens))]}
    for token in order:
        if token in shown:
            table.add_row(*_cells(found.of(token)))
    return table


def _cells(rows: list[dict[str, Any]]) -> tuple[Text, ...]:
    first, last = rows[0], rows[-1]
    same_hosts = last["population"] == "panel"  # else a difference is not a change
    cells = (
        last["token"],
        first["snapshot"],
        percent(first["estimate"]),
        percent(last["estimate"]),
        interval(last["low"], last["high"]),
        str(last["n"]),
        points(first["estimate"], last["estimate"]) if same_hosts and len(rows) > 1 else DASH,
    )
    return tuple(Text(cell) for cell in cells)
