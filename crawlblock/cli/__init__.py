"""The command line: its commands, loaded when they are called, and how every failure ends."""

import errno
import os
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

import click

from crawlblock import __version__, registry
from crawlblock.cli.commands import Commands, with_examples
from crawlblock.cli.output import say
from crawlblock.errors import CrawlblockError
from crawlblock.registry.extra import VARIABLE
from crawlblock.renamed import OPTIONS, now_called
from crawlblock.report.terminal.plain import spell_for
from crawlblock.stopping import caused_by_stop, stoppable

SECTIONS = {
    "Start": (
        ("check", "crawlblock.cli.check:check",
         "Print what a robots.txt means for each crawler."),
        ("demo", "crawlblock.cli.demo:demo",
         "Show what crawlblock does, with facts that come with it."),
        ("doctor", "crawlblock.cli.doctor:doctor",
         "Check what a run needs, and say how to fix what is missing."),
        ("completion", "crawlblock.cli.completion:completion",
         "Print the completion script of a shell."),
    ),
    "Collect": (
        ("sample", "crawlblock.cli.sample:sample",
         "Choose the hosts to follow: a list, ranking, crawl or weights."),
        ("history", "crawlblock.cli.history:history",
         "Collect robots.txt files from Common Crawl's archive."),
        ("live", "crawlblock.cli.live:live",
         "Fetch robots.txt files from the web now."),
        ("import", "crawlblock.cli.import_:import_command",
         "Import captures from files and judge them."),
        ("scan", "crawlblock.cli.scan:scan",
         "Read whole crawls: every host they captured."),
        ("weights", "crawlblock.cli.weights:weights",
         "Measure how much of a corpus each domain has."),
    ),
    "Ask": (
        ("analyze", "crawlblock.cli.analyze:analyze",
         "Compute the results: files, a table and a page."),
        ("changes", "crawlblock.cli.changes:changes",
         "Print which hosts started or stopped blocking a crawler."),
        ("timeline", "crawlblock.cli.host:timeline",
         "Print the history of a host, snapshot by snapshot."),
        ("explain", "crawlblock.cli.host:explain",
         "Print the lines that block or allow a crawler at a host."),
        ("cat", "crawlblock.cli.host:cat",
         "Print the archived robots.txt of a host, byte for byte."),
        ("templates", "crawlblock.cli.templates:templates",
         "Print rules that unrelated sites share."),
        ("discover", "crawlblock.cli.discover:discover",
         "Print agents in robots.txt files that are not registered."),
        ("replicate", "crawlblock.cli.replicate:replicate",
         "Compare published figures with ours by the same definition."),
        ("sql", "crawlblock.cli.sql:sql",
         "Run a query on the database without changing it."),
    ),
    "Publish": (
        ("report", "crawlblock.cli.report:report",
         "Draw the page and its figures again from the result files."),
        ("open", "crawlblock.cli.open_page:open_page",
         "Open the page of the results in the browser."),
        ("publish", "crawlblock.cli.publish:publish",
         "Make a folder to deploy: page, results, export, feed, sites."),
        ("export", "crawlblock.cli.export:export",
         "Export the database as Parquet and CSV with a description."),
    ),
    "Maintain": (
        ("update", "crawlblock.cli.update:update",
         "Update everything; this is what a cron job runs."),
        ("schedule", "crawlblock.cli.schedule:schedule",
         "Print what cron or systemd needs to run `update` every day."),
        ("status", "crawlblock.cli.status:status",
         "Print what the database holds and how the last runs went."),
        ("evaluate", "crawlblock.cli.evaluate:evaluate",
         "Judge stored files again after rules or registry changed."),
        ("accept", "crawlblock.cli.accept:accept",
         "Include a snapshot that was flagged as suspect."),
        ("remove", "crawlblock.cli.remove:remove",
         "Take out a snapshot that was imported or run by mistake."),
    ),
}  # fmt: skip
DEBUG = "--debug"
EXTRA = "--extra"
_STOPPED = "stopped; what was stored stays, run the same command to continue"
_WITHOUT_ARGUMENTS: Any = getattr(click.exceptions, "NoArgsIsHelpError", ())  # since click 8.2


@click.group(
    cls=Commands,
    sections=SECTIONS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="crawlblock")
@click.option(
    DEBUG, is_flag=True, help="Show where an error comes from; works anywhere in a command."
)
@click.option(
    EXTRA,
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    envvar=VARIABLE,
    help="Your own crawlers, templates, events and metrics; works anywhere in a command.",
)
@click.pass_context
def cli(context: click.Context, debug: bool, extra: Path | None) -> None:
    r"""Measure which crawlers websites block, and how that changes.

    \b
    Examples:
      crawlblock check example.com
      crawlblock sample --list domains.csv
      crawlblock history --crawls 6 --contact you@example.org
      crawlblock analyze
    """
    context.with_resource(registry.using(extra))
    registry.extra()  # a folder that cannot be read is reported at once


