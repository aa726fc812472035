"""`crawlblock scan index`: in which one file each host is counted, for a share of the files."""

from collections.abc import Sequence
from pathlib import Path

import click

from crawlblock import loops
from crawlblock.cli.options import contact_option, politeness_options
from crawlblock.cli.output import say, working
from crawlblock.scan.counting_files import read_counting_files, uncounted
from crawlblock.scan.plan import Plan, TakenFiles, read_plan
from crawlblock.sources.commoncrawl.mirror import limits_for, open_mirror
from crawlblock.transport import Limits


@click.command(name="index")
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path))
@contact_option
@politeness_options
def scan_index(
    directory: Path, contact: str | None, rate: float | None, in_flight: int | None
) -> None:
    r"""Read from the crawl's index in which of its files each host is counted.

    A crawl fetches some hosts several times, into several files. A share of the files would
    therefore count these hosts too often. With this command each host counts in one file, and
    results get an interval. The index of a crawl has 300 parts with about 2.7 GB, which are removed
    once they are read. A plan of all files does not need this.

    \b
    Examples:
      crawlblock scan index data/scan --contact you@example.org
    """
    plan = read_plan(directory)
    left = uncounted(plan, directory)
    if not left:
        say("nothing to read: hosts are counted once already, or the plan has all files")
        return
    limits = limits_for(plan.mirror, rate, in_flight)
    with working("index"):
        loops.run(_read(plan, left, directory, contact, limits))


async def _read(
    plan: Plan, left: Sequence[TakenFiles], directory: Path, contact: str | None, limits: Limits
) -> None:
    async with open_mirror(plan.mirror, contact, limits) as mirror:
        for taken in left:
            hosts = await read_counting_files(mirror, plan, taken, directory)
            say(f"{taken.crawl}: {hosts:,} hosts are counted in the {taken.files:,} planned files")
