"""The lines of a CSV or JSONL file, unpacked, and none longer than a limit."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import TextIO

from crawlblock.sources.files.host_lists.encodings import wide_encoding
from crawlblock.unpacking import gunzipped

LONGEST = 4 * 1024 * 1024  # characters of a line and of a row; of a robots.txt 500 KiB count
_LARGEST = 16 * 1024**3  # bytes of a packed file once unpacked
_HEAD = 4_096  # bytes that show an encoding

Lines = Iterator[tuple[int, str, bool]]  # number from 1, text, and whether it is whole


@contextmanager
def text_lines(path: Path) -> Iterator[Lines]:
    """Open the lines of a file; bytes that are not of its encoding are kept as surrogates.

    The encoding is UTF-8 unless the file begins as UTF-16 or UTF-32.  Of a line that is too long
    the beginning is given.
    """
    with path.open("rb") as raw:
        stream = gunzipped(raw, _LARGEST) if path.suffix == ".gz" else raw
        head = stream.peek(_HEAD)[:_HEAD]
        encoding = wide_encoding(head)
        with TextIOWrapper(
            stream, encoding or "utf-8", "replace" if encoding else "surrogateescape", newline="\n"
        ) as text:
            yield _lines(text)


def _lines(text: TextIO) -> Lines:
    number = 0
    while line := text.readline(LONGEST):
        number += 1
        whole = line.endswith("\n") or len(line) < LONGEST
        part = line
        while not part.endswith("\n") and part:
            part = text.readline(LONGEST)
            whole = whole and not part
        yield number, line if whole else line[:80], whole
