"""The database file: opened briefly, one run at a time, published for readers."""

import errno
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import duckdb
from filelock import FileLock, Timeout

from crawlblock.durable import put_in_place
from crawlblock.errors import CrawlblockError, LockedError, StoreError
from crawlblock.store.renewal import renew
from crawlblock.store.schema import CONFIG, check_copy, is_current

# How long, in s, the file is waited for while another process has it open to answer a question.
_PATIENCE = 5.0
_PATIENCE_OF_A_RUN = 300.0  # which would otherwise end halfway
_FICLONE = 0x40049409  # of linux/fs.h
_HEADERS = 3 * 4096  # bytes at the beginning of a database, before anything that is stored
_MARK = slice(8, 12)  # where they say DUCK
_FULL = "the disk is full; free some space and run again, nothing is lost"


class DatabaseFile:
    """A database file; made with its tables when it is not there yet.

    Every method opens the file, does its work in one transaction and closes it again.  Raises
    StoreError when the file, its disk or its layout cannot be used, LockedError when another
    process holds it.
    """

    def __init__(self, path: Path) -> None:
        """Take the path of the database."""
        self.path = path
        self._patience = _PATIENCE
        if not holds_anything(path):
            self._make()
        if not self._is_current():
            with self.held():
                self._renew()

    def _make(self) -> None:
        """Make an empty database aside and put it in place whole: a full disk leaves nothing."""
        path = self.path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"{path}: cannot make the folder ({error.strerror}); use another --db"
            ) from None
        aside = path.with_name(f"{path.name}.new")
        with self.held(_PATIENCE):
            if holds_anything(path):
                return  # another process was faster
            try:
                _remove(aside)
                with closing(duckdb.connect(str(aside), config=CONFIG)) as con:
                    is_current(con, path)
                    con.execute("CHECKPOINT").fetchall()
                put_in_place(aside, path)
            except duckdb.Error as error:
                raise explained(path, error) from None
            except OSError as error:
                raise _refused(path, error) from None
            finally:
                _remove(aside)

    def _is_current(self) -> bool:
        with self.transaction() as con:
            return is_current(con, self.path)

    def _renew(self) -> None:
        if self._is_current():
            return  # another run has done it meanwhile
        try:
            renew(self.path)
        except duckdb.Error as error:
            raise explained(self.path, error) from None
        except OSError as error:
            raise StoreError(
                f"{self.path}: cannot be brought to today's layout ({error.strerror}); free some "
                "space and run again, the database is as it was"
            ) from None

    @contextmanager
    def held(self, patience: float = 0) -> Iterator[None]:
        """Keep every other run off this database until the block ends.

        Another one is waited for as long as `patience` says, in s.
        """
        lock = FileLock(f"{self.path}.lock", timeout=patience)
        try:
            lock.acquire()
        except Timeout:
            raise LockedError(
                f"{self.path}: another run is at work; wait for it to end, or use another --db"
            ) from None
        except OSError as error:
            if error.errno == errno.ENOSPC:
                raise _refused(self.path, error) from None
            raise StoreError(
                f"{self.path}.lock: {error.strerror}; the folder must be writable"
            ) from None
        self._patience = _PATIENCE_OF_A_RUN
        try:
            yield
        finally:
            self._patience = _PATIENCE
            lock.release()

    @contextmanager
    def transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Open the database for one transaction."""
        with self._open() as con:
            con.execute("BEGIN").fetchall()
            yield con
            con.execute("COMMIT").fetchall()

    @contextmanager
    def reading(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Open the database for questions; what is written here is thrown away."""
        with self._open() as con:
            con.execute("BEGIN").fetchall()
            yield con
            con.execute("ROLLBACK").fetchall()

    @contextmanager
    def _open(self) -> Iterator[duckdb.DuckDBPyConnection]:
        until = time.monotonic() + self._patience
        while True:
            try:
                con = duckdb.connect(str(self.path), config=CONFIG)
                break
            except duckdb.Error as error:
                failure = explained(self.path, error)
                if not isinstance(failure, LockedError) or time.monotonic() > until:
                    raise failure from None
                time.sleep(0.1)
        try:
            con.execute("SET TimeZone = 'UTC'").fetchall()
            yield con
        except duckdb.Error as error:
            raise explained(self.path, error) from None
        finally:
            con.close()

    @property
    def published(self) -> Path:
        """The copy for readers, which no run ever holds."""
        return copy_of(self.path)

    def publish(self) -> Path:
        """Copy the database for readers; who has the old copy open keeps it.

        Where the file system can, the copy takes no room until the database changes.  For who holds
        the database: what a killed run left aside is written over.
        """
        aside = self.published.with_name(f"{self.published.name}.part")
        with self._open() as con:
            con.execute("CHECKPOINT").fetchall()
        try:
            _copy(self.path, aside)
            put_in_place(aside, self.published)
        except OSError as error:
            aside.unlink(missing_ok=True)
            raise _refused(self.published, error) from None
        return self.published


