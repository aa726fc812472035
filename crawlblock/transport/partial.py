"""A file on its way to the disk, which a later attempt or run may continue."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from crawlblock.durable import put_in_place
from crawlblock.errors import StoreError

_BOOT = Path("/proc/sys/kernel/random/boot_id")  # of Linux


class PartialFile:
    """Bytes kept beside their final path until all of them are there.

    `<name>.part` holds the bytes so far, `<name>.part.of` the entity tag and size of the object
    they are of, and since when the machine runs.  Without a strong tag nothing can be continued,
    nor after a restart: a power cut can leave holes in what was not synced.  Every method raises
    StoreError when the disk cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._part = path.with_name(f"{path.name}.part")
        self._about = path.with_name(f"{path.name}.part.of")
        self.etag, self.total = self._read_about()
        self.size = self._part.stat().st_size if self.etag and self._part.is_file() else 0

    @property
    def complete(self) -> bool:
        """Tell whether every byte is there."""
        return self.total is not None and self.size == self.total

    def begin(self, etag: str | None, total: int | None) -> None:
        """Start over with an object of `total` bytes."""
        with self._disk():
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._part.unlink(missing_ok=True)  # before its tag changes: a kill may come between
            self.size, self.total = 0, total
            self.etag = etag if etag and etag.startswith('"') else ""
            about = f"{self.etag}\n{'' if total is None else total}\n{_start()}\n"
            self._about.write_text(about, "utf-8", newline="\n")
            self._part.touch()

    @contextlib.contextmanager
    def appending(self) -> Iterator["PartialFile"]:
        """Open the file for `write`."""
        with self._disk():
            self._file = self._part.open("ab")
        try:
            yield self
        finally:
            with self._disk():
                self._file.close()

    def write(self, chunk: bytes) -> None:
        """Append bytes while `appending`."""
        with self._disk():
            self._file.write(chunk)
        self.size += len(chunk)

    def discard(self) -> None:
        """Forget what is there."""
        with self._disk():
            self._part.unlink(missing_ok=True)
            self._about.unlink(missing_ok=True)
        self.size, self.etag, self.total = 0, "", None

    def finish(self) -> None:
        """Give the file its final name."""
        with self._disk():
            put_in_place(self._part, self._path)
            self._about.unlink(missing_ok=True)

    def _read_about(self) -> tuple[str, int | None]:
        try:
            etag, total, start = self._about.read_text("utf-8").split("\n")[:3]
            return (etag, int(total) if total else None) if start == _start() else ("", None)
        except (OSError, ValueError):
            return "", None

    @contextlib.contextmanager
    def _disk(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StoreError(
                f"{self._path} cannot be written ({error.strerror or error}); free some space or "
                "choose another folder, then run again"
            ) from None


def _start() -> str:
    """Return a name for the time since the machine was started; nothing where none is known."""
    try:
        return _BOOT.read_text("ascii").strip()
    except OSError:
        return ""
