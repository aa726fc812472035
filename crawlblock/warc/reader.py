"""The records of a WARC or ARC file, one after the other: the one reader of all sources.

FastWARC reads where it is installed.  It takes what it finds on trust: a file that is cut ends in
silence, records in one gzip member have no offsets.  So everything it says is checked against the
file, and where something does not fit, the file is read by `members` instead: slower, with the
standard library alone, member by member, so that each damage has its place and what follows it is
found again.  Without FastWARC, `members` reads everything; both give the same.
"""

import mmap
import re
import zlib
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import IO, NamedTuple

from crawlblock.errors import ArchiveError
from crawlblock.unpacking import LARGEST, EarlyEndError, TooLargeError, inflate
from crawlblock.warc.heads import ARC, WARC, Head, Picks, Raw, ShortError, begins, head_at, is_size

_GZIP = b"\x1f\x8b\x08"
_PIECE = 32_768  # bytes in which a member must show what it begins with
_READ = {b"response": "response", b"revisit": "revisit", b"resource": "resource"}
_PASSED_OVER = frozenset({b"warcinfo", b"request", b"metadata", b"conversion"})
_BEGIN = re.compile(
    rb"\n(?=WARC/|%s)|(?=WARC/\d+\.\d+\r?\n)|\x1f\x8b\x08" % ARC.pattern
)  # a record, or perhaps a member that begins with one
_LINES = re.compile(rb"\s*")  # blank ones, between records
_TOO_LARGE = f"a record is larger than {LARGEST >> 20} MiB"
_EARLIEST, _LATEST = datetime(1994, 1, 1), datetime(2100, 1, 1)  # robots.txt is of 1994


class Record(NamedTuple):
    """An answer as it lies in the file."""

    kind: str  # response, revisit (its payload is elsewhere) or resource (a payload alone)
    url: str
    date: bytes
    digest: bytes  # of the payload, as the record states it; empty: it does not
    truncated: bytes  # why its payload is cut, as the record says; empty: it is not
    block: bytes  # the answer with its head; of a resource the payload
    offset: int  # bytes from the start of the file
    length: int  # bytes as stored


class Damage(NamedTuple):
    """A place of a file that cannot be read."""

    offset: int  # bytes from the start of the file
    reason: str
    url: str | None = None  # of the record, where it is known


class _Doubt(Exception):  # noqa: N818 - no error: the file is then read with care
    """FastWARC's answers do not fit the file."""


Found = Record | Damage
_Parts = tuple[Head, bytes]  # and the block


def has_fastwarc() -> bool:
    """Tell whether FastWARC is installed; without it a scan takes about a third longer."""
    return find_spec("fastwarc") is not None


def records(path: Path, fast: bool | None = None) -> Iterator[Found]:
    """Return the answers in a file and the places where it is damaged, in their order.

    `fast` says whether FastWARC reads; the default is to use it where it is installed.  Raises
    ArchiveError if the file cannot be opened.
    """
    try:
        with path.open("rb") as file:
            if not path.stat().st_size:
                yield Damage(0, "the file is empty")
                return
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as raw:
                yield from _records(file, raw, has_fastwarc() if fast is None else fast)
    except OSError as error:
        raise ArchiveError(f"{path} cannot be read: {error.strerror or error}") from None


def read_record(stored: bytes) -> Found:
    """Return the first answer in the bytes of a range; its offset counts from their start."""
    return next(members(stored), Damage(0, "no answer is there"))


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


def _records(file: IO[bytes], raw: mmap.mmap, fast: bool) -> Iterator[Found]:
    given = 0
    if fast and raw[:3] == _GZIP:
        try:
            for found in _with_fastwarc(file, raw):
                yield found
                given += 1
            return
        except _Doubt:
            pass
    for number, found in enumerate(members(raw)):
        if number >= given:
            yield found


def _with_fastwarc(file: IO[bytes], raw: mmap.mmap) -> Iterator[Found]:
    """Read with FastWARC; raises _Doubt before it gives anything that is not certain.

    A record is given once the next one is found where a gzip member begins.
    """
    from fastwarc import warc

    size, at, last = len(raw), -1, None
    picks = Picks()
    response = warc.response
    passed_over = (warc.request, warc.metadata, warc.warcinfo, warc.conversion)
    try:
        for record in warc.ArchiveIterator(
            file, record_types=warc.any_type, parse_http=False, inplace=True, fsspec_args=False
        ):
            before, at = at, record.stream_pos
            if not before < at < size or raw[at : at + 3] != _GZIP:
                raise _Doubt
            if last:
                yield _found(*last, before, at - before)
                last = None
            kind = record.record_type
            length = record.content_length
            block = record.reader.read() if length <= LARGEST else b""
            if not block or len(block) != length or WARC in block:  # it may hold the next record
                raise _Doubt
            if kind is not response and kind in passed_over:
                continue
            names, values = zip(*record.headers.items_bytes())  # noqa: B905 - they are pairs
            head = picks[names]((*values, b""))
            if not head[-1].isdigit() or b"\n" in b"".join(head):  # it joins lines that end in LF
                raise _Doubt
            if kind is response or head[0].lower() not in _PASSED_OVER:
                last = head, block
        if at < 0 or _inflate(raw, at)[1] != size:
            raise _Doubt
    except (OSError, ValueError, zlib.error):
        raise _Doubt from None
    if last:
        yield _found(*last, at, size - at)


