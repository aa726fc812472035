"""Which captures of a scanned crawl count: set by set, in the database."""

import re
from collections.abc import Callable, Sequence
from importlib.resources import files

import duckdb
import polars as pl

from crawlblock.hosts import registered_domain
from crawlblock.registry import Mark
from crawlblock.store.frames import ArrowStream

MAX_HOPS = 5  # RFC 9309 section 2.3.1.2
_PAGE = 200_000  # hosts whose registered domains are looked up at a time
_MADE = (
    "crawl",
    "steps",
    "ways",
    "moved",
    "ends",
    "flaps",
    "chosen",
    "named",
    "settled",
    "standing",
)

Progress = Callable[[str, int, int], None]  # what, done, of how many


def choose(
    con: duckdb.DuckDBPyConnection, snapshot: str, marks: Sequence[Mark], progress: Progress
) -> None:
    """Fill captures, payloads and census of a crawl from all its scanned captures."""
    con.execute("SET VARIABLE snapshot = ?", [snapshot]).fetchall()
    needles = [{"provider": mark.provider, "needle": mark.needle} for mark in marks]
    con.execute("SET VARIABLE provider_marks = ?", [needles]).fetchall()
    pattern = "|".join(re.escape(mark.needle) for mark in marks)
    con.execute("SET VARIABLE provider_pattern = ?", [pattern]).fetchall()
    _run(con, "choose")
    for _ in range(MAX_HOPS):
        _run(con, "hop")
    _run(con, "chosen")
    _name_domains(con, progress)
    _run(con, "settle")
    for table in _MADE:
        con.execute(f"DROP TABLE temp.{table}").fetchall()


def _name_domains(con: duckdb.DuckDBPyConnection, progress: Progress) -> None:
    """Look up the registered domain of each chosen host, once."""
    ((hosts,),) = con.execute("SELECT count(*) FROM chosen").fetchall()
    for start in range(0, hosts, _PAGE):
        rows = con.execute(
            "SELECT host FROM chosen WHERE number > ? AND number <= ?", [start, start + _PAGE]
        ).fetchall()
        names = [host for (host,) in rows]
        found = pl.DataFrame(
            {"host": names, "domain": list(map(registered_domain, names))},
            schema={"host": pl.String, "domain": pl.String},
        )
        con.register("page", ArrowStream(found))
        con.execute("INSERT INTO named BY NAME FROM page").fetchall()
        con.unregister("page")
        progress("hosts", start + len(names), hosts)


def _run(con: duckdb.DuckDBPyConnection, script: str) -> None:
    con.execute((files(__package__) / f"{script}.sql").read_text("utf-8")).fetchall()
