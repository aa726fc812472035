"""`crawlblock update`: all that a cron job does, in one command."""

import sys
from pathlib import Path

import click

from crawlblock.cli.existing import existing
from crawlblock.cli.options import (
    budget_options,
    concurrency_option,
    contact_option,
    db_option,
    http_profile_option,
    mirror_option,
    network_option,
    politeness_options,
    results_option,
    snapshot_option,
)
from crawlblock.cli.output import PARTIAL, Output, print_text, progress_bar, say, terminal
from crawlblock.metrics.results_folder import moved, results_of
from crawlblock.pipeline.history import Wanted
from crawlblock.pipeline.live import Asking, snapshot_name
from crawlblock.pipeline.run import Budget, Run, now, recorded
from crawlblock.pipeline.update import bring_up_to_date
from crawlblock.report.assemble import is_answered, write_answer
from crawlblock.report.formats import TABLE
from crawlblock.sources.commoncrawl.crawls import NEW
from crawlblock.sources.commoncrawl.mirror import limits_for
from crawlblock.sources.live import Pace
from crawlblock.sources.live.ssrf import Network
from crawlblock.store.store import Store

NOTHING_NEW = 5


@click.command()
@db_option
@contact_option
@mirror_option
@results_option
@http_profile_option
@click.option("--panel", default=None, help="Name of the panel.  [default: the newest]")
@snapshot_option
@click.option("--no-live", is_flag=True, help="Do not fetch robots.txt from the hosts.")
@click.option("--no-history", is_flag=True, help="Do not look for new crawls.")
@concurrency_option
@politeness_options
@budget_options
@network_option
@click.option("--quiet", is_flag=True, help="Print nothing unless something is wrong.")
def update(
    db: Path, contact: str | None, mirror: str, results: Path | None, http_profile: str,
    panel: str | None, snapshot: str | None, no_live: bool, no_history: bool, concurrency: int,
    rate: float | None, in_flight: int | None, max_runtime: float | None, max_requests: int | None,
    allow_network: tuple[Network, ...], quiet: bool,
) -> None:  # fmt: skip
    r"""Update everything; this is what a cron job runs.

    Only one run works at a time, and each continues where the last one stopped. The exit code is 5
    if nothing is new, and 3 if only a part is done.

    \b
    Examples:
      crawlblock update --contact you@example.org
      crawlblock update --contact you@example.org --quiet --max-runtime 300
      crawlblock update --mirror build/demo --no-live
    """
    store = existing(db)
    members = store.facts.followed(panel)
    name = snapshot or snapshot_name(store, members, now())
    asking = None
    if not no_live:
        asking = Asking(contact, name, Pace(concurrency), allowed=allow_network)
    limits = limits_for(mirror, rate, in_flight)
    archive = Wanted(mirror, contact, NEW, None, limits, db.with_suffix(".cache"))
    wanted = None if no_history else archive
    folder = results or results_of(db)
    note = moved(folder, db)
    budget = Budget.of(max_runtime, max_requests)
    configuration = {
        "mirror": mirror, "panel": panel, "live": not no_live, "http_profile": http_profile,
    }  # fmt: skip
    with recorded(store, "update", configuration) as tally, progress_bar(quiet) as progress:
        run = Run(store, tally, progress, budget, say)
        troubles = bring_up_to_date(run, members, asking, wanted)
        stale = not is_answered(store, folder, http_profile)
        progress("results", 0, 0)
        answer = _answered(store, folder, http_profile) if stale else ""
        tally.result = "; ".join(troubles) or ("ok" if stale else "nothing new")
    for line in [*troubles, *([note] if note else [])]:
        say(line)
    if not quiet:
        print_text(answer, Output(TABLE))
        new = f"{tally.captures} new captures, {tally.payloads} payloads judged"
        say(f"{new if stale else 'nothing new'}; {folder}/index.html")
    sys.exit(PARTIAL if troubles else 0 if stale else NOTHING_NEW)


def _answered(store: Store, folder: Path, http_profile: str) -> str:
    """Write the answer and return what is to be printed of it."""
    console = terminal()
    with console.capture() as answer:
        write_answer(store, folder, http_profile, console)
    return answer.get()
