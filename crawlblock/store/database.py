"""The database file: opened briefly, one run at a time, published for readers."""

import errno
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb
from filelock import FileLock, Timeout

from crawlblock.durable import put_in_place
from crawlblock.errors import LockedError, StoreError
from crawlblock.store.faults import explained, refused
from crawlblock.store.lingering import LingeringFile
from crawlblock.store.new_database import (
    aside_of,
    holds_anything,
    is_filled,
    make_aside,
    make_folder,
    put_new_in_place,
    remove_aside,
)
from crawlblock.store.renewal import renew
from crawlblock.store.schema import CONFIG, check_copy, is_current
from crawlblock.store.value_types import import_value_types

HAS_SCANS = "FROM facts.scans LIMIT 1"  # a row if a database is a census
# How long, in s, to wait for the file while another process has it open for a query.
_PATIENCE = 5.0
_PATIENCE_OF_A_RUN = 300.0  # which would otherwise end halfway
_FICLONE = 0x40049409  # of linux/fs.h
# DuckDB prints its own progress bar into notebooks; `connect` has no option for that.
_SETTINGS = "SET TimeZone = 'UTC'; SET enable_progress_bar = false"
# By default DuckDB takes 80 % of all memory before it uses the disk.  It is
# as fast with 2 GiB for each of its threads (see benchmarks/README.md).
_TOO_MUCH_MEMORY = """
SELECT 2 * threads FROM (SELECT current_setting('threads') AS threads)
WHERE parse_formatted_bytes(current_setting('memory_limit')) > 2 * threads * 1024 ** 3
"""


class DatabaseFile:
    """A database file; it is made with its tables if it does not exist yet.

    It is made aside and put in place whole, so that neither a full disk nor a run that is stopped
    leaves half of one.  Every method opens the file, does its work in one transaction and closes it
    again; while it is `held`, the file stays open for a moment.  Raises StoreError when the file,
    its disk or its layout cannot be used, LockedError when another process holds it.
    """

    def __init__(self, path: Path, keep_empty: bool = True) -> None:
        """Take the path of the database, and whether an empty one may be left there.

        If not, a new one is made when it is `held`, and appears with its first rows.
        """
        self.path = path
        self._patience = _PATIENCE
        self._lingering: LingeringFile | None = None  # while it is held
        if not holds_anything(path):
            if not keep_empty:
                return
            self._make()
        if not self._is_current():
            with self.held():
                self._renew()

    def _make(self) -> None:
        """Make an empty database, unless another process was faster."""
        with self.held(_PATIENCE):
            if not holds_anything(self.path):
                put_new_in_place(self.path)

    @property
    def _file(self) -> Path:
        """Return the file to open; a database that is still empty is aside."""
        return self.path if holds_anything(self.path) else aside_of(self.path)

    def _is_current(self) -> bool:
        with self.transaction() as con:
            return is_current(con, self.path)

    def _renew(self) -> None:
        if self._is_current():
            return  # another run has done it meanwhile
        self._close_at_once()
        until = time.monotonic() + _PATIENCE
        try:
            while not self._renewed(until):
                time.sleep(0.1)
        except OSError as error:
            raise StoreError(
                f"{self.path}: cannot be brought to today's layout ({error.strerror}); free some "
                "space and run again, the database is as it was"
            ) from None

    def _renewed(self, until: float) -> bool:
        """Renew the file; return False if another process has it open."""
        try:
            renew(self.path)
        except duckdb.Error as error:
            failure = explained(self.path, error)
            if not isinstance(failure, LockedError) or time.monotonic() > until:
                raise failure from None
            return False
        return True

    @contextmanager
    def held(self, patience: float = 0) -> Iterator[None]:
        """Keep every other run off this database until the block ends.

        It waits up to `patience`, in s, for another run.  If there is no database, one
        is made aside; at the end of the block it is removed if it is empty.
        """
        make_folder(self.path)
        lock = FileLock(f"{self.path}.lock", timeout=patience)
        try:
            lock.acquire()
        except Timeout:
            raise LockedError(
                f"{self.path}: another run is at work; wait for it to end, or use another --db"
            ) from None
        except NotImplementedError:  # some network disks cannot
            raise StoreError(
                f"{self.path}.lock: this disk cannot lock files; use a --db on another disk"
            ) from None
        except OSError as error:
            if error.errno == errno.ENOSPC:
                raise refused(self.path, error) from None
            raise StoreError(
                f"{self.path}.lock: {error.strerror}; the folder must be writable"
            ) from None
        self._patience, self._lingering = _PATIENCE_OF_A_RUN, LingeringFile()
        try:
            if not holds_anything(self.path):
                make_aside(self.path)
            yield
        finally:
            self._close_at_once()
            remove_aside(self.path)
            self._patience, self._lingering = _PATIENCE, None
            lock.release()

    @contextmanager
    def transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Open the database for one transaction."""
        with self._open() as con:
            con.execute("BEGIN").fetchall()
            yield con
            con.execute("COMMIT").fetchall()
            ready = not holds_anything(self.path) and is_filled(con)
            if ready:
                con.execute("CHECKPOINT").fetchall()
        if ready:
            self._close_at_once()
            put_new_in_place(self.path)

    @contextmanager
    def reading(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Open the database for queries; anything written here is discarded."""
        with self._open() as con:
            con.execute("BEGIN").fetchall()
            yield con
            con.execute("ROLLBACK").fetchall()

    @contextmanager
    def _open(self) -> Iterator[duckdb.DuckDBPyConnection]:
        file = self._file
        if not file.exists():
            raise StoreError(f"{self.path}: no database is there; name another --db")
        import_value_types()
        if self._lingering:
            self._lingering.let_others()
        until = time.monotonic() + self._patience
        while True:
            try:
                con = duckdb.connect(str(file), config=CONFIG)
                break
            except duckdb.Error as error:
                failure = explained(self.path, error)
                if not isinstance(failure, LockedError) or time.monotonic() > until:
                    raise failure from None
                time.sleep(0.1)
        try:
            _configure(con)
            yield con
            if self._lingering:
                self._lingering.stay(file)
        except duckdb.Error as error:
            raise explained(self.path, error) from None
        finally:
            con.close()

    def _close_at_once(self) -> None:
        if self._lingering:
            self._lingering.end()

    @property
    def published(self) -> Path:
        """The copy for readers, which no run ever locks."""
        return copy_of(self.path)

    def publish(self) -> Path:
        """Copy the database for readers and return the copy; readers of the old one keep it.

        The copy takes no space until the database changes, if the file system allows it.  If not,
        a census is not copied, because it can be very large: readers open the database itself, and
        its path is returned.  Only the holder of the database may call it: it overwrites what a
        killed run left aside.
        """
        aside = self.published.with_name(f"{self.published.name}.part")
        with self._open() as con:
            con.execute("CHECKPOINT").fetchall()
            census = is_census(con)
        self._close_at_once()
        try:
            if not _cloned(self.path, aside):
                if census:
                    aside.unlink(missing_ok=True)
                    self.published.unlink(missing_ok=True)  # it is older now
                    return self.path
                shutil.copyfile(self.path, aside)
            put_in_place(aside, self.published)
        except OSError as error:
            aside.unlink(missing_ok=True)
            raise refused(self.published, error) from None
        return self.published


