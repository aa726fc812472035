"""The columns of every result, in order, and what they hold; declared in declared/columns.toml."""

import tomllib
from collections.abc import Iterable, Mapping
from importlib.resources import files
from typing import Any

import polars as pl

from crawlblock.metrics.own_metrics import check_columns, own_metrics
from crawlblock.registry.extra import per_extra

_ABOUT = (  # core columns that come before a result's own ones
    "estimand", "dimension", "segment", "snapshot", "snapshot_date", "definition", "http_profile",
)  # fmt: skip


@per_extra
def _declared() -> dict[str, Any]:
    """Return what columns.toml declares, with the columns of own metrics."""
    known = tomllib.loads(declarations())
    for metric in own_metrics():
        check_columns(metric, known["core"])
        known["results"][metric.name] = {"columns": metric.columns, "without": metric.without}
        known["words_in"][metric.name] = dict(metric.words)
    return known


def declarations() -> str:
    """Return the text of the file that declares all columns."""
    return files(__package__).joinpath("declared", "columns.toml").read_text("utf-8")


def columns_of(name: str, *, census: bool = False) -> tuple[str, ...]:
    """Return the columns of a result in their order; none if it is not declared."""
    known = _declared()
    entry = known["results"].get(name, {})
    if census:
        entry = entry | known["census"]["results"].get(name, {})
    if not entry:
        return ()
    further = known["census"]["columns"] if census else []
    core = [column for column in known["core"] if column not in entry.get("without", ())]
    return _in_order(core, [*entry["columns"], *further])


def _in_order(core: Iterable[str], own: Iterable[str]) -> tuple[str, ...]:
    """Return core columns that say what a row is about, a result's own, then the numbers."""
    core = list(core)
    about = [column for column in _ABOUT if column in core]
    return (*about, *own, *(column for column in core if column not in about))


def words_of(name: str, columns: Iterable[str] = (), *, census: bool = False) -> dict[str, str]:
    """Return what these columns of a result hold, without them what its declared ones do.

    A column that nobody has described has an empty text.
    """
    known = _declared()
    words = known["core"] | known["words"] | known["words_in"].get(name, {})
    if census:
        words |= known["words_in_census"]
    wanted = tuple(columns) or columns_of(name, census=census)
    return {column: words.get(column, "") for column in wanted}


def conformed(frame: pl.DataFrame, name: str, *, census: bool = False) -> pl.DataFrame:
    """Return a result with its declared columns alone, in order.

    A core column that the query has nothing for is empty, and so is a key that is an empty text.  A
    result that is not declared keeps all columns of its query.  Raises polars' ColumnNotFoundError
    if one of its own columns is missing.
    """
    core = _declared()["core"]
    wanted = columns_of(name, census=census) or _in_order(
        [column for column in core if column in frame.columns],
        [column for column in frame.columns if column not in core],
    )
    empty = [
        pl.lit(None, pl.String).alias(column)
        for column in wanted
        if column in core and column not in frame.columns
    ]
    about_all = [
        pl.col(column).replace("", None)
        for column in ("dimension", "segment", "token", "selection", "corpus")
        if frame.schema.get(column) == pl.String
    ]
    return frame.with_columns(empty).with_columns(about_all).select(wanted)


def lacking_columns(name: str, have: Iterable[str], *, census: bool = False) -> list[str]:
    """Return the declared columns that a query lacks, without core ones, which may be empty."""
    core, there = _declared()["core"], set(have)
    wanted = columns_of(name, census=census)
    return [column for column in wanted if column not in core and column not in there]


def dictionary(frames: Mapping[str, pl.DataFrame], *, census: bool = False) -> str:
    """Return the data dictionary of results as CSV: result, column, type, what it holds."""
    rows = [
        (name, column, str(frames[name].schema[column]), about)
        for name in sorted(frames)
        for column, about in words_of(name, frames[name].columns, census=census).items()
    ]
    schema = ["result", "column", "type", "holds"]
    return pl.DataFrame(rows, schema=schema, orient="row").write_csv()
