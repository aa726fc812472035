"""Options and output that commands share."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
from rich.console import Console

from crawlblock.cli.progress import Delayed
from crawlblock.errors import InputError
from crawlblock.registry import crawlers
from crawlblock.report.plain import safe
from crawlblock.report.rows import FORMATS, TABLE, WIDTH, Rows, formatted, print_table
from crawlblock.sources.commoncrawl.cache import INDEX_BYTES
from crawlblock.sources.live.guard import Network
from crawlblock.transport import Limits, is_loopback

PARTIAL = 3  # exit code: a part was done and is stored, another run must do the rest
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
    help="Your e-mail address or page; public servers are not asked without it.",
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
    help="Folder for the result files.  [default: results beside the database]",
)
reading_option: Callable[[Any], Any] = click.option(
    "--reading",
    type=click.Choice(["rfc9309", "ccbot"]),
    default="rfc9309",
    show_default=True,
    help="How an HTTP status is read.",
)
snapshot_option: Callable[[Any], Any] = click.option(
    "--snapshot",
    default=None,
    help="Name of the live snapshot to begin or go on with.  [default: the newest if it was left "
    "unfinished within a week, else live- and the date, UTC]",
)
cache_option: Callable[[Any], Any] = click.option(
    "--cache",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    help="Where what was read of a crawl is kept.  [default: *.cache beside the database]",
)
cache_size_option: Callable[[Any], Any] = click.option(
    "--cache-size",
    type=click.FloatRange(0),
    default=INDEX_BYTES / 1e9,
    show_default=True,
    help="Gigabytes of the crawls' indexes that are kept; those used longest ago go first.",
)
concurrency_option: Callable[[Any], Any] = click.option(
    "--concurrency",
    type=click.IntRange(1, 5_000),
    default=100,
    show_default=True,
    help="Hosts asked at a time, each over one connection.",
)


def politeness_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add how hard the archive may be asked: --rate and --in-flight."""
    rate = click.option(
        "--rate",
        type=click.FloatRange(0.01, 10_000),
        default=None,
        help="Requests a second to the archive.  [default: 1 over public https, else 2]",
    )
    in_flight = click.option(
        "--in-flight",
        type=click.IntRange(1, 64),
        default=None,
        help="Requests to the archive at a time.  [default: 1 over public https, else 2]",
    )
    return rate(in_flight(command))


def limits_for(mirror: str, rate: float | None, in_flight: int | None) -> Limits:
    """Return how hard the archive is asked: by default gently where it is public."""
    usual = 1 if is_public(mirror) else 2
    return Limits(per_second=rate or float(usual), in_flight=in_flight or usual)


def is_public(mirror: str) -> bool:
    """Tell whether a mirror is a web server of others."""
    parts = urlsplit(mirror)
    return parts.scheme.lower() in ("http", "https") and not is_loopback(parts.hostname or "")


