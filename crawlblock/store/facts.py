"""The facts of a database: hosts to follow, and fetches; only added to, never changed."""

import zlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import astuple
from datetime import date, datetime

import duckdb
import polars as pl

from crawlblock.captures.frames import Batch
from crawlblock.errors import InputError
from crawlblock.model import Fetch, Member, SnapshotKind
from crawlblock.outcome import Ending
from crawlblock.sampling import Strata
from crawlblock.store.database import DatabaseFile
from crawlblock.store.insert import add_batch, count_rows
from crawlblock.store.relations import registered

_MEMBER_SCHEMA = pl.Schema(
    {
        "panel": pl.String,
        "domain": pl.String,
        "host": pl.String,
        "fallback_host": pl.String,
        "stratum": pl.String,
        "rank": pl.Int64,
        "weight": pl.Float64,
        "position": pl.Int64,
    }
)
_FURTHER_SCHEMA = pl.Schema(dict.fromkeys(("domain", "column_name", "value"), pl.String))
_ANSWERS = """
SELECT s.snapshot, h.host, f.resource, f.secure, f.url, f.hops, f.fetch_time, f.status, f.ended,
       f.reason, f.read, f.redirect, p.digest, f.headers, w.warc_file, f.warc_offset, f.warc_length
FROM facts.fetches f
JOIN facts.snapshots s ON s.id = f.snapshot
JOIN facts.hosts h ON h.id = f.host
JOIN facts.warc_files w ON w.id = f.warc_file
LEFT JOIN facts.payloads p ON p.id = f.payload
WHERE s.snapshot = ? ORDER BY f.fetch_time DESC, h.host LIMIT ?
"""
_PAGE = 100_000  # rows read at a time


