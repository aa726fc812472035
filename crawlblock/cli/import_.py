"""`crawlblock import`: captures from elsewhere."""

from pathlib import Path
from typing import cast

import click

from crawlblock.cli.options import at_option, db_option, every_option
from crawlblock.cli.output import progress_bar, say
from crawlblock.pipeline.evaluate import evaluate
from crawlblock.pipeline.importing import import_files
from crawlblock.pipeline.run import Run, recorded
from crawlblock.sources.files import Every, read_observation_times
from crawlblock.store.store import Store


@click.command("import")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILES")
@db_option
@every_option
@at_option
def import_command(paths: tuple[Path, ...], db: Path, every: str, at: Path | None) -> None:
    r"""Import captures from files and judge them.

    FILES are Parquet, CSV or JSONL with host, fetch_time (or first_seen and last_seen), status and
    body, or WARC.

    \b
    Examples:
      crawlblock import captures.parquet
      crawlblock import weekly.parquet --at observed_at.csv
      crawlblock import crawl-00000.warc.gz --db elsewhere.duckdb
    """
    store = Store(db)
    times = read_observation_times(at) if at else []
    configuration = {"files": [str(path) for path in paths], "every": every, "at": at}
    with recorded(store, "import", configuration) as tally, progress_bar() as progress:
        run = Run(store, tally, progress)
        try:
            left_out = import_files(run, paths, cast("Every", every), times)
        finally:
            evaluate(run)
    for line in left_out:
        say(str(line))
    say(f"{tally.captures:,} new captures, {tally.payloads:,} payloads judged")
