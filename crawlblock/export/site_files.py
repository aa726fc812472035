"""One JSON file per site: its captures, whom it blocks now, and the changes since the first one."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from crawlblock.evidence.transitions import Change
from crawlblock.export.whole_folder import write_json
from crawlblock.names import kept_as, part_fault_of
from crawlblock.report import feed

INDEX = "index.json"
_CAPTURES = """
SELECT c.host, c.snapshot, coalesce(c.fetch_time, s.first_capture) AS time, c.outcome, c.status,
       c.digest, c.warc_file, c.warc_offset, c.warc_length
FROM captures c JOIN snapshots s USING (snapshot) WHERE c.resource = '/robots.txt'
ORDER BY c.host, time NULLS FIRST, c.snapshot
"""
# Where a status decides, no rules were read: it is not said that a crawler is allowed.
_NOW = """
WITH last AS (
    SELECT c.host, arg_max(c.snapshot, (coalesce(c.fetch_time, s.first_capture), c.snapshot))
           AS snapshot
    FROM captures c JOIN snapshots s USING (snapshot) WHERE c.resource = '/robots.txt'
    GROUP BY c.host
)
SELECT a.host,
       CASE WHEN a.root_allowed IS NULL OR a.restriction = 'unknown' THEN 'unknown'
            WHEN a.basis IN ('http', 'absent') AND c.outcome <> 'absent' THEN 'by_status'
            WHEN NOT a.root_allowed THEN 'blocked'
            WHEN a.restriction = 'none' THEN 'allowed' ELSE 'partly' END AS state,
       list(a.token ORDER BY lower(a.token), a.token)
FROM access a JOIN last USING (host, snapshot)
JOIN captures c ON c.host = a.host AND c.snapshot = a.snapshot AND c.resource = '/robots.txt'
GROUP BY ALL ORDER BY ALL
"""
_COLUMNS = (
    "snapshot", "time", "outcome", "status", "digest", "warc_file", "warc_offset", "warc_length",
)  # fmt: skip
_STATES = ("blocked", "partly", "allowed", "by_status", "unknown")


def write_site_files(
    con: duckdb.DuckDBPyConnection, changes: Sequence[Change], folder: Path
) -> int:
    """Write a file for each host that was captured, and an index of them; return how many.

    `changes` are all of the database, the newest first.
    """
    captures: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for host, *values in con.execute(_CAPTURES).fetchall():
        row = dict(zip(_COLUMNS, values, strict=True))
        captures[host].append(row | {"time": feed.utc(row["time"])})
    now: dict[str, dict[str, list[str]]] = defaultdict(dict)
    for host, state, tokens in con.execute(_NOW).fetchall():
        now[host][state] = tokens
    changed: dict[str, list[dict[str, object]]] = defaultdict(list)
    for change in changes:
        changed[change.host].append(feed.row_of(change))
    folder.mkdir()
    names = {
        host: f"{host if not part_fault_of(host) else kept_as(host)}.json" for host in captures
    }
    for host, rows in captures.items():
        write_json(folder / names[host], _site(host, rows, now[host], changed[host]))
    write_json(folder / INDEX, {"sites": names})
    return len(names)


def _site(
    host: str, captures: Sequence[Mapping[str, Any]], now: Mapping[str, list[str]],
    changes: Sequence[Mapping[str, object]],
) -> dict[str, Any]:  # fmt: skip
    return {
        "host": host,
        "snapshot": captures[-1]["snapshot"],
        **{state: now.get(state, []) for state in _STATES},
        "changes": changes,
        "captures": captures,
    }
