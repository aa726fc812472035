"""Where hosts state a preference beside the rules that their rules do not follow."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

import duckdb
import polars as pl

from crawlblock.intervals import wilson
from crawlblock.model import Basis, Purpose, Restriction, Verdict
from crawlblock.robots.conflicts import ConflictKind, conflicts
from crawlblock.robots.signals import Signal

Frames = Mapping[str, pl.DataFrame]

_STATED = """
SELECT s.digest, y.policy, s.kind, s.agents, s.use, s.preference, s.value, s.path, s.line
FROM signals s JOIN payloads y USING (digest)
WHERE s.preference IN ('allow', 'disallow') AND y.policy IS NOT NULL
ORDER BY s.digest, s.line, s.use
"""
_VERDICTS = """
SELECT v.policy, v.token, v.restriction, v.basis, v.root_allowed,
       CASE v.basis WHEN 'fallback' THEN v.matched_token END
FROM verdicts v
JOIN crawlers k ON k.token = v.token AND k.ai AND k.reused IS NOT true
WHERE v.policy IN (SELECT y.policy FROM payloads y SEMI JOIN signals USING (digest))
"""
_HOSTS = """
WITH stating AS MATERIALIZED (
    SELECT c.snapshot, s.of_panel, s.first_capture, c.host, c.digest
    FROM captures c
    JOIN scopes s ON s.snapshot = c.snapshot
    WHERE c.resource = '/robots.txt' AND c.outcome = 'ok'
      AND c.digest IN (SELECT digest FROM signals WHERE preference IN ('allow', 'disallow'))
      AND (NOT s.of_panel OR s.snapshot NOT IN (FROM left_out_snapshots))
)
SELECT CASE WHEN t.of_panel THEN 'panel' ELSE 'captured' END AS population,
       http_profile() AS http_profile, t.snapshot,
       CAST(t.first_capture AS DATE) AS snapshot_date, t.digest, count(*) AS hosts
FROM stating t
SEMI JOIN hosts h ON h.of_panel = t.of_panel AND h.host = t.host
GROUP BY ALL ORDER BY ALL
"""
_COLUMNS = {
    "estimand": pl.String, "population": pl.String, "http_profile": pl.String,
    "snapshot": pl.String, "snapshot_date": pl.Date, "kind": pl.String, "conflict": pl.String,
    "n": pl.Int64, "n_unknown": pl.Int64, "n_yes": pl.Int64, "estimate": pl.Float64,
    "low": pl.Float64, "high": pl.Float64,
}  # fmt: skip


def signal_conflicts(con: duckdb.DuckDBPyConnection, _: Frames) -> pl.DataFrame:
    """Return, of the hosts that state a preference, how many have rules that do not follow it."""
    found = _by_digest(con)
    stating: dict[tuple[object, ...], int] = defaultdict(int)
    in_conflict: dict[tuple[object, ...], int] = defaultdict(int)
    for *where, digest, hosts in con.execute(_HOSTS).fetchall():
        for signal, kinds in found[digest].items():
            for kind in ConflictKind:
                stating[*where, signal, str(kind)] += hosts
                in_conflict[*where, signal, str(kind)] += hosts * (kind in kinds)
    rows = [
        (
            "as_if_sample",
            *key,
            n,
            0,
            in_conflict[key],
            in_conflict[key] / n,
            *wilson(in_conflict[key] / n, n),
        )
        for key, n in stating.items()
    ]
    frame = pl.DataFrame(rows, schema=_COLUMNS, orient="row")
    return frame.sort("population", "snapshot_date", "snapshot", "kind", "conflict")


def _by_digest(con: duckdb.DuckDBPyConnection) -> dict[str, dict[str, set[ConflictKind]]]:
    """Return the conflicts of each payload by the kind of its signals."""
    tokens = con.execute("SELECT token, purpose FROM crawlers WHERE ai").fetchall()
    crawlers = {token: Purpose(purpose) if purpose else None for token, purpose in tokens}
    verdicts: dict[str, dict[str, Verdict]] = defaultdict(dict)
    for policy, token, restriction, basis, *more in con.execute(_VERDICTS).fetchall():
        verdict = Verdict(Restriction(restriction), Basis(basis), *more)
        verdicts[policy][token] = verdict
    found: dict[str, dict[str, set[ConflictKind]]] = {}
    known: dict[tuple[object, ...], dict[str, set[ConflictKind]]] = {}
    for digest, policy, stated in _stated(con):
        key = policy, stated
        if key not in known:
            kinds: dict[str, set[ConflictKind]] = {signal.kind: set() for signal in stated}
            for one in conflicts(stated, verdicts[policy], crawlers):
                # a crawler that is kept out of some paths follows the preference in part
                if (
                    one.kind is ConflictKind.OVERRULED
                    or one.verdict.restriction is Restriction.NONE
                ):
                    kinds[one.signal.kind].add(one.kind)
            known[key] = kinds
        found[digest] = known[key]
    return found


def _stated(con: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, str, tuple[Signal, ...]]]:
    texts: dict[tuple[str, str], list[Signal]] = defaultdict(list)
    for digest, policy, kind, agents, *rest in con.execute(_STATED).fetchall():
        texts[digest, policy].append(Signal(kind, tuple(agents), *rest))
    for (digest, policy), stated in texts.items():
        yield digest, policy, tuple(stated)
