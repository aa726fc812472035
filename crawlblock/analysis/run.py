"""Runs the metrics; files in the folders `metrics` and `census` are all there is to register."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import duckdb
import polars as pl

from crawlblock.analysis.derived import DERIVED, Derived
from crawlblock.analysis.result_files import read_results, write_results
from crawlblock.errors import InputError

METRICS = "metrics"
CENSUS = "census"


@dataclass(frozen=True, slots=True)
class Metric:
    """A question to the database, and what its header says of the answer."""

    name: str
    title: str
    unit: str
    note: str
    sql: str


def metrics(folder: str = METRICS) -> tuple[Metric, ...]:
    """Return the metrics of a folder in the order of their names."""
    found = (files(__package__) / folder).iterdir()
    texts = {file.name.removesuffix(".sql"): file.read_text("utf-8") for file in found}
    return tuple(_metric(name, texts[name]) for name in sorted(texts))


def analyze(
    con: duckdb.DuckDBPyConnection,
    results: Path,
    reading: str = "rfc9309",
    keep: Collection[str] = (),
) -> dict[str, pl.DataFrame]:
    """Make every claim under a reading of HTTP statuses and write each as Parquet and CSV.

    Those to `keep` are read from their files instead, where they can be.  The same database gives
    the same bytes.  Returns the frames by the claim's name; raises InputError for a reading that is
    not known, StoreError when `results` cannot be written.
    """
    set_reading(con, reading)
    kept = read_results(results, keep)
    asked = [metric for metric in metrics() if metric.name not in kept]
    computed = [claim for claim in DERIVED if claim.name not in kept]
    made: dict[str, pl.DataFrame] = {}
    if asked or computed:
        with _held(con, "held"):
            made = _asked(con, asked)
            for claim in computed:
                made[claim.name] = _computed(con, claim, kept | made)
        write_results(made, results)
    names = [metric.name for metric in metrics()] + [claim.name for claim in DERIVED]
    return {name: made[name] if name in made else kept[name] for name in names}


def analyze_census(
    con: duckdb.DuckDBPyConnection,
    results: Path,
    reading: str = "rfc9309",
    keep: Collection[str] = (),
) -> dict[str, pl.DataFrame]:
    """Make every claim about scanned crawls, as `analyze` does about followed hosts.

    Raises InputError as well if nothing is merged.
    """
    set_reading(con, reading)
    if not con.execute("SELECT 1 FROM census LIMIT 1").fetchall():
        raise InputError(
            "this database has no census; run crawlblock scan merge, and name its --db"
        )
    kept = read_results(results, keep)
    asked = [metric for metric in metrics(CENSUS) if metric.name not in kept]
    made: dict[str, pl.DataFrame] = {}
    if asked:
        with _held(con, "held_census"):
            made = _asked(con, asked)
        write_results(made, results)
    return {m.name: made[m.name] if m.name in made else kept[m.name] for m in metrics(CENSUS)}


def _asked(con: duckdb.DuckDBPyConnection, asked: list[Metric]) -> dict[str, pl.DataFrame]:
    return {m.name: pl.DataFrame(con.sql(m.sql)).rechunk() for m in asked}


def _computed(
    con: duckdb.DuckDBPyConnection, claim: Derived, frames: Mapping[str, pl.DataFrame]
) -> pl.DataFrame:
    """Compute a claim from no other results than those it names, on which its digest depends."""
    return claim.compute(con, {name: frames[name] for name in claim.needs})


def set_reading(con: duckdb.DuckDBPyConnection, reading: str) -> None:
    """Let the metrics read HTTP statuses in this way; raises InputError if it is not known."""
    known = [row[0] for row in con.execute("SELECT DISTINCT reading FROM http_readings").fetchall()]
    if reading not in known:
        raise InputError(f"reading {reading!r} is not known; use one of {', '.join(sorted(known))}")
    con.execute("SET VARIABLE reading = ?", [reading]).fetchall()


@contextmanager
def _held(con: duckdb.DuckDBPyConnection, script: str) -> Iterator[None]:
    """Keep what the metrics share in temporary tables until the block ends."""
    made = []
    # else a third more memory; what is shown has an order of its own
    con.execute("SET preserve_insertion_order = false").fetchall()
    try:
        text = (files(__package__) / f"{script}.sql").read_text("utf-8")
        for statement in duckdb.extract_statements(text):
            con.execute(statement).fetchall()
            made.append(" ".join(statement.query.partition("CREATE TEMP ")[2].split()[:2]))
        yield
    finally:
        con.execute("RESET preserve_insertion_order").fetchall()
        for one in reversed(made):
            kind, _, name = one.partition(" ")
            con.execute(f"DROP {kind} temp.{name}").fetchall()


def _metric(name: str, sql: str) -> Metric:
    header = {}
    for line in sql.splitlines()[:3]:
        key, _, text = line.removeprefix("-- ").partition(": ")
        header[key] = text
    return Metric(name, header["title"], header["unit"], header["note"], sql)
