"""The main results of the demo are what a second implementation makes of its facts."""

import shutil
from collections import Counter
from collections.abc import Callable
from copy import copy
from dataclasses import replace
from pathlib import Path

import duckdb
import polars as pl
import pytest
from sharing import copy_of_made
from verify.__main__ import RESULTS, Result, compare, expected_rows, main, report
from verify.clusters import counted, exact_interval
from verify.google import Answer, File, Google
from verify.meaning import meanings
from verify.recomputed import Facts
from verify.stored import Stored

from crawlblock.metrics.cluster_interval import cluster_interval
from crawlblock.metrics.queries import held, metrics, result_of
from crawlblock.store.store import Store

pytestmark = pytest.mark.own_code
_PATHS = [  # a robots.txt, what it means for all paths
    (b"User-agent: *\nDisallow: /", "full"),
    (b"User-agent: *\nDisallow: /*\nAllow: /robots.txt", "full"),
    (b"User-agent: *\nDisallow: /\nAllow : /a*b$", "all_but"),
    (b"User-agent: *\nDisallow: /\nAllow: /index.html", "all_but"),
    (b"User-agent: *\nDisallow: /$", "partial"),
    (b"User-agent: *\nDisallow: /caf\xc3\xa9?x", "partial"),
    (b"User-agent: *\nDisallow: /a\nAllow: /a", "none"),
    (b"User-agent: *\nDisallow: a", "none"),
]
_CASES = [  # a robots.txt, the tokens that a crawler obeys, what is known of it
    (b"User-agent: *\nDisallow: /", ["GPTBot"], Answer(True)),
    (b"User-agent: GPTBot\n\nUser-agent: *\nDisallow: /", ["GPTBot"], Answer(True, own=True)),
    (b"User-agent: *\nDisallow: /\nUser-agent: GPTBot", ["GPTBot"], Answer(False, own=True)),
    (b"User-agent: *\nDisallow: /\n# GPTBot", ["GPTBot"], Answer(True)),
    (b"\xef\xbb\xbfUser-agent: b\nDisallow: /", ["a", "b"], Answer(True, other=True)),
    (b"User-agent: b\nDisallow: /\nUser-agent: a\nAllow: /", ["a", "b"], Answer(False, own=True)),
    (b"user-agent: AI2Bot/1.0 # x\rDisallow: /", ["AI2Bot"], Answer(True, own=True)),
    (b"User-agent: AI2Bot-Dolma\nDisallow: /", ["AI2Bot"], Answer(False)),
    (b"User-agent: Sogou web spider/4.0(+x)\nDisallow: /", ["Sogou web spider"],
     Answer(True, own=True)),
]  # fmt: skip


_SAMPLED = ("blocked", "lost", "rulesets", "authors")
_LONG = ("blocked", "blocked_by_segment", "blocked_by_basis", "rulesets", "authors")
_EACH = 8  # of so many snapshots one is looked at where a result is long


@pytest.fixture(scope="module")
def facts(bundled: Path) -> Facts:
    """Return the facts of the demo and what Google's parser says about them."""
    stored = Stored(bundled / "crawlblock.duckdb")
    return Facts(stored, meanings(stored.texts))


@pytest.fixture(scope="module")
def some_facts(facts: Facts) -> Facts:
    """Return the same with a few of the snapshots."""
    stored = copy(facts.stored)
    stored.populations = [
        replace(population, waves=population.sound()[::_EACH]) for population in stored.populations
    ]
    return Facts(stored, facts.means)


@pytest.mark.parametrize(("body", "tokens", "said"), _CASES)
def test_the_first_token_that_has_a_group_decides(
    body: bytes, tokens: list[str], said: Answer
) -> None:
    """Google's parser is asked for one token after the other, and tells which has a group."""
    google = Google()
    found = File(google, body).answer(tokens, wildcard=True)
    assert replace(found, restriction="none") == said
    google.close()


@pytest.mark.parametrize(("body", "restriction"), _PATHS)
def test_the_paths_that_patterns_reach_tell_the_restriction(body: bytes, restriction: str) -> None:
    """Google's parser, asked for what each pattern alone can match, says what all paths are."""
    google = Google()
    assert File(google, body).answer(["GPTBot"], wildcard=True).restriction == restriction
    google.close()


