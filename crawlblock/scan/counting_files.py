"""In which one file of a crawl each host is counted, read from the crawl's index.

A crawl may ask a host several times and write the answers into several files.  A share of the
files has such hosts too often.  So a host is counted in one of its files only.  Then every host is
as likely to be counted as any other.  One file for each crawl of a plan keeps what was read.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from importlib.resources import files
from pathlib import Path

import duckdb

from crawlblock.durable import put_in_place
from crawlblock.errors import ArchiveError, InputError, StoreError
from crawlblock.scan.plan import Plan, TakenFiles
from crawlblock.scan.shards import Found, by_crawl, sampled
from crawlblock.sources.commoncrawl.columnar import fetch_parts, part_path, scan_part
from crawlblock.sources.commoncrawl.mirror import Mirror
from crawlblock.sources.parquet_pages import check_pages
from crawlblock.store.database import DatabaseFile

_NEEDED = (
    "url_host_name", "url_host_registered_domain", "url_port", "url_path", "url_query",
    "warc_filename",
)  # fmt: skip
_MEMORY = "2GB"  # more than that waits on the disk
_CAPTURES = """
CREATE TEMP VIEW captures AS
SELECT url_host_name || coalesce(':' || url_port, '') AS host,
       url_host_registered_domain AS domain, warc_filename AS file
FROM read_parquet({parts}, union_by_name = true)
WHERE url_path = '/robots.txt' AND url_query IS NULL AND url_host_name IS NOT NULL
    AND warc_filename IS NOT NULL
"""
_WRITE = "COPY counting TO '{path}' (FORMAT parquet, KV_METADATA {{plan: '{plan}'}})"
_PLAN_OF = "SELECT decode(value) FROM parquet_kv_metadata(?) WHERE decode(key) = 'plan'"
_HELD = """
SELECT 1 FROM facts.counting_files k JOIN facts.snapshots s ON s.id = k.snapshot
WHERE s.snapshot = ? LIMIT 1
"""
_STORE = """
INSERT INTO facts.counting_files
SELECT (SELECT id FROM facts.snapshots WHERE snapshot = ?), host, warc_file, representative,
       siblings
FROM read_parquet(?)
"""
_AGAIN = """
UPDATE conclusions.selected SET census = NULL
WHERE snapshot = (SELECT id FROM facts.snapshots WHERE snapshot = ?)
"""


def counting_path(directory: Path, crawl: str) -> Path:
    """Return where it is kept in which files the hosts of a crawl are counted."""
    return directory / "counting" / f"{crawl}.parquet"


def uncounted(plan: Plan, directory: Path) -> list[TakenFiles]:
    """Return the crawls of which a share is read and whose index was not read yet."""
    return [
        taken
        for taken in plan.crawls
        if taken.files < taken.of and not counting_path(directory, taken.crawl).exists()
    ]


async def read_counting_files(
    mirror: Mirror, plan: Plan, taken: TakenFiles, directory: Path
) -> int:
    """Read a crawl's index and keep which hosts are counted in the planned files; return how many.

    The parts of a distant index wait in the directory until all are there.  Raises ArchiveError if
    the index cannot be read, StoreError if the disk refuses.
    """
    cache = directory / "index"
    parts = await fetch_parts(mirror, taken.crawl, cache)
    for part in parts:
        scan_part(part, _NEEDED)
    path = counting_path(directory, taken.crawl)
    hosts = _write(parts, plan, taken, path)
    for part in parts:
        if part == part_path(taken.crawl, part.name, cache):
            part.unlink()
    return hosts


def _write(parts: Sequence[Path], plan: Plan, taken: TakenFiles, path: Path) -> int:
    planned = [key for shard in plan.shards if shard.crawl == taken.crawl for key in shard.files]
    aside = path.with_suffix(".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _engine(path.parent) as con:
            listed = "[" + ", ".join(f"'{_quoted(part)}'" for part in parts) + "]"
            con.execute(_CAPTURES.format(parts=listed)).fetchall()
            con.execute(
                "CREATE TEMP TABLE planned_files AS SELECT unnest(?) AS file", [planned]
            ).fetchall()
            for script in ("representatives.sql", "counting_files.sql"):
                con.execute((files(__package__) / script).read_text("utf-8")).fetchall()
            stamp = _stamp(plan.seed, plan.share, taken.files, taken.of)
            con.execute(_WRITE.format(path=_quoted(aside), plan=stamp)).fetchall()
            ((hosts,),) = con.execute("SELECT count(*) FROM counting").fetchall()
        put_in_place(aside, path)
    except duckdb.IOException as error:
        raise StoreError(
            f"{path}: {str(error).splitlines()[0]}; free some space and run again"
        ) from None
    except duckdb.Error as error:
        raise ArchiveError(
            f"{parts[0].parent}: the index of {taken.crawl} cannot be read "
            f"({str(error).splitlines()[0][:150]}); remove the folder and run again"
        ) from None
    except OSError as error:
        raise StoreError(
            f"{path.parent} cannot be written ({error.strerror or error}); free some space "
            "and run again"
        ) from None
    return int(hosts)


@contextmanager
def _engine(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with closing(duckdb.connect()) as con:
        con.execute(f"SET memory_limit = '{_MEMORY}'").fetchall()
        con.execute(f"SET temp_directory = '{_quoted(folder / 'waiting')}'").fetchall()
        yield con


def store_counting_files(database: DatabaseFile, shards: Sequence[Found]) -> list[str]:
    """Store in which files hosts are counted, where it was read; return the crawls that lack it.

    Raises InputError for a file that is no such file or is of another plan.
    """
    lacking = []
    for crawl, group in by_crawl(shards):
        first = group[0]
        if first.taken.files == first.taken.of:
            continue
        with database.transaction() as con:
            if con.execute(_HELD, [crawl]).fetchone():
                continue
            paths = {counting_path(each.path.parent.parent, crawl) for each in group}
            path = next((path for path in sorted(paths) if path.exists()), None)
            if path is None:
                lacking.append(crawl)
                continue
            _check(con, path, _stamp(*sampled(first)))
            con.execute(_STORE, [crawl, str(path)]).fetchall()
            con.execute(_AGAIN, [crawl]).fetchall()
    return lacking


def _check(con: duckdb.DuckDBPyConnection, path: Path, stamp: str) -> None:
    """Raise InputError unless a file says that it was made for a plan."""
    try:
        check_pages(path)
        found = con.execute(_PLAN_OF, [str(path)]).fetchall()
    except (duckdb.Error, ValueError, OSError) as error:
        raise InputError(
            f"{path} cannot be read ({str(error).splitlines()[0][:150]}); remove it and run "
            "crawlblock scan index again"
        ) from None
    if found != [(stamp,)]:
        raise InputError(
            f"{path}: made for another plan; remove it and run crawlblock scan index again"
        )


def _stamp(seed: str, share: float, planned: int, of: int) -> str:
    """Return the mark of a plan; the seed is in hexadecimal digits, which SQL can hold."""
    return f"{seed.encode().hex()} {share!r} {planned} {of}"


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
