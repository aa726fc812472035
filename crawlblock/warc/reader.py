"""The response records of a WARC file, one after the other.

FastWARC reads where it is installed.  It takes what it finds on trust: a file that is cut ends in
silence, records in one gzip member have no offsets.  So everything it says is checked against the
file, and where something does not fit, the file is read by `members` instead: slower, with the
standard library alone, member by member, so that each damage has its place and what follows it is
found again.  Without FastWARC, `members` reads everything; both give the same.
"""

import mmap
import zlib
from collections.abc import Generator, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import IO, NamedTuple

from crawlblock.errors import ArchiveError

_GZIP = b"\x1f\x8b\x08"
_PLAIN = b"WARC/"
_PIECE = 32_768  # bytes inflated at a time; most records need one piece
_LARGEST = 64 * 1024 * 1024  # bytes of a record; Common Crawl keeps at most 5 MiB of a payload
_ENDS = b"\r\n\r\n"


class Record(NamedTuple):
    """A response record as it lies in the file."""

    kind: str
    url: str
    date: bytes
    digest: bytes
    truncated: bytes
    block: bytes  # the answer with its head
    offset: int  # bytes from the start of the file
    length: int  # bytes as stored


class Damage(NamedTuple):
    """A place of a file that cannot be read."""

    offset: int  # bytes from the start of the file
    reason: str
    url: str | None = None


class _Doubt(Exception):  # noqa: N818 - no error: the file is then read with care
    """FastWARC's answers do not fit the file."""


class _Short(ValueError):  # noqa: N818 - see _Doubt
    """A record ends before its Content-Length says."""


Found = Record | Damage


def has_fastwarc() -> bool:
    """Tell whether FastWARC is installed; without it a scan takes about a third longer."""
    return find_spec("fastwarc") is not None


def records(path: Path, fast: bool | None = None) -> Iterator[Found]:
    """Return the responses of a WARC file and the places where it is damaged, in their order.

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


def _records(file: IO[bytes], raw: mmap.mmap, fast: bool) -> Iterator[Found]:
    told = 0
    if fast and raw[:3] == _GZIP:
        try:
            for stored in _with_fastwarc(file, raw):
                yield stored
                told += 1
            return
        except _Doubt:
            pass
    for found in members(raw):
        if isinstance(found, Record) and told:
            told -= 1
        else:
            yield found


def _with_fastwarc(file: IO[bytes], raw: mmap.mmap) -> Iterator[Record]:
    """Read with FastWARC; raises _Doubt before it tells anything that is not certain.

    A response is told once the next record is found where a gzip member begins.
    """
    from fastwarc.warc import ArchiveIterator, any_type, response

    size, at, last = len(raw), -1, None
    try:
        for record in ArchiveIterator(
            file, record_types=any_type, parse_http=False, inplace=True, fsspec_args=False
        ):
            before, at = at, record.stream_pos
            if not before < at < size or raw[at : at + 3] != _GZIP:
                raise _Doubt
            if last:
                yield Record(*last, at - before)
                last = None
            if record.record_type is response:
                length = record.content_length
                block = record.reader.read() if length <= _LARGEST else b""
                if len(block) != length or _PLAIN in block:  # it may hold the next record, too
                    raise _Doubt
                fields = dict(record.headers.items_bytes())
                last = (
                    "response",
                    fields.get(b"WARC-Target-URI", b"").strip(b"<>").decode("utf-8", "replace"),
                    fields.get(b"WARC-Date", b""),
                    fields.get(b"WARC-Payload-Digest", b""),
                    fields.get(b"WARC-Truncated", b""),
                    block,
                    at,
                )
                if not last[1]:  # or its name is spelled in another way
                    raise _Doubt
        if at < 0 or _inflate(raw, at)[1] != size:
            raise _Doubt
    except (OSError, ValueError, zlib.error):
        raise _Doubt from None
    if last:
        yield Record(*last, size - at)


def members(raw: mmap.mmap) -> Iterator[Found]:
    """Read member by member, and plain WARC record by record; nothing is left out in silence."""
    at, size = 0, len(raw)
    while at < size:
        try:
            end = yield from _member(raw, at)
        except (ValueError, zlib.error) as error:
            yield Damage(at, str(error))
            end = _next_member(raw, at + 1)
        at = end


def _member(raw: mmap.mmap, at: int) -> Generator[Record, None, int]:
    """Return the responses of one gzip member, or one plain record, and where it ends.

    Raises ValueError or zlib.error, with the reason, before anything of a damaged one is told.
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
    elif raw[at : at + 5] == _PLAIN:
        end = _plain_end(raw, at)
        found = list(_split(raw[at:end]))
    elif raw[at : at + 2] in (b"\r\n", b"\n"):
        return at + 1  # between plain records there may be more blank lines
    else:
        raise ValueError("no WARC record begins here")
    yield from (Record(*parts, at, end - at) for parts in found if parts)
    return end


