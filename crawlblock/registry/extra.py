"""The folder of own entries: crawlers, templates, events and metrics beside the package's own.

`--extra`, `crawlblock.open(extra=...)` or the variable CRAWLBLOCK_EXTRA names it.  Everything that
depends on its files is kept for each content of them, so an edited file counts at once.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache, wraps
from pathlib import Path
from typing import TypeVar

from crawlblock.code_digest import digest
from crawlblock.errors import InputError

T = TypeVar("T")

VARIABLE = "CRAWLBLOCK_EXTRA"
REGISTRIES = ("crawlers.toml", "templates.toml", "events.toml")
METRICS = "metrics"
LONGEST = 4 * 1024 * 1024  # bytes of a file
_BESIDE = ("README.md",)  # may be there as well, and names that begin with a dot
_MAY_HAVE = f"it may have {', '.join(REGISTRIES)} and {METRICS}/*.sql"
_chosen: ContextVar[Path | None] = ContextVar("extra", default=None)


@dataclass(frozen=True, slots=True)
class ExtraFile:
    """A file of the folder."""

    name: str  # within the folder: crawlers.toml, metrics/a.sql
    path: Path
    text: str


@dataclass(frozen=True, slots=True)
class Extra:
    """What the folder has; without a folder there are no files."""

    folder: Path | None
    files: tuple[ExtraFile, ...]

    def file(self, name: str) -> ExtraFile | None:
        """Return a file by its name within the folder, None if it is not there."""
        return next((file for file in self.files if file.name == name), None)

    def metrics(self) -> tuple[ExtraFile, ...]:
        """Return the files of metrics in the order of their names."""
        return tuple(file for file in self.files if file.name.startswith(f"{METRICS}/"))

    def digests(self) -> dict[str, str]:
        """Return a digest of each file by its name."""
        return {file.name: digest(file.text) for file in self.files}


_NOTHING = Extra(None, ())


def extra() -> Extra:
    """Return what the folder in use has; raises InputError for a folder that cannot be used."""
    folder = extra_folder()
    return _NOTHING if folder is None else _read(folder, _state(folder))


def extra_folder() -> Path | None:
    """Return the folder in use, None if there is none."""
    named = _chosen.get() or os.environ.get(VARIABLE)
    return _placed(Path(named)) if named else None


@contextmanager
def using(folder: Path | None) -> Iterator[None]:
    """Use a folder until the block ends; None leaves the one in use.

    The folder is read when something asks for it, not here.
    """
    token = _chosen.set(_placed(folder) if folder else _chosen.get())
    try:
        yield
    finally:
        _chosen.reset(token)


def _placed(folder: Path) -> Path:
    try:
        return folder.expanduser().absolute()
    except RuntimeError:  # nobody knows where that home is
        raise InputError(f"{folder}: there is no such folder; name another one") from None


def per_extra(make: Callable[[], T]) -> Callable[[], T]:
    """Keep what a function returns, once for each content of the folder in use."""

    @lru_cache(maxsize=8)
    def kept(_: Extra) -> T:
        return make()

    @wraps(make)
    def asked() -> T:
        return kept(extra())

    return asked


def _state(folder: Path) -> tuple[tuple[str, int, int], ...]:
    """Return the files of a folder with time and size, by which a change is seen."""
    try:
        own = folder / METRICS
        found = [*_listed(folder), *(_listed(own) if own.is_dir() else ())]
        states = [(str(path.relative_to(folder)), path.stat()) for path in found]
    except NotADirectoryError:
        raise InputError(f"{folder}: a file; name the folder of your own entries") from None
    except FileNotFoundError:
        raise InputError(f"{folder}: there is no such folder; name another one") from None
    except OSError as error:
        raise InputError(f"{folder}: cannot be read ({error.strerror}); fix that") from None
    return tuple((name, state.st_mtime_ns, state.st_size) for name, state in states)


def _listed(folder: Path) -> list[Path]:
    """Return what is in a folder, without hidden files."""
    return sorted(path for path in folder.iterdir() if path.name[0] != ".")


@lru_cache(maxsize=8)
def _read(folder: Path, state: tuple[tuple[str, int, int], ...]) -> Extra:
    """Return the files of a folder; a name that means nothing would be a silent mistake."""
    read: list[ExtraFile] = []
    for name, _, size in state:
        path = folder / name
        place = Path(name).parent.name
        if name in (METRICS, *_BESIDE) and path.is_dir() == (name == METRICS):
            continue
        known = path.suffix == ".sql" if place == METRICS else name in REGISTRIES
        if not known or path.is_dir():
            raise InputError(f"{path}: is not used there; {_MAY_HAVE}; rename or remove it")
        if size > LONGEST:
            raise InputError(f"{path}: has more than {LONGEST:,} bytes; make it smaller")
        read.append(ExtraFile(Path(name).as_posix(), path, _text(path)))
    return Extra(folder, tuple(read))


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path}: byte {error.start} is not UTF-8; save the file as UTF-8"
        ) from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); fix that") from None
