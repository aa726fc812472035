"""The WARC files of a live run: every request with its answer, in files of about 100 MB."""

import re
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from crawlblock import __version__
from crawlblock.captures.build import RecordPlace, Seen, seen
from crawlblock.durable import sync
from crawlblock.errors import StoreError
from crawlblock.model import Fetch
from crawlblock.sources.live.response import Answer
from crawlblock.unpacking import LARGEST
from crawlblock.warc.http import Answers
from crawlblock.warc.reader import Record, read_record
from crawlblock.warc.writer import Exchange, append_exchange, append_info

_LARGEST = 100_000_000  # bytes after which a file is followed by another
_MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+")
# Bodies are kept decoded; a reader must not decode them again.  Common Crawl renames them alike.
_RENAMED = frozenset({"content-encoding", "content-length", "transfer-encoding"})


class Archive:
    """Writes exchanges to new files `<name>-NNNNN.warc.gz`; what is there is never touched."""

    def __init__(
        self, folder: Path, name: str, agent: str, pages: bool = False, largest: int = _LARGEST
    ) -> None:
        """Take the folder, how files are named, and what is written into them of who asks."""
        self._folder, self._name, self._largest = folder, name, largest
        self._about = _about(agent, pages)
        self._file: BinaryIO | None = None
        self._path = folder
        self._info = ""

    def __enter__(self) -> Self:
        """Return the archive; a file is made when there is something to write."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the last file."""
        self._close()

    def add(self, answer: Answer, name: str | None = None) -> RecordPlace:
        """Append an exchange and return where its response stands.  Raises StoreError.

        `name` is the digest of the body, where it is known.
        """
        try:
            if self._file is None or self._file.tell() >= self._largest:
                self._file = self._next(answer.fetch_time)
            exchange = _exchange(answer, name)
            offset, length = append_exchange(self._file, self._info, exchange)
            self._file.flush()  # to the system: from now on the record outlives a kill
        except OSError as error:
            with suppress(OSError):  # a record may be half written: nothing may follow it
                self._close()
            raise self._refused(error) from None
        return RecordPlace(f"{self._folder.name}/{self._path.name}", offset, length)

    def payload(self, fetch: Fetch) -> bytes | None:
        """Return the payload of a record that was added, None if it is not there whole."""
        found = recorded(fetch, self._folder.parent)
        return found.payload if found else None

    def _next(self, time: datetime) -> BinaryIO:
        self._close()
        self._folder.mkdir(parents=True, exist_ok=True)
        file = None
        while file is None:
            self._path = self._folder / f"{self._name}-{self._free_number():05}.warc.gz"
            with suppress(FileExistsError):  # a run for another database was faster
                file = self._path.open("xb")
        self._info = append_info(file, self._path.name, time, self._about)
        return file

    def _free_number(self) -> int:
        pattern = re.compile(rf"{re.escape(self._name)}-(\d+)\.warc\.gz")
        found = (pattern.fullmatch(path.name) for path in self._folder.iterdir())
        return max((int(match[1]) + 1 for match in found if match), default=0)

    def sync(self) -> None:
        """Wait until the disk has every record; raises StoreError."""
        if self._file is not None:
            try:
                sync(self._path)
            except OSError as error:
                raise self._refused(error) from None

    def _refused(self, error: OSError) -> StoreError:
        return StoreError(
            f"{self._path}: {error.strerror}; free some space or fix that and run again, what is "
            "stored stays"
        )

    def _close(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            file.close()
            sync(self._path)


def recorded(fetch: Fetch, folder: Path) -> Seen | None:
    """Return what the record of a fetch says, None if it is not there whole.

    `folder` is the one that names of WARC files begin in.
    """
    length = fetch.warc_length or 0
    if not 0 < length <= LARGEST:
        return None
    try:
        with (folder / (fetch.warc_file or "")).open("rb") as file:
            file.seek(fetch.warc_offset or 0)
            stored = file.read(length)
    except OSError:
        return None
    record = read_record(stored) if len(stored) == length else None
    return seen(record, Answers()) if isinstance(record, Record) else None


def _about(agent: str, pages: bool) -> dict[str, str]:
    asked = "/robots.txt, and / where that lets this agent" if pages else "only /robots.txt"
    return {
        "software": f"crawlblock/{__version__}",
        "http-header-user-agent": agent,
        "robots": f"{asked} is asked for",
        "format": "WARC File Format 1.0",
    }


def _exchange(answer: Answer, name: str | None) -> Exchange:
    renamed = (
        (f"X-Crawler-{key}" if key.lower() in _RENAMED else key, value)
        for key, value in answer.headers
    )
    kind = (answer.header("content-type") or "").partition(";")[0].strip().lower()
    return Exchange(
        url=answer.url,
        fetch_time=answer.fetch_time,
        address=answer.address,
        request_headers=answer.request_headers,
        status=answer.status,
        reason=answer.reason,
        headers=(*renamed, ("Content-Length", str(len(answer.body)))),
        payload=answer.body,
        detected=kind if _MEDIA_TYPE.fullmatch(kind) else "application/octet-stream",
        protocols=answer.protocols,
        truncated=answer.truncated,
        digest=name,
    )
