"""`crawlblock analyze`: from conclusions to results."""

import sys
from pathlib import Path

import click

from crawlblock.api import steps
from crawlblock.cli.existing import existing
from crawlblock.cli.options import db_option, http_profile_option, results_option
from crawlblock.cli.output import (
    Output,
    output_options,
    print_rows,
    print_text,
    say,
    terminal,
    working,
)
from crawlblock.metrics.results_folder import census_results_of, moved, results_of
from crawlblock.pipeline.run import silent, unshown
from crawlblock.report.formats import TABLE
from crawlblock.report.terminal import by_segment
from crawlblock.report.terminal.summary import SUMMARY, rows
from crawlblock.report.terminal.whole_crawl import SUMMARY as CENSUS_SUMMARY
from crawlblock.report.terminal.whole_crawl import census_rows


@click.command()
@db_option
@results_option
@http_profile_option
@click.option(
    "--census",
    is_flag=True,
    help="Compute the results about all hosts and registered domains of scanned crawls. "
    "--db is what scan merge made; the results are in the folder census.",
)
@click.option(
    "--by",
    metavar="COLUMN",
    help="Print the results by another column of the panel's list, such as country.",
)
@output_options()
def analyze(
    db: Path, results: Path | None, http_profile: str, census: bool, by: str | None, output: Output
) -> None:
    r"""Compute the results: files, a table and a page.

    \b
    Examples:
      crawlblock analyze --http-profile ccbot
      crawlblock analyze --by stratum
      crawlblock analyze --extra own
      crawlblock analyze --census --db data/census.duckdb
      crawlblock analyze -o csv > blocked.csv
    """
    if by is not None and census:
        raise click.UsageError("--by is about the list of a panel; leave out --by or --census")
    store = existing(db)
    folder = results or (census_results_of(db) if census else results_of(db))
    note = moved(folder, db)
    console = terminal()
    place = steps.StepContext(store, unshown, silent)
    with working("results"), console.capture() as answer:
        written = steps.analyze(place, folder, http_profile, census, console)
    if by is not None:
        if output.kind == TABLE:
            print_rows(by_segment.shown_rows(folder, by), output, by_segment.SHOWN)
        else:
            print_rows(by_segment.segment_rows(folder, by), output, by_segment.COLUMNS)
    elif output.kind == TABLE:
        print_text(answer.get(), output, styled=True)
    else:
        click.echo(answer.get(), file=sys.stderr, nl=False)
        if census:
            print_rows(census_rows(folder), output, CENSUS_SUMMARY)
        else:
            print_rows(rows(folder), output, SUMMARY)
    for line in [*place.notes, *([note] if note else [])]:
        say(line)
    where = f"results: {written}" if census else f"page: {written}; results beside it"
    copied = store.published.exists()
    say(f"{where}; a copy of the database for readers: {store.published}" if copied else where)