with_examples(cli)


def main(args: list[str] | None = None) -> None:
    """Run a command; every failure is one line on stderr and an exit code."""
    if args is None:  # a process of its own
        _without_pandas()
    given = sys.argv[1:] if args is None else args
    arguments = [argument for argument in given if argument != DEBUG]
    debug = DEBUG in given
    arguments = _extra_first(arguments)
    _prepare_streams()
    if odd := _not_utf8(given):  # the libraries that store and write take no other text
        _fail(f"{odd!r}: it has bytes that are not UTF-8; rename it and run again", 2)
    stdout = sys.stdout
    try:
        with stoppable():
            result: Any = cli.main(args=arguments, prog_name="crawlblock", standalone_mode=False)
            sys.stdout.flush()  # a reader that is gone is noticed here, not at the very end
        sys.exit(result if isinstance(result, int) else 0)
    except (click.exceptions.Abort, KeyboardInterrupt):
        _fail(_STOPPED, 130)
    except _WITHOUT_ARGUMENTS as error:
        error.show()  # which is the help
        sys.exit(error.exit_code)
    except click.ClickException as error:
        _explain(error)
    except SystemExit:
        if sys.stdout is not stdout:  # how click hides that nobody reads the output
            _leave_pipe()
        raise
    except Exception as error:
        if debug:
            traceback.print_exc()
        _explain_failure(error)


def _without_pandas() -> None:
    """Keep DuckDB from importing pandas when it first gets a value: it takes a quarter of a second.

    No command uses pandas.
    """
    sys.modules.setdefault("pandas", None)  # type: ignore[arg-type]  # means that it is not there


def _extra_first(arguments: list[str]) -> list[str]:
    """Return the arguments with the option for one's own entries where the group takes it."""
    ours = arguments[: arguments.index("--")] if "--" in arguments else arguments
    place = next((n for n, each in enumerate(ours) if each.partition("=")[0] == EXTRA), None)
    if place is None:
        return arguments
    end = place + (1 if "=" in ours[place] else 2)
    if end > len(ours):
        return [EXTRA]  # which says that its folder is missing
    return [*arguments[place:end], *arguments[:place], *arguments[end:]]


def _explain_failure(error: Exception) -> NoReturn:
    """Say in one line why a command failed; a traceback helps only who looks for a fault."""
    if caused_by_stop(error):
        _fail(_STOPPED, 130)
    if isinstance(error, CrawlblockError):
        _fail(str(error), error.exit_code)
    if isinstance(error, OSError):
        _explain_disk(error)
    _fail(f"a fault in crawlblock ({type(error).__name__}: {error}); --debug shows where", 1)


def _explain_disk(error: OSError) -> NoReturn:
    """Say what could not be read or written, unless that is the output or a closed terminal."""
    if isinstance(error, BrokenPipeError):
        _leave_pipe()
    advice = "free some space" if error.errno == errno.ENOSPC else "fix that"
    _fail(f"{error.filename or 'disk'}: {error.strerror or error}; {advice} and run again", 1)


def _leave_pipe() -> NoReturn:
    """End well: who reads the output, as `head` does, has enough of it."""
    with suppress(OSError, ValueError):  # else Python tries to write the rest when it ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(0)


def _not_utf8(given: Sequence[str]) -> str:
    """Return the first argument or setting whose bytes are not UTF-8, nothing if all are."""
    settings = (value for name, value in os.environ.items() if name.startswith("CRAWLBLOCK_"))
    return next((text for text in (*given, *settings) if not _is_utf8(text)), "")


def _is_utf8(text: str) -> bool:
    try:
        return bool(text.encode()) or not text
    except UnicodeError:
        return False


def _prepare_streams() -> None:
    """Let all that is printed go somewhere: to nothing where a shell has closed the stream."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            nowhere = Path(os.devnull).open(mode, encoding="utf-8")  # noqa: SIM115 - till the end
            setattr(sys, name, nowhere)
    for stream in (sys.stdout, sys.stderr):
        spell_for(stream)


def _explain(error: click.ClickException) -> None:
    """Say what cannot be understood, and of which command."""
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "crawlblock"
    message = " ".join(error.format_message().split())
    if isinstance(error, click.NoSuchOption):
        message = now_called(error.option_name, OPTIONS) or message
    say(f"{command}: {message} ({command} --help)")
    sys.exit(error.exit_code)


def _fail(message: str, code: int) -> NoReturn:
    say(f"crawlblock: {' '.join(message.split())}")
    sys.exit(code)
