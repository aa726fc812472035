"""Parts of an archive kept on the disk: what was asked for once need not be asked for again."""

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from hashlib import sha1
from pathlib import Path
from typing import Protocol, runtime_checkable

from filelock import FileLock, Timeout

from crawlblock.errors import StoreError
from crawlblock.outcome import Outcome
from crawlblock.sources.commoncrawl.mirror import Mirror

INDEX_BYTES = 2_000_000_000  # of indexes kept by default: 19 cluster.idx, or 8,000 blocks

_RANGES = 512 * 1024 * 1024  # bytes: several times what one batch of hosts needs
_LEAST = 4096  # bytes that a small file takes
_CHECK = 20  # bytes of the SHA-1 before a range itself
_PIECE = 1024 * 1024  # bytes read at a time
_AGAIN = 0.2  # s between two looks whether another process is done
_ASIDE = (".part", ".of", ".lock")  # endings of files that are on their way
_ABANDONED = 7 * 24 * 3600  # s after which such a file is nobody's


class Cache:
    """A folder of ranges and whole files; those used longest ago make room for others.

    Several processes may use it at a time.  A kept file that does not fit its check is not
    believed.  Raises StoreError when the disk refuses: the database on it would be next.
    """

    def __init__(self, folder: Path, most: int) -> None:
        """Take the folder and how many bytes may be kept in it."""
        self.folder, self._most = folder, most
        self._held = 0  # bytes that were there at the last look, and those written since
        self._unseen = most + 1  # bytes that were written since, perhaps by others, too

    def has(self, mirror: Mirror, key: str, start: int, length: int) -> bool:
        """Tell whether a range is kept."""
        return (self.folder / _name(mirror, key, start, length)).is_file()

    def range(self, mirror: Mirror, key: str, start: int, length: int) -> bytes | None:
        """Return a range that is kept, None where it is not or was damaged."""
        path = self.folder / _name(mirror, key, start, length)
        with contextlib.suppress(OSError):
            stored = path.read_bytes()
            if stored[:_CHECK] == _check(stored[_CHECK:]):
                os.utime(path)  # the last in use
                return stored[_CHECK:]
        return None

    def keep(self, mirror: Mirror, key: str, start: int, raw: bytes) -> None:
        """Write a range before anything else is asked: a kill can cost what is in flight alone."""
        path = self.folder / _name(mirror, key, start, len(raw))
        aside = self.folder / f"{path.name}.{os.getpid()}.part"
        with self._disk(key):
            self.folder.mkdir(parents=True, exist_ok=True)
            try:
                # not synced: a range that a power cut spoils does not fit its check
                aside.write_bytes(_check(raw) + raw)
                aside.replace(path)
            finally:
                aside.unlink(missing_ok=True)
        self._make_room(len(raw))

    def drop(self, mirror: Mirror, key: str, start: int, length: int) -> None:
        """Remove a range that turned out to be of no use."""
        (self.folder / _name(mirror, key, start, length)).unlink(missing_ok=True)

    def holds(self, mirror: Mirror, key: str) -> bool:
        """Tell whether a whole object is kept; it is not checked for that."""
        found = self.folder.glob(f"{_name(mirror, key)}.*")
        return any(path.suffix not in _ASIDE for path in found)

    def file(self, mirror: Mirror, key: str) -> Path | None:
        """Return a whole object that is kept, None where it is not or was damaged."""
        for path in self.folder.glob(f"{_name(mirror, key)}.*"):
            if path.suffix in _ASIDE:
                continue
            with contextlib.suppress(OSError):
                if path.suffix == f".{_sum(path)}":
                    os.utime(path)
                    return path
                path.unlink()
        return None

    async def save(self, mirror: Mirror, key: str) -> Path | Outcome:
        """Return a whole object as a file, which is fetched where it is not kept."""
        with self._disk():
            self.folder.mkdir(parents=True, exist_ok=True)
        async with self._alone():
            if kept := self.file(mirror, key):
                return kept
            path = self.folder / _name(mirror, key)
            if outcome := await save_whole(mirror, key, path):
                return outcome
            with self._disk():
                size = path.stat().st_size
                kept = path.replace(path.with_suffix(f".{_sum(path)}"))
            self._make_room(size)
            return kept

    def forget(self, path: Path) -> None:
        """Remove a kept file that turned out to be of no use."""
        if path.parent == self.folder:
            path.unlink(missing_ok=True)

    def _make_room(self, written: int) -> None:
        """Remove what was used longest ago, if more than allowed is kept."""
        size = max(written, _LEAST)
        self._held, self._unseen = self._held + size, self._unseen + size
        if self._held <= self._most and self._unseen <= self._most // 16:
            return
        with self._disk():
            kept = sorted(self._kept())
            self._held, self._unseen = sum(size for _, size, _ in kept), 0
            for _, size, path in kept[:-1]:
                if self._held <= self._most:
                    return
                with contextlib.suppress(OSError):  # another process may read it, or be quicker
                    path.unlink()
                self._held -= size

    def _kept(self) -> Iterator[tuple[float, int, Path]]:
        """Yield when each file was last used, its size and its path."""
        for path in self.folder.iterdir():
            with contextlib.suppress(FileNotFoundError):  # another process was quicker
                found = path.stat()
                if path.suffix not in _ASIDE:
                    yield found.st_mtime_ns, max(found.st_size, _LEAST), path
                elif path.suffix != ".lock" and time.time() - found.st_mtime > _ABANDONED:
                    path.unlink()

    @contextlib.asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        """Wait until no other process fetches a whole object; some network disks cannot lock."""
        lock = FileLock(self.folder / "files.lock", thread_local=False)
        while True:
            try:
                lock.acquire(timeout=0)
                break
            except Timeout:
                await asyncio.sleep(_AGAIN)
            except (OSError, NotImplementedError):
                break
        try:
            yield
        finally:
            lock.release()

    @contextlib.contextmanager
    def _disk(self, what: str = "") -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise _refused(self.folder, error.strerror or str(error), what) from None


