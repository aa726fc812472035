"""A database in memory, for facts that are needed only once."""

import re
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager

import duckdb

from crawlblock.captures.frames import Batch, joined
from crawlblock.model import SnapshotKind
from crawlblock.store.insert import add_batch
from crawlblock.store.schema import schema_of_facts
from crawlblock.store.selecting import settle

_COMMENT = re.compile(r"^COMMENT ON ", re.MULTILINE)


@contextmanager
def settled(batches: Iterable[Batch], kind: SnapshotKind) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a database in memory with these facts and the captures that count."""
    with closing(duckdb.connect()) as con:
        con.execute("SET TimeZone = 'UTC'").fetchall()
        for statement in con.extract_statements(schema_of_facts()):
            if not _COMMENT.search(statement.query):  # nobody reads them here
                con.execute(statement).fetchall()
        for batch in joined(batches):
            add_batch(con, batch, kind)
        settle(con)
        yield con
