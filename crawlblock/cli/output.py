"""Printing: rows as tables or files, progress, and messages for the person at the terminal."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from crawlblock.cli.progress import Delayed
from crawlblock.durable import write_whole
from crawlblock.errors import InputError
from crawlblock.names import safe
from crawlblock.report.formats import FORMATS, TABLE, WIDTH, Rows, formatted, print_table
from crawlblock.report.terminal.plain import SafeConsole, safe_lines

_MAYBE_FILES = ("source", "query", "ranks")  # arguments and options that may name a file
PARTIAL = 3  # exit code: a part was done and is stored, another run must do the rest


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
            _check_written(to, options)
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


def _check_written(to: Path | None, options: Mapping[str, object]) -> None:
    """Raise InputError if the command would write over a file that it reads."""
    written = {"--to": to, "--rejects": options.get("rejects")}
    places = {option: path.resolve() for option, path in written.items() if isinstance(path, Path)}
    read = {place for name, value in options.items() for place in _read_places(name, value)}
    for option, place in places.items():
        if place in read:
            raise InputError(
                f"{option} {written[option]}: is also read by this command; name another file"
            )
    if len(set(places.values())) < len(places):
        raise InputError(f"--to {to}: is also that of --rejects; name another file")


def _read_places(name: str, value: object) -> Iterator[Path]:
    """Yield the places of files that an option names."""
    for each in value if isinstance(value, tuple) else (value,):
        if name != "rejects" and (isinstance(each, Path) or (name in _MAYBE_FILES and each)):
            with suppress(OSError):  # a text may be too long for a name
                yield Path(str(each)).resolve()


def _chosen(kind: str | None, to: Path | None) -> Output:
    """Return how to print; raises InputError for a binary format that would go to a terminal."""
    if kind is None and to is not None and to.suffix.lower()[1:] in FORMATS:
        kind = to.suffix.lower()[1:]
    if kind is None:
        kind = TABLE if to is None and sys.stdout.isatty() else "jsonl"
    if kind == "parquet" and to is None and sys.stdout.isatty():
        raise InputError("-o parquet: not for a terminal; name a file with --to FILE")
    return Output(kind, to)


def print_rows(rows: Rows, output: Output, columns: Sequence[str], note: str = "") -> None:
    """Print rows; `columns` are those of a table, of CSV and of Parquet, `note` ends a table."""
    if output.kind == TABLE:
        print_tables([(rows, columns)], output, note)
    else:
        _put(formatted(rows, columns, output.kind), output)


def print_tables(
    tables: Iterable[tuple[Rows, Sequence[str]]], output: Output, note: str = ""
) -> None:
    """Print rows and their columns as tables, one below the other, and a note below them."""
    console = SafeConsole(width=WIDTH, color_system=None) if output.to else terminal()
    with console.capture() as captured:
        for rows, columns in tables:
            print_table(console, rows, columns)
        if note:
            console.print(Text(safe(note)))
    text = "".join(f"{line.rstrip()}\n" for line in captured.get().splitlines())
    print_text(text, output, styled=True)


def print_text(text: str, output: Output, *, styled: bool = False) -> None:
    """Print what is written out already; only what comes from `terminal` is styled."""
    if not styled:
        text = safe_lines(text)
    if output.to:
        _put(text.encode(), output)
    else:
        sys.stdout.write(text)


def terminal() -> Console:
    """Return stdout for tables: of the terminal's width, in colour only there."""
    if not sys.stdout.isatty():
        return SafeConsole(width=WIDTH, highlight=False, color_system=None)
    if os.environ.get("NO_COLOR"):
        return SafeConsole(highlight=False, color_system=None)
    return SafeConsole(highlight=False)


def _put(data: bytes, output: Output) -> None:
    if output.to is None:
        sys.stdout.flush()
        if sys.stdout.isatty():
            data = safe_lines(data.decode()).encode()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    try:
        write_whole(output.to, data)
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
    """Tell the person at the terminal; data alone goes to stdout.

    Nothing is printed to a closed terminal, and the work goes on.
    """
    with suppress(OSError):
        click.echo(safe(message), file=sys.stderr)
