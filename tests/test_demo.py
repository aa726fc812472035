"""The bundled sample from end to end, by the ordinary code: facts in, the same facts out."""

from pathlib import Path

import polars as pl
import pytest
from archives import SAMPLE
from facts_back import facts_that_came_back

from crawlblock import registry
from crawlblock.cli import main
from crawlblock.demo.bundled_facts import read_policies
from crawlblock.metrics.result_files import MANIFEST
from crawlblock.outcome import Outcome
from crawlblock.robots.judge import STAR
from crawlblock.store.store import Store


def run(*arguments: object) -> None:
    """Run a command that ends well."""
    with pytest.raises(SystemExit) as stopped:
        main([str(argument) for argument in arguments])
    assert stopped.value.code == 0


def test_every_fact_comes_back(bundled: Path) -> None:
    """Rendered and read back, every outcome, verdict, author and ruleset is the fact it was."""
    seen = facts_that_came_back(SAMPLE, bundled / "crawlblock.duckdb")
    assert seen[Outcome.OK] > 10_000 and len(seen) >= 7


def test_facts_know_no_other_crawler() -> None:
    """All policies of the bundled facts have the same tokens, and each is still registered.

    A crawler that was added since is treated as `*` (test_new_crawler.py).
    """
    registered = {STAR, *(crawler.token for crawler in registry.crawlers())}
    (tokens,) = {frozenset(policy) for policy in read_policies(SAMPLE).values()}
    assert STAR in tokens <= registered


def test_answer(bundled: Path) -> None:
    """The answer is a page, a figure and result files, with blocks of GPTBot growing."""
    results = bundled / "crawlblock-results"
    assert "reconstructions" in (results / "index.html").read_text("utf-8").lower()
    assert (results / "blocked.svg").read_text("utf-8").startswith("<svg")
    frame = pl.read_parquet(results / "blocked.parquet").filter(
        (pl.col("token") == "GPTBot")
        & (pl.col("definition") == "root")
        & (pl.col("estimand") == "list")
    )
    assert frame.height == 7  # documented in August 2023: crawls before are not counted
    assert frame["estimate"][-1] > frame["estimate"][0]
    assert (frame["n"] + frame["n_unknown"] == 1200).all()
    assert pl.read_csv(results / "blocked.csv", infer_schema_length=None).height > 1000


def test_readme_tells_the_same_n(bundled: Path) -> None:
    """The n and the unknowns below the README's figure are those of the last snapshot."""
    frame = pl.read_parquet(bundled / "crawlblock-results" / "blocked_by_segment.parquet").filter(
        (pl.col("token") == "GPTBot")
        & (pl.col("definition") == "root")
        & (pl.col("segment") == "top sites")
        & (pl.col("dimension") == "stratum")
    )
    known = f"{frame['n'][-1]:,} sites were known and {frame['n_unknown'][-1]:,} unknown"
    assert known in (SAMPLE.parent.parent / "README.md").read_text("utf-8")


def test_strata_stand_apart(bundled: Path) -> None:
    """Top sites and government hosts have series of their own."""
    frame = pl.read_parquet(bundled / "crawlblock-results" / "blocked_by_segment.parquet")
    strata = frame.filter(pl.col("dimension") == "stratum")
    assert set(strata["segment"]) == {"top sites", "US government"}


def test_again_changes_nothing(bundled: Path) -> None:
    """The same commands again write nothing new, and the results are the same to the byte."""
    db = bundled / "crawlblock.duckdb"

    def facts() -> list[tuple[object, ...]]:
        with Store(db).reading() as con:
            return con.execute(
                "SELECT (SELECT count(*) FROM captures), (SELECT count(*) FROM payloads), "
                "(SELECT count(*) FROM verdicts), (SELECT count(*) FROM panel)"
            ).fetchall()

    before = facts()
    files = {p.name: p.read_bytes() for p in (bundled / "crawlblock-results").iterdir()}
    run("sample", "--db", db, "--list", SAMPLE / "hosts.csv", "--name", "sample")
    run("history", "--db", db, "--mirror", bundled / "archive", "--crawls", "all")
    (bundled / "crawlblock-results" / MANIFEST).unlink()  # or nothing would be computed
    run("analyze", "--db", db)
    assert facts() == before
    assert {p.name: p.read_bytes() for p in (bundled / "crawlblock-results").iterdir()} == files
