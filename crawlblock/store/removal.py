"""Snapshots that a user removed: their facts stay, but no view shows them."""

from dataclasses import dataclass
from datetime import datetime

import duckdb

from crawlblock.errors import InputError, did_you_mean

_KNOWN = """
SELECT s.id, s.snapshot, s.kind, s.first_capture, s.last_capture,
       (SELECT count(*) FROM facts.fetches f WHERE f.snapshot = s.id) AS fetches,
       (SELECT count(DISTINCT host) FROM facts.asked a WHERE a.snapshot = s.id) AS asked
FROM kept_snapshots s WHERE s.snapshot = ?
"""
_LAST = "SELECT id FROM removed_snapshots WHERE snapshot = ? ORDER BY removed DESC, id DESC LIMIT 1"


@dataclass(frozen=True, slots=True)
class Removable:
    """What is in a snapshot that may be removed."""

    id: int  # its number in the database
    snapshot: str
    kind: str
    first_capture: datetime | None
    last_capture: datetime | None
    fetches: int
    hosts: int  # that were asked


def removable(con: duckdb.DuckDBPyConnection, snapshot: str) -> Removable:
    """Return what a snapshot contains; raises InputError if no snapshot has that name."""
    rows = con.execute(_KNOWN, [snapshot]).fetchall()
    if rows:
        return Removable(*rows[0])
    names = [n for (n,) in con.execute("SELECT snapshot FROM kept_snapshots").fetchall()]
    hint = did_you_mean(snapshot, names) or f"there are {', '.join(sorted(names)) or 'none'}"
    raise InputError(f"{snapshot}: no such snapshot; {hint}")


def remove(con: duckdb.DuckDBPyConnection, snapshot: str, at: datetime, reason: str) -> None:
    """Remove a snapshot from all views, so that its name can be used again.

    Raises InputError if there is none of that name.
    """
    number = removable(con, snapshot).id
    con.execute(
        "INSERT INTO removed_snapshots VALUES (?, ?, ?, ?)", [number, snapshot, at, reason]
    ).fetchall()
    _rename(con, snapshot, _aside(snapshot, number))


def restore(con: duckdb.DuckDBPyConnection, snapshot: str) -> None:
    """Restore the last removed snapshot with a name.

    Raises InputError if none was, or if another one has the name now.
    """
    rows = con.execute(_LAST, [snapshot]).fetchall()
    if not rows:
        gone = con.execute("SELECT DISTINCT snapshot FROM removed_snapshots ORDER BY 1").fetchall()
        names = ", ".join(name for (name,) in gone) or "none was"
        raise InputError(f"{snapshot}: no snapshot of this name was removed; removed: {names}")
    if con.execute("FROM kept_snapshots WHERE snapshot = ?", [snapshot]).fetchall():
        raise InputError(
            f"{snapshot}: another snapshot has this name now; remove that one first, then restore"
        )
    ((number,),) = rows
    con.execute("DELETE FROM removed_snapshots WHERE id = ?", [number]).fetchall()
    _rename(con, _aside(snapshot, number), snapshot)


def removals(con: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    """Return the removed snapshots, each with the day and the reason in words."""
    return con.execute(
        "SELECT snapshot, 'removed on ' || strftime(removed, '%Y-%m-%d') || ': ' || reason "
        "FROM removed_snapshots ORDER BY removed, id"
    ).fetchall()


def _aside(snapshot: str, number: int) -> str:
    """Return the name of a removed snapshot; no name from outside contains the stroke."""
    return f"{snapshot}/removed-{number}"


def _rename(con: duckdb.DuckDBPyConnection, old: str, new: str) -> None:
    for table in ("facts.snapshots", "accepted"):
        con.execute(
            f"UPDATE {table} SET snapshot = ? WHERE snapshot = ?",  # noqa: S608
            [new, old],
        ).fetchall()
