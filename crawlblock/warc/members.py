"""Records member by member, with the standard library: each damage has its place.

A file is a row of gzip members, zstd frames or plain records.  What a member holds is a text of
records, as a plain file is.  In both, what follows a damaged record is found again.
"""

import re
import zlib
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from functools import partial
from typing import NamedTuple

from crawlblock.unpacking import (
    LARGEST,
    UNREADABLE,
    EarlyEndError,
    Sliced,
    Unpacker,
    Zlib,
    Zstd,
    inflate,
    pieces,
)
from crawlblock.warc.heads import (
    ARC,
    PASSED_OVER,
    WARC,
    Damage,
    Found,
    Head,
    ShortError,
    begins,
    head_at,
    is_size,
    name_of,
    record_of,
)
from crawlblock.warc.windows import GivenUpError, Unpacked

GZIP = b"\x1f\x8b\x08"
ZSTD = b"\x28\xb5\x2f\xfd"
_SKIPPABLE = re.compile(rb"[\x50-\x5f]\x2a\x4d\x18")  # a zstd frame that holds nothing of a file
_DICTIONARY = b"\x5d\x2a\x4d\x18"  # one that holds the dictionary of the file (IIPC's proposal)
_LARGEST_DICTIONARY = 32 * 1024 * 1024  # bytes
_BOM = b"\xef\xbb\xbf"
_HELD = 8 * 1024 * 1024  # bytes of a member that are unpacked once; a larger one is read in windows
_BEGIN = re.compile(
    rb"\n(?=WARC/|%s)|(?=WARC/\d+\.\d+\r?\n)|%s|%s" % (ARC.pattern, GZIP, re.escape(ZSTD))
)  # a record, or perhaps a member that begins with one
_SIGNS = (b"\n", WARC, GZIP, ZSTD)
_WINDOW = 256 * 1024  # bytes in which the next record is looked for at a time
_OVERLAP = 16_384  # bytes of a window that the next one has as well
_LINES = re.compile(rb"\s*")  # blank ones, between records
ZSTD_NEEDED = "it is packed by zstd; install what reads it (pip install 'crawlblock[zstd]')"
_TOO_LARGE = f"a record is larger than {LARGEST >> 20} MiB"
_CUT = "the file is cut short in this record"
_WRONG = "a record is longer or shorter than its Content-Length says"

Opened = Callable[[], Unpacker]


class _Part(NamedTuple):
    """A record of a text."""

    head: Head
    block: bytes | None  # None: it holds no answer, or is too large
    end: int  # bytes from the start of the text, line ends left out


