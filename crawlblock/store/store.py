"""What is stored, and what is asked of it; everything goes in in batches."""

import json
import zlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime

import duckdb
import polars as pl

from crawlblock.model import Crawler, Member, Payload, SnapshotKind, Verdict
from crawlblock.registry import Break
from crawlblock.store.database import Database
from crawlblock.store.frames import ArrowStream

_CRAWLER_SCHEMA = pl.Schema(
    {
        "token": pl.String,
        "operator": pl.String,
        "purpose": pl.String,
        "openness": pl.String,
        "ai": pl.Boolean,
        "documented_since": pl.Date,
        "retired": pl.Date,
        "url": pl.String,
    }
)


_BREAK_SCHEMA = pl.Schema(
    {"id": pl.String, "date": pl.Date, "crawl": pl.String, "title": pl.String, "effect": pl.String}
)


@dataclass(frozen=True, slots=True)
class Run:
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


class Store(Database):
    """The facts and conclusions of a database; each method is one transaction."""

    # Facts

    def add_panel(
        self, panel: str, frame: str, seed: str | None, drawn: datetime, members: Sequence[Member]
    ) -> int:
        """Store a panel in place of one of that name; return how many members are new.

        The captures of those who leave it stay: they are facts.
        """
        rows = pl.DataFrame(
            [astuple(member) for member in members],
            schema={
                "panel": pl.String,
                "domain": pl.String,
                "host": pl.String,
                "fallback_host": pl.String,
                "stratum": pl.String,
                "rank": pl.Int64,
                "weight": pl.Float64,
                "position": pl.Int64,
            },
            orient="row",
        )
        with self.transaction() as con:
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
            kept = _count(con, "panel")
            # A larger draw changes the weights of those who stay.
            con.execute(
                "INSERT INTO panel BY NAME SELECT * FROM batch ON CONFLICT DO UPDATE "
                "SET weight = excluded.weight, stratum = excluded.stratum, rank = excluded.rank, "
                "position = excluded.position"
            ).fetchall()
            return _count(con, "panel") - kept

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

    def hosts_captured(self, snapshot: str) -> set[str]:
        """Return the hosts that have a capture in a snapshot, whatever its outcome."""
        with self.transaction() as con:
            rows = con.execute(
                "SELECT host FROM captures WHERE snapshot = ?", [snapshot]
            ).fetchall()
        return {host for (host,) in rows}

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

    # Conclusions

    def set_registry(self, crawlers: Sequence[Crawler], breaks: Sequence[Break]) -> None:
        """Store what the registry knows, and the crawler `*`, in place of what was stored."""
        rows = [{name: getattr(c, name) for name in _CRAWLER_SCHEMA} for c in crawlers]
        rows.append({**dict.fromkeys(_CRAWLER_SCHEMA), "token": "*", "ai": False})
        events = [{name: getattr(b, name) for name in _BREAK_SCHEMA} for b in breaks]
        with self.transaction() as con:
            _replace(con, "crawlers", pl.DataFrame(rows, schema=_CRAWLER_SCHEMA))
            _replace(con, "breaks", pl.DataFrame(events, schema=_BREAK_SCHEMA))

    def pending_payloads(self, registry: str, limit: int) -> list[Payload]:
        """Return payloads not yet judged with this registry, at most `limit`."""
        with self.transaction() as con:
            rows = con.execute(
                "SELECT y.digest, y.body FROM payloads y "
                "LEFT JOIN policies p ON p.policy = y.policy AND p.registry = ? "
                "WHERE p.policy IS NULL LIMIT ?",
                [registry, limit],
            ).fetchall()
        return [Payload(digest, zlib.decompress(body)) for digest, body in rows]

    def add_policies(
        self,
        registry: str,
        policies: Mapping[str, Mapping[str, Verdict]],
        judged: Sequence[tuple[str, str, bool]],
    ) -> None:
        """Store verdicts by policy, and what was judged: digest, policy, ambiguous_group."""
        verdicts = [
            (policy, token, str(v.restriction), str(v.basis), v.root_allowed)
            for policy, vector in policies.items()
            for token, v in vector.items()
        ]
        verdict_columns = {
            "policy": pl.String, "token": pl.String, "restriction": pl.String, "basis": pl.String,
            "root_allowed": pl.Boolean,
        }  # fmt: skip
        judged_columns = {"digest": pl.String, "policy": pl.String, "ambiguous_group": pl.Boolean}
        with self.transaction() as con:
            con.register(
                "batch", ArrowStream(pl.DataFrame(verdicts, verdict_columns, orient="row"))
            )
            con.register("judged", ArrowStream(pl.DataFrame(judged, judged_columns, orient="row")))
            con.execute(
                "INSERT INTO verdicts BY NAME SELECT * FROM batch ANTI JOIN policies USING (policy)"
            ).fetchall()
            con.execute(
                "INSERT INTO policies SELECT DISTINCT policy, ? FROM judged ON CONFLICT DO NOTHING",
                [registry],
            ).fetchall()
            con.execute(
                "UPDATE payloads SET policy = j.policy, ambiguous_group = j.ambiguous_group "
                "FROM judged j WHERE j.digest = payloads.digest"
            ).fetchall()

    def drop_other_policies(self, registry: str) -> None:
        """Remove the policies that were judged with another registry."""
        with self.transaction() as con:
            con.execute(
                "DELETE FROM verdicts WHERE policy IN "
                "(SELECT policy FROM policies WHERE registry <> ?)",
                [registry],
            ).fetchall()
            con.execute("DELETE FROM policies WHERE registry <> ?", [registry]).fetchall()

    # Operation

    def add_run(self, run: Run) -> None:
        """Note a run."""
        row = [json.dumps(v, default=str) if isinstance(v, dict) else v for v in astuple(run)]
        with self.transaction() as con:
            marks = ", ".join("?" * len(row))
            con.execute(f"INSERT INTO runs VALUES ({marks})", row).fetchall()  # noqa: S608


def _replace(con: duckdb.DuckDBPyConnection, table: str, rows: pl.DataFrame) -> None:
    """Give a table these rows, touching it only if it has others."""
    con.register("batch", ArrowStream(rows))
    ((changed,),) = con.execute(
        f"SELECT count(*) FROM ((FROM batch EXCEPT FROM {table}) "  # noqa: S608
        f"UNION ALL (FROM {table} EXCEPT FROM batch))"
    ).fetchall()
    if changed:
        con.execute(f"DELETE FROM {table}").fetchall()  # noqa: S608
        con.execute(f"INSERT INTO {table} BY NAME SELECT * FROM batch").fetchall()  # noqa: S608


def _refresh_snapshots(con: duckdb.DuckDBPyConnection, kind: SnapshotKind) -> None:
    con.execute(
        "INSERT INTO snapshots SELECT snapshot, ?, min(fetch_time), max(fetch_time) FROM captures "
        "SEMI JOIN batch USING (snapshot) GROUP BY snapshot ON CONFLICT DO UPDATE "
        "SET first_capture = excluded.first_capture, last_capture = excluded.last_capture "
        "WHERE snapshots.kind <> 'crawl'",
        [str(kind)],
    ).fetchall()


def _count(con: duckdb.DuckDBPyConnection, table: str) -> int:
    return int(con.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0])  # noqa: S608
