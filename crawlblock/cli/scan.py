"""`crawlblock scan`: whole crawls, or a share of their files, read where they lie."""

import asyncio
import sys
from pathlib import Path
from urllib.parse import urlsplit

import click

from crawlblock.cli.options import (
    PARTIAL,
    contact_option,
    db_option,
    mirror_option,
    print_rows,
    progress_bar,
    say,
)
from crawlblock.pipeline.merge import merge as merge_shards
from crawlblock.pipeline.runs import recorded
from crawlblock.scan.merge import Merged
from crawlblock.scan.plan import Plan, make_plan, read_plan, write_plan
from crawlblock.scan.read import has_fastwarc
from crawlblock.scan.run import part, run, tasks
from crawlblock.scan.shard import Fault
from crawlblock.sources.commoncrawl.mirror import open_mirror
from crawlblock.store.store import Store
from crawlblock.transport import Limits, is_loopback

_PUBLIC_SHARE = 0.01
_PUBLIC_RATE = 1.0  # requests a second: bulk readers of this subset have been banned
_RATE = 100.0
_SHOWN = 10  # faults

directory_argument = click.argument("directory", type=click.Path(file_okay=False, path_type=Path))


@click.group()
def scan() -> None:
    r"""Read whole crawls: every host they captured, not a panel.

    \b
    Examples:
      crawlblock scan plan data/scan --crawls latest --contact you@example.org
      crawlblock scan run data/scan --contact you@example.org
      crawlblock scan run data/scan --shard 3/16
      crawlblock scan merge data/scan --db data/census.duckdb
    """


@scan.command()
@directory_argument
@mirror_option
@contact_option
@click.option(
    "--crawls",
    default="latest",
    show_default=True,
    help="How many of the latest, 'latest', 'all', or names and their beginnings with commas.",
)
@click.option(
    "--share",
    type=click.FloatRange(0, 1, min_open=True),
    default=None,
    help="Share of each crawl's files, drawn by the seed.  [default: 0.01 over public https, or 1]",
)
@click.option(
    "--seed",
    default="crawlblock",
    show_default=True,
    help="The same seed draws the same files everywhere.",
)
@click.option(
    "--files", type=click.IntRange(1), default=20, show_default=True, help="Files of a shard."
)
@click.option("--keep-bodies", is_flag=True, help="Keep each payload whole, not its rules alone.")
def plan(
    directory: Path, mirror: str, contact: str | None, crawls: str, share: float | None, seed: str,
    files: int, keep_bodies: bool,
) -> None:  # fmt: skip
    r"""Say what a scan reads and what it costs, and write it into DIRECTORY.

    Files hold hosts in clusters, so a share of them is a cluster sample; a larger --share keeps
    the files of a smaller one.

    \b
    Examples:
      crawlblock scan plan data/scan --contact you@example.org
      crawlblock scan plan data/scan --crawls CC-MAIN-2026 --share 0.001 --contact you@example.org
      crawlblock scan plan data/scan --mirror /archive --crawls all
    """
    chosen = share or (_PUBLIC_SHARE if _is_public(mirror) else 1.0)
    made = asyncio.run(_make_plan(mirror, contact, crawls, chosen, seed, files, keep_bodies))
    write_plan(made, directory)
    _print_plan(made)


async def _make_plan(
    mirror: str, contact: str | None, crawls: str, share: float, seed: str, files: int,
    keep_bodies: bool,
) -> Plan:  # fmt: skip
    async with open_mirror(mirror, contact, Limits(per_second=_PUBLIC_RATE)) as archive:
        return await make_plan(archive, crawls, share, seed, files, keep_bodies)


def _print_plan(made: Plan) -> None:
    rows: list[dict[str, object]] = [
        {"crawl": taken.crawl, "files": taken.files, "of": taken.of, "weight": round(taken.weight)}
        for taken in made.crawls
    ]
    print_rows(rows, "table", ["crawl", "files", "of", "weight"])
    public = _is_public(made.mirror)
    rate = _PUBLIC_RATE if public else None
    say(
        f"{made.files} files in {len(made.shards)} shards, about {made.bytes / 1e6:.0f} MB and "
        f"{made.minutes(rate):.0f} minutes "
        + (f"at {rate:g} request a second" if public else "of one core, where nothing else waits")
    )


