"""The heads of WARC and ARC records: where they begin and end, and the fields that are read."""

import mmap
import re
from collections.abc import Callable
from functools import lru_cache
from operator import itemgetter

Raw = mmap.mmap | bytes
# Values of the fields of _NAMES; empty: the field is not there.
Head = tuple[bytes, bytes, bytes, bytes, bytes, bytes]
_Pick = Callable[[tuple[bytes, ...]], Head]

WARC = b"WARC/"
ENDS = b"\r\n\r\n"
# URL, address, date, media type and, in version 2, more; the last field is the length.
ARC = re.compile(rb"([a-z][a-z0-9+.-]*:[^ \n]*) ([^ \n]+) (\d{12,17}) ([^\n]*?)(\d{1,19})\r?\n")
_NAMES = (
    b"warc-type", b"warc-target-uri", b"warc-date", b"warc-payload-digest", b"warc-truncated",
    b"content-length",
)  # fmt: skip
_FOLDED = re.compile(rb"[ \t]*\r\n[ \t]+")
_BLANK = b" \t\r\n\f"  # as FastWARC has it
_MEMO = 1_000  # shapes of headers
_LONGEST = 1024 * 1024  # bytes of a header


class ShortError(ValueError):
    """A record or its header goes on behind the end of a text."""

    def __init__(self, reason: str, at: int, missing: int) -> None:
        """Take where in the text it begins, and how many bytes are missing at least."""
        super().__init__(reason)
        self.at, self.missing = at, missing


def begins(raw: Raw, at: int) -> bool:
    """Tell whether a record begins at a place."""
    return raw[at : at + 5] == WARC or ARC.match(raw, at) is not None


def is_size(stated: bytes) -> bool:
    """Tell whether a field says a length."""
    return stated.isdigit() and len(stated) < 19


def head_at(text: Raw, at: int) -> tuple[Head, int]:
    """Return the head of the record that begins at a place of a text, and where it ends."""
    if text[at : at + 5] == WARC:
        line = text.find(b"\n", at)
        blank = ENDS if text[line - 1 : line] == b"\r" else b"\n\n"
        end = text.find(blank, at, at + _LONGEST)
        if end < 0:
            blank = ENDS
            end = text.find(blank, at, at + _LONGEST)
        if end < 0:
            raise ShortError("a record's header has no end", at, 1)
        return _fields(text[at:end]), end + len(blank)
    arc = ARC.match(text, at)
    if arc is None:
        raise ValueError("no WARC record begins here")
    url, _, date, _, length = arc.groups()
    kind = b"warcinfo" if url.startswith(b"filedesc:") else b"response"
    return (kind, url, date, b"", b"", length), arc.end()


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
    kind, url, date, digest, truncated, length = values
    return kind, url, date, digest, truncated, length


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
