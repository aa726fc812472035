"""What a run has learnt and not stored yet, on disk, so that after a kill nobody is asked twice.

Visits are noted in files beside the database, a line each: the check sum of the rest, then the
visit as JSON.  Payloads are not noted, for the WARC files have them already.  When the visits of a
file are stored, the file is removed.
"""

import json
import re
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from types import TracebackType, UnionType
from typing import Any, BinaryIO, Self, TypeVar

from crawlblock.captures.earlier import asked_of, fetch_of_capture
from crawlblock.captures.frames import Batch, batch_of
from crawlblock.errors import StoreError
from crawlblock.hosts import UrlParts
from crawlblock.model import Asked, Fetch, Payload
from crawlblock.names import key_fault_of
from crawlblock.outcome import Ending
from crawlblock.sources.live.recording import recorded
from crawlblock.sources.live.visit import Visit
from crawlblock.unpacking import LARGEST_JSON, parse_json

T = TypeVar("T", Asked, Fetch)

_FIELDS = {kind: [field.name for field in fields(kind)] for kind in (Visit, Asked, Fetch)}
_MOST = 2**53  # more than any number in a visit


class Journal:
    """Notes visits in files `<database>.live-NNNNN.journal`."""

    def __init__(self, database: Path) -> None:
        """Take the path of the database."""
        self._database = database
        self._number = 0
        self._path: Path | None = None
        self._file: BinaryIO | None = None

    def __enter__(self) -> Self:
        """Return the journal; a file is made when there is something to note."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the file; it stays unless its captures were stored."""
        with suppress(OSError):
            self._close()

    def add(self, visit: Visit) -> None:
        """Note a visit whose records the system has; raises StoreError."""
        try:
            file = self._file or self._next()
            file.write(_line(visit))
            file.flush()
        except OSError as error:
            with suppress(OSError):  # a line may be half written
                self._close()
            raise StoreError(
                f"{self._path}: {error.strerror}; free some space or fix that and run again, "
                "what is stored stays"
            ) from None

    def take(self) -> Path | None:
        """Return the file that holds all noted since the last time; the next is noted elsewhere."""
        self._close()
        taken, self._path = self._path, None
        return taken

    def _next(self) -> BinaryIO:
        while self._file is None:
            self._path = self._database.with_name(
                f"{self._database.name}.live-{self._number:05}.journal"
            )
            self._number += 1
            with suppress(FileExistsError):
                self._file = self._path.open("xb")
        return self._file

    def _close(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            file.close()


def journals(database: Path) -> list[Path]:
    """Return the files that killed runs left beside a database."""
    name = re.compile(rf"{re.escape(database.name)}\.live-\d+\.journal")
    return sorted(path for path in database.parent.iterdir() if name.fullmatch(path.name))


def read_journal(path: Path) -> Batch:
    """Return what a file notes and the WARC files beside it can still show, with the payloads.

    A line that was not written to its end is passed over, and so is one with a record that is not
    whole.  Lines of the version before, which noted captures, are read as well.
    """
    fetches: list[Fetch] = []
    asked: list[Asked] = []
    bodies: dict[str, bytes] = {}
    for line in _lines(path):
        visit = _visit(line)
        held = _bodies(visit, path.parent) if visit else None
        if visit is not None and held is not None:
            asked += visit.asked
            fetches += visit.fetches
            bodies |= held
    unique = dict.fromkeys(fetches)
    return batch_of(unique, asked, [Payload(name, body) for name, body in bodies.items()])


def _line(visit: Visit) -> bytes:
    text = _JSON.encode(visit).encode()
    return b"%08x %s\n" % (zlib.crc32(text), text)


def _noted(value: Any) -> str | dict[str, Any]:
    """Return what JSON has in place of a time or a dataclass, whose fields it does not copy."""
    if isinstance(value, datetime):
        return value.isoformat()
    return {name: getattr(value, name) for name in _FIELDS[type(value)]}


_JSON = json.JSONEncoder(default=_noted)


def _lines(path: Path) -> Iterator[bytes]:
    """Yield the lines of a file; a line that is too long is none of ours, and nor is its rest."""
    with path.open("rb") as file:
        while line := file.readline(LARGEST_JSON):
            yield line.removesuffix(b"\n")


def _visit(line: bytes) -> Visit | None:
    stated, _, text = line.partition(b" ")
    if stated != b"%08x" % zlib.crc32(text):
        return None
    try:
        noted: Any = parse_json(text)
        if "asked" not in noted:
            found = fetch_of_capture(noted)
            return Visit((_sound(asked_of(noted)),), (_sound(found),) if found else ())
        asked = tuple(_sound(Asked(**each)) for each in noted["asked"])
        return Visit(asked, tuple(_sound(_fetch(each)) for each in noted["fetches"]))
    except (ValueError, TypeError, LookupError, AttributeError):
        return None


def _fetch(noted: Mapping[str, Any]) -> Fetch:
    ended = Ending(noted["ended"]) if noted["ended"] else None
    time = datetime.fromisoformat(noted["fetch_time"])
    return Fetch(**{**noted, "ended": ended, "fetch_time": time})


def _sound(record: T) -> T:
    """Return a record whose values are of their kinds; raises ValueError for another."""
    for field in fields(record):
        value, kind = getattr(record, field.name), field.type
        if not isinstance(kind, (type, UnionType)) or not isinstance(value, kind):
            raise ValueError(f"{field.name} is of another kind")
        if isinstance(value, str):
            value.encode()
        if isinstance(value, int) and not 0 <= value < _MOST:
            raise ValueError(f"{field.name} is not a number of ours")
        if isinstance(value, datetime) and value.tzinfo:
            raise ValueError("the time has a zone")
    file = getattr(record, "warc_file", None)
    if file is not None and key_fault_of(file):
        raise ValueError("the file is not one of ours")
    return record


def _bodies(visit: Visit, folder: Path) -> dict[str, bytes] | None:
    """Return the payloads of a visit, None where a record is not the one it was."""
    bodies: dict[str, bytes] = {}
    for fetch in visit.fetches:
        if not fetch.warc_file:
            continue
        found = recorded(fetch, folder)
        if found is None or str(found.asked) != (fetch.url or _url(fetch)):
            return None
        if fetch.digest:
            if found.payload is None or found.digest != fetch.digest:
                return None
            bodies[fetch.digest] = found.payload
    return bodies


def _url(fetch: Fetch) -> str:
    return str(UrlParts(fetch.secure is True, fetch.host, fetch.resource))
