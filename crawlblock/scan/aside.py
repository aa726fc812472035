"""What lies beside a shard's file until that is whole, and may be left when a process is killed."""

import itertools
import shutil
from pathlib import Path


def aside(path: Path, name: int | str) -> Path:
    """Return where a piece of a shard's file is, numbered from 0, or the file before its name."""
    return path.with_name(f".{path.name}.{name}")


def saved(directory: Path, shard: str) -> Path:
    """Return the folder of the files that a mirror sends for a shard."""
    return directory / "files" / shard


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
