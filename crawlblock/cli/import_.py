"""`crawlblock import`: captures from elsewhere."""

from dataclasses import asdict
from pathlib import Path
from typing import cast

import click

from crawlblock.api import fill, steps
from crawlblock.cli.existing import filling
from crawlblock.cli.options import NamedPath, at_option, db_option, every_option
from crawlblock.cli.output import Output, output_options, print_rows, progress_bar, say
from crawlblock.cli.record_counts import COLUMNS, said_of
from crawlblock.pipeline.run import silent
from crawlblock.report.formats import TABLE
from crawlblock.sources.files import Every


@click.command("import")
@click.argument("paths", nargs=-1, required=True, type=NamedPath(path_type=Path), metavar="FILES")
@db_option
@every_option
@at_option
@click.option(
    "--snapshot",
    metavar="NAME",
    default=None,
    help="Put all captures into one snapshot of this name, whatever their dates.",
)
@output_options()
def import_command(
    paths: tuple[Path, ...], db: Path, every: str, at: Path | None, snapshot: str | None,
    output: Output,
) -> None:  # fmt: skip
    r"""Import captures from files and judge them.

    FILES are Parquet, CSV or JSONL with host, fetch_time (or first_seen and last_seen), status and
    body, or WARC and ARC, plain or packed by gzip or zstd; or folders of such files. For WARC and
    ARC it prints the number of records of each type.

    \b
    Examples:
      crawlblock import captures.parquet
      crawlblock import weekly.parquet --at observed_at.csv
      crawlblock import captures.parquet --snapshot summer
      crawlblock import crawl-00000.warc.gz --db elsewhere.duckdb
    """
    with progress_bar() as progress:
        place = steps.StepContext(filling(db), progress, silent)
        done = fill.import_(place, paths, cast("Every", every), at, snapshot)
    for line in (*done.problems, *done.notes):
        say(line)
    say(f"{done.captures:,} new captures, {done.payloads:,} payloads judged")
    if done.records:
        say(said_of(done.records))
    if done.records or output.kind != TABLE:
        rows = [{**asdict(each), "file": str(each.file)} for each in done.records]
        print_rows(rows, output, ["file", *COLUMNS])