@pytest.mark.parametrize("result", RESULTS, ids=lambda result: result.name)
def test_every_value_is_recomputed_and_a_small_error_is_seen(
    result: Result, facts: Facts, some_facts: Facts, bundled: Path, tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:  # fmt: skip
    """Every value of a result follows from the facts; one altered by 0.00001 is reported."""
    frame = pl.read_parquet(bundled / "crawlblock-results" / f"{result.name}.parquet")
    asked = some_facts if result.name in _LONG else facts
    if asked is some_facts:
        waves = [wave for population in asked.stored.populations for wave in population.waves]
        frame = frame.filter(pl.col("snapshot").is_in([wave.snapshot for wave in waves]))
    frame.write_parquet(tmp_path / f"{result.name}.parquet")
    expected = list(expected_rows(result, asked))
    found = compare(result, expected, tmp_path)
    assert not found.mismatches and found.rows == len(expected) > 10
    record_property("proof", f"{result.name}: {found.values:,} values recomputed, 0 differ")

    column = "estimate" if "estimate" in frame else "authored_by"
    places = frame.with_row_index("place").filter(pl.col(column).is_not_null())["place"]
    here = pl.int_range(pl.len()) == places[len(places) // 2]
    other = pl.col(column) + (1e-5 if column == "estimate" else " and others")
    altered = frame.with_columns(pl.when(here).then(other).otherwise(column).alias(column))
    altered.write_parquet(tmp_path / f"{result.name}.parquet")
    (mismatch,) = compare(result, expected, tmp_path).mismatches
    assert mismatch.startswith(f"{result.name}, ") and f": {column} is " in mismatch


@pytest.fixture(scope="module")
def sampled(bundled: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the demo as if its hosts were a sample and its texts those of sites."""

    def make(folder: Path) -> None:
        _sample(bundled, folder)

    return copy_of_made(tmp_path_factory, "verify-sampled", make)


def _sample(bundled: Path, folder: Path) -> None:
    folder.mkdir()
    shutil.copy(bundled / "crawlblock.duckdb", folder / "x.duckdb")
    with duckdb.connect(str(folder / "x.duckdb")) as con:
        con.execute("DELETE FROM panel WHERE position % 32 > 0")  # few hosts are enough
        con.execute(
            "DELETE FROM facts.snapshots WHERE snapshot NOT IN ('DEMO-2024-26', 'DEMO-2025-05')"
        )
        con.execute("UPDATE facts.snapshots SET snapshot = replace(snapshot, 'DEMO-', 'X-')")
        con.execute(
            "UPDATE panel SET "
            "stratum = CASE position % 40 WHEN 0 THEN 'rare' WHEN 8 THEN 'whole' ELSE 'rest' END, "
            "weight = CASE position % 40 WHEN 0 THEN 20.5 WHEN 8 THEN 1 ELSE 2 + position % 3 END"
        )
    with Store(folder / "x.duckdb").reading() as con, held(con):
        for metric in metrics():
            if metric.name in _SAMPLED:
                found = result_of(con, metric)
                assert found["low"].is_not_null().any(), metric.name
                found.write_parquet(folder / f"{metric.name}.parquet")


def test_the_intervals_of_a_sample_are_recomputed(
    sampled: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With weights and strata, and rule sets that are known, every interval follows as well."""
    only = [each for name in _SAMPLED for each in ("--only", name)]
    ended = main(["--db", str(sampled / "x.duckdb"), "--results", str(sampled), *only])
    output = capsys.readouterr().out
    assert ended == 0 and "every value is as the facts have it" in output, output


@pytest.mark.parametrize("sizes", [[4, 3, 5, *[1] * 9], [2.5, 7.25, *[0.5] * 12], [9]])
@pytest.mark.parametrize("part", [0, 0.3, 1])
def test_the_exact_interval_is_found_in_another_way(sizes: list[float], part: float) -> None:
    """A sum over clusters, added up cluster by cluster, gives the ends that the FFT gives."""
    yes = part if part in (0, 1) else sizes[0] / sum(sizes)
    expected = cluster_interval(Counter(sizes), yes * sum(sizes))
    assert exact_interval(counted(sizes), yes) == pytest.approx(expected, abs=1e-5)


def test_a_lost_or_invented_row_or_interval_is_seen(
    facts: Facts, bundled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Rows that the facts do not give or that a file lacks are reported, and a lost interval."""
    (result,) = [result for result in RESULTS if result.name == "gap"]
    frame = pl.read_parquet(bundled / "crawlblock-results" / "gap.parquet")
    kept = frame[1:].with_columns(
        pl.when(pl.int_range(pl.len()) == 0).then(pl.lit("x - y")).otherwise("comparison")
        .alias("comparison"),
        pl.when(pl.int_range(pl.len()) != 9).then("n").alias("n"),
    )  # fmt: skip
    kept.write_parquet(tmp_path / "gap.parquet")
    assert report(facts, tmp_path, [result]) == 4
    output = capsys.readouterr().out
    assert output.count("the file has no such row") == 2
    assert output.count("the facts give no such row") == 1 and "comparison x - y" in output
    assert output.count(": n is None, recomputed ") == 1


def test_the_command_ends_badly_where_a_value_differs(
    sampled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`make verify` fails for results of other facts."""
    pl.read_parquet(sampled / "lost.parquet").clear().write_parquet(tmp_path / "lost.parquet")
    asked = ["--db", str(sampled / "x.duckdb"), "--results", str(tmp_path), "--only", "lost"]
    assert main(asked) == 1
    assert "the file has no such row" in capsys.readouterr().out
