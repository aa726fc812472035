"""A database with hand-made facts, small enough to count by hand."""

import zlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path

import duckdb

from crawlblock.registry import breaks
from crawlblock.store.layout import schema

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


def make(path: Path) -> duckdb.DuckDBPyConnection:
    """Return a new database with the schema, the crawlers and the policies."""
    con = duckdb.connect(str(path), config={"storage_compatibility_version": "v1.2.0"})
    con.execute(schema()).fetchall()
    con.executemany("INSERT INTO crawlers VALUES (?, ?, ?, ?, ?, ?, NULL, NULL)", CRAWLERS)
    con.executemany(
        "INSERT INTO breaks VALUES (?, ?, ?, ?, ?)",
        [[b.id, b.date, b.crawl, b.title, b.effect] for b in breaks()],
    )
    con.executemany("INSERT INTO policies VALUES (?, 'r')", [[name] for name in POLICIES])
    con.executemany(
        "INSERT INTO payloads VALUES (?, 1, ?, ?, false, NULL, NULL)",
        [[f"sha1:{name}", zlib.compress(b"x"), name] for name in POLICIES],
    )
    con.executemany(
        "INSERT INTO verdicts VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            [name, crawler[0], *verdict, *_written(name, *verdict)]
            for name, meaning in POLICIES.items()
            for crawler in CRAWLERS
            for verdict in (meaning.get(str(crawler[0]), meaning[""]),)
        ],
    )
    con.execute(
        "INSERT INTO signals VALUES "
        "('sha1:named', 'content-signal', ['*'], 'train', 'refuse', 'ai-train=no', NULL, 1)"
    ).fetchall()
    return con


def _written(
    policy: str, restriction: str, basis: str, root_allowed: bool | None
) -> tuple[str | None, str | None]:
    """Return whose text refuses, and which decision it is: each policy's own."""
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
        "INSERT INTO snapshots VALUES (?, ?, ?, ?)", [name, kind, start, start + timedelta(9)]
    )
    rows = [_row(name, host, start + timedelta(1), answer) for host, answer in answers.items()]
    con.executemany(
        "INSERT INTO captures BY NAME SELECT ? AS snapshot, ? AS host, '/robots.txt' AS resource, "
        "0 AS hops, ? AS fetch_time, ? AS status, ? AS outcome, ? AS digest",
        rows,
    )


def panel(con: duckdb.DuckDBPyConnection, members: Sequence[tuple[str, str, float]]) -> None:
    """Add a panel of (host, stratum, weight)."""
    con.execute("INSERT INTO panels VALUES ('panel', 'list', NULL, TIMESTAMP '2023-01-01')")
    con.executemany(
        "INSERT INTO panel VALUES ('panel', ?, ?, NULL, ?, NULL, ?, 0)",
        [[host, host, stratum, weight] for host, stratum, weight in members],
    )


def _row(name: str, host: str, at: datetime, answer: Answer) -> list[object]:
    if answer is None:
        return [name, host, None, None, "not_captured", None]
    if isinstance(answer, int):
        return [name, host, at, answer, "absent" if answer < 500 else "server_error", None]
    outcome = "not_robots" if answer == "html" else "ok"
    return [name, host, at, 200, outcome, f"sha1:{answer}"]