def holds_anything(path: Path) -> bool:
    """Tell whether there is a database, or another file that must not be replaced.

    The first bytes of a database, all that a full disk let be written of it, are nothing.
    """
    if not path.is_file():
        return path.exists()
    size = path.stat().st_size
    with path.open("rb") as file:
        begins = file.read(_MARK.stop)[_MARK]
    return size >= _HEADERS or (size > 0 and begins != b"DUCK")


def _remove(path: Path) -> None:
    """Remove a database that was not finished, and its log."""
    with suppress(OSError):
        for each in (path, path.with_name(f"{path.name}.wal")):
            each.unlink(missing_ok=True)


def _refused(path: Path, error: OSError) -> StoreError:
    """Return the error for a disk that cannot be written; what is stored stays."""
    if error.errno == errno.ENOSPC:
        return StoreError(f"{path}: {_FULL}")
    return StoreError(f"{path}: {error.strerror}; mend that and run again")


def _copy(source: Path, target: Path) -> None:
    """Copy a file, whose blocks the two share where the file system can (btrfs, XFS)."""
    if sys.platform == "linux":
        with suppress(OSError, ImportError):  # some small Pythons have no fcntl
            from fcntl import ioctl

            with source.open("rb") as old, target.open("wb") as new:
                ioctl(new.fileno(), _FICLONE, old.fileno())
                return
    shutil.copyfile(source, target)


def copy_of(path: Path) -> Path:
    """Return where the copy of a database for readers lies; a copy is its own."""
    mark = f".snapshot{path.suffix}"
    return path if path.name.endswith(mark) else path.with_suffix(mark)


def original_of(path: Path) -> Path:
    """Return where the database is that a path names itself or by its copy for readers."""
    mark = f".snapshot{path.suffix}"
    if not path.name.endswith(mark):
        return path
    return path.with_name(path.name.removesuffix(mark) + path.suffix)


def open_copy(path: Path) -> duckdb.DuckDBPyConnection:
    """Open the copy of a database that its last run published, which no run ever waits for.

    What a run publishes later is not seen by who has it open.  Raises StoreError when there is no
    copy that this version can read.
    """
    copy = copy_of(path)
    if not copy.is_file():
        raise StoreError(
            f"{copy}: not there; every run publishes this copy for readers, so run "
            "`crawlblock analyze` first, or name another database"
        )
    try:
        con = duckdb.connect(str(copy), read_only=True, config=CONFIG)
    except duckdb.Error as error:
        raise explained(copy, error) from None
    try:
        con.execute("SET TimeZone = 'UTC'").fetchall()
        check_copy(con, copy)
    except BaseException:
        con.close()
        raise
    return con


def explained(path: Path, error: duckdb.Error) -> CrawlblockError:
    """Say in one line what DuckDB's message means for the reader."""
    text = str(error).strip().split("\n")[0]
    if "Could not set lock" in str(error) or "Conflicting lock" in str(error):
        return LockedError(
            f"{path}: another process has it open; close it, or read its copy *.snapshot.duckdb"
        )
    if "Read-only file system" in text or "Permission denied" in text:
        reason = text.rpartition(": ")[2]
        return StoreError(
            f"{path}: {reason}; make it and its folder writable, or copy it elsewhere"
        )
    if "No space left" in str(error) or "not enough space" in str(error).lower():
        return StoreError(f"{path}: {_FULL}")
    if "not a valid DuckDB database" in text or "version number" in text:
        return StoreError(f"{path}: not a database this DuckDB can read ({text}); use another --db")
    return StoreError(f"{path}: {text}")
