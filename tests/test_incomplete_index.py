"""A crawl whose indexes are not complete: a plan and a run do the same, and nothing is lost."""

import asyncio
import gzip
from collections.abc import Iterable
from pathlib import Path
from shutil import copytree

import polars as pl
import pytest
from servers import RangeServer
from test_costs import NEW, OLD, collect, members, order, site

from crawlblock.demo import build
from crawlblock.pipeline.history import collect_history, plan_history
from crawlblock.pipeline.lookup_method import MethodChoice
from crawlblock.pipeline.run import Run
from crawlblock.sources.commoncrawl.cache import Cache
from crawlblock.sources.commoncrawl.columnar import lost_parts
from crawlblock.sources.commoncrawl.cost import Estimate, LookUp, Method
from crawlblock.sources.commoncrawl.dry_run import Shelf
from crawlblock.sources.commoncrawl.mirror import open_mirror
from crawlblock.store.store import Store

pytestmark = pytest.mark.own_code

SITES = 1_500
HOSTS = [f"host-{number:04}" for number in range(0, SITES, 50)]
LOST_PART = "part-00000"
PARTS = 60  # of the columnar index, so that a small panel does not use it


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an archive of two crawls, each with several CDX files and parts."""
    folder = tmp_path_factory.mktemp("incomplete") / "archive"
    found = [each for crawl in (OLD, NEW) for n in range(SITES) for each in site(n, crawl)]
    build(folder, [OLD, NEW], found)
    return folder


@pytest.fixture(scope="module")
def whole(rendered: Path, tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Return what a run finds in it when nothing is lost."""
    db = tmp_path_factory.mktemp("whole") / "a.duckdb"
    return collect(order(rendered, db, None), db, members(HOSTS))[0]


@pytest.fixture
def archive(rendered: Path, tmp_path: Path) -> Path:
    """Return a copy of it, to be spoilt."""
    return Path(copytree(rendered, tmp_path / "archive"))


def table(store: Store, crawl: str = NEW.crawl) -> dict[str, str]:
    """Return how each host's capture in a crawl ended."""
    with store.reading() as con:
        return dict(
            con.execute(
                "SELECT host, outcome FROM captures JOIN snapshots USING (snapshot) "
                "WHERE snapshot = ? ORDER BY host",
                [crawl],
            ).fetchall()
        )


def of_new(archive: Path, pattern: str) -> list[Path]:
    """Return files of the newer crawl."""
    return sorted(path for path in archive.rglob(pattern) if NEW.crawl in str(path))


