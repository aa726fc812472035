"""`crawlblock export`: the database as files for others."""

from datetime import datetime
from pathlib import Path

import click

from crawlblock.cli.citation_options import citation_options
from crawlblock.cli.options import db_option, http_profile_option
from crawlblock.cli.output import progress_bar, say
from crawlblock.export import export as write
from crawlblock.export.dataset import Request
from crawlblock.store.query import copy_note


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@db_option
@http_profile_option
@click.option("--access", "long", is_flag=True, help="Also a row per host, snapshot and crawler.")
@click.option("--bodies", is_flag=True, help="Also the robots.txt files, which are the sites' own.")
@click.option(
    "--annotation", is_flag=True, help="Also a row per host to join with Common Crawl's index."
)
@citation_options
@click.option(
    "--published",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="YYYY-MM-DD",
    help="The day on which you publish it.",
)
def export(
    folder: Path, db: Path, http_profile: str, long: bool, bodies: bool, annotation: bool,
    licence: str, title: str, authors: tuple[str, ...], url: str, published: datetime | None,
) -> None:  # fmt: skip
    r"""Export the database as Parquet and CSV with a description.

    It reads the copy that the last run published, so no run waits for it. The same copy gives the
    same bytes. FOLDER must be new, empty or an earlier export, which is replaced whole.

    \b
    Examples:
      crawlblock export dataset --author "Ada Lovelace" --url https://doi.org/10.5281/zenodo.1
      crawlblock export dataset --license CC-BY-4.0 --access --annotation
    """
    request = Request(
        title=title, authors=authors, licence=licence, http_profile=http_profile, long=long,
        bodies=bodies, annotation=annotation, url=url,
        published=published.date() if published else None,
    )  # fmt: skip
    with progress_bar() as progress:
        tables = write(db, folder, request, progress)
    if note := copy_note(db):
        say(note)
    rows = sum(table.rows for table in tables)
    say(
        f"{len(tables)} tables with {rows:,} rows in {folder}; licence {licence}, see its README.md"
    )
