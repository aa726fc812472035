"""Everything that can stop crawlblock, on one screen.

A remote failure is not here: it is an `Outcome` (see `model.py`).  These are raised when *we*
cannot go on.  Each class says what the reader should do next and which exit code the command has.
"""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import ClassVar


class CrawlblockError(Exception):
    """Something stopped the run; the message names what, where and what to do."""

    exit_code: ClassVar[int] = 1


class InputError(CrawlblockError):
    """A file, option or panel cannot be used: correct the input that the message names."""

    exit_code: ClassVar[int] = 2


class ArchiveError(CrawlblockError):
    """The archive holds something unreadable: check the named key, or use another mirror."""

    exit_code: ClassVar[int] = 1


class UpstreamError(CrawlblockError):
    """A server refuses or is down: wait, then run the same command again; it resumes."""

    exit_code: ClassVar[int] = 4


class StoreError(CrawlblockError):
    """The database or its disk cannot be used: follow the message, then run again."""

    exit_code: ClassVar[int] = 1


class LockedError(CrawlblockError):
    """Another run uses the database: wait until it ends."""

    exit_code: ClassVar[int] = 75


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a question that names what is spelled nearly so, or nothing."""
    spelled = {name.lower(): name for name in known}
    near = [spelled[name] for name in get_close_matches(word.lower(), spelled, cutoff=0.7)]
    return f"did you mean {', '.join(near)}?" if near else ""
