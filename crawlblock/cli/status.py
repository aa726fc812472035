"""`crawlblock status`: what the database holds and how the last runs went."""

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import click

from crawlblock.cli.existing import published
from crawlblock.cli.options import db_option
from crawlblock.cli.output import Output, output_options, print_rows, print_tables, print_text
from crawlblock.pipeline.status import Status
from crawlblock.pipeline.status import status as read_status
from crawlblock.report.formats import TABLE, Rows


@click.command()
@db_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@output_options()
def status(db: Path, as_json: bool, output: Output) -> None:
    r"""Print what the database holds and how the last runs went.

    The exit code is 0 if all is well. It is 1 if the last run of a command failed and no update has
    succeeded since, if payloads have not been judged yet, or if the newest snapshot is suspect.

    \b
    Examples:
      crawlblock status
      crawlblock status --json
    """
    with published(db).asking() as con:
        found = read_status(con)
    row = asdict(found) | {"healthy": found.healthy}
    if as_json:
        print_text(f"{json.dumps(row, default=str, indent=1)}\n", output)
    elif output.kind == TABLE:
        print_tables(_tables(found), output)
    else:
        print_rows([row], output, list(row))
    if not found.healthy:
        sys.exit(1)


def _tables(found: Status) -> Iterator[tuple[Rows, Sequence[str]]]:
    values = asdict(found)
    values.pop("runs")
    rows: list[dict[str, object]] = [
        {
            "what": name.replace("_", " "),
            "value": ", ".join(value) if isinstance(value, tuple) else value,
        }
        for name, value in values.items()
    ]
    yield rows, ["what", "value"]
    runs: list[dict[str, object]] = [
        {
            "command": run.command,
            "started (UTC)": f"{run.started:%Y-%m-%d %H:%M}",
            "seconds": round((run.ended - run.started).total_seconds()),
            "requests": run.requests,
            "result": run.result,
        }
        for run in found.runs
    ]
    yield runs, ["command", "started (UTC)", "seconds", "requests", "result"]
