"""The main results of the demo are what a second implementation makes of its facts."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from verify.__main__ import RESULTS, Result, compare, main, report
from verify.google import Answer, File, Google
from verify.meaning import meanings
from verify.recomputed import Facts
from verify.stored import Stored

pytestmark = pytest.mark.own_code
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


@pytest.fixture(scope="module")
def facts(bundled: Path) -> Facts:
    """Return the facts of the demo and what Google's parser says about them."""
    stored = Stored(bundled / "crawlblock.duckdb")
    return Facts(stored, meanings(stored.texts))


@pytest.mark.parametrize(("body", "tokens", "said"), _CASES)
def test_the_first_token_that_has_a_group_decides(
    body: bytes, tokens: list[str], said: Answer
) -> None:
    """Google's parser is asked for one token after the other, and tells which has a group."""
    google = Google()
    assert File(google, body).answer(tokens, wildcard=True) == said
    google.close()


@pytest.mark.parametrize("result", RESULTS, ids=lambda result: result.name)
def test_every_value_is_recomputed_and_a_small_error_is_seen(
    result: Result, facts: Facts, bundled: Path, tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:  # fmt: skip
    """Every value of a result follows from the facts; one altered by 0.00001 is reported."""
    expected = list(result.compute(facts))
    found = compare(result, expected, bundled / "crawlblock-results")
    assert not found.mismatches and found.rows == len(expected) > 200
    record_property("proof", f"{result.name}: {found.values:,} values recomputed, 0 differ")

    frame = pl.read_parquet(bundled / "crawlblock-results" / f"{result.name}.parquet")
    places = frame.with_row_index("place").filter(
        result.only & pl.col("estimate").is_not_null())["place"]  # fmt: skip
    here = pl.int_range(pl.len()) == places[len(places) // 2]
    estimate = pl.col("estimate")
    altered = frame.with_columns(pl.when(here).then(estimate + 1e-5).otherwise(estimate))
    altered.write_parquet(tmp_path / f"{result.name}.parquet")
    (mismatch,) = compare(result, expected, tmp_path).mismatches
    assert "population panel" in mismatch and ": estimate is " in mismatch


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
    told = capsys.readouterr().out
    assert told.count("the file has no such row") == 2
    assert told.count("the facts give no such row") == 1 and "comparison x - y" in told
    assert told.count(": n is None, recomputed ") == 1


def test_the_command_ends_badly_where_a_value_differs(
    bundled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`make verify` fails for results of other facts."""
    results, db = bundled / "crawlblock-results", str(bundled / "crawlblock.duckdb")
    assert main(["--db", db, "--results", str(results), "--only", "gap"]) == 0
    assert "every value is as the facts have it" in capsys.readouterr().out
    pl.read_parquet(results / "gap.parquet").clear().write_parquet(tmp_path / "gap.parquet")
    assert main(["--db", db, "--results", str(tmp_path), "--only", "gap"]) == 1
    assert "the file has no such row" in capsys.readouterr().out
