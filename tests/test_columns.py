"""The columns of results: as declared, in order, described; and what had another name."""

import csv
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import duckdb
import polars as pl
import pytest
import small_database as small

from crawlblock.errors import InputError
from crawlblock.metrics.columns import columns_of, conformed, dictionary, words_of
from crawlblock.metrics.computed import COMPUTED
from crawlblock.metrics.queries import CENSUS, analyze, held, metrics, result_of
from crawlblock.metrics.replicated import REPLICATION, replication
from crawlblock.metrics.result_files import DIGESTS, write_manifest
from crawlblock.renamed import RESULTS
from crawlblock.report.named_results import one_result
from crawlblock.store.defining import define
from crawlblock.store.schema import schema

CORE = (
    "estimand", "dimension", "segment", "snapshot", "snapshot_date", "definition", "http_profile",
    "n_yes", "n", "n_unknown", "estimate", "low", "high", "bound_low", "bound_high", "no_interval",
    "no_estimate",
)  # fmt: skip
ESTIMANDS = {"list", "as_if_sample", "sample", "rulesets"}
PANEL = [metric.name for metric in metrics()] + [derived.name for derived in COMPUTED]
WHOLE = {"a": "named", "b": "open", "c": "wild", "d": None}


def weighted(con: duckdb.DuckDBPyConnection, weight: float) -> None:
    """Add a panel of four hosts that stand for so many each, in two snapshots."""
    small.panel(con, [(host, "all", weight) for host in WHOLE])
    small.snapshot(con, "S1", date(2023, 9, 1), WHOLE)
    small.snapshot(con, "S2", date(2023, 10, 1), WHOLE | {"b": "named"})
    con.execute("INSERT INTO weights SELECT unnest(['a', 'b', 'c']), 'C4', 1, 1, 5").fetchall()


@pytest.fixture(scope="module")
def frames(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, pl.DataFrame]]:
    """Return all results about a sampled panel."""
    folder = tmp_path_factory.mktemp("columns")
    con = small.make(folder / "x.duckdb")
    weighted(con, 10.0)
    yield analyze(con, folder / "results") | {REPLICATION: replication(con)}
    con.close()


def test_columns_are_those_declared(frames: dict[str, pl.DataFrame]) -> None:
    """Every result has exactly the core columns that it uses and its own, in the declared order."""
    assert set(frames) == {*PANEL, REPLICATION}
    for name, frame in frames.items():
        assert tuple(frame.columns) == columns_of(name), name
        core = [column for column in frame.columns if column in CORE]
        assert core == [column for column in CORE if column in core], name
        assert len(set(frame.columns)) == frame.width
        assert set(frame["estimand"]) <= ESTIMANDS, name


def test_columns_of_a_census() -> None:
    """So have the results of a census, which also say how many files are merged."""
    con = duckdb.connect()
    define(con, schema())
    with held(con, CENSUS):
        for metric in metrics(CENSUS):
            found = tuple(result_of(con, metric, CENSUS).columns)
            assert found == columns_of(metric.name, census=True), metric.name
            assert {"files", "of"} <= set(found)
    assert con.execute("SELECT count(*) FROM duckdb_tables() WHERE temporary").fetchall() == [(0,)]


def test_columns_are_described() -> None:
    """Every column of every result is described, and nothing else is."""
    panel = {name: words_of(name) for name in [*PANEL, REPLICATION]}
    census = {m.name: words_of(m.name, census=True) for m in metrics(CENSUS)}
    assert all(text for words in (*panel.values(), *census.values()) for text in words.values())


def test_dictionary(frames: dict[str, pl.DataFrame]) -> None:
    """The data dictionary has a row for every column of every result, with its type."""
    rows = list(csv.DictReader(dictionary(frames).splitlines()))
    listed = [(row["result"], row["column"], row["type"]) for row in rows]
    assert listed == [
        (name, column, str(kind))
        for name in sorted(frames)
        for column, kind in frames[name].schema.items()
    ]
    assert all(row["holds"] for row in rows)


def test_a_new_metric_needs_no_declaration() -> None:
    """A result that is not declared keeps the columns of its query, core ones in their place."""
    frame = pl.DataFrame({"n": [1], "colour": ["red"], "estimand": ["list"], "estimate": [0.5]})
    assert conformed(frame, "colours").columns == ["estimand", "colour", "n", "estimate"]
    assert words_of("colours", frame.columns)["colour"] == ""


def test_estimands_of_a_sample(frames: dict[str, pl.DataFrame]) -> None:
    """A sampled panel gives intervals of its frame, but for rule sets and transitions."""
    for name in (
        "blocked",
        "change",
        "openness_index",
        "gap",
        "sensitivity",
        "same_hosts",
        "coverage",
        "lost",
        "authors",
    ):
        assert set(frames[name]["estimand"]) == {"sample"}, name
    for name in ("rulesets", "survival"):
        assert set(frames[name]["estimand"]) == {"rulesets"}, name
    assert set(frames["transitions"]["estimand"]) == {"list"}
    assert set(frames["attrition"]["estimand"]) == {"as_if_sample"}


def test_estimands_of_a_list(tmp_path: Path) -> None:
    """A list has rows about itself, without interval, and rows that take it for a sample."""
    both = ("blocked", "change", "openness_index", "gap", "same_hosts", "coverage")
    with closing(small.make(tmp_path / "x.duckdb")) as con:
        weighted(con, 1.0)
        with held(con):
            asked = [metric for metric in metrics() if metric.name in (*both, "lost")]
            found = {metric.name: result_of(con, metric) for metric in asked}
    for name in both:
        assert set(found[name]["estimand"]) == {"list", "as_if_sample"}, name
        listed = found[name].filter(pl.col("estimand") == "list")
        assert listed["low"].null_count() == listed.height == listed["no_interval"].count(), name
    lost = found["lost"].filter(pl.col("snapshot") == "S1")
    assert set(lost["estimand"]) == {"list"}
    assert lost["low"].null_count() == lost.height == lost["no_interval"].count()


def test_reasons_stand_where_numbers_lack(frames: dict[str, pl.DataFrame]) -> None:
    """Without an estimate or an interval the row says why, and only then."""
    for name, frame in frames.items():
        if "no_estimate" in frame.columns:
            pairs = (("estimate", "no_estimate"), ("low", "no_interval"), ("high", "no_interval"))
            for number, reason in pairs:
                lacks = frame[number].is_null() != frame[reason].is_not_null()
                assert not lacks.any(), (name, frame.filter(lacks))


@pytest.mark.parametrize(("old", "new"), RESULTS.items())
def test_old_names(old: str, new: str, tmp_path: Path) -> None:
    """Asked for a result by its old name, the error says the new one, which exists."""
    assert new in {*PANEL, *(m.name for m in metrics(CENSUS)), REPLICATION}
    write_manifest(tmp_path, {DIGESTS: {new: "of this"}})
    with pytest.raises(InputError, match=f"{old} is now called {new} "):
        one_result(tmp_path, old)
