"""Folders that are written aside and put in place whole, in place of nothing but an earlier one."""

import glob
import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from crawlblock.durable import put_folder_in_place
from crawlblock.errors import InputError, StoreError
from crawlblock.export.metadata import File
from crawlblock.metrics.result_files import MANIFEST

_ABANDONED = 86_400.0  # s after which nobody writes into a folder any more


def check_target(target: Path, made: str, what: str) -> None:
    """Raise InputError unless a folder is new, empty or nothing but an earlier one.

    `made` is the format that its manifest names, `what` what it is called.
    """
    if not target.exists():
        return
    if not target.is_dir():
        raise InputError(f"{target}: this is a file; name a folder")
    found = {p.relative_to(target).as_posix() for p in target.rglob("*") if not p.is_dir()}
    others = found - _own(target, made)
    if others:
        raise InputError(
            f"{target}: holds {min(others)}, which is not part of {what}; name a new folder"
        )


def _own(target: Path, made: str) -> set[str]:
    """Return the files that an earlier folder of this format says are its own."""
    try:
        known = json.loads((target / MANIFEST).read_text("utf-8"))
        if known["format"] != made:
            return set()
        return {MANIFEST, *known["files"]}
    except (OSError, ValueError, KeyError, TypeError):
        return set()


@contextmanager
def written_aside(target: Path) -> Iterator[Path]:
    """Give a folder to write into that takes the target's place if the block ends well.

    Raises StoreError, which names the target, when the disk refuses.
    """
    aside = target.with_name(f".{target.name}.{os.getpid()}.part")
    before = target.with_name(f".{target.name}.{os.getpid()}.before")
    try:
        _tidy(target)
        aside.mkdir(parents=True)
        yield aside
        put_folder_in_place(aside, target, before)
        shutil.rmtree(before, ignore_errors=True)
    except StoreError as error:  # it names a file that is gone with the folder
        raise StoreError(str(error).replace(str(aside), str(target))) from None
    except OSError as error:
        raise StoreError(
            f"{target}: {error.strerror}; free some space or use another folder, then run again"
        ) from None
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _tidy(target: Path) -> None:
    """Bring back what a killed run had moved away, and remove what others left long ago."""
    left = sorted(target.parent.glob(f".{glob.escape(target.name)}.*.before"), key=_age)
    if left and not target.exists():
        left.pop(0).rename(target)
    parts = target.parent.glob(f".{glob.escape(target.name)}.*.part")
    for folder in (*left, *(part for part in parts if _age(part) > _ABANDONED)):
        shutil.rmtree(folder, ignore_errors=True)


def _age(folder: Path) -> float:
    """Return how long ago, in s, a folder was changed."""
    return time.time() - folder.stat().st_mtime


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write a document of JSON."""
    text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
    path.write_text(text, "utf-8", newline="\n")


def files_in(folder: Path) -> Iterator[File]:
    """Yield the files of a folder with size and digest, sorted by path."""
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        yield File(path.relative_to(folder).as_posix(), path.stat().st_size, digest)