def budget_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add what a run may use: --max-runtime and --max-requests."""
    runtime = click.option(
        "--max-runtime",
        type=click.FloatRange(0, min_open=True),
        default=None,
        help="End after so many minutes; the next run goes on.",
    )
    requests = click.option(
        "--max-requests",
        type=click.IntRange(1),
        default=None,
        help="End after about so many requests; the next run goes on.",
    )
    return runtime(requests(command))


def _networks(
    _: click.Context, __: click.Parameter, values: tuple[str, ...]
) -> tuple[Network, ...]:
    try:
        return tuple(map(ip_network, values))
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


network_option: Callable[[Any], Any] = click.option(
    "--allow-network",
    multiple=True,
    callback=_networks,
    help="Ask addresses of this network of yours, too, though it is not public: 10.1.0.0/16.",
)

every_option: Callable[[Any], Any] = click.option(
    "--every",
    type=click.Choice(["month", "week"]),
    default="month",
    show_default=True,
    help="The snapshots that a row with first_seen and last_seen covers.",
)
at_option: Callable[[Any], Any] = click.option(
    "--at",
    type=click.Path(path_type=Path),
    default=None,
    help="A CSV of observation times (observed_at or date) that such a row covers instead.",
)


@dataclass(frozen=True, slots=True)
class Output:
    """How and where rows are printed."""

    kind: str  # table, one of the formats, or what a command has besides
    to: Path | None = None  # a file in place of stdout


def output_options(*more: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add -o and --to, which a command gets as one `output`; `more` are kinds of its own."""

    def add(command: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(command)
        def run(*args: Any, output: str | None, to: Path | None, **options: Any) -> Any:
            return command(*args, output=_chosen(output, to), **options)

        kind = click.option(
            "-o",
            "--output",
            type=click.Choice([TABLE, *FORMATS, *more]),
            help="How to print.  [default: by the ending of --to, else table in a terminal and "
            "jsonl elsewhere]",
        )
        to = click.option(
            "--to",
            type=click.Path(dir_okay=False, path_type=Path),
            metavar="FILE",
            help="Print into a file, which is written whole or not at all.",
        )
        return kind(to(run))

    return add


def _chosen(kind: str | None, to: Path | None) -> Output:
    """Return how to print; raises InputError for a binary format that would go to a terminal."""
    if kind is None and to is not None and to.suffix.lower()[1:] in FORMATS:
        kind = to.suffix.lower()[1:]
    if kind is None:
        kind = TABLE if to is None and sys.stdout.isatty() else "jsonl"
    if kind == "parquet" and to is None and sys.stdout.isatty():
        raise InputError("-o parquet: not for a terminal; name a file with --to FILE")
    return Output(kind, to)


def print_rows(rows: Rows, output: Output, columns: Sequence[str]) -> None:
    """Print rows; `columns` are those of a table, of CSV and of Parquet."""
    if output.kind == TABLE:
        print_tables([(rows, columns)], output)
    else:
        _put(formatted(rows, columns, output.kind), output)


def print_tables(tables: Iterable[tuple[Rows, Sequence[str]]], output: Output) -> None:
    """Print rows and their columns as tables, one below the other."""
    console = Console(width=WIDTH, color_system=None) if output.to else terminal()
    with console.capture() as captured:
        for rows, columns in tables:
            print_table(console, rows, columns)
    print_text("".join(f"{line.rstrip()}\n" for line in captured.get().splitlines()), output)


def print_text(text: str, output: Output) -> None:
    """Print what is written out already."""
    if output.to:
        _put(text.encode(), output)
    else:
        sys.stdout.write(text)


def terminal() -> Console:
    """Return stdout for tables: of the terminal's width, in colour only there."""
    if not sys.stdout.isatty():
        return Console(width=WIDTH, highlight=False, color_system=None)
    if os.environ.get("NO_COLOR"):
        return Console(highlight=False, color_system=None)
    return Console(highlight=False)


def _put(data: bytes, output: Output) -> None:
    if output.to is None:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    aside = output.to.with_name(f"{output.to.name}.part")
    try:
        aside.write_bytes(data)
        aside.replace(output.to)
    except OSError as error:
        raise InputError(f"--to {output.to}: {error.strerror}; name another file") from None


@contextmanager
def progress_bar(quiet: bool = False) -> Iterator[Callable[[str, int, int], None]]:
    """Show progress on stderr if a person looks at it and it takes longer than a moment."""
    console = Console(stderr=True)
    if quiet or not sys.stderr.isatty():  # even a disabled bar of older versions ends in a line
        yield lambda *_: None
        return
    with Delayed(console) as bar:
        yield bar.show


@contextmanager
def working(what: str) -> Iterator[None]:
    """Show that work goes on of which nobody knows how much there is."""
    with progress_bar() as progress:
        progress(what, 0, 0)
        yield


def say(message: str) -> None:
    """Tell the person at the terminal; data alone goes to stdout."""
    click.echo(safe(message), file=sys.stderr)
