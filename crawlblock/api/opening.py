"""Opens a database, and makes one where that is asked for."""

from pathlib import Path

from crawlblock import registry
from crawlblock.api.open_database import Database
from crawlblock.api.step_options import AnyPath, Folders
from crawlblock.errors import InputError
from crawlblock.pipeline.run import Progress, Say, silent, unshown
from crawlblock.registry import using
from crawlblock.store.database import copy_of
from crawlblock.store.new_database import holds_anything
from crawlblock.store.store import Store


def open_database(
    path: AnyPath, create: bool, folders: Folders, progress: Progress | None, say: Say | None
) -> Database:
    """Open a database; see `crawlblock.open`."""
    place = Path(path)
    with using(folders.extra):
        registry.extra()  # a folder that cannot be read is reported at once
    if place.is_dir():
        raise InputError(f"{place}: a folder; name the file of the database in it")
    if create and not holds_anything(place):
        store = Store(place)
        with store.held():
            store.publish()  # so that questions have a copy to read
    elif not place.exists() and not copy_of(place).exists():
        raise InputError(
            f"{place}: no database is there; name another file, or make one with "
            "crawlblock.open(path, create=True)"
        )
    return Database(place, folders, progress or unshown, say or silent)
