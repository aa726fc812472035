"""Options and output that commands share."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

DEFAULT_DB = Path("data/crawlblock.duckdb")

db_option: Callable[[Any], Any] = click.option(
    "--db",
    type=click.Path(dir_okay=False, path_type=Path),
    default=DEFAULT_DB,
    show_default=True,
    envvar="CRAWLBLOCK_DB",
    help="The database.",
)

mirror_option: Callable[[Any], Any] = click.option(
    "--mirror",
    default="https://data.commoncrawl.org",
    show_default=True,
    envvar="CRAWLBLOCK_MIRROR",
    help="An archive in Common Crawl's layout: https://..., a folder, s3://bucket.",
)
contact_option: Callable[[Any], Any] = click.option(
    "--contact",
    envvar="CRAWLBLOCK_CONTACT",
    help="Your e-mail address or page; public servers are not asked without it.",
)

every_option: Callable[[Any], Any] = click.option(
    "--every",
    type=click.Choice(["month", "week"]),
    default="month",
    show_default=True,
    help="The snapshots that a row with first_seen and last_seen covers.",
)
at_option: Callable[[Any], Any] = click.option(
    "--at",
    type=click.Path(path_type=Path),
    default=None,
    help="A CSV of observation times (observed_at or date) that such a row covers instead.",
)


@contextmanager
def progress_bar() -> Iterator[Callable[[str, int, int], None]]:
    """Show progress on stderr if a person looks at it."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(
        *columns, console=console, disable=not console.is_terminal, transient=True
    ) as bar:
        tasks: dict[str, Any] = {}

        def show(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=total)
            bar.update(tasks[what], completed=done, total=total)

        yield show


def say(message: str) -> None:
    """Tell the person at the terminal; data alone goes to stdout."""
    click.echo(message, err=True)


def print_rows(rows: Sequence[dict[str, object]], output: str, columns: Sequence[str]) -> None:
    """Print rows as table, json (one array) or csv."""
    if output == "json":
        import json

        click.echo(json.dumps(rows, indent=1, default=str))
    elif output == "csv":
        import csv

        writer = csv.DictWriter(sys.stdout, fieldnames=columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows({c: row[c] for c in columns} for row in rows)
    else:
        _print_table(rows, columns)


def _print_table(rows: Sequence[dict[str, object]], columns: Sequence[str]) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text("" if row[c] is None else str(row[c])) for c in columns))
    console = Console()
    width = console.width if console.is_terminal else 100
    Console(width=width).print(table)
