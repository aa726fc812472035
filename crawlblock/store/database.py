"""The database file: opened briefly, one run at a time, published for readers."""

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

import duckdb
from filelock import FileLock, Timeout

from crawlblock.errors import CrawlblockError, LockedError, StoreError

SCHEMA_VERSION = 1
_PATIENCE = 5.0  # s; another process may have the file open for the length of a question
_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "storage_compatibility_version": "v1.2.0",  # so that DuckDB 1.2 and later can read the file
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}


class Database:
    """A database file; made with its tables when it is not there yet.

    Every method opens the file, does its work in one transaction and closes it again.  Raises
    StoreError when the file, its disk or its layout cannot be used, LockedError when another
    process holds it.
    """

    def __init__(self, path: Path) -> None:
        """Take the path of the database."""
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"{path}: cannot make the folder ({error.strerror}); use another --db"
            ) from None
        with self.transaction() as con:
            _ensure_tables(con, path)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep every other run off this database until the block ends."""
        lock = FileLock(f"{self.path}.lock", timeout=0)
        try:
            lock.acquire()
        except Timeout:
            raise LockedError(
                f"{self.path}: another run is at work; wait for it to end, or use another --db"
            ) from None
        except OSError as error:
            raise StoreError(
                f"{self.path}.lock: {error.strerror}; the folder must be writable"
            ) from None
        try:
            yield
        finally:
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
        until = time.monotonic() + _PATIENCE
        while True:
            try:
                con = duckdb.connect(str(self.path), config=_CONFIG)
                break
            except duckdb.Error as error:
                explained = _explained(self.path, error)
                if not isinstance(explained, LockedError) or time.monotonic() > until:
                    raise explained from None
                time.sleep(0.1)
        try:
            con.execute("SET TimeZone = 'UTC'").fetchall()
            yield con
        except duckdb.Error as error:
            raise _explained(self.path, error) from None
        finally:
            con.close()

    @property
    def published(self) -> Path:
        """The copy for readers, which no run ever holds."""
        return self.path.with_suffix(f".snapshot{self.path.suffix}")

    def publish(self) -> Path:
        """Copy the database for readers; who has the old copy open keeps it."""
        aside = self.published.with_name(f"{self.published.name}.{os.getpid()}")
        with self._open() as con:
            con.execute("CHECKPOINT").fetchall()
        try:
            shutil.copyfile(self.path, aside)
            aside.replace(self.published)
        except OSError as error:
            aside.unlink(missing_ok=True)
            raise StoreError(
                f"{self.published}: {error.strerror}; free some space and run again"
            ) from None
        return self.published


def schema() -> str:
    """Return the SQL that makes an empty database."""
    folder = files(__package__)
    return "\n".join(
        (folder / f"{name}.sql").read_text("utf-8") for name in ("schema", "questions")
    )


def _ensure_tables(con: duckdb.DuckDBPyConnection, path: Path) -> None:
    tables = {name for (name,) in con.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
    if not tables:
        con.execute(schema()).fetchall()
        return
    if "schema_version" not in tables:
        raise StoreError(f"{path}: this is another program's database; use another --db")
    ((version,),) = con.execute("SELECT max(version) FROM schema_version").fetchall()
    if version != SCHEMA_VERSION:
        raise StoreError(
            f"{path}: made by {'a newer' if version > SCHEMA_VERSION else 'an older'} crawlblock "
            f"(layout {version}, this one knows {SCHEMA_VERSION}); use that one, or another --db"
        )


def _explained(path: Path, error: duckdb.Error) -> CrawlblockError:
    """Say in one line what DuckDB's message means for the reader."""
    text = str(error).strip().split("\n")[0]
    if "Could not set lock" in str(error) or "Conflicting lock" in str(error):
        return LockedError(
            f"{path}: another process has it open; close it, or read its copy *.snapshot.duckdb"
        )
    if "No space left" in str(error) or "not enough space" in str(error).lower():
        return StoreError(
            f"{path}: the disk is full; free some space and run again, nothing is lost"
        )
    if "not a valid DuckDB database" in text or "version number" in text:
        return StoreError(f"{path}: not a database this DuckDB can read ({text}); use another --db")
    return StoreError(f"{path}: {text}")
