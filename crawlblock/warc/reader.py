"""The records of a WARC or ARC file, one after the other: the one reader of all sources.

FastWARC reads where it is installed.  It takes what it finds on trust: a file that is cut ends in
silence, records in one gzip member have no offsets.  So everything it says is checked against the
file, and where something does not fit, the file is read by `members` instead: slower, with the
standard library alone, member by member, so that each damage has its place and what follows it is
found again.  Without FastWARC, `members` reads everything; both give the same.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import IO

from crawlblock.errors import ArchiveError
from crawlblock.unpacking import LARGEST, UNREADABLE, inflate, zstd_library
from crawlblock.warc.heads import (
    PASSED_OVER,
    WARC,
    Damage,
    Found,
    Picks,
    Record,
    name_of,
    record_of,
)
from crawlblock.warc.members import ZSTD_NEEDED, Members
from crawlblock.warc.parts import GZIP, ZSTD
from crawlblock.warc.windows import FileBytes

__all__ = [
    "Damage", "Found", "Record", "check_archive", "has_fastwarc", "read_record", "records",
    "warc_time",
]  # fmt: skip

_EARLIEST, _LATEST = datetime(1994, 1, 1), datetime(2100, 1, 1)  # robots.txt is of 1994


_SKIPPABLE = b"\x2a\x4d\x18"  # what follows the first byte of a zstd frame without records


class _Doubt(Exception):  # noqa: N818 - no error: the file is then read with care
    """FastWARC's answers do not fit the file."""


def has_fastwarc() -> bool:
    """Tell whether FastWARC is installed; without it a scan takes about a third longer."""
    return find_spec("fastwarc") is not None


def records(
    path: Path, fast: bool | None = None, passed: Counter[str] | None = None
) -> Iterator[Found]:
    """Return the answers in a file and the places where it is damaged, in their order.

    `fast` says whether FastWARC reads; the default is to use it where it is installed.  `passed`
    counts the records that hold no answer, by type.  Raises ArchiveError if the file cannot be
    opened, or is packed by zstd and no library reads that.
    """
    passed = Counter() if passed is None else passed
    try:
        with path.open("rb") as file, path.open("rb") as seekable:
            raw = FileBytes(seekable)
            if not len(raw):
                yield Damage(0, "the file is empty")
                return
            _check(path, raw)
            yield from _records(file, raw, has_fastwarc() if fast is None else fast, passed)
    except OSError as error:
        raise ArchiveError(f"{path} cannot be read: {error.strerror or error}") from None


def check_archive(path: Path) -> None:
    """Raise ArchiveError for a file that `records` cannot open."""
    try:
        with path.open("rb") as file:
            _check(path, FileBytes(file))
    except OSError as error:
        raise ArchiveError(f"{path} cannot be read: {error.strerror or error}") from None


def _check(path: Path, raw: FileBytes) -> None:
    if raw[0:4] == ZSTD or raw[1:4] == _SKIPPABLE:
        try:
            zstd_library()
        except ImportError:
            raise ArchiveError(f"{path}: {ZSTD_NEEDED}, or unpack the file") from None


def read_record(stored: bytes) -> Found:
    """Return the first answer in the bytes of a range; its offset counts from their start."""
    return next(Members(stored, len(stored)).read(), Damage(0, "no answer is there"))


def warc_time(raw: bytes) -> datetime | None:
    """Return a WARC-Date, or the 14 digits of ARC, as naive UTC; None for what is no date."""
    text = raw.decode("latin-1").strip()
    try:
        if text.isdigit():
            parsed = datetime.strptime(text[:14], "%Y%m%d%H%M%S")
        else:
            parsed = datetime.fromisoformat(text)
        if parsed.tzinfo:
            parsed = parsed.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return None
    return parsed if _EARLIEST <= parsed < _LATEST else None


def _records(file: IO[bytes], raw: FileBytes, fast: bool, passed: Counter[str]) -> Iterator[Found]:
    given = 0
    if fast and raw[0:3] == GZIP:
        try:
            for found in _with_fastwarc(file, raw, passed):
                yield found
                given += 1
            return
        except _Doubt:
            passed.clear()
    for number, found in enumerate(Members(raw, len(raw), passed).read()):
        if number >= given:
            yield found


def _with_fastwarc(file: IO[bytes], raw: FileBytes, passed: Counter[str]) -> Iterator[Found]:
    """Read with FastWARC; raises _Doubt before it gives anything that is not certain.

    A record is given once the next one is found where a gzip member begins.
    """
    from fastwarc import warc

    size, at, last = len(raw), -1, None
    picks = Picks()
    response = warc.response
    others = [name.decode() for name in PASSED_OVER]
    passed_over = [getattr(warc, name) for name in others]
    try:
        for record in warc.ArchiveIterator(
            file, record_types=warc.any_type, parse_http=False, inplace=True, fsspec_args=False
        ):
            before, at = at, record.stream_pos
            if not before < at < size or raw[at : at + 3] != GZIP:
                raise _Doubt
            if last:
                yield record_of(*last, before, at - before)
                last = None
            kind = record.record_type
            length = record.content_length
            block = record.reader.read() if length <= LARGEST else b""
            if not block or len(block) != length or WARC in block:  # it may hold the next record
                raise _Doubt
            if kind is not response and kind in passed_over:
                passed[others[passed_over.index(kind)]] += 1
                continue
            headers = record.headers
            head = picks[tuple(headers.keys_bytes())]((*headers.values_bytes(), b""))
            if not head[-1].isdigit() or b"\n" in b"".join(head):  # it joins lines that end in LF
                raise _Doubt
            if kind is response or head[0].lower() not in PASSED_OVER:
                last = head, block
            else:
                passed[name_of(head[0])] += 1
        if at < 0 or inflate(raw, at)[1] != size:
            raise _Doubt
    except (OSError, *UNREADABLE):
        raise _Doubt from None
    if last:
        yield record_of(*last, at, size - at)
