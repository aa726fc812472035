"""Options and output that commands share."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from crawlblock.sources.live.guard import Network

PARTIAL = 3  # exit code: a part was done and is stored, another run must do the rest
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

results_option: Callable[[Any], Any] = click.option(
    "--results",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    help="Folder for the result files.  [default: results beside the database]",
)
reading_option: Callable[[Any], Any] = click.option(
    "--reading",
    type=click.Choice(["rfc9309", "ccbot"]),
    default="rfc9309",
    show_default=True,
    help="How an HTTP status is read.",
)
snapshot_option: Callable[[Any], Any] = click.option(
    "--snapshot",
    default=None,
    help="Name of the live snapshot to begin or go on with.  [default: the newest if it was left "
    "unfinished within a week, else live- and the date, UTC]",
)
cache_option: Callable[[Any], Any] = click.option(
    "--cache",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    help="Where what was read of a crawl waits.  [default: *.cache beside the database]",
)
concurrency_option: Callable[[Any], Any] = click.option(
    "--concurrency",
    type=click.IntRange(1, 5_000),
    default=100,
    show_default=True,
    help="Hosts asked at a time, each over one connection.",
)


def politeness_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add how hard the archive may be asked: --rate and --in-flight."""
    rate = click.option(
        "--rate",
        type=click.FloatRange(0.01, 10_000),
        default=2.0,
        show_default=True,
        help="Requests a second to the archive.",
    )
    in_flight = click.option(
        "--in-flight",
        type=click.IntRange(1, 64),
        default=2,
        show_default=True,
        help="Requests to the archive at a time.",
    )
    return rate(in_flight(command))


def budget_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add what a run may use: --max-runtime and --max-requests."""
    runtime = click.option(
        "--max-runtime",
        type=click.FloatRange(0, min_open=True),
        default=None,
        help="End after so many minutes; the next run goes on.",
    )
    requests = click.option(
        "--max-requests",
        type=click.IntRange(1),
        default=None,
        help="End after about so many requests; the next run goes on.",
    )
    return runtime(requests(command))


def _networks(
    _: click.Context, __: click.Parameter, values: tuple[str, ...]
) -> tuple[Network, ...]:
    try:
        return tuple(map(ip_network, values))
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


network_option: Callable[[Any], Any] = click.option(
    "--allow-network",
    multiple=True,
    callback=_networks,
    help="Ask addresses of this network of yours, too, though it is not public: 10.1.0.0/16.",
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
def progress_bar(quiet: bool = False) -> Iterator[Callable[[str, int, int], None]]:
    """Show progress on stderr if a person looks at it."""
    console = Console(stderr=True)
    if quiet or not console.is_terminal:  # even a disabled bar of older versions ends in a line
        yield lambda *_: None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
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
