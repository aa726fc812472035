"""`crawlblock history`: collect what Common Crawl captured of the panel's hosts."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import click

from crawlblock import loops
from crawlblock.api import fill, steps
from crawlblock.cli.costs import costs
from crawlblock.cli.existing import existing
from crawlblock.cli.options import (
    budget_options,
    cache_option,
    cache_size_option,
    contact_option,
    db_option,
    mirror_option,
    politeness_options,
)
from crawlblock.cli.output import PARTIAL, Output, output_options, print_rows, progress_bar, say
from crawlblock.model import Member
from crawlblock.pipeline.history import Wanted, plan_history
from crawlblock.pipeline.run import Budget, Run
from crawlblock.sources.commoncrawl.cache import INDEX_BYTES
from crawlblock.sources.commoncrawl.cost import Method, by_chance
from crawlblock.sources.commoncrawl.mirror import limits_for
from crawlblock.store.store import Store

_SHOWN = 5  # crawls that cannot be read
_WIDE = 0.05  # of the requests, more or fewer by chance: then the range is said


@click.command()
@db_option
@mirror_option
@contact_option
@click.option(
    "--crawls",
    default="6",
    show_default=True,
    help="How many of the latest crawls, or 'latest', 'all', names or beginnings of "
    "names, with commas.",
)
@click.option("--panel", default=None, help="Name of the panel.  [default: the newest]")
@click.option(
    "--lookup",
    type=click.Choice(["zipnum", "columnar"]),
    default=None,
    help="Which index to use.  [default: the cheaper]",
)
@click.option(
    "--cdx-api",
    is_flag=True,
    help="Use the CDX server, slowly. It is not meant for more than a few hosts.",
)
@politeness_options
@click.option("--dry-run", is_flag=True, help="Estimate requests, data and time, then exit.")
@cache_option
@cache_size_option
@budget_options
@output_options()
def history(
    db: Path, mirror: str, contact: str | None, crawls: str, panel: str | None, lookup: str | None,
    cdx_api: bool, rate: float | None, in_flight: int | None, dry_run: bool, cache: Path | None,
    cache_size: float | None, max_runtime: float | None, max_requests: int | None, output: Output,
) -> None:  # fmt: skip
    r"""Collect robots.txt files from Common Crawl's archive.

    It does not request again what is stored, so run it again after an interruption. A dry run reads
    lists and small parts of an index, and stores nothing.

    \b
    Examples:
      crawlblock history --crawls 6 --contact you@example.org --dry-run
      crawlblock history --crawls CC-MAIN-2025 --contact you@example.org
      crawlblock history --mirror build/demo --crawls all
    """
    if cdx_api and lookup is not None:
        raise click.UsageError("name one of --lookup, --cdx-api")
    store = existing(db)
    members = store.facts.followed(panel)
    method: Method | None = "cdx-api" if cdx_api else cast("Method | None", lookup)
    limits = limits_for(mirror, rate, in_flight)
    folder = cache or db.with_suffix(".cache")
    room = INDEX_BYTES if cache_size is None else round(cache_size * 1e9)
    wanted = Wanted(mirror, contact, crawls, method, limits, folder, room)
    if dry_run:
        _plan(store, wanted, members, output)
        return
    budget = Budget.of(max_runtime, max_requests)
    configuration = {"mirror": mirror, "crawls": crawls, "panel": panel}
    with progress_bar() as progress:
        place = steps.StepContext(store, progress, say)
        done = fill.history(place, wanted, members, configuration, budget)
    say(
        f"{done.captures} new captures, {done.payloads} payloads judged, "
        f"{done.requests} requests, {done.bytes / 1e6:.1f} MB"
    )
    _end(done.problems, done.finished)


def _end(problems: Sequence[str], finished: bool) -> None:
    """Print what could not be done; exit with PARTIAL if there is something."""
    for problem in problems[:_SHOWN]:
        say(problem)
    if len(problems) > _SHOWN:
        say(f"... and {len(problems) - _SHOWN} more crawls are skipped")
    if not finished:
        say("the budget is used up; run the same command to continue")
    if problems or not finished:
        sys.exit(PARTIAL)


def _plan(store: Store, wanted: Wanted, members: Sequence[Member], output: Output) -> None:
    """Print what each crawl would cost, and all of them."""
    run, rate = Run(store, say=say), wanted.limits.per_second
    plans = loops.run(plan_history(run, wanted, members))
    rows = [{"crawl": plan.crawl, "method": plan.method, **costs([plan], rate)} for plan in plans]
    rows.append({"crawl": "all", "method": "", **costs(plans, rate)})
    print_rows(rows, output, list(rows[0]))
    low, high = by_chance(plans)
    if high - low > _WIDE * (high + low):
        say(f"With so few sites, the number of requests depends on chance: {low:,} to {high:,}.")
    _end(run.tally.troubles, not run.tally.unfinished)
