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
from collections.abc import Generator, Iterator
from datetime import UTC, datetime
from importlib.util import find_spec
from operator import itemgetter
from pathlib import Path
from typing import IO, NamedTuple

from crawlblock.errors import ArchiveError
from crawlblock.warc.codings import LARGEST

_GZIP = b"\x1f\x8b\x08"
_PLAIN = b"WARC/"
_PIECE = 32_768  # bytes inflated at a time; most records need one piece
_ENDS = b"\r\n\r\n"
_READ = {b"response": "response", b"revisit": "revisit", b"resource": "resource"}
_PASSED_OVER = frozenset({b"warcinfo", b"request", b"metadata", b"conversion"})
# Fields of a record's header that are read, and their values; empty: it is not there.
_NAMES = (
    b"warc-type", b"warc-target-uri", b"warc-date", b"warc-payload-digest", b"warc-truncated",
    b"content-length",
)  # fmt: skip
_Head = tuple[bytes, bytes, bytes, bytes, bytes, bytes]
_CRLF = re.compile(rb"(?i)\r\ncontent-length[ \t]*:")
_FOLDED = re.compile(rb"\r?\n[ \t]+")
_BLANK = b" \t\r"
_MEMO = 1_000  # shapes of headers
# URL, address, date, media type and, in version 2, more; the last field is the length.
_ARC = re.compile(rb"([a-z][a-z0-9+.-]*:[^ \n]*) ([^ \n]+) (\d{12,17}) ([^\n]*?)(\d{1,19})\r?\n")
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


class _Short(ValueError):  # noqa: N818 - see _Doubt
    """A record ends before its Content-Length says."""


Found = Record | Damage


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
    from fastwarc.warc import (
        ArchiveIterator, any_type, conversion, metadata, request, response, warcinfo,
    )  # fmt: skip

    size, at, last = len(raw), -1, None
    shapes = _Shapes()
    try:
        for record in ArchiveIterator(
            file, record_types=any_type, parse_http=False, inplace=True, fsspec_args=False
        ):
            before, at = at, record.stream_pos
            if not before < at < size or raw[at : at + 3] != _GZIP:
                raise _Doubt
            if last:
                yield _found(*last, before, at - before)
                last = None
            kind = record.record_type
            if kind is request or kind is metadata or kind is warcinfo or kind is conversion:
                block = record.reader.read()
                if not block or len(block) != record.content_length or _PLAIN in block:
                    raise _Doubt
                continue
            names, values = zip(*record.headers.items_bytes(), strict=True)
            head: _Head = shapes[names]((*values, b""))
            length = record.content_length
            if head[-1] != b"%d" % length or length > LARGEST:
                raise _Doubt
            block = record.reader.read()
            if len(block) != length or _PLAIN in block:  # it may hold the next record, too
                raise _Doubt
            if kind is response or head[0].lower() not in _PASSED_OVER:
                last = head, block
        if at < 0 or _inflate(raw, at)[1] != size:
            raise _Doubt
    except (OSError, ValueError, zlib.error):
        raise _Doubt from None
    if last:
        yield _found(*last, at, size - at)


class _Shapes(dict[tuple[bytes, ...], "itemgetter[bytes]"]):
    """What picks the fields of _NAMES out of a header with these names; files have few shapes.

    It is given the values with an empty one at their end, for fields that are not there.
    """

    def __missing__(self, names: tuple[bytes, ...]) -> "itemgetter[bytes]":
        lower = [name.lower() for name in names]
        if b"\n" in b"".join(names) or any(lower.count(name) > 1 for name in _NAMES):
            raise _Doubt
        if len(self) >= _MEMO:
            self.clear()
        places = (lower.index(name) if name in lower else -1 for name in _NAMES)
        picks = self[names] = itemgetter(*places)
        return picks


def _found(head: _Head, block: bytes, offset: int, length: int) -> Found:
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


def members(raw: mmap.mmap | bytes) -> Iterator[Found]:
    """Read member by member, and plain files record by record; nothing is left out in silence."""
    at, size = 0, len(raw)
    while at < size:
        try:
            end = yield from _member(raw, at)
        except (ValueError, zlib.error) as error:
            yield Damage(at, str(error))
            end = _next_member(raw, at + 1)
        at = end


