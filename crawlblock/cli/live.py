"""`crawlblock live`: what the panel's hosts answer now."""

import sys
from pathlib import Path

import click

from crawlblock import loops
from crawlblock.cli.options import (
    budget_options,
    concurrency_option,
    contact_option,
    db_option,
    network_option,
    snapshot_option,
)
from crawlblock.cli.output import PARTIAL, progress_bar, say
from crawlblock.pipeline.evaluate import evaluate
from crawlblock.pipeline.live import Asking, collect_live, snapshot_name
from crawlblock.pipeline.run import Budget, Run, now, recorded
from crawlblock.sources.live import Pace
from crawlblock.sources.live.ssrf import Network
from crawlblock.store.store import Store


@click.command()
@db_option
@contact_option
@click.option("--panel", default=None, help="Name of the panel.  [default: the one drawn last]")
@snapshot_option
@concurrency_option
@click.option(
    "--probe-page",
    is_flag=True,
    help="Ask each host for its home page, too, once, where its robots.txt lets crawlblock.",
)
@budget_options
@network_option
def live(
    db: Path, contact: str | None, panel: str | None, snapshot: str | None, concurrency: int,
    probe_page: bool, max_runtime: float | None, max_requests: int | None,
    allow_network: tuple[Network, ...],
) -> None:  # fmt: skip
    r"""Fetch robots.txt files from the web now.

    Each host is asked once in a snapshot: after an interruption run it once more, and it goes on,
    within a week.  Every request and answer is kept as WARC beside the database.

    \b
    Examples:
      crawlblock live --contact you@example.org
      crawlblock live --contact https://example.org/research --concurrency 500
    """
    store = Store(db)
    members = store.facts.followed(panel)
    name = snapshot or snapshot_name(store, members, now())
    pace = Pace(concurrency)
    asking = Asking(contact, name, pace, allowed=allow_network, probe_page=probe_page)
    budget = Budget.of(max_runtime, max_requests)
    configuration = {
        "panel": panel,
        "snapshot": name,
        "concurrency": concurrency,
        "probe_page": probe_page,
    }
    with recorded(store, "live", configuration) as tally, progress_bar() as progress:
        run = Run(store, tally, progress, budget)
        try:
            already = loops.run(collect_live(run, asking, members))
        finally:
            evaluate(run)
    say(
        f"{name}: {tally.captures:,} new captures ({already:,} hosts were asked before), "
        f"{tally.payloads:,} payloads judged, {tally.requests:,} requests, "
        f"{tally.bytes / 1e6:.1f} MB"
    )
    if tally.unfinished:
        say("the budget is used up; run the same command to go on")
        sys.exit(PARTIAL)
