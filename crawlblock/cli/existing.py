"""Databases that a command reads and never creates."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from crawlblock.errors import InputError
from crawlblock.metrics.queries import set_http_profile
from crawlblock.store.store import Store


def existing(db: Path) -> Store:
    """Return the store of a database; raises InputError where there is none."""
    if not db.exists():
        raise InputError(f"{db}: no database there; name one with --db, or run crawlblock sample")
    return Store(db)


@contextmanager
def reading_copy(db: Path, http_profile: str = "rfc9309") -> Iterator[duckdb.DuckDBPyConnection]:
    """Open an existing database whose views read HTTP statuses in one way."""
    with existing(db).reading() as con:
        set_http_profile(con, http_profile)
        yield con
