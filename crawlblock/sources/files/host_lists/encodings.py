"""Which encoding the text of a list is in, and its lines."""

import codecs
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO, cast

from crawlblock.sources.files.host_lists.opened import opened, readable

LONGEST_LINE = 100_000  # characters
_STEP = 1024 * 1024  # bytes
_HEAD = 65_536  # bytes
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_FOREIGN = re.compile("[^\x00-\x7f\ufffd]")
_NAMES = {"cp1252": "Latin-1 (Windows-1252)"}


def find_encoding(path: Path) -> str:
    """Return the name of the encoding of a text, as Python knows it.

    Without a byte order mark it is UTF-16 where every other byte is 0, and UTF-8 unless most of
    what is not ASCII cannot be read so: then it is Windows-1252, which includes Latin-1.
    """
    with readable(path), opened(path) as stream:
        head = stream.read(_HEAD)
        for mark, name in _MARKS:
            if head.startswith(mark):
                return name
        if wide := _wide(head):
            return wide
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        good = bad = 0
        part = head
        while part:
            text = decoder.decode(part)
            if not text.isascii():
                good += len(_FOREIGN.findall(text))
                bad += text.count("\ufffd")
            part = stream.read(_STEP)
        bad += decoder.decode(b"", final=True).count("\ufffd")
    return "cp1252" if bad > good else "utf-8"


def wide_encoding(head: bytes) -> str | None:
    """Return which UTF-16 or UTF-32 a text is in that begins so, None for another encoding."""
    named = next((name for mark, name in _MARKS[1:] if head.startswith(mark)), None)
    return named or _wide(head)


def shown(encoding: str) -> str:
    """Return the name of an encoding for people."""
    return _NAMES.get(encoding, encoding.upper())


@contextmanager
def text_of(path: Path, encoding: str) -> Iterator[TextIO]:
    """Open the text of a file; what cannot be decoded becomes U+FFFD."""
    with readable(path), opened(path) as stream:
        raw = cast("io.BufferedReader", stream)
        with io.TextIOWrapper(raw, encoding, "replace", newline=None) as text:
            yield text


def lines_of(text: TextIO) -> Iterator[tuple[int, str, bool]]:
    """Yield the lines with their numbers from 1, and whether each is whole.

    Of a line that is too long the beginning is yielded and the rest is passed over.
    """
    number = 0
    while line := text.readline(LONGEST_LINE):
        number += 1
        if number == 1:
            line = line.lstrip("\ufeff")
        whole = line.endswith("\n") or len(line) < LONGEST_LINE
        part = line
        while not part.endswith("\n") and part:
            part = text.readline(LONGEST_LINE)
            whole = whole and not part.strip()
        yield number, line.rstrip("\n"), whole


def _wide(head: bytes) -> str | None:
    """Return which UTF-16 a text without a mark is in; its ASCII has a 0 in every other byte."""
    half = len(head) // 2
    if not half:
        return None
    first, second = head[0::2].count(0) / half, head[1::2].count(0) / half
    if second > 0.3 and first < 0.01:
        return "utf-16-le"
    return "utf-16-be" if first > 0.3 and second < 0.01 else None