class Members:
    """Reads the records of one file, or of the bytes of a range."""

    def __init__(self, raw: Sliced, size: int, passed: Counter[str] | None = None) -> None:
        """Take the bytes, how many they are, and what counts the records without an answer."""
        self._raw, self._size = raw, size
        self._passed = Counter[str]() if passed is None else passed
        self._dictionary = b""

    def read(self) -> Iterator[Found]:
        """Yield every answer and every damage in their order; ImportError: zstd is not at hand."""
        at = _past_mark(self._raw)
        while (at := _past_lines(self._raw, at)) < self._size:
            try:
                at = yield from self._next(at)
            except (*UNREADABLE, ImportError) as error:
                yield Damage(at, _why(error))
                at = _next_begin(self._raw, at + 1, self._opened)

    def _next(self, at: int) -> Generator[Found, None, int]:
        """Yield what the member or the record at a place holds; return where it ends."""
        start = self._raw[at : at + 4]
        if _SKIPPABLE.fullmatch(start):
            return self._skipped(at, start == _DICTIONARY)
        if opened := self._opened(start):
            return (yield from self._member(at, opened))
        try:
            part = _part_at(self._raw, at, packed=False)
        except ShortError as short:
            raise ValueError(_CUT if str(short) == _SHORT else str(short)) from None
        yield from self._found([part], at, part.end - at)
        return part.end

    def _opened(self, start: bytes) -> Opened | None:
        """Return what unpacks the member that begins like this; None: none begins here."""
        if start.startswith(GZIP):
            return Zlib
        return partial(Zstd, self._dictionary) if start.startswith(ZSTD) else None

    def _skipped(self, at: int, is_dictionary: bool) -> int:
        """Return where a frame ends that holds no record; keep its dictionary."""
        size = int.from_bytes(self._raw[at + 4 : at + 8], "little")
        begin, end = at + 8, at + 8 + size
        if end > self._size:
            raise EarlyEndError
        if is_dictionary:
            if size > _LARGEST_DICTIONARY:
                raise ValueError("its zstd dictionary is too large")
            dictionary = self._raw[begin:end]
            if dictionary.startswith(ZSTD):
                dictionary, _ = inflate(dictionary, 0, _LARGEST_DICTIONARY, Zstd)
            self._dictionary = dictionary
        return end

    def _member(self, at: int, opened: Opened) -> Generator[Found, None, int]:
        """Yield what a member holds; return where it ends.

        In one that is damaged, a record counts if another one follows it and, unless the member is
        only cut, if it states the digest of its payload.  Raises the damage.
        """
        text, end, error = _unpacked(self._raw, at, opened)
        last: list[_Part | str] = []
        cut = isinstance(error, EarlyEndError)
        while True:
            try:
                for found in _parts(text, whole=error is None):
                    yield from self._given(last, at, end, certain=error is None or cut)
                    last = [found]
                break
            except ShortError as short:
                try:
                    more, end = self._continued(end, short)
                except UNREADABLE:
                    last = [*last, str(short)]
                    break
                text = text[short.at : short.at + LARGEST] + more
        if error is not None:
            raise error
        yield from self._given(last, at, end, certain=True)
        return end

    def _given(self, found: list[_Part | str], at: int, end: int, certain: bool) -> Iterator[Found]:
        """Yield a part of a member; if its bytes are not certain, it needs a digest."""
        for each in found:
            if isinstance(each, str):
                yield Damage(at, each)
            elif certain or each.head[3] or each.block is None:
                yield from self._found([each], at, end - at)
            else:
                yield Damage(at, "its gzip member is damaged, and it states no digest")

    def _found(self, parts: list[_Part], at: int, length: int) -> Iterator[Found]:
        """Yield the records of some parts; count those that hold no answer."""
        for head, block, _ in parts:
            if head[0].lower() in PASSED_OVER:
                self._passed[name_of(head[0])] += 1
            elif block is None:
                found = record_of(head, b"", at, length)
                yield Damage(at, _TOO_LARGE, found.url)
            else:
                yield record_of(head, block, at, length)

    def _continued(self, at: int, short: ShortError) -> tuple[bytes, int]:
        """Return the rest of a record that goes on in members which begin no other, and its end."""
        found: list[bytes] = []
        missing = short.missing
        while 0 < missing <= LARGEST and (opened := self._opened(self._raw[at : at + 4])):
            more, end = inflate(self._raw, at, opened=opened)
            if begins(more, 0):
                break
            missing -= len(more)
            found.append(more)
            at = end
        if missing > 0:
            raise short
        return b"".join(found), at


def _why(error: Exception) -> str:
    """Return in words why a place cannot be read."""
    if isinstance(error, ImportError):
        return ZSTD_NEEDED
    return _CUT if isinstance(error, EarlyEndError) else str(error)


def _unpacked(
    raw: Sliced, at: int, opened: Opened
) -> tuple[Sliced, int, ValueError | zlib.error | None]:
    """Return what a member holds, where it ends, and what is wrong with it.

    All of it is unpacked first, so that it is known whether its checksum is right.
    """
    held, size, end = bytearray(), 0, at
    try:
        for text, end in pieces(raw, at, opened()):  # noqa: B007 - it is where the last one ends
            size += len(text)
            if size <= _HELD:
                held += text
            else:
                held = bytearray()
    except UNREADABLE as error:
        return _text(held, size, raw, at, opened), end, error
    return _text(held, size, raw, at, opened), end, None


def _text(held: bytearray, size: int, raw: Sliced, at: int, opened: Opened) -> Sliced:
    return bytes(held) if size <= _HELD else Unpacked(raw, at, opened)