class CachedMirror:
    """A mirror whose ranges are kept in a folder, those of its indexes in a cache of their own.

    Whole objects are lists and asked for anew, and files of this machine need no copy.
    """

    def __init__(
        self, mirror: Mirror, folder: Path, most: int = _RANGES, index: Cache | None = None
    ) -> None:
        """Take the mirror, the folder and how many bytes may be kept in it."""
        self.location, self.traffic = mirror.location, mirror.traffic
        self.save, self.read_index, self.size = mirror.save, mirror.read_index, mirror.size
        self.local_path = mirror.local_path
        self.source, self._ranges = mirror, Cache(folder, most)
        self.index = index or self._ranges

    async def read(
        self, key: str, start: int | None = None, length: int | None = None, *, anew: bool = False
    ) -> bytes | Outcome:
        """Return an object, or `length` bytes of it from `start`; `anew`: not what is kept."""
        if length is None or self.local_path(key):
            return await self.source.read(key, start, length)
        cache = self._cache(key)
        kept = None if anew else cache.range(self.source, key, start or 0, length)
        if kept is not None:
            return kept
        raw = await self.source.read(key, start, length)
        if isinstance(raw, bytes):
            cache.keep(self.source, key, start or 0, raw)
        return raw

    def has(self, key: str, start: int, length: int) -> bool:
        """Tell whether a range is kept."""
        return self._cache(key).has(self.source, key, start, length)

    def keep(self, key: str, start: int, raw: bytes) -> None:
        """Keep a range that was read with others; files of this machine need no copy."""
        if not self.local_path(key):
            self._cache(key).keep(self.source, key, start, raw)

    def _cache(self, key: str) -> Cache:
        return self.index if key.startswith("cc-index/") else self._ranges


@runtime_checkable
class Keeper(Protocol):
    """A mirror that keeps ranges, and the mirror that it reads what it does not have from."""

    source: Mirror

    def has(self, key: str, start: int, length: int) -> bool:
        """Tell whether a range is kept."""

    def keep(self, key: str, start: int, raw: bytes) -> None:
        """Keep a range that was read with others."""


async def read_parts(
    mirror: Mirror, key: str, places: Sequence[tuple[int, int]]
) -> list[bytes] | Outcome:
    """Return some ranges (start, length) of an object, read by one request and kept one by one."""
    start = places[0][0]
    length = max(at + size for at, size in places) - start
    whole = mirror.source if isinstance(mirror, Keeper) else mirror
    raw = await whole.read(key, start, length)
    if isinstance(raw, Outcome):
        return raw
    parts = [raw[at - start : at - start + size] for at, size in places]
    if isinstance(mirror, Keeper):
        for (at, _), part in zip(places, parts, strict=True):
            mirror.keep(key, at, part)
    return parts


async def save_whole(mirror: Mirror, key: str, path: Path) -> Outcome | None:
    """Save an object as a file; where the disk refuses, nothing half is left on it."""
    try:
        return await mirror.save(key, path)
    except StoreError as error:
        for ending in ("", ".part", ".part.of"):
            with contextlib.suppress(OSError):
                path.with_name(f"{path.name}{ending}").unlink(missing_ok=True)
        cause = error.__context__
        reason = cause.strerror if isinstance(cause, OSError) else None
        raise _refused(path.parent, reason or str(error), key) from None


def _refused(folder: Path, reason: str, what: str = "") -> StoreError:
    """Return the error for a disk that refuses: what was to be kept, where, and what to do."""
    kept = f"{what} cannot be kept: " if what else ""
    return StoreError(
        f"{kept}{folder} cannot be written ({reason}); free some space or choose another --cache, "
        "then run again"
    )


def _name(mirror: Mirror, key: str, *place: int) -> str:
    return _check("\n".join([mirror.location, key, *map(str, place)]).encode()).hex()


def _check(raw: bytes) -> bytes:
    return sha1(raw, usedforsecurity=False).digest()


def _sum(path: Path) -> str:
    """Return the SHA-1 of a file, in hexadecimal digits."""
    hashed = sha1(usedforsecurity=False)
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            hashed.update(piece)
    return hashed.hexdigest()
