"""Measures how long all results take over many captures.

The captures are generated: hosts of three strata, a robots.txt shared by some thirty hosts
on average, several thousand distinct policies, failures of every kind; a host changes its text once
in sixty snapshots, and one policy in five blocks some crawlers.  Only the results are measured, in
a process of its own, with the memory that DuckDB may use set to `memory`.
"""

import resource
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
from machine import aside
from measured import Measurement, alone, at_most

from crawlblock.metrics.http_profile import set_http_profile
from crawlblock.metrics.queries import analyze, metrics
from crawlblock.store.schema import CONFIG, schema

MANY = 70_000_000  # captures
GOALS = {"s": at_most(240), "GiB": at_most(6)}  # for all results of so many
SMOKE = {
    "rounds": 1, "captures": 600, "snapshots": 3, "crawlers": 5, "policies": 50, "memory": "1GB",
}  # fmt: skip
GENERATE = """
INSERT INTO crawlers (id, token, operator, purpose, openness, ai, documented_since)
SELECT i, coalesce(['*', 'CCBot', 'GPTBot', 'ClaudeBot', 'Googlebot'][1 + i], 'crawler-' || i),
    'operator ' || i % 40,
    ['training', 'search', 'agent', 'archive'][1 + i % 4],
    ['closed', 'open'][1 + (i % 5 = 0)::INT],
    true, DATE '2023-01-01' + CAST(i * 5 AS INTEGER) FROM range($crawlers) t(i);
INSERT INTO conclusions.policies SELECT i, 'p' || i FROM range($policies) t(i);
INSERT INTO conclusions.verdicts
    (policy, crawler, restriction, basis, root_allowed, authored_by, ruleset)
SELECT p, c,
       CASE WHEN refused THEN 'full' WHEN p % 2 = 0 THEN 'partial' ELSE 'none' END,
       CASE WHEN refused THEN 'named' WHEN p % 2 = 0 THEN 'wildcard' ELSE 'default' END,
       NOT refused, CASE WHEN refused THEN 'own' END, CASE WHEN refused THEN p // 50 END
FROM (SELECT p, c, p % 5 = 0 AND hash(p * 1000 + c // 10) % 100 < 30 AS refused
      FROM range($policies) a(p), range($crawlers) b(c));
INSERT INTO facts.texts SELECT i, 'sha1:' || lpad(i::VARCHAR, 32, 'A'), ''::BLOB, true
FROM range($payloads) t(i);
INSERT INTO facts.payloads SELECT id, name, 0, id FROM facts.texts;
INSERT INTO conclusions.bodies SELECT id, 'robots', 0 FROM facts.texts;
INSERT INTO conclusions.judgements SELECT id, hash(id) % $policies, false, NULL, 0, 0, 0, 0,
    NULL, NULL, NULL
FROM facts.texts;
INSERT INTO conclusions.signals SELECT i, 'content-signal', [], 'train',
    CASE WHEN i % 3 = 0 THEN 'allow' ELSE 'disallow' END, '', NULL, 1
FROM range(0, $payloads, 20) t(i);
INSERT INTO weights SELECT 'h' || i || '.example', 'C4', NULL, NULL, 1 + hash(i) % 1000000
FROM range(0, $hosts, 400) t(i);
INSERT INTO facts.snapshots SELECT s, 's' || s, 'crawl',
    TIMESTAMP '2023-06-01' + to_days(CAST(s * 30 AS INTEGER)),
    TIMESTAMP '2023-06-20' + to_days(CAST(s * 30 AS INTEGER)) FROM range($snapshots) t(s);
INSERT INTO facts.hosts SELECT i, 'www.h' || i || '.example', 'h' || i || '.example'
FROM range($hosts) t(i);
INSERT INTO panels VALUES ('bench', 'bench', NULL, TIMESTAMP '2023-01-01');
INSERT INTO panel SELECT 'bench', domain, host, NULL,
    ['head', 'middle', 'tail'][1 + id % 3], NULL, 1 + id % 3, id FROM facts.hosts;
"""
CAPTURES = """
INSERT INTO facts.fetches BY NAME
SELECT $snapshot * $hosts + i AS id, $snapshot AS snapshot, i AS host, '/robots.txt' AS resource,
       true AS secure, 0 AS hops, true AS read,
       TIMESTAMP '2023-06-02' + to_days(CAST($snapshot * 30 AS INTEGER)) AS fetch_time,
       CASE WHEN k < 80 THEN 200 WHEN k < 92 THEN 404 WHEN k < 95 THEN 403
            WHEN k < 97 THEN 503 END AS status,
       CASE WHEN k < 80 THEN text END AS payload
FROM (SELECT i, hash(i * 31 + ($snapshot + i % 50) // 50) % 100 AS k,
             hash(i * 7 + ($snapshot + i % 60) // 60) % $payloads AS text
      FROM range($hosts) t(i))
"""
SELECTED = """
INSERT INTO conclusions.captures
SELECT snapshot, host, resource, CASE WHEN status IS NOT NULL THEN id END,
       CASE WHEN status IS NOT NULL THEN id END, 0,
       CASE status WHEN 200 THEN 'ok' WHEN 404 THEN 'absent' WHEN 403 THEN 'refused'
            WHEN 503 THEN 'server_error' ELSE 'not_captured' END
FROM facts.fetches
"""


