"""History from an archive: the same captures by every index, redirects, damage, politeness."""

import asyncio
import gzip
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from servers import RangeServer

from crawlblock.demo import build
from crawlblock.demo.contents import Rendered
from crawlblock.errors import ArchiveError, InputError, UpstreamError
from crawlblock.model import Crawl, Member
from crawlblock.outcome import Outcome
from crawlblock.pipeline.evaluate import evaluate
from crawlblock.pipeline.history import Wanted, collect_history, plan_history
from crawlblock.pipeline.run import Budget, Run, Tally
from crawlblock.sources.commoncrawl.cost import (
    LookUp,
    Method,
    cheapest,
    estimates,
    index_costs,
)
from crawlblock.sources.commoncrawl.crawls import choose
from crawlblock.store.store import Store
from crawlblock.transport import Limits

NEW = Crawl("DEMO-2023-40", datetime(2023, 9, 21), datetime(2023, 10, 5))
OLD = Crawl("DEMO-2018-30", datetime(2018, 7, 15), datetime(2018, 7, 23))
TEXT = b"User-agent: GPTBot\nDisallow: /\n"
OTHER = b"User-agent: *\nDisallow: /private\n"
PAGE = b"<!doctype html><title>Not here</title>"
HTML = (("Content-Type", "text/html"),)
FAST = Limits(
    per_second=10_000, in_flight=8, pauses=0, attempts=2, retry=0.01, pause=0.01, patience=0.5
)

# outcome, status, the URL asked and the one that answered (host, path if not /robots.txt), hops
Expected = tuple[Outcome, int | None, str | None, str | None, int]
ANSWERS: dict[str, Expected] = {
    "plain": (Outcome.OK, 200, "https://plain", "https://plain", 0),
    "hop": (Outcome.OK, 200, "http://hop", "https://www.hop", 1),
    "far": (Outcome.OK, 200, "https://far", "https://far 5", 5),
    # of a way that leads nowhere, what is known of the host itself
    "too-far": (Outcome.REDIRECT_UNRESOLVED, 301, "https://too-far", "https://too-far", 0),
    "loop": (Outcome.REDIRECT_UNRESOLVED, 301, "https://loop", "https://loop", 0),
    "gone": (Outcome.REDIRECT_UNRESOLVED, 301, "https://gone", "https://gone", 0),
    "www-only": (Outcome.OK, 200, "https://www.www-only", "https://www.www-only", 0),
    "absent": (Outcome.ABSENT, 404, "https://absent", "https://absent", 0),
    "page": (Outcome.NOT_ROBOTS, 200, "https://page", "https://page", 0),
    "newest": (Outcome.OK, 200, "http://newest", "http://newest", 0),
    "good": (Outcome.OK, 200, "https://good", "https://good", 0),
    "never": (Outcome.NOT_CAPTURED, None, None, None, 0),
}


def brief(url: object) -> str | None:
    """Return a URL in the short form of the table of answers."""
    if url is None:
        return None
    host, _, path = str(url).partition(".example/")
    return host if path == "robots.txt" else f"{host} {path}"


def moved(crawl: Crawl, url: str, target: str) -> Rendered:
    """Return a redirect."""
    return Rendered(crawl.crawl, url, crawl.first_capture, 301, b"", (("Location", target),))


