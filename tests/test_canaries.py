"""Pairs that must agree: each test fails when one side changes without the other."""

import ast
from dataclasses import fields
from enum import StrEnum
from pathlib import Path

import duckdb
import pytest

from crawlblock import registry
from crawlblock.captures.frames import ASKED, FETCHES
from crawlblock.model import Asked, Basis, Capture, Crawler, Fetch, Member, Restriction
from crawlblock.outcome import Ending, Outcome
from crawlblock.store.defining import define
from crawlblock.store.schema import schema
from crawlblock.store.store import RunRecord

pytestmark = pytest.mark.own_code

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def con() -> duckdb.DuckDBPyConnection:
    """Return an empty database made by the schema."""
    connection = duckdb.connect()
    define(connection, schema())
    return connection


def columns(con: duckdb.DuckDBPyConnection, table: str, schema: str = "main") -> list[str]:
    """Return the names of a table's columns in their order."""
    query = (
        "SELECT column_name FROM duckdb_columns() WHERE table_name = ? AND schema_name = ? "
        "ORDER BY column_index"
    )
    return [name for (name,) in con.execute(query, [table, schema]).fetchall()]


@pytest.mark.parametrize(
    ("record", "table"), [(Capture, "captures"), (Member, "panel"), (RunRecord, "runs")]
)
def test_fields_are_columns(
    con: duckdb.DuckDBPyConnection, record: type[Capture | Member | RunRecord], table: str
) -> None:
    """A record has the fields of its table, in the same order."""
    assert [field.name for field in fields(record)] == columns(con, table)


def test_frames_are_the_tables(con: duckdb.DuckDBPyConnection) -> None:
    """Facts come in with the fields that the tables have, but for numbers in place of names."""
    assert FETCHES.names() == [field.name for field in fields(Fetch)]
    assert ASKED.names() == [field.name for field in fields(Asked)]
    stored = {"payload" if name == "digest" else name for name in FETCHES.names()}
    assert set(columns(con, "fetches", "facts")) == stored | {"id", "reader"}
    assert columns(con, "asked", "facts") == ASKED.names()


def test_words_of_outcomes(con: duckdb.DuckDBPyConnection) -> None:
    """The table of outcomes has all of them, and every ending leads to one."""
    assert con.execute("SELECT outcome, goodness FROM outcomes").fetchall() == [
        (str(each), each.goodness) for each in Outcome
    ]
    assert {each.outcome for each in Ending} <= set(Outcome)


def test_crawler_columns(con: duckdb.DuckDBPyConnection) -> None:
    """The table of crawlers has all that the registry knows but other spellings and users."""
    known = {field.name for field in fields(Crawler)} - {"aliases", "earlier"}
    assert known | {"id", "reused"} == set(columns(con, "crawlers"))


def test_everything_has_a_comment(con: duckdb.DuckDBPyConnection) -> None:
    """Every table, view and column of a table says what it holds."""
    silent = con.execute(
        "SELECT table_name FROM duckdb_tables() WHERE comment IS NULL "
        "UNION ALL SELECT view_name FROM duckdb_views() WHERE comment IS NULL AND NOT internal "
        "UNION ALL SELECT c.table_name || '.' || c.column_name FROM duckdb_columns() c "
        "JOIN duckdb_tables() t USING (schema_name, table_name) WHERE c.comment IS NULL"
    ).fetchall()
    assert silent == []


def test_fixed_columns_of_access(con: duckdb.DuckDBPyConnection) -> None:
    """Both views have the columns that users rely on, in their order."""
    fixed = [
        "snapshot",
        "snapshot_date",
        "host",
        "domain",
        "stratum",
        "weight",
        "token",
        "operator",
        "purpose",
        "openness",
        "outcome",
        "restriction",
        "basis",
        "root_allowed",
        "authored_by",
        "digest",
    ]
    for view in ("access", "access_ccbot"):
        assert columns(con, view)[: len(fixed)] == fixed


@pytest.mark.parametrize(("words", "column"), [(Restriction, "restriction"), (Basis, "basis")])
def test_words_of_readings(
    con: duckdb.DuckDBPyConnection, words: type[StrEnum], column: str
) -> None:
    """What the schema says about statuses uses the words of the model."""
    used = {w for (w,) in con.execute(f"SELECT DISTINCT {column} FROM http_profiles").fetchall()}
    assert used <= set(words)


def test_registry_reads() -> None:
    """The registry's files become records, with the breaks of the archive."""
    assert len([crawler for crawler in registry.crawlers() if crawler.ai]) >= 100
    assert len(registry.breaks()) >= 13


def test_no_crawler_in_code() -> None:
    """No text in the code is a crawler's name, but in a docstring: crawlers are data."""
    names = {crawler.token for crawler in registry.crawlers()}
    for path in (ROOT / "crawlblock").rglob("*.py"):
        nodes = ast.walk(ast.parse(path.read_text("utf-8")))
        texts = {node.value for node in nodes if isinstance(node, ast.Constant)}
        assert not names & texts, path
