"""`crawlblock sample`: choose the hosts to follow."""

from pathlib import Path

import click

from crawlblock import loops
from crawlblock.api import steps
from crawlblock.api.step_options import chooser
from crawlblock.cli.options import (
    cache_option,
    contact_option,
    db_option,
    mirror_option,
    politeness_options,
)
from crawlblock.cli.output import Output, output_options, print_rows, progress_bar, say
from crawlblock.pipeline.run import silent
from crawlblock.pipeline.sample import CrawlSample, plan_crawl_sample
from crawlblock.sources.commoncrawl.frame import FramePlan
from crawlblock.sources.commoncrawl.mirror import limits_for
from crawlblock.store.store import Store

_SHOWN = 5  # lines that were left out


@click.command()
@db_option
@click.option(
    "--list", "list_file", type=click.Path(path_type=Path), help="Exactly these hosts or domains."
)
@click.option(
    "--ranks",
    help="A ranked CSV, zipped or not, to draw strata from, or 'webgraph' for Common Crawl's own.",
)
@click.option("--crawl", help="Draw uniformly from the registered domains of this crawl.")
@click.option(
    "--size",
    type=click.IntRange(1),
    default=1000,
    show_default=True,
    help="Domains to draw, of each stratum if there are strata.",
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
@click.option("--dry-run", is_flag=True, help="With --crawl: say what it would cost and stop.")
@cache_option
@output_options()
def sample(
    db: Path, list_file: Path | None, ranks: str | None, crawl: str | None, size: int, seed: str,
    name: str | None, mirror: str, contact: str | None, rate: float | None, in_flight: int | None,
    dry_run: bool, cache: Path | None, output: Output,
) -> None:  # fmt: skip
    r"""Choose the hosts to follow: from a list, a ranking or a crawl.

    A larger --size keeps the members of the smaller one.  The domains of a crawl are kept in the
    cache folder: after an interruption, and for another size or seed, they are not asked for again.

    \b
    Examples:
      crawlblock sample --list domains.csv
      crawlblock sample --ranks tranco.csv --size 500
      crawlblock sample --crawl latest --size 10000 --contact you@example.org --dry-run
      crawlblock sample --crawl latest --size 10000 --contact you@example.org
    """
    if sum(frame is not None for frame in (list_file, ranks, crawl)) != 1:
        raise click.UsageError("say one of --list, --ranks, --crawl")
    if dry_run and crawl is None:
        raise click.UsageError("--dry-run goes with --crawl: the others read one file")
    limits = limits_for(mirror, rate, in_flight)
    cache = cache or db.with_suffix(".cache")
    wanted = CrawlSample(mirror, contact, limits, crawl or "", cache, name, seed, size)
    if crawl is not None:
        plan = loops.run(plan_crawl_sample(wanted, say))
        if dry_run:
            _print_frame_plan(plan, limits.per_second, output)
            return
        _say_frame_plan(plan, limits.per_second)
    configuration = {
        "list": list_file, "ranks": ranks, "crawl": crawl, "size": size, "seed": seed,
    }  # fmt: skip
    with progress_bar() as progress:
        place = steps.StepContext(Store(db), progress, silent)
        done = steps.sample(place, chooser(list_file, ranks, wanted), configuration)
    _say_panel(done)


def _say_panel(done: steps.PanelResult) -> None:
    for note in done.notes:
        say(note)
    for line in done.left_out[:_SHOWN]:
        say(line)
    if len(done.left_out) > _SHOWN:
        say(f"... and {len(done.left_out) - _SHOWN} more lines left out")
    say(f"panel {done.panel}: {len(done.hosts)} domains ({done.new} new) from {done.frame}")


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
