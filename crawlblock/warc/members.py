"""Records member by member, with the standard library: each damage has its place.

A file is a row of gzip members, zstd frames or plain records.  What a member holds is a text of
records, as a plain file is.  In both, what follows a damaged record is found again.
"""

import re
import zlib
from collections import Counter
from collections.abc import Generator, Iterator
from functools import partial

from crawlblock.unpacking import (
    LARGEST,
    UNREADABLE,
    EarlyEndError,
    Sliced,
    Zlib,
    Zstd,
    inflate,
    pieces,
)
from crawlblock.warc.heads import (
    PASSED_OVER,
    Damage,
    Found,
    ShortError,
    begins,
    name_of,
    record_of,
)
from crawlblock.warc.parts import (
    GZIP,
    SHORT,
    ZSTD,
    Opened,
    Part,
    next_begin,
    part_at,
    parts,
    past_lines,
    past_mark,
)
from crawlblock.warc.windows import Unpacked

_SKIPPABLE = re.compile(rb"[\x50-\x5f]\x2a\x4d\x18")  # a zstd frame that holds nothing of a file
_DICTIONARY = b"\x5d\x2a\x4d\x18"  # one that holds the dictionary of the file (IIPC's proposal)
_LARGEST_DICTIONARY = 32 * 1024 * 1024  # bytes

_HELD = 8 * 1024 * 1024  # bytes of a member that are unpacked once; a larger one is read in windows
_STEP = 1024 * 1024  # bytes that are unpacked at a time
_FINE = 64  # the same in a member that is damaged, of which the last step is lost
ZSTD_NEEDED = "it is packed by zstd; install what reads it (pip install 'crawlblock[zstd]')"
_TOO_LARGE = f"a record is larger than {LARGEST >> 20} MiB"
_CUT = "the file is cut short in this record"


class Members:
    """Reads the records of one file, or of the bytes of a range."""

    def __init__(self, raw: Sliced, size: int, passed: Counter[str] | None = None) -> None:
        """Take the bytes, how many they are, and what counts the records without an answer."""
        self._raw, self._size = raw, size
        self._passed = Counter[str]() if passed is None else passed
        self._dictionary = b""

    def read(self) -> Iterator[Found]:
        """Yield every answer and every damage in their order; ImportError: zstd is not at hand."""
        at = past_mark(self._raw)
        while self._raw[(at := past_lines(self._raw, at)) : at + 1]:
            try:
                at = yield from self._next(at)
            except (*UNREADABLE, ImportError) as error:
                yield Damage(at, _why(error))
                at = next_begin(self._raw, at + 1, self._opened)
        if at < self._size:
            yield Damage(at, "the file was cut while it was read")

    def _next(self, at: int) -> Generator[Found, None, int]:
        """Yield what the member or the record at a place holds; return where it ends."""
        start = self._raw[at : at + 4]
        if _SKIPPABLE.fullmatch(start):
            return self._skipped(at, start == _DICTIONARY)
        if opened := self._opened(start):
            return (yield from self._member(at, opened))
        try:
            part = part_at(self._raw, at, packed=False)
        except ShortError as short:
            raise ValueError(_CUT if str(short) == SHORT else str(short)) from None
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
        last: list[Part | str] = []
        cut = isinstance(error, EarlyEndError)
        while True:
            try:
                for found in parts(text, whole=error is None):
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

    def _given(self, found: list[Part | str], at: int, end: int, certain: bool) -> Iterator[Found]:
        """Yield a part of a member; if its bytes are not certain, it needs a digest."""
        for each in found:
            if isinstance(each, str):
                yield Damage(at, each)
            elif certain or each.head[3] or each.block is None:
                yield from self._found([each], at, end - at)
            else:
                yield Damage(at, "its gzip member is damaged, and it states no digest")

    def _found(self, parts: list[Part], at: int, length: int) -> Iterator[Found]:
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
        while 0 < missing <= LARGEST:
            start = self._raw[at : at + 4]
            if _SKIPPABLE.fullmatch(start):
                at = self._skipped(at, False)
                continue
            if (opened := self._opened(start)) is None:
                break
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
    raw: Sliced, at: int, opened: Opened, most: int = _STEP
) -> tuple[Sliced, int, ValueError | zlib.error | None]:
    """Return what a member holds, where it ends, and what is wrong with it.

    All of it is unpacked first, so that it is known whether its checksum is right.
    """

    def begin() -> Iterator[tuple[bytes, int]]:
        return pieces(raw, at, opened(), most)

    held, size, end = bytearray(), 0, at
    error = None
    try:
        for text, end in begin():  # noqa: B007 - it is where the last one ends
            size += len(text)
            if size <= _HELD:
                held += text
            else:
                held = bytearray()
    except UNREADABLE as found:
        if most == _STEP and not isinstance(found, EarlyEndError):
            return _unpacked(raw, at, opened, _FINE)
        error = found
    return bytes(held) if size <= _HELD else Unpacked(begin), end, error
