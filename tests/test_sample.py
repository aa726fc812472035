"""The bundled facts, and that their rendering says nothing else."""

import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import polars as pl
import pytest
from archives import SAMPLE, Archive, read_all, resolve

from crawlblock.demo.bundled_facts import Fact, read_crawls, read_facts, read_policies
from crawlblock.model import Verdict
from crawlblock.outcome import Outcome
from crawlblock.registry import obeyed
from crawlblock.robots.judge import Judge
from crawlblock.robots.sniff import is_robots
from crawlblock.warc.http import digest

pytestmark = pytest.mark.own_code

Verdicts = Mapping[str, Verdict]


@pytest.fixture(scope="module")
def rendered(bundled: Path) -> dict[str, Archive]:
    """Read all records of the rendered facts back, by crawl."""
    archive = bundled / "archive"
    return {crawl.crawl: read_all(archive, crawl.crawl) for crawl in read_crawls(SAMPLE)}


def urls(host: str) -> list[str]:
    """Return the URLs at which a host is looked up, in the order of their precedence."""
    return [f"{scheme}://{host}/robots.txt" for scheme in ("https", "http")]


def holds(
    fact: Fact, found: Archive, meant: Callable[[bytes], Verdicts], policy: Verdicts | None
) -> bool:
    """Tell whether a crawl's records say what a fact says."""
    asked = urls(fact.host)
    end = next(filter(None, (resolve(found, url) for url in asked)), None)
    if fact.outcome is Outcome.REDIRECT_UNRESOLVED:
        return end is None and any(url in found for url in asked)
    if fact.status is None:  # a failure of the network leaves no record
        return not any(url in found for url in asked)
    if end is None or (end.status, end.time) != (fact.status, fact.fetch_time):
        return False
    if fact.outcome is Outcome.NOT_ROBOTS:
        return not is_robots(end.body)
    return policy is None or meant(end.body) == policy


def test_every_fact_is_read_back(rendered: dict[str, Archive]) -> None:
    """Each fact comes back from the records alone: status, time, and the verdict of every token."""
    policies = read_policies(SAMPLE)
    judge = Judge(policies[1], obeyed())
    meant = cache(lambda body: judge.policy(body).verdicts)  # a text comes in several crawls
    facts = read_facts(SAMPLE)
    wrong = [
        fact
        for fact in facts
        if not holds(fact, rendered[fact.crawl], meant, policies.get(fact.policy or 0))
    ]
    assert not wrong
    assert len(facts) > 20_000


def test_look_ups_need_what_the_real_archive_needs(rendered: dict[str, Archive]) -> None:
    """Chains of one to three redirects, repeated captures and both schemes do occur."""
    found = rendered["DEMO-2023-40"]

    def hops(url: str) -> int:
        target = found[url][0].target if url in found else None
        return 1 + hops(target) if target and "closed" not in target else 0

    facts = [fact for fact in read_facts(SAMPLE) if fact.crawl == "DEMO-2023-40" and fact.policy]
    starts = [f"http://{fact.host}/robots.txt" for fact in facts]
    assert {hops(url) for url in starts if url in found} == {0, 1, 2, 3}
    statuses = [{answer.status for answer in answers} for answers in found.values()]
    assert {200, 503} in statuses
    assert any(len({answer.body for answer in answers}) > 1 for answers in found.values())


def test_equal_facts_have_equal_digests(rendered: dict[str, Archive]) -> None:
    """A host whose facts stay has one digest in all crawls; hosts with the same policy differ."""
    digests: dict[tuple[str, int], set[str]] = defaultdict(set)
    for fact in read_facts(SAMPLE):
        if fact.policy:
            ends = (resolve(rendered[fact.crawl], url) for url in urls(fact.host))
            digests[fact.host, fact.policy].add(digest(next(filter(None, ends)).body))
    assert {len(each) for each in digests.values()} == {1}
    distinct = len(set().union(*digests.values()))
    assert len(digests) * 0.7 < distinct < len(digests)


def test_the_sample_holds_no_text() -> None:
    """The bundled facts are small, and no column of theirs could hold a robots.txt."""
    assert sum(path.stat().st_size for path in SAMPLE.iterdir()) < 2_000_000
    for name in ("facts", "policies", "statements"):
        for column in pl.read_parquet(SAMPLE / f"{name}.parquet").iter_columns():
            if column.dtype == pl.String:
                longest = column.unique().str.len_bytes().max()
                assert isinstance(longest, int | None)  # None: it is empty
                assert (longest or 0) <= 60, column.name


def test_the_sample_is_what_the_script_derives(shared: Path, tmp_path: Path) -> None:
    """The committed facts are those that scripts/derive_demo.py derives from the corpora.

    It judges for the crawlers that the facts know: others may have been registered since.
    """
    script = SAMPLE.parent.parent / "scripts" / "derive_demo.py"
    subprocess.run(
        [sys.executable, str(script), str(shared), str(tmp_path), str(SAMPLE)], check=True
    )
    for name in ("hosts.csv", "crawls.csv", "segments.csv"):
        assert (tmp_path / name).read_bytes() == (SAMPLE / name).read_bytes()
    for name in ("facts.parquet", "policies.parquet", "statements.parquet"):
        assert pl.read_parquet(tmp_path / name).equals(pl.read_parquet(SAMPLE / name)), name
