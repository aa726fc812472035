"""The answers at hand, wherever they come from: the database, or files of real bodies."""

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import polars as pl

from crawlblock.errors import InputError
from crawlblock.model import SnapshotKind
from crawlblock.robots.quoted import is_reconstructed
from crawlblock.sources.files import Files
from crawlblock.store.scratch import settled

_ANSWERS = """
SELECT p.population, coalesce(l.segment, CAST(p.stratum AS VARCHAR)) AS stratum, p.snapshot,
       p.snapshot_date AS date, p.outcome, c.digest,
       count(*) AS hosts, CAST(sum(p.weight) AS DOUBLE) AS weight,
       CAST(sum(CAST(p.weight * p.weight AS DECIMAL(38, 6))) AS DOUBLE) AS weight_squared
FROM population p
LEFT JOIN captures c
    ON c.snapshot = p.snapshot AND c.host = p.host AND c.resource = '/robots.txt'
LEFT JOIN list_cells l  -- a list's segments with days
    ON p.population = 'panel' AND l.host = p.host AND l.dimension = 'stratum'
    AND p.snapshot_date BETWEEN l.since AND l.until
WHERE p.population = 'captured' OR p.snapshot NOT IN (FROM left_out_snapshots)
GROUP BY ALL
ORDER BY ALL
"""
_CAPTURES = """
SELECT snapshot, outcome, digest, min(CAST(fetch_time AS DATE)) AS date, count(*) AS hosts,
       CAST(count(*) AS DOUBLE) AS weight, CAST(count(*) AS DOUBLE) AS weight_squared
FROM captures GROUP BY ALL ORDER BY ALL
"""


@dataclass(frozen=True, slots=True)
class Series:
    """How one group of hosts answered, snapshot by snapshot."""

    name: str
    answers: pl.DataFrame  # snapshot, date, outcome, digest, hosts, weight, weight_squared
    bodies: Mapping[str, bytes]  # by digest
    rendered: bool  # the bodies only carry the meaning of real ones

    def snapshots(self) -> dict[str, date]:
        """Return the snapshots, the earliest first, with the day each begins."""
        return dict(
            self.answers.group_by("snapshot")
            .agg(pl.col("date").min())
            .sort("date", "snapshot")
            .iter_rows()
        )


def from_database(con: duckdb.DuckDBPyConnection) -> list[Series]:
    """Return the hosts of each population and stratum with their stored answers."""
    rows = con.execute("SELECT digest, body FROM bodies").fetchall()
    bodies = {digest: zlib.decompress(body) for digest, body in rows}
    answers = pl.DataFrame(con.sql(_ANSWERS))
    found = []
    for (population, stratum), part in sorted(_parts(answers)):
        seen = set(part["digest"].drop_nulls())
        kept = {digest: body for digest, body in bodies.items() if digest in seen}
        name = f"{population}, {stratum}"
        found.append(_series(name, part.drop("population", "stratum"), kept))
    return found


def from_corpus(folder: Path) -> list[Series]:
    """Return a series for each Parquet file of captures in a folder, month by month.

    Raises InputError if there is none, or if one cannot be read.
    """
    paths = sorted(folder.glob("*.parquet"))
    if not paths:
        raise InputError(f"{folder}: holds no Parquet file of captures; name another --corpus")
    return [_file(path) for path in paths]


def _file(path: Path) -> Series:
    with settled(Files([path]).read(), SnapshotKind.IMPORT) as con:
        answers = pl.DataFrame(con.sql(_CAPTURES))
        rows = con.execute("SELECT digest, body FROM bodies").fetchall()
    return _series(path.stem, answers, {digest: zlib.decompress(body) for digest, body in rows})


def _series(name: str, answers: pl.DataFrame, bodies: Mapping[str, bytes]) -> Series:
    rendered = any(map(is_reconstructed, bodies.values()))
    return Series(name, answers, bodies, rendered)


def _parts(answers: pl.DataFrame) -> Iterator[tuple[tuple[str, str], pl.DataFrame]]:
    for key, part in answers.partition_by("population", "stratum", as_dict=True).items():
        yield (str(key[0]), str(key[1])), part