@scan.command(name="run")
@directory_argument
@contact_option
@click.option("--shard", default="1/1", show_default=True, help="Only the i-th of N parts: i/N.")
@click.option(
    "--processes", type=click.IntRange(1, 256), default=1, show_default=True, help="At a time."
)
@click.option(
    "--rate",
    type=click.FloatRange(0.01, 10_000),
    default=None,
    help="Requests a second of all parts together.  [default: 1 over public https, or 100]",
)
def run_shards(
    directory: Path, contact: str | None, shard: str, processes: int, rate: float | None
) -> None:
    r"""Read the planned shards, each into one Parquet file in DIRECTORY/shards.

    A shard that is there is not read again: after an interruption run the same command once more.
    The parts of --shard may run on many machines, which see the same DIRECTORY or their own.

    \b
    Examples:
      crawlblock scan run data/scan --contact you@example.org
      crawlblock scan run data/scan --processes 8
      crawlblock scan run data/scan --shard 3/16
    """
    number, parts = _part(shard)
    planned = read_plan(directory)
    public = _is_public(planned.mirror)
    if public:
        say("public server: this subset gets clients banned that ask fast; one request at a time")
    if not has_fastwarc():
        say("fastwarc is not installed: reading is slower (pip install 'crawlblock[scan]')")
    limits = Limits(per_second=rate or (_PUBLIC_RATE if public else _RATE), in_flight=1)
    workers = processes * (parts if public else 1)
    chosen = part(planned.shards, number, parts)
    faults: list[Fault] = []
    done = skipped = captures = 0
    with progress_bar() as progress:
        for ended in run(tasks(planned, chosen, directory, contact, limits, workers), processes):
            done += 1
            skipped += ended.skipped
            captures += ended.captures
            faults += ended.faults
            progress("shards", done, len(chosen))
    say(f"{done} shards, {skipped} of them there already: {captures} captures")
    for fault in faults[:_SHOWN]:
        say(f"{fault.file} at {fault.offset}: {fault.reason}")
    if len(faults) > _SHOWN:
        say(f"... and {len(faults) - _SHOWN} more places that cannot be read")
    if faults:
        sys.exit(PARTIAL)


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
def merge(directories: tuple[Path, ...], ranks: Path | None, db: Path) -> None:
    r"""Load the shards in DIRECTORIES into a census, a database of its own, and judge their texts.

    Of a host's captures in a crawl the newest good one counts, redirects followed; all are kept.
    What is merged is not merged again.  Then: crawlblock analyze --census.

    \b
    Examples:
      crawlblock scan merge data/scan --db data/census.duckdb
      crawlblock scan merge part1 part2 --ranks tranco.csv --db data/census.duckdb
    """
    store = Store(db)
    told = {"directories": [str(each) for each in directories]}
    with recorded(store, "scan merge", told) as tally, progress_bar() as progress:
        merged = merge_shards(store, directories, ranks, tally, progress)
    for crawl in merged:
        say(_told(crawl))
    say(f"{tally.payloads} texts judged")


def _told(merged: Merged) -> str:
    """Say what of a crawl is merged."""
    return (
        f"{merged.crawl}: {merged.new} new shards; {merged.files} of the {merged.planned} planned "
        f"files are merged, of {merged.of} that the crawl has: claims are of these, each stands "
        f"for {merged.of / merged.files:.4g}"
    )


def _part(text: str) -> tuple[int, int]:
    """Return number and count of `i/N`."""
    number, _, parts = text.partition("/")
    if number.isdigit() and parts.isdigit() and 1 <= int(number) <= int(parts):
        return int(number), int(parts)
    raise click.BadParameter(f"{text!r} is not i/N with 1 <= i <= N, such as 3/16")


def _is_public(mirror: str) -> bool:
    parts = urlsplit(mirror)
    return parts.scheme.lower() in ("http", "https") and not is_loopback(parts.hostname or "")
