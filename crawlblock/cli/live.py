"""`crawlblock live`: what the panel's hosts answer now."""

import sys
from pathlib import Path

import click

import crawlblock
from crawlblock.cli.existing import existing
from crawlblock.cli.options import (
    budget_options,
    concurrency_option,
    contact_option,
    db_option,
    network_option,
    snapshot_option,
)
from crawlblock.cli.output import PARTIAL, progress_bar, say
from crawlblock.sources.live.ssrf import Network


@click.command()
@db_option
@contact_option
@click.option("--panel", default=None, help="Name of the panel.  [default: the newest]")
@snapshot_option
@concurrency_option
@click.option(
    "--probe-page",
    is_flag=True,
    help="Also request each host's home page, once, if its robots.txt allows crawlblock.",
)
@budget_options
@network_option
def live(
    db: Path, contact: str | None, panel: str | None, snapshot: str | None, concurrency: int,
    probe_page: bool, max_runtime: float | None, max_requests: int | None,
    allow_network: tuple[Network, ...],
) -> None:  # fmt: skip
    r"""Fetch robots.txt files from the web now.

    Each host gets one request per snapshot. After an interruption, run it again within a week to
    continue. Every request and response is kept as WARC beside the database.

    \b
    Examples:
      crawlblock live --contact you@example.org
      crawlblock live --contact https://example.org/research --concurrency 500
    """
    with progress_bar() as progress:
        done = crawlblock.open(existing(db).path, progress=progress).live(
            contact=contact, panel=panel, snapshot=snapshot, concurrency=concurrency,
            probe_page=probe_page, allow_network=allow_network, max_runtime=max_runtime,
            max_requests=max_requests,
        )  # fmt: skip
    for line in done.notes:
        say(line)
    say(
        f"{done.captures:,} new captures, {done.payloads:,} payloads judged, "
        f"{done.requests:,} requests, {done.bytes / 1e6:.1f} MB"
    )
    if not done.finished:
        say("the budget is used up; run the same command to continue")
        sys.exit(PARTIAL)
