"""`crawlblock schedule`: what cron or systemd needs."""

import re
import shlex
import sys
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from string import Template

import click

from crawlblock import registry
from crawlblock.cli.options import (
    NumberRange,
    contact_option,
    db_option,
    mirror_option,
    results_option,
)
from crawlblock.metrics.results_folder import results_of
from crawlblock.transport import user_agent

_PLAIN = re.compile(r"[\w@%+=:,./-]+", re.ASCII)


@click.command()
@db_option
@mirror_option
@results_option
@contact_option
@click.option("--at", default="04:17", show_default=True, help="Time of day, HH:MM.")
@click.option(
    "--max-runtime",
    type=NumberRange(0, min_open=True),
    default=600,
    show_default=True,
    help="Minutes a run may take; the next one continues.",
)
def schedule(
    db: Path, mirror: str, results: Path | None, contact: str | None, at: str, max_runtime: float
) -> None:
    r"""Print what cron or systemd needs to run `update` every day.

    All paths are absolute, because cron and systemd do not know your PATH or home folder.

    \b
    Example:
      crawlblock schedule --contact you@example.org
    """
    user_agent(contact)
    time = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", at, re.ASCII)
    if not time:
        raise click.BadParameter(f"{at!r} is not a time of day such as 04:17", param_hint="--at")
    place = mirror if "://" in mirror else str(Path(mirror).resolve())
    folder = (results or results_of(db)).resolve()
    words = [
        sys.executable, "-m", "crawlblock", "update", "--quiet", "--db", str(db.resolve()),
        "--results", str(folder), "--mirror", place, "--contact", str(contact),
        "--max-runtime", f"{max_runtime:g}",
    ]  # fmt: skip
    extra = registry.extra_folder()
    words += ["--extra", str(extra)] if extra else []
    text = Template((files(__package__) / "schedule.txt").read_text("utf-8"))
    click.echo(
        text.substitute(
            hour=time[1],
            minute=time[2],
            shell=shlex.join(words).replace("%", r"\%"),  # to cron a % is the end of the line
            command=_for_systemd([word.replace("$", "$$") for word in words]),
            folders=_for_systemd(sorted({str(db.resolve().parent), str(folder.parent)})),
        ),
        nl=False,
    )


def _for_systemd(words: Sequence[str]) -> str:
    """Return words as systemd reads them (systemd.syntax(7)); only a command has variables."""
    doubled = (word.replace("%", "%%") for word in words)
    return " ".join(
        word if _PLAIN.fullmatch(word) else '"{}"'.format(re.sub(r'(["\\])', r"\\\1", word))
        for word in doubled
    )
