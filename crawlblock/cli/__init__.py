"""The commands: a skin over the library."""

import errno
import os
import sys
import traceback
from pathlib import Path
from typing import Any

import click

from crawlblock import __version__
from crawlblock.cli.ask import cat, changes, explain, timeline
from crawlblock.cli.bring import import_command
from crawlblock.cli.check import check
from crawlblock.cli.collect import history, sample
from crawlblock.cli.commands import Commands
from crawlblock.cli.completion import completion
from crawlblock.cli.conclude import analyze, evaluate
from crawlblock.cli.discover import discover, templates
from crawlblock.cli.doctor import doctor
from crawlblock.cli.export import export
from crawlblock.cli.health import accept, status
from crawlblock.cli.live import live
from crawlblock.cli.options import say
from crawlblock.cli.render import miniature
from crawlblock.cli.replicate import replicate
from crawlblock.cli.report import report
from crawlblock.cli.scan import scan
from crawlblock.cli.schedule import schedule
from crawlblock.cli.sql import sql
from crawlblock.cli.update import update
from crawlblock.cli.weigh import weights
from crawlblock.errors import CrawlblockError
from crawlblock.report.plain import spell_for

DEBUG = "--debug"
_WITHOUT_ARGUMENTS: Any = getattr(click.exceptions, "NoArgsIsHelpError", ())  # since click 8.2


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="crawlblock")
@click.option(DEBUG, is_flag=True, help="Show where an error comes from; may stand anywhere.")
def cli(debug: bool) -> None:
    r"""Tell who may still crawl the web.

    \b
    Examples:
      crawlblock check robots.txt
      crawlblock sample --list domains.csv
      crawlblock history --crawls 6 --contact you@example.org
      crawlblock analyze
    """


COMMANDS = (
    check,
    sample,
    history,
    live,
    update,
    schedule,
    import_command,
    scan,
    weights,
    evaluate,
    analyze,
    report,
    timeline,
    explain,
    cat,
    changes,
    templates,
    discover,
    replicate,
    export,
    sql,
    status,
    doctor,
    accept,
    miniature,
    completion,
)
for command in (cli, *COMMANDS, *scan.commands.values()):
    # Docstrings are raw, so that they hold no control characters; click wants one before examples,
    # which are the end of a help.
    command.help, _, examples = (command.help or "").partition("\\b\n")
    command.epilog = f"\b\n{examples}"
for command in COMMANDS:
    cli.add_command(command)


def main(args: list[str] | None = None) -> None:
    """Run a command; every failure is one line on stderr and an exit code."""
    given = sys.argv[1:] if args is None else args
    arguments = [argument for argument in given if argument != DEBUG]
    debug = DEBUG in given
    _prepare_streams()
    try:
        result: Any = cli.main(args=arguments, prog_name="crawlblock", standalone_mode=False)
        sys.exit(result if isinstance(result, int) else 0)
    except click.exceptions.Abort:
        _fail("stopped; what was stored stays, run the same command to go on", 130)
    except _WITHOUT_ARGUMENTS as error:
        error.show()  # which is the help
        sys.exit(error.exit_code)
    except click.ClickException as error:
        _refuse(error)
    except KeyboardInterrupt:
        _fail("stopped; what was stored stays, run the same command to go on", 130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    except CrawlblockError as error:
        _trace(debug)
        _fail(str(error), error.exit_code)
    except OSError as error:
        _trace(debug)
        advice = "free some space" if error.errno == errno.ENOSPC else "mend that"
        _fail(f"{error.filename or 'disk'}: {error.strerror or error}; {advice} and run again", 1)
    except Exception as error:  # the last net: a traceback helps nobody who is not debugging
        _trace(debug)
        if str(error) == "Query interrupted":  # what DuckDB makes of Ctrl-C
            _fail("stopped; what was stored stays, run the same command to go on", 130)
        _fail(f"a fault in crawlblock ({type(error).__name__}: {error}); --debug shows where", 1)


def _prepare_streams() -> None:
    """Let all that is printed go somewhere: to nothing where a shell has closed the stream."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            nowhere = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - till the end
            setattr(sys, name, nowhere)
        spell_for(getattr(sys, name))


def _refuse(error: click.ClickException) -> None:
    """Say what cannot be understood, and of which command."""
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "crawlblock"
    say(f"{command}: {' '.join(error.format_message().split())} ({command} --help)")
    sys.exit(error.exit_code)


def _trace(debug: bool) -> None:
    if debug:
        traceback.print_exc()


def _fail(message: str, code: int) -> None:
    say(f"crawlblock: {' '.join(message.split())}")
    sys.exit(code)
