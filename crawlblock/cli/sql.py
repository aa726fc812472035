"""`crawlblock sql`: a question of one's own."""

import sys
from pathlib import Path

import click

from crawlblock.cli.options import db_option
from crawlblock.cli.output import Output, output_options, print_rows, say, working
from crawlblock.errors import InputError
from crawlblock.store.query import ask, copy_note, readable


@click.command()
@click.argument("query", metavar="QUERY|FILE.sql|-")
@db_option
@output_options()
def sql(query: str, db: Path, output: Output) -> None:
    r"""Run a query on the database without changing it.

    The query reads the published copy, *.snapshot.duckdb, if there is one, so it works while a run
    is writing. The views access, access_ccbot, changes and others have comments that say what they
    contain; docs/cookbook.md has examples.

    \b
    Examples:
      crawlblock sql "SHOW TABLES"
      crawlblock sql "SELECT comment FROM duckdb_views() WHERE view_name = 'access'"
      crawlblock sql question.sql --to answer.parquet
      echo "FROM snapshots" | crawlblock sql - -o csv
    """
    text = _text(query)
    if not text.strip():
        raise InputError('sql: nothing is asked; try "SHOW TABLES"')
    with working("query"):
        found = ask(readable(db), text)
    if note := copy_note(db):
        say(note)
    rows = [dict(zip(found.columns, row, strict=True)) for row in found.rows]
    if found.columns:
        print_rows(rows, output, found.columns)


def _text(query: str) -> str:
    """Return the query: as it stands, from stdin or from a file."""
    if query != "-" and (not query.lower().endswith(".sql") or " " in query.strip()):
        return query
    try:
        raw = sys.stdin.buffer.read() if query == "-" else Path(query).read_bytes()
        return raw.decode()
    except OSError as error:
        raise InputError(f"{query}: {error.strerror}; name a file, - or a query") from None
    except UnicodeDecodeError:
        name = "stdin" if query == "-" else query
        raise InputError(f"{name}: not UTF-8; save it as UTF-8 and run again") from None
