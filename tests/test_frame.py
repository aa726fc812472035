"""A sample from a crawl: read by column ranges, sampled in a stream, resumed after a kill."""

import gzip
import json
import random
import shutil
import signal
import tracemalloc
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest
from aiohttp import web
from click.testing import CliRunner
from disks import small_disk
from forked import Runs
from hypothesis import given
from hypothesis import strategies as st
from oracles.simple_sample import expected_sample
from servers import Fault, RangeServer

from crawlblock.cli.sample import sample
from crawlblock.errors import ArchiveError, StoreError, UpstreamError
from crawlblock.model import Member
from crawlblock.outcome import Outcome
from crawlblock.pipeline.run import Progress, Tally
from crawlblock.pipeline.sample import (
    CrawlSample,
    Sampled,
    from_crawl,
    plan_crawl_sample,
    read_crawl,
)
from crawlblock.sampling import simple_sample
from crawlblock.sources.commoncrawl.frame import Frame
from crawlblock.sources.commoncrawl.mirror import open_mirror
from crawlblock.store.store import Store
from crawlblock.transport import Limits

pytestmark = pytest.mark.own_code

CRAWL = "CC-MAIN-2025-33"
PARTS = 8
SIZE = 200
ODD = ["WWW.Upper.com", "upper.com", "www.gov.uk", "www.twin.co.uk", "last.dot.", " ", "münchen.de"]
FAST = Limits(per_second=10_000, in_flight=4, attempts=2, pause=0.01, retry=0.01, pauses=1)


class StubbornServer(RangeServer):
    """A server that does not give the last bytes of an object."""

    def __init__(self, directory: Path, status: int) -> None:
        """Take the status of its answer: 200 with the whole object, 416 or 501."""
        super().__init__(directory)
        self._status = status

    async def _faulty(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        if not request.headers.get("Range", "").startswith("bytes=-"):
            return await super()._faulty(request, fault)
        whole = self._status == 200
        return (
            self._object(request, ranges=False) if whole else self._refusal(request, self._status)
        )


def index(folder: Path) -> list[str | None]:
    """Write the columnar index of a crawl in parts; return the domains of its rows.

    A domain has several rows, some in two parts, and a part may have none.
    """
    rows = random.Random(1)
    domains: list[str | None] = [f"site{rows.getrandbits(32):x}.com" for _ in range(2_000)]
    domains = [domain for domain in domains for _ in range(rows.randrange(1, 5))]
    domains += [None, *ODD, *rows.choices(domains, k=300)]
    base = f"cc-index/table/cc-main/warc/crawl={CRAWL}/subset=robotstxt"
    (folder / base).mkdir(parents=True)
    size = -(-len(domains) // (PARTS - 1))
    keys = [f"{base}/part-{number:05}-abc.c000.gz.parquet" for number in range(PARTS)]
    for number, key in enumerate(keys):
        some = domains[number * size : (number + 1) * size]
        columns = {
            "url": [f"https://{domain}/robots.txt" for domain in some],
            "url_host_registered_domain": some,
            "content_digest": [f"{rows.getrandbits(160):X}" for _ in some],
        }
        frame = pl.DataFrame(columns, {name: pl.String() for name in columns})
        frame.write_parquet(folder / key, compression="gzip", row_group_size=400)
    listing = folder / f"crawl-data/{CRAWL}/cc-index-table.paths.gz"
    listing.parent.mkdir(parents=True)
    listing.write_bytes(gzip.compress("\n".join(keys).encode()))
    crawl = {"id": CRAWL, "from": "2025-08-02T22:09:07", "to": "2025-08-15T23:42:38"}
    (folder / "collinfo.json").write_text(json.dumps([crawl]))
    return domains


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str | None]]:
    """Return an archive's folder and the domains of the rows of its index."""
    folder = tmp_path_factory.mktemp("frame") / "archive"
    return folder, index(folder)


