"""`crawlblock discover`: agents in robots.txt files that the registry does not know."""

from pathlib import Path
from typing import Any

import click

from crawlblock.cli.existing import published
from crawlblock.cli.options import db_option
from crawlblock.cli.output import Output, output_options, print_rows, print_text, working
from crawlblock.pipeline.discover import Rank, Stranger
from crawlblock.pipeline.discover import discover as find
from crawlblock.pipeline.proposed_entry import entry, guess
from crawlblock.report.formats import TABLE

_TOML = "toml"
_COLUMNS = [
    "name", "since", "first", "domains_first", "last", "domains_last", "growth",
    "domains_beside_ai", "company", "guess",
]  # fmt: skip
_SHOWN = ["name", "since", "domains_first", "domains_last", "growth", "mostly_with", "guess"]
_MOST = 3  # crawlers of the company in a table


@click.command()
@db_option
@click.option("--directives", is_flag=True, help="Print unknown keys of lines instead of agents.")
@click.option(
    "--rank",
    type=click.Choice(["growth", "company"]),
    default="growth",
    show_default=True,
    help="Order: by growth, or by how many domains name the agent in one group with an AI crawler.",
)
@click.option("-n", "most", type=click.IntRange(1), default=40, show_default=True, help="Rows.")
@output_options(_TOML)
def discover(db: Path, directives: bool, rank: Rank, most: int, output: Output) -> None:
    r"""Print agents in robots.txt files that are not registered.

    It counts registered domains. growth is their share in the newest snapshot minus that in the
    oldest. company lists the registered crawlers that the same groups name, with the number of
    domains; the guess is based on these crawlers. -o toml prints entries for crawlers.toml, which
    you complete and check.

    \b
    Examples:
      crawlblock discover
      crawlblock discover --rank company -n 1 -o toml
      crawlblock discover --directives -o csv
    """
    if directives and (output.kind == _TOML or rank == "company"):
        raise click.UsageError("--directives lists keys; leave out -o toml and --rank company")
    with working("agents"), published(db).asking() as con:
        found = find(con, "directives" if directives else "agents", most, rank)
    if output.kind == _TOML:
        print_text("\n".join(map(entry, found)), output)
    else:
        shown = output.kind == TABLE
        rows = [_row(stranger, shown) for stranger in found]
        print_rows(rows, output, _SHOWN if shown else _COLUMNS)


def _row(stranger: Stranger, shown: bool) -> dict[str, Any]:
    guessed = guess(stranger)
    company = [f"{token} {domains}" for token, domains in stranger.company.items()]
    row = {name: getattr(stranger, name, None) for name in _COLUMNS} | {
        "since": f"{stranger.since:%Y-%m-%d}",
        "guess": str(guessed) if guessed else None,
        "company": ", ".join(company),
    }
    if not shown:
        return row
    return row | {
        "growth": f"{100 * stranger.growth:+.2f} points",
        "mostly_with": ", ".join(list(stranger.company)[:_MOST]),
    }
