"""A database in memory, for facts that are needed only once."""

from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager

import duckdb

from crawlblock.captures.frames import Batch, joined
from crawlblock.model import SnapshotKind
from crawlblock.store.defining import define_briefly
from crawlblock.store.insert import add_batch
from crawlblock.store.schema import schema_of_facts
from crawlblock.store.selecting import settle


@contextmanager
def settled(batches: Iterable[Batch], kind: SnapshotKind) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a database in memory with these facts and the captures that count."""
    with closing(duckdb.connect()) as con:
        con.execute("SET TimeZone = 'UTC'").fetchall()
        define_briefly(con, schema_of_facts())
        for batch in joined(batches):
            add_batch(con, batch, kind)
        settle(con)
        yield con
