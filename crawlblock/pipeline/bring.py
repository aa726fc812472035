"""From files of others to captures."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from crawlblock.model import SnapshotKind
from crawlblock.pipeline.runs import Progress, Tally
from crawlblock.sources.files import Every, LeftOut, read_files
from crawlblock.store.store import Store


def import_files(
    store: Store,
    paths: Sequence[Path],
    every: Every,
    at: Sequence[datetime],
    tally: Tally,
    progress: Progress,
) -> tuple[int, list[LeftOut]]:
    """Store the captures in files; return how many were stored before, and what was left out.

    Raises InputError, before anything is stored, for a file that cannot be used.
    """
    already = 0
    left_out: list[LeftOut] = []
    for batch in read_files(paths, every, at):
        new = store.add_captures(batch.captures, batch.payloads, SnapshotKind.IMPORT)
        tally.captures += new
        already += batch.captures.height - new
        left_out.extend(batch.left_out)
        progress(f"importing {batch.file.name}", tally.captures + already, tally.captures + already)
    return already, left_out