def captures(crawl: Crawl) -> Iterator[Rendered]:
    """Return what a crawl holds: a case for every way a look-up can go."""
    at, name = crawl.first_capture, crawl.crawl

    def answer(url: str, status: int = 200, body: bytes = TEXT, hours: int = 0) -> Rendered:
        return Rendered(name, url, at + timedelta(hours=hours), status, body)

    yield answer("https://plain.example/robots.txt")
    yield moved(crawl, "http://hop.example/robots.txt", "https://www.hop.example/robots.txt")
    yield answer("https://www.hop.example/robots.txt")
    for start, last in (("far", 5), ("too-far", 6)):
        yield moved(crawl, f"https://{start}.example/robots.txt", f"https://{start}.example/1")
        for hop in range(1, last):
            yield moved(
                crawl, f"https://{start}.example/{hop}", f"https://{start}.example/{hop + 1}"
            )
        yield answer(f"https://{start}.example/{last}")
    yield moved(crawl, "https://loop.example/robots.txt", "https://loop.example/2")
    yield moved(crawl, "https://loop.example/2", "https://loop.example/robots.txt")
    yield moved(crawl, "https://gone.example/robots.txt", "https://elsewhere.example/robots.txt")
    yield answer("https://www.www-only.example/robots.txt")
    yield answer("https://absent.example/robots.txt", 404, PAGE)
    yield Rendered(name, "https://page.example/robots.txt", at, 200, PAGE, HTML)
    yield answer("https://newest.example/robots.txt", 200, OTHER, 1)
    yield answer("http://newest.example/robots.txt", 200, TEXT, 2)
    yield answer("https://good.example/robots.txt", 200, OTHER, 1)
    yield answer("https://good.example/robots.txt", 503, PAGE, 2)
    yield answer("https://plain.example/robots.txt.bak", 200, OTHER, 3)
    yield answer("https://plain.example:8443/robots.txt", 200, OTHER, 3)


def members() -> list[Member]:
    """Return a panel of all the cases."""
    return [
        Member("p", f"{n}.example", f"{n}.example", f"www.{n}.example", "all", None, 1.0, i)
        for i, n in enumerate(ANSWERS)
    ]


def wanted(mirror: object, method: Method | None = None, crawls: str = "all") -> Wanted:
    """Return an order for the crawls of an archive."""
    return Wanted(str(mirror), None, crawls, method, FAST, Path("set by collect"))


def collect(store: Store, order: Wanted, panel: list[Member] | None = None) -> Tally:
    """Run a history to its end, its cache beside the database, and judge what it brought."""
    order = replace(order, cache=store.path.with_suffix(".cache"))
    run = Run(store)
    with store.held():  # as every command that collects
        try:
            asyncio.run(collect_history(run, order, panel or members()))
        finally:
            evaluate(run)
    return run.tally


def table(store: Store, columns: str = "*") -> list[tuple[Any, ...]]:
    """Return the captures in their order."""
    with store.reading() as con:
        return con.execute(f"SELECT {columns} FROM captures ORDER BY snapshot, host").fetchall()


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Return an archive with a crawl of today's kind."""
    build(tmp_path / "archive", [NEW], captures(NEW))
    return tmp_path / "archive"


@pytest.mark.parametrize("crawl", [NEW, OLD], ids=["new", "before redirects were indexed"])
@pytest.mark.parametrize("method", ["zipnum", "columnar"])
def test_every_case(tmp_path: Path, crawl: Crawl, method: Method) -> None:
    """Each index leads to the right capture of every host, also where redirects must be read."""
    build(tmp_path / "archive", [crawl], captures(crawl))
    store = Store(tmp_path / "db.duckdb")
    collect(store, wanted(tmp_path / "archive", method))
    found = {
        str(host).removesuffix(".example"): (
            Outcome(str(o)),
            status,
            brief(asked),
            brief(url),
            hops,
        )
        for host, o, status, asked, url, hops in table(
            store, "host, outcome, status, url_asked, url, hops"
        )
    }
    assert found == ANSWERS


def test_both_indexes_give_the_same_table(archive: Path, tmp_path: Path) -> None:
    """ZipNum and columnar end in the same captures, to the last column."""
    tables = []
    for method in ("zipnum", "columnar"):
        store = Store(tmp_path / f"{method}.duckdb")
        collect(store, wanted(archive, method))
        tables.append(table(store))
    assert tables[0] == tables[1]


