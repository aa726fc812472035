"""How far chance alone moves the requests of few hosts from what a dry run says."""

import random
from pathlib import Path

import pytest
from click.testing import CliRunner
from servers import RangeServer
from test_costs import NEW, site

from crawlblock.cli.history import history
from crawlblock.cli.sample import sample
from crawlblock.demo import build
from crawlblock.sources.commoncrawl.cost import (
    _CAPTURED,
    _LEADS_AWAY,
    LookUp,
    block_costs,
    by_chance,
    estimate,
    record_costs,
)

pytestmark = pytest.mark.own_code


def task(hosts: int, new: float = 1.0) -> LookUp:
    """Return a crawl in which some hosts are looked up."""
    return LookUp(crawl="CC-MAIN-2025-33", hosts=hosts, keys=hosts, new=new)


@pytest.mark.parametrize("hosts", [10, 50, 1_000])
def test_the_range_holds(hosts: int) -> None:
    """Of panels of average hosts, chosen at random, about 19 of 20 are within the range."""
    rng = random.Random(hosts)
    plan = estimate(task(hosts), "zipnum", block_costs(hosts) + record_costs(task(hosts)))
    low, high = by_chance([plan])
    fixed = plan.requests - round(hosts * _LEADS_AWAY) - round(hosts * _CAPTURED)
    found = 0
    for _ in range(1_000):
        more = sum(rng.random() < _LEADS_AWAY for _ in range(hosts))
        texts = sum(rng.random() < _CAPTURED for _ in range(hosts))
        found += low <= fixed + more + texts <= high
    assert 930 <= found <= 990


def test_crawls_are_about_the_same_hosts() -> None:
    """What chance adds in one crawl it adds in the others; what is known has no range."""
    plan = estimate(task(10), "zipnum", record_costs(task(10)))
    one, two = by_chance([plan]), by_chance([plan, plan])
    assert two[0] == pytest.approx(2 * one[0], abs=1) and two[1] == pytest.approx(2 * one[1], abs=1)
    assert plan.deviation and not estimate(task(0), "zipnum", record_costs(task(0))).deviation


@pytest.mark.parametrize(("hosts", "said"), [(10, True), (400, False)])
def test_the_range_is_said(tmp_path: Path, hosts: int, said: bool) -> None:
    """A dry run of few hosts says the range, and one of many does not."""
    archive, db = tmp_path / "archive", str(tmp_path / "db.duckdb")
    build(archive, [NEW], [each for n in range(450) for each in site(n, NEW)])
    (path,) = archive.rglob("cluster.idx")
    with path.open("a") as file:
        file.writelines(f"zz,{n:06})/ 20230921\tcdx-00002.gz\t9\t9\n" for n in range(90_000))
    names = tmp_path / "hosts.txt"
    names.write_text("".join(f"host-{n:04}.example\n" for n in range(hosts)))
    done = CliRunner().invoke(sample, ["--list", str(names), "--db", db])
    assert done.exit_code == 0, done.output
    with RangeServer(archive) as server:
        given = ["--db", db, "--mirror", server.url, "--crawls", "all", "--rate", "1000",
                 "--lookup", "zipnum", "--dry-run", "-o", "json"]  # fmt: skip
        done = CliRunner().invoke(history, given)
    assert done.exit_code == 0, done.output
    assert ("number of requests depends on chance" in done.stderr) == said
