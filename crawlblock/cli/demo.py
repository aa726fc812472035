"""`crawlblock demo`: a small archive to try things on."""

from pathlib import Path
from typing import cast

import click

from crawlblock.cli.options import at_option, every_option
from crawlblock.cli.output import say, working
from crawlblock.demo import render_demo
from crawlblock.demo.pack_files import pack_files
from crawlblock.sources.files import Every, read_observation_times


@click.command()
@click.argument("source", type=click.Path(exists=True, path_type=Path))
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path))
@every_option
@at_option
def demo(source: Path, directory: Path, every: str, at: Path | None) -> None:
    r"""Render an archive in Common Crawl's layout.

    SOURCE is a folder of facts such as data/demo, or a file of captures as `import` takes it,
    whose bodies are packed as they are.

    \b
    Examples:
      crawlblock demo data/demo build/demo
      crawlblock demo captures.parquet build/archive --every week
    """
    times = read_observation_times(at) if at else []
    with working("archive"):
        if source.is_dir():
            render_demo(source, directory)
            count = None
        else:
            count = pack_files([source], cast("Every", every), times, directory)
    if count is not None:
        say(f"{count} captures packed")
    say(f"an archive for --mirror is in {directory}")
