"""`crawlblock miniature`: a small archive to try things on."""

from pathlib import Path

import click

from crawlblock.cli.options import say
from crawlblock.miniature import render_sample


@click.command()
@click.argument("facts", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path))
def miniature(facts: Path, directory: Path) -> None:
    r"""Render an archive in Common Crawl's layout from the FACTS of a sample.

    \b
    Example:
      crawlblock miniature data/sample build/miniature
    """
    render_sample(facts, directory)
    say(f"an archive for --mirror is in {directory}")
