"""`crawlblock remove`: take out a snapshot that was imported or run by mistake."""

import sys
from pathlib import Path

import click

from crawlblock.api import fill, steps
from crawlblock.cli.existing import existing
from crawlblock.cli.options import db_option
from crawlblock.cli.output import say
from crawlblock.pipeline.run import silent, unshown
from crawlblock.store.removal import removable
from crawlblock.store.store import Store


@click.command()
@click.argument("snapshot")
@db_option
@click.option("--because", help="Why, in your own words; this is stored and shown.")
@click.option("--restore", is_flag=True, help="Bring back what was removed under this name.")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
def remove(snapshot: str, db: Path, because: str | None, restore: bool, yes: bool) -> None:
    r"""Take out a snapshot that was imported or run by mistake.

    No result and no view shows it any more, and its name is free. Nothing is deleted: --restore
    brings it back. Results, status and the table removed_snapshots say what was removed and why.

    \b
    Examples:
      crawlblock remove CC-MAIN-2024-30 --because "from the wrong archive" --yes
      crawlblock remove CC-MAIN-2024-30 --restore
    """
    if restore == (because is not None):
        raise click.UsageError("name one of --because TEXT, --restore")
    store = existing(db)
    place = steps.StepContext(store, unshown, silent)
    if because is None:
        fill.restore(place, snapshot)
        say(f"{snapshot} is back; crawlblock analyze computes the results again")
        return
    if not yes:
        _ask(store, snapshot)
    fill.remove(place, snapshot, because)
    say(f"{snapshot} is removed; crawlblock analyze computes the results again")


def _ask(store: Store, snapshot: str) -> None:
    """Let a person confirm; raises UsageError where nobody can answer."""
    with store.reading() as con:
        found = removable(con, snapshot)
    if not sys.stdin.isatty():
        raise click.UsageError("cannot ask for confirmation here; add --yes")
    days = f"{found.first_capture:%Y-%m-%d}" if found.first_capture else "no day"
    click.confirm(
        f"{snapshot} ({found.kind}, from {days} on): {found.hosts:,} hosts asked, "
        f"{found.fetches:,} fetches. Remove it?",
        abort=True,
        err=True,
    )