@dataclass(frozen=True, slots=True)
class Generated:
    """How many captures are generated, and of what."""

    captures: int
    snapshots: int
    crawlers: int
    policies: int


def generate(path: Path, size: Generated) -> None:
    """Write a database of captures that nobody made."""
    hosts = size.captures // size.snapshots
    payloads = max(size.policies, hosts // 30)
    names = {
        "policies": size.policies, "payloads": payloads, "crawlers": size.crawlers,
        "snapshots": size.snapshots, "hosts": hosts,
    }  # fmt: skip
    con = duckdb.connect(str(path), config=CONFIG)
    con.execute(schema()).fetchall()
    for statement in filter(str.strip, GENERATE.split(";")):
        used = {name: value for name, value in names.items() if f"${name}" in statement}
        con.execute(statement, used).fetchall()
    for snapshot in range(size.snapshots):
        values = {"snapshot": snapshot, "hosts": hosts, "payloads": payloads}
        con.execute(CAPTURES, values).fetchall()
    con.execute(SELECTED).fetchall()
    con.close()


def compute(path: Path, memory: str, one: str) -> tuple[float, float]:
    """Compute all results or one; return the seconds by the clock and the peak memory in GiB."""
    con = duckdb.connect(str(path), config={**CONFIG, "memory_limit": memory, "threads": 2})
    begun = time.perf_counter()
    if one:
        set_http_profile(con, "rfc9309")
        (metric,) = (metric for metric in metrics() if metric.name == one)
        con.execute(metric.sql).fetchall()
    else:
        with tempfile.TemporaryDirectory() as results:
            analyze(con, Path(results))
    seconds = time.perf_counter() - begun
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2


def measure(
    rounds: int = 5, captures: int = MANY, snapshots: int = 12, crawlers: int = 150,
    policies: int = 5_000, memory: str = "4GB", db: str = "", one: str = "",
) -> Iterator[Measurement]:  # fmt: skip
    """Measure all results, or one, over a database that `db` names or that is generated here."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(db or Path(folder) / "bench.duckdb")
        if not path.exists():
            generate(path, Generated(captures, snapshots, crawlers, policies))
        taken = [aside(compute, path, memory, one) for _ in range(rounds)]
    what = f"{one or 'all results'} of {captures:,} captures"
    for unit, figures in zip(("s", "GiB"), zip(*taken, strict=True), strict=True):
        goal = GOALS[unit] if captures == MANY and not one else None
        yield alone(what if unit == "s" else f"{what}, peak", unit, figures, goal)
