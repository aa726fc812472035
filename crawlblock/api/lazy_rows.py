"""Rows that stay in the database until somebody takes them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from html import escape
from typing import TYPE_CHECKING

import duckdb
import polars

from crawlblock.errors import InputError
from crawlblock.stopping import caused_by_stop
from crawlblock.store.query import said

if TYPE_CHECKING:
    import pandas as pd

_SHOWN = 10  # rows that a notebook shows


class Rows:
    """A table of the database that is computed when it is read, so that it may be of any size.

    `filter`, `order` and `limit` take SQL and return other rows; `pl()` and `to_pandas()` read
    them into memory, `batches()` some at a time.  `relation` is DuckDB's own object for all else.
    The rows are those of the copy that was open when they were asked for.
    """

    def __init__(self, con: duckdb.DuckDBPyConnection, relation: duckdb.DuckDBPyRelation) -> None:
        """Take a relation and the connection it belongs to."""
        self._con = con
        self.relation = relation

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(self.relation.columns)

    def filter(self, condition: str) -> "Rows":
        """Return the rows that meet a condition in SQL, such as `restriction = 'full'`."""
        with explaining(self._con):
            return Rows(self._con, self.relation.filter(condition))

    def order(self, columns: str) -> "Rows":
        """Return the rows in an order, such as `host, snapshot_date DESC`."""
        with explaining(self._con):
            return Rows(self._con, self.relation.order(columns))

    def limit(self, count: int) -> "Rows":
        """Return the first rows, so many at most."""
        return Rows(self._con, self.relation.limit(count))

    def count(self) -> int:
        """Return how many rows there are."""
        with explaining(self._con):
            ((count,),) = self.relation.aggregate("count(*)").fetchall()
            return int(count)

    def pl(self) -> polars.DataFrame:
        """Read all rows into a polars frame."""
        with explaining(self._con):
            return frame_of(self.relation)

    def to_pandas(self) -> "pd.DataFrame":
        """Read all rows into a pandas frame; needs `pip install 'crawlblock[notebooks]'`."""
        return self.pl().to_pandas()

    def batches(self, size: int = 100_000) -> Iterator[polars.DataFrame]:
        """Yield frames of so many rows, one in memory at a time."""
        schema = self.limit(0).pl().schema
        with explaining(self._con):
            cursor = self.relation.execute()
            while rows := cursor.fetchmany(size):
                yield polars.DataFrame(rows, schema=schema, orient="row")

    def __repr__(self) -> str:
        """Return the columns; nothing is read for it."""
        return f"<Rows: {', '.join(self.columns)}>"

    def _repr_html_(self) -> str:
        """Return the first rows for a notebook."""
        frame: str = self.limit(_SHOWN).pl()._repr_html_()
        return f"{frame}<small>the first {_SHOWN} rows of {escape(repr(self))}</small>"


def frame_of(relation: duckdb.DuckDBPyRelation) -> polars.DataFrame:
    """Read a relation into a frame.

    Infinite days and times, as in the view `list_cells`, become the first and last that Python
    knows, as in DuckDB's own rows: polars panics when it shows others.
    """
    days, times = polars.col(polars.Date), polars.col(polars.Datetime("us"))
    return polars.DataFrame(relation).with_columns(
        days.clip(date.min, date.max), times.clip(datetime.min, datetime.max)
    )


@contextmanager
def explaining(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Say in one line what is wrong with a query; an interrupt is one for the caller, too."""
    try:
        yield
    except duckdb.InterruptException:
        raise KeyboardInterrupt from None
    except (duckdb.Error, RuntimeError) as error:  # a bad conversion is a RuntimeError to DuckDB
        if caused_by_stop(error):
            raise KeyboardInterrupt from None
        raise InputError(said(con, str(error))) from None
    except polars.exceptions.DuplicateError as error:
        raise InputError(f"sql: {error}; name each column once with AS") from None
