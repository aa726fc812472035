"""`crawlblock evaluate` and `analyze`: from facts to conclusions to claims."""

import sys
from pathlib import Path

import click

from crawlblock.cli.options import (
    Output,
    db_option,
    output_options,
    print_rows,
    print_text,
    progress_bar,
    reading_option,
    results_option,
    say,
    terminal,
    working,
)
from crawlblock.pipeline import evaluate as judging
from crawlblock.pipeline.runs import recorded
from crawlblock.report.answer import write_answer
from crawlblock.report.rows import TABLE
from crawlblock.report.terminal import SUMMARY, rows
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
@output_options()
def analyze(db: Path, results: Path | None, reading: str, output: Output) -> None:
    r"""Compute the claims: result files, a table here and a page.

    \b
    Examples:
      crawlblock analyze --reading ccbot
      crawlblock analyze -o csv > refused.csv
    """
    store = Store(db)
    folder = results or db.parent / "results"
    console = terminal()
    run = recorded(store, "analyze", {"reading": reading})
    with run, working("claims"), console.capture() as answer:
        page = write_answer(store, folder, reading, console)
    if output.kind == TABLE:
        print_text(answer.get(), output)
    else:
        click.echo(answer.get(), file=sys.stderr, nl=False)
        print_rows(rows(folder), output, SUMMARY)
    say(f"page: {page}; results beside it; a copy of the database for readers: {store.published}")
