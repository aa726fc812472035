"""`crawlblock evaluate`: from stored facts to conclusions."""

from pathlib import Path

import click

import crawlblock
from crawlblock.cli.existing import existing
from crawlblock.cli.options import db_option
from crawlblock.cli.output import progress_bar, say


@click.command()
@db_option
def evaluate(db: Path) -> None:
    r"""Judge stored files again after rules or registry changed.

    \b
    Examples:
      crawlblock evaluate
      crawlblock evaluate --extra own
    """
    with progress_bar() as progress:
        done = crawlblock.open(existing(db).path, progress=progress).evaluate()
    say(f"{done.payloads} payloads judged")
    for line in done.problems:
        say(line)