@pytest.mark.own_code
def test_nothing_is_done_twice(archive: Path, tmp_path: Path) -> None:
    """A second run asks for the list of crawls and writes nothing; only a new host is looked up."""
    store = Store(tmp_path / "db.duckdb")
    with RangeServer(archive) as server:
        order = wanted(server.url, "zipnum")
        some = members()[:-1]
        collect(store, order, some)
        before, asked = table(store), len(server.requests)
        assert collect(store, order, some).captures == 0
        assert [r.path for r in server.requests[asked:]] == ["/collinfo.json"]
        assert table(store) == before
        assert collect(store, order, members()).captures == 1


@pytest.mark.own_code
def test_known_payloads_are_not_fetched(tmp_path: Path) -> None:
    """A second crawl with the same texts costs no request for a record."""
    later = Crawl("DEMO-2023-50", datetime(2023, 11, 28), datetime(2023, 12, 12))
    both = [*captures(NEW), *captures(later)]
    build(tmp_path / "archive", [NEW, later], both)
    store = Store(tmp_path / "db.duckdb")
    with RangeServer(tmp_path / "archive") as server:
        collect(store, wanted(server.url, "zipnum", NEW.crawl))
        first = [r for r in server.requests if r.path.endswith(".warc.gz")]
        server.requests.clear()
        collect(store, wanted(server.url, "zipnum", later.crawl))
        assert first and not [r for r in server.requests if r.path.endswith(".warc.gz")]
    with store.reading() as con:
        query = "SELECT count(DISTINCT digest), count(digest) FROM captures"
        assert con.execute(query).fetchall() == [(3, 14)]


@pytest.mark.own_code
@pytest.mark.fault("archive", "history: WARC records that are zeros")
def test_damaged_records_are_not_answers(archive: Path, tmp_path: Path) -> None:
    """A record that does not fit its digest is damaged, and what it means unknown."""
    for path in archive.rglob("*.warc.gz"):
        whole = path.read_bytes()
        path.write_bytes(whole[:600] + bytes(len(whole) - 600))
    store = Store(tmp_path / "db.duckdb")
    collect(store, wanted(archive))
    outcomes = dict(table(store, "host, outcome"))
    assert outcomes["plain.example"] == Outcome.DAMAGED
    assert outcomes["absent.example"] == Outcome.ABSENT
    with store.reading() as con:
        query = "SELECT DISTINCT restriction FROM access WHERE outcome = 'damaged'"
        assert con.execute(query).fetchall() == [("unknown",)]


@pytest.mark.own_code
@pytest.mark.fault("archive", "history: 500 without end, run again later")
def test_an_archive_that_fails_tells_nothing(archive: Path, tmp_path: Path) -> None:
    """When records cannot be had for a fault of the server, nothing is stored about their hosts."""
    store = Store(tmp_path / "db.duckdb")
    with RangeServer(archive) as server:
        server.fault("warc", [500] * 500)
        with pytest.raises(UpstreamError, match=r"answered 500.*run the same command"):
            collect(store, wanted(server.url, "zipnum"))
        assert table(store) == []
        server.mend()
        collect(store, wanted(server.url, "zipnum"))
    assert dict(table(store, "host, outcome"))["plain.example"] == Outcome.OK


NO_URLS = {
    f"hop{n}.example": target
    for n, target in enumerate(("https://ex.com:port/x", "http://[/", "ftp://a/b", "//", "%"))
}


@pytest.mark.own_code
@pytest.mark.fault(
    "archive", "history: an index with the redirect {each} ({method})", each=NO_URLS.values()
)
@pytest.mark.parametrize("method", ["zipnum", "columnar"])
def test_redirects_that_are_no_urls(tmp_path: Path, method: Method) -> None:
    """A redirect to nonsense is one host's dead end, and no other's."""
    rows = [moved(NEW, f"https://{host}/robots.txt", "/x") for host in NO_URLS]
    rows.append(
        Rendered(NEW.crawl, "https://plain.example/robots.txt", NEW.first_capture, 200, TEXT)
    )
    build(tmp_path / "archive", [NEW], rows)
    for part in (tmp_path / "archive").rglob("*.parquet"):
        redirected = pl.col("url_host_name").replace_strict(NO_URLS, default=None)
        pl.read_parquet(part).with_columns(fetch_redirect=redirected).write_parquet(part)
    panel = [Member("p", host, host, None, "all", None, 1.0, 0) for host in NO_URLS]
    store = Store(tmp_path / "db.duckdb")
    collect(store, wanted(tmp_path / "archive", method), [*members()[:1], *panel])
    outcomes = dict(table(store, "host, outcome"))
    assert outcomes.pop("plain.example") == Outcome.OK
    assert outcomes == dict.fromkeys(NO_URLS, Outcome.REDIRECT_UNRESOLVED)


