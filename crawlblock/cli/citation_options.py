"""Options of what is published: its license, and how it is cited."""

from collections.abc import Callable
from typing import Any

import click

from crawlblock.export.dataset import licences

_OPTIONS = (
    click.option(
        "--license",
        "licence",
        type=click.Choice(list(licences())),
        default=next(iter(licences())),
        show_default=True,
        help="License of your selection, verdicts and results. It does not cover robots.txt files.",
    ),
    click.option("--title", default="Who may still crawl the web", show_default=True),
    click.option("--author", "authors", multiple=True, help="Whom to cite; may be repeated."),
    click.option(
        "--url", default="", help="Where you publish it, such as https://doi.org/10.5281/..."
    ),
)


def citation_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options, in this order."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
