"""Writes an export aside and puts it in place whole, so that nobody meets half of one."""

import shutil
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb

from crawlblock.errors import InputError
from crawlblock.export.annotation import write_annotation
from crawlblock.export.citation import citation
from crawlblock.export.dataset import Extent, Request, licences, state
from crawlblock.export.metadata import FORMAT, croissant, datapackage, manifest
from crawlblock.export.readme import card
from crawlblock.export.tables import (
    ExportedTable,
    table_names,
    write_bodies,
    write_results_of,
    write_table,
)
from crawlblock.export.whole_folder import check_target, files_in, write_json, written_aside
from crawlblock.metrics.http_profile import set_http_profile
from crawlblock.metrics.result_files import MANIFEST
from crawlblock.pipeline.run import Progress
from crawlblock.stopping import stoppable
from crawlblock.store.database import open_copy
from crawlblock.store.faults import explained

_SPILL = ".spill"  # where DuckDB sorts what is larger than memory

Describe = Callable[..., dict[str, Any]]


def export(
    db: Path, target: Path, request: Request, progress: Progress, ready: Path | None = None
) -> list[ExportedTable]:
    """Write the copy of a database for readers as files into a new folder, and return its tables.

    The same copy gives the same bytes.  An earlier export in that folder is replaced.  Results are
    copied from the folder `ready` where they are of this copy, and computed where not.  Raises
    InputError if the licence or the URL cannot be used or the folder holds anything else,
    StoreError if the copy cannot be read or the disk refuses.
    """
    if request.licence not in licences():
        raise InputError(f"licence {request.licence!r}: use one of {', '.join(licences())}")
    if request.url and not request.url.startswith(("https://", "http://")):
        raise InputError(f"url {request.url!r}: begin it with https://, also for a DOI")
    target = target.absolute()
    check_target(target, FORMAT, "an export")
    with stoppable(), closing(open_copy(db)) as con, written_aside(target) as aside:
        try:
            set_http_profile(con, request.http_profile)
            (aside / _SPILL).mkdir()
            spill = str(aside / _SPILL).replace("'", "''")
            con.execute(f"SET temp_directory = '{spill}'").fetchall()
            tables = _write_data(con, aside, request, progress, ready)
            held = state(con)
        except duckdb.Error as error:
            raise explained(target, error) from None
        shutil.rmtree(aside / _SPILL)
        _describe(aside, request, held, tables)
    return tables


def _write_data(
    con: duckdb.DuckDBPyConnection, aside: Path, request: Request, progress: Progress,
    ready: Path | None,
) -> list[ExportedTable]:  # fmt: skip
    names = table_names(request.long)
    further = [(request.annotation, write_annotation), (request.bodies, write_bodies)]
    wanted = [write for asked, write in further if asked]
    steps = len(names) + 1 + len(wanted)
    tables = []
    for number, name in enumerate(names):
        progress("tables", number, steps)
        tables.append(write_table(con, name, aside))
    progress("tables", len(names), steps)
    tables += write_results_of(con, aside, request.http_profile, ready)
    for number, write in enumerate(wanted, len(names) + 1):
        progress("tables", number, steps)
        tables.append(write(con, aside))
    progress("tables", steps, steps)
    return tables


def _describe(aside: Path, request: Request, held: Extent, tables: Sequence[ExportedTable]) -> None:
    """Write what people and machines read about the tables; the manifest comes last."""
    written = {file.path: file for file in files_in(aside)}
    (aside / "README.md").write_text(card(request, held, tables, written), "utf-8", newline="\n")
    (aside / "CITATION.cff").write_text(citation(request, held), "utf-8", newline="\n")
    described: tuple[tuple[str, Describe], ...] = (
        ("datapackage.json", datapackage),
        ("croissant.json", croissant),
    )
    for name, describe in described:
        write_json(aside / name, describe(request, held, tables, written))
    written = {file.path: file for file in files_in(aside)}
    write_json(aside / MANIFEST, manifest(request, held, tables, written))
