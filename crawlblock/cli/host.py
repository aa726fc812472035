"""`crawlblock timeline`, `explain` and `cat`: what is known about one host."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from crawlblock.cli.existing import published
from crawlblock.cli.options import crawler_names, db_option, http_profile_option, token_option
from crawlblock.cli.output import Output, output_options, print_rows, print_text, say
from crawlblock.errors import InputError
from crawlblock.evidence import explanation, lookup
from crawlblock.evidence.transitions import states, transitions
from crawlblock.report import feed
from crawlblock.report.formats import TABLE
from crawlblock.report.terminal import explained, host_history

_TRANSITION = [
    "token", "from_snapshot", "snapshot", "after", "before", "from_restriction", "to_restriction",
    "from_basis", "to_basis", "unknown",
]  # fmt: skip
_STATE = [
    "snapshot", "time", "outcome", "status", "token", "restriction", "basis", "root_allowed",
]  # fmt: skip

_at_option = click.option(
    "--at",
    metavar="SNAPSHOT|DATE",
    help="A snapshot, or the last capture up to the end of a day.  [default: the last capture]",
)


@click.command()
@click.argument("host")
@token_option
@click.option("--all", "whole", is_flag=True, help="A row per snapshot and crawler.")
@http_profile_option
@output_options()
@db_option
def timeline(
    host: str, tokens: tuple[str, ...], whole: bool, http_profile: str, output: Output, db: Path
) -> None:
    r"""Print the history of a host, snapshot by snapshot.

    A transition lies between two captures. A host that we could not read is unknown, not open.

    \b
    Examples:
      crawlblock timeline example.com
      crawlblock timeline example.com --token GPTBot --token CCBot --all -o csv
    """
    with published(db).asking(http_profile) as con:
        name = lookup.known_host(con, host)
        rows = states(con, name, [lookup.known_token(con, token) for token in tokens])
    if not rows:
        raise InputError(f"{name}: followed, but not captured yet; run `crawlblock history`")
    if whole:
        print_rows([_plain(asdict(row)) for row in rows], output, _STATE)
    elif output.kind == TABLE:
        print_text(host_history.page(name, rows, transitions(rows)), output)
    else:
        print_rows(
            [_plain(asdict(transition)) for transition in transitions(rows)], output, _TRANSITION
        )


@click.command()
@click.argument("host")
@click.argument("token", shell_complete=crawler_names)
@_at_option
@http_profile_option
@output_options()
@db_option
def explain(
    host: str, token: str, at: str | None, http_profile: str, output: Output, db: Path
) -> None:
    r"""Print the lines that block or allow a crawler at a host.

    \b
    Examples:
      crawlblock explain example.com GPTBot
      crawlblock explain example.com CCBot --at CC-MAIN-2024-30 -o json
    """
    with published(db).asking(http_profile) as con:
        asked = lookup.known_token(con, token)
        point = lookup.point_at(con, lookup.known_host(con, host), at)
        found = explanation.explain(con, point, asked, http_profile)
    if output.kind == TABLE:
        print_text(explained.explanation(found, http_profile), output)
    else:
        row = _plain(explained.explained(found))
        print_rows([row], output, list(row))


@click.command()
@click.argument("host")
@_at_option
@db_option
def cat(host: str, at: str | None, db: Path) -> None:
    r"""Print the archived robots.txt of a host, byte for byte.

    \b
    Examples:
      crawlblock cat example.com
      crawlblock cat example.com --at 2024-08-01 > robots.txt
    """
    with published(db).asking() as con:
        point, body = explanation.archived(con, lookup.known_host(con, host), at)
    say(explained.origin(point, body.bytes))
    if body.is_text:
        say(explained.TEXT_NOTE)
    sys.stdout.buffer.write(body.bytes)


def _plain(row: dict[str, Any]) -> dict[str, object]:
    """Write times as RFC 3339 has them."""
    return {key: feed.utc(v) if hasattr(v, "isoformat") else v for key, v in row.items()}
