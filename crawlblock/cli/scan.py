"""`crawlblock scan`: whole crawls, or a share of their files, read where they lie."""

import sys
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict
from pathlib import Path

import click

from crawlblock import loops
from crawlblock.cli.commands import Commands
from crawlblock.cli.existing import filling
from crawlblock.cli.options import (
    NumberRange,
    contact_option,
    db_option,
    mirror_option,
    politeness_options,
)
from crawlblock.cli.output import (
    PARTIAL,
    Output,
    output_options,
    print_rows,
    progress_bar,
    say,
    working,
)
from crawlblock.cli.record_counts import COLUMNS, said_of
from crawlblock.cli.scan_index import scan_index
from crawlblock.cli.shard_ends import SHOWN, ShardEnds
from crawlblock.executor import open_engine
from crawlblock.pipeline.merge import merge as merge_shards
from crawlblock.pipeline.run import Run, recorded
from crawlblock.pipeline.scan import ScanRequest, scan_shards
from crawlblock.report.formats import TABLE
from crawlblock.scan.load import Merged
from crawlblock.scan.plan import FileShare, Plan, make_plan, part, read_plan, write_plan
from crawlblock.scan.shards import find_shards
from crawlblock.sources.commoncrawl.crawls import find_crawls
from crawlblock.sources.commoncrawl.mirror import Mirror, is_public, limits_for, open_mirror
from crawlblock.warc.reader import has_fastwarc

_PUBLIC_SHARE = 0.01
_PUBLIC_RATE = 1.0  # requests a second: bulk readers of this subset have been banned

directory_argument = click.argument("directory", type=click.Path(file_okay=False, path_type=Path))


@click.group(cls=Commands)
def scan() -> None:
    r"""Read whole crawls: every host they captured.

    \b
    Examples:
      crawlblock scan plan data/scan --crawls latest --contact you@example.org
      crawlblock scan run data/scan --contact you@example.org
      crawlblock scan run data/scan --shard 3/16
      crawlblock scan index data/scan --contact you@example.org
      crawlblock scan merge data/scan --db data/census.duckdb
    """


scan.add_command(scan_index)


@scan.command()
@directory_argument
@mirror_option
@contact_option
@politeness_options
@click.option(
    "--crawls",
    default="latest",
    show_default=True,
    help="How many of the latest crawls, or 'latest', 'all', names or beginnings of "
    "names, with commas.",
)
@click.option(
    "--share",
    type=NumberRange(0, 1, min_open=True),
    default=None,
    help="Share of each crawl's files to read; the seed chooses them.  "
    "[default: 0.01 over public https, else 1]",
)
@click.option(
    "--seed",
    default="crawlblock",
    show_default=True,
    help="The same seed chooses the same files everywhere.",
)
@click.option(
    "--files", type=click.IntRange(1, 10_000), default=20, show_default=True,
    help="Files per shard.",
)  # fmt: skip
@click.option("--keep-bodies", is_flag=True, help="Keep whole payloads, not only their rules.")
@output_options()
def plan(
    directory: Path, mirror: str, contact: str | None, crawls: str, share: float | None, seed: str,
    files: int, keep_bodies: bool, rate: float | None, in_flight: int | None, output: Output,
) -> None:  # fmt: skip
    r"""Estimate what a scan reads and costs, and write the plan into DIRECTORY.

    Each file has a cluster of hosts, so a share of the files is a cluster sample.  A larger --share
    keeps the files of a smaller one.  To get intervals from a share, run `scan index`, too.

    \b
    Examples:
      crawlblock scan plan data/scan --contact you@example.org
      crawlblock scan plan data/scan --crawls CC-MAIN-2026 --share 0.001 --contact you@example.org
      crawlblock scan plan data/scan --mirror /archive --crawls all
    """
    share = share or (_PUBLIC_SHARE if is_public(mirror) else 1.0)
    limits = limits_for(mirror, rate, in_flight)
    reading = FileShare(share, seed, files, keep_bodies)
    with working("plan"):
        archive = open_mirror(mirror, contact, limits)
        made, troubles = loops.run(_make_plan(archive, crawls, directory, reading))
    write_plan(made, directory)
    _print_plan(made, limits.per_second, output)
    for trouble in troubles[:SHOWN]:
        say(trouble)
    if len(troubles) > SHOWN:
        say(f"... and {len(troubles) - SHOWN} more crawls are skipped")
    if troubles:
        sys.exit(PARTIAL)


async def _make_plan(
    opened: AbstractAsyncContextManager[Mirror], crawls: str, directory: Path, reading: FileShare
) -> tuple[Plan, list[str]]:
    async with opened as archive:
        found = await find_crawls(archive, crawls, directory)
        for note in found.notes:
            say(note)
        return await make_plan(archive, found.crawls, reading)


def _print_plan(made: Plan, per_second: float, output: Output) -> None:
    rows: list[dict[str, object]] = [
        {"crawl": taken.crawl, "files": taken.files, "of": taken.of, "weight": round(taken.weight)}
        for taken in made.crawls
    ]
    print_rows(rows, output, ["crawl", "files", "of", "weight"])
    public = is_public(made.mirror)
    waits = f"at {per_second:g} a second" if public else "of one core, where nothing else waits"
    minutes = made.minutes(per_second if public else None)
    say(
        f"{made.files} files in {len(made.shards)} shards, about {made.bytes / 1e6:.0f} MB and "
        f"{minutes:.0f} minutes {waits}"
    )