def wanted(cache: Path, mirror: str | Path, size: int = SIZE, seed: str = "s") -> CrawlSample:
    """Return a sample that is wanted."""
    return CrawlSample(str(mirror), None, FAST, "latest", cache, "p", seed, size)


def unseen(what: str, done: int, of: int) -> None:
    """Show no progress."""


async def sampled(
    asked: CrawlSample, progress: Progress = unseen, tally: Tally | None = None
) -> Sampled:
    """Read the frame and sample from it."""
    domains = await read_crawl(asked, tally or Tally(), progress)
    return from_crawl(domains, asked, progress)


def chosen(members: Sequence[Member]) -> list[tuple[str, float]]:
    """Return what the oracle returns."""
    assert [member.position for member in members] == list(range(len(members)))
    return [(member.domain, member.weight) for member in members]


def parts_asked(server: RangeServer) -> set[str]:
    """Return the parts that were asked for."""
    return {Path(each.path).name for each in server.requests if "subset=" in each.path}


# What is sampled


@pytest.mark.parametrize("size", [1, SIZE, 10_000])
async def test_the_same_sample(
    tmp_path: Path, archive: tuple[Path, list[str | None]], size: int
) -> None:
    """Over ranges and from a folder, the sample and its weights are those of a sample in memory."""
    folder, domains = archive
    expected = expected_sample(domains, size, "s")
    with RangeServer(folder) as server:
        for location in (server.url, folder):
            asked = wanted(tmp_path / "cache", location, size)
            found = await sampled(asked)
            assert chosen(found.members) == expected
            assert found.frame == f"registered domains of {CRAWL}"


async def test_another_sample_asks_for_nothing_again(
    tmp_path: Path, archive: tuple[Path, list[str | None]]
) -> None:
    """Another size and another seed ask for lists alone; a larger sample begins with a smaller."""
    folder, domains = archive
    with RangeServer(folder) as server:
        plan = await plan_crawl_sample(wanted(tmp_path, server.url))
        first = Tally()
        small = await sampled(wanted(tmp_path, server.url), tally=first)
        for size, seed in ((2 * SIZE, "s"), (SIZE, "t")):
            again = Tally()
            asked = wanted(tmp_path, server.url, size, seed)
            found = await sampled(asked, tally=again)
            assert chosen(found.members) == expected_sample(domains, size, seed)
            assert again.requests == 2  # the lists of crawls and of files
            if seed == "s":
                assert [m.domain for m in found.members[:SIZE]] == [m.domain for m in small.members]
        assert (await plan_crawl_sample(wanted(tmp_path, server.url))).reading.requests == 0
    assert plan.left == plan.parts == PARTS
    assert first.requests <= plan.reading.requests + 2  # one part is empty