def _inflate(raw: mmap.mmap, at: int) -> tuple[bytes, int]:
    """Return what a gzip member holds and where it ends."""
    unpacker = zlib.decompressobj(31)
    pieces, held = [], 0
    while not unpacker.eof:
        packed = raw[at : at + _PIECE]
        if not packed:
            raise ValueError("the file is cut short in this record")
        while packed and not unpacker.eof:
            pieces.append(unpacker.decompress(packed, _LARGEST))
            held += len(pieces[-1])
            if held > _LARGEST:
                raise ValueError(f"a record is larger than {_LARGEST >> 20} MiB")
            at += len(packed) - len(unpacker.unconsumed_tail) - len(unpacker.unused_data)
            packed = unpacker.unconsumed_tail
    return b"".join(pieces), at


def _split(text: bytes) -> Iterator[tuple[bytes, bytes, bytes, bool, bytes] | None]:
    """Return the parts of each record in a text, None for one that is no response."""
    rest = text.lstrip(b"\r\n")
    while rest:
        if not rest.startswith(_PLAIN):
            raise ValueError("no WARC record begins here")
        head, blank, rest = rest.partition(_ENDS)
        if not blank:
            raise ValueError("a record's header has no end")
        fields = _fields(head)
        stated = fields.get(b"content-length")
        if stated is None:
            block, rest = rest.removesuffix(_ENDS), b""  # its digest tells whether that is right
        elif not stated.isdigit() or int(stated) > len(rest):
            raise _Short("a record is shorter than its Content-Length says")
        else:
            block, rest = rest[: int(stated)], rest[int(stated) :].lstrip(b"\r\n")
        is_response = fields.get(b"warc-type") == b"response"
        yield (*_told(fields), block) if is_response else None


def _told(fields: dict[bytes, bytes]) -> tuple[bytes, bytes, bytes, bool]:
    return (
        "response",
        fields.get(b"warc-target-uri", b"").strip(b"<>").decode("utf-8", "replace"),
        fields.get(b"warc-date", b""),
        fields.get(b"warc-payload-digest", b""),
        fields.get(b"warc-truncated", b""),
    )


def _fields(head: bytes) -> dict[bytes, bytes]:
    """Return the first value of each field of a record's header, its name in lower case."""
    fields: dict[bytes, bytes] = {}
    for line in head.split(b"\n")[1:]:
        name, _, value = line.partition(b":")
        fields.setdefault(name.strip().lower(), value.strip())
    return fields


def _plain_end(raw: mmap.mmap, at: int) -> int:
    """Return where a record that is not packed ends."""
    head = raw.find(_ENDS, at)
    stated = _fields(raw[at:head]).get(b"content-length", b"") if head >= 0 else b""
    if not stated.isdigit():
        raise ValueError("a record's header has no end or no Content-Length")
    end = head + len(_ENDS) + int(stated)
    if end > len(raw):
        raise ValueError("the file is cut short in this record")
    return end + len(_ENDS) if raw[end : end + len(_ENDS)] == _ENDS else end


def _next_member(raw: mmap.mmap, at: int) -> int:
    """Return where the next record begins that can be read, the file's end if there is none."""
    while (at := raw.find(_GZIP, at)) >= 0:
        try:
            begin = zlib.decompressobj(31).decompress(raw[at : at + _PIECE], len(_PLAIN))
        except zlib.error:
            begin = b""
        if begin == _PLAIN:
            return at
        at += 1
    return len(raw)


def read_record(stored):
    for each in members(stored):
        return each
    return Damage(0, "nothing")


def warc_time(raw):
    from datetime import UTC, datetime

    try:
        t = datetime.fromisoformat(raw.decode())
    except ValueError:
        return None
    return t.astimezone(UTC).replace(tzinfo=None) if t.tzinfo else t
