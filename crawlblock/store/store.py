"""The database as the steps use it: facts, conclusions, runs."""

import json
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import astuple, dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from crawlblock.store.conclusions import Conclusions
from crawlblock.store.database import DatabaseFile
from crawlblock.store.facts import Facts
from crawlblock.store.insert import count_rows

_HASHED = (
    "current_panel",
    "panel_columns",
    "weights",
    "crawlers",
    "templates",
    "breaks",
    "accepted",
    "removed_snapshots",
)


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A run that wrote to the database."""

    run: str
    command: str
    versions: Mapping[str, str]
    configuration: Mapping[str, object]
    registry: str
    requests: int
    bytes: int
    started: datetime
    ended: datetime
    result: str


class Store:
    """A database file with everything that steps do with it."""

    def __init__(self, path: Path, keep_empty: bool = True) -> None:
        """Open the database at a path, making it or renewing its layout where needed.

        Without `keep_empty`, a new one appears with its first rows; see `DatabaseFile`.
        """
        self.database = DatabaseFile(path, keep_empty)
        self.facts = Facts(self.database)
        self.conclusions = Conclusions(self.database)

    @property
    def path(self) -> Path:
        """Return where the database is."""
        return self.database.path

    @property
    def published(self) -> Path:
        """Return where its copy for readers is."""
        return self.database.published

    def held(self) -> AbstractContextManager[None]:
        """Keep every other run off this database until the block ends."""
        return self.database.held()

    def transaction(self) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        """Open the database for one transaction."""
        return self.database.transaction()

    def reading(self) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        """Open the database for queries; anything written here is discarded."""
        return self.database.reading()

    def publish(self) -> Path:
        """Copy the database for readers."""
        return self.database.publish()

    def add_run(self, run: RunRecord) -> None:
        """Note a run."""
        row = [json.dumps(v, default=str) if isinstance(v, dict) else v for v in astuple(run)]
        with self.transaction() as con:
            marks = ", ".join("?" * len(row))
            con.execute(f"INSERT INTO runs VALUES ({marks})", row).fetchall()  # noqa: S608


def holdings(con: duckdb.DuckDBPyConnection) -> dict[str, object]:
    """Return counts and hashes that change when the data behind the results change."""
    counts: dict[str, object] = {
        table: count_rows(con, f"facts.{table}") for table in ("fetches", "asked", "payloads")
    }
    for table in _HASHED:
        rows = con.execute(
            f"SELECT CAST(bit_xor(hash(t)) AS VARCHAR) FROM {table} t"  # noqa: S608
        ).fetchall()
        counts[table] = rows[0][0]
    return counts
