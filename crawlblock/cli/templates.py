"""`crawlblock templates`: rules that unrelated sites share."""

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

import click

from crawlblock.cli.existing import published
from crawlblock.cli.options import db_option
from crawlblock.cli.output import Output, output_options, print_rows, working
from crawlblock.pipeline import templates as shared
from crawlblock.report.formats import TABLE

_NAMES = 6  # agents shown of a group
_KNOWN = ["template", "vendor", "act", "domains", "blocking", "since"]  # in a table
_SHARED = ["hosts", "domains", "since", "author", "provider", "agents", "names", "examples"]


@click.command()
@db_option
@click.option("--discovered", is_flag=True, help="Print groups that many hosts share instead.")
@click.option(
    "--least",
    type=click.IntRange(2),
    default=5,
    show_default=True,
    help="With --discovered: how many hosts must share a group.",
)
@output_options()
def templates(db: Path, discovered: bool, least: int, output: Output) -> None:
    r"""Print rules that unrelated sites share.

    By default it prints the known templates: who writes them, and how they get onto a site.
    --discovered prints groups that block / and that many hosts share, whether or not a template is
    known for them. Order and layout do not matter. Hosts of one registered domain have one owner.
    The provider is the most common one behind the hosts. Groups that name a single crawler are
    often the same by chance.

    \b
    Examples:
      crawlblock templates
      crawlblock templates --discovered --least 10 -o json
    """
    copy = published(db)
    if not discovered:
        with working("templates"), copy.asking() as con:
            rows = [asdict(template) for template in shared.known(con)]
        if output.kind == TABLE:
            nowhere = [str(row["template"]) for row in rows if not row["domains"]]
            note = f"not found: {len(nowhere)} templates, {', '.join(nowhere)}" if nowhere else ""
            print_rows([row for row in rows if row["domains"]], output, _KNOWN, note)
        else:
            print_rows(rows, output, list(rows[0]) if rows else [])
        return
    with working("groups"), copy.asking() as con:
        groups = shared.discovered(con, least)
    found: list[dict[str, object]] = [
        {
            "ruleset": group.ruleset,
            "author": author,
            "hosts": group.hosts,
            "domains": group.domains,
            "since": group.since,
            "provider": group.provider,
            "provider_share": group.behind,
            "agents": len(group.names),
            "rules": len(group.rules),
            "names": ", ".join(_spelled(group.names)[:_NAMES]),
            "examples": ", ".join(group.examples),
        }
        for group, author in groups
    ]
    print_rows(found, output, _SHARED)


def _spelled(names: Iterable[bytes]) -> list[str]:
    return [name.decode("utf-8", "replace") for name in sorted(names)]
