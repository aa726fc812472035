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
@click.option(
    "--because", required=True, help="Why you include it, in your own words; this is stored."
)
def accept(snapshot: str, db: Path, because: str) -> None:
    r"""Include a snapshot that was flagged as suspect.

    A snapshot is suspect if far fewer hosts answered than usual or far more share a failure. It is
    left out of all shares and changes. Usually the network failed; sometimes sites really changed.

    \b
    Example:
      crawlblock accept live-2026-11-21 --because "a CDN answers robots.txt with 403 since today"
    """
    store = existing(db)
    with recorded(store, "accept", {"snapshot": snapshot, "because": because}):
        store.conclusions.accept(snapshot, now(), because)
    say(f"{snapshot} counts from now on; crawlblock analyze computes the results again")
