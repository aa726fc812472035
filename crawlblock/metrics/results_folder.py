"""Where the results of a database are, and whether a folder holds those of another one."""

from collections.abc import Mapping
from pathlib import Path

from crawlblock.errors import InputError
from crawlblock.metrics.result_files import read_manifest, read_owner, write_owner
from crawlblock.store.database import original_of

DATABASE = "database"  # in the manifest: the first run of the database that the results are of
_GROWING = ("fetches", "asked", "payloads")  # in the manifest: counts of what is never removed
_BEFORE = "results"  # where all databases of a folder had their results before


def results_of(db: Path) -> Path:
    """Return the folder of a database's results: data/x.duckdb has them in data/x-results."""
    return original_of(db).with_name(f"{original_of(db).stem}-results")


def census_results_of(db: Path) -> Path:
    """Return the folder of a database's results about whole crawls."""
    return results_of(db) / "census"


def take_results(results: Path, db: Path, today: Mapping[str, object]) -> None:
    """Take a folder for the results of the database that `today` tells of, before one is written.

    It stays that database's where the run is killed.  Raises InputError if it holds the results of
    another one, StoreError when the disk refuses.
    """
    if results.exists() and not results.is_dir():
        raise InputError(f"{results}: a file; name a folder for the results with --results")
    there = read_owner(results)
    if there and not _same_database(there, today):
        raise InputError(
            f"{results}: holds the results of another database than {db}; name another folder "
            "with --results, or remove this one if nobody needs it"
        )
    if not there:
        write_owner(results, today)


def _same_database(there: Mapping[str, object], today: Mapping[str, object]) -> bool:
    """Tell whether results can be of a database.

    Those of an earlier version do not name theirs, nor do those of a database without a run: they
    are of another one if that held more.
    """
    if there.get(DATABASE) and today.get(DATABASE):
        return there[DATABASE] == today[DATABASE]
    return all(_count(there.get(name)) <= _count(today[name]) for name in _GROWING)


def _count(value: object) -> int:
    return value if isinstance(value, int) else 0


def moved(results: Path, db: Path) -> str | None:
    """Say where results are now, if those of an earlier version lie where they were before."""
    before = original_of(db).parent / _BEFORE
    if results != results_of(db) or read_manifest(results) or not read_manifest(before):
        return None
    return (
        f"results are in {results} from now on; {before} holds those of an earlier version and "
        "is not written any more"
    )
