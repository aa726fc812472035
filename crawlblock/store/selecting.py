"""From facts to captures: what each text is, how each fetch ended, and which fetch counts.

It is computed from stored facts, without a network, and only where it is out of date.
"""

import re
import zlib
from collections.abc import Iterator
from importlib.resources import files

import duckdb
import polars as pl

from crawlblock.outcome import Body, Ending, outcome_of
from crawlblock.robots.sniff import body_of
from crawlblock.store.relations import registered
from crawlblock.store.stamps import BODY, SELECTION, stamp_ids

_PAGE = 10_000  # texts examined at a time
_PART = 2_000_000  # hosts whose captures are selected together
_MADE = re.compile(r"^CREATE OR REPLACE TEMP TABLE (\w+)", re.MULTILINE)
_UNSELECTED = """
SELECT id AS snapshot FROM facts.snapshots
ANTI JOIN (FROM conclusions.selected WHERE stamp = ?) s ON s.snapshot = id
ORDER BY id
"""
# Both sides begin after a number: otherwise each page would read all that was looked at already.
_NOT_LOOKED_AT = """
WITH next AS (
    SELECT id FROM facts.texts
    ANTI JOIN (FROM conclusions.bodies WHERE stamp = $1 AND text > $2) b ON b.text = id
    WHERE id > $2 ORDER BY id LIMIT $3
)
SELECT id, body FROM facts.texts SEMI JOIN next USING (id) ORDER BY id
"""
_COMBINATIONS = """
SELECT DISTINCT f.status, f.ended, b.body, f.read, f.redirect IS NOT NULL AS leads
FROM facts.fetches f
SEMI JOIN unselected u ON u.snapshot = f.snapshot
LEFT JOIN facts.payloads p ON p.id = f.payload
LEFT JOIN conclusions.bodies b ON b.text = p.text
EXCEPT
SELECT status, ended, body, read, leads FROM conclusions.endings
"""


def settle(con: duckdb.DuckDBPyConnection, part: int = _PART) -> int:
    """Bring the captures of all snapshots up to date; return how many snapshots were out of date.

    At most `part` hosts are held in memory at a time, and the ends of all redirects.

    It works in the open transaction, which does all snapshots or none.
    """
    stamps = stamp_ids(con)
    changed = _look_at_texts(con, stamps[BODY])
    if changed:
        con.execute("DELETE FROM conclusions.selected").fetchall()
    waiting = [number for (number,) in con.execute(_UNSELECTED, [stamps[SELECTION]]).fetchall()]
    if not waiting:
        return 0
    if not con.execute("FROM conclusions.selected WHERE stamp = ?", [stamps[SELECTION]]).fetchone():
        con.execute("DELETE FROM conclusions.endings").fetchall()
    ((scans,),) = con.execute("SELECT count(*) FROM facts.scans").fetchall()
    size = 1 if scans else len(waiting)  # a whole crawl has millions of hosts
    for start in range(0, len(waiting), size):
        select(con, waiting[start : start + size], stamps[SELECTION], part)
    return len(waiting)


def select(
    con: duckdb.DuckDBPyConnection, snapshots: list[int], stamp: int, part: int = _PART
) -> None:
    """Decide which captures count in some snapshots."""
    con.execute(
        "CREATE OR REPLACE TEMP TABLE unselected AS SELECT unnest(?)::USMALLINT AS snapshot",
        [snapshots],
    ).fetchall()
    _end(con)
    made = _run(con, "wanted.sql")
    fetches = "facts.fetches SEMI JOIN unselected USING (snapshot)"
    for condition in _parts(con, fetches, part):
        _view(con, "part_of_fetches", f"{fetches} WHERE {condition}")
        _run(con, "reached.sql")
    made |= _run(con, "redirects.sql")
    for condition in _parts(con, "wanted", part):
        _view(con, "part", f"wanted WHERE {condition}")
        _run(con, "selection.sql")
    con.execute("DELETE FROM conclusions.selected WHERE snapshot IN (FROM unselected)").fetchall()
    con.execute(
        "INSERT INTO conclusions.selected SELECT snapshot, ?, NULL FROM unselected", [stamp]
    ).fetchall()
    for view in ("part_of_fetches", "part"):
        con.execute(f"DROP VIEW IF EXISTS temp.{view}").fetchall()
    for table in made | {"unselected"}:
        con.execute(f"DROP TABLE temp.{table}").fetchall()


def _parts(con: duckdb.DuckDBPyConnection, rows: str, part: int) -> list[str]:
    """Return conditions for some rows, each for so many hosts, that hold for all of them."""
    found = con.execute(f"SELECT DISTINCT host // ? FROM {rows} ORDER BY 1", [part]).fetchall()  # noqa: S608
    return [f"host BETWEEN {n * part} AND {(n + 1) * part - 1}" for (n,) in found]


def _view(con: duckdb.DuckDBPyConnection, name: str, rows: str) -> None:
    con.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS FROM {rows}").fetchall()


def _run(con: duckdb.DuckDBPyConnection, name: str) -> set[str]:
    """Run a script of the rule; return the temporary tables that it makes."""
    script = (files("crawlblock.captures") / name).read_text("utf-8")
    con.execute(script).fetchall()
    return set(_MADE.findall(script))


def _look_at_texts(con: duckdb.DuckDBPyConnection, stamp: int) -> bool:
    """Store what each text is; return whether that changed for any text."""
    con.execute("CREATE OR REPLACE TEMP TABLE looked_at (text UINTEGER, body VARCHAR)").fetchall()
    for page in _pages(con, stamp):
        with registered(con, page=page):
            con.execute("INSERT INTO looked_at FROM page").fetchall()
    changed = bool(
        con.execute(
            "FROM looked_at l JOIN conclusions.bodies b ON b.text = l.text AND b.body <> l.body "
            "LIMIT 1"
        ).fetchone()
    )
    con.execute(
        "DELETE FROM conclusions.bodies WHERE text IN (SELECT text FROM looked_at)"
    ).fetchall()
    con.execute("INSERT INTO conclusions.bodies SELECT text, body, ? FROM looked_at", [stamp])
    con.execute("DROP TABLE temp.looked_at").fetchall()
    return changed


def _pages(con: duckdb.DuckDBPyConnection, stamp: int) -> Iterator[pl.DataFrame]:
    last = 0
    while rows := con.execute(_NOT_LOOKED_AT, [stamp, last, _PAGE]).fetchall():
        found = [(text, str(body_of(zlib.decompress(body)))) for text, body in rows]
        yield pl.DataFrame(found, schema={"text": pl.UInt32, "body": pl.String}, orient="row")
        last = rows[-1][0]


def _end(con: duckdb.DuckDBPyConnection) -> None:
    """Note the outcome of every kind of fetch in the unselected snapshots."""
    rows = [
        (status, ended, body, read, leads, str(_outcome(status, ended, body, read, leads)))
        for status, ended, body, read, leads in con.execute(_COMBINATIONS).fetchall()
    ]
    schema = {
        "status": pl.Int32, "ended": pl.String, "body": pl.String, "read": pl.Boolean,
        "leads": pl.Boolean, "outcome": pl.String,
    }  # fmt: skip
    with registered(con, ends=pl.DataFrame(rows, schema=schema, orient="row")):
        con.execute("INSERT INTO conclusions.endings BY NAME FROM ends").fetchall()


def _outcome(
    status: int | None, ended: str | None, body: str | None, read: bool, leads: bool
) -> str:
    return outcome_of(
        status, Ending(ended) if ended else None, Body(body) if body else None, read, leads
    )