def split_parts(archive: Path, listed: Path) -> None:
    """Make more parts of a crawl's columnar index, as many as a real one has for its size."""
    keys = gzip.decompress(listed.read_bytes()).decode().split()
    parts = [key for key in keys if "robotstxt" in key]
    table = pl.concat([pl.read_parquet(archive / key) for key in parts])
    size = -(-table.height // PARTS)
    made = [f"{parts[0].rpartition('/')[0]}/part-{n:05}-x.c000.gz.parquet" for n in range(PARTS)]
    for n, key in enumerate(made):
        table[n * size : (n + 1) * size].write_parquet(archive / key, compression="gzip")
    kept = [key for key in keys if key not in parts]
    listed.write_bytes(gzip.compress("".join(f"{key}\n" for key in [*kept, *made]).encode()))


def planned_and_run(
    archive: Path, db: Path, method: Method | None
) -> tuple[list[Estimate], list[str], Run]:
    """Return what a dry run says, by numbers and in words, and the run after it."""
    with RangeServer(archive) as server:
        wanted = order(server.url, db, method)
        notes: list[str] = []
        plans = asyncio.run(plan_history(Run(Store(db), say=notes.append), wanted, members(HOSTS)))
        said: list[str] = []
        run = Run(Store(db), say=said.append)
        with run.store.held():
            asyncio.run(collect_history(run, wanted, members(HOSTS)))
            run.store.conclusions.settle()
    assert notes == said
    return plans, said, run


@pytest.mark.fault("archive", "history: a crawl without {lost}, planned and run")
@pytest.mark.parametrize(
    ("lost", "method", "notes"),
    [("cluster.idx", "columnar", 2), ("cc-index-table.paths.gz", "zipnum", 0)],
)
def test_one_index_alone(
    archive: Path, whole: Store, tmp_path: Path, lost: str, method: Method, notes: int
) -> None:
    """The dry run names the index that the run uses, says why, and counts what is sent."""
    for path in archive.rglob("cc-index-table.paths.gz"):
        split_parts(archive, path)
    for path in archive.rglob(lost):
        path.unlink()
    plans, said, run = planned_and_run(archive, tmp_path / "b.duckdb", None)
    assert [plan.method for plan in plans] == [method, method]
    assert len(said) == notes and all(lost in each and "absent" in each for each in said)
    sent = sum(plan.requests for plan in plans)
    assert abs(sent - run.tally.requests) <= len(HOSTS)  # the demo's records lie side by side
    assert table(run.store) == table(whole) and table(whole)


@pytest.mark.fault("archive", "history: a large panel and a crawl without a list of parts")
def test_a_large_panel(archive: Path, tmp_path: Path) -> None:
    """Where the columnar index would be cheaper and has no list, the CDX files are used."""
    (path,) = of_new(archive, "cc-index-table.paths.gz")
    task = LookUp(crawl=NEW.crawl, hosts=50_000, keys=50_000)
    notes: list[str] = []

    async def chosen() -> tuple[Method, int]:
        async with open_mirror(str(archive), None) as mirror:
            shelf = Shelf.of(mirror, tmp_path / "cache", Cache(tmp_path / "index", 10**9))
            method, parts = await MethodChoice(shelf, None, 1.0, notes.append).choose(mirror, task)
            return method, len(parts)

    assert asyncio.run(chosen()) == ("columnar", 2) and not notes
    path.unlink()
    assert asyncio.run(chosen()) == ("zipnum", 0)
    assert NEW.crawl in notes[0] and path.name in notes[0] and "CDX files" in notes[0]


@pytest.mark.fault("archive", "history: a crawl without the index that the user chose: {lost}")
@pytest.mark.parametrize(
    ("lost", "method"), [("cluster.idx", "zipnum"), ("cc-index-table.paths.gz", "columnar")]
)
def test_the_chosen_index(archive: Path, tmp_path: Path, lost: str, method: Method) -> None:
    """Where the user chose the index that a crawl lacks, plan and run pass over that crawl."""
    of_new(archive, lost)[0].unlink()
    db = tmp_path / "db.duckdb"
    plans, _, run = planned_and_run(archive, db, method)
    assert [(plan.crawl, plan.method) for plan in plans] == [(OLD.crawl, method)]
    (trouble,) = run.tally.troubles
    assert NEW.crawl in trouble and lost in trouble and "absent" in trouble
    assert not table(run.store) and table(run.store, OLD.crawl)


@pytest.mark.fault("archive", "history: a crawl without both indexes, planned and run")
def test_no_index_at_all(archive: Path, tmp_path: Path) -> None:
    """A crawl without both indexes is passed over by plan and run."""
    for lost in ("cluster.idx", "cc-index-table.paths.gz"):
        of_new(archive, lost)[0].unlink()
    plans, _, run = planned_and_run(archive, tmp_path / "db.duckdb", None)
    assert [plan.crawl for plan in plans] == [OLD.crawl]
    assert len(run.tally.troubles) == 1 and not table(run.store)


@pytest.mark.fault("archive", "history: a crawl without one file of an index, by {method}")
@pytest.mark.parametrize(
    ("pattern", "method", "advice"),
    [("cdx-00001.gz", "zipnum", "--lookup columnar"),
     (f"{LOST_PART}*", "columnar", "--lookup zipnum")],
)  # fmt: skip
def test_a_lost_file(
    archive: Path, whole: Store, tmp_path: Path, pattern: str, method: Method, advice: str
) -> None:
    """The file is named with what to do; that does it, and the other crawl is not touched."""
    (path,) = (path for path in of_new(archive, pattern) if "robotstxt" in str(path) or
               method == "zipnum")  # fmt: skip
    path.unlink()
    db = tmp_path / "b.duckdb"
    with RangeServer(archive) as server:
        store, tally = collect(order(server.url, db, method), db, members(HOSTS))
        (trouble,) = tally.troubles
        assert NEW.crawl in trouble and path.name in trouble
        assert "absent" in trouble and advice in trouble
        assert not table(store) and table(store, OLD.crawl) == table(whole, OLD.crawl)
        other: Method = "columnar" if method == "zipnum" else "zipnum"
        store, tally = collect(order(server.url, db, other), db, members(HOSTS))
    assert not tally.troubles and table(store) == table(whole)


@pytest.mark.fault("archive", "history: a list of index files that lacks one")
def test_a_short_list_of_parts(archive: Path, whole: Store, tmp_path: Path) -> None:
    """What the list lacks is said; its sites are unknown, the others as before."""
    (path,) = of_new(archive, "cc-index-table.paths.gz")
    lines = gzip.decompress(path.read_bytes()).splitlines(keepends=True)
    kept = [line for line in lines if b"robotstxt" not in line or LOST_PART.encode() not in line]
    assert len(kept) == len(lines) - 1
    path.write_bytes(gzip.compress(b"".join(kept)))
    _, said, run = planned_and_run(archive, tmp_path / "b.duckdb", "columnar")
    (message,) = said
    assert NEW.crawl in message and "part 0" in message and "--lookup zipnum" in message
    lost = _differing(table(whole), table(run.store))
    assert lost and {after for _, after in lost} <= {"not_captured", "redirect_unresolved"}


@pytest.mark.fault("archive", "history: a cluster.idx that lacks a line")
def test_a_lost_line(archive: Path, whole: Store, tmp_path: Path) -> None:
    """A block that cluster.idx does not list is found between its neighbours."""
    (path,) = of_new(archive, "cluster.idx")
    lines = path.read_bytes().splitlines(keepends=True)
    assert len({line.split(b"\t")[1] for line in lines[:3]}) == 1
    path.write_bytes(b"".join([lines[0], *lines[2:]]))
    db = tmp_path / "b.duckdb"
    found, _ = collect(order(archive, db, "zipnum"), db, members(HOSTS))
    assert table(found) == table(whole)


@pytest.mark.fault("archive", "history: a cluster.idx that lacks the last line of a CDX file")
def test_a_lost_last_line(archive: Path, tmp_path: Path) -> None:
    """Where nobody knows what the line named, the crawl is passed over, not read as empty."""
    (path,) = of_new(archive, "cluster.idx")
    lines = path.read_bytes().splitlines(keepends=True)
    last = max(n for n, line in enumerate(lines) if b"\tcdx-00000.gz\t" in line)
    path.write_bytes(b"".join([*lines[:last], *lines[last + 1 :]]))
    db = tmp_path / "db.duckdb"
    found, tally = collect(order(archive, db, "zipnum"), db, members(HOSTS))
    (trouble,) = tally.troubles
    assert NEW.crawl in trouble and "cluster.idx: lines after that of cdx-00000.gz" in trouble
    assert "--lookup columnar" in trouble and not table(found)


def _differing(before: dict[str, str], after: dict[str, str]) -> set[tuple[str, str]]:
    """Return the outcomes, before and after, of the hosts that have other ones."""
    assert before.keys() == after.keys()
    return {(before[host], after[host]) for host in before if before[host] != after[host]}


@pytest.mark.parametrize(
    ("numbers", "lost"), [([0, 1, 2], []), ([0, 3, 1], [2]), ([2], [0, 1]), ([], [])]
)
def test_lost_parts(numbers: Iterable[int], lost: list[int]) -> None:
    """A gap in the numbers of the parts is found."""
    assert lost_parts([f"a/part-{n:05}-x.c000.gz.parquet" for n in numbers]) == lost
