"""Measures how long all results take over many captures.

Usage:
    python benchmarks/results.py [--captures 70000000] [--snapshots 12] [--crawlers 150]

The captures are generated: hosts of three strata, a robots.txt shared by some thirty hosts
on average, several thousand distinct policies, failures of every kind; a host changes its text once
in sixty snapshots, and one policy in five refuses some crawlers.  Only the results are measured, in
a process of its own, with the memory that DuckDB may use set to `--memory`.
"""

import argparse
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from crawlblock.metrics.queries import analyze, metrics, set_http_profile
from crawlblock.store.schema import CONFIG, schema

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


def generate(path: Path, options: argparse.Namespace) -> None:
    """Write a database of captures that nobody made."""
    hosts = options.captures // options.snapshots
    sizes = {"policies": 5_000, "payloads": max(5_000, hosts // 30), "crawlers": options.crawlers}
    con = duckdb.connect(str(path), config=CONFIG)
    con.execute(schema()).fetchall()
    for statement in filter(str.strip, GENERATE.split(";")):
        names = {**sizes, "snapshots": options.snapshots, "hosts": hosts}
        used = {name: value for name, value in names.items() if f"${name}" in statement}
        con.execute(statement, used).fetchall()
    for snapshot in range(options.snapshots):
        values = {"snapshot": snapshot, "hosts": hosts, "payloads": sizes["payloads"]}
        con.execute(CAPTURES, values).fetchall()
    con.execute(SELECTED).fetchall()
    con.close()


def measure(path: Path, memory: str, one: str | None) -> None:
    """Compute the results and print what they took."""
    con = duckdb.connect(str(path), config={**CONFIG, "memory_limit": memory, "threads": 2})
    if one:
        set_http_profile(con, "rfc9309")
        for metric in metrics():
            if one in ("each", metric.name):
                begun = time.perf_counter()
                rows = len(con.execute(metric.sql).fetchall())
                print(
                    f"{metric.name}: {time.perf_counter() - begun:.1f} s, {rows} rows", flush=True
                )
        return
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory() as results:
        analyze(con, Path(results))
    seconds = time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    print(f"all results: {seconds:.1f} s, peak {peak:.2f} GiB")


def main() -> None:
    """Generate, then measure in another process."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--captures", type=int, default=70_000_000)
    parser.add_argument("--snapshots", type=int, default=12)
    parser.add_argument("--crawlers", type=int, default=150)
    parser.add_argument("--memory", default="4GB", help="of DuckDB")
    parser.add_argument("--db", type=Path, help="a database generated before; kept")
    parser.add_argument("--one", help="a metric's name, or each: print the time of single metrics")
    options = parser.parse_args()
    print(f"Python {platform.python_version()}, DuckDB {duckdb.__version__}, {vars(options)}")
    with tempfile.TemporaryDirectory() as folder:
        path = options.db or Path(folder) / "bench.duckdb"
        if not path.exists():
            generate(path, options)
            command = [sys.executable, *sys.argv, "--db", str(path)]
            subprocess.run(command, check=True)
        else:
            measure(path, options.memory, options.one)


if __name__ == "__main__":
    main()
