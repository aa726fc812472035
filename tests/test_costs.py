"""What a history costs: records of redirects, and a plan that says what a run then sends."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from shutil import copytree

import pytest
from servers import RangeServer

from crawlblock.demo import build
from crawlblock.demo.contents import Rendered
from crawlblock.model import Crawl, Member
from crawlblock.pipeline.history import Wanted, collect_history, plan_history
from crawlblock.pipeline.lookup_method import look_up
from crawlblock.pipeline.run import Run, Tally
from crawlblock.sources.commoncrawl.cost import Estimate, Method
from crawlblock.sources.commoncrawl.crawls import Listed
from crawlblock.store.store import Store
from crawlblock.transport import Limits

pytestmark = pytest.mark.own_code

OLD = Crawl("CC-MAIN-2018-30", datetime(2018, 7, 15), datetime(2018, 7, 23))
NEW = Crawl("CC-MAIN-2023-40", datetime(2023, 9, 21), datetime(2023, 10, 5))
FAST = Limits(per_second=10_000, in_flight=8)
TEXT = b"User-agent: GPTBot\nDisallow: /\n"
TIMES = 60  # captures of a busy host

# What a host answers by http and by https, and the `www` of it: a target, or a status.
BUSY: dict[str, tuple[str | int | None, str | int | None, str | int | None]] = {
    "two-hops": ("https://{}", "https://www.{}", 200),
    "one-hop": ("https://www.{}", None, 200),
    "own": ("https://{}", 200, "https://{}"),
    "dead": ("https://gone.{}", "https://gone.{}", None),
    "half-dead": ("https://gone.{}", 200, None),
    "to-absent": ("https://www.{}", "https://www.{}", 404),
    "to-itself": ("http://{}", "https://{}", None),
    "around": ("https://{}", "http://{}", None),
    "absent": (404, "https://www.{}", 404),
    "nothing": (None, None, "https://gone.{}"),
}


def captures(crawl: Crawl) -> Iterator[Rendered]:
    """Return many captures of each URL of the hosts, a redirect apart from its like."""
    for name, answers in BUSY.items():
        host = f"{name}.example"
        urls = (f"http://{host}", f"https://{host}", f"https://www.{host}")
        for url, answer in zip(urls, answers, strict=True):
            for n in range(TIMES if answer else 0):
                at = crawl.first_capture + timedelta(hours=n, seconds=len(url))
                made = Rendered(crawl.crawl, f"{url}/robots.txt", at, 200, TEXT)
                if isinstance(answer, int):
                    yield replace(made, status=answer)
                else:
                    target = f"{str(answer).format(host)}/robots.txt"
                    yield replace(made, status=301, body=b"", headers=(("Location", target),))


def members(names: list[str]) -> list[Member]:
    """Return a panel."""
    return [
        Member("p", f"{n}.example", f"{n}.example", f"www.{n}.example", "all", None, 1.0, 0)
        for n in names
    ]


def order(archive: Path | str, db: Path, method: Method | None) -> Wanted:
    """Return an order for all crawls of an archive."""
    return Wanted(str(archive), None, "all", method, FAST, db.with_suffix(".cache"))


def collect(wanted: Wanted, db: Path, panel: list[Member]) -> tuple[Store, Tally]:
    """Run a history to its end; the texts are not judged."""
    run = Run(Store(db))
    with run.store.held():  # as every command that collects
        asyncio.run(collect_history(run, wanted, panel))
        run.store.conclusions.settle()
    return run.store, run.tally


def plan(wanted: Wanted, db: Path, panel: list[Member]) -> list[Estimate]:
    """Return what a history would cost."""
    return asyncio.run(plan_history(Run(Store(db)), wanted, panel))


@pytest.mark.parametrize("method", ["zipnum", "columnar"])
def test_records_of_redirects(tmp_path: Path, method: Method) -> None:
    """A crawl whose index names no targets costs a host two records more, and answers the same."""
    read: list[dict[str, int]] = []
    found = []
    for crawl in (OLD, NEW):
        build(tmp_path / crawl.crawl, [crawl], captures(crawl))
        db = tmp_path / f"{crawl.crawl}.duckdb"
        store, _ = collect(order(tmp_path / crawl.crawl, db, method), db, members(list(BUSY)))
        with store.reading() as con:
            rows = con.execute(
                "SELECT regexp_replace(host, '^www[.]', ''), count(*) FILTER (read) FROM fetches "
                "GROUP BY ALL ORDER BY ALL"
            ).fetchall()
            read.append({str(host): int(number) for host, number in rows})
            found.append(con.execute(
                "SELECT host, url_asked, url, hops, outcome, "
                "date_diff('second', first_capture, fetch_time) FROM captures "
                "JOIN snapshots USING (snapshot) ORDER BY host"
            ).fetchall())  # fmt: skip
    assert found[0] == found[1]
    more = {host: number - read[1][host] for host, number in read[0].items()}
    assert all(number <= 2 for number in more.values()), more
    assert sum(read[0].values()) <= sum(read[1].values()) + 2 * len(BUSY)


# What a plan says


def site(number: int, crawl: Crawl) -> Iterator[Rendered]:
    """Return what a crawl has of a host: a text of its own or a common one, often redirects."""
    at = crawl.first_capture + timedelta(minutes=number % 5_000)
    host, name = f"host-{number:04}.example", crawl.crawl
    own = f"# {host} {name if number % 3 else ''}\n{'# x' * 400}\n".encode()
    kind = number % 10
    if kind == 9:
        return  # not captured
    if kind == 8:
        yield Rendered(name, f"https://{host}/robots.txt", at, 404, b"no")
        return
    final = f"https://www.{host}/robots.txt" if kind < 3 else f"https://{host}/robots.txt"
    yield Rendered(name, final, at, 200, TEXT if kind == 7 else own)
    if kind < 5:
        moved = (("Location", final),)
        url = f"http://{host}/robots.txt"
        yield Rendered(name, url, at + timedelta(days=1), 301, b"", moved)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an archive of two crawls, one of which has no redirects in its index."""
    folder = tmp_path_factory.mktemp("costs") / "archive"
    build(
        folder, [OLD, NEW], [c for crawl in (OLD, NEW) for n in range(300) for c in site(n, crawl)]
    )
    return folder


