"""`crawlblock import`: captures from elsewhere."""

from pathlib import Path
from typing import cast

import click

import crawlblock
from crawlblock.cli.options import at_option, db_option, every_option
from crawlblock.cli.output import progress_bar, say
from crawlblock.sources.files import Every


@click.command("import")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILES")
@db_option
@every_option
@at_option
@click.option(
    "--snapshot",
    metavar="NAME",
    default=None,
    help="Put all captures into one snapshot of this name, whatever their dates.",
)
def import_command(
    paths: tuple[Path, ...], db: Path, every: str, at: Path | None, snapshot: str | None
) -> None:
    r"""Import captures from files and judge them.

    FILES are Parquet, CSV or JSONL with host, fetch_time (or first_seen and last_seen), status and
    body, or WARC.

    \b
    Examples:
      crawlblock import captures.parquet
      crawlblock import weekly.parquet --at observed_at.csv
      crawlblock import captures.parquet --snapshot summer
      crawlblock import crawl-00000.warc.gz --db elsewhere.duckdb
    """
    with progress_bar() as progress:
        opened = crawlblock.open(db, create=True, progress=progress)
        done = opened.import_(*paths, every=cast("Every", every), at=at, snapshot=snapshot)
    for line in done.problems:
        say(line)
    say(f"{done.captures:,} new captures, {done.payloads:,} payloads judged")
