"""`crawlblock replicate`: what others published, beside what the data at hand give."""

from dataclasses import asdict, fields
from pathlib import Path

import click

from crawlblock.cli.existing import published
from crawlblock.cli.options import DEFAULT_DB, token_option
from crawlblock.cli.output import Output, output_options, print_rows, print_text, working
from crawlblock.errors import InputError
from crawlblock.replication import comparison
from crawlblock.replication.parser_mistakes import mistakes as mistakes_of_parsers
from crawlblock.replication.published import BUNDLED, read_figures, read_sources
from crawlblock.replication.series import Series, from_corpus, from_database
from crawlblock.report.formats import TABLE
from crawlblock.report.terminal.published_figures import page
from crawlblock.robots.peers import DEFINITIONS
from crawlblock.store.database import copy_of
from crawlblock.store.new_database import holds_anything

COLUMNS = [field.name for field in fields(comparison.Comparison)]
_SHARES = ("published", "ours", "low", "high", "difference")


@click.command()
@click.option(
    "--db",
    type=click.Path(dir_okay=False, path_type=Path),
    default=None,
    envvar="CRAWLBLOCK_DB",
    help=f"The database.  [default: {DEFAULT_DB}, if it is there]",
)
@click.option(
    "--corpus",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder of Parquet files of captures, as `import` takes them, in place of a database.",
)
@click.option(
    "--definition",
    type=click.Choice([definition.name for definition in DEFINITIONS]),
    help="Print the share under this definition in every snapshot instead.",
)
@click.option(
    "--mistakes", is_flag=True, help="Print how many blocks the parsers of others miss instead."
)
@token_option
@click.option("--every-date", is_flag=True, help="Show each date of a figure, not only the latest.")
@click.option(
    "--reference",
    type=click.Path(file_okay=False, path_type=Path),
    default=BUNDLED,
    help="The folder of published figures.  [default: those that come with crawlblock]",
)
@output_options()
def replicate(
    db: Path | None, corpus: Path | None, definition: str | None, mistakes: bool,
    tokens: tuple[str, ...], every_date: bool, reference: Path, output: Output,
) -> None:  # fmt: skip
    r"""Compare published figures with ours by the same definition.

    A figure is compared only with data that measure the same thing: hosts or tokens, the same
    population, a snapshot within a year. -o csv lists the others with the reason. Without a
    database it shows what can be recomputed from the published counts.

    \b
    Examples:
      crawlblock replicate
      crawlblock replicate --corpus captures/ --mistakes
      crawlblock replicate --definition imc25 --token GPTBot -o csv
    """
    figures = read_figures(reference)
    asked = list(tokens) or comparison.usual_tokens(figures)
    with working("captures"):
        series = _series(db, corpus)
    if mistakes and definition:
        raise InputError("--mistakes and --definition: name one of them")
    if not series and (mistakes or definition):
        raise InputError("no data: name a --corpus, or a --db with captures")
    if mistakes and all(part.rendered for part in series):
        raise InputError("--mistakes: these texts are reconstructed; name a --corpus of real ones")
    if mistakes:
        rows = mistakes_of_parsers(series, asked)
    elif definition:
        (chosen,) = (d for d in DEFINITIONS if d.name == definition)
        rows = comparison.under(chosen, series, asked)
    else:
        rows = comparison.replicate(figures, series, asked, every_date)
    if output.kind == TABLE:
        print_text(page(rows, read_sources(reference)), output)
    else:
        print_rows([_rounded(row) for row in rows], output, COLUMNS)


def _series(db: Path | None, corpus: Path | None) -> list[Series]:
    """Return the data at hand: a corpus, the database named, or the default one if it exists."""
    if corpus is not None:
        if db is not None:
            raise InputError("--corpus and --db: name one of them")
        return from_corpus(corpus)
    if db is None and not (holds_anything(DEFAULT_DB) or copy_of(DEFAULT_DB).exists()):
        return []
    with published(db or DEFAULT_DB).asking() as con:
        return from_database(con)


def _rounded(row: comparison.Comparison) -> dict[str, object]:
    cells: dict[str, object] = asdict(row)
    for name in _SHARES:
        value = cells[name]
        if isinstance(value, float):
            cells[name] = round(value, 4) + 0.0  # no -0.0
    return cells
