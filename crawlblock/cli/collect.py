"""`crawlblock sample` and `history`: whom to follow, and what Common Crawl captured."""

import sys
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import cast

import click

from crawlblock import loops
from crawlblock.cli.costs import costs
from crawlblock.cli.options import (
    PARTIAL,
    Output,
    budget_options,
    cache_option,
    cache_size_option,
    contact_option,
    db_option,
    limits_for,
    mirror_option,
    output_options,
    politeness_options,
    print_rows,
    progress_bar,
    say,
    working,
)
from crawlblock.model import Member
from crawlblock.pipeline.evaluate import evaluate
from crawlblock.pipeline.history import Wanted, collect_history, plan_history
from crawlblock.pipeline.runs import Budget, Run, Tally, recorded
from crawlblock.pipeline.sample import (
    Drawn,
    from_crawl,
    from_list,
    from_ranking,
    from_web_graph,
    store_panel,
)
from crawlblock.sources.commoncrawl.crawls import find_crawls
from crawlblock.sources.commoncrawl.mirror import Mirror, open_mirror
from crawlblock.sources.commoncrawl.plan import Method
from crawlblock.store.store import Store

_SHOWN = 5  # crawls that cannot be read


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
def sample(
    db: Path, list_file: Path | None, ranks: str | None, crawl: str | None, size: int, seed: str,
    name: str | None, mirror: str, contact: str | None, rate: float | None, in_flight: int | None,
) -> None:  # fmt: skip
    r"""Draw the panel: the domains to follow.

    A larger --size keeps the members of the smaller one.

    \b
    Examples:
      crawlblock sample --list domains.csv
      crawlblock sample --ranks tranco.csv --size 500
      crawlblock sample --crawl latest --size 10000 --contact you@example.org
    """
    if sum(frame is not None for frame in (list_file, ranks, crawl)) != 1:
        raise click.UsageError("say one of --list, --ranks, --crawl")
    store = Store(db)
    configuration = {
        "list": list_file, "ranks": ranks, "crawl": crawl, "size": size, "seed": seed,
    }  # fmt: skip
    with recorded(store, "sample", configuration), working("panel"):
        if list_file:
            drawn = from_list(list_file, name or f"list-{list_file.stem}")
        elif ranks and ranks != "webgraph":
            drawn = from_ranking(Path(ranks), name or f"ranks-{_stem(ranks)}", seed, size)
        else:
            archive = open_mirror(mirror, contact, limits_for(mirror, rate, in_flight))
            cache = db.with_suffix(".cache")
            drawn = loops.run(_draw_from_archive(archive, crawl, cache, name, seed, size))
        new = store_panel(store, drawn)
    for note in drawn.notes:
        say(note)
    for rejected in drawn.rejected[:5]:
        say(f"line {rejected.line}: {rejected.text[:60]!r} left out: {rejected.reason}")
    if len(drawn.rejected) > 5:
        say(f"... and {len(drawn.rejected) - 5} more lines left out")
    say(f"panel {drawn.panel}: {len(drawn.members)} domains ({new} new) from {drawn.frame}")


def _stem(ranks: str) -> str:
    """Return the name of a ranking's file without its endings."""
    return Path(ranks.removesuffix(".zip")).stem


async def _draw_from_archive(
    opened: AbstractAsyncContextManager[Mirror],
    crawl: str | None,
    cache: Path,
    name: str | None,
    seed: str,
    size: int,
) -> Drawn:
    async with opened as archive:
        if not crawl:
            return await from_web_graph(archive, cache, name or "webgraph", seed, size)
        found = await find_crawls(archive, crawl, cache)
        for note in found.notes:
            say(note)
        chosen = found.crawls[0].crawl
        return await from_crawl(archive, chosen, cache, name or f"crawl-{chosen}", seed, size)


@click.command()
@db_option
@mirror_option
@contact_option
@click.option(
    "--crawls",
    default="6",
    show_default=True,
    help="How many of the latest, 'latest', 'all', or names and their beginnings with commas.",
)
@click.option("--panel", default=None, help="Name of the panel.  [default: the one drawn last]")
@click.option(
    "--lookup",
    type=click.Choice(["zipnum", "columnar"]),
    default=None,
    help="Which index to use.  [default: the cheaper]",
)
@click.option(
    "--cdx-api",
    is_flag=True,
    help="Ask the CDX server, slowly; it does not want this for more than a few hosts.",
)
@politeness_options
@click.option("--dry-run", is_flag=True, help="Say what it would cost and stop.")
@cache_option
@cache_size_option
@budget_options
@output_options()
def history(
    db: Path, mirror: str, contact: str | None, crawls: str, panel: str | None, lookup: str | None,
    cdx_api: bool, rate: float | None, in_flight: int | None, dry_run: bool, cache: Path | None,
    cache_size: float, max_runtime: float | None, max_requests: int | None, output: Output,
) -> None:  # fmt: skip
    r"""Collect the panel's robots.txt from Common Crawl's archive and judge them.

    What is stored is not asked for again: after an interruption run it once more.  A dry run reads
    lists and what is small of an index, and stores nothing.

    \b
    Examples:
      crawlblock history --crawls 6 --contact you@example.org --dry-run
      crawlblock history --crawls CC-MAIN-2025 --contact you@example.org
      crawlblock history --mirror build/miniature --crawls all
    """
    store = Store(db)
    members = store.facts.followed(panel)
    method: Method | None = "cdx-api" if cdx_api else cast("Method | None", lookup)
    limits = limits_for(mirror, rate, in_flight)
    folder = cache or db.with_suffix(".cache")
    wanted = Wanted(mirror, contact, crawls, method, limits, folder, round(cache_size * 1e9))
    if dry_run:
        _plan(store, wanted, members, output)
        return
    budget = Budget.of(max_runtime, max_requests)
    configuration = {"mirror": mirror, "crawls": crawls, "panel": panel}
    with recorded(store, "history", configuration) as tally, progress_bar() as progress:
        run = Run(store, tally, progress, budget, say)
        try:
            loops.run(collect_history(run, wanted, members))
        finally:
            evaluate(run)
    say(
        f"{tally.captures} new captures, {tally.payloads} payloads judged, "
        f"{tally.requests} requests, {tally.bytes / 1e6:.1f} MB"
    )
    _end(tally)


def _end(tally: Tally) -> None:
    """Say what could not be done; if there is something the exit code tells of it."""
    for trouble in tally.troubles[:_SHOWN]:
        say(trouble)
    if len(tally.troubles) > _SHOWN:
        say(f"... and {len(tally.troubles) - _SHOWN} more crawls are passed over")
    if tally.unfinished:
        say("the budget is used up; run the same command to go on")
    if tally.unfinished or tally.troubles:
        sys.exit(PARTIAL)


def _plan(store: Store, wanted: Wanted, members: Sequence[Member], output: Output) -> None:
    """Print what each crawl would cost, and all of them."""
    run, rate = Run(store, say=say), wanted.limits.per_second
    plans = loops.run(plan_history(run, wanted, members))
    rows = [{"crawl": plan.crawl, "method": plan.method, **costs([plan], rate)} for plan in plans]
    rows.append({"crawl": "all", "method": "", **costs(plans, rate)})
    print_rows(rows, output, list(rows[0]))
    _end(run.tally)
