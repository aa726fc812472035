"""Where facts come from: Common Crawl's archive, the live web, files."""

from collections.abc import AsyncGenerator
from typing import Protocol

from crawlblock.captures.frames import Batch
from crawlblock.model import SnapshotKind


class Source(Protocol):
    """A source of facts about hosts.

    `batches` yields what was found by and by.  What was yielded is stored before the next batch is
    asked for, so a source may then forget what it kept of it.
    """

    @property
    def kind(self) -> SnapshotKind:
        """Return what kind of snapshots it gives."""
        ...

    def batches(self) -> AsyncGenerator[Batch]:
        """Yield facts, a batch at a time; raises UpstreamError, ArchiveError or InputError."""
        ...
