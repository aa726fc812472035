"""Databases as commands open them: to ask, to change, or to fill."""

from pathlib import Path

from crawlblock.api.published_copy import PublishedCopy
from crawlblock.cli.output import say
from crawlblock.errors import InputError
from crawlblock.store.new_database import holds_anything
from crawlblock.store.store import Store


def existing(db: Path) -> Store:
    """Return a database to write to; raises InputError where there is none."""
    if not holds_anything(db):
        raise InputError(
            f"{db}: no database is there; name another --db, or make one with crawlblock sample, "
            "import or scan merge"
        )
    return Store(db)


def filling(db: Path) -> Store:
    """Return a database to fill; a new one is there once a run has stored something in it."""
    return Store(db, keep_empty=False)


def published(db: Path) -> PublishedCopy:
    """Return a database to ask: the copy that its last run published, if there is one."""
    return PublishedCopy(db, say)