async def test_a_local_archive_is_read_anew(tmp_path: Path) -> None:
    """Nothing is kept of an archive on this machine, whose parts may change."""
    folder = tmp_path / "archive"
    domains = index(folder)
    for _ in range(2):
        found = await sampled(wanted(tmp_path / "cache", folder))
        assert chosen(found.members) == expected_sample(domains, SIZE, "s")
        (part,) = folder.rglob("part-00001*")
        changed = pl.read_parquet(part).with_columns(url_host_registered_domain=pl.lit("new.org"))
        size = -(-len(domains) // (PARTS - 1))
        domains[size : 2 * size] = ["new.org"] * size
        changed.write_parquet(part)
    assert [path.name for path in (tmp_path / "cache").rglob("*.parquet")] == []


names = st.text("abc.é", min_size=1, max_size=4)


@given(st.lists(st.sets(names), min_size=1, max_size=4), st.integers(1, 500))
def test_ranges_are_the_whole_frame(
    tmp_path_factory: pytest.TempPathFactory, parts: list[set[str]], size: int
) -> None:
    """The ranges of a frame have each domain of any part once, in the order of the alphabet."""
    folder = tmp_path_factory.mktemp("ranges")
    paths = [folder / f"{number}.domains.parquet" for number in range(len(parts))]
    for path, part in zip(paths, parts, strict=True):
        kept = pl.DataFrame({"domain": sorted(part)}, {"domain": pl.String()})
        kept.write_parquet(path, row_group_size=2)
    frame = Frame(paths, size)
    ranges = list(frame)
    assert len(ranges) == frame.ranges
    assert [name for some in ranges for name in sorted(some)] == sorted(set().union(*parts))


def test_memory_of_a_sample() -> None:
    """A sample keeps as many domains as it has, however many there are."""
    peaks = []
    for count in (20_000, 200_000):
        tracemalloc.start()
        members = simple_sample(
            (f"site{number}.com" for number in range(count)), 100, "s", "p", "all"
        )
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert sum(member.weight for member in members) == pytest.approx(count)
    assert peaks[1] < 1.5 * peaks[0] < 1_500_000  # bytes


# What is asked for


async def test_only_one_column_is_asked_for(
    tmp_path: Path, archive: tuple[Path, list[str | None]]
) -> None:
    """No part is read whole; every request for one names a range."""
    folder, _ = archive
    with RangeServer(folder) as server:
        await sampled(wanted(tmp_path, server.url))
        asked = [request for request in server.requests if "subset=" in request.path]
    bounds = [each.range.removeprefix("bytes=").split("-") for each in asked if each.range]
    assert len(bounds) == len(asked)
    columns = sum(int(last) - int(first) + 1 for first, last in bounds if first)
    assert columns < 0.3 * sum(path.stat().st_size for path in folder.rglob("*.parquet"))


@pytest.mark.fault("archive", "sample: the last bytes are answered with {status}")
@pytest.mark.parametrize("status", [200, 416, 501])
async def test_servers_without_suffix_ranges(
    tmp_path: Path, archive: tuple[Path, list[str | None]], status: int
) -> None:
    """A server that refuses suffix ranges is asked once; then for sizes and absolute ranges."""
    folder, domains = archive
    with StubbornServer(folder, status) as server:
        found = await sampled(wanted(tmp_path, server.url))
        assert chosen(found.members) == expected_sample(domains, SIZE, "s")
        asked = [request.range or "" for request in server.requests]
        assert sum(part.startswith("bytes=-") for part in asked) == 1
        assert asked.count("bytes=0-0") == PARTS
        raw = (folder / "collinfo.json").read_bytes()
        async with open_mirror(server.url, None, FAST) as mirror:
            assert await mirror.read("collinfo.json", -7) == raw[-7:]
            assert await mirror.read("collinfo.json", -10_000) == raw
            assert await mirror.read("no-such.json", -7) is Outcome.ABSENT


@pytest.mark.fault("archive", "sample: no ranges at all")
async def test_servers_without_ranges(
    tmp_path: Path, archive: tuple[Path, list[str | None]]
) -> None:
    """A server that knows no ranges is not asked for whole parts; the message names the part."""
    folder, _ = archive
    with RangeServer(folder) as server:
        server.fault("subset=", ["full"] * 20)
        with pytest.raises(ArchiveError, match=r"part-00000.*damaged"):
            await sampled(wanted(tmp_path, server.url))


async def test_progress(tmp_path: Path, archive: tuple[Path, list[str | None]]) -> None:
    """The parts that are left count, then the ranges that are sampled from."""
    folder, _ = archive
    with RangeServer(folder) as server:
        seen: list[tuple[str, int, int]] = []
        server.fault("part-00005", [404])
        with pytest.raises(ArchiveError):
            await sampled(wanted(tmp_path, server.url), lambda *at: seen.append(at))
        assert seen == [(CRAWL, done, PARTS) for done in range(6)]
        seen.clear()
        await sampled(wanted(tmp_path, server.url), lambda *at: seen.append(at))
    left = [(CRAWL, done, PARTS - 5) for done in range(PARTS - 5 + 1)]
    assert seen == [*left, ("sample", 0, 1), ("sample", 1, 1)]


# What goes wrong


@pytest.mark.fault("archive", "sample: a part that is {damage}")
@pytest.mark.parametrize("damage", ["missing", "empty", "cut", "cut in the middle", "of zeros"])
async def test_damaged_parts(tmp_path: Path, damage: str) -> None:
    """A part that cannot be used ends the run and is named; others are not asked for again."""
    folder = tmp_path / "archive"
    domains = index(folder)
    (part,) = folder.rglob("part-00003*")
    raw = part.read_bytes()
    spoiled = {
        "empty": b"",
        "cut": raw[:-100],
        "cut in the middle": raw[:2_000] + raw[-4_000:],
        "of zeros": raw[:4] + bytes(len(raw) - 8_004) + raw[-8_000:],
    }
    if damage == "missing":
        part.unlink()
    else:
        part.write_bytes(spoiled[damage])
    with RangeServer(folder) as server:
        with pytest.raises(ArchiveError, match="part-00003"):
            await sampled(wanted(tmp_path / "cache", server.url))
        part.write_bytes(raw)
        server.requests.clear()
        found = await sampled(wanted(tmp_path / "cache", server.url))
        assert parts_asked(server) == {f"part-{n:05}-abc.c000.gz.parquet" for n in range(3, PARTS)}
    assert chosen(found.members) == expected_sample(domains, SIZE, "s")
    kept = {path.suffix for path in (tmp_path / "cache" / "sample" / CRAWL).iterdir()}
    assert kept == {".parquet"}


@pytest.mark.fault("archive", "sample: a server that goes away")
async def test_a_server_goes_away(tmp_path: Path, archive: tuple[Path, list[str | None]]) -> None:
    """What was read stays, and the message says that the next run resumes."""
    folder, _ = archive
    with RangeServer(folder) as server:
        server.fault("part-00004", ["drop", "drop"])
        with pytest.raises(UpstreamError, match=r"part-00004.*it resumes"):
            await sampled(wanted(tmp_path, server.url))
        server.requests.clear()
        await sampled(wanted(tmp_path, server.url))
        assert len(parts_asked(server)) == PARTS - 4


@pytest.mark.fault("disk", "sample: a kept file that is {damage}")
@pytest.mark.parametrize("damage", ["empty", "cut", "spoiled"])
async def test_damaged_kept_files(
    tmp_path: Path, archive: tuple[Path, list[str | None]], damage: str
) -> None:
    """A kept file that was cut is made again; one that is spoiled is named, with what to do."""
    folder, domains = archive
    with RangeServer(folder) as server:
        await sampled(wanted(tmp_path, server.url))
        (kept,) = (tmp_path / "sample" / CRAWL).glob("part-00002*")
        raw = kept.read_bytes()
        spoiled = raw[:4] + b"\xff" * (len(raw) - 8) + raw[-4:]
        kept.write_bytes({"empty": b"", "cut": raw[:-10], "spoiled": spoiled}[damage])
        if damage == "spoiled":
            with pytest.raises(StoreError, match="remove the folder and run again"):
                await sampled(wanted(tmp_path, server.url))
        else:
            found = await sampled(wanted(tmp_path, server.url))
            assert chosen(found.members) == expected_sample(domains, SIZE, "s")


@pytest.mark.fault("disk", "sample: the cache's disk is full")
async def test_full_disk(tmp_path: Path, archive: tuple[Path, list[str | None]]) -> None:
    """A full disk ends the run with advice; with room again the next run resumes."""
    folder, domains = archive
    with RangeServer(folder) as server, small_disk(tmp_path / "disk", "256k") as disk:
        ballast = disk / "ballast"
        ballast.write_bytes(bytes(shutil.disk_usage(disk).free - 40_000))
        with pytest.raises(StoreError, match="free some space"):
            await sampled(wanted(disk / "cache", server.url))
        kept = len(list((disk / "cache").rglob("*.domains.parquet")))
        assert 0 < kept < PARTS
        ballast.unlink()
        server.requests.clear()
        found = await sampled(wanted(disk / "cache", server.url))
        assert len(parts_asked(server)) == PARTS - kept
    assert chosen(found.members) == expected_sample(domains, SIZE, "s")


IMPORTS = "from crawlblock.cli import main; import crawlblock.cli.sample"


@pytest.mark.fault("process", "sample: kill -9 at several moments, then run again")
def test_killed_and_run_again(tmp_path: Path, archive: tuple[Path, list[str | None]]) -> None:
    """Killed again and again, the command stores the undisturbed sample and reads no part twice."""
    folder, domains = archive
    db = tmp_path / "db.duckdb"
    with RangeServer(folder, seconds=0.05) as server:
        command = ["sample", "--db", str(db), "--mirror", server.url, "--crawl", "latest"]
        command += ["--size", str(SIZE), "--seed", "s", "--rate", "1000"]
        runs: list[set[str]] = []
        with Runs(IMPORTS, "main(line.split())") as forked:
            for number in range(4):
                server.requests.clear()
                forked.start(" ".join(command))
                while number < 3 and len(server.requests) < 10 + number:
                    if forked.ended(0.005):
                        break
                if number < 3:
                    forked.kill()
                assert forked.result() == (-signal.SIGKILL if number < 3 else 0)
                begun = [Path(each.path).name for each in server.requests if "subset=" in each.path]
                runs.append(set(begun[1:]))  # the first request is for the plan
    assert chosen(Store(db).facts.members()) == expected_sample(domains, SIZE, "s")
    for earlier, later in pairwise(runs):
        assert len(earlier & later) <= 2  # the part in flight, and that of the plan
    assert len(runs[-1]) < PARTS


# The command


@pytest.fixture
def server(archive: tuple[Path, list[str | None]]) -> Iterator[RangeServer]:
    """Return a server of the archive."""
    with RangeServer(archive[0]) as serving:
        yield serving


def test_dry_run(tmp_path: Path, server: RangeServer) -> None:
    """A dry run reads the lists and the end of one part, prints the cost and stores nothing."""
    db = tmp_path / "db.duckdb"
    given = ["--db", str(db), "--crawl", "latest", "--mirror", server.url, "--rate", "9999"]
    done = CliRunner().invoke(sample, [*given, "--dry-run", "-o", "jsonl"])
    assert done.exit_code == 0
    (row,) = map(json.loads, done.stdout.splitlines())
    assert len(server.requests) == 3
    assert not db.exists() and not list(tmp_path.rglob("*.domains.parquet"))
    assert (row["crawl"], row["parts"]) == (CRAWL, PARTS)
    done = CliRunner().invoke(sample, [*given, "--size", "3"])
    assert done.exit_code == 0
    assert f"{CRAWL}: 8 of 8 parts of the index to read, about {row['requests']} requests" in (
        done.output
    )
    with Store(db).reading() as con:
        ((requests,),) = con.execute("SELECT requests FROM runs").fetchall()
    assert row["requests"] - 5 <= requests - 2 <= row["requests"]  # one part is empty
    done = CliRunner().invoke(sample, [*given, "--dry-run", "-o", "table"])
    assert {"parts", "requests", "megabytes", "minutes"} <= set(done.stdout.split())


def test_dry_run_of_other_frames(tmp_path: Path) -> None:
    """Only a crawl has a cost to tell beforehand."""
    given = ["--db", str(tmp_path / "db.duckdb"), "--ranks", "webgraph", "--dry-run"]
    done = CliRunner().invoke(sample, given)
    assert done.exit_code == 2 and "--crawl" in done.output


def test_another_cache(tmp_path: Path, server: RangeServer) -> None:
    """The domains are kept in the folder that --cache names."""
    given = ["--db", str(tmp_path / "db.duckdb"), "--crawl", CRAWL, "--mirror", server.url]
    given += ["--rate", "9999", "--cache", str(tmp_path / "kept")]
    assert CliRunner().invoke(sample, given).exit_code == 0
    assert len(list((tmp_path / "kept" / "sample" / CRAWL).iterdir())) == PARTS
