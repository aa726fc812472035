"""A database with hand-made facts, small enough to count by hand."""

import zlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from crawlblock.outcome import status_outcome
from crawlblock.registry import breaks
from crawlblock.store.store import Store

CRAWLERS = (  # token, operator, purpose, openness, ai, documented_since
    ("Alpha", "Alpha Labs", "training", "closed", True, date(2023, 8, 1)),
    ("Beta", "Beta Archive", "archive", "open", True, None),
    ("Seeker", "Seeker Search", "search", "closed", False, None),
    ("*", None, None, None, False, None),
)
POLICIES: dict[str, dict[str, tuple[str, str, bool | None]]] = {
    # what Alpha may, and what everybody else may
    "open": {"Alpha": ("none", "default", True), "": ("none", "default", True)},
    "named": {"Alpha": ("full", "named", False), "": ("none", "default", True)},
    "but": {"Alpha": ("all_but", "named", False), "": ("none", "default", True)},
    "partly": {"Alpha": ("partial", "wildcard", True), "": ("partial", "wildcard", True)},
    "wild": {"Alpha": ("full", "wildcard", False), "": ("full", "wildcard", False)},
    "html": {"Alpha": ("unknown", "unknown", None), "": ("unknown", "unknown", None)},
}
Answer = str | int | None  # a policy, an HTTP status, or nothing captured
Verdict = tuple[str, str, bool | None]  # restriction, basis, root_allowed
_ADD = """
INSERT INTO facts.hosts
SELECT (SELECT count(*) FROM facts.hosts) + row_number() OVER (ORDER BY host), host, NULL
FROM rows_ ANTI JOIN facts.hosts USING (host);
INSERT INTO facts.asked
SELECT s.id, h.id, '/robots.txt', NULL
FROM rows_ r JOIN facts.hosts h USING (host)
JOIN facts.snapshots s ON s.snapshot = getvariable('snapshot');
INSERT INTO facts.fetches BY NAME
SELECT (SELECT count(*) FROM facts.fetches) + row_number() OVER () AS id, s.id AS snapshot,
       h.id AS host, '/robots.txt' AS resource, 0 AS hops, r.fetch_time, r.status, true AS read,
       p.id AS payload
FROM rows_ r JOIN facts.hosts h USING (host)
JOIN facts.snapshots s ON s.snapshot = getvariable('snapshot')
LEFT JOIN facts.payloads p USING (digest)
WHERE r.outcome <> 'not_captured';
INSERT INTO conclusions.captures
SELECT s.id, h.id, '/robots.txt', f.id, f.id, 0, r.outcome
FROM rows_ r JOIN facts.hosts h USING (host)
JOIN facts.snapshots s ON s.snapshot = getvariable('snapshot')
LEFT JOIN facts.fetches f ON f.snapshot = s.id AND f.host = h.id;
INSERT INTO conclusions.selected
SELECT id, 0, NULL FROM facts.snapshots WHERE snapshot = getvariable('snapshot');
DROP TABLE rows_;
"""


def make(path: Path) -> duckdb.DuckDBPyConnection:
    """Return a new database with the schema, the crawlers and the policies."""
    path.write_bytes(_made())
    return _opened(path)