def _configure(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(_SETTINGS).fetchall()
    for (memory,) in con.execute(_TOO_MUCH_MEMORY).fetchall():
        con.execute(f"SET memory_limit = '{memory} GiB'").fetchall()


def _cloned(source: Path, target: Path) -> bool:
    """Make a copy that shares the blocks of a file, where the file system can (btrfs, XFS)."""
    if sys.platform == "linux":
        with suppress(OSError, ImportError):  # some small builds of Python have no fcntl
            from fcntl import ioctl

            with source.open("rb") as old, target.open("wb") as new:
                ioctl(new.fileno(), _FICLONE, old.fileno())
                return True
    return False


def copy_of(path: Path) -> Path:
    """Return the path of the copy for readers of a database; for a copy, its own path."""
    mark = f".snapshot{path.suffix}"
    return path if path.name.endswith(mark) else path.with_suffix(mark)


def original_of(path: Path) -> Path:
    """Return the path of a database, given that path or the path of its copy for readers."""
    mark = f".snapshot{path.suffix}"
    if not path.name.endswith(mark):
        return path
    return path.with_name(path.name.removesuffix(mark) + path.suffix)


def open_copy(path: Path) -> duckdb.DuckDBPyConnection:
    """Open the copy of a database that its last run published; no run ever waits for it.

    It does not show what a later run publishes.  A census without a copy is opened itself.  Raises
    StoreError if there is nothing that this version can read.
    """
    copy = copy_of(path)
    place = copy if copy.is_file() else path
    lacking = StoreError(
        f"{copy}: not there; every run publishes this copy for readers, so run "
        "`crawlblock analyze` first, or name another database"
    )
    if not place.is_file():
        raise lacking
    import_value_types()
    try:
        con = duckdb.connect(str(place), read_only=True, config=CONFIG)
    except duckdb.Error as error:
        raise explained(place, error) from None
    try:
        _configure(con)
        check_copy(con, place)
        if place != copy and not is_census(con):
            raise lacking
    except BaseException:
        con.close()
        raise
    return con


def is_census(con: duckdb.DuckDBPyConnection) -> bool:
    """Tell whether an open database holds scans, of which it then has no copy on most disks."""
    return bool(con.execute(HAS_SCANS).fetchall())
