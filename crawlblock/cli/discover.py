"""`crawlblock discover`: what the registry does not know yet."""

from dataclasses import asdict
from pathlib import Path

import click

from crawlblock.cli.options import db_option, print_rows
from crawlblock.errors import InputError
from crawlblock.pipeline.discover import discover as find
from crawlblock.store.store import Store

_COLUMNS = ["name", "since", "first", "domains_first", "last", "domains_last", "growth"]


@click.command()
@db_option
@click.option("--directives", is_flag=True, help="Unknown keys of lines in place of agents.")
@click.option("-n", "most", type=click.IntRange(1), default=40, show_default=True, help="Rows.")
@click.option(
    "-o", "--output", type=click.Choice(["table", "json", "csv"]), default="table",
    show_default=True, help="How to print.",
)  # fmt: skip
def discover(db: Path, directives: bool, most: int, output: str) -> None:
    r"""Print agents that robots.txt files name and no crawler is registered for, by growth.

    Counted are registered domains; growth is the difference of their shares among all that were
    read in the newest and the oldest snapshot.

    \b
    Examples:
      crawlblock discover
      crawlblock discover --directives -o csv
    """
    if not db.exists():
        raise InputError(f"{db}: no database is there; name another --db, or fill one first")
    found = find(Store(db), "directives" if directives else "agents", most)
    rows = [asdict(row) | {"since": f"{row.since:%Y-%m-%d}"} for row in found]
    if output == "table":
        rows = [row | {"growth": f"{100 * row['growth']:+.2f} points"} for row in rows]
    print_rows(rows, output, _COLUMNS)
