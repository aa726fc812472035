"""Panels that allow no estimate, or hardly one: each row of each result says why it has none."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path

import duckdb
import polars as pl
import polars.selectors as cs
import pytest
import small_database as small
from polars.testing import assert_series_equal
from test_metrics import TEN

from crawlblock.metrics.headline import headline_rows
from crawlblock.metrics.queries import analyze

pytestmark = pytest.mark.own_code

DAYS = (date(2023, 9, 1), date(2023, 10, 1), date(2024, 10, 1))
LIST = [(host, "all", 1.0) for host in TEN]
LATER: dict[str, small.Answer] = TEN | {"h0": "open", "h5": "named", "h9": "wild"}


def _series(
    con: duckdb.DuckDBPyConnection,
    members: list[tuple[str, str, float]],
    *answers: Mapping[str, small.Answer],
) -> None:
    small.panel(con, members)
    for number, (day, answer) in enumerate(zip(DAYS, answers, strict=False), start=1):
        small.snapshot(con, f"S{number}", day, answer)


def one_host(con: duckdb.DuckDBPyConnection) -> None:
    """One host, in three snapshots."""
    _series(con, LIST[:1], {"h0": "open"}, {"h0": "named"}, {"h0": "named"})


def one_host_sampled(con: duckdb.DuckDBPyConnection) -> None:
    """One host that stands for a thousand."""
    members = [("h0", "all", 1000.0)]
    _series(con, members, {"h0": "open"}, {"h0": "named"}, {"h0": "named"})


def one_snapshot(con: duckdb.DuckDBPyConnection) -> None:
    """Add a single snapshot of ten hosts."""
    _series(con, LIST, TEN)


def all_unknown(con: duckdb.DuckDBPyConnection) -> None:
    """Outages, pages in place of a robots.txt and hosts without a capture."""
    silent: dict[str, small.Answer] = {host: (503, 429, "html", None)[i % 4]
                                       for i, host in enumerate(TEN)}  # fmt: skip
    _series(con, LIST, silent, silent, silent)


def a_stratum_without_known_hosts(con: duckdb.DuckDBPyConnection) -> None:
    """Ten hosts are known in part, and of a second stratum none is."""
    members = [(host, "head", 1.0) for host in TEN] + [(f"t{i}", "tail", 50.0) for i in range(4)]
    tail: dict[str, small.Answer] = {f"t{i}": None for i in range(4)}
    _series(con, members, TEN | tail, LATER | tail, LATER | tail)


def a_list_with_strata(con: duckdb.DuckDBPyConnection) -> None:
    """Of two strata one is known whole; a crawler is documented after the last snapshot."""
    con.execute("UPDATE crawlers SET documented_since = '2030-01-01' WHERE token = 'Alpha'")
    members = [(host, "head", 1.0) for host in list(TEN)[:4]]
    members += [(host, "tail", 1.0) for host in list(TEN)[4:]]
    _series(con, members, TEN, LATER, LATER)


def weights_of_zero(con: duckdb.DuckDBPyConnection) -> None:
    """Every host stands for none."""
    _series(con, [(host, "all", 0.0) for host in TEN], TEN, LATER, LATER)


def some_weights_of_zero(con: duckdb.DuckDBPyConnection) -> None:
    """Let the hosts of one stratum stand for none."""
    members = [(h, "none" if i % 2 else "some", 5.0 * (i % 2 == 0)) for i, h in enumerate(TEN)]
    _series(con, members, TEN, LATER, LATER)


def blocks_where_all_is_known(con: duckdb.DuckDBPyConnection) -> None:
    """Those of a stratum taken whole, and known whole, block; those of a sampled one do not."""
    members = [(host, "head", 1.0) for host in TEN] + [(f"t{i}", "tail", 50.0) for i in range(4)]
    tail: dict[str, small.Answer] = {f"t{i}": "open" for i in range(4)}
    known: dict[str, small.Answer] = {h: "open" if i % 2 else "named" for i, h in enumerate(TEN)}
    _series(con, members, known | tail, known | tail, known | tail | {"h1": "named"})


def a_list_beside_a_sample(con: duckdb.DuckDBPyConnection) -> None:
    """Add an older panel that is a list and a newer one that is a sample of the same hosts."""
    _series(con, [(host, "all", 20.0) for host in list(TEN)[:6]], TEN, LATER, LATER)
    con.execute("INSERT INTO panels VALUES ('older', 'list', NULL, TIMESTAMP '2022-01-01')")
    con.execute("INSERT INTO panel SELECT 'older', 'h' || n, 'h' || n, NULL, 'all', NULL, 1, n "
                "FROM range(10) r(n)")  # fmt: skip


ODD: tuple[Callable[[duckdb.DuckDBPyConnection], None], ...] = (
    one_host, one_host_sampled, one_snapshot, all_unknown, a_stratum_without_known_hosts,
    a_list_with_strata, weights_of_zero, some_weights_of_zero, blocks_where_all_is_known,
    a_list_beside_a_sample,
)  # fmt: skip
Results = dict[str, pl.DataFrame]


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Results]]:
    """Return what makes all results about an odd panel, each once."""
    made: dict[str, Results] = {}

    def results(name: str) -> Results:
        if name not in made:
            folder: Path = tmp_path_factory.mktemp(name)
            with small.make(folder / "x.duckdb") as con:
                next(odd for odd in ODD if odd.__name__ == name)(con)
                con.execute("INSERT INTO weights SELECT 'h' || n, 'C4', n, NULL, 9 FROM range(9) "
                            "r(n)")  # fmt: skip
                with pytest.MonkeyPatch.context() as patched:
                    patched.setattr("crawlblock.metrics.queries.write_results", lambda *_: None)
                    made[name] = analyze(con, folder)
        return made[name]

    yield results


@pytest.mark.parametrize("odd", [odd.__name__ for odd in ODD])
def test_reasons(odd: str, answered: Callable[[str], Results]) -> None:
    """A row without an estimate or an interval says why, only it does, and no number is NaN."""
    silent = {}
    for name, frame in answered(odd).items():
        numbers = [("estimate", "no_estimate"), ("low", "no_interval"), ("high", "no_interval")]
        for number, reason in numbers:
            if {number, reason} <= set(frame.columns):
                lacks = frame[number].is_null() != frame[reason].is_not_null()
                if lacks.any():
                    silent[name, number] = frame.filter(lacks).to_dicts()[0]
        for column in frame.select(cs.float()):
            assert not column.is_nan().any() and not column.is_infinite().any(), (name, column)
    assert not silent


@pytest.mark.parametrize("odd", [odd.__name__ for odd in ODD])
def test_results_agree(odd: str, answered: Callable[[str], Results]) -> None:
    """What blocked says of all hosts, rule sets and authors say too."""
    results = answered(odd)
    keys = ["population", "snapshot", "token"]
    blocked = headline_rows(results["blocked"]).filter(pl.col("definition") == "root")
    both = blocked.join(results["rulesets"], on=keys, suffix="_of_rulesets")
    assert both.height == blocked.height == results["rulesets"].height
    for column in ("n", "n_unknown", "n_yes"):
        assert (both[column] == both[f"{column}_of_rulesets"]).all(), column
    assert_series_equal(both["estimate"], both["estimate_of_rulesets"], check_names=False)
    written = blocked.join(headline_rows(results["authors"]), on=keys, suffix="_of_authors")
    assert (written["n_yes"] == written["n_of_authors"]).all()


def test_a_crawler_documented_later_is_in_no_result(
    answered: Callable[[str], Results],
) -> None:
    """Before it was documented a crawler has no row, and enters no set."""
    results = answered("a_list_with_strata")
    named = {name for name, frame in results.items() if "token" in frame.columns
             and "Alpha" in frame["token"].to_list()}  # fmt: skip
    assert not named
    assert set(results["blocked_by_openness"]["openness"]) == {"any", "open"}


def test_the_newest_panel_counts(answered: Callable[[str], Results]) -> None:
    """Of two panels the newest decides which hosts count and what they are."""
    found = answered("a_list_beside_a_sample")["blocked"]
    assert set(found["estimand"]) == {"sample"}
    assert set((found["n"] + found["n_unknown"]).to_list()) == {6}


def test_one_snapshot_has_no_change(answered: Callable[[str], Results]) -> None:
    """From one snapshot there is no change, transition or survival, and an index without one."""
    results = answered("one_snapshot")
    for name in ("change", "attrition"):
        assert results[name].is_empty(), name
    assert set(results["openness_index"]["change"]) == {0.0}
