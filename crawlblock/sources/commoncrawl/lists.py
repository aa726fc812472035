"""The lists of crawls and of web graphs: asked for, kept, and known without either."""

import contextlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Generic, TypeVar

from crawlblock.durable import write_whole
from crawlblock.errors import ArchiveError, UpstreamError
from crawlblock.outcome import Outcome
from crawlblock.sources.commoncrawl.keys import index_url, is_common_crawl
from crawlblock.sources.commoncrawl.mirror import Mirror
from crawlblock.unpacking import LARGEST_JSON, parse_json

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ListKind(Generic[T]):
    """One of the lists that Common Crawl's index server has."""

    name: str  # collinfo.json
    parse: Callable[[object], T]  # raises ValueError for what is no such list
    packaged: Callable[[], T]  # what comes with crawlblock
    newest: Callable[[T], tuple[int, ...]]  # by which the later of two lists is known
    called: str  # the list of crawls


@dataclass(frozen=True, slots=True)
class Listing(Generic[T]):
    """A list, and what the user must know about it."""

    entries: T
    note: str | None = None  # it is not of today


async def read_list(mirror: Mirror, kind: ListKind[T], folder: Path | None) -> Listing[T]:
    """Return what the archive lists, else what it last did, else what comes with crawlblock.

    A good answer of Common Crawl is kept in the folder.  Another archive has no list but its own.
    Raises UpstreamError if that cannot be read, ArchiveError if it is not there or no such list.
    """
    url = index_url(mirror.location, kind.name)
    public = is_common_crawl(mirror.location)
    try:
        answer, entries = await _asked(mirror, kind, url)
    except (ArchiveError, UpstreamError) as error:
        if not public:
            raise
        reason = str(error).partition(";")[0]
        known = known_list(kind, folder)
        return Listing(known.entries, f"{reason}; {known.note} is used")
    if public and folder:
        _keep(folder / kind.name, answer)
    return Listing(entries)


def known_list(kind: ListKind[T], folder: Path | None) -> Listing[T]:
    """Return what is known without asking, and where it is from: the kept or the packaged list."""
    packaged = Listing(kind.packaged(), f"{kind.called} that comes with crawlblock")
    kept = _kept(folder / kind.name, kind) if folder else None
    if kept is None or kind.newest(kept.entries) < kind.newest(packaged.entries):
        return packaged
    return kept


async def _asked(mirror: Mirror, kind: ListKind[T], url: str) -> tuple[object, T]:
    """Return the answer as JSON and as a list."""
    raw = await mirror.read_index(kind.name)
    layout = "is this an archive in Common Crawl's layout?"
    if isinstance(raw, Outcome):
        if raw in (Outcome.ABSENT, Outcome.DAMAGED):
            raise ArchiveError(f"{url} is {raw}; {layout}")
        raise UpstreamError(f"{url} cannot be downloaded ({raw}); {remedy(raw)}")
    try:
        answer = parse_json(raw)
        return answer, kind.parse(answer)
    except (ValueError, OverflowError) as error:
        reason = "it is not JSON" if isinstance(error, UnicodeError) else str(error)[:150]
        raise ArchiveError(f"{url} cannot be read ({reason}); {layout}") from None


def remedy(outcome: Outcome) -> str:
    """Return what to do when a server cannot be reached."""
    if outcome is Outcome.TLS:
        return "check this machine's clock and the network's proxy, then run again"
    return "check the network and run again"


def _keep(path: Path, answer: object) -> None:
    """Write an answer whole; a disk that is full costs the copy."""
    at = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, json.dumps({"read": at.isoformat(), "answer": answer}).encode())


def _kept(path: Path, kind: ListKind[T]) -> Listing[T] | None:
    """Return the list that was last read, and how old it is."""
    try:
        with path.open("rb") as file:
            kept: Any = parse_json(file.read(LARGEST_JSON + 1))
        read = datetime.fromisoformat(kept["read"]).replace(tzinfo=None)
        entries = kind.parse(kept["answer"])
    except (OSError, ValueError, LookupError, TypeError, OverflowError):
        return None
    days = (datetime.now(UTC).replace(tzinfo=None) - read).days
    age = "" if days < 0 else f", {days} day{'' if days == 1 else 's'} old"
    return Listing(entries, f"{kind.called} of {read:%Y-%m-%d}{age},")
