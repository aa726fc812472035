"""`crawlblock accept`: count a suspect snapshot after a person looked at it."""

from pathlib import Path

import click

from crawlblock.cli.existing import existing
from crawlblock.cli.options import db_option
from crawlblock.cli.output import say
from crawlblock.pipeline.run import now, recorded


@click.command()
@click.argument("snapshot")
@db_option
@click.option("--because", required=True, help="Why it is right, in your words; it is kept.")
def accept(snapshot: str, db: Path, because: str) -> None:
    r"""Count a suspect snapshot all the same.

    A snapshot is suspect, and left out of all shares and changes, when far fewer hosts answered
    than usual or far more share a failure: mostly a fault of the network, sometimes news.

    \b
    Example:
      crawlblock accept live-2026-11-21 --because "a CDN answers robots.txt with 403 since today"
    """
    store = existing(db)
    with recorded(store, "accept", {"snapshot": snapshot, "because": because}):
        store.conclusions.accept(snapshot, now(), because)
    say(f"{snapshot} counts from now on; crawlblock analyze computes the results again")
