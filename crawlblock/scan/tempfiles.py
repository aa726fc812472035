"""What lies beside a shard's file until that is whole, and may be left when a process is killed."""

import itertools
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from crawlblock.errors import StoreError


def aside(path: Path, name: int | str) -> Path:
    """Return where a piece of a shard's file is, numbered from 0, or the file before its name."""
    return path.with_name(f".{path.name}.{name}")


def saved(directory: Path, shard: str) -> Path:
    """Return the folder of the files that a mirror sends for a shard."""
    return directory / "files" / shard


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Raise StoreError where polars cannot write: it has no error of its own for a full disk."""
    try:
        yield
    except pl.exceptions.PolarsError as error:
        raise StoreError(
            f"{path} cannot be written ({error}); free some space or use another disk, "
            "then run again"
        ) from None


def remove_pieces(path: Path) -> None:
    """Remove the pieces of a shard's file, the last one first: none is left behind a gap."""
    found = itertools.takewhile(Path.exists, (aside(path, number) for number in itertools.count()))
    for piece in reversed(list(found)):
        piece.unlink()


def remove_rest(directory: Path, path: Path, shard: str) -> None:
    """Remove what is left of a shard that is done."""
    aside(path, "part").unlink(missing_ok=True)
    if (folder := saved(directory, shard)).exists():
        shutil.rmtree(folder)
