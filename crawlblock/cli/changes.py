"""`crawlblock changes`: which hosts started or stopped blocking a crawler."""

import os
from pathlib import Path

import click

from crawlblock import loops
from crawlblock.cli.existing import published
from crawlblock.cli.options import db_option, http_profile_option, token_option
from crawlblock.cli.output import Output, output_options, print_rows, print_text, say, working
from crawlblock.errors import InputError
from crawlblock.evidence import lookup
from crawlblock.evidence.transitions import changes as find_changes
from crawlblock.report import feed
from crawlblock.report.formats import TABLE
from crawlblock.report.terminal import host_history

_CHANGE = [
    "id", "host", "token", "transition", "from_snapshot", "snapshot", "after", "before",
    "from_restriction", "to_restriction", "from_basis", "to_basis", "authored_by", "status",
    "digest",
]  # fmt: skip


@click.command()
@click.option(
    "--since", required=True, metavar="DATE|SNAPSHOT", help="From a day on, or after a snapshot."
)
@click.option("--until", metavar="DATE|SNAPSHOT", help="Up to and including this day or snapshot.")
@token_option
@http_profile_option
@output_options("atom")
@click.option(
    "--webhook", metavar="URL", help="Also POST the changes as JSON to this URL, if there are any."
)
@click.option("--secret-env", metavar="NAME", help="Environment variable with the key of the HMAC.")
@db_option
def changes(
    since: str, until: str | None, tokens: tuple[str, ...], http_profile: str, output: Output,
    webhook: str | None, secret_env: str | None, db: Path,
) -> None:  # fmt: skip
    r"""Print which hosts started or stopped blocking a crawler.

    With a date, --since prints the changes that captures of that day and later show.  The message
    to a webhook is signed: X-Crawlblock-Signature: sha256=HMAC of the body.

    \b
    Examples:
      crawlblock changes --since 2024-01-01 --token GPTBot
      crawlblock changes --since CC-MAIN-2024-30 -o atom > changes.xml
      crawlblock changes --since 2024-01-01 --webhook https://example.org/hook --secret-env KEY
    """
    secret = _secret(webhook, secret_env)
    with published(db).asking(http_profile) as con:
        start = lookup.instant(con, since)
        end = lookup.instant(con, until) if until else None
        known = [lookup.known_token(con, token) for token in tokens]
        with working("changes"):
            found = find_changes(con, start, end, known)
    if output.kind == "atom":
        print_text(f"{feed.atom(found, known, start.start)}\n", output)
    elif output.kind == TABLE:
        print_text(host_history.changes_page(found), output)
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