def _parts(text: Sliced, whole: bool) -> Iterator[_Part | str]:
    """Yield the records of what a member holds, and what is damaged in it.

    Raises ShortError for the last one if the member is whole: it may go on in the next member.
    """
    at = _past_mark(text)
    while True:
        at = _past_lines(text, at)
        if not text[at : at + 1]:
            return
        try:
            part = _part_at(text, at, packed=True)
            yield part
            at = part.end
        except ValueError as error:
            try:
                behind = _next_begin(text, at + 1, None)
            except GivenUpError as given_up:
                yield str(given_up)
                return
            if isinstance(error, ShortError) and whole and not text[behind : behind + 1]:
                raise
            yield str(error)
            at = behind


def _part_at(text: Sliced, at: int, packed: bool) -> _Part:
    """Return the record at a place of a text; raises ValueError, with the reason, for a damage."""
    head, begin = head_at(text, at)
    stated = head[-1]
    if not stated and packed:
        end = min(_next_begin(text, begin + 1, None), begin + LARGEST)
        block = text[begin:end].removesuffix(b"\r\n\r\n")  # its digest tells if that is right
        return _Part(head, block, end)
    if not is_size(stated):
        raise ValueError(f"a record's {'Content-Length is no number' if stated else _NO_LENGTH}")
    size = int(stated)
    end = begin + size
    first = begin if size <= LARGEST else end - 1
    block = text[first:end]
    if len(block) < end - first:
        raise ShortError(_SHORT, at, end - first - len(block) if first == begin else size)
    is_warc = text[at : at + 5] == WARC
    if not _ends(text, end, is_warc):
        raise ValueError(_WRONG)
    return _Part(head, block if first == begin else None, end)


_SHORT = "a record is shorter than its Content-Length says"
_NO_LENGTH = "header has no Content-Length"


def _ends(text: Sliced, at: int, is_warc: bool) -> bool:
    """Tell whether a record may end at a place.

    Another one follows, or the end; or, as it should be, blank lines and whatever comes then.
    """
    behind = text[at : at + 4]
    if behind == b"\r\n\r\n" or behind[:2] == b"\n\n" or (not is_warc and behind[:1] == b"\n"):
        return True
    at = _past_lines(text, at)
    start = text[at : at + 4]
    return not start or start.startswith((GZIP, ZSTD)) or begins(text, at)


def _past_mark(text: Sliced) -> int:
    """Return where a text begins behind a byte order mark, which editors write."""
    return len(_BOM) if text[0 : len(_BOM)] == _BOM else 0


def _past_lines(text: Sliced, at: int) -> int:
    """Return where blank lines end."""
    while blank := text[at : at + 64]:
        end = _LINES.match(blank).end()  # type: ignore[union-attr]  # it matches anything
        at += end
        if end < len(blank):
            break
    return at


def _next_begin(text: Sliced, at: int, opened: Callable[[bytes], Opened | None] | None) -> int:
    """Return where the next record begins that can be read, the end if there is none.

    `opened` says what unpacks a member; None: none is looked for.
    """
    size = 2 * _OVERLAP
    while window := text[at - 1 : at - 1 + size]:
        is_last = len(window) < size
        usable = any(sign in window for sign in _SIGNS)  # quicker than to match them
        for found in _BEGIN.finditer(window) if usable else ():
            begin = at - 1 + (found.start() if found[0] in (GZIP, ZSTD) else found.end())
            if begin < at or (found.start() > size - _OVERLAP and not is_last):
                continue
            if found[0] not in (GZIP, ZSTD) or (opened and _is_member(text, begin, opened)):
                return begin
        at += len(window) if is_last else size - _OVERLAP
        size = _WINDOW
    return at - 1


def _is_member(text: Sliced, at: int, opened: Callable[[bytes], Opened | None]) -> bool:
    """Tell whether a member begins at a place whose text begins with a record."""
    unpacker = opened(text[at : at + 4])
    with suppress(*UNREADABLE, ImportError, StopIteration):
        return unpacker is not None and begins(next(pieces(text, at, unpacker()))[0], 0)
    return False
