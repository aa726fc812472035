"""Databases that a command reads and never creates."""

from pathlib import Path

from crawlblock.errors import InputError
from crawlblock.store.store import Store


def existing(db: Path) -> Store:
    """Return the store of a database; raises InputError where there is none."""
    if not db.exists():
        raise InputError(f"{db}: no database there; name one with --db, or run crawlblock sample")
    return Store(db)
