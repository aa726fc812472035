"""The state of a database, for people and health checks."""

from dataclasses import dataclass
from datetime import datetime

import duckdb

from crawlblock.store.conclusions import count_pending, extra_files
from crawlblock.store.removal import removals

ENDED_WELL = ("ok", "nothing new")  # results of runs


@dataclass(frozen=True, slots=True)
class Status:
    """What a database contains and how its last runs ended."""

    panel: str | None
    members: int
    snapshots: int
    newest_snapshot: str | None
    newest_capture: datetime | None  # UTC
    captures: int
    payloads: int
    payloads_pending: int  # not judged with today's registry and rules
    incomplete: tuple[str, ...]  # snapshots that have not asked all of the panel
    suspect: tuple[str, ...]  # snapshots that look like a fault, not a real change
    removed: tuple[str, ...]  # snapshots that a user removed, each with the reason
    unread: int  # places in the files of scans that could not be read
    extra: tuple[str, ...]  # user's files that the texts were judged with, each with its digest
    runs: tuple["LastRun", ...]

    @property
    def healthy(self) -> bool:
        """Tell whether the last runs ended well, all is judged and the newest snapshot is sound.

        A successful update cancels earlier failures, because it does all pending work.
        """
        mended = max(
            (r.started for r in self.runs if r.command == "update" and r.well), default=None
        )
        ended_well = all(r.well or (mended and r.started < mended) for r in self.runs)
        return ended_well and not self.payloads_pending and self.newest_snapshot not in self.suspect


@dataclass(frozen=True, slots=True)
class LastRun:
    """The last run of a command."""

    command: str
    started: datetime  # UTC
    ended: datetime  # UTC
    requests: int
    bytes: int
    result: str  # ok, or the message it ended with

    @property
    def well(self) -> bool:
        """Tell whether it did all of its work."""
        return self.result in ENDED_WELL


def status(con: duckdb.DuckDBPyConnection) -> Status:
    """Return the state of an open database."""
    ((panel, members, snapshots, newest, captured, captures, payloads),) = con.execute(
        "SELECT (SELECT max(panel) FROM current_panel), (SELECT count(*) FROM current_panel), "
        "(SELECT count(*) FROM snapshots), "
        "(SELECT arg_max(snapshot, first_capture) FROM snapshots), "
        "(SELECT max(fetch_time) FROM captures), (SELECT count(*) FROM captures), "
        "(SELECT count(*) FROM payloads)"
    ).fetchall()
    ((unread,),) = con.execute("SELECT coalesce(sum(faults), 0)::BIGINT FROM scans").fetchall()
    pending = count_pending(con)
    incomplete = con.execute("SELECT snapshot FROM incomplete_snapshots ORDER BY 1").fetchall()
    suspect = con.execute("SELECT snapshot FROM suspect_snapshots ORDER BY 1").fetchall()
    runs = con.execute(
        "SELECT command, started, ended, requests, bytes, result FROM runs "
        "QUALIFY row_number() OVER (PARTITION BY command ORDER BY started DESC) = 1 "
        "ORDER BY started DESC"
    ).fetchall()
    return Status(
        panel=panel,
        members=members,
        snapshots=snapshots,
        newest_snapshot=newest,
        newest_capture=captured,
        captures=captures,
        payloads=payloads,
        payloads_pending=pending,
        incomplete=tuple(name for (name,) in incomplete),
        suspect=tuple(name for (name,) in suspect),
        removed=tuple(f"{name}, {why}" for name, why in removals(con)),
        unread=unread,
        extra=tuple(f"{file} {digest}" for file, digest in extra_files(con)),
        runs=tuple(LastRun(*run) for run in runs),
    )
