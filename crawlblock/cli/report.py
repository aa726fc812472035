"""`crawlblock report`: the page and its figures again, from results that are there."""

from pathlib import Path

import click

from crawlblock.cli.options import db_option, results_option
from crawlblock.cli.output import say
from crawlblock.errors import InputError
from crawlblock.report.assemble import write_report
from crawlblock.store.store import Store


@click.command()
@db_option
@results_option
def report(db: Path, results: Path | None) -> None:
    r"""Draw the page and its figures again from the result files.

    \b
    Example:
      crawlblock report
    """
    if not db.exists():
        raise InputError(f"{db}: no database is there; name another --db, or fill one first")
    page = write_report(Store(db), results or db.parent / "results")
    say(f"page: {page}; each figure beside it as SVG and PNG")
