"""`crawlblock sample`: choose the hosts to follow."""

from contextlib import AbstractAsyncContextManager
from pathlib import Path

import click

from crawlblock import loops
from crawlblock.cli.options import (
    cache_option,
    contact_option,
    db_option,
    mirror_option,
    politeness_options,
)
from crawlblock.cli.output import Output, output_options, print_rows, progress_bar, say
from crawlblock.pipeline.run import recorded
from crawlblock.pipeline.sample import (
    CrawlSample,
    Sampled,
    from_crawl,
    from_list,
    from_ranking,
    from_web_graph,
    plan_crawl_sample,
    read_crawl,
    store_panel,
)
from crawlblock.sources.commoncrawl.frame import FramePlan
from crawlblock.sources.commoncrawl.mirror import Mirror, limits_for, open_mirror
from crawlblock.store.store import Store


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
    store = Store(db)
    configuration = {
        "list": list_file, "ranks": ranks, "crawl": crawl, "size": size, "seed": seed,
    }  # fmt: skip
    with recorded(store, "sample", configuration) as tally, progress_bar() as progress:
        if crawl is not None:
            domains = loops.run(read_crawl(wanted, tally, progress))
            sampled = from_crawl(domains, wanted, progress)
        else:
            progress("panel", 0, 0)
            sampled = _sample_without_crawl(wanted, list_file, ranks or "")
        new = store_panel(store, sampled)
    _say_sampled(sampled, new)


def _sample_without_crawl(wanted: CrawlSample, list_file: Path | None, ranks: str) -> Sampled:
    name, seed, size = wanted.panel, wanted.seed, wanted.size
    if list_file:
        return from_list(list_file, name or f"list-{list_file.stem}")
    if ranks != "webgraph":
        return from_ranking(Path(ranks), name or f"ranks-{_stem(ranks)}", seed, size)
    archive = open_mirror(wanted.mirror, wanted.contact, wanted.limits)
    return loops.run(_sample_web_graph(archive, wanted.cache, name, seed, size))


def _say_sampled(sampled: Sampled, new: int) -> None:
    for note in sampled.notes:
        say(note)
    for rejected in sampled.rejected[:5]:
        say(f"line {rejected.line}: {rejected.text[:60]!r} left out: {rejected.reason}")
    if len(sampled.rejected) > 5:
        say(f"... and {len(sampled.rejected) - 5} more lines left out")
    say(f"panel {sampled.panel}: {len(sampled.members)} domains ({new} new) from {sampled.frame}")


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


def _stem(ranks: str) -> str:
    """Return the name of a ranking's file without its endings."""
    return Path(ranks.removesuffix(".zip")).stem


async def _sample_web_graph(
    opened: AbstractAsyncContextManager[Mirror], cache: Path, name: str | None, seed: str, size: int
) -> Sampled:
    async with opened as archive:
        return await from_web_graph(archive, cache, name or "webgraph", seed, size)