def _found(head: Head, block: bytes, offset: int, length: int) -> Found:
    """Return the record with this head, or why it cannot be used."""
    named, url, date, digest, truncated, _ = head
    address = url.strip(b"<>").decode("utf-8", "replace")
    kind = _READ.get(named) or _READ.get(named.lower())
    if kind is None:
        what = named.lower().decode("latin-1")[:40] or "no"
        return Damage(offset, f"a record of {what} type, which is not read", address or None)
    if not address:
        return Damage(offset, f"a {kind} record without its URL")
    return Record(kind, address, date, digest, truncated, block, offset, length)


def members(raw: Raw) -> Iterator[Found]:
    """Read member by member, and plain files record by record; nothing is left out in silence."""
    at, size = 0, len(raw)
    while at < size:
        try:
            if raw[at : at + 1] in (b"\r", b"\n"):
                at += 1  # between plain records there are blank lines
                continue
            read = _member if raw[at : at + 3] == _GZIP else _plain
            found, end = read(raw, at)
            yield from (_found(*parts, at, end - at) for parts in found)
            at = end
        except (ValueError, zlib.error) as error:
            yield Damage(at, str(error))
            at = _next(raw, at + 1)


def _member(raw: Raw, at: int) -> tuple[list[_Parts], int]:
    """Return the records of one gzip member and where it ends.

    Raises ValueError or zlib.error, with the reason, if anything of it is damaged.
    """
    text, end = _inflate(raw, at)
    held = len(text)
    found: list[_Parts] = []
    while True:
        try:
            for parts in _split(text):
                found.append(parts)  # noqa: PERF402 - they stay if what follows is short
            return found, end
        except ShortError as short:
            more, end = _continued(raw, end, short)
            text = text[short.at :] + more
            held += len(more)
        if held > LARGEST:
            raise ValueError(_TOO_LARGE)


def _continued(raw: Raw, at: int, short: ShortError) -> tuple[bytes, int]:
    """Return the rest of a record that goes on in members which begin no other, and its end."""
    pieces: list[bytes] = []
    missing = short.missing
    while missing > 0 and raw[at : at + 3] == _GZIP:
        more, end = _inflate(raw, at)
        if begins(more, 0):
            break
        missing -= len(more)
        pieces.append(more)
        at = end
    if missing > 0:
        raise short
    return b"".join(pieces), at


def _plain(raw: Raw, at: int) -> tuple[list[_Parts], int]:
    """Return the record that is not packed at a place, and where it ends.

    Raises ValueError, with the reason, if it is damaged.
    """
    head, begin = head_at(raw, at)
    if not is_size(head[-1]):
        raise ValueError("a record's header has no Content-Length")
    end = begin + int(head[-1])
    if end > len(raw):
        raise ValueError("the file is cut short in this record")
    if not (end == len(raw) or raw[end : end + 1] in (b"\r", b"\n") or begins(raw, end)):
        raise ValueError("a record is longer or shorter than its Content-Length says")
    if head[0].lower() in _PASSED_OVER:
        return [], end
    if end - begin > LARGEST:
        raise ValueError(_TOO_LARGE)
    return [(head, raw[begin:end])], end


def _inflate(raw: Raw, at: int) -> tuple[bytes, int]:
    """Return what a gzip member holds and where it ends."""
    try:
        return inflate(raw, at)
    except EarlyEndError:
        raise ValueError("the file is cut short in this record") from None
    except TooLargeError:
        raise ValueError(_TOO_LARGE) from None


def _split(text: bytes) -> Iterator[_Parts]:
    """Return head and block of each record in a text, those that are passed over left out."""
    at = _LINES.match(text).end()  # type: ignore[union-attr]  # it matches anything
    while at < len(text):
        head, begin = head_at(text, at)
        stated = head[-1]
        if stated and not is_size(stated):
            raise ValueError("a record's Content-Length is no number")
        end = begin + int(stated) if stated else len(text)
        missing = end - len(text)
        if missing > 0:
            raise ShortError("a record is shorter than its Content-Length says", at, missing)
        block = text[begin:end]
        if not stated:
            block = block.removesuffix(b"\r\n\r\n")  # its digest tells whether that is right
        if head[0].lower() not in _PASSED_OVER:
            yield head, block
        at = _LINES.match(text, end).end()  # type: ignore[union-attr]


def _next(raw: Raw, at: int) -> int:
    """Return where the next record begins that can be read, the file's end if there is none."""
    for found in _BEGIN.finditer(raw, at - 1):
        begin = found.start() if found[0] == _GZIP else found.end()
        if begin < at:
            continue
        if found[0] != _GZIP:
            return begin
        with suppress(zlib.error):
            packed = raw[begin : begin + _PIECE]
            if begins(zlib.decompressobj(31).decompress(packed, 400), 0):
                return begin
    return len(raw)
