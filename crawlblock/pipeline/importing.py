"""From files of others to stored facts."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from crawlblock import loops
from crawlblock.pipeline.collect import collect
from crawlblock.pipeline.run import Run
from crawlblock.sources.files import Every, Files


def import_files(run: Run, paths: Sequence[Path], every: Every, at: Sequence[datetime]) -> Files:
    """Store what is in files; return them, with what was counted and what was left out.

    Raises InputError, before anything is stored, for a file that cannot be used.
    """

    def reading(path: Path) -> None:
        run.progress(f"importing {path.name}", run.tally.captures, run.tally.captures)

    source = Files(paths, every, at, reading)
    loops.run(collect(run, source))
    return source
