"""`crawlblock evaluate` and `analyze`: from facts to conclusions to claims."""

from pathlib import Path

import click
from rich.console import Console

from crawlblock.cli.options import db_option, progress_bar, reading_option, results_option, say
from crawlblock.pipeline import evaluate as judging
from crawlblock.pipeline.runs import recorded
from crawlblock.report.answer import write_answer
from crawlblock.report.census import write_census
from crawlblock.store.store import Store


@click.command()
@db_option
def evaluate(db: Path) -> None:
    r"""Judge again all that is stored, after the registry or the rules changed.

    \b
    Example:
      crawlblock evaluate
    """
    store = Store(db)
    with recorded(store, "evaluate", {}) as tally, progress_bar() as progress:
        judging.evaluate(store, tally, progress)
    say(f"{tally.payloads} payloads judged")


@click.command()
@db_option
@results_option
@reading_option
@click.option(
    "--census",
    is_flag=True,
    help="Claims about all hosts and registered domains of scanned crawls, from a --db that "
    "scan merge made; its results go into census beside it.",
)
def analyze(db: Path, results: Path | None, reading: str, census: bool) -> None:
    r"""Compute the claims: result files, a table here and a page.

    \b
    Examples:
      crawlblock analyze --reading ccbot
      crawlblock analyze --census --db data/census.duckdb
    """
    store = Store(db)
    folder = results or db.parent / ("census" if census else "results")
    with recorded(store, "analyze", {"reading": reading, "census": census}):
        if census:
            write_census(store, folder, reading, Console())
        else:
            page = write_answer(store, folder, reading, Console())
    where = f"results: {folder}" if census else f"page: {page}; results beside it"
    say(f"{where}; a copy of the database for readers: {store.published}")