def _member(raw: mmap.mmap | bytes, at: int) -> Generator[Found, None, int]:
    """Return the records of one gzip member, or one plain record, and where it ends.

    Raises ValueError or zlib.error, with the reason, before anything of a damaged one is given.
    """
    if raw[at : at + 3] == _GZIP:
        text, end = _inflate(raw, at)
        try:
            found = list(_split(text))
        except _Short:  # a record may go on in members that begin no other
            more, end = _inflate(raw, end) if raw[end : end + 3] == _GZIP else (_PLAIN, end)
            if more.startswith(_PLAIN):
                raise
            found = list(_split(text + more))
    elif raw[at : at + 2] in (b"\r\n", b"\n") or raw[at : at + 1] == b"\n":
        return at + 1  # between plain records there may be more blank lines
    else:
        end = _plain_end(raw, at)
        found = list(_split(raw[at:end]))
    yield from (_found(*parts, at, end - at) for parts in found if parts)
    return end


def _inflate(raw: mmap.mmap | bytes, at: int) -> tuple[bytes, int]:
    """Return what a gzip member holds and where it ends."""
    unpacker = zlib.decompressobj(31)
    pieces, held = [], 0
    while not unpacker.eof:
        packed = raw[at : at + _PIECE]
        if not packed:
            raise ValueError("the file is cut short in this record")
        while packed and not unpacker.eof:
            pieces.append(unpacker.decompress(packed, LARGEST))
            held += len(pieces[-1])
            if held > LARGEST:
                raise ValueError(f"a record is larger than {LARGEST >> 20} MiB")
            at += len(packed) - len(unpacker.unconsumed_tail) - len(unpacker.unused_data)
            packed = unpacker.unconsumed_tail
    return b"".join(pieces), at


def _split(text: bytes) -> Iterator[tuple[_Head, bytes] | None]:
    """Return head and block of each record in a text, None for one that is passed over."""
    rest = text.lstrip(b"\r\n")
    while rest:
        head, rest = _head(rest)
        stated = head[-1]
        if not stated:
            block, rest = rest.removesuffix(_ENDS), b""  # its digest tells whether that is right
        elif not stated.isdigit() or len(stated) > 18 or int(stated) > len(rest):
            raise _Short("a record is shorter than its Content-Length says")
        else:
            block, rest = rest[: int(stated)], rest[int(stated) :].lstrip(b"\r\n")
        yield None if head[0].lower() in _PASSED_OVER else (head, block)


def _head(text: bytes) -> tuple[_Head, bytes]:
    """Return the head of the record that a text begins with, and what follows it."""
    if text.startswith(_PLAIN):
        head, blank, rest = text.partition(_ENDS)
        if not blank or b"\n\n" in head:
            head, blank, rest = text.partition(b"\n\n")
        if not blank:
            raise ValueError("a record's header has no end")
        return _fields(head), rest
    arc = _ARC.match(text)
    if arc is None:
        raise ValueError("no WARC record begins here")
    url, _, date, _, length = arc.groups()
    kind = b"warcinfo" if url.startswith(b"filedesc:") else b"response"
    return (kind, url, date, b"", b"", length), text[arc.end() :]


def _fields(head: bytes) -> _Head:
    """Return the first value of each field of a record's header that is read."""
    fields: dict[bytes, bytes] = {}
    end = b"\r\n" if _CRLF.search(head) else b"\n"
    for line in _FOLDED.sub(b" ", head).split(end)[1:]:
        name, _, value = line.partition(b":")
        fields.setdefault(name.strip(_BLANK).lower(), value.strip(_BLANK))
    kind, url, date, digest, truncated, length = (fields.get(name, b"") for name in _NAMES)
    return kind, url, date, digest, truncated, length


def _plain_end(raw: mmap.mmap | bytes, at: int) -> int:
    """Return where a record that is not packed ends."""
    head = bytes(raw[at : at + _PIECE])
    (*_, stated), rest = _head(head)
    if not stated.isdigit() or len(stated) > 18:
        raise ValueError("a record's header has no Content-Length")
    end = at + len(head) - len(rest) + int(stated)
    if end > len(raw):
        raise ValueError("the file is cut short in this record")
    return end + len(_ENDS) if raw[end : end + len(_ENDS)] == _ENDS else end


def _next_member(raw: mmap.mmap | bytes, at: int) -> int:
    """Return where the next record begins that can be read, the file's end if there is none."""
    plain = raw.find(b"\n" + _PLAIN, at - 1)
    plain = plain + 1 if plain >= 0 else len(raw)
    while 0 <= (at := raw.find(_GZIP, at)) < plain:
        try:
            begin = zlib.decompressobj(31).decompress(raw[at : at + _PIECE], 400)
        except zlib.error:
            begin = b""
        if begin.startswith(_PLAIN) or _ARC.match(begin):
            return at
        at += 1
    return plain
