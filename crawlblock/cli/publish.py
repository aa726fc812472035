"""`crawlblock publish`: a folder to deploy."""

from pathlib import Path

import click

from crawlblock.cli.citation_options import citation_options
from crawlblock.cli.existing import published
from crawlblock.cli.options import db_option, results_option
from crawlblock.cli.output import progress_bar, say
from crawlblock.export.dataset import Request
from crawlblock.export.publication import publish as write
from crawlblock.metrics.results_folder import results_of


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@db_option
@results_option
@click.option("--access", "long", is_flag=True, help="Also a row per host, snapshot and crawler.")
@citation_options
def publish(
    folder: Path, db: Path, results: Path | None, long: bool, licence: str, title: str,
    authors: tuple[str, ...], url: str,
) -> None:  # fmt: skip
    r"""Make a folder to deploy: page, results, export, feed, sites.

    It has the page (index.html) with its figures and result files, the export with its description
    (export/), the changes of the last three months as an Atom feed (changes.xml), and a JSON file
    per site (sites/, listed in sites/index.json). Run analyze first. FOLDER must be new, empty or
    an earlier publication, which is replaced whole.

    \b
    Examples:
      crawlblock publish public --author "Ada Lovelace" --license CC-BY-4.0
    """
    request = Request(
        title=title, authors=authors, licence=licence, http_profile="rfc9309", long=long,
        bodies=False, url=url,
    )  # fmt: skip
    with progress_bar() as progress, published(db).asking() as con:
        sites = write(con, db, results or results_of(db), folder, request, progress)
    say(f"page: {folder / 'index.html'}; {sites:,} sites, feed and export in the same folder")