@pytest.mark.own_code
def test_many_captures_of_every_hop(tmp_path: Path) -> None:
    """A hundred captures of each URL of a chain are followed in no time."""
    name, at = NEW.crawl, NEW.first_capture
    rows = [
        replace(
            moved(NEW, f"https://far.example/{hop}", f"https://far.example/{hop + 1}"),
            fetch_time=at + timedelta(minutes=n),
        )
        for hop in range(1, 4)
        for n in range(100)
    ]
    rows += [moved(NEW, "https://far.example/robots.txt", "https://far.example/1")] * 100
    rows.append(Rendered(name, "https://far.example/4", at, 200, TEXT))
    build(tmp_path / "archive", [NEW], rows)
    store = Store(tmp_path / "db.duckdb")
    collect(store, wanted(tmp_path / "archive"))
    assert dict(table(store, "host, hops"))["far.example"] == 4


@pytest.mark.own_code
@pytest.mark.fault("archive", "history: an index with wrong offsets")
def test_wrong_offsets_are_damage(archive: Path, tmp_path: Path) -> None:
    """An index that points beside the record, or beyond the file, gives damage and no fault."""
    for shift in (7, 10_000_000):
        for part in archive.rglob("*.parquet"):
            pl.read_parquet(part).with_columns(pl.col("warc_record_offset") + shift).write_parquet(
                part
            )
        store = Store(tmp_path / f"{shift}.duckdb")
        collect(store, wanted(archive, "columnar"))
        outcomes = dict(table(store, "host, outcome"))
        assert outcomes["plain.example"] == Outcome.DAMAGED
        assert Outcome.OK not in outcomes.values()


@pytest.mark.fault("archive", "history: short, 200 for a range, dropped; same table")
def test_server_faults_are_met(archive: Path, tmp_path: Path) -> None:
    """Short bodies, whole files for ranges and drops are asked for again, with the same result."""
    undisturbed = Store(tmp_path / "a.duckdb")
    collect(undisturbed, wanted(archive, "zipnum"))
    store = Store(tmp_path / "b.duckdb")
    with RangeServer(archive) as server:
        server.fault("cdx-00000", ["short"])
        server.fault("warc", ["full", 200, "drop"])
        collect(store, wanted(server.url, "zipnum"))
    assert table(store) == table(undisturbed)


@pytest.mark.own_code
@pytest.mark.fault("archive", "history: 429 ends the run, the next goes on")
def test_throttled_and_resumed(archive: Path, tmp_path: Path) -> None:
    """An archive that refuses ends the run with what it has; the next one goes on from there."""
    undisturbed = Store(tmp_path / "a.duckdb")
    collect(undisturbed, wanted(archive, "zipnum"))
    store = Store(tmp_path / "b.duckdb")
    with RangeServer(archive) as server:
        server.fault("warc", [429] * 3)
        with pytest.raises(UpstreamError, match="429"):
            collect(store, wanted(server.url, "zipnum"))
        assert table(store) == []
        server.mend()
        collect(store, wanted(server.url, "zipnum"))
    assert table(store) == table(undisturbed)


