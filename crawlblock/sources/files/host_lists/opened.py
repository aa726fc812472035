"""The bytes of a list: plain, gzipped, or the one file in a zip file, and what kind they are."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import IO

from crawlblock.errors import InputError
from crawlblock.sources.files.zipped import BROKEN, is_excel, is_zip, open_zipped
from crawlblock.unpacking import UNREADABLE, gunzipped

_HEAD = 4_096  # bytes that tell what a file is
_MOST_UNPACKED = 2 * 1024**3  # bytes of a gzip file
_GZIP = b"\x1f\x8b"
_OTHERS = (
    (b"\xd0\xcf\x11\xe0", "an old Excel file; save it as .xlsx or CSV"),
    (b"%PDF", "a PDF file; save the list as CSV"),
    (b"SQLite format 3\x00", "a SQLite database; export the table as CSV"),
    (b"BZh", "compressed by bzip2; unpack it first"),
    (b"\xfd7zXZ", "compressed by xz; unpack it first"),
    (b"\x28\xb5\x2f\xfd", "compressed by zstd; unpack it first"),
    (b"\x89PNG", "an image; give a list as text"),
    (b"\xff\xd8\xff", "an image; give a list as text"),
)
_MARKUP = (b"<!doctype", b"<html", b"<?xml")


class FileKind(StrEnum):
    """How the bytes of a list are read."""

    TEXT = "text"
    PARQUET = "Parquet"
    EXCEL = "Excel"


def kind_of(path: Path) -> FileKind:
    """Tell by its first bytes how a file is read; raises InputError for what is no list."""
    with readable(path):
        if is_zip(path) and is_excel(path):
            return FileKind.EXCEL
        with path.open("rb") as file:
            if file.read(4) == b"PAR1":
                return FileKind.PARQUET
        with opened(path) as stream:
            head = stream.read(_HEAD)
    for magic, what in _OTHERS:
        if head.startswith(magic):
            raise InputError(f"{path}: {what}")
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_MARKUP):
        raise InputError(f"{path}: a web page or XML, not a list; save the list as CSV")
    if head.startswith(b"PAR1") or head.startswith(b"PK\x03\x04"):
        raise InputError(f"{path}: a packed file within a packed file; unpack the outer one")
    return FileKind.TEXT


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """Open the bytes of a list, unpacked if they are packed, and never more than a bound."""
    if is_zip(path):
        with open_zipped(path) as file:
            yield file
        return
    with path.open("rb") as raw:
        packed = raw.read(len(_GZIP)) == _GZIP or path.suffix == ".gz"
        raw.seek(0)
        yield gunzipped(raw, _MOST_UNPACKED) if packed else raw


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Turn what can go wrong in reading a file into InputError."""
    try:
        yield
    except (OSError, *UNREADABLE, *BROKEN) as error:
        reason = getattr(error, "strerror", None) or str(error).split("\n")[0]
        raise InputError(f"{path}: cannot be read ({reason}); check that it is whole") from None
