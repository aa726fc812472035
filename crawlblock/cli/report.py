"""`crawlblock report`: the page and its figures again, from results that are there."""

from pathlib import Path

import click

from crawlblock.cli.existing import published
from crawlblock.cli.options import db_option, results_option
from crawlblock.cli.output import say
from crawlblock.metrics.results_folder import results_of
from crawlblock.report.assemble import write_report


@click.command()
@db_option
@results_option
@click.option(
    "--to",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Write page and figures there.  [default: the folder of the results]",
)
def report(db: Path, results: Path | None, to: Path | None) -> None:
    r"""Draw the page and its figures again from the result files.

    \b
    Examples:
      crawlblock report
      crawlblock report --to public
    """
    with published(db).asking() as con:
        page = write_report(con, db, results or results_of(db), to)
    say(f"page: {page}; each figure beside it as SVG and PNG")
