"""`crawlblock open`: the page of the results in the browser."""

import webbrowser
from pathlib import Path

import click

from crawlblock.cli.options import db_option, results_option
from crawlblock.cli.output import say
from crawlblock.errors import InputError
from crawlblock.metrics.result_files import read_owner
from crawlblock.metrics.results_folder import results_of
from crawlblock.pipeline.run import versions

_PAGE = "index.html"


@click.command(name="open")
@db_option
@results_option
def open_page(db: Path, results: Path | None) -> None:
    r"""Open the page of the results in the browser.

    It also prints the path. On a machine without a browser, copy the file to another one: it needs
    no other files.

    \b
    Examples:
      crawlblock open
      crawlblock open --db data/crawlblock.duckdb
    """
    folder = results or results_of(db)
    page = (folder / _PAGE).absolute()
    if not page.is_file():
        raise InputError(f"{page}: there is no page yet; run `crawlblock analyze` first")
    made_by = read_owner(folder)
    if any(made_by.get(name, made) != made for name, made in versions().items()):
        say("another version made this page; `crawlblock analyze` makes it again")
    click.echo(page)
    if not webbrowser.open(page.as_uri()):
        say("no browser could be opened; open this file on a machine that has one")
