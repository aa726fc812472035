"""The conclusions drawn from the facts, and the runs that drew them."""

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime
from typing import TypeAlias

import duckdb
import polars as pl

from crawlblock.errors import InputError
from crawlblock.model import Crawler, Payload, Verdict
from crawlblock.registry import Break
from crawlblock.robots.authorship import Authorship, Template
from crawlblock.robots.signals import Signal
from crawlblock.store.facts import Facts, count_rows
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
_TEMPLATE_SCHEMA = pl.Schema(
    {
        "template": pl.String,
        "title": pl.String,
        "vendor": pl.String,
        "kind": pl.String,
        "act": pl.String,
        "evidence": pl.String,
        "source": pl.String,
    }
)
_VERDICT_SCHEMA = pl.Schema(
    {
        "policy": pl.String,
        "token": pl.String,
        "restriction": pl.String,
        "basis": pl.String,
        "root_allowed": pl.Boolean,
        "authored_by": pl.String,
        "decision": pl.String,
    }
)
_JUDGED_SCHEMA = pl.Schema(
    {
        "digest": pl.String,
        "policy": pl.String,
        "ambiguous_group": pl.Boolean,
        "template": pl.String,
    }
)
_SIGNAL_SCHEMA = pl.Schema(
    {
        "digest": pl.String(),
        "kind": pl.String(),
        "agents": pl.List(pl.String()),
        "use": pl.String(),
        "wish": pl.String(),
        "value": pl.String(),
        "path": pl.String(),
        "line": pl.Int32(),
    }
)

Ruling: TypeAlias = tuple[Verdict, Authorship]


@dataclass(frozen=True, slots=True)
class Judged:
    """What a payload was found to mean and to state."""

    digest: str
    policy: str
    ambiguous_group: bool
    templates: str | None  # those whose marks stand in it, with commas
    signals: tuple[Signal, ...]


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


class Store(Facts):
    """The facts and conclusions of a database; each method is one transaction."""

    # Conclusions

    def set_registry(
        self,
        crawlers: Sequence[Crawler],
        breaks: Sequence[Break],
        templates: Sequence[Template],
    ) -> None:
        """Store what the registry knows, and the crawler `*`, in place of what was stored."""
        rows = [{name: getattr(c, name) for name in _CRAWLER_SCHEMA} for c in crawlers]
        rows.append({**dict.fromkeys(_CRAWLER_SCHEMA), "token": "*", "ai": False})
        events = [{name: getattr(b, name) for name in _BREAK_SCHEMA} for b in breaks]
        texts = [
            {
                "template": t.id, "title": t.title, "vendor": t.vendor, "kind": t.kind,
                "act": t.act, "evidence": t.evidence, "source": t.source,
            }
            for t in templates
        ]  # fmt: skip
        with self.transaction() as con:
            _replace(con, "templates", pl.DataFrame(texts, schema=_TEMPLATE_SCHEMA))
            _replace(con, "crawlers", pl.DataFrame(rows, schema=_CRAWLER_SCHEMA))
            _replace(con, "breaks", pl.DataFrame(events, schema=_BREAK_SCHEMA))

    def pending_payloads(self, registry: str, limit: int) -> list[Payload]:
        """Return payloads not yet judged with this registry, at most `limit`.

        Where scans kept texts, each stands for the payloads that have it, by its own digest.
        """
        with self.transaction() as con:
            rows = con.execute(
                "SELECT y.digest, y.body FROM (SELECT digest, body, policy FROM payloads "
                "WHERE text IS NULL UNION ALL SELECT text, rules, policy FROM texts) y "
                "LEFT JOIN policies p ON p.policy = y.policy AND p.registry = ? "
                "WHERE p.policy IS NULL LIMIT ?",
                [registry, limit],
            ).fetchall()
        return [Payload(digest, zlib.decompress(body)) for digest, body in rows]

    def add_judged(
        self,
        registry: str,
        policies: Mapping[str, Mapping[str, Ruling]],
        judged: Sequence[Judged],
    ) -> None:
        """Store verdicts by policy, and what payloads mean and state."""
        verdicts = [
            (policy, token, str(v.restriction), str(v.basis), v.root_allowed, t.author, t.decision)
            for policy, rulings in policies.items()
            for token, (v, t) in rulings.items()
        ]
        payloads = [(j.digest, j.policy, j.ambiguous_group, j.templates) for j in judged]
        stated = [
            (j.digest, s.kind, list(s.agents), s.use, s.wish, s.value, s.path, s.line)
            for j in judged
            for s in j.signals
        ]
        with self.transaction() as con:
            for name, rows, schema in (
                ("batch", verdicts, _VERDICT_SCHEMA),
                ("judged", payloads, _JUDGED_SCHEMA),
                ("stated", stated, _SIGNAL_SCHEMA),
            ):
                con.register(name, ArrowStream(pl.DataFrame(rows, schema, orient="row")))
            con.execute(
                "INSERT INTO verdicts BY NAME SELECT * FROM batch ANTI JOIN policies USING (policy)"
            ).fetchall()
            con.execute(
                "INSERT INTO policies SELECT DISTINCT policy, ? FROM judged ON CONFLICT DO NOTHING",
                [registry],
            ).fetchall()
            for table, key in (("payloads", "digest"), ("texts", "text")):
                con.execute(
                    f"UPDATE {table} SET policy = j.policy, "  # noqa: S608
                    "ambiguous_group = j.ambiguous_group, template = j.template "
                    f"FROM judged j WHERE j.digest = {table}.{key}"
                ).fetchall()
            con.execute(
                "DELETE FROM signals WHERE digest IN (SELECT digest FROM judged)"
            ).fetchall()
            con.execute("INSERT INTO signals BY NAME FROM stated").fetchall()

    def pass_to_payloads(self) -> None:
        """Give the payloads of texts what their texts were found to mean."""
        with self.transaction() as con:
            con.execute(
                "UPDATE payloads SET policy = t.policy, ambiguous_group = t.ambiguous_group, "
                "template = t.template FROM texts t "
                "WHERE t.text = payloads.text AND t.policy IS DISTINCT FROM payloads.policy"
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

    def holdings(self) -> dict[str, object]:
        """Return what there is to make claims of: counts of what only grows, hashes of the rest."""
        with self.transaction() as con:
            counts: dict[str, object] = {t: count_rows(con, t) for t in ("captures", "payloads")}
            for table in (
                "current_panel",
                "weights",
                "crawlers",
                "templates",
                "breaks",
                "accepted",
            ):
                rows = con.execute(
                    f"SELECT CAST(bit_xor(hash(t)) AS VARCHAR) FROM {table} t"  # noqa: S608
                ).fetchall()
                counts[table] = rows[0][0]
        return counts

    def suspects(self) -> dict[str, str]:
        """Return the snapshots that look like a fault rather than news, with the reason."""
        with self.transaction() as con:
            return dict(con.execute("FROM suspect_snapshots ORDER BY snapshot").fetchall())

    def accept(self, snapshot: str, at: datetime, reason: str) -> None:
        """Count a suspect snapshot all the same; raises InputError if it is not one."""
        with self.transaction() as con:
            suspects = dict(con.execute("FROM suspect_snapshots").fetchall())
            if snapshot not in suspects:
                known = ", ".join(sorted(suspects)) or "none is"
                raise InputError(f"{snapshot}: not a suspect snapshot; suspect: {known}")
            con.execute("INSERT INTO accepted VALUES (?, ?, ?)", [snapshot, at, reason]).fetchall()

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