def near(estimated: float, sent: float) -> bool:
    """Tell whether an estimate is within 15 % of what was sent."""
    return abs(estimated - sent) <= 0.15 * sent


@pytest.mark.parametrize("hosts", [15, 300])
@pytest.mark.parametrize("method", ["zipnum", "columnar", None])
@pytest.mark.parametrize("where", ["server", "folder"])
def test_a_plan_says_what_a_run_sends(
    archive: Path, tmp_path: Path, hosts: int, method: Method | None, where: str
) -> None:
    """Requests and bytes of a dry run are those of the run that follows, to 15 %."""
    panel = members([f"host-{number:04}" for number in range(0, 300, 300 // hosts)])
    db = tmp_path / "db.duckdb"
    with RangeServer(archive) as server:
        wanted = order(archive if where == "folder" else server.url, db, method)
        plans = plan(wanted, db, panel)
        server.requests.clear()
        _, tally = collect(wanted, db, panel)
        if where == "server":
            assert tally.requests == len(server.requests)
    requests, size = (sum(getattr(each, n) for each in plans) for n in ("requests", "bytes"))
    assert near(requests, tally.requests), (requests, tally.requests)
    assert near(size, tally.bytes), (size, tally.bytes)
    assert not method or {each.method for each in plans} == {method}


def test_a_plan_of_what_is_stored(archive: Path, tmp_path: Path) -> None:
    """Where all hosts were asked a plan says that nothing but the list of crawls is."""
    panel, db = members(["host-0000"]), tmp_path / "db.duckdb"
    with RangeServer(archive) as server:
        wanted = order(server.url, db, "zipnum")
        collect(wanted, db, panel)
        assert [each.requests for each in plan(wanted, db, panel)] == [1, 0]


def test_one_more_host(archive: Path, tmp_path: Path) -> None:
    """What was read of an index is kept: one host more costs its records, and a plan says so."""
    db = tmp_path / "db.duckdb"
    some = [f"host-{number:04}" for number in range(0, 300, 50)]
    with RangeServer(archive) as server:
        wanted = order(server.url, db, "zipnum")
        collect(wanted, db, members(some))
        panel = members([*some, "host-0001"])
        plans = plan(wanted, db, panel)
        server.requests.clear()
        collect(wanted, db, panel)
        asked = [request.path for request in server.requests]
    assert not [path for path in asked if path.endswith("cluster.idx")]
    assert len([path for path in asked if "/cdx-" in path]) <= 2
    assert len(asked) <= 1 + 2 * 4 and sum(each.requests for each in plans) == len(asked)
    assert sum(each.bytes for each in plans) < 10_000


def test_a_plan_of_a_large_index(archive: Path, tmp_path: Path) -> None:
    """Of an index as large as a real one a plan asks the size, and counts by what is known."""
    large = tmp_path / "archive"
    copytree(archive, large)
    for path in large.rglob("cluster.idx"):
        with path.open("a") as file:
            file.writelines(
                f"zz,{n:06})/ 20230921\tcdx-00002.gz\t9\t9\t{n}\n" for n in range(30_000)
            )
    panel, db = members([f"host-{number:04}" for number in range(300)]), tmp_path / "db.duckdb"
    with RangeServer(large) as server:
        plans = plan(order(server.url, db, "zipnum"), db, panel)
        asked = [request.range for request in server.requests]
    assert len(asked) == 1 + 2 and asked.count("bytes=0-0") == 2
    newer, older = plans
    size = next(large.rglob("cluster.idx")).stat().st_size
    for each in plans:
        assert each.bytes > size and 300 < each.requests < 1_000
    assert older.requests > newer.requests - 300 * 0.45 * 0.7  # its redirects must be read


def test_look_ups_are_counted_by_key() -> None:
    """By https or http, a host or its `www` is one look-up: their captures are in one block."""
    crawl = Listed("CC-MAIN-2025-33", None, None)
    assert look_up(crawl, members(["a", "b"]), False).keys == 2
    both = [replace(each, fallback_host=None) for each in members(["a"])]
    assert look_up(crawl, both, False).keys == 1
    assert look_up(crawl, members(["a"]), True).new < 1
    old = Listed("CC-MAIN-2019-43", None, None)
    assert look_up(crawl, both, False).tells and not look_up(old, both, False).tells
