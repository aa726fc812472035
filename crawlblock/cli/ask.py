"""`crawlblock timeline`, `explain`, `cat` and `changes`: what happened at which host, and why."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
import duckdb

from crawlblock import loops
from crawlblock.analysis import evidence
from crawlblock.analysis.changes import changes as find_changes
from crawlblock.analysis.changes import standings, turns
from crawlblock.analysis.run import set_reading
from crawlblock.cli.options import crawler_names, db_option, reading_option, token_option
from crawlblock.cli.output import Output, output_options, print_rows, print_text, say, working
from crawlblock.errors import InputError
from crawlblock.report import feed, history
from crawlblock.report.rows import TABLE
from crawlblock.store.store import Store

_TURN = [
    "token", "from_snapshot", "snapshot", "after", "before", "from_restriction", "to_restriction",
    "from_basis", "to_basis", "unknown",
]  # fmt: skip
_STANDING = [
    "snapshot", "time", "outcome", "status", "token", "restriction", "basis", "root_allowed",
]  # fmt: skip
_CHANGE = [
    "id", "host", "token", "event", "from_snapshot", "snapshot", "after", "before",
    "from_restriction", "to_restriction", "from_basis", "to_basis", "authored_by", "status",
    "digest",
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
@reading_option
@output_options()
@db_option
def timeline(
    host: str, tokens: tuple[str, ...], whole: bool, reading: str, output: Output, db: Path
) -> None:
    r"""Print the history of a host, snapshot by snapshot.

    A change lies between two captures; what could not be told is unknown, not open.

    \b
    Examples:
      crawlblock timeline example.com
      crawlblock timeline example.com --token GPTBot --token CCBot --all -o csv
    """
    with _asking(db, reading) as con:
        name = evidence.known_host(con, host)
        rows = standings(con, name, [evidence.known_token(con, token) for token in tokens])
    if not rows:
        raise InputError(f"{name}: followed, but not captured yet; run `crawlblock history`")
    if whole:
        print_rows([_plain(asdict(row)) for row in rows], output, _STANDING)
    elif output.kind == TABLE:
        print_text(history.page(name, rows, turns(rows)), output)
    else:
        print_rows([_plain(asdict(turn)) for turn in turns(rows)], output, _TURN)


@click.command()
@click.argument("host")
@click.argument("token", shell_complete=crawler_names)
@_at_option
@reading_option
@output_options()
@db_option
def explain(host: str, token: str, at: str | None, reading: str, output: Output, db: Path) -> None:
    r"""Print the lines that block or allow a crawler at a host.

    \b
    Examples:
      crawlblock explain example.com GPTBot
      crawlblock explain example.com CCBot --at CC-MAIN-2024-30 -o json
    """
    with _asking(db, reading) as con:
        asked = evidence.known_token(con, token)
        point = evidence.point_at(con, evidence.known_host(con, host), at)
        found = evidence.explain(con, point, asked, reading)
    if output.kind == TABLE:
        print_text(history.explanation(found, reading), output)
    else:
        row = _plain(history.explained(found))
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
    with _asking(db) as con:
        point, body = evidence.archived(con, evidence.known_host(con, host), at)
    say(history.origin(point))
    if body.is_text:
        say(history.TEXT_NOTE)
    sys.stdout.buffer.write(body.bytes)


@click.command()
@click.option(
    "--since", required=True, metavar="DATE|SNAPSHOT", help="From a day on, or after a snapshot."
)
@click.option("--until", metavar="DATE|SNAPSHOT", help="Up to this, itself included.")
@token_option
@reading_option
@output_options("atom")
@click.option("--webhook", metavar="URL", help="POST the JSON there too, if anything changed.")
@click.option("--secret-env", metavar="NAME", help="Environment variable with the HMAC's key.")
@db_option
def changes(
    since: str, until: str | None, tokens: tuple[str, ...], reading: str, output: Output,
    webhook: str | None, secret_env: str | None, db: Path,
) -> None:  # fmt: skip
    r"""Print which hosts started or stopped blocking a crawler.

    --since with a date counts what captures of that day and later show.  The message to a webhook
    is signed: X-Crawlblock-Signature: sha256=HMAC of the body.

    \b
    Examples:
      crawlblock changes --since 2024-01-01 --token GPTBot
      crawlblock changes --since CC-MAIN-2024-30 -o atom > changes.xml
      crawlblock changes --since 2024-01-01 --webhook https://example.org/hook --secret-env KEY
    """
    secret = _secret(webhook, secret_env)
    with _asking(db, reading) as con:
        start = evidence.instant(con, since)
        end = evidence.instant(con, until) if until else None
        known = [evidence.known_token(con, token) for token in tokens]
        with working("changes"):
            found = find_changes(con, start, end, known)
    if output.kind == "atom":
        print_text(f"{feed.atom(found, known, start.start)}\n", output)
    elif output.kind == TABLE:
        print_text(history.changes_page(found), output)
    else:
        print_rows([feed.row_of(change) for change in found], output, _CHANGE)
    if webhook and found:
        loops.run(feed.deliver(webhook, feed.as_json(found).encode(), secret))
        say(f"{len(found)} changes delivered")


def _secret(webhook: str | None, name: str | None) -> str:
    """Return the key for a webhook's signature, before anything is asked of the database."""
    if webhook is None:
        if name is not None:
            raise InputError("--secret-env: there is nothing to sign without --webhook")
        return ""
    feed.checked_webhook(webhook)
    if name is None:
        raise InputError("--webhook: name the variable that holds the key with --secret-env")
    if not os.environ.get(name):
        raise InputError(f"--secret-env: the environment variable {name} is empty or not set")
    return os.environ[name]


@contextmanager
def _asking(db: Path, reading: str = "rfc9309") -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a database that is there; a question never makes one."""
    if not db.exists():
        raise InputError(f"{db}: no database is there; name another --db, or fill one first")
    with Store(db).reading() as con:
        set_reading(con, reading)
        yield con


def _plain(row: dict[str, Any]) -> dict[str, object]:
    """Write times as RFC 3339 has them."""
    return {key: feed.utc(v) if hasattr(v, "isoformat") else v for key, v in row.items()}
