"""A live run in a process of its own, to be killed or stopped."""

import asyncio
import sys
from multiprocessing.connection import Connection
from pathlib import Path

import click

from crawlblock.cli import cli, main
from crawlblock.pipeline.live import Asking, collect_live
from crawlblock.pipeline.run import Run, Tally, recorded
from crawlblock.sources.live import Pace
from crawlblock.store.store import Store
from live.servers import LOOPBACK, TestResolver

CONCURRENCY = 8
BATCH = 15
SNAPSHOT = "live-2026-11-21"


def collect(path: Path, port: int, tally: Tally) -> None:
    """Ask the panel's hosts, all of whose names are this machine's."""
    store, pace = Store(path), Pace(CONCURRENCY, BATCH)
    asking = Asking(
        "test@example.org", SNAPSHOT, pace, allowed=LOOPBACK, resolver=TestResolver(port)
    )
    asyncio.run(collect_live(Run(store, tally), asking, store.facts.members()))


def begin(ready: Connection, path: Path, port: int) -> None:
    """Say that the run begins, and run."""
    ready.send("ready")
    collect(path, port, Tally())


@click.command("live-on-this-machine")
@click.argument("path", type=click.Path(path_type=Path))
@click.argument("port", type=int)
def live_on_this_machine(path: Path, port: int) -> None:
    """Run as the commands do: recorded, and ended in one line."""
    with recorded(Store(path), "live", {}) as tally:
        collect(path, port, tally)


if __name__ == "__main__":
    cli.add_command(live_on_this_machine)
    main(["live-on-this-machine", *sys.argv[1:]])