@scan.command(name="run")
@directory_argument
@contact_option
@click.option("--shard", default="1/1", show_default=True, help="Only the i-th of N parts: i/N.")
@click.option(
    "--engine",
    type=click.Choice(["local", "dask"]),
    default="local",
    show_default=True,
    help="Processes of this machine, or the workers of a cluster.",
)
@click.option("--scheduler", default=None, help="Address of the dask scheduler: tcp://host:8786.")
@click.option(
    "--processes",
    type=click.IntRange(1, 4096),
    default=None,
    help="Shards read at a time.  [default: 1, or as many as the cluster has workers]",
)
@click.option(
    "--rate",
    type=NumberRange(0.01, 10_000),
    default=None,
    help="Requests a second of all workers and parts together.  [default: 1 over public https]",
)
@output_options()
def run_shards(
    directory: Path, contact: str | None, shard: str, engine: str, scheduler: str | None,
    processes: int | None, rate: float | None, output: Output,
) -> None:  # fmt: skip
    r"""Read the planned shards, each into one Parquet file in DIRECTORY/shards.

    Existing shards are not read again, so run the same command again after an interruption. The
    parts of --shard can run on many machines, which share one DIRECTORY or have their own; the
    workers of a cluster share one (docs/cluster.md). -o csv, jsonl or json prints how many records
    of each type were read.

    \b
    Examples:
      crawlblock scan run data/scan --contact you@example.org
      crawlblock scan run data/scan --processes 8
      crawlblock scan run data/scan --shard 3/16
      crawlblock scan run /shared/scan --engine dask --scheduler tcp://10.0.0.5:8786
    """
    if (engine == "dask") != (scheduler is not None):
        raise click.UsageError("--engine dask and --scheduler ADDRESS belong together")
    number, parts = _part(shard)
    planned = read_plan(directory)
    public = is_public(planned.mirror)
    rate = rate or (_PUBLIC_RATE if public else None)
    _warn(public, rate)
    asking = ScanRequest(directory, contact, number, parts, rate)
    with open_engine(scheduler, processes) as workers:
        ends = ShardEnds(len(part(planned.shards, number, parts)))
        with progress_bar() as progress:
            for ended in scan_shards(planned, asking, workers):
                ends.add(ended)
                progress("shards", ends.ended, ends.of)
    ends.say()
    if output.kind != TABLE:
        print_rows([asdict(each) for each in ends.records], output, list(COLUMNS))
    if ends.wrong:
        sys.exit(PARTIAL)


def _warn(public: bool, rate: float | None) -> None:
    if public:
        say(
            "public server: clients that read this subset fast get banned; all workers together "
            f"send {rate:g} requests per second"
        )
    if not has_fastwarc():
        say("fastwarc is not installed: reading is slower (pip install 'crawlblock[scan]')")


@scan.command()
@click.argument(
    "directories",
    nargs=-1,
    required=True,
    type=click.Path(file_okay=False, exists=True, path_type=Path),
)
@click.option(
    "--ranks",
    type=click.Path(dir_okay=False, exists=True, path_type=Path),
    help="A ranking of registered domains: CSV lines rank,domain, or Parquet.",
)
@db_option
@output_options()
def merge(directories: tuple[Path, ...], ranks: Path | None, db: Path, output: Output) -> None:
    r"""Load the shards in DIRECTORIES into a census, a database of its own, and judge their texts.

    All fetches are kept; docs/method.md says which one counts for a host. What is merged is not
    merged again, unless scan run has read it again since. Then: crawlblock analyze --census.

    \b
    Examples:
      crawlblock scan merge data/scan --db data/census.duckdb
      crawlblock scan merge part1 part2 --ranks tranco.csv --db data/census.duckdb
    """
    store = filling(db)
    configuration = {"directories": [str(each) for each in directories]}
    with recorded(store, "scan merge", configuration) as tally, progress_bar() as progress:
        shards = find_shards(directories)
        merged, lacking = merge_shards(Run(store, tally, progress), shards, ranks)
    for crawl in merged:
        say(_sentence(crawl))
    for name in lacking:
        say(
            f"{name}: hosts in several files are counted too often, so shares get no interval; run "
            "crawlblock scan index, then merge again"
        )
    if records := [count for each in shards for count in each.records]:
        say(said_of(records))
    say(f"{tally.payloads} texts judged")
    if output.kind != TABLE:
        print_rows([asdict(crawl) for crawl in merged], output, [*Merged.__slots__])


def _sentence(merged: Merged) -> str:
    """Say what of a crawl is merged."""
    faults = f". {merged.faults} places in them could not be read; run crawlblock scan run again"
    return (
        f"{merged.crawl}: {merged.new} new shards; {merged.files} of the {merged.planned} planned "
        f"files are merged. The crawl has {merged.of}, so each counts as "
        f"{merged.of / merged.files:.4g}{faults if merged.faults else ''}"
    )


def _part(text: str) -> tuple[int, int]:
    """Return number and count of `i/N`."""
    number, _, parts = text.partition("/")
    digits = text.isascii() and len(text) < 19 and number.isdigit() and parts.isdigit()
    if digits and 1 <= int(number) <= int(parts):
        return int(number), int(parts)
    raise click.BadParameter(f"{text!r} is not i/N with 1 <= i <= N, such as 3/16")
