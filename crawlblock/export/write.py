"""Writes an export aside and puts it in place whole, so that nobody meets half of one."""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import duckdb

from crawlblock.durable import put_folder_in_place
from crawlblock.errors import InputError, StoreError
from crawlblock.export.annotation import write_annotation
from crawlblock.export.citation import citation
from crawlblock.export.dataset import Extent, Request, licences, state
from crawlblock.export.metadata import FORMAT, File, croissant, datapackage, manifest
from crawlblock.export.readme import card
from crawlblock.export.tables import (
    ExportedTable,
    table_names,
    write_bodies,
    write_results_of,
    write_table,
)
from crawlblock.metrics.queries import set_http_profile
from crawlblock.metrics.result_files import MANIFEST
from crawlblock.pipeline.run import Progress
from crawlblock.stopping import stoppable
from crawlblock.store.database import open_copy
from crawlblock.store.faults import explained

_SPILL = ".spill"  # where DuckDB sorts what is larger than memory

Describe = Callable[..., dict[str, Any]]


def export(db: Path, target: Path, request: Request, progress: Progress) -> list[ExportedTable]:
    """Write the copy of a database for readers as files into a new folder, and return its tables.

    The same copy gives the same bytes.  An earlier export in that folder is replaced.  Raises
    InputError if the licence or the URL cannot be used or the folder holds anything else,
    StoreError if the copy cannot be read or the disk refuses.
    """
    if request.licence not in licences():
        raise InputError(f"licence {request.licence!r}: use one of {', '.join(licences())}")
    if request.url and not request.url.startswith(("https://", "http://")):
        raise InputError(f"url {request.url!r}: begin it with https://, also for a DOI")
    target = target.absolute()
    check_target(target)
    with stoppable(), closing(open_copy(db)) as con, _aside(target) as aside:
        try:
            set_http_profile(con, request.http_profile)
            (aside / _SPILL).mkdir()
            spill = str(aside / _SPILL).replace("'", "''")
            con.execute(f"SET temp_directory = '{spill}'").fetchall()
            tables = _write_data(con, aside, request, progress)
            held = state(con)
        except duckdb.Error as error:
            raise explained(target, error) from None
        shutil.rmtree(aside / _SPILL)
        _describe(aside, request, held, tables)
    return tables


def check_target(target: Path) -> None:
    """Raise InputError unless a folder is new, empty or nothing but an earlier export."""
    if not target.exists():
        return
    if not target.is_dir():
        raise InputError(f"{target}: this is a file; name a folder")
    found = {p.relative_to(target).as_posix() for p in target.rglob("*") if not p.is_dir()}
    others = found - _own(target)
    if others:
        raise InputError(
            f"{target}: holds {min(others)}, which is no part of an export; name a new folder"
        )


def _own(target: Path) -> set[str]:
    """Return the files that an earlier export says are its own."""
    try:
        known = json.loads((target / MANIFEST).read_text("utf-8"))
        if known["format"] != FORMAT:
            return set()
        return {MANIFEST, *known["files"]}
    except (OSError, ValueError, KeyError, TypeError):
        return set()


@contextmanager
def _aside(target: Path) -> Iterator[Path]:
    """Give a folder to write into that takes the target's place if the block ends well."""
    aside = target.with_name(f".{target.name}.{os.getpid()}.part")
    before = target.with_name(f".{target.name}.{os.getpid()}.before")
    try:
        aside.mkdir(parents=True)
        yield aside
        if target.exists():
            target.rename(before)
        put_folder_in_place(aside, target)
        shutil.rmtree(before, ignore_errors=True)
    except StoreError as error:  # it names a file that is gone with the folder
        raise StoreError(str(error).replace(str(aside), str(target))) from None
    except OSError as error:
        raise StoreError(
            f"{target}: {error.strerror}; free some space or use another folder, then run again"
        ) from None
    finally:
        if before.exists() and not target.exists():
            before.rename(target)
        shutil.rmtree(aside, ignore_errors=True)


def _write_data(
    con: duckdb.DuckDBPyConnection, aside: Path, request: Request, progress: Progress
) -> list[ExportedTable]:
    names = table_names(request.long)
    further = [(request.annotation, write_annotation), (request.bodies, write_bodies)]
    wanted = [write for asked, write in further if asked]
    steps = len(names) + 1 + len(wanted)
    tables = []
    for number, name in enumerate(names):
        progress("tables", number, steps)
        tables.append(write_table(con, name, aside))
    progress("tables", len(names), steps)
    tables += write_results_of(con, aside, request.http_profile)
    for number, write in enumerate(wanted, len(names) + 1):
        progress("tables", number, steps)
        tables.append(write(con, aside))
    progress("tables", steps, steps)
    return tables


def _describe(aside: Path, request: Request, held: Extent, tables: Sequence[ExportedTable]) -> None:
    """Write what people and machines read about the tables; the manifest comes last."""
    written = {file.path: file for file in _files(aside)}
    (aside / "README.md").write_text(card(request, held, tables, written), "utf-8", newline="\n")
    (aside / "CITATION.cff").write_text(citation(request, held), "utf-8", newline="\n")
    described: tuple[tuple[str, Describe], ...] = (
        ("datapackage.json", datapackage),
        ("croissant.json", croissant),
    )
    for name, describe in described:
        _write_json(aside / name, describe(request, held, tables, written))
    written = {file.path: file for file in _files(aside)}
    _write_json(aside / MANIFEST, manifest(request, held, tables, written))


def _write_json(path: Path, content: dict[str, Any]) -> None:
    text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
    path.write_text(text, "utf-8", newline="\n")


def _files(folder: Path) -> Iterator[File]:
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        yield File(path.relative_to(folder).as_posix(), path.stat().st_size, digest)
