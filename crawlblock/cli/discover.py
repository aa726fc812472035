"""`crawlblock discover`: agents in robots.txt files that the registry does not know."""

from dataclasses import asdict
from pathlib import Path

import click

from crawlblock.cli.existing import published
from crawlblock.cli.options import db_option
from crawlblock.cli.output import Output, output_options, print_rows, working
from crawlblock.pipeline.discover import discover as find
from crawlblock.report.formats import TABLE

_COLUMNS = ["name", "since", "first", "domains_first", "last", "domains_last", "growth"]


@click.command()
@db_option
@click.option("--directives", is_flag=True, help="Unknown keys of lines in place of agents.")
@click.option("-n", "most", type=click.IntRange(1), default=40, show_default=True, help="Rows.")
@output_options()
def discover(db: Path, directives: bool, most: int, output: Output) -> None:
    r"""Print agents in robots.txt files that are not registered.

    Counted are registered domains; growth is the difference of their shares among all that were
    read in the newest and the oldest snapshot.

    \b
    Examples:
      crawlblock discover
      crawlblock discover --directives -o csv
    """
    with working("agents"), published(db).asking() as con:
        found = find(con, "directives" if directives else "agents", most)
    rows = [asdict(row) | {"since": f"{row.since:%Y-%m-%d}"} for row in found]
    if output.kind == TABLE:
        rows = [row | {"growth": f"{100 * row['growth']:+.2f} points"} for row in rows]
    print_rows(rows, output, _COLUMNS)
