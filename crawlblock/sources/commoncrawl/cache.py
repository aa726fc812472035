"""Ranges of an archive kept on the disk: what a killed run was told, the next need not ask."""

import contextlib
import os
from collections.abc import Iterator
from hashlib import sha1
from pathlib import Path

from crawlblock.errors import StoreError
from crawlblock.outcome import Outcome
from crawlblock.sources.commoncrawl.mirror import Mirror

_MOST = 512 * 1024 * 1024  # bytes kept: several times what one batch of hosts needs
_LEAST = 4096  # bytes that a small file takes
_CHECK = 20  # bytes of the SHA-1 before the range itself


class CachedMirror:
    """A mirror whose ranges are kept in a folder; those used longest ago make room.

    Whole objects are lists and asked for anew, and files of this machine need no copy.  A kept file
    that does not fit its check is not believed.  `read` raises StoreError when the disk refuses:
    the database on it would be next.
    """

    def __init__(self, mirror: Mirror, folder: Path, most: int = _MOST) -> None:
        """Take the mirror, the folder and how many bytes may be kept in it."""
        self.location, self.traffic = mirror.location, mirror.traffic
        self.save, self.read_index = mirror.save, mirror.read_index
        self.local_path = mirror.local_path
        self._mirror, self._folder, self._most = mirror, folder, most
        with self._disk():
            found = sorted((p.stat().st_mtime, p.name, p.stat().st_size) for p in folder.glob("*"))
        self._sizes = {name: max(size, _LEAST) for _, name, size in found}  # oldest use first

    async def read(
        self, key: str, start: int | None = None, length: int | None = None, *, anew: bool = False
    ) -> bytes | Outcome:
        """Return an object, or `length` bytes of it from `start`; `anew`: not what is kept."""
        if length is None or self.local_path(key):
            return await self._mirror.read(key, start, length)
        name = _check(f"{self.location}\n{key}\n{start or 0}\n{length}".encode()).hex()
        kept = None if anew else self._kept(name)
        if kept is not None:
            return kept
        raw = await self._mirror.read(key, start, length)
        if isinstance(raw, bytes):
            with self._disk():
                self._keep(name, raw)
        return raw

    def _kept(self, name: str) -> bytes | None:
        if name in self._sizes:
            self._sizes[name] = self._sizes.pop(name)  # the last in use
            with contextlib.suppress(OSError):
                stored = (self._folder / name).read_bytes()
                if stored[:_CHECK] == _check(stored[_CHECK:]):
                    return stored[_CHECK:]
        return None

    def _keep(self, name: str, raw: bytes) -> None:
        """Write a range before anything else is asked: a kill can cost what is in flight alone."""
        self._folder.mkdir(parents=True, exist_ok=True)
        aside = self._folder / f"{os.getpid()}.part"
        aside.write_bytes(_check(raw) + raw)
        aside.replace(self._folder / name)
        self._sizes.pop(name, None)
        self._sizes[name] = max(_CHECK + len(raw), _LEAST)
        while sum(self._sizes.values()) > self._most and len(self._sizes) > 1:
            oldest = next(iter(self._sizes))
            del self._sizes[oldest]
            (self._folder / oldest).unlink(missing_ok=True)

    @contextlib.contextmanager
    def _disk(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StoreError(
                f"{self._folder} cannot be written ({error.strerror or error}); make room or "
                "choose another --cache, then run again"
            ) from None


def _check(raw: bytes) -> bytes:
    return sha1(raw, usedforsecurity=False).digest()
