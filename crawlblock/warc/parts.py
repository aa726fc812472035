"""The records of a text, which is a plain file or what a packed member holds.

What follows a damaged record is found again.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from heapq import merge
from itertools import chain
from typing import NamedTuple

from crawlblock.unpacking import LARGEST, UNREADABLE, Sliced, Unpacker, pieces
from crawlblock.warc.heads import ARC, WARC, Head, ShortError, begins, head_at, is_size
from crawlblock.warc.windows import GivenUpError

GZIP = b"\x1f\x8b\x08"
ZSTD = b"\x28\xb5\x2f\xfd"
_BOM = b"\xef\xbb\xbf"
# Where a record may begin; each begins with fixed bytes, which are found quickly.
_BEGINNINGS = (
    re.compile(rb"WARC/(?:(?<=\nWARC/)|\d+\.\d+\r?\n)"),
    re.compile(rb"\n(?=%s)" % ARC.pattern),
)
_MEMBERS = (re.compile(re.escape(GZIP)), re.compile(re.escape(ZSTD)))
_WINDOW = 256 * 1024  # bytes in which the next record is looked for at a time
_OVERLAP = 16_384  # bytes of a window that the next one has as well
SHORT = "a record is shorter than its Content-Length says"
_WRONG = "a record is longer or shorter than its Content-Length says"
_NO_LENGTH = "header has no Content-Length"

Opened = Callable[[], Unpacker]


class Part(NamedTuple):
    """A record of a text."""

    head: Head
    block: bytes | None  # None: it holds no answer, or is too large
    end: int  # bytes from the start of the text, line ends left out


def parts(text: Sliced, whole: bool) -> Iterator[Part | str]:
    """Yield the records of what a member holds, and what is damaged in it.

    Raises ShortError for the last one if the member is whole: it may go on in the next member.
    """
    at = past_mark(text)
    while True:
        at = past_lines(text, at)
        if not text[at : at + 1]:
            return
        try:
            part = part_at(text, at, packed=True)
            yield part
            at = part.end
        except ValueError as error:
            try:
                behind = next_begin(text, at + 1, None)
            except GivenUpError as given_up:
                yield str(given_up)
                return
            if isinstance(error, ShortError) and whole and not text[behind : behind + 1]:
                raise
            yield str(error)
            at = behind


def part_at(text: Sliced, at: int, packed: bool) -> Part:
    """Return the record at a place of a text; raises ValueError, with the reason, for a damage."""
    head, begin = head_at(text, at)
    stated = head[-1]
    if not stated and packed:
        end = min(next_begin(text, begin + 1, None), begin + LARGEST)
        block = text[begin:end].removesuffix(b"\r\n\r\n")  # its digest tells if that is right
        return Part(head, block, end)
    if not is_size(stated):
        raise ValueError(f"a record's {'Content-Length is not a number' if stated else _NO_LENGTH}")
    size = int(stated)
    end = begin + size
    first = begin if size <= LARGEST else end - 1
    block = text[first:end]
    if len(block) < end - first:
        raise ShortError(SHORT, at, end - first - len(block) if first == begin else size)
    is_warc = text[at : at + 5] == WARC
    if not _ends(text, end, is_warc):
        raise ValueError(_WRONG)
    return Part(head, block if first == begin else None, end)


def _ends(text: Sliced, at: int, is_warc: bool) -> bool:
    """Tell whether a record may end at a place.

    Another one follows, or the end; or, as it should be, blank lines and whatever comes then.
    """
    behind = text[at : at + 4]
    if behind == b"\r\n\r\n" or behind[:2] == b"\n\n" or (not is_warc and behind[:1] == b"\n"):
        return True
    at = past_lines(text, at)
    start = text[at : at + 4]
    return not start or start.startswith((GZIP, ZSTD)) or begins(text, at)


def past_mark(text: Sliced) -> int:
    """Return where a text begins behind a byte order mark, which editors write."""
    return len(_BOM) if text[0 : len(_BOM)] == _BOM else 0


def past_lines(text: Sliced, at: int) -> int:
    """Return where blank lines end."""
    size = 64
    while blank := text[at : at + size]:
        rest = len(blank.lstrip())
        at += len(blank) - rest
        if rest:
            break
        size = _WINDOW
    return at


def next_begin(text: Sliced, at: int, opened: Callable[[bytes], Opened | None] | None) -> int:
    """Return where the next record begins that can be read, the end if there is none.

    `opened` says what unpacks a member; None: none is looked for.
    """
    size = 2 * _OVERLAP
    while window := text[at - 1 : at - 1 + size]:
        is_last = len(window) < size
        for found, packed in _beginnings(window, opened is not None):
            begin = at - 1 + found
            if begin < at or (found > size - _OVERLAP and not is_last):
                continue
            if not packed or (opened and _is_member(text, begin, opened)):
                return begin
        at += len(window) if is_last else size - _OVERLAP
        size = _WINDOW
    return at - 1


def _beginnings(window: bytes, packed: bool) -> Iterator[tuple[int, bool]]:
    """Yield where records may begin, in their order, and whether they would be in a member."""
    record, line = (pattern.finditer(window) for pattern in _BEGINNINGS)
    members = chain.from_iterable(
        ((found.start(), True) for found in pattern.finditer(window)) for pattern in _MEMBERS
    )
    return merge(
        ((found.start(), False) for found in record),
        ((found.end(), False) for found in line),
        sorted(members) if packed else (),
    )


def _is_member(text: Sliced, at: int, opened: Callable[[bytes], Opened | None]) -> bool:
    """Tell whether a member begins at a place whose text begins with a record."""
    unpacker = opened(text[at : at + 4])
    with suppress(*UNREADABLE, ImportError, StopIteration):
        return unpacker is not None and begins(next(pieces(text, at, unpacker()))[0], 0)
    return False
