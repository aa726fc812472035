"""Where hosts state a preference beside the rules that their rules do not follow."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

import duckdb
import polars as pl

from crawlblock.model import Basis, Purpose, Restriction, Verdict
from crawlblock.robots.conflicts import ConflictKind, conflicts
from crawlblock.robots.signals import Signal
from crawlblock.store.relations import registered

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
    SELECT c.snapshot, s.of_panel, CAST(s.first_capture AS DATE) AS snapshot_date, c.host, c.digest
    FROM captures c
    JOIN scopes s ON s.snapshot = c.snapshot
    WHERE c.resource = '/robots.txt' AND c.outcome = 'ok'
      AND c.digest IN (SELECT digest FROM signals WHERE preference IN ('allow', 'disallow'))
      AND (NOT s.of_panel OR s.snapshot NOT IN (FROM left_out_snapshots))
)
SELECT CASE WHEN t.of_panel THEN 'panel' ELSE 'captured' END AS population,
       CAST(t.snapshot AS VARCHAR) AS snapshot, t.snapshot_date, g.dimension, g.segment,
       CAST(h.stratum AS VARCHAR) AS stratum, t.digest, count(*) AS hosts,
       sum(h.weight) AS weight, sum(CAST(h.weight * h.weight AS DECIMAL(38, 6))) AS weight_squared
FROM stating t
JOIN hosts h ON h.of_panel = t.of_panel AND h.host = t.host
JOIN point_segments g ON g.host = h.number
    AND coalesce(t.snapshot_date BETWEEN g.since AND g.until, true)
GROUP BY ALL
"""
_SHARES = """
WITH asked AS (
    SELECT h.* EXCLUDE (digest, hosts, weight, weight_squared), c.kind, c.conflict, c.yes,
           sum(hosts) AS hosts, sum(weight) AS weight, sum(weight_squared) AS weight_squared
    FROM stating_hosts h JOIN digest_conflicts c USING (digest)
    GROUP BY ALL
)
FROM shares_of('asked')
ORDER BY population, snapshot_date, snapshot, dimension, segment, kind, conflict, estimand DESC
"""
_CONFLICTS = {
    "digest": pl.String, "kind": pl.String, "conflict": pl.String, "yes": pl.Boolean
}  # fmt: skip


def signal_conflicts(con: duckdb.DuckDBPyConnection, _: Frames) -> pl.DataFrame:
    """Return, of the hosts that state a preference, how many have rules that do not follow it."""
    rows = [
        (digest, signal, str(kind), kind in kinds)
        for digest, signals in _by_digest(con).items()
        for signal, kinds in signals.items()
        for kind in ConflictKind
    ]
    stating = pl.DataFrame(con.sql(_HOSTS)).rechunk()
    kinds = pl.DataFrame(rows, schema=_CONFLICTS, orient="row")
    with registered(con, stating_hosts=stating, digest_conflicts=kinds):
        return pl.DataFrame(con.sql(_SHARES)).rechunk()


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
