"""The metrics on facts small enough to count by hand."""

import random
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
import small_database as small
from oracles.estimate import Answer, designed, stratified

from crawlblock.errors import InputError, StoreError
from crawlblock.intervals import wilson
from crawlblock.metrics.computed import COMPUTED
from crawlblock.metrics.http_profile import set_http_profile
from crawlblock.metrics.queries import analyze, held, metrics, result_of

PANEL_ONLY = ("attrition", "same_hosts", "survival")  # they follow hosts from one to the next
CLAIM = {"estimand", "n", "n_unknown", "estimate", "low", "high", "http_profile", "no_estimate"}
TEN: dict[str, small.Answer] = {
    "h0": "named", "h1": "named", "h2": "wild", "h3": "but", "h4": "partly", "h5": "open",
    "h6": "open", "h7": 404, "h8": 503, "h9": None,
}  # fmt: skip


@contextmanager
def asked(con: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    """Keep what the metrics share for several questions to the same facts."""
    set_http_profile(con, "rfc9309")
    with held(con):
        yield con


@pytest.fixture(scope="module")
def nothing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """Return a database without captures, for tests that add none."""
    path = tmp_path_factory.mktemp("nothing") / "small.duckdb"
    with closing(small.make(path)) as made, asked(made):
        yield made


def ask(
    con: duckdb.DuckDBPyConnection, name: str, reading: str = "rfc9309", *, of_list: bool = False
) -> pl.DataFrame:
    """Return what one metric answers; of a list as if it were a sample, or of it as a list."""
    set_http_profile(con, reading)
    (wanted,) = (metric for metric in metrics() if metric.name == name)
    with held(con):
        found = result_of(con, wanted)
    if "estimand" not in found.columns:
        return found
    # a list has a row about itself and one as if it were a sample; tests ask for the numbers once
    if not paired_rows(found):
        return found
    return found.filter(pl.col("estimand") != ("as_if_sample" if of_list else "list"))


def paired_rows(frame: pl.DataFrame) -> bool:
    """Tell whether a result has rows as if its list were a sample."""
    return "as_if_sample" in frame["estimand"].to_list()


def rows(frame: pl.DataFrame, *columns: str, **where: object) -> list[tuple[Any, ...]]:
    """Return columns of the rows in which other columns have the values given."""
    for column, value in where.items():
        frame = frame.filter(pl.col(column) == value)
    return frame.select(columns).rows()


@pytest.mark.parametrize("metric", metrics(), ids=lambda metric: metric.name)
def test_header(nothing: duckdb.DuckDBPyConnection, metric: Any) -> None:
    """A metric says title, unit and note, and returns headline_of, or changes with their times."""
    assert metric.title and metric.unit and metric.note
    columns = set(ask(nothing, metric.name).columns)
    wanted = (
        CLAIM
        if metric.unit.startswith(("share", "difference"))
        else {"after", "before", "http_profile"}
    )
    assert wanted <= columns


def test_shares_by_definition(con: duckdb.DuckDBPyConnection) -> None:
    """Each definition counts its own blocks among the known hosts; an outage is unknown."""
    small.snapshot(con, "S1", date(2023, 10, 1), TEN)
    found = ask(con, "blocked")
    counts = dict(rows(found, "definition", "n_yes", token="Alpha"))
    assert counts == {
        "root": 4, "access": 5, "full": 3, "all_but": 1, "partial": 1, "any": 5
    }  # fmt: skip
    ((n, unknown, *result),) = rows(
        found, "n", "n_unknown", "estimate", "low", "high", "bound_low", "bound_high",
        token="Alpha", definition="root",
    )  # fmt: skip
    assert (n, unknown) == (8, 2)
    assert result[:3] == pytest.approx([4 / 8, *wilson(4 / 8, 8)])
    assert result[3] < 4 / 10 and result[4] > 6 / 10  # bounds with the error of sampling
    assert rows(found, "n", "n_yes", token="Alpha", definition="access") == [(9, 5)]
    assert rows(found, "n_yes", token="Seeker", definition="root") == [(1,)]


def test_other_reading(con: duckdb.DuckDBPyConnection) -> None:
    """Read as Common Crawl's crawler does, a server error is unknown, and the rows say so."""
    small.snapshot(con, "S1", date(2023, 10, 1), TEN)
    found = ask(con, "blocked", "ccbot")
    assert rows(found, "n", "n_unknown", "n_yes", token="Alpha", definition="root") == [(8, 2, 4)]
    assert set(found["http_profile"]) == {"ccbot"}


def test_bases_add_up(con: duckdb.DuckDBPyConnection) -> None:
    """Blocks by name, by wildcard and by HTTP status are counted apart and add up to all."""
    small.snapshot(con, "S1", date(2023, 10, 1), TEN)
    found = ask(con, "blocked_by_basis")
    assert dict(rows(found, "basis", "n_yes", token="Alpha", definition="root")) == {
        "named": 3, "fallback": 0, "wildcard": 1,
    }  # fmt: skip
    assert dict(rows(found, "basis", "n_yes", token="Alpha", definition="access"))["http"] == 1
    assert set(rows(found, "n", "n_unknown", token="Alpha", definition="root")) == {(8, 2)}
    total = sum(e for (e,) in rows(found, "estimate", token="Alpha", definition="any"))
    assert total == pytest.approx(5 / 8)


def test_counted_since_documented(con: duckdb.DuckDBPyConnection) -> None:
    """A crawler is not counted before it was documented, and always where that is unknown."""
    small.snapshot(con, "S0", date(2023, 7, 31), TEN)
    small.snapshot(con, "S1", date(2023, 8, 1), TEN)
    found = ask(con, "blocked")
    assert set(rows(found, "snapshot", token="Alpha")) == {("S1",)}
    assert set(rows(found, "snapshot", token="Beta")) == {("S0",), ("S1",)}


def test_unknown_is_not_allowed(con: duckdb.DuckDBPyConnection) -> None:
    """Unknown hosts give no share at all, and bounds from nothing to everything."""
    small.snapshot(con, "S1", date(2023, 10, 1), {"a": None, "b": "html", "c": 525})
    columns = ("n", "n_unknown", "estimate", "low", "high", "bound_low", "bound_high")
    with asked(con):
        found, by_openness = ask(con, "blocked"), ask(con, "blocked_by_openness")
    assert rows(found, *columns, token="Alpha", definition="root") == [
        (0, 3, None, None, None, 0.0, 1.0)
    ]
    assert rows(by_openness, *columns[:3], openness="any", definition="root") == [(0, 3, None)]


def test_strata_and_weights(con: duckdb.DuckDBPyConnection) -> None:
    """A weighted panel is estimated by stratum; its hosts without a capture are unknown."""
    names = [f"{stratum}{i}" for stratum in ("tail", "head") for i in range(4)]
    small.panel(con, [(n, n[:4], 100.0 if n.startswith("tail") else 1.0) for n in names])
    answers = ["named", "open", None, "named", "open", "open", "open"]
    captured = [name for name in names if name != "tail3"]
    answered = dict(zip(captured, answers, strict=True)) | {"tail3": None}
    small.snapshot(con, "S1", date(2023, 10, 1), answered)
    with asked(con):
        found, by_segment = ask(con, "blocked"), ask(con, "blocked_by_segment")
    ((population, n, unknown, *result),) = rows(
        found, "population", "n", "n_unknown", "estimate", "low", "high", "bound_low", "bound_high",
        token="Alpha", definition="root",
    )  # fmt: skip
    assert (population, n, unknown) == ("panel", 6, 2)
    said = [Answer(yes, 100.0, "tail") for yes in (True, False, None, None)]
    said += [Answer(yes, 1.0, "head") for yes in (True, False, False, False)]
    assert result[:3] == pytest.approx([201 / 404, *designed(said)])
    assert result[3] < 101 / 404 and result[4] > 301 / 404
    shares = rows(by_segment, "segment", "estimate", "n", token="Alpha", definition="root")
    assert shares == [("head", 0.25, 4), ("tail", 0.5, 2)]


def test_columns_of_the_list(con: duckdb.DuckDBPyConnection) -> None:
    """Further columns are dimensions: a cell may name several segments, small ones are folded."""
    names = [f"h{number:02}" for number in range(80)]
    small.panel(con, [(name, "all", 1.0) for name in names])
    small.snapshot(con, "S1", date(2023, 10, 1), {
        name: "named" if number % 4 == 0 else None if number == 1 else "open"
        for number, name in enumerate(names)
    })  # fmt: skip
    cells = [(name, "France;Belgium" if n < 40 else "Spain" if n < 45 else "Italy")
             for n, name in enumerate(names)]  # fmt: skip
    con.executemany("INSERT INTO panel_columns VALUES ('panel', ?, 'country', ?)", cells)
    found = ask(con, "blocked_by_segment")
    other = "other segments"
    assert rows(
        found, "segment", "n_yes", "n", "n_unknown",
        token="Alpha", definition="root", dimension="country",
    ) == [
        ("Belgium", 10, 39, 1), ("France", 10, 39, 1), ("Italy", 8, 35, 0), (other, 2, 5, 0),
    ]  # fmt: skip
    assert set(found["dimension"]) == {"country"}  # a single stratum is no dimension


def test_days_of_segments(con: duckdb.DuckDBPyConnection) -> None:
    """A host counts in a segment on its days there, and outside of all days it is not unknown."""
    names = [f"h{number:02}" for number in range(70)]
    small.panel(con, [(name, "all", 1.0) for name in names])
    for snapshot, day in (
        ("S1", date(2023, 10, 1)),
        ("S2", date(2024, 10, 1)),
        ("S3", date(2025, 1, 1)),
    ):
        small.snapshot(con, snapshot, day, {
            name: None if snapshot == "S2" and n < 30 else "named" if n < 40 else "open"
            for n, name in enumerate(names)
        })  # fmt: skip
    early, late = "early 2023-01-01/2023-12-31", "late 2023-10-01; late 2025-01-01/2025-12-31"
    cells = [
        (name, f"{early}; {late}" if 30 <= n < 60 else early if n < 30 else "always")
        for n, name in enumerate(names)
    ]
    con.executemany("INSERT INTO panel_columns VALUES ('panel', ?, 'stratum', ?)", cells)
    with asked(con):
        found = ask(con, "blocked_by_segment")
        blocked = ask(con, "blocked")
        change = ask(con, "change").filter(pl.col("span") == "since_first")
    assert rows(
        found, "segment", "snapshot", "n_yes", "n", "n_unknown", token="Alpha", definition="root"
    ) == [
        ("early", "S1", 40, 60, 0), ("late", "S1", 10, 30, 0), ("other segments", "S1", 0, 10, 0),
        ("other segments", "S2", 0, 10, 0),
        ("late", "S3", 10, 30, 0), ("other segments", "S3", 0, 10, 0),
    ]  # fmt: skip
    whole = rows(blocked, "snapshot", "n", "n_unknown", token="Alpha", definition="root")
    assert whole == [("S1", 70, 0), ("S2", 10, 0), ("S3", 40, 0)]
    assert rows(change, "segment", "to_snapshot", "n", token="Alpha", segment="late") == [
        ("late", "S3", 30)
    ]


def test_sql_agrees_with_python(con: duckdb.DuckDBPyConnection) -> None:
    """On random weights, strata and answers the metric equals the estimate in plain Python."""
    rng = random.Random(7)
    hosts = [(f"h{i}", rng.choice("abc"), rng.uniform(1, 900)) for i in range(150)]
    small.panel(con, hosts)
    answers = {host: rng.choice(["named", "open", "wild", None, 404]) for host, _, _ in hosts}
    small.snapshot(con, "S1", date(2023, 10, 1), answers)
    said = {"named": True, "wild": True, "open": False, 404: False, None: None}
    asked = [Answer(said[answers[h]], round(w, 6), s) for h, s, w in hosts]
    expected = stratified(asked)
    (found,) = rows(
        ask(con, "blocked"), "n", "n_unknown", "estimate", "low", "high",
        token="Alpha", definition="root",
    )  # fmt: skip
    assert found == pytest.approx(
        (expected.n, expected.n_unknown, expected.estimate, *designed(asked))
    )


@pytest.mark.parametrize(("reading", "view"), [("rfc9309", "access"), ("ccbot", "access_ccbot")])
def test_counts_equal_access(con: duckdb.DuckDBPyConnection, reading: str, view: str) -> None:
    """Adding up hosts first gives what counting the rows of the view gives."""
    small.snapshot(con, "S0", date(2023, 7, 1), TEN)
    small.snapshot(con, "S1", date(2023, 10, 1), TEN | {"h0": 403, "h1": 429, "h2": "html"})
    set_http_profile(con, reading)
    counted = con.execute(
        "SELECT snapshot, token, restriction, basis, root_allowed, sum(hosts) FROM access_counts "
        "GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    listed = con.execute(
        f"SELECT snapshot, token, restriction, basis, root_allowed, count(*) FROM {view} "
        "WHERE documented IS NOT false GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    assert counted == listed


def test_at_least_one_crawler(con: duckdb.DuckDBPyConnection) -> None:
    """By purpose and openness a host blocks if it blocks one AI crawler counted at that date."""
    small.snapshot(con, "S0", date(2023, 7, 1), TEN)
    small.snapshot(con, "S1", date(2023, 10, 1), TEN)
    with asked(con):
        found, by_purpose = ask(con, "blocked_by_openness"), ask(con, "blocked_by_purpose")
    columns = ("snapshot", "openness", "crawlers", "n_yes", "n", "n_unknown")
    assert rows(found, *columns, definition="root") == [
        ("S0", "any", 1, 1, 8, 2),
        ("S0", "open", 1, 1, 8, 2),
        ("S1", "any", 2, 4, 8, 2),
        ("S1", "closed", 1, 4, 8, 2),
        ("S1", "open", 1, 1, 8, 2),
    ]
    assert rows(by_purpose, "purpose", "n_yes", snapshot="S1", definition="any") == [
        ("archive", 2),
        ("training", 5),
    ]


def test_populations_stay_apart(con: duckdb.DuckDBPyConnection) -> None:
    """A crawl of the panel counts the panel only; an import of other hosts is another series."""
    small.panel(con, [("a", "all", 1.0), ("b", "all", 1.0)])
    small.snapshot(con, "S1", date(2023, 10, 1), {"a": "named", "b": None, "x": "open"})
    small.snapshot(con, "I1", date(2023, 10, 1), {"a": "open", "x": "named", "y": "open"}, "import")
    small.snapshot(con, "I2", date(2023, 11, 1), {"b": "open"}, "import")
    found = ask(con, "blocked")
    columns = ("population", "snapshot", "n", "n_unknown", "n_yes")
    assert rows(found, *columns, token="Alpha", definition="root") == [
        ("captured", "I1", 3, 0, 1),
        ("panel", "S1", 1, 1, 1),
        ("panel", "I2", 1, 1, 0),
    ]


def test_a_crawl_half_asked_is_no_result(con: duckdb.DuckDBPyConnection) -> None:
    """As long as a run has not asked the whole panel, its snapshot is named and counts nowhere."""
    small.panel(con, [("a", "all", 1.0), ("b", "all", 1.0)])
    small.snapshot(con, "S1", date(2023, 10, 1), {"a": "named", "b": "open"})
    small.snapshot(con, "S2", date(2023, 11, 1), {"a": "named"})
    assert set(ask(con, "blocked")["snapshot"]) == {"S1"}
    assert con.execute("FROM incomplete_snapshots").fetchall() == [("S2", 1, 2)]


def captures(con: duckdb.DuckDBPyConnection, host: str, *answers: small.Answer) -> None:
    """Add a snapshot a month from August 2023 on, each with an answer of one host."""
    for month, answer in enumerate(answers, start=8):
        small.snapshot(con, f"S{month:02}", date(2023, month, 1), {host: answer})


def test_changes_lie_between_captures(con: duckdb.DuckDBPyConnection) -> None:
    """Unknown captures widen the interval, on both sides of a reversal."""
    captures(con, "a", "open", None, "named", "html", "open")
    found = ask(con, "transitions")
    columns = ("transition", "after", "before", "from_restriction", "to_restriction", "first_block")
    assert rows(found, *columns, token="Alpha") == [
        ("started", datetime(2023, 8, 2), datetime(2023, 10, 2), "none", "full", True),
        ("stopped", datetime(2023, 10, 2), datetime(2023, 12, 2), "full", "none", False),
    ]
    assert rows(found, "transition", token="Beta") == []


def test_blocked_from_the_first_capture(con: duckdb.DuckDBPyConnection) -> None:
    """What was blocked from the start has no lower end, and a second block is no first block."""
    captures(con, "a", None, "wild", "named", "open", "but")
    found = ask(con, "transitions")
    assert rows(found, "transition", "after", "before", "first_block", token="Alpha") == [
        ("started", None, datetime(2023, 9, 2), True),
        ("stopped", datetime(2023, 10, 2), datetime(2023, 11, 2), False),
        ("started", datetime(2023, 11, 2), datetime(2023, 12, 2), False),
    ]


def test_changes_of_a_crawler_documented_later(con: duckdb.DuckDBPyConnection) -> None:
    """Before a crawler is documented nothing happens to it; older captures still bound a change."""
    small.snapshot(con, "S0", date(2023, 5, 1), {"a": "open", "b": "open", "c": "wild"})
    small.snapshot(con, "S1", date(2023, 6, 1), {"a": "open", "b": "wild", "c": "wild"})
    small.snapshot(con, "S2", date(2023, 9, 1), {"a": "named", "b": "wild", "c": "open"})
    found = ask(con, "transitions")
    assert rows(found, "host", "transition", "after", "before", token="Alpha") == [
        ("a", "started", datetime(2023, 6, 2), datetime(2023, 9, 2)),
        ("b", "started", None, datetime(2023, 9, 2)),
        ("c", "stopped", datetime(2023, 6, 2), datetime(2023, 9, 2)),
    ]


def test_changes_counted(con: duckdb.DuckDBPyConnection) -> None:
    """Of the hosts known now and before, the changed are counted where they are first seen."""
    hosts = ("a", "b", "c", "d")
    for name, month, answers in (
        ("S1", 9, ("open", "open", "named", None)),
        ("S2", 10, (None, "named", "open", "open")),
        ("S3", 11, ("named", "named", None, "open")),
    ):
        small.snapshot(con, name, date(2023, month, 1), dict(zip(hosts, answers, strict=True)))
    found = ask(con, "transition_counts")
    columns = ("snapshot", "transition", "n", "n_unknown", "n_yes", "estimate")
    assert rows(found, *columns, token="Alpha") == [
        ("S1", "started", 0, 4, 0, None),
        ("S1", "stopped", 0, 4, 0, None),
        ("S2", "started", 2, 2, 1, 1 / 2),
        ("S2", "stopped", 2, 2, 1, 1 / 2),
        ("S3", "started", 3, 1, 1, pytest.approx(1 / 3)),
        ("S3", "stopped", 3, 1, 0, 0.0),
    ]


def test_coverage_and_breaks(con: duckdb.DuckDBPyConnection) -> None:
    """Coverage counts captured and known apart; crawls have a break between them, imports none."""
    small.snapshot(con, "C1", date(2023, 9, 21), TEN)
    small.snapshot(con, "C2", date(2023, 11, 28), TEN | {"h0": "html"})
    small.snapshot(con, "I1", date(2023, 12, 15), TEN, "import")
    found = ask(con, "coverage")
    shares = dict(rows(found, "measure", "estimate", snapshot="C2"))
    assert shares["captured"] == 0.9
    assert shares["known"] == 0.7  # one host answers with a page, one by 503, one not at all
    assert shares["not_robots"] == 0.1
    marked = dict(rows(found, "snapshot", "break_ids", measure="known"))
    assert marked == {"C1": None, "C2": "five-redirects", "I1": None}
    affected = dict(rows(found, "snapshot", "break_affects", measure="known"))
    assert affected["C2"] == "coverage, verdicts"


def test_blocks_that_nobody_obeys(con: duckdb.DuckDBPyConnection) -> None:
    """Hosts are counted by crawler and by fault."""
    hosts: dict[str, small.Answer] = {f"h{n}": "open" for n in range(10)}
    hosts |= {"h0": "partly", "h1": 404, "h2": None}
    small.snapshot(con, "S1", date(2023, 9, 1), hosts)
    con.execute(
        "INSERT INTO conclusions.ineffective_lines SELECT p.text, 'one_line', 1, 'x', ['Alpha'], "
        "['Alpha'] FROM facts.payloads p JOIN payloads y USING (digest) WHERE policy = 'partly'"
    )
    found = ask(con, "ineffective_rules")
    keys = ("token", "fault", "n_yes", "n", "n_unknown", "no_estimate")
    assert rows(found, *keys, snapshot="S1") == [
        ("Alpha", "any", 1, 8, 2, None), ("any", "any", 1, 8, 2, None),
        ("any", "one_line", 1, 8, 2, None),
    ]  # fmt: skip


def test_intervals_hold_their_estimates(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """In every result low <= estimate <= high, and the bounds hold the estimate."""
    small.snapshot(con, "S1", date(2023, 9, 1), TEN)
    small.snapshot(con, "S2", date(2023, 10, 1), TEN | {"h5": "wild", "h0": "open"})
    con.execute("INSERT INTO weights SELECT 'h' || n, 'C4', n, NULL, 9 FROM range(10) AS r(n)")
    for name, frame in analyze(con, tmp_path).items():
        if name in PANEL_ONLY or name == "blocked_by_segment":  # there are no segments
            assert frame.is_empty(), name
        elif name == "archives":  # none of the crawlers here is an archive's
            assert frame["no_estimate"].null_count() == 0
            continue
        elif "estimate" in frame.columns:
            estimated = frame.filter((pl.col("n") > 0) & pl.col("estimate").is_not_null())
            assert estimated.height or name == "forecast", name
            assert estimated.select((pl.col("low") <= pl.col("estimate")).all()).item(), name
            assert estimated.select((pl.col("estimate") <= pl.col("high")).all()).item(), name
        if "bound_low" in frame.columns:
            inside = (pl.col("bound_low") - 1e-12 <= pl.col("estimate")) & (
                pl.col("estimate") <= pl.col("bound_high") + 1e-12
            )
            assert estimated.select(inside.all()).item(), name


def test_same_database_same_bytes(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """Every result becomes two files, whose bytes do not change when it is asked again."""
    rng = random.Random(3)
    small.panel(con, [(f"h{i}", rng.choice("ab"), rng.uniform(1, 90)) for i in range(10)])
    small.snapshot(con, "S1", date(2023, 9, 1), TEN)
    for folder in ("one", "two"):
        analyze(con, tmp_path / folder)
    one, two = (
        {path.name: path.read_bytes() for path in (tmp_path / folder).iterdir()}
        for folder in ("one", "two")
    )
    assert one == two
    names = {m.name for m in metrics()} | {result.name for result in COMPUTED}
    assert set(one) == {f"{name}.{suffix}" for name in names for suffix in ("parquet", "csv")}


def test_reading_that_is_not_known(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """A misspelt reading is refused with the ones there are."""
    with pytest.raises(InputError, match="ccbot, rfc9309"):
        analyze(con, tmp_path, "rfc")


def test_results_that_cannot_be_written(
    con: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that cannot be made is named."""
    few = [metric for metric in metrics() if metric.name == "attrition"]
    monkeypatch.setattr("crawlblock.metrics.queries.metrics", lambda: few)
    monkeypatch.setattr("crawlblock.metrics.queries.COMPUTED", ())
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="file"):
        analyze(con, tmp_path / "file" / "results")


def test_a_reused_name_is_in_no_sum(con: duckdb.DuckDBPyConnection) -> None:
    """A token that another operator used before has results of its own and is in no sum."""
    small.snapshot(con, "S1", date(2023, 10, 1), TEN)
    assert "open" in set(ask(con, "blocked_by_openness")["openness"])
    con.execute("UPDATE crawlers SET reused = true WHERE token = 'Beta'")
    with asked(con):
        assert "open" not in set(ask(con, "blocked_by_openness")["openness"])
        assert "archive" not in set(ask(con, "blocked_by_purpose")["purpose"])
        assert ask(con, "gap").filter(pl.col("comparison").str.starts_with("open data")).is_empty()
        assert "Beta" in set(ask(con, "blocked")["token"])
