"""A folder to deploy: page, result files, export, Atom feed, and one JSON file per site."""

import shutil
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import duckdb

from crawlblock.errors import InputError
from crawlblock.evidence.lookup import Instant
from crawlblock.evidence.transitions import changes
from crawlblock.export.dataset import Request
from crawlblock.export.site_files import write_site_files
from crawlblock.export.whole_folder import check_target, files_in, write_json, written_aside
from crawlblock.export.write import export
from crawlblock.metrics.result_files import MANIFEST, read_manifest
from crawlblock.pipeline.run import Progress
from crawlblock.report import feed
from crawlblock.report.assemble import write_report
from crawlblock.stopping import stoppable

FORMAT = "crawlblock publication 1"
EXPORT, FEED, SITES = "export", "changes.xml", "sites"
_RECENT = timedelta(days=92)  # of the feed, up to the newest change
_BEGINNING = datetime(1990, 1, 1)
_RESULTS = (".csv", ".parquet")


def publish(
    con: duckdb.DuckDBPyConnection, db: Path, results: Path, target: Path, request: Request,
    progress: Progress,
) -> int:  # fmt: skip
    """Write a folder to deploy, whole or not at all, and return the number of sites.

    The same copy of a database and results give the same bytes.  An earlier publication there is
    replaced.  `con` reads that copy; HTTP statuses are read as in the results.  Raises InputError
    if the folder holds anything else or the results are not of the database, StoreError if the
    disk refuses.
    """
    target = target.absolute()
    check_target(target, FORMAT, "a publication")
    if target == results.absolute():
        raise InputError(f"{target}: this is the folder of the results; name another one")
    with stoppable(), written_aside(target) as aside:
        for path in sorted(results.iterdir()):
            if path.suffix in _RESULTS:
                shutil.copyfile(path, aside / path.name)
        write_report(con, db, results, aside)  # the page links to the files that are there
        found = changes(con, Instant(None, _BEGINNING, _BEGINNING))
        newest = max((change.before for change in found), default=_BEGINNING)
        recent = [change for change in found if change.before >= newest - _RECENT]
        text = feed.atom(recent, [], newest)
        (aside / FEED).write_text(f"{text}\n", "utf-8", newline="\n")
        sites = write_site_files(con, found, aside / SITES)
        profile = str(read_manifest(results)["http_profile"])
        export(db, aside / EXPORT, replace(request, http_profile=profile), progress, results)
        files = {f.path: {"bytes": f.bytes, "sha256": f.sha256} for f in files_in(aside)}
        write_json(aside / MANIFEST, {"format": FORMAT, "files": files})
    return sites
