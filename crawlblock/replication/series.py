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
from crawlblock.replication.published import first_ranks
from crawlblock.robots.quoted import is_reconstructed
from crawlblock.sources.files import Files
from crawlblock.store.scratch import settled

_FRAME = """
SELECT any_value(p.frame) FROM panels p SEMI JOIN current_panel c ON c.panel = p.panel
"""
_COUNTED = """
WITH counted AS (  -- as in the view population, from what the metrics share while it is held
    SELECT CAST(p.population AS VARCHAR) AS population, CAST(p.snapshot AS VARCHAR) AS snapshot,
           p.snapshot_date, h.host, CAST(p.stratum AS VARCHAR) AS stratum, p.weight,
           CAST(p.outcome AS VARCHAR) AS outcome
    FROM points p JOIN hosts h ON h.number = p.host
    WHERE p.population = 'captured' OR p.snapshot NOT IN (FROM left_out_snapshots)
)"""
_ANSWERS = f"""{_COUNTED}
SELECT p.population, coalesce(l.segment, p.stratum) AS stratum, p.snapshot,
       p.snapshot_date AS date, p.outcome, c.digest,
       count(*) AS hosts, CAST(sum(p.weight) AS DOUBLE) AS weight,
       CAST(sum(CAST(p.weight * p.weight AS DECIMAL(38, 6))) AS DOUBLE) AS weight_squared
FROM counted p
LEFT JOIN captures c
    ON c.snapshot = p.snapshot AND c.host = p.host AND c.resource = '/robots.txt'
LEFT JOIN list_cells l  -- a list's segments with days
    ON p.population = 'panel' AND l.host = p.host AND l.dimension = 'stratum'
    AND p.snapshot_date BETWEEN l.since AND l.until
GROUP BY ALL
ORDER BY ALL
"""  # noqa: S608
_TOKENS = f"""{_COUNTED}, amounts AS (
    SELECT domain, corpus, tokens FROM weights WHERE tokens > 0 AND domain <> '*'
), places AS (
    SELECT domain AS host, * FROM amounts
    UNION ALL
    SELECT 'www.' || domain, * FROM amounts
), weighed AS (  -- an apex and its www host in one snapshot share the tokens
    SELECT p.*, a.corpus,
           p.weight * (a.tokens / count(*) OVER (
               PARTITION BY p.population, p.snapshot, a.domain, a.corpus)) AS amount
    FROM counted p JOIN places a ON a.host = p.host
)
SELECT p.population, p.corpus, p.stratum, p.snapshot, p.snapshot_date AS date, p.outcome,
       c.digest, count(*) AS hosts, ordered_sum(p.amount) AS weight,
       ordered_sum(p.amount ** 2) AS weight_squared, max(p.weight) > 1 AS sampled
FROM weighed p
LEFT JOIN captures c
    ON c.snapshot = p.snapshot AND c.host = p.host AND c.resource = '/robots.txt'
GROUP BY ALL
ORDER BY ALL
"""  # noqa: S608
_CAPTURES = """
SELECT 'all' AS stratum, snapshot, outcome, digest, min(CAST(fetch_time AS DATE)) AS date,
       count(*) AS hosts, CAST(count(*) AS DOUBLE) AS weight,
       CAST(count(*) AS DOUBLE) AS weight_squared
FROM captures GROUP BY ALL ORDER BY ALL
"""
HOSTS, TOKENS = "hosts", "tokens"  # what a share is of
_RANKED = ("ranking ", "web graph ")  # frames whose strata are ranks
_WHOLE = 0.99  # of a band of ranks, for a ranking to reach to its end


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """How one group of hosts answered, snapshot by snapshot."""

    name: str
    frame: str  # what the hosts were taken from
    unit: str = HOSTS  # what a share of it is of: hosts, or tokens that they hold
    top: int | None = None  # the first ranks of the frame; None: it is not about ranks
    sampled: bool = False  # the hosts stand for others; else they are a list
    answers: pl.DataFrame  # stratum, snapshot, date, outcome, digest, hosts, weight, weight_squared
    bodies: Mapping[str, bytes]  # by digest

    @property
    def rendered(self) -> bool:
        """Tell whether the bodies only carry the meaning of real ones."""
        return any(map(is_reconstructed, self.bodies.values()))

    def snapshots(self) -> dict[str, date]:
        """Return the snapshots, the earliest first, with the day each begins."""
        return dict(
            self.answers.group_by("snapshot")
            .agg(pl.col("date").min())
            .sort("date", "snapshot")
            .iter_rows()
        )


