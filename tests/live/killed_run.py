"""A live run in a process of its own, to be killed or stopped."""

import asyncio
import sys
from multiprocessing.connection import Connection
from pathlib import Path

import click

from crawlblock.cli import cli, main
from crawlblock.pipeline.live import Asking, collect_live
from crawlblock.pipeline.runs import Tally, recorded
from crawlblock.store.store import Store
from live.servers import LOOPBACK, TestResolver

CONCURRENCY = 8
BATCH = 15
SNAPSHOT = "live-2026-11-21"


def collect(path: Path, port: int, tally: Tally) -> None:
    """Ask the panel's hosts, all of whose names are this machine's."""
    store, resolver = Store(path), TestResolver(port)
    asking = Asking(
        "test@example.org", SNAPSHOT, CONCURRENCY, batch=BATCH, allowed=LOOPBACK, resolver=resolver
    )
    asyncio.run(collect_live(store, asking, store.members(), tally, lambda *_: None))


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
