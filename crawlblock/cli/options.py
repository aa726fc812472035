"""Options that commands share."""

import math
from collections.abc import Callable
from ipaddress import ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from crawlblock.registry import crawlers

if TYPE_CHECKING:
    from crawlblock.sources.live.ssrf import Network


class NumberRange(click.FloatRange):
    """A number within bounds; `nan` and `inf`, which Python reads as numbers, are errors."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return the number, or end the command with what is wrong."""
        number: float = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value!r} is not a number.", param, ctx)
        return number


class NamedPath(click.Path):
    """A path; an empty one is an error, because click would take it for the current folder."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path, or end the command if it is empty."""
        if value == "":
            self.fail("the name is empty.", param, ctx)
        return super().convert(value, param, ctx)


DEFAULT_DB = Path("data/crawlblock.duckdb")

db_option: Callable[[Any], Any] = click.option(
    "--db",
    type=click.Path(dir_okay=False, path_type=Path),
    default=DEFAULT_DB,
    show_default=True,
    envvar="CRAWLBLOCK_DB",
    help="The database.",
)

mirror_option: Callable[[Any], Any] = click.option(
    "--mirror",
    default="https://data.commoncrawl.org",
    show_default=True,
    envvar="CRAWLBLOCK_MIRROR",
    help="An archive in Common Crawl's layout: https://..., a folder, s3://bucket.",
)
contact_option: Callable[[Any], Any] = click.option(
    "--contact",
    envvar="CRAWLBLOCK_CONTACT",
    help="Your e-mail address or web page. Required for public servers.",
)


def crawler_names(_: click.Context, __: click.Parameter, begun: str) -> list[str]:
    """Return the registered crawlers that a shell completes a word to."""
    tokens = (crawler.token for crawler in crawlers())
    return [token for token in tokens if token.lower().startswith(begun.lower())]


token_option: Callable[[Any], Any] = click.option(
    "--token",
    "tokens",
    multiple=True,
    shell_complete=crawler_names,
    help="Only this crawler; may be repeated.",
)
results_option: Callable[[Any], Any] = click.option(
    "--results",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    help="Folder for the result files.  [default: beside the database, x-results of x.duckdb]",
)
http_profile_option: Callable[[Any], Any] = click.option(
    "--http-profile",
    type=click.Choice(["rfc9309", "ccbot"]),
    default="rfc9309",
    show_default=True,
    help="How an HTTP status is read.",
)
snapshot_option: Callable[[Any], Any] = click.option(
    "--snapshot",
    default=None,
    help="Name of the live snapshot to start or continue.  [default: the newest if it was left "
    "unfinished within a week, else live- and the date, UTC]",
)
cache_option: Callable[[Any], Any] = click.option(
    "--cache",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    help="Folder for what was read from a crawl.  [default: *.cache beside the database]",
)
column_option: Callable[[Any], Any] = click.option(
    "--column",
    default=None,
    metavar="NAME",
    help="The column of the list that has the hosts: its name, or its number from 1.  "
    "[default: found by its name or its values]",
)
rejects_option: Callable[[Any], Any] = click.option(
    "--rejects",
    type=click.Path(dir_okay=False, path_type=Path),
    default=None,
    metavar="FILE",
    help="Write each line of the list that is left out to this CSV file, with the reason.",
)
cache_size_option: Callable[[Any], Any] = click.option(
    "--cache-size",
    type=NumberRange(0),
    default=None,
    help="Keep at most this many gigabytes of indexes; the least recently used are "
    "removed first.  "
    "[default: 2]",
)
concurrency_option: Callable[[Any], Any] = click.option(
    "--concurrency",
    type=click.IntRange(1, 5_000),
    default=100,
    show_default=True,
    help="Number of hosts to connect to at the same time, each over one connection.",
)


def politeness_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add how hard the archive may be asked: --rate and --in-flight."""
    rate = click.option(
        "--rate",
        type=NumberRange(0.01, 10_000),
        default=None,
        help="Requests per second to the archive.  [default: 1 over public https, else 2]",
    )
    in_flight = click.option(
        "--in-flight",
        type=click.IntRange(1, 64),
        default=None,
        help="Requests to the archive at the same time.  [default: 1 over public https, else 2]",
    )
    return rate(in_flight(command))


def budget_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add what a run may use: --max-runtime and --max-requests."""
    runtime = click.option(
        "--max-runtime",
        type=NumberRange(0, min_open=True),
        default=None,
        help="Stop after this many minutes; the next run continues.",
    )
    requests = click.option(
        "--max-requests",
        type=click.IntRange(1),
        default=None,
        help="Send at most this many requests; the next run continues.",
    )
    return runtime(requests(command))


def _networks(
    _: click.Context, __: click.Parameter, values: tuple[str, ...]
) -> "tuple[Network, ...]":
    try:
        return tuple(map(ip_network, values))
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


network_option: Callable[[Any], Any] = click.option(
    "--allow-network",
    multiple=True,
    callback=_networks,
    help="Also connect to addresses in this private network: 10.1.0.0/16.",
)

every_option: Callable[[Any], Any] = click.option(
    "--every",
    type=click.Choice(["month", "week"]),
    default="month",
    show_default=True,
    help="Group captures into snapshots by month or by week. A sweep that continues into "
    "the next one stays in one snapshot.",
)
at_option: Callable[[Any], Any] = click.option(
    "--at",
    type=click.Path(path_type=Path),
    default=None,
    help="A CSV file of observation times (column observed_at or date) to use as "
    "snapshots instead.",
)
