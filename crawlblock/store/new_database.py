"""Makes a new database aside, and puts it in place once it has something to store."""

from contextlib import closing, suppress
from functools import cache
from pathlib import Path

import duckdb

from crawlblock.durable import put_in_place
from crawlblock.errors import StoreError
from crawlblock.store.faults import explained, refused
from crawlblock.store.schema import CONFIG, is_current

_HEADERS = 3 * 4096  # bytes at the beginning of a database, before any stored data
_MARK = slice(8, 12)  # where these bytes say DUCK
_FILLED = ("panel", "weights", "facts.fetches", "facts.asked", "facts.scanned_shards")  # any row


def holds_anything(path: Path) -> bool:
    """Tell whether there is a database, or another file that must not be replaced.

    The first bytes alone, left when the disk was full, do not count as a database.
    """
    if not path.is_file():
        return path.exists()
    size = path.stat().st_size
    with path.open("rb") as file:
        begins = file.read(_MARK.stop)[_MARK]
    return size >= _HEADERS or (size > 0 and begins != b"DUCK")


def aside_of(path: Path) -> Path:
    """Return where a database is until it is put in place."""
    return path.with_name(f"{path.name}.new")


def make_folder(path: Path) -> None:
    """Make the folder of a database; raises StoreError if it cannot be made."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"{path}: cannot make the folder ({error.strerror}); use another --db"
        ) from None


def make_aside(path: Path) -> None:
    """Make an empty database aside; raises StoreError if the disk cannot be written.

    Only the holder of the database may call it: it removes what a killed run left aside.
    """
    remove_aside(path)
    aside = aside_of(path)
    try:
        if _made():
            aside.write_bytes(*_made())
            return
        with closing(duckdb.connect(str(aside), config=CONFIG)) as con:
            con.begin()
            is_current(con, path)
            con.commit().execute("CHECKPOINT").fetchall()
        _made().append(aside.read_bytes())
    except duckdb.Error as error:
        raise explained(path, error) from None
    except OSError as error:
        raise refused(path, error) from None


@cache
def _made() -> list[bytes]:
    """Return the empty database that this process made, if any; others are copied from it.

    Making one takes a quarter of a second.
    """
    return []


def remove_aside(path: Path) -> None:
    """Remove a database that was not put in place, and its log."""
    aside = aside_of(path)
    with suppress(OSError):
        for each in (aside, aside.with_name(f"{aside.name}.wal")):
            each.unlink(missing_ok=True)


def put_new_in_place(path: Path) -> None:
    """Put a closed database in place; raises StoreError if the disk cannot be written."""
    try:
        put_in_place(aside_of(path), path)
    except OSError as error:
        raise refused(path, error) from None


def is_filled(con: duckdb.DuckDBPyConnection) -> bool:
    """Tell whether an open database holds anything that was collected."""
    rows = " UNION ALL ".join(f"(SELECT 1 FROM {table} LIMIT 1)" for table in _FILLED)  # noqa: S608
    return bool(con.execute(rows).fetchall())