@pytest.mark.own_code
@pytest.mark.fault("archive", "history: a block damaged on its way, right the next time")
def test_a_damaged_block_is_not_kept_for_good(archive: Path, tmp_path: Path) -> None:
    """A block that is no gzip is asked for once more, at once and by the next run."""
    block = next(archive.rglob("cdx-*.gz"))
    whole = block.read_bytes()
    store = Store(tmp_path / "db.duckdb")
    with RangeServer(archive) as server:
        block.write_bytes(bytes(len(whole)))
        with pytest.raises(ArchiveError, match=f"{block.name} at 0 is not a block"):
            collect(store, wanted(server.url, "zipnum"))
        block.write_bytes(whole)
        assert collect(store, wanted(server.url, "zipnum")).captures == len(ANSWERS)
        asked = [request.range for request in server.requests if block.name in request.path]
        assert asked.count(asked[0]) == 3


@pytest.mark.own_code
@pytest.mark.fault("archive", "history: rate, flight and no range twice, in the server's log")
def test_rate_and_flight(archive: Path, tmp_path: Path) -> None:
    """The whole run keeps to the rate and the requests in flight it was given."""
    with RangeServer(archive, seconds=0.01) as server:
        limits = Limits(per_second=50, in_flight=2)
        order = replace(wanted(server.url, "zipnum"), limits=limits)
        collect(Store(tmp_path / "db.duckdb"), order)
        assert server.most_in_flight <= 2
        assert server.busiest(0.2) <= 11
        assert len(server.requests) == len({(r.path, r.range) for r in server.requests})


@pytest.mark.own_code
def test_budget(archive: Path, tmp_path: Path) -> None:
    """A run whose requests are used up ends well, and the next one does the rest."""
    store = Store(tmp_path / "db.duckdb")
    order = wanted(archive, "zipnum")
    run = Run(store, budget=Budget(requests=1))
    with store.held():
        asyncio.run(collect_history(run, order, members()))
    assert run.tally.unfinished and table(store) == []
    assert collect(store, order).captures == len(ANSWERS)


@pytest.mark.own_code
@pytest.mark.parametrize("most", [7, 12])
def test_no_more_requests_than_the_budget_has(archive: Path, tmp_path: Path, most: int) -> None:
    """A run ends at its last request; run after run all is collected: the cache has the rest."""
    store = Store(tmp_path / "db.duckdb")
    with RangeServer(archive) as server:
        order = replace(wanted(server.url, "zipnum"), cache=tmp_path / "cache")
        for _ in range(30):
            before = len(server.requests)
            run = Run(store, budget=Budget(requests=most))
            with store.held():
                asyncio.run(collect_history(run, order, members()))
            assert run.tally.requests == len(server.requests) - before <= most
            if not run.tally.unfinished:
                break
    assert not run.tally.unfinished
    store.conclusions.settle()
    assert len(table(store)) == len(ANSWERS)


def test_plan_reads_no_record(archive: Path, tmp_path: Path) -> None:
    """A dry run reads lists and a small index, says what a run would cost, and keeps nothing."""
    with RangeServer(archive) as server:
        store = Store(tmp_path / "db.duckdb")
        order = replace(wanted(server.url, "zipnum"), cache=tmp_path / "cache")
        (plan,) = asyncio.run(plan_history(Run(store), order, members()))
        assert plan.requests > 0 and plan.bytes > 0 and plan.minutes(2.0) > 0
        asked = [request.path for request in server.requests]
        assert not [path for path in asked if path.endswith((".warc.gz", ".parquet"))]
        assert not (tmp_path / "cache").exists() and table(store) == []


def test_method_follows_the_panel() -> None:
    """A small panel is looked up block by block, a large one in the table; bytes count, too."""
    for rate in (1.0, 2.0):
        for new in (1.0, 0.3):
            found = {}
            for hosts in (50, 1_000, 5_000, 50_000):
                task = LookUp(crawl="CC-MAIN-2025-33", hosts=hosts, keys=hosts, new=new)
                options = estimates(task, index_costs(task.keys, 300))
                found[hosts] = cheapest([options["zipnum"], options["columnar"]], rate)
            methods = [each.method for each in found.values()]
            assert methods == ["zipnum", "zipnum", "columnar", "columnar"]
            assert found[1_000].bytes < 0.4e9


