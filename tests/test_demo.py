"""The bundled sample from end to end, by the ordinary code: facts in, the same facts out."""

from collections import Counter
from pathlib import Path

import polars as pl
import pytest
from archives import SAMPLE

from crawlblock import registry
from crawlblock.analysis.result_files import MANIFEST
from crawlblock.cli import main
from crawlblock.miniature.facts import read_facts, read_policies, read_texts
from crawlblock.outcome import Outcome
from crawlblock.robots.evaluate import STAR
from crawlblock.store.store import Store

NO_RECORD = {
    Outcome.DNS,
    Outcome.TLS,
    Outcome.TIMEOUT,
    Outcome.CONNECTION_REFUSED,
    Outcome.UNREACHABLE,
}


def run(*arguments: object) -> None:
    """Run a command that ends well."""
    with pytest.raises(SystemExit) as stopped:
        main([str(argument) for argument in arguments])
    assert stopped.value.code == 0


def test_every_fact_comes_back(bundled: Path) -> None:
    """Rendered and read back, every outcome, verdict, author and decision is the fact it was."""
    policies, texts = read_policies(SAMPLE), read_texts(SAMPLE)
    with Store(bundled / "crawlblock.duckdb").reading() as con:
        captured = {
            (snapshot, host): (Outcome(outcome), policy)
            for snapshot, host, outcome, policy in con.execute(
                "SELECT snapshot, host, outcome, policy "
                "FROM captures LEFT JOIN payloads USING (digest)"
            ).fetchall()
        }
        verdicts: dict[str, dict[str, tuple[str, str, bool | None]]] = {}
        written: dict[str, dict[str, tuple[str, str]]] = {}
        for policy, token, *verdict, author, decision in con.execute("FROM verdicts").fetchall():
            verdicts.setdefault(policy, {})[token] = tuple(verdict)
            if decision is not None:
                written.setdefault(policy, {})[token] = author, decision
    decisions: dict[str, int | None] = {}
    seen: Counter[str] = Counter()
    for fact in read_facts(SAMPLE):
        outcome, policy = captured.pop((fact.crawl, fact.host))
        expected = Outcome.NOT_CAPTURED if fact.outcome in NO_RECORD else fact.outcome
        assert outcome is expected, fact
        seen[outcome] += 1
        if fact.policy is not None:
            known = {
                token: (str(v.restriction), str(v.basis), v.root_allowed)
                for token, v in policies[fact.policy].items()
            }
            assert verdicts[policy] == known, fact
            back = {
                token: (author, decisions.setdefault(decision, texts[fact.policy][token].decision))
                for token, (author, decision) in written.get(policy, {}).items()
            }
            assert back == texts.get(fact.policy, {}), fact
    assert not captured
    assert seen[Outcome.OK] > 10_000 and len(seen) >= 7


def test_facts_know_every_crawler() -> None:
    """The bundled facts speak of every registered crawler: derive them again when one is added."""
    tokens = {STAR, *(crawler.token for crawler in registry.crawlers())}
    assert {frozenset(policy) for policy in read_policies(SAMPLE).values()} == {frozenset(tokens)}


def test_answer(bundled: Path) -> None:
    """The answer is a page, a figure and result files, with refusals of GPTBot growing."""
    results = bundled / "results"
    assert "rendered" in (results / "index.html").read_text("utf-8").lower()
    assert (results / "blocked.svg").read_text("utf-8").startswith("<svg")
    frame = pl.read_parquet(results / "blocked.parquet").filter(
        (pl.col("token") == "GPTBot") & (pl.col("definition") == "root")
    )
    assert frame.height == 7  # documented in August 2023: crawls before are not counted
    assert frame["estimate"][-1] > frame["estimate"][0]
    assert (frame["n"] + frame["n_unknown"] == 1201).all()
    assert pl.read_csv(results / "blocked.csv", infer_schema_length=None).height > 1000


def test_readme_tells_the_same_n(bundled: Path) -> None:
    """The n and the unknowns below the README's figure are those of the last snapshot."""
    frame = pl.read_parquet(bundled / "results" / "blocked.parquet").filter(
        (pl.col("token") == "GPTBot") & (pl.col("definition") == "root")
    )
    told = f"n = {frame['n'][-1]:,} told and {frame['n_unknown'][-1]:,} unknown"
    assert told in (SAMPLE.parent.parent / "README.md").read_text("utf-8")


def test_strata_stand_apart(bundled: Path) -> None:
    """Top sites and government hosts have series of their own."""
    frame = pl.read_parquet(bundled / "results" / "blocked_by_segment.parquet")
    assert set(frame["segment"]) == {"top sites", "US government"}


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
    files = {p.name: p.read_bytes() for p in (bundled / "results").iterdir()}
    run("sample", "--db", db, "--list", SAMPLE / "hosts.csv", "--name", "sample")
    run("history", "--db", db, "--mirror", bundled / "archive", "--crawls", "all")
    (bundled / "results" / MANIFEST).unlink()  # or nothing would be computed
    run("analyze", "--db", db)
    assert facts() == before
    assert {p.name: p.read_bytes() for p in (bundled / "results").iterdir()} == files
