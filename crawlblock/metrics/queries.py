"""Runs the metrics; a file in `questions` or `census` and its columns are all there is to register.

The ones in `questions` are about a panel, a census or both; those in `census` about a census.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import duckdb
import polars as pl

from crawlblock.errors import InputError
from crawlblock.metrics.cluster_interval import with_exact_ends
from crawlblock.metrics.columns import columns_of, conformed, lacking_columns
from crawlblock.metrics.computed import COMPUTED, Computed
from crawlblock.metrics.http_profile import set_http_profile
from crawlblock.metrics.own_metrics import own_metrics, reason, reject_taken
from crawlblock.metrics.result_files import check_writable, read_results, write_results

PANEL = "panel"
CENSUS = "census"
_FOLDERS = ("questions", "census")
_HELD = {PANEL: "materialize.sql", CENSUS: "materialize_census.sql"}
_IS_HELD = "SELECT 1 FROM duckdb_tables() WHERE temporary AND table_name = 'points'"
_CREATED = re.compile(r"^CREATE TEMP (\w+) (\w+)", re.MULTILINE)
_DROPPED = re.compile(r"^DROP (\w+) temp\.(\w+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Metric:
    """A question to the database, and what its header says of the answer."""

    name: str
    of: tuple[str, ...]  # PANEL, CENSUS or both
    title: str
    unit: str
    note: str
    sql: str
    file: str | None = None  # of an own metric, for messages


def metrics(of: str = PANEL) -> tuple[Metric, ...]:
    """Return the metrics about a panel or a census in the order of their names, own ones too.

    Raises InputError for an own metric that cannot be used.
    """
    found = [
        _metric(file.name.removesuffix(".sql"), file.read_text("utf-8"))
        for folder in _FOLDERS
        for file in (files(__package__) / folder).iterdir()
    ]
    reject_taken([m.name for m in found] + [each.name for each in COMPUTED] + ["replication"])
    for own in own_metrics():
        columns_of(own.name)  # which checks them
    found += [Metric(m.name, m.of, m.title, m.unit, m.note, m.sql, m.file) for m in own_metrics()]
    return tuple(sorted((m for m in found if of in m.of), key=lambda metric: metric.name))


def analyze(
    con: duckdb.DuckDBPyConnection,
    results: Path,
    http_profile: str = "rfc9309",
    keep: Collection[str] = (),
) -> dict[str, pl.DataFrame]:
    """Compute every result under an HTTP profile and write each as Parquet and CSV.

    Those to `keep` are read from their files instead, where they can be.  The same database gives
    the same bytes.  Returns the frames by the result's name; raises InputError for an HTTP
    profile that is not known, StoreError when `results` cannot be written.
    """
    set_http_profile(con, http_profile)
    kept = read_results(results, keep)
    asked = [metric for metric in metrics() if metric.name not in kept]
    computed = [derived for derived in COMPUTED if derived.name not in kept]
    made: dict[str, pl.DataFrame] = {}
    if asked or computed:
        with held(con):
            made = {metric.name: result_of(con, metric) for metric in _own_first(asked)}
            for derived in computed:
                made[derived.name] = _computed(con, derived, kept | made)
        write_results(made, results)
    names = [metric.name for metric in metrics()] + [derived.name for derived in COMPUTED]
    return {name: made[name] if name in made else kept[name] for name in names}


def analyze_census(
    con: duckdb.DuckDBPyConnection,
    results: Path,
    http_profile: str = "rfc9309",
    keep: Collection[str] = (),
) -> dict[str, pl.DataFrame]:
    """Compute every result about scanned crawls, as `analyze` does about followed hosts.

    Raises InputError as well if nothing is merged.
    """
    set_http_profile(con, http_profile)
    check_census(con)
    kept = read_results(results, keep)
    asked = [metric for metric in metrics(CENSUS) if metric.name not in kept]
    made: dict[str, pl.DataFrame] = {}
    if asked:
        with held(con, CENSUS):
            made = {metric.name: result_of(con, metric, CENSUS) for metric in _own_first(asked)}
        write_results(made, results)
    names = [metric.name for metric in metrics(CENSUS)]
    return {name: made[name] if name in made else kept[name] for name in names}


def check_census(con: duckdb.DuckDBPyConnection) -> None:
    """Raise InputError for a database without a census."""
    if not con.execute("SELECT 1 FROM census LIMIT 1").fetchall():
        raise InputError(
            "this database has no census; run crawlblock scan merge, and name its --db"
        )


def result_of(con: duckdb.DuckDBPyConnection, metric: Metric, of: str = PANEL) -> pl.DataFrame:
    """Return what a metric answers, in its declared columns; one about a census needs `held`.

    Raises InputError for an own metric that has an error or lacks a declared column.
    """
    try:
        found = with_exact_ends(pl.DataFrame(con.sql(metric.sql)).rechunk())
        if metric.file:
            check_writable(found)
    except (duckdb.Error, pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        if metric.file is None or isinstance(error, duckdb.InterruptException):
            raise
        raise InputError(f"{metric.file}: {reason(error)}; correct the SQL") from None
    lacking = set(lacking_columns(metric.name, found.columns, census=of == CENSUS))
    if metric.file and lacking:
        raise InputError(
            f"{metric.file}: the query does not return the declared column "
            f"{', '.join(sorted(lacking))}; it returns {', '.join(found.columns)}; correct one"
        )
    return _of_samples(con, conformed(found, metric.name, census=of == CENSUS))


def _own_first(asked: list[Metric]) -> list[Metric]:
    """Return metrics with own ones first: an error in one is reported before the long work."""
    return sorted(asked, key=lambda metric: metric.file is None)


def _computed(
    con: duckdb.DuckDBPyConnection, derived: Computed, frames: Mapping[str, pl.DataFrame]
) -> pl.DataFrame:
    """Compute a result from no others than those it names, on which its digest depends."""
    found = derived.compute(con, {name: frames[name] for name in derived.needs})
    return _of_samples(con, conformed(found, derived.name))


def _of_samples(con: duckdb.DuckDBPyConnection, frame: pl.DataFrame) -> pl.DataFrame:
    """Return a result in which a sampled segment of a list is estimated as the sample that it is.

    Its hosts have one weight, so the row `as_if_sample` is the estimate, and `list` says less.
    """
    keys = ["dimension", "segment"]
    if not {"estimand", *keys} <= set(frame.columns) or "as_if_sample" not in frame["estimand"]:
        return frame
    rows = con.execute("SELECT dimension, segment FROM sampled_segments").fetchall()
    sampled = pl.DataFrame(rows, dict.fromkeys(keys, pl.String), orient="row")
    if sampled.is_empty():
        return frame
    estimand, is_sampled = pl.col("estimand"), pl.col("is_sampled").is_not_null()
    return (
        frame.join(
            sampled.with_columns(is_sampled=True), on=keys, how="left", maintain_order="left"
        )
        .filter(~is_sampled | (estimand != "list"))
        .with_columns(
            pl.when(is_sampled & (estimand == "as_if_sample"))
            .then(pl.lit("sample"))
            .otherwise(estimand)
            .alias("estimand")
        )
        .drop("is_sampled")
    )


@contextmanager
def held(con: duckdb.DuckDBPyConnection, of: str = PANEL) -> Iterator[None]:
    """Keep what the metrics share in temporary tables until the block ends, or an outer one."""
    if con.execute(_IS_HELD).fetchall():
        yield
        return
    made: list[tuple[str, str]] = []
    # else a third more memory; what is shown has an order of its own
    con.execute("SET preserve_insertion_order = false").fetchall()
    try:
        text = (files(__package__) / _HELD[of]).read_text("utf-8")
        for statement in duckdb.extract_statements(text):
            con.execute(statement).fetchall()
            made += _CREATED.findall(statement.query)
            made = [each for each in made if each not in _DROPPED.findall(statement.query)]
        yield
    finally:
        with suppress(duckdb.TransactionException):  # an error has ended it, with all it made
            con.execute("RESET preserve_insertion_order").fetchall()
            for kind, name in reversed(made):
                macro = " TABLE" if kind == "MACRO" else ""
                con.execute(f"DROP {kind}{macro} temp.{name}").fetchall()


def _metric(name: str, sql: str) -> Metric:
    header = {}
    for line in sql.splitlines()[:4]:
        key, _, text = line.removeprefix("-- ").partition(": ")
        header[key] = text
    of = tuple(header["of"].split(", "))
    return Metric(name, of, header["title"], header["unit"], header["note"], sql)
