"""`crawlblock evaluate`: from stored facts to conclusions."""

from pathlib import Path

import click

from crawlblock.cli.options import db_option
from crawlblock.cli.output import progress_bar, say
from crawlblock.pipeline import evaluate as judging
from crawlblock.pipeline.run import Run, recorded
from crawlblock.store.store import Store


@click.command()
@db_option
def evaluate(db: Path) -> None:
    r"""Judge stored files again after rules or registry changed.

    \b
    Example:
      crawlblock evaluate
    """
    store = Store(db)
    with recorded(store, "evaluate", {}) as tally, progress_bar() as progress:
        judging.evaluate(Run(store, tally, progress))
    say(f"{tally.payloads} payloads judged")
    for snapshot, hosts in store.conclusions.to_fetch().items():
        say(
            f"{snapshot}: for {len(hosts):,} hosts a record must be fetched before this version "
            f"can tell which capture counts; run crawlblock history --crawls {snapshot}"
        )
