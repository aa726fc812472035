"""`crawlblock status`: how things stand."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

import click

from crawlblock.cli.options import db_option, print_rows
from crawlblock.errors import InputError
from crawlblock.pipeline.status import Status
from crawlblock.pipeline.status import status as read_status
from crawlblock.store.store import Store


@click.command()
@db_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def status(db: Path, as_json: bool) -> None:
    r"""Print what the database holds and how the last runs went.

    The exit code is 0 if all is well, 1 if a command's last run failed or payloads wait to be
    judged.

    \b
    Examples:
      crawlblock status
      crawlblock status --json
    """
    if not db.exists():
        raise InputError(f"{db}: no database is there yet; crawlblock sample begins one")
    found = read_status(Store(db))
    if as_json:
        click.echo(json.dumps(asdict(found) | {"healthy": found.healthy}, default=str, indent=1))
    else:
        _print(found)
    if not found.healthy:
        sys.exit(1)


def _print(found: Status) -> None:
    values = asdict(found)
    values.pop("runs")
    rows: list[dict[str, object]] = [
        {"what": name.replace("_", " "), "value": value} for name, value in values.items()
    ]
    print_rows(rows, "table", ["what", "value"])
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
    print_rows(runs, "table", ["command", "started (UTC)", "seconds", "requests", "result"])
