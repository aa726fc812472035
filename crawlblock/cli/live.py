"""`crawlblock live`: what the panel's hosts answer now."""

import asyncio
from pathlib import Path

import click

from crawlblock.cli.options import contact_option, db_option, progress_bar, say
from crawlblock.errors import InputError
from crawlblock.pipeline.evaluate import evaluate
from crawlblock.pipeline.live import Asking, collect_live, snapshot_name
from crawlblock.pipeline.runs import now, recorded
from crawlblock.store.store import Store


@click.command()
@db_option
@contact_option
@click.option("--panel", default=None, help="Name of the panel.  [default: the one drawn last]")
@click.option(
    "--snapshot",
    default=None,
    help="Name of the snapshot to begin or go on with.  [default: live- and the date, UTC]",
)
@click.option(
    "--concurrency",
    type=click.IntRange(1, 5_000),
    default=100,
    show_default=True,
    help="Hosts asked at a time, each over one connection.",
)
def live(
    db: Path, contact: str | None, panel: str | None, snapshot: str | None, concurrency: int
) -> None:
    r"""Ask the panel's hosts for their robots.txt now and judge them.

    Each host is asked once in a snapshot: after an interruption run it once more.  Every request
    and answer is kept as WARC beside the database.

    \b
    Examples:
      crawlblock live --contact you@example.org
      crawlblock live --contact https://example.org/research --concurrency 500
    """
    store = Store(db)
    members = store.members(panel)
    if not members:
        raise InputError(f"{db}: the panel {panel or ''} is empty; draw one with crawlblock sample")
    asking = Asking(contact, snapshot or snapshot_name(now()), concurrency)
    configuration = {"panel": panel, "snapshot": asking.snapshot, "concurrency": concurrency}
    with recorded(store, "live", configuration) as tally, progress_bar() as progress:
        try:
            already = asyncio.run(collect_live(store, asking, members, tally, progress))
        finally:
            evaluate(store, tally, progress)
    say(
        f"{asking.snapshot}: {tally.captures:,} new captures ({already:,} were there already), "
        f"{tally.payloads:,} payloads judged, {tally.requests:,} requests, "
        f"{tally.bytes / 1e6:.1f} MB"
    )
