"""Annotations of Common Crawl's index: a row per host of the index and crawl, and how to join it.

The layout is that of https://github.com/commoncrawl/cc-index-annotations: a Parquet file with
`surt_host_name`, columns with a prefix, and three YAML files for its `annotate.py`.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from importlib.resources import files
from itertools import chain, count
from pathlib import Path

import duckdb
import polars as pl

from crawlblock.export.tables import ANNOTATION, PARQUET, ExportedTable, Field
from crawlblock.hosts import surt
from crawlblock.store.relations import registered
from crawlblock.yaml_text import as_yaml

KEY = ("surt_host_name", "crawl")
_PREFIX = "crawlblock_"
BLOCKED = f"{_PREFIX}blocked_"  # what the columns of crawlers begin with
_ROWS = "hosts"  # the Parquet file
_ABOUT = (
    "Which crawlers the hosts of Common Crawl's index block: a row per SURT host name and crawl. "
    "See annotation/README.md."
)
# A rule that never makes unknown open: what not all hosts of a name say alike is not known of it.
_AGREED = "CASE WHEN count({0}) = count(*) AND min({0}) = max({0}) THEN min({0}) END"
_FIXED = (
    Field(KEY[0], "VARCHAR", "Host name as the index sorts it, without www: com,example."),
    Field(KEY[1], "VARCHAR", "The crawl; of a live run or import, the name of its snapshot."),
    Field(f"{_PREFIX}hosts", "VARCHAR", "The hosts that the row is about, with spaces between."),
    Field(f"{_PREFIX}known", "BOOLEAN", "Whether the rules of all of them are known."),
    Field(f"{_PREFIX}status", "INTEGER", "HTTP status of their robots.txt; empty if it differs."),
    Field(
        f"{_PREFIX}digest",
        "VARCHAR",
        "Digest of what they answered, which changes with the file; empty if there is none or it "
        "differs.",
    ),
)
# What the hosts of a name answered: one row per name and snapshot.  hosts are those that were
# asked, which for a panel's host may be its www.  answers is empty where one is not known.
_HOSTS = f"""
SELECT s.name, p.snapshot, any_value(p.snapshot_date) AS day,
       array_to_string(list_sort(list(DISTINCT
           coalesce(regexp_extract(c.url_asked, '^https?://([^/]+)', 1), p.host))), ' ') AS hosts,
       bool_and(p.known) AS known,
       {_AGREED.format("c.status")} AS status, {_AGREED.format("c.digest")} AS digest,
       CASE WHEN count(p.answer) = count(*) THEN list_sort(list(DISTINCT p.answer)) END AS answers
FROM population p
JOIN surt_host_names s ON s.host = p.host
LEFT JOIN captures c ON c.snapshot = p.snapshot AND c.host = p.host
    AND c.resource = '/robots.txt'
GROUP BY s.name, p.snapshot
"""  # noqa: S608


def write_annotation(con: duckdb.DuckDBPyConnection, target: Path) -> ExportedTable:
    """Write the folder with the annotation below a folder, and return its table."""
    folder = target / ANNOTATION
    folder.mkdir()
    crawlers = con.execute(
        "SELECT token, strftime(documented_since, '%Y-%m-%d') FROM crawlers ORDER BY lower(token)"
    ).fetchall()
    columns = crawler_columns(token for token, _ in crawlers)
    described = [Field(columns[token], "BOOLEAN", _blocked(token)) for token, _ in crawlers]
    path = str(folder / f"{_ROWS}.parquet").replace("'", "''")
    with registered(con, surt_host_names=_names(con)):
        sql = _query(crawlers, columns)
        ((rows,),) = con.execute(f"COPY ({sql}) TO '{path}' ({PARQUET})").fetchall()
    fields = (*_FIXED, *described)
    _write_yaml(folder, _crawls(con), [field.name for field in fields])
    readme = (files(__package__) / "annotation.md").read_text("utf-8")
    (folder / "README.md").write_text(readme, "utf-8", newline="\n")
    return ExportedTable(_ROWS, ANNOTATION, _ABOUT, KEY, fields, rows, ("parquet",))


def crawler_columns(tokens: Iterable[str]) -> dict[str, str]:
    """Return the column of each crawler: SQL takes its name without quotes, and it is unique."""
    columns: dict[str, str] = {}
    for token in tokens:
        word = BLOCKED + (re.sub(r"[^a-z0-9]+", "_", token.lower()).strip("_") or "wildcard")
        names = chain([word], (f"{word}_{number}" for number in count(2)))
        columns[token] = next(name for name in names if name not in columns.values())
    return columns


def surt_host_name(host: str) -> str:
    """Return the part of a host's SURT keys that names it: `com,example` for www.example.com."""
    return surt(f"https://{host}/").partition(")")[0]


