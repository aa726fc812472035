"""A list as it is offered for download: one file in a zip file, as Tranco's ranking is."""

import zipfile
import zlib
from pathlib import Path
from typing import IO

from crawlblock.errors import InputError

_MOST = 512 * 1024 * 1024  # bytes of text; Tranco's million has 23 MB, its whole list about 150
_MAGIC = b"PK\x03\x04"
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError)  # what reading one may raise


def is_zip(path: Path) -> bool:
    """Tell by its first bytes whether a file is a zip file; raises OSError if it is none at all."""
    with path.open("rb") as file:
        return file.read(len(_MAGIC)) == _MAGIC


def open_zipped(path: Path) -> IO[bytes]:
    """Open the only file in a zip file, which gives no more bytes than it states.

    Raises InputError where there are more or none, where it is too large, and where it cannot be
    unpacked; reading it may raise what is in `BROKEN`.
    """
    try:
        archive = zipfile.ZipFile(path)
        members = [each for each in archive.infolist() if _counts(each)]
        if len(members) != 1:
            raise InputError(f"{path}: {len(members)} files in the zip file; one list is needed")
        if members[0].file_size > _MOST:
            raise InputError(f"{path}: unpacked it has more than {_MOST // 1024**2} MiB")
        return archive.open(members[0])
    except (*BROKEN, RuntimeError, NotImplementedError, OSError) as error:
        raise InputError(f"{path}: cannot be unpacked ({error}); unzip it yourself") from None


def is_excel(path: Path) -> bool:
    """Tell whether a zip file is an Excel file; raises BadZipFile if it cannot be read."""
    with zipfile.ZipFile(path) as archive:
        return "xl/workbook.xml" in archive.namelist()


def _counts(member: zipfile.ZipInfo) -> bool:
    return not member.is_dir() and not member.filename.startswith("__MACOSX/")
