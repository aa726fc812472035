"""Shards into the database, some at a time; what is merged is not merged again."""

import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import duckdb
import polars as pl

from crawlblock.captures.selection import Period
from crawlblock.errors import InputError
from crawlblock.scan.shards import Found, by_crawl, check_plan, period, sampled
from crawlblock.store.database import DatabaseFile
from crawlblock.store.insert import add_rows
from crawlblock.store.relations import hold, registered

_BATCH = 1_000_000  # captures stored in one transaction, or one shard's; it reads all stored names
_SHARDS = 100  # likewise, for each is open while they are read
_PAGE = 5_000  # texts compressed at a time
# Where payloads are kept whole, they are the texts that are judged.
_NEW_TEXTS = """
SELECT text AS name, any_value(rules) AS blob, false AS whole
FROM batch ANTI JOIN facts.texts t ON t.name = text
WHERE rules IS NOT NULL AND body IS NULL GROUP BY text
"""
_NEW_BODIES = """
SELECT digest AS name, any_value(body) AS blob, true AS whole
FROM batch ANTI JOIN facts.texts t ON t.name = digest WHERE body IS NOT NULL GROUP BY digest
"""

_NEW_SNAPSHOT = """
INSERT INTO facts.snapshots
SELECT (SELECT coalesce(max(id), 0) + 1 FROM facts.snapshots), ?, 'crawl', ?, ?
"""
_OWNERS = """
SELECT w.warc_file, f.shard FROM facts.scanned_files f
JOIN facts.snapshots s ON s.id = f.snapshot
JOIN facts.warc_files w ON w.id = f.warc_file
WHERE s.snapshot = ?
"""
_MERGED = """
SELECT snapshot, files, planned, of, faults FROM scans WHERE files > 0 ORDER BY snapshot
"""
_SHARDS_HELD = """
SELECT d.shard, d.captures, d.bytes, d.faults FROM facts.scanned_shards d
JOIN facts.snapshots s ON s.id = d.snapshot WHERE s.snapshot = ?
"""

Progress = Callable[[str, int, int], None]  # what, done, of how many


@dataclass(frozen=True, slots=True)
class Merged:
    """What a merge has done with a crawl's shards."""

    crawl: str
    files: int  # merged by now
    planned: int
    of: int  # files of the crawl
    new: int  # shards
    faults: int  # places in all merged shards that could not be read


def load(database: DatabaseFile, shards: Sequence[Found], progress: Progress) -> list[Merged]:
    """Store what is not stored yet of some shards; return what is merged of each crawl.

    Each batch is one transaction: what is stored when a run is killed is whole.
    """
    new: list[Found] = []
    again: list[Found] = []  # stored, and read again since
    dated: set[str] = set()  # crawls whose plans say when they were made
    with database.transaction() as con:
        _refuse_others(con, database.path)
        for crawl, group in by_crawl(shards):
            made = period(group[0])
            stored = _stored(con, database.path, group, made)
            new += [each for each in group if each.shard.shard not in stored]
            again += [each for each in group if _is_other(each, stored)]
            dated.update([crawl] if made else [])
    done = 0
    for shards_of_a_kind, compare in ((new, False), (again, True)):
        for batch in _batches(shards_of_a_kind):
            with database.transaction() as con:
                _store(con, batch, dated, compare)
            done += len(batch)
            progress("shards", done, len(new) + len(again))
    with database.transaction() as con:
        return _merged(con, [*new, *again])


def _is_other(found: Found, stored: Mapping[str, tuple[int, ...]]) -> bool:
    """Tell whether a shard that is stored was read again since, for a file that was cut."""
    held = stored.get(found.shard.shard)
    return held is not None and held != (found.captures, found.bytes, found.faults)


def _merged(con: duckdb.DuckDBPyConnection, new: Sequence[Found]) -> list[Merged]:
    shards = Counter(each.shard.crawl for each in new)
    return [
        Merged(crawl=crawl, files=merged, planned=planned, of=of, new=shards[crawl], faults=faults)
        for crawl, merged, planned, of, faults in con.execute(_MERGED).fetchall()
    ]