class Facts:
    """What was collected; each method is one transaction."""

    def __init__(self, database: DatabaseFile) -> None:
        """Take the database."""
        self._database = database

    def add_panel(
        self, panel: str, frame: str, seed: str | None, sampled: datetime, members: Sequence[Member]
    ) -> int:
        """Store a panel, replacing one with the same name; return how many members are new.

        Its further columns are removed, see `add_panel_columns`.  The captures of members that
        leave stay: they are facts.
        """
        rows = pl.DataFrame(map(astuple, members), _MEMBER_SCHEMA, orient="row")
        with self._database.transaction() as con:
            self._reject_census(con)
            con.execute(
                "INSERT INTO panels VALUES (?, ?, ?, ?) ON CONFLICT (panel) DO UPDATE "
                "SET frame = excluded.frame, seed = excluded.seed, sampled = excluded.sampled",
                [panel, frame, seed, sampled],
            ).fetchall()
            with registered(con, batch=rows):
                con.execute(
                    "DELETE FROM panel WHERE panel = ? AND (domain, host) NOT IN "
                    "(SELECT (domain, host) FROM batch)",
                    [panel],
                ).fetchall()
                con.execute("DELETE FROM panel_columns WHERE panel = ?", [panel]).fetchall()
                kept = count_rows(con, "panel")
                # A larger sample changes the weights of the members that stay.
                con.execute(
                    "INSERT INTO panel BY NAME SELECT * FROM batch ON CONFLICT DO UPDATE "
                    "SET weight = excluded.weight, stratum = excluded.stratum, "
                    "rank = excluded.rank, position = excluded.position, "
                    "fallback_host = excluded.fallback_host"
                ).fetchall()
            return count_rows(con, "panel") - kept

    def add_panel_columns(self, panel: str, further: Sequence[tuple[str, str, str]]) -> None:
        """Store the further columns of a panel's list: domain, column and value."""
        rows = pl.DataFrame(further, _FURTHER_SCHEMA, orient="row")
        with self._database.transaction() as con, registered(con, batch=rows):
            con.execute(
                "INSERT INTO panel_columns SELECT ?, domain, column_name, value FROM batch", [panel]
            ).fetchall()

    def add_frame(self, panel: str, strata: Strata) -> None:
        """Store the domains that a panel was sampled from, replacing those stored before."""
        with self._database.transaction() as con:
            con.execute("DELETE FROM frames WHERE panel = ?", [panel]).fetchall()
            for stratum, domains in strata:
                with registered(
                    con, batch=pl.DataFrame({"domain": domains}, {"domain": pl.String})
                ):
                    con.execute(
                        "INSERT INTO frames SELECT ?, ?, domain FROM batch", [panel, stratum]
                    ).fetchall()

    def weighed(self) -> list[tuple[str, str]]:
        """Return the corpora and units for which domains have weights."""
        with self._database.reading() as con:
            return con.execute(
                "SELECT DISTINCT corpus, unit "
                "FROM (FROM weights UNPIVOT (amount FOR unit IN (pages, bytes, tokens))) "
                "WHERE domain <> '*' AND amount > 0 ORDER BY ALL"
            ).fetchall()

    def sizes(self, corpus: str, unit: str) -> Iterator[tuple[str, int]]:
        """Yield the domains of a corpus with their part of it, in pages, bytes or tokens."""
        with self._database.reading() as con:
            found = con.execute(
                "SELECT domain, amount "
                "FROM (FROM weights UNPIVOT (amount FOR unit IN (pages, bytes, tokens))) "
                "WHERE corpus = ? AND unit = ? AND domain <> '*' AND amount > 0",
                [corpus, unit],
            )
            while rows := found.fetchmany(_PAGE):
                yield from rows

    def members(self, panel: str | None = None) -> list[Member]:
        """Return the members of a panel, of the newest one by default."""
        with self._database.transaction() as con:
            rows = con.execute(
                "SELECT panel, domain, host, fallback_host, stratum, rank, weight, position "
                "FROM panel WHERE panel = coalesce(?, (SELECT max(panel) FROM current_panel)) "
                "ORDER BY stratum, position, domain, host",
                [panel],
            ).fetchall()
        return [Member(*row) for row in rows]

    def followed(self, panel: str | None = None) -> list[Member]:
        """Return the members of a panel; raises InputError if there are none."""
        found = self.members(panel)
        if not found:
            raise InputError(
                f"{self._database.path}: the panel {panel or ''} is empty; make one with "
                "crawlblock sample"
            )
        return found

    def add_snapshot(
        self, snapshot: str, kind: SnapshotKind, first: datetime | None, last: datetime | None
    ) -> None:
        """Add a snapshot if it is new."""
        with self._database.transaction() as con:
            con.execute(
                "INSERT INTO facts.snapshots SELECT (SELECT coalesce(max(id), 0) + 1 "
                "FROM facts.snapshots), ?, ?, ?, ? ON CONFLICT DO NOTHING",
                [snapshot, str(kind), first, last],
            ).fetchall()

    def add(self, batch: Batch, kind: SnapshotKind) -> int:
        """Add facts that are not stored yet; return how many hosts were not asked before.

        Snapshots that are not known are added with the times of their fetches.
        """
        with self._database.transaction() as con:
            self._reject_census(con)
            return add_batch(con, batch, kind)

    def _reject_census(self, con: duckdb.DuckDBPyConnection) -> None:
        if count_rows(con, "facts.scans"):
            raise InputError(
                f"{self._database.path}: holds a census, all of it of scans; use another --db"
            )

    def add_weights(self, weights: pl.DataFrame) -> None:
        """Store how much of each corpus comes from each domain, replacing what was stored for it.

        There is one row per domain and corpus, with the table's columns; `*` is the whole corpus.
        """
        with self._database.transaction() as con, registered(con, batch=weights):
            con.execute(
                "DELETE FROM weights WHERE corpus IN (SELECT corpus FROM batch) "
                "AND (domain, corpus) NOT IN (SELECT (domain, corpus) FROM batch)"
            ).fetchall()
            con.execute(
                "INSERT INTO weights BY NAME SELECT * FROM batch ON CONFLICT DO UPDATE "
                "SET pages = excluded.pages, bytes = excluded.bytes, tokens = excluded.tokens"
            ).fetchall()

    def set_ranks(self, ranks: pl.DataFrame) -> None:
        """Store a ranking (domain, rank), replacing the stored one."""
        with self._database.transaction() as con, registered(con, batch=ranks):
            con.execute("DELETE FROM ranks").fetchall()
            con.execute("INSERT INTO ranks BY NAME FROM batch").fetchall()

    def snapshots(self) -> set[str]:
        """Return the names of all snapshots."""
        with self._database.transaction() as con:
            return {s for (s,) in con.execute("SELECT snapshot FROM snapshots").fetchall()}

    def removed(self) -> set[str]:
        """Return the names of removed snapshots that no other snapshot has taken since."""
        with self._database.transaction() as con:
            rows = con.execute(
                "SELECT snapshot FROM removed_snapshots ANTI JOIN snapshots USING (snapshot)"
            ).fetchall()
        return {snapshot for (snapshot,) in rows}

    def newest_live(self, since: datetime, until: datetime) -> str | None:
        """Return the last live snapshot begun between two times, after the panel was sampled.

        Snapshots dated by a clock that was ahead are left out.
        """
        with self._database.transaction() as con:
            rows = con.execute(
                "SELECT snapshot FROM snapshots WHERE kind = 'live' AND first_capture >= "
                "greatest(?, (SELECT date_trunc('second', max(sampled)) FROM panels)) "
                "AND first_capture <= ? ORDER BY first_capture DESC, snapshot LIMIT 1",
                [since, until],
            ).fetchall()
        return str(rows[0][0]) if rows else None

    def newest_capture(self) -> tuple[str, datetime] | None:
        """Return the snapshot of the archive or of a live run that ended last, and when it did.

        Imports are dated by their files, so they say nothing of this machine's clock.
        """
        with self._database.transaction() as con:
            rows = con.execute(
                "SELECT snapshot, last_capture FROM snapshots WHERE kind <> 'import' AND "
                "last_capture IS NOT NULL ORDER BY last_capture DESC, snapshot LIMIT 1"
            ).fetchall()
        return rows[0] if rows else None

    def hosts_asked(self, snapshot: str) -> set[str]:
        """Return the hosts whose robots.txt was requested in a snapshot, whatever the outcome."""
        with self._database.transaction() as con:
            rows = con.execute(
                "SELECT h.host FROM facts.asked a JOIN facts.hosts h ON h.id = a.host "
                "JOIN facts.snapshots s ON s.id = a.snapshot "
                "WHERE s.snapshot = ? AND a.resource = '/robots.txt'",
                [snapshot],
            ).fetchall()
        return {host for (host,) in rows}

    def days_followed(self) -> dict[str, list[tuple[date, date]]]:
        """Return the first and last days for those hosts for which the panel's list has any."""
        with self._database.transaction() as con:
            rows = con.execute(
                "SELECT host, since, until FROM list_cells WHERE isfinite(since) OR isfinite(until)"
            ).fetchall()
        days: dict[str, list[tuple[date, date]]] = {}
        for host, since, until in rows:
            days.setdefault(host, []).append((since, until))
        return days

    def latest(self, snapshot: str, most: int) -> list[Fetch]:
        """Return the newest fetches of a snapshot that have a record, the oldest first."""
        with self._database.transaction() as con:
            found = con.execute(_ANSWERS, [snapshot, most])
            names = [str(column[0]) for column in found.description or ()]
            rows = [dict(zip(names, row, strict=True)) for row in reversed(found.fetchall())]
        return [Fetch(**row | {"ended": Ending(row["ended"]) if row["ended"] else None})
                for row in rows]  # fmt: skip

    def texts_of(self, digests: Collection[str]) -> dict[str, bytes]:
        """Return the bytes of the payloads, where they are stored."""
        asked = pl.DataFrame({"digest": list(digests)}, schema={"digest": pl.String})
        with self._database.transaction() as con, registered(con, asked=asked):
            rows = con.execute(
                "SELECT p.digest, t.body FROM facts.payloads p SEMI JOIN asked USING (digest) "
                "JOIN facts.texts t ON t.id = p.text"
            ).fetchall()
        return {digest: zlib.decompress(body) for digest, body in rows}
