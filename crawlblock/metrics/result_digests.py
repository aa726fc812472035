"""What makes a result out of date: a digest of its query, its code and what it is computed from."""

from collections.abc import Mapping
from importlib.metadata import version
from json import dumps

import duckdb

from crawlblock.code_digest import code_digest, data_digest, digest, module_digest, squeezed
from crawlblock.metrics.columns import columns_of
from crawlblock.metrics.computed import COMPUTED
from crawlblock.metrics.queries import CENSUS, PANEL, metrics
from crawlblock.metrics.replicated import REPLICATION
from crawlblock.registry import registry_digest
from crawlblock.replication.published import BUNDLED

_WRITERS = (
    "crawlblock.metrics.queries",
    "crawlblock.metrics.cluster_interval",
    "crawlblock.metrics.result_files",
    "crawlblock.metrics.columns",
)
# What the counts and hashes of `holdings` leave out: which database it is, what its conclusions
# were made with, which captures count (reading a record later changes no count), what was scanned.
_STATE = """
SELECT 'database', CAST(min(run) AS VARCHAR) FROM runs
UNION ALL
SELECT s.conclusion || ' ' || s.digest, CAST(count(*) AS VARCHAR)
FROM (
    SELECT stamp FROM conclusions.selected
    UNION ALL
    SELECT unnest([verdicts, authorship, signals, ineffective]) FROM conclusions.judgements
)
JOIN conclusions.stamps s ON s.id = stamp GROUP BY 1
UNION ALL SELECT 'captures', CAST(bit_xor(hash(snapshot, host, first, last, outcome)) AS VARCHAR)
FROM conclusions.captures
UNION ALL SELECT 'census ' || census, CAST(count(*) AS VARCHAR) FROM conclusions.selected
WHERE census IS NOT NULL GROUP BY 1
UNION ALL SELECT 'scans', CAST(bit_xor(hash(t)) AS VARCHAR) FROM scans t
UNION ALL SELECT 'shards', CAST(bit_xor(hash(t)) AS VARCHAR) FROM facts.scanned_shards t
UNION ALL SELECT 'header signals', CAST(bit_xor(hash(t)) AS VARCHAR)
FROM conclusions.header_signals t
UNION ALL SELECT 'counting files', CAST(bit_xor(hash(t)) AS VARCHAR) FROM facts.counting_files t
UNION ALL SELECT 'ranks', CAST(bit_xor(hash(t)) AS VARCHAR) FROM ranks t
UNION ALL SELECT 'frames', CAST(bit_xor(hash(t)) AS VARCHAR) FROM frames t
UNION ALL SELECT 'frame ' || panel, frame FROM panels SEMI JOIN current_panel USING (panel)
ORDER BY ALL
"""


def inputs(
    con: duckdb.DuckDBPyConnection, http_profile: str, holdings: Mapping[str, object]
) -> dict[str, object]:
    """Return what all results of a database depend on, apart from their queries and code."""
    state: list[tuple[str, str | None]] = con.execute(_STATE).fetchall()
    engines = {name: version(name) for name in ("duckdb", "numpy", "polars")}
    return {"http_profile": http_profile, **engines, **holdings, **dict(state)}


def result_digests(of: Mapping[str, object]) -> dict[str, str]:
    """Return a digest for each result, from what all of them depend on."""
    shared = _shared(of)
    found = _of_metrics(PANEL, shared)
    for each in COMPUTED:
        code = code_digest(each.compute.__module__)
        needs = (found[name] for name in each.needs)
        found[each.name] = digest(shared, code, *columns_of(each.name), *needs)
    code = code_digest("crawlblock.metrics.replicated")
    published = (f"{file.name}={file.read_text('utf-8')}" for file in sorted(BUNDLED.glob("*.csv")))
    columns = columns_of(REPLICATION)
    found[REPLICATION] = digest(shared, code, registry_digest(), *columns, *published)
    return found


def census_digests(of: Mapping[str, object]) -> dict[str, str]:
    """Return a digest for each result about scanned crawls, as `result_digests` does."""
    return _of_metrics(CENSUS, _shared(of))


def _of_metrics(of: str, shared: str) -> dict[str, str]:
    """Return a digest for each metric: its query, and which columns it has in which order."""
    return {
        m.name: digest(shared, squeezed(m.sql), *columns_of(m.name, census=of == CENSUS))
        for m in metrics(of)
    }


def _shared(of: Mapping[str, object]) -> str:
    """Return a digest of what all results share: inputs, views and the code that runs queries."""
    queries = data_digest("store"), data_digest("metrics")
    code = (module_digest(name) for name in _WRITERS)
    return digest(dumps(of, sort_keys=True, default=str), *queries, *code)
