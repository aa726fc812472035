"""`crawlblock templates` and `discover`: shared texts, and what the registry does not know yet."""

from dataclasses import asdict
from pathlib import Path

import click

from crawlblock.cli.options import db_option
from crawlblock.cli.output import Output, output_options, print_rows, working
from crawlblock.errors import InputError
from crawlblock.pipeline import templates as shared
from crawlblock.pipeline.discover import discover as find
from crawlblock.report.rows import TABLE
from crawlblock.store.store import Store

_NAMES = 6  # agents shown of a group
_SHARED = ["domains", "since", "author", "agents", "rules", "names", "examples"]
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
    with working("agents"):
        found = find(_opened(db), "directives" if directives else "agents", most)
    rows = [asdict(row) | {"since": f"{row.since:%Y-%m-%d}"} for row in found]
    if output.kind == TABLE:
        rows = [row | {"growth": f"{100 * row['growth']:+.2f} points"} for row in rows]
    print_rows(rows, output, _COLUMNS)


@click.command()
@db_option
@click.option("--discovered", is_flag=True, help="Groups that many unrelated domains share.")
@click.option(
    "--least",
    type=click.IntRange(2),
    default=5,
    show_default=True,
    help="With --discovered: how many registered domains must share a group.",
)
@output_options()
def templates(db: Path, discovered: bool, least: int, output: Output) -> None:
    r"""Print rules that unrelated sites share.

    Without --discovered they are the known templates: who writes them, and how they get onto a
    site. With it they are groups refusing / that are the same at many domains, known or not; a
    group that names one crawler is the same at many by chance.

    \b
    Examples:
      crawlblock templates
      crawlblock templates --discovered --least 10 -o json
    """
    store = _opened(db)
    if not discovered:
        with working("templates"):
            rows = [asdict(template) for template in shared.known(store)]
        columns = ["template", "vendor", "kind", "act", "domains", "refusing", "since"]
        print_rows(rows, output, columns if output.kind == TABLE else list(rows[0]) if rows else [])
        return
    with working("groups"):
        groups = shared.discovered(store, least)
    found: list[dict[str, object]] = [
        {
            "decision": group.decision,
            "author": author,
            "domains": group.domains,
            "since": group.since,
            "agents": len(group.agents),
            "rules": group.rules,
            "names": ", ".join(group.agents[:_NAMES]),
            "examples": ", ".join(group.examples),
        }
        for group, author in groups
    ]
    print_rows(found, output, _SHARED)


def _opened(db: Path) -> Store:
    if not db.exists():
        raise InputError(f"{db}: no database is there; name another --db, or fill one first")
    return Store(db)