@cache
def _made() -> bytes:
    """Return the file of such a database, which takes six times as long to make as to copy."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "small.duckdb"
        _fill(path)
        return path.read_bytes()


def _opened(path: Path) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(str(path), config={"storage_compatibility_version": "v1.2.0"})


def _fill(path: Path) -> None:
    Store(path)
    con = _opened(path)
    con.execute("BEGIN").fetchall()  # or every statement waits for the disk
    con.executemany(
        "INSERT INTO crawlers (id, token, operator, purpose, openness, ai, documented_since) "
        "SELECT (SELECT count(*) FROM crawlers), ?, ?, ?, ?, ?, ?",
        CRAWLERS,
    )
    con.execute("INSERT INTO conclusions.stamps VALUES (0, 'verdicts', 'r')").fetchall()
    con.executemany(
        "INSERT INTO breaks VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            [b.id, b.date, b.crawl, b.title, b.effect, b.last_crawl, list(b.affects)]
            for b in breaks()
        ],
    )
    for name, meaning in POLICIES.items():
        verdicts = {
            str(crawler[0]): meaning.get(str(crawler[0]), meaning[""]) for crawler in CRAWLERS
        }
        policy(con, name, verdicts)
    con.execute(
        "INSERT INTO conclusions.signals "
        "SELECT id, 'content-signal', ['*'], 'train', 'disallow', 'ai-train=no', NULL, 1 "
        "FROM facts.texts WHERE name = 'sha1:named'"
    ).fetchall()
    con.execute("COMMIT").fetchall()
    con.close()


def policy(con: duckdb.DuckDBPyConnection, name: str, verdicts: Mapping[str, Verdict]) -> None:
    """Add a policy with its verdicts by crawler, and a payload of that name that has it."""
    ((number,),) = con.execute("SELECT count(*) FROM conclusions.policies").fetchall()
    con.execute("INSERT INTO conclusions.policies VALUES (?, ?)", [number, name])
    con.executemany(
        "INSERT INTO conclusions.verdicts (policy, crawler, restriction, basis, root_allowed, "
        "authored_by, ruleset) SELECT ?, id, ?, ?, ?, ?, ? FROM crawlers WHERE token = ?",
        [
            [number, *verdict, *_written(name, *verdict), token]
            for token, verdict in verdicts.items()
        ],
    )
    con.execute(
        "INSERT INTO facts.texts VALUES (?, ?, ?, true)",
        [number, f"sha1:{name}", zlib.compress(b"x")],
    )
    con.execute("INSERT INTO facts.payloads VALUES (?, ?, 1, ?)", [number, f"sha1:{name}", number])
    body = "page" if name == "html" else "robots"
    con.execute("INSERT INTO conclusions.bodies VALUES (?, ?, 0)", [number, body])
    con.execute(
        "INSERT INTO conclusions.judgements VALUES "
        "(?, ?, false, NULL, 0, 0, 0, 0, NULL, NULL, NULL)",
        [number, number],
    )


def _written(
    policy: str, restriction: str, basis: str, root_allowed: bool | None
) -> tuple[str | None, str | None]:
    """Return whose text blocks, and which rule set it is: each policy's own."""
    if restriction in ("none", "unknown"):
        return None, None
    author = "own" if basis == "named" else "wildcard"
    return author, None if root_allowed else policy


def snapshot(
    con: duckdb.DuckDBPyConnection, name: str, day: date, answers: Mapping[str, Answer],
    kind: str = "crawl",
) -> None:  # fmt: skip
    """Add a snapshot that begins on a day, each host captured on the day after."""
    start = datetime.combine(day, time())
    con.execute(
        "INSERT INTO facts.snapshots SELECT (SELECT count(*) FROM facts.snapshots), ?, ?, ?, ?",
        [name, kind, start, start + timedelta(9)],
    )
    rows = [_row(host, start + timedelta(1), answer) for host, answer in answers.items()]
    con.execute(
        "CREATE OR REPLACE TEMP TABLE rows_ (host VARCHAR, fetch_time TIMESTAMP, status INTEGER, "
        "outcome VARCHAR, digest VARCHAR)"
    ).fetchall()
    con.executemany("INSERT INTO rows_ VALUES (?, ?, ?, ?, ?)", rows)
    con.execute("SET VARIABLE snapshot = ?", [name])
    con.execute(_ADD).fetchall()


def panel(con: duckdb.DuckDBPyConnection, members: Sequence[tuple[str, str, float]]) -> None:
    """Add a panel of (host, stratum, weight)."""
    con.execute("INSERT INTO panels VALUES ('panel', 'list', NULL, TIMESTAMP '2023-01-01')")
    con.executemany(
        "INSERT INTO panel VALUES ('panel', ?, ?, NULL, ?, NULL, ?, 0)",
        [[host, host, stratum, weight] for host, stratum, weight in members],
    )


def _row(host: str, at: datetime, answer: Answer) -> list[object]:
    """Return host, time, status, outcome and digest."""
    if answer is None:
        return [host, None, None, "not_captured", None]
    if isinstance(answer, int):
        return [host, at, answer, str(status_outcome(answer)), None]
    outcome = "not_robots" if answer == "html" else "ok"
    return [host, at, 200, outcome, f"sha1:{answer}"]
