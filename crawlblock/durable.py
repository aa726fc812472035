"""Files that a power cut leaves whole or not there at all.

A new name can reach the disk before the bytes behind it.  So the bytes are synced first, then the
file is renamed, then the folder is synced.  Every function raises OSError when the disk cannot be
written.
"""

import os
from contextlib import suppress
from pathlib import Path


def write_whole(path: Path, content: bytes) -> None:
    """Write a file, in place of one that is there; nothing half is left behind."""
    aside = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        aside.write_bytes(content)
        put_in_place(aside, path)
    except OSError:
        with suppress(OSError):
            aside.unlink()
        raise


def put_in_place(aside: Path, path: Path) -> None:
    """Give a file that is written its final name, in place of what has it."""
    sync(aside)
    aside.replace(path)
    sync_folder(path.parent)


def put_folder_in_place(aside: Path, folder: Path, before: Path | None = None) -> None:
    """Give a folder that is written its final name; a folder that has it gets the name `before`.

    The bytes are synced first, so that the name belongs to no folder only between two renames.  If
    the second cannot be made, the first is undone.
    """
    for path in aside.rglob("*"):
        if path.is_dir():
            sync_folder(path)
        else:
            sync(path)
    sync_folder(aside)
    try:
        if before is not None and folder.exists():
            folder.rename(before)
        aside.rename(folder)
    finally:
        if before is not None and before.exists() and not folder.exists():
            before.rename(folder)
    sync_folder(folder.parent)


def sync(path: Path) -> None:
    """Wait until the disk has the bytes of a file."""
    with path.open("r+b") as file:  # some systems sync nothing that is open for reading alone
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Wait until the disk has the names in a folder; some systems cannot, and need not."""
    with suppress(OSError):
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
