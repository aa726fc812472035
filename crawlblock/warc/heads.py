"""The heads of WARC and ARC records: where they begin and end, and the fields that are read."""

import re
from collections.abc import Callable
from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple

from crawlblock.unpacking import Sliced

# Values of the fields of _NAMES; empty: the field is not there.
Head = tuple[bytes, bytes, bytes, bytes, bytes, bytes, bytes, bytes, bytes]
_Pick = Callable[[tuple[bytes, ...]], Head]

WARC = b"WARC/"
ENDS = b"\r\n\r\n"
# URL, address, date, media type and, in version 2, more; the last field is the length.
ARC = re.compile(
    rb"([a-z][a-z0-9+.-]*:[^ \n]*) ([^ \n]+) (\d{12,17}) ([^\n]*?)(?<= )(\d{1,19})\r?\n"
)
_NAMES = (
    b"warc-type", b"warc-target-uri", b"warc-date", b"warc-payload-digest", b"warc-truncated",
    b"warc-segment-number", b"warc-refers-to-target-uri", b"warc-refers-to-date",
    b"content-length",
)  # fmt: skip
_FOLDED = re.compile(rb"[ \t]*\r\n[ \t]+")
_BLANK = b" \t\r\n\f"  # as FastWARC has it
_MEMO = 1_000  # shapes of headers
_FIRST = 4096  # bytes in which most headers end
LONGEST = 1024 * 1024  # bytes of a header
LINE = 16_384  # bytes of the line that an ARC record begins with

_ANSWERS = {name: name.decode() for name in (b"response", b"revisit", b"resource")}
# Records of other types hold no answer; they are counted.
PASSED_OVER = frozenset({b"warcinfo", b"request", b"metadata", b"conversion"})


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
    refers_url: str = ""  # of the answer that a revisit repeats; empty: it does not say
    refers_date: bytes = b""


class Damage(NamedTuple):
    """A place of a file that cannot be read."""

    offset: int  # bytes from the start of the file
    reason: str
    url: str | None = None  # of the record, where it is known


Found = Record | Damage


class ShortError(ValueError):
    """A record or its header goes on behind the end of a text."""

    def __init__(self, reason: str, at: int, missing: int) -> None:
        """Take where in the text it begins, and how many bytes are missing at least."""
        super().__init__(reason)
        self.at, self.missing = at, missing


def begins(raw: Sliced, at: int) -> bool:
    """Tell whether a record begins at a place."""
    return raw[at : at + 5] == WARC or ARC.match(raw[at : at + LINE]) is not None


def is_size(stated: bytes) -> bool:
    """Tell whether a field says a length."""
    return stated.isdigit() and len(stated) < 19


def record_of(head: Head, block: bytes, offset: int, length: int) -> Found:
    """Return the record with this head, or why it cannot be used."""
    named, url, date, digest, truncated, segment, refers_url, refers_date, _ = head
    address = _url(url)
    kind = _ANSWERS.get(named) or _ANSWERS.get(named.lower())
    if kind is None:
        return Damage(offset, f"a record of {name_of(named)} type, which is not read", address)
    if not address:
        return Damage(offset, f"a {kind} record without its URL")
    if segment and not truncated:
        truncated = b"segmented"  # the rest is in records of the type continuation
    return Record(
        kind, address, date, digest, truncated, block, offset, length,
        (refers_url and _url(refers_url)) or "", refers_date,
    )  # fmt: skip


def name_of(kind: bytes) -> str:
    """Return the type of a record in words."""
    return kind.lower().decode("latin-1")[:40] or "no"


def _url(raw: bytes) -> str | None:
    return raw.strip(b"<>").decode("utf-8", "replace") or None


def head_at(text: Sliced, at: int) -> tuple[Head, int]:
    """Return the head of the record that begins at a place of a text, and where it ends."""
    if text[at : at + 5] == WARC:
        size = _FIRST
        while True:
            window = text[at : at + size]
            found = _end_of(window)
            if found:
                return _fields(window[: found[0]]), at + found[1]
            if len(window) < size or size >= LONGEST:
                raise ShortError("a record's header has no end", at, 1)
            size *= 16
    arc = ARC.match(text[at : at + LINE])
    if arc is None:
        raise ValueError("no WARC record begins here")
    url, _, date, _, length = arc.groups()
    kind = b"warcinfo" if url.startswith(b"filedesc:") else b"response"
    return (kind, url, date, b"", b"", b"", b"", b"", length), at + arc.end()


def _end_of(text: bytes) -> tuple[int, int] | None:
    """Return where the header that a text begins with ends, and where its block begins."""
    line = text.find(b"\n")
    for blank in (ENDS,) if text[line - 1 : line] == b"\r" else (b"\n\n", ENDS):
        end = text.find(blank)
        if end >= 0:
            return end, end + len(blank)
    return None


def _fields(head: bytes) -> Head:
    """Return the last value of each field of a record's header that is read."""
    if b"\n " in head or b"\n\t" in head:
        head = _FOLDED.sub(b" ", head)
    fields = _last(head.split(b"\r\n"))
    if fields[-1] and b"\n" not in b"".join(fields):
        return fields
    return _last(head.split(b"\n"))  # some or all of its lines end in LF alone


def _last(lines: list[bytes]) -> Head:
    """Return the last value of each field of _NAMES."""
    values = [b""] * len(_NAMES)
    for line in lines:
        name, _, value = line.partition(b":")
        place = _place(name)
        if place is not None:
            values[place] = value.strip(_BLANK)
    kind, url, date, digest, truncated, segment, refers_url, refers_date, length = values
    return kind, url, date, digest, truncated, segment, refers_url, refers_date, length


@lru_cache(_MEMO)
def _place(name: bytes) -> int | None:
    """Return which field of _NAMES is spelled like this."""
    key = name.strip(_BLANK).lower()
    return _NAMES.index(key) if key in _NAMES else None


class Picks(dict[tuple[bytes, ...], _Pick]):
    """What picks the fields of _NAMES out of a header with these names; files have few shapes.

    It is given the values with an empty one at their end, for fields that are not there.
    """

    def __missing__(self, names: tuple[bytes, ...]) -> _Pick:
        lower = [name.lower() for name in names]
        if b"\n" in b"".join(names) or any(lower.count(name) > 1 for name in _NAMES):
            raise ValueError("its fields are ambiguous")
        if len(self) >= _MEMO:
            self.clear()
        first, second, *rest = (lower.index(name) if name in lower else -1 for name in _NAMES)
        pick = self[names] = itemgetter(first, second, *rest)
        return pick
