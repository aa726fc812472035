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
SELECT s.text, j.policy, s.kind, s.agents, s.use, s.preference, s.value, s.path, s.line
FROM conclusions.signals s JOIN conclusions.judgements j USING (text)
WHERE s.preference IN ('allow', 'disallow')
ORDER BY s.text, s.line, s.use
"""
_VERDICTS = """
SELECT v.policy, k.token, v.restriction, v.basis, v.root_allowed,
       CASE v.basis WHEN 'fallback' THEN v.matched_token END
FROM conclusions.verdicts v
JOIN crawlers k ON k.id = v.crawler AND k.ai AND k.reused IS NOT true
WHERE v.policy IN (
    SELECT policy FROM conclusions.judgements SEMI JOIN conclusions.signals USING (text))
"""
_HOSTS = """
WITH stating AS (
    SELECT DISTINCT text FROM conclusions.signals WHERE preference IN ('allow', 'disallow')
)
FROM texts_of('stating')
WHERE population = 'captured' OR snapshot NOT IN (FROM left_out_snapshots)
"""
_SHARES = """
WITH asked AS (
    SELECT h.* EXCLUDE (text, hosts, weight, weight_squared), c.kind, c.conflict, c.yes,
           sum(hosts) AS hosts, sum(weight) AS weight, sum(weight_squared) AS weight_squared
    FROM stating_hosts h JOIN text_conflicts c USING (text)
    GROUP BY ALL
)
FROM shares_of('asked')
ORDER BY population, snapshot_date, snapshot, dimension, segment, kind, conflict, estimand DESC
"""
_CONFLICTS = {
    "text": pl.UInt32, "kind": pl.String, "conflict": pl.String, "yes": pl.Boolean
}  # fmt: skip


def signal_conflicts(con: duckdb.DuckDBPyConnection, _: Frames) -> pl.DataFrame:
    """Return, of the hosts that state a preference, how many have rules that do not follow it."""
    rows = [
        (text, signal, str(kind), kind in kinds)
        for text, signals in _by_text(con).items()
        for signal, kinds in signals.items()
        for kind in ConflictKind
    ]
    stating = pl.DataFrame(con.sql(_HOSTS)).rechunk()
    kinds = pl.DataFrame(rows, schema=_CONFLICTS, orient="row")
    with registered(con, stating_hosts=stating, text_conflicts=kinds):
        return pl.DataFrame(con.sql(_SHARES)).rechunk()


def _by_text(con: duckdb.DuckDBPyConnection) -> dict[int, dict[str, set[ConflictKind]]]:
    """Return the conflicts of each text by the kind of its signals."""
    tokens = con.execute("SELECT token, purpose FROM crawlers WHERE ai").fetchall()
    crawlers = {token: Purpose(purpose) if purpose else None for token, purpose in tokens}
    verdicts: dict[int, dict[str, Verdict]] = defaultdict(dict)
    for policy, token, restriction, basis, *more in con.execute(_VERDICTS).fetchall():
        verdict = Verdict(Restriction(restriction), Basis(basis), *more)
        verdicts[policy][token] = verdict
    found: dict[int, dict[str, set[ConflictKind]]] = {}
    known: dict[tuple[object, ...], dict[str, set[ConflictKind]]] = {}
    for text, policy, stated in _stated(con):
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
        found[text] = known[key]
    return found


def _stated(con: duckdb.DuckDBPyConnection) -> Iterator[tuple[int, int, tuple[Signal, ...]]]:
    texts: dict[tuple[int, int], list[Signal]] = defaultdict(list)
    for text, policy, kind, agents, *rest in con.execute(_STATED).fetchall():
        texts[text, policy].append(Signal(kind, tuple(agents), *rest))
    for (text, policy), stated in texts.items():
        yield text, policy, tuple(stated)
