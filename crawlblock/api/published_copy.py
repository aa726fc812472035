"""Questions to the copy of a database that its last run published."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb
import polars as pl

from crawlblock.api.lazy_rows import Rows, explaining, frame_of
from crawlblock.errors import InputError
from crawlblock.evidence import lookup
from crawlblock.metrics.http_profile import set_http_profile
from crawlblock.pipeline.run import Say, silent
from crawlblock.store.query import another, copy_note, open_shut, readable
from crawlblock.store.schema import check_copy


class PublishedCopy:
    """Opens the copy when the first question is asked and keeps it until it is forgotten."""

    def __init__(self, path: Path, say: Say = silent) -> None:
        """Take the path of the database, and whom to tell that the copy is older."""
        self._path, self._say = path, say
        self._con: duckdb.DuckDBPyConnection | None = None
        self._closed = False

    def sql(self, query: str, params: Sequence[object] | Mapping[str, object]) -> pl.DataFrame:
        """Return what a query finds."""
        con = self.connection()
        with explaining(con):
            values = dict(params) if isinstance(params, Mapping) else list(params)
            found = con.sql(query, params=values) if values else con.sql(query)
            return pl.DataFrame() if found is None else frame_of(found)

    def access(self, tokens: Sequence[str], snapshot: str | None) -> Rows:
        """Return rows of the view of that name."""
        con = self.connection()
        with explaining(con):
            rows = con.sql("FROM access")
            if tokens:
                known = [lookup.known_token(con, token) for token in tokens]
                rows = rows.filter(_is_one_of("token", known))
            if snapshot is not None:
                known = [lookup.known_snapshot(con, snapshot)]
                rows = rows.filter(_is_one_of("snapshot", known))
        return Rows(con, rows)

    @contextmanager
    def asking(self, http_profile: str = "rfc9309") -> Iterator[duckdb.DuckDBPyConnection]:
        """Open a connection that reads HTTP statuses in a way."""
        con = self.connection()
        with explaining(con):
            set_http_profile(con, http_profile)
            yield con

    def connection(self) -> duckdb.DuckDBPyConnection:
        """Return a connection of its own to the copy."""
        if self._closed:
            raise InputError(f"{self._path}: closed; open it again with crawlblock.open")
        if self._con is None:
            path = readable(self._path)
            con = open_shut(path)
            try:
                check_copy(con, path)
            except BaseException:
                con.close()
                raise
            self._con = con
            if note := copy_note(self._path):
                self._say(note)
        return another(self._con)

    def forget(self) -> None:
        """Let go of the copy: the next question opens the one published last."""
        self._con = None

    def close(self) -> None:
        """Answer no further question."""
        self._closed = True
        self.forget()

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        return self._closed


def _is_one_of(column: str, values: Sequence[str]) -> duckdb.Expression:
    return duckdb.ColumnExpression(column).isin(*map(duckdb.ConstantExpression, values))
