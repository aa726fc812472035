"""`crawlblock sample`: choose the hosts to follow."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from crawlblock import loops
from crawlblock.api import fill, steps
from crawlblock.api.step_options import chooser, chooser_by_size
from crawlblock.cli.existing import filling
from crawlblock.cli.listed import COLUMNS, say_rejects, understood
from crawlblock.cli.options import (
    cache_option,
    column_option,
    contact_option,
    db_option,
    mirror_option,
    politeness_options,
    rejects_option,
)
from crawlblock.cli.output import Output, output_options, print_rows, progress_bar, say
from crawlblock.pipeline.run import Tally, silent, unshown
from crawlblock.pipeline.sample import (
    CrawlSample,
    Reading,
    panel_name,
    plan_crawl_sample,
)
from crawlblock.sources.commoncrawl.frame import FramePlan
from crawlblock.sources.commoncrawl.mirror import limits_for
from crawlblock.sources.files.host_lists.rejects import Rejects


@click.command()
@db_option
@click.option(
    "--list",
    "list_file",
    type=click.Path(path_type=Path),
    help="Follow exactly these hosts or domains: text, CSV, JSON, Parquet or Excel.",
)
@click.option(
    "--ranks",
    help="A ranked list to sample from by strata, or 'webgraph' for Common Crawl's own.",
)
@column_option
@rejects_option
@click.option("--crawl", help="Sample uniformly from the registered domains of this crawl.")
@click.option(
    "--by-size",
    metavar="CORPUS_UNIT",
    help="Sample from the domains with stored weights, in proportion to their size: C4_tokens.",
)
@click.option(
    "--size",
    type=click.IntRange(1),
    default=1000,
    show_default=True,
    help="Domains to sample, per stratum if there are strata.",
)
@click.option(
    "--seed",
    default="crawlblock",
    show_default=True,
    help="The same seed and frame give the same panel everywhere.",
)
@click.option("--name", default=None, help="Name of the panel.  [default: after its frame]")
@mirror_option
@contact_option
@politeness_options
@click.option(
    "--dry-run",
    is_flag=True,
    help="Store nothing. Show how the list is read or, with --crawl, estimate the cost.",
)
@cache_option
@output_options()
def sample(
    db: Path, list_file: Path | None, ranks: str | None, column: str | None, rejects: Path | None,
    crawl: str | None, by_size: str | None, size: int, seed: str, name: str | None, mirror: str,
    contact: str | None,
    rate: float | None, in_flight: int | None, dry_run: bool, cache: Path | None, output: Output,
) -> None:  # fmt: skip
    r"""Choose the hosts to follow: a list, ranking, crawl or weights.

    A larger --size keeps the members of the smaller one. The domains of a crawl stay in the cache
    folder, so a second run, also for another size or seed, does not request them again.

    \b
    Examples:
      crawlblock sample --list domains.csv --dry-run
      crawlblock sample --list domains.csv --rejects rejects.csv
      crawlblock sample --ranks tranco.csv --size 500
      crawlblock sample --crawl latest --size 10000 --contact you@example.org --dry-run
      crawlblock sample --crawl latest --size 10000 --contact you@example.org
      crawlblock sample --by-size C4_tokens --size 500
    """
    frame = FrameFile(list_file, ranks or "", column, rejects)
    _check(frame, [crawl, by_size], name, dry_run)
    limits = limits_for(mirror, rate, in_flight)
    cache = cache or db.with_suffix(".cache")
    wanted = CrawlSample(mirror, contact, limits, crawl or "", cache, name, seed, size)
    configuration: dict[str, object] = {
        "list": list_file, "ranks": ranks, "crawl": crawl, "size": size, "seed": seed,
        "column": column, "by_size": by_size,
    }  # fmt: skip
    if crawl is not None:
        plan = loops.run(plan_crawl_sample(wanted, say))
        if dry_run:
            _print_frame_plan(plan, limits.per_second, output)
            return
        _say_frame_plan(plan, limits.per_second)
    elif dry_run:
        _show(frame, wanted, output)
        return
    with progress_bar() as progress, Rejects(rejects) as left_out:
        store = filling(db)
        place = steps.StepContext(store, progress, silent)
        if by_size is None:
            choose = _choice(frame, wanted, left_out)
        else:
            choose = chooser_by_size(store, by_size, wanted)
        done = fill.sample(place, choose, configuration, left_out)
    for note in done.notes:
        say(note)
    say_rejects(left_out, rejects)
    say(f"panel {done.panel}: {len(done.hosts)} domains ({done.new} new) from {done.frame}")


@dataclass(frozen=True, slots=True)
class FrameFile:
    """A list or ranking to choose from."""

    list_file: Path | None
    ranks: str  # a file, or webgraph
    column: str | None  # with the hosts; None: it is found
    rejects: Path | None  # where each line that is left out is written


def _check(frame: FrameFile, others: Sequence[str | None], name: str | None, dry_run: bool) -> None:
    """Raise UsageError for options that do not go together, InputError for a bad name."""
    named = [other is not None for other in others]
    if sum(map(bool, (frame.list_file, frame.ranks, *named))) != 1:
        raise click.UsageError("name one of --list, --ranks, --crawl, --by-size")
    in_file = frame.list_file is not None or frame.ranks not in ("", "webgraph")
    if (frame.column is not None or frame.rejects) and not in_file:
        raise click.UsageError("--column and --rejects go with --list or --ranks FILE")
    if dry_run and (frame.ranks == "webgraph" or others[1] is not None):
        raise click.UsageError("--dry-run goes with --list, --ranks FILE or --crawl")
    if name is not None:
        panel_name(name, "")


def _choice(frame: FrameFile, wanted: CrawlSample, left_out: Rejects) -> fill.Choose:
    """Return how to choose the hosts."""
    reading = Reading(frame.column, left_out.add)
    return chooser(frame.list_file, frame.ranks or None, wanted, reading)


def _show(frame: FrameFile, wanted: CrawlSample, output: Output) -> None:
    """Show how a list or ranking is understood."""
    with Rejects(frame.rejects) as left_out:
        sampled = _choice(frame, wanted, left_out)(Tally(), unshown)
    for note in sampled.notes:
        say(note)
    say_rejects(left_out, frame.rejects)
    if sampled.listed:
        print_rows(understood(sampled.listed, sampled.members, left_out), output, COLUMNS)


def _say_frame_plan(plan: FramePlan, rate: float) -> None:
    if plan.left:
        say(
            f"{plan.reading.crawl}: {plan.left} of {plan.parts} parts of the index to read, about "
            f"{plan.reading.requests:,} requests, {plan.reading.bytes / 1e6:,.0f} MB, "
            f"{plan.minutes(rate):,.0f} minutes"
        )


def _print_frame_plan(plan: FramePlan, rate: float, output: Output) -> None:
    row: dict[str, object] = {
        "crawl": plan.reading.crawl,
        "parts": plan.left,
        "requests": plan.reading.requests,
        "megabytes": round(plan.reading.bytes / 1e6),
        "minutes": round(plan.minutes(rate), 1),
    }
    print_rows([row], output, list(row))