def _blocked(token: str) -> str:
    whom = "crawlers without rules of their own (*)" if token == "*" else token  # noqa: S105
    return f"Whether robots.txt forbids / to {whom}."


def _names(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """Return the hosts by their SURT host names."""
    hosts = [host for (host,) in con.execute("SELECT DISTINCT host FROM population").fetchall()]
    return pl.DataFrame(
        {"host": hosts, "name": list(map(surt_host_name, hosts))},
        {"host": pl.String(), "name": pl.String()},
    )


def _query(crawlers: Sequence[tuple[str, str | None]], columns: dict[str, str]) -> str:
    """Return the rows as SQL; a crawler that was not documented by then is not known.

    Verdicts are compared once for all hosts that answered alike, for there are few such answers.
    """
    of_answer, agreed, counted = [], [], []
    for token, since in crawlers:
        quoted, name = token.replace("'", "''"), columns[token]
        of_answer.append(f"bool_or(blocked) FILTER (token = '{quoted}') AS {name}")
        agreed.append(f"{_AGREED.format(f'a.{name}')} AS {name}")
        day = f"DATE '{since}'" if since else "NULL"
        counted.append(f"CASE WHEN coalesce(h.day >= {day}, true) THEN v.{name} END AS {name}")
    own = ("name", "snapshot", "hosts", "known", "status", "digest")
    fixed = [f"h.{sql} AS {field.name}" for sql, field in zip(own, _FIXED, strict=True)]
    return f"""
        WITH by_host AS MATERIALIZED ({_HOSTS}),
        by_answer AS (
            SELECT answer, {", ".join(of_answer)} FROM meanings
            SEMI JOIN (SELECT DISTINCT answer FROM population) USING (answer) GROUP BY answer
        ), several AS (
            SELECT answers, unnest(answers) AS answer
            FROM (SELECT DISTINCT answers FROM by_host WHERE answers IS NOT NULL)
        ), verdicts_of AS (
            SELECT s.answers, {", ".join(agreed)}
            FROM several s LEFT JOIN by_answer a ON a.answer = s.answer GROUP BY s.answers
        )
        SELECT {", ".join([*fixed, *counted])}
        FROM by_host h LEFT JOIN verdicts_of v ON v.answers = h.answers
        ORDER BY h.name, h.snapshot
    """  # noqa: S608


def _crawls(con: duckdb.DuckDBPyConnection) -> list[str]:
    rows = con.execute("SELECT snapshot FROM snapshots WHERE kind = 'crawl' ORDER BY 1").fetchall()
    return [name for (name,) in rows]


def _write_yaml(folder: Path, crawls: Sequence[str], names: Sequence[str]) -> None:
    """Write what `annotate.py` reads: the index, the join, and a question about one host."""
    own = names[len(KEY) :]
    shown = [*KEY, *own[: len(_FIXED) - len(KEY)], *_common(own)]
    documents: dict[str, dict[str, object]] = {
        "left_web_host_index": {
            "table": {
                "web_prefix": "https://data.commoncrawl.org/",
                "paths": "host-index-paths.gz",
            },
            "limits": {"grep": list(crawls)},
        },
        "join_crawlblock": {
            "table": {"local": "./"},
            "right_columns": list(own),
            "join_columns": list(KEY),
        },
        "action_surt_host_name": {
            "sql": "SELECT {columns} FROM joined WHERE {where} ORDER BY crawl ASC",
            "columns": ", ".join(shown),
            "where": "surt_host_name = '{argv}'{and_tld}",
            "argv": {"surt_host_name": True},
        },
    }
    for name, content in documents.items():
        text = "\n".join(_yaml(content)) + "\n"
        (folder / f"{name}.yaml").write_text(text, "utf-8", newline="\n")


def _common(names: Sequence[str]) -> list[str]:
    wanted = (f"{BLOCKED}{word}" for word in ("wildcard", "ccbot", "gptbot"))
    return [name for name in wanted if name in names]


def _yaml(content: dict[str, object], indent: str = "") -> Iterator[str]:
    """Yield the lines of a mapping as YAML; its values are JSON, which is a part of YAML."""
    for key, value in content.items():
        if isinstance(value, dict):
            yield f"{indent}{key}:"
            yield from _yaml(value, f"{indent}  ")
        elif isinstance(value, list) and value:
            yield f"{indent}{key}:"
            yield from (f"{indent}  - {as_yaml(item)}" for item in value)
        else:
            yield f"{indent}{key}: {as_yaml(value)}"
