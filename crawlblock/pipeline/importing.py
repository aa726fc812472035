"""Stores the contents of other people's files as facts."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from crawlblock import loops
from crawlblock.errors import InputError
from crawlblock.names import fault_of
from crawlblock.pipeline.collect import collect
from crawlblock.pipeline.run import Run
from crawlblock.sources.files import Every, Files


def import_files(
    run: Run,
    paths: Sequence[Path],
    every: Every,
    at: Sequence[datetime],
    snapshot: str | None = None,
) -> Files:
    """Store what is in files; return the files, and what was counted and left out.

    `snapshot` names the one snapshot of all captures.  Raises InputError, before
    anything is stored, for a file or a name that cannot be used.
    """
    if snapshot is not None:
        _check(run, snapshot, at)

    def reading(path: Path) -> None:
        run.progress(f"importing {path.name}", run.tally.captures, run.tally.captures)

    source = Files(paths, every, at, reading, snapshot)
    loops.run(collect(run, source))
    return source


def _check(run: Run, snapshot: str, at: Sequence[datetime]) -> None:
    """Raise InputError for a name that an import may not have."""
    if fault := fault_of(snapshot):
        raise InputError(f"--snapshot {snapshot!r}: {fault}; take a name such as 2026-08")
    if at:
        raise InputError("--at gives a snapshot for each time; leave out --snapshot or --at")
    with run.store.reading() as con:
        query = "SELECT kind FROM snapshots WHERE snapshot = ? AND kind <> 'import'"
        found = con.execute(query, [snapshot]).fetchall()
    if found:
        raise InputError(
            f"--snapshot {snapshot}: this is a {found[0][0]} already; use another name"
        )