def _refuse_others(con: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Raise InputError if a database holds anything but scans."""
    foreign = con.execute(
        "SELECT snapshot FROM snapshots ANTI JOIN scans USING (snapshot) "
        "UNION ALL SELECT panel FROM panels LIMIT 1"
    ).fetchall()
    if foreign:
        raise InputError(
            f"{path}: holds {foreign[0][0]}, which is not of a scan; a census has a database of "
            "its own, name another --db"
        )


def _stored(
    con: duckdb.DuckDBPyConnection, path: Path, shards: Sequence[Found], made: Period | None
) -> dict[str, tuple[int, ...]]:
    """Return captures, bytes and faults of a crawl's stored shards; a new crawl's plan is noted.

    Raises InputError where they do not go with what is stored.  They are of one plan.
    """
    first = shards[0]
    crawl = first.shard.crawl
    known = con.execute(
        "SELECT seed, share, planned, of FROM scans WHERE snapshot = ?", [crawl]
    ).fetchall()
    if known:
        check_plan(first, str(path), *known[0])
    else:
        con.execute(_NEW_SNAPSHOT, [crawl, *(made or (None, None))]).fetchall()
        con.execute(
            "INSERT INTO facts.scans SELECT id, ?, ?, ?, ? FROM facts.snapshots WHERE snapshot = ?",
            [*sampled(first), crawl],
        ).fetchall()
    owners = dict(con.execute(_OWNERS, [crawl]).fetchall())
    rows = con.execute(_SHARDS_HELD, [crawl]).fetchall()
    stored = {shard: tuple(held) for shard, *held in rows}
    for each in shards:
        name = each.shard.shard
        expected = name if name in stored else None
        for file in each.shard.files:
            if (owner := owners.get(file)) != expected:
                raise InputError(
                    f"{each.path}: {path} has shards of another plan of this crawl "
                    f"({owner or name}); merge it into another --db"
                )
    return stored


def _batches(shards: Sequence[Found]) -> Iterator[list[Found]]:
    """Yield some shards at a time, so that memory stays flat."""
    batch: list[Found] = []
    held = 0
    for each in shards:
        if batch and (held + each.captures > _BATCH or len(batch) == _SHARDS):
            yield batch
            batch, held = [], 0
        batch.append(each)
        held += each.captures
    if batch:
        yield batch


def _store(
    con: duckdb.DuckDBPyConnection, batch: Sequence[Found], dated: set[str], compare: bool
) -> None:
    """Store a batch of shards in the transaction that is open.

    `compare`: some of what they hold is stored already.
    """
    _read(con, batch)
    hold(con, "new_shards", _shards_frame(batch, dated))
    hold(con, "new_files", _files_frame(batch))
    keeps = ("body",) in con.execute("SELECT column_name FROM (DESCRIBE batch)").fetchall()
    if not keeps:
        con.execute("ALTER TABLE batch ADD COLUMN body BLOB").fetchall()
    con.execute("CREATE TEMP TABLE new_texts (name VARCHAR, body BLOB, whole BOOLEAN)").fetchall()
    for blobs in (_NEW_TEXTS, _NEW_BODIES):
        _compress(con, blobs)
    con.execute((files(__package__) / "load.sql").read_text("utf-8")).fetchall()
    _check_whole(con, batch)
    add_rows(con, compare=compare)
    con.execute((files(__package__) / "loaded.sql").read_text("utf-8")).fetchall()


def _shards_frame(batch: Sequence[Found], dated: set[str]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "snapshot": [each.shard.crawl for each in batch],
            "shard": [each.shard.shard for each in batch],
            "captures": [each.captures for each in batch],
            "bytes": [each.bytes for each in batch],
            "faults": [each.faults for each in batch],
            "dated": [each.shard.crawl in dated for each in batch],
        }
    )


def _files_frame(batch: Sequence[Found]) -> pl.DataFrame:
    rows = [
        (each.shard.crawl, each.shard.shard, file) for each in batch for file in each.shard.files
    ]
    return pl.DataFrame(rows, schema=["snapshot", "shard", "warc_file"], orient="row")


def _read(con: duckdb.DuckDBPyConnection, batch: Sequence[Found]) -> None:
    """Read the shards into the temporary table batch; raises InputError if one is not whole."""
    paths = [str(each.path) for each in batch]
    try:
        con.execute(
            "CREATE OR REPLACE TEMP TABLE batch AS FROM read_parquet(?, union_by_name = true)",
            [paths],
        ).fetchall()
    except duckdb.Error as error:
        where = next((path for path in paths if path in str(error)), ", ".join(paths))
        raise InputError(
            f"{where}: cannot be read ({str(error).splitlines()[0]}); remove it and run "
            "crawlblock scan run again, then merge again: what is stored stays"
        ) from None


def _check_whole(con: duckdb.DuckDBPyConnection, batch: Sequence[Found]) -> None:
    """Raise InputError if rows or texts are missing from the shards that were read."""
    for crawl, stated, rows in con.execute(
        "SELECT n.snapshot, sum(n.captures), any_value(coalesce(b.rows, 0)) FROM new_shards n "
        "LEFT JOIN (SELECT snapshot, count(*) AS rows FROM batch "
        "SEMI JOIN new_files USING (snapshot, warc_file) GROUP BY snapshot) b USING (snapshot) "
        "GROUP BY n.snapshot"
    ).fetchall():
        if stated != rows:
            names = ", ".join(each.path.name for each in batch)
            raise InputError(
                f"{batch[0].path.parent}: of {crawl} {names} should hold {stated} captures of "
                f"their files and hold {rows}; remove them and run crawlblock scan run again"
            )
    lost = con.execute(
        "SELECT p.text FROM new_payloads p ANTI JOIN facts.texts t ON t.name = p.text "
        "ANTI JOIN new_texts n ON n.name = p.text LIMIT 1"
    ).fetchall()
    if lost:
        names = ", ".join(each.path.name for each in batch)
        raise InputError(
            f"{batch[0].path.parent}: {names} name the text {lost[0][0]} and do not hold it; "
            "remove them and run crawlblock scan run again"
        )


def _compress(con: duckdb.DuckDBPyConnection, blobs: str) -> None:
    """Compress the blobs that a query gives into new_texts, some at a time."""
    made = "CREATE OR REPLACE TEMP TABLE blobs AS SELECT row_number() OVER () AS number, *"
    con.execute(f"{made} FROM ({blobs})").fetchall()
    ((held,),) = con.execute("SELECT count(*) FROM blobs").fetchall()
    for start in range(0, held, _PAGE):
        rows = con.execute(
            "SELECT name, blob, whole FROM blobs WHERE number > ? AND number <= ?",
            [start, start + _PAGE],
        ).fetchall()
        page = pl.DataFrame(
            [(name, zlib.compress(blob, 6), whole) for name, blob, whole in rows],
            schema={"name": pl.String, "body": pl.Binary, "whole": pl.Boolean},
            orient="row",
        )
        with registered(con, page=page):
            con.execute("INSERT INTO new_texts BY NAME FROM page").fetchall()
    con.execute("DROP TABLE temp.blobs").fetchall()