def test_choice_of_crawls() -> None:
    """Numbers, latest, all, names, beginnings and lists choose crawls; others are refused."""
    crawls = [
        Crawl(f"CC-MAIN-{y}-{w}", datetime(y, 1, w), datetime(y, 1, w))
        for y in (2025, 2024)
        for w in (20, 10)
    ]
    names = {
        wanted: [crawl.crawl.removeprefix("CC-MAIN-") for crawl in choose(crawls, wanted)]
        for wanted in (
            "1",
            "latest",
            "3",
            "all",
            "CC-MAIN-2024",
            "CC-MAIN-2024-10, CC-MAIN-2025-20",
        )
    }
    assert names == {
        "1": ["2025-20"],
        "latest": ["2025-20"],
        "3": ["2025-20", "2025-10", "2024-20"],
        "all": ["2025-20", "2025-10", "2024-20", "2024-10"],
        "CC-MAIN-2024": ["2024-20", "2024-10"],
        "CC-MAIN-2024-10, CC-MAIN-2025-20": ["2025-20", "2024-10"],
    }
    with pytest.raises(InputError, match=r"did you mean CC-MAIN-2025-10"):
        choose(crawls, "CC-MAIN-2025-11")
    with pytest.raises(InputError, match="no crawl"):
        choose(crawls, "0")


@pytest.mark.fault("archive", "history: a cut paths file")
def test_cut_list_of_files(archive: Path, tmp_path: Path) -> None:
    """A list of files that is cut is named, with what to do."""
    path = archive / f"crawl-data/{NEW.crawl}/cc-index-table.paths.gz"
    path.write_bytes(path.read_bytes()[:-12])
    with pytest.raises(ArchiveError, match=r"cc-index-table\.paths\.gz cannot be read \(it ends"):
        collect(Store(tmp_path / "db.duckdb"), wanted(archive, "columnar"))


@pytest.mark.fault("archive", "history: an index part without its columns")
def test_index_part_columns(archive: Path, tmp_path: Path) -> None:
    """Columns the index has in addition are passed over; those it lacks are named with the file."""
    part = next(archive.rglob("*.parquet"))
    whole = pl.read_parquet(part)
    whole.with_columns(new=pl.lit(1)).write_parquet(part)
    store = Store(tmp_path / "db.duckdb")
    assert collect(store, wanted(archive, "columnar")).captures == len(ANSWERS)
    whole.drop("content_digest", "url").write_parquet(part)
    with pytest.raises(ArchiveError, match=f"{part.name}: the index lacks url, content_digest"):
        collect(Store(tmp_path / "other.duckdb"), wanted(archive, "columnar"))


@pytest.mark.fault("archive", "history: no collinfo.json")
def test_not_an_archive(tmp_path: Path) -> None:
    """A folder without collinfo.json is said to be no archive."""
    (tmp_path / "empty").mkdir()
    with pytest.raises(ArchiveError, match=r"collinfo\.json is absent"):
        collect(Store(tmp_path / "db.duckdb"), wanted(tmp_path / "empty"))


@pytest.mark.fault("archive", "history: a rubbish cluster.idx and block")
def test_rubbish_cluster_idx(archive: Path, tmp_path: Path) -> None:
    """A cluster.idx that is none, and a block that is no gzip, are named."""
    folder = archive / f"cc-index/collections/{NEW.crawl}/indexes"
    block = next(folder.glob("cdx-*.gz"))
    block.write_bytes(gzip.compress(b"x")[:-4] + bytes(block.stat().st_size))
    with pytest.raises(ArchiveError, match=block.name):
        collect(Store(tmp_path / "a.duckdb"), wanted(archive, "zipnum"))
    (folder / "cluster.idx").write_text("rubbish\n" * 10)
    with pytest.raises(ArchiveError, match=r"cluster\.idx"):
        collect(Store(tmp_path / "b.duckdb"), wanted(archive, "zipnum"))