def from_database(con: duckdb.DuckDBPyConnection) -> list[Series]:
    """Return the hosts of each population and stratum with their stored answers.

    Of a ranking each series has its first ranks.  Hosts with tokens of a corpus are also a series
    of their own, which weighs each by its tokens.
    """
    rows = con.execute("SELECT digest, body FROM bodies").fetchall()
    bodies = {digest: zlib.decompress(body) for digest, body in rows}
    ((frame,),) = con.execute(_FRAME).fetchall()
    return [
        *_of_hosts(pl.DataFrame(con.sql(_ANSWERS)), frame or "", bodies),
        *_of_tokens(pl.DataFrame(con.sql(_TOKENS)), frame or "", bodies),
    ]


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
    bodies = {digest: zlib.decompress(body) for digest, body in rows}
    return Series(name=path.stem, frame=f"file {path.name}", answers=answers, bodies=bodies)


def _of_hosts(answers: pl.DataFrame, frame: str, bodies: Mapping[str, bytes]) -> Iterator[Series]:
    for (population, stratum), part in _parts(answers, "population", "stratum"):
        bound = first_ranks(stratum) if frame.startswith(_RANKED) else None
        name, top = f"{population}, {stratum}", None
        if population == "panel" and bound:
            part = _first(answers.filter(population="panel"), bound)
            top = _reached(part, bound)
            name = f"panel, first {bound:,} ranks"
        yield Series(
            name=name,
            frame=_taken_from(population, frame),
            top=top,
            sampled=bool((part["weight"] != part["hosts"]).any()),
            answers=part.drop("population"),
            bodies=_of(part, bodies),
        )


def _of_tokens(answers: pl.DataFrame, frame: str, bodies: Mapping[str, bytes]) -> Iterator[Series]:
    for (population, corpus), part in _parts(answers, "population", "corpus"):
        yield Series(
            name=f"{population}, tokens of {corpus}",
            frame=_taken_from(population, frame),
            unit=TOKENS,
            sampled=bool(part["sampled"].any()),
            answers=part.drop("population", "corpus", "sampled"),
            bodies=_of(part, bodies),
        )


def _taken_from(population: str, frame: str) -> str:
    return frame if population == "panel" else "hosts outside of the panel"


def _first(answers: pl.DataFrame, bound: int) -> pl.DataFrame:
    """Return the answers of all strata of a ranking that end at this rank or before."""
    within = [name for name in set(answers["stratum"]) if (first_ranks(name) or bound + 1) <= bound]
    return answers.filter(pl.col("stratum").is_in(within))


def _reached(answers: pl.DataFrame, bound: int) -> int:
    """Return the rank to which the strata reach: a ranking may end within its last one."""
    sums = answers.group_by("snapshot").agg(pl.col("weight").sum())["weight"].to_list()
    members = round(max(sums, default=0))
    return bound if members >= _WHOLE * bound else members


def _of(answers: pl.DataFrame, bodies: Mapping[str, bytes]) -> dict[str, bytes]:
    seen = set(answers["digest"].drop_nulls())
    return {digest: body for digest, body in bodies.items() if digest in seen}


def _parts(answers: pl.DataFrame, *keys: str) -> list[tuple[tuple[str, str], pl.DataFrame]]:
    parts = answers.partition_by(*keys, as_dict=True).items()
    named = [((str(key[0]), str(key[1])), part) for key, part in parts]
    return sorted(named, key=lambda pair: (pair[0][0], first_ranks(pair[0][1]) or 0, pair[0][1]))
