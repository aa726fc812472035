"""What a run has learnt and not stored yet, on disk, so that after a kill nobody is asked twice.

Captures are noted in files beside the database, a line each: the check sum of the rest, then the
capture as JSON.  Payloads are not noted, they stand in the WARC files already.  When the captures
of a file are stored, the file is removed.
"""

import json
import re
import zlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from crawlblock.errors import StoreError
from crawlblock.model import Capture, Outcome, Payload
from crawlblock.warc import digest, read_record


class Journal:
    """Notes captures in files `<database>.live-NNNNN.journal`."""

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

    def add(self, captures: Sequence[Capture]) -> None:
        """Note captures whose records the system has; raises StoreError."""
        try:
            file = self._file or self._next()
            file.write(b"".join(map(_line, captures)))
            file.flush()
        except OSError as error:
            with suppress(OSError):  # a line may be half written
                self._close()
            raise StoreError(
                f"{self._path}: {error.strerror}; make room or mend that and run again, what is "
                "stored stays"
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


def read_journal(path: Path) -> tuple[list[Capture], list[Payload]]:
    """Return what a file notes and the WARC files beside it can still show, with the payloads.

    A line that was not written to its end, or by another version, is passed over, and so is one
    whose record is not whole.
    """
    captures: list[Capture] = []
    bodies: dict[str, bytes] = {}
    for line in path.read_bytes().split(b"\n"):
        capture = _capture(line)
        body = _body(capture, path.parent) if capture else None
        if capture is None or body is None:
            continue
        captures.append(capture)
        if capture.digest:
            bodies[capture.digest] = body
    return captures, [Payload(name, body) for name, body in bodies.items()]


def _line(capture: Capture) -> bytes:
    text = json.dumps(asdict(capture), default=datetime.isoformat).encode()
    return b"%08x %s\n" % (zlib.crc32(text), text)


def _capture(line: bytes) -> Capture | None:
    stated, _, text = line.partition(b" ")
    if stated != b"%08x" % zlib.crc32(text):
        return None
    try:
        noted = json.loads(text)
        noted["outcome"] = Outcome(noted["outcome"])
        noted["fetch_time"] = datetime.fromisoformat(noted["fetch_time"])
        return Capture(**noted)
    except (ValueError, TypeError, KeyError):
        return None


def _body(capture: Capture, folder: Path) -> bytes | None:
    """Return the payload that a capture's record holds, None if it is not the record it was."""
    if not capture.warc_file:
        return b""
    try:
        with (folder / capture.warc_file).open("rb") as file:
            file.seek(capture.warc_offset or 0)
            stored = file.read(capture.warc_length or 0)
    except OSError:
        return None
    record = read_record(stored) if len(stored) == capture.warc_length else None
    if record is None or record.url != capture.url:
        return None
    fits = capture.digest is None or digest(record.payload) == capture.digest
    return record.payload if fits else None
