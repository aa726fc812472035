"""What became of a task, said by the process that ran it."""

import os
import pickle
from dataclasses import dataclass
from typing import Any

from crawlblock.errors import ArchiveError, CrawlblockError
from crawlblock.registry.extra import using


@dataclass(frozen=True, slots=True)
class Returned:
    """What a task gave."""

    value: Any


@dataclass(frozen=True, slots=True)
class Spoiled:
    """A task that failed for its own sake."""

    reason: str
    suspect: bool = False  # tried often, but perhaps another one beside it killed the process


@dataclass(frozen=True, slots=True)
class Stopped:
    """Why no task can go on."""

    error: CrawlblockError


Reply = Returned | Spoiled | Stopped


def attempt(packed: bytes) -> Reply:
    """Run a packed task in the process that is to do so."""
    os.environ.setdefault("POLARS_MAX_THREADS", "1")  # before polars is imported: a core a process
    try:
        work, task, folder = pickle.loads(packed)  # noqa: S301 - `run_tasks` packed it
        with using(folder):
            return Returned(work(task))
    except CrawlblockError as error:
        return Spoiled(str(error)) if isinstance(error, ArchiveError) else Stopped(error)
    except Exception as error:
        return Spoiled(f"{type(error).__name__}: {error}")
