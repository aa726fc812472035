"""Runs the metrics; files in the folders `metrics` and `census` are all there is to register."""

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import duckdb
import polars as pl

from crawlblock.analysis.derived import DERIVED
from crawlblock.errors import InputError, StoreError

MANIFEST = "manifest.json"  # what the results are of; who has made all of them writes it last
_METRICS = "metrics"
_CENSUS = "census"


@dataclass(frozen=True, slots=True)
class Metric:
    """A question to the database, and what its header says of the answer."""

    name: str
    title: str
    unit: str
    note: str
    sql: str


def metrics(folder: str = _METRICS) -> tuple[Metric, ...]:
    """Return the metrics of a folder in the order of their names."""
    found = (files(__package__) / folder).iterdir()
    texts = {file.name.removesuffix(".sql"): file.read_text("utf-8") for file in found}
    return tuple(_metric(name, texts[name]) for name in sorted(texts))


def analyze(
    con: duckdb.DuckDBPyConnection, results: Path, reading: str = "rfc9309"
) -> dict[str, pl.DataFrame]:
    """Make every claim under a reading of HTTP statuses and write each as Parquet and CSV.

    The same database gives the same bytes.  Returns the frames by the claim's name; raises
    InputError for a reading that is not known, StoreError when `results` cannot be written.
    """
    set_reading(con, reading)
    with _held(con, "held"):
        frames = _asked(con, _METRICS)
        frames |= {claim.name: claim.compute(con, frames) for claim in DERIVED}
    _write(frames, results)
    return frames


def analyze_census(
    con: duckdb.DuckDBPyConnection, results: Path, reading: str = "rfc9309"
) -> dict[str, pl.DataFrame]:
    """Make every claim about scanned crawls, as `analyze` does about followed hosts.

    Raises InputError as well if nothing is merged.
    """
    set_reading(con, reading)
    if not con.execute("SELECT 1 FROM census LIMIT 1").fetchall():
        raise InputError(
            "this database has no census; run crawlblock scan merge, and name its --db"
        )
    with _held(con, "held_census"):
        frames = _asked(con, _CENSUS)
    _write(frames, results)
    return frames


def _asked(con: duckdb.DuckDBPyConnection, folder: str) -> dict[str, pl.DataFrame]:
    return {m.name: pl.DataFrame(con.sql(m.sql)).rechunk() for m in metrics(folder)}


def _write(frames: dict[str, pl.DataFrame], results: Path) -> None:
    """Write claims; until all is written nothing says that the folder's files belong together."""
    _remove(results / MANIFEST)
    for name, frame in frames.items():
        parquet, csv = io.BytesIO(), io.BytesIO()
        frame.write_parquet(parquet)
        frame.write_csv(csv)
        write_aside(results / f"{name}.parquet", parquet.getvalue())
        write_aside(results / f"{name}.csv", csv.getvalue())


def set_reading(con: duckdb.DuckDBPyConnection, reading: str) -> None:
    """Let the metrics read HTTP statuses in this way; raises InputError if it is not known."""
    known = [row[0] for row in con.execute("SELECT DISTINCT reading FROM http_readings").fetchall()]
    if reading not in known:
        raise InputError(f"reading {reading!r} is not known; use one of {', '.join(sorted(known))}")
    con.execute("SET VARIABLE reading = ?", [reading]).fetchall()


def _remove(path: Path) -> None:
    """Remove a file if it is there; raises StoreError when the disk refuses."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror}; use another folder, then run again") from None


def write_aside(path: Path, content: bytes) -> None:
    """Write a file aside and put it in place, so that nobody reads half of it.

    Raises StoreError when the disk refuses.
    """
    aside = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        aside.write_bytes(content)
        aside.replace(path)
    except OSError as error:
        with suppress(OSError):
            aside.unlink()
        raise StoreError(
            f"{path}: {error.strerror}; free some space or use another folder, then run again"
        ) from None


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
