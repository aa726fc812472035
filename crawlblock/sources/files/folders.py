"""The files in a folder, and which of them can be read more than once."""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from crawlblock.errors import InputError
from crawlblock.sources.files.batch import LeftOutTally


def files_in(folder: Path, tally: LeftOutTally) -> Iterator[Path]:
    """Yield the files in a folder and the folders below it, by name; count those left out.

    Hidden files and folders are ignored.  Links to folders are not followed: they may lead back.
    """

    def unopened(error: OSError) -> None:
        tally.add(f"a folder that cannot be opened ({error.strerror})", str(error.filename))

    seen: set[Path] = set()
    for name, below, files in os.walk(folder, onerror=unopened):
        at = Path(name)
        below[:] = sorted(each for each in below if not each.startswith("."))
        for each in below:
            if (at / each).is_symlink():
                tally.add("a link to a folder, which is not followed", each)
        for path in (at / each for each in sorted(files) if not each.startswith(".")):
            if (real := Path(os.path.realpath(path))) in seen:
                tally.add("a link to another file of the folder", path.name)
                continue
            seen.add(real)
            try:
                check_regular(path)
            except InputError as error:
                tally.add("a file that cannot be used", str(error))
                continue
            yield path


def check_regular(path: Path) -> None:
    """Raise InputError for what is no file that can be read twice, such as a pipe."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        leads = ""
        with suppress(OSError):
            leads = f"it is a link to {path.readlink()}; "
        raise InputError(f"{path}: cannot be read ({leads}{error.strerror})") from None
    if not stat.S_ISREG(mode):
        raise InputError(
            f"{path}: not a regular file; import reads a file twice, so save it to a file first"
        )


def is_folder(path: Path) -> bool:
    """Tell whether a path is that of a folder; not, where that cannot be seen."""
    try:
        return path.is_dir()
    except OSError:
        return False
