"""`crawlblock evaluate` and `analyze`: from facts to conclusions to claims."""

from pathlib import Path

import click
from rich.console import Console

from crawlblock.cli.options import db_option, progress_bar, reading_option, results_option, say
from crawlblock.pipeline import evaluate as judging
from crawlblock.pipeline.runs import recorded
from crawlblock.report.answer import write_answer
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
def analyze(db: Path, results: Path | None, reading: str) -> None:
    r"""Compute the claims: result files, a table here and a page.

    \b
    Example:
      crawlblock analyze --reading ccbot
    """
    store = Store(db)
    folder = results or db.parent / "results"
    with recorded(store, "analyze", {"reading": reading}):
        page = write_answer(store, folder, reading, Console())
    say(f"page: {page}; results beside it; a copy of the database for readers: {store.published}")
