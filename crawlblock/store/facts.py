"""The facts of a database: whom to follow, and what was captured; never changed, only added to."""

import zlib
from collections.abc import Collection, Sequence
from dataclasses import astuple, fields, replace
from datetime import datetime

import duckdb
import polars as pl

from crawlblock.errors import InputError
from crawlblock.model import Capture, Member, Outcome, Payload, SnapshotKind
from crawlblock.store.database import Database
from crawlblock.store.frames import ArrowStream

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


class Facts(Database):
    """What was collected; each method is one transaction."""

    def add_panel(
        self, panel: str, frame: str, seed: str | None, drawn: datetime, members: Sequence[Member]
    ) -> int:
        """Store a panel in place of one of that name; return how many members are new.

        The captures of those who leave it stay: they are facts.
        """
        rows = pl.DataFrame(map(astuple, members), _MEMBER_SCHEMA, orient="row")
        with self.transaction() as con:
            self._refuse_census(con)
            con.execute(
                "INSERT INTO panels VALUES (?, ?, ?, ?) ON CONFLICT (panel) DO UPDATE "
                "SET frame = excluded.frame, seed = excluded.seed, drawn = excluded.drawn",
                [panel, frame, seed, drawn],
            ).fetchall()
            con.register("batch", ArrowStream(rows))
            con.execute(
                "DELETE FROM panel WHERE panel = ? AND (domain, host) NOT IN "
                "(SELECT (domain, host) FROM batch)",
                [panel],
            ).fetchall()
            kept = count_rows(con, "panel")
            # A larger draw changes the weights of those who stay.
            con.execute(
                "INSERT INTO panel BY NAME SELECT * FROM batch ON CONFLICT DO UPDATE "
                "SET weight = excluded.weight, stratum = excluded.stratum, rank = excluded.rank, "
                "position = excluded.position"
            ).fetchall()
            return count_rows(con, "panel") - kept

    def members(self, panel: str | None = None) -> list[Member]:
        """Return the members of a panel, of the one drawn last by default."""
        with self.transaction() as con:
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
                f"{self.path}: the panel {panel or ''} is empty; draw one with crawlblock sample"
            )
        return found

    def add_snapshot(
        self, snapshot: str, kind: SnapshotKind, first: datetime | None, last: datetime | None
    ) -> None:
        """Add a snapshot if it is new."""
        with self.transaction() as con:
            con.execute(
                "INSERT INTO snapshots VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
                [snapshot, str(kind), first, last],
            ).fetchall()

    def add_captures(
        self, captures: pl.DataFrame, payloads: Sequence[Payload], kind: SnapshotKind
    ) -> int:
        """Add captures with their payloads, leaving out what is stored; return how many are new.

        Snapshots that are not known are added with the times of their captures.
        """
        bodies = pl.DataFrame(
            {
                "digest": [payload.digest for payload in payloads],
                "bytes": [len(payload.body) for payload in payloads],
                "body": [zlib.compress(payload.body, 6) for payload in payloads],
            },
            schema={"digest": pl.String, "bytes": pl.Int64, "body": pl.Binary},
        )
        with self.transaction() as con:
            self._refuse_census(con)
            con.register("bodies", ArrowStream(bodies))
            con.execute(
                "INSERT INTO payloads BY NAME SELECT * FROM bodies ON CONFLICT DO NOTHING"
            ).fetchall()
            con.register("batch", ArrowStream(captures))
            new = con.execute(
                "INSERT INTO captures BY NAME SELECT * FROM batch ON CONFLICT DO NOTHING"
            ).fetchall()
            if kind is not SnapshotKind.CRAWL:
                _refresh_snapshots(con, kind)
        return int(new[0][0])

    def _refuse_census(self, con: duckdb.DuckDBPyConnection) -> None:
        if count_rows(con, "scans"):
            raise InputError(f"{self.path}: holds a census, all of it of scans; use another --db")

    def add_weights(self, weights: pl.DataFrame) -> None:
        """Store how much of corpora comes from domains, each corpus in place of what was stored.

        One row per domain and corpus, with the columns of the table; `*` is all of the corpus.
        """
        with self.transaction() as con:
            con.register("batch", ArrowStream(weights))
            con.execute(
                "DELETE FROM weights WHERE corpus IN (SELECT corpus FROM batch) "
                "AND (domain, corpus) NOT IN (SELECT (domain, corpus) FROM batch)"
            ).fetchall()
            con.execute(
                "INSERT INTO weights BY NAME SELECT * FROM batch ON CONFLICT DO UPDATE "
                "SET pages = excluded.pages, bytes = excluded.bytes, tokens = excluded.tokens"
            ).fetchall()

    def set_ranks(self, ranks: pl.DataFrame) -> None:
        """Store a ranking (domain, rank) in place of the one that was stored."""
        with self.transaction() as con:
            con.register("batch", ArrowStream(ranks))
            con.execute("DELETE FROM ranks").fetchall()
            con.execute("INSERT INTO ranks BY NAME FROM batch").fetchall()

    def snapshots(self) -> set[str]:
        """Return the names of all snapshots."""
        with self.transaction() as con:
            return {s for (s,) in con.execute("SELECT snapshot FROM snapshots").fetchall()}

    def newest_live(self, since: datetime) -> str | None:
        """Return the live snapshot begun last, since a time and since the panel was drawn."""
        with self.transaction() as con:
            rows = con.execute(
                "SELECT snapshot FROM snapshots WHERE kind = 'live' AND first_capture >= "
                "greatest(?, (SELECT date_trunc('second', max(drawn)) FROM panels)) "
                "ORDER BY first_capture DESC, snapshot LIMIT 1",
                [since],
            ).fetchall()
        return str(rows[0][0]) if rows else None

    def hosts_captured(self, snapshot: str) -> set[str]:
        """Return the hosts whose robots.txt was asked for in a snapshot, whatever came of it."""
        with self.transaction() as con:
            rows = con.execute(
                "SELECT host FROM captures WHERE snapshot = ? AND resource = '/robots.txt'",
                [snapshot],
            ).fetchall()
        return {host for (host,) in rows}

    def latest(self, snapshot: str, most: int) -> list[Capture]:
        """Return the newest captures of a snapshot's robots.txt with a record, the oldest first."""
        columns = ", ".join(field.name for field in fields(Capture))
        with self.transaction() as con:
            rows = con.execute(
                f"SELECT {columns} FROM captures WHERE snapshot = ? "  # noqa: S608
                "AND resource = '/robots.txt' AND warc_file IS NOT NULL "
                "ORDER BY fetch_time DESC, host LIMIT ?",
                [snapshot, most],
            ).fetchall()
        found = [Capture(*row) for row in reversed(rows)]
        return [replace(capture, outcome=Outcome(capture.outcome)) for capture in found]

    def known_outcomes(self, digests: Collection[str]) -> dict[str, str]:
        """Return the outcome (ok or not_robots) of each of the digests whose payload is stored."""
        asked = pl.DataFrame({"digest": list(digests)}, schema={"digest": pl.String})
        with self.transaction() as con:
            con.register("asked", ArrowStream(asked))
            rows = con.execute(
                "SELECT digest, any_value(c.outcome) FROM captures c SEMI JOIN asked "
                "USING (digest) GROUP BY digest"
            ).fetchall()
        return dict(rows)


def _refresh_snapshots(con: duckdb.DuckDBPyConnection, kind: SnapshotKind) -> None:
    con.execute(
        "INSERT INTO snapshots SELECT snapshot, ?, min(fetch_time), max(fetch_time) FROM captures "
        "SEMI JOIN batch USING (snapshot) GROUP BY snapshot ON CONFLICT DO UPDATE "
        "SET first_capture = excluded.first_capture, last_capture = excluded.last_capture "
        "WHERE snapshots.kind <> 'crawl'",
        [str(kind)],
    ).fetchall()


def count_rows(con: duckdb.DuckDBPyConnection, table: str) -> int:
    """Return how many rows a table has."""
    return int(con.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0])  # noqa: S608
