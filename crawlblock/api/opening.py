"""Opens a database, and makes one where that is asked for."""

from pathlib import Path

from crawlblock.api.open_database import Database
from crawlblock.api.step_options import AnyPath
from crawlblock.errors import InputError
from crawlblock.metrics.results_folder import results_of
from crawlblock.pipeline.run import Progress, Say, silent, unshown
from crawlblock.store.database import copy_of
from crawlblock.store.new_database import holds_anything
from crawlblock.store.store import Store


def open_database(
    path: AnyPath, create: bool, results: AnyPath | None, progress: Progress | None, say: Say | None
) -> Database:
    """Open a database; see `crawlblock.open`."""
    place = Path(path)
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
    folder = results_of(place) if results is None else Path(results)
    return Database(place, folder, progress or unshown, say or silent)
