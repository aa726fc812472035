"""What is kept on the disk: asked for once, believed only if whole, and never more than stated."""

import resource
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

import pytest
from disks import small_disk
from in_process import Ended, run_command
from servers import RangeServer

from crawlblock.demo import build
from crawlblock.demo.contents import Rendered
from crawlblock.errors import ArchiveError, StoreError
from crawlblock.model import Crawl
from crawlblock.outcome import Outcome
from crawlblock.sources.commoncrawl.cache import Cache, CachedMirror
from crawlblock.sources.commoncrawl.distant_cluster import cluster_key
from crawlblock.sources.commoncrawl.mirror import open_mirror
from crawlblock.sources.commoncrawl.zipnum import open_zipnum
from crawlblock.transport import Limits

pytestmark = pytest.mark.own_code

BODY = bytes(range(256)) * 400
FAST = Limits(per_second=1000, attempts=2, retry=0.01, timeout=5)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RangeServer]:
    """Return a server of one object."""
    (tmp_path / "archive").mkdir()
    (tmp_path / "archive" / "a").write_bytes(BODY)
    with RangeServer(tmp_path / "archive") as running:
        yield running


@asynccontextmanager
async def run(location: str, folder: Path, most: int = 10**9) -> AsyncIterator[CachedMirror]:
    """Open the archive as a run does."""
    async with open_mirror(location, None, FAST) as mirror:
        yield CachedMirror(mirror, folder, most)


async def test_later_runs_do_not_ask_again(server: RangeServer, tmp_path: Path) -> None:
    """A range is asked for once by all runs, unless it is wanted anew; whole objects each time."""
    for anew in (False, False, True, False):
        async with run(server.url, tmp_path / "ranges") as mirror:
            for _ in range(2):
                assert await mirror.read("a", 100, 50, anew=anew) == BODY[100:150]
            assert await mirror.read("a", 0, 50) == await mirror.read("a", None, 50) == BODY[:50]
            assert await mirror.read("a") == BODY
    asked = [request.range for request in server.requests]
    assert asked.count("bytes=100-149") == 1 + 2
    assert asked.count("bytes=0-49") == 1
    assert asked.count(None) == 4


async def test_what_failed_is_not_kept(server: RangeServer, tmp_path: Path) -> None:
    """An outcome is no range: the next run asks again."""
    server.fault("", ["drop"] * 2)
    for expected in (Outcome.UNREACHABLE, BODY[:9]):
        async with run(server.url, tmp_path / "ranges") as mirror:
            assert await mirror.read("a", 0, 9) == expected


async def test_directories_need_no_copy(tmp_path: Path, server: RangeServer) -> None:
    """What lies on this machine is not copied."""
    async with run(str(tmp_path / "archive"), tmp_path / "ranges") as mirror:
        assert await mirror.read("a", 0, 9) == BODY[:9]
    assert not (tmp_path / "ranges").exists()


@pytest.mark.fault("disk", "a kept range that is {name}")
@pytest.mark.parametrize(
    ("name", "harm"),
    [
        ("empty", lambda raw: b""),
        ("cut in its check", lambda raw: raw[:7]),
        ("its check alone", lambda raw: raw[:20]),
        ("cut", lambda raw: raw[:-1]),
        ("zeros, as after a crash", lambda raw: bytes(len(raw))),
        ("changed in one bit", lambda raw: raw[:-1] + bytes([raw[-1] ^ 1])),
        ("longer than it was", lambda raw: raw + b"x"),
    ],
)
async def test_damaged_files_are_not_believed(
    server: RangeServer, tmp_path: Path, name: str, harm: Callable[[bytes], bytes]
) -> None:
    """A kept file with anything but what was written is asked for again and mended."""
    for harmed in (True, False):
        async with run(server.url, tmp_path / "ranges") as mirror:
            assert await mirror.read("a", 5, 500) == BODY[5:505]
        (kept,) = (tmp_path / "ranges").iterdir()
        if harmed:
            kept.write_bytes(harm(kept.read_bytes()))
    assert len(server.requests) == 2


async def test_room_is_bounded(server: RangeServer, tmp_path: Path) -> None:
    """No more is kept than allowed; what was used longest ago goes first, also in a later run."""
    most = 50_000
    for _ in range(2):
        async with run(server.url, tmp_path / "ranges", most) as mirror:
            for start in (0, 10_000, 20_000, 30_000, 0, 40_000, 50_000):
                assert await mirror.read("a", start, 10_000) == BODY[start : start + 10_000]
            files = list((tmp_path / "ranges").iterdir())
            assert len(files) == 4
            assert sum(path.stat().st_size for path in files) <= most
            asked = len(server.requests)
            assert await mirror.read("a", 0, 10_000) == BODY[:10_000]
            assert len(server.requests) == asked


@pytest.mark.fault("disk", "no room to keep a range: one line, what was kept stays")
async def test_no_room(server: RangeServer, tmp_path: Path) -> None:
    """Where the disk refuses, one error names the folder, and the next run uses what is kept."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    async with run(server.url, tmp_path / "ranges") as mirror:
        assert await mirror.read("a", 0, 9) == BODY[:9]
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
        try:
            with pytest.raises(StoreError, match=r"ranges cannot be written \(File too large\)"):
                await mirror.read("a", 0, 5000)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
    async with run(server.url, tmp_path / "ranges") as mirror:
        assert await mirror.read("a", 0, 9) == BODY[:9]
        assert await mirror.read("a", 0, 5000) == BODY[:5000]
    assert len(server.requests) == 3


# Whole files, and several users


async def saved(location: str, cache: Cache, key: str = "a") -> Path:
    """Return a whole object by way of a cache."""
    async with open_mirror(location, None, FAST) as mirror:
        path = await cache.save(mirror, key)
    assert isinstance(path, Path)
    return path


async def test_whole_files_are_kept(server: RangeServer, tmp_path: Path) -> None:
    """An object is fetched once by all runs, and is of one archive."""
    for _ in range(3):
        path = await saved(server.url, Cache(tmp_path / "kept", 10**9))
        assert path.read_bytes() == BODY
    assert len(server.requests) == 1
    other = server.url.replace("127.0.0.1", "localhost")
    assert await saved(other, Cache(tmp_path / "kept", 10**9)) != path


@pytest.mark.fault("disk", "a kept cluster.idx that is {name}")
@pytest.mark.parametrize(
    ("name", "harm"),
    [
        ("empty", lambda raw: b""),
        ("cut", lambda raw: raw[:-1]),
        ("zeros, as after a crash", lambda raw: bytes(len(raw))),
        ("changed in one bit", lambda raw: raw[:-1] + bytes([raw[-1] ^ 1])),
    ],
)
async def test_damaged_whole_files(
    server: RangeServer, tmp_path: Path, name: str, harm: Callable[[bytes], bytes]
) -> None:
    """A whole file with anything but what was written is fetched again."""
    cache = Cache(tmp_path / "kept", 10**9)
    path = await saved(server.url, cache)
    path.write_bytes(harm(path.read_bytes()))
    assert (await saved(server.url, cache)).read_bytes() == BODY
    assert len(server.requests) == 2


async def test_room_for_whole_files(server: RangeServer, tmp_path: Path) -> None:
    """Files and ranges share the room; what was used longest ago goes, and the newest stays."""
    for name in "bcd":
        (tmp_path / "archive" / name).write_bytes(BODY[:30_000] + name.encode())
    cache = Cache(tmp_path / "kept", 100_000)
    first = await saved(server.url, cache, "b")
    for name in "cdb":
        await saved(server.url, cache, name)
    async with open_mirror(server.url, None, FAST) as mirror:
        cache.keep(mirror, "a", 0, BODY[:20_000])
        assert first.exists() and not cache.holds(mirror, "c") and cache.holds(mirror, "d")
    assert sum(path.stat().st_size for path in (tmp_path / "kept").iterdir()) <= 100_000
    small = Cache(tmp_path / "small", 10)
    assert (await saved(server.url, small, "b")).exists()
    await saved(server.url, small, "c")
    assert len([path for path in (tmp_path / "small").iterdir() if path.suffix != ".lock"]) == 1


USER = """
import asyncio, sys
from pathlib import Path
from crawlblock.sources.commoncrawl.cache import Cache
from crawlblock.sources.commoncrawl.mirror import open_mirror
from crawlblock.transport import Limits
async def use(url, folder):
    cache = Cache(Path(folder), 300_000)
    async with open_mirror(url, None, Limits(per_second=10_000)) as mirror:
        assert (await cache.save(mirror, "b")).stat().st_size == 30_000
        for n in range(400):
            at = n * 37 % 90 * 1000
            raw = cache.range(mirror, "a", at, 1000)
            assert raw in (None, bytes([at % 256]) * 1000)
            cache.keep(mirror, "a", at, bytes([at % 256]) * 1000)
asyncio.run(use(*sys.argv[1:]))
"""


@pytest.mark.fault("process", "four processes use one cache at a time")
def test_several_processes(tmp_path: Path) -> None:
    """Processes fetch a whole object once, and none is hurt by what another removes."""
    (tmp_path / "archive").mkdir()
    (tmp_path / "archive" / "b").write_bytes(BODY[:30_000])
    with RangeServer(tmp_path / "archive", seconds=0.2) as server:
        given = [sys.executable, "-c", USER, server.url, str(tmp_path / "kept")]
        users = [subprocess.Popen(given, stderr=subprocess.PIPE) for _ in range(4)]
        ended = [user.communicate(timeout=120)[1].decode() for user in users]
        assert ended == [""] * 4
        assert len(server.requests) <= 1 + 3  # one that is slow may find it removed again
    left = [path for path in (tmp_path / "kept").iterdir() if path.suffix != ".lock"]
    assert sum(path.stat().st_size for path in left) <= 300_000 + 300_000 // 16 + 4 * 4096
    assert not [path for path in left if path.suffix == ".part"]


CRAWL = Crawl("CC-MAIN-2023-40", datetime(2023, 9, 21), datetime(2023, 10, 5))


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Return an archive of one host whose cluster.idx has 3 MB."""
    at = CRAWL.first_capture
    url = "https://host.example/robots.txt"
    build(tmp_path / "crawls", [CRAWL], [Rendered(CRAWL.crawl, url, at, 200, b"# one\n")])
    with (tmp_path / "crawls" / cluster_key(CRAWL.crawl)).open("a") as file:
        file.writelines(f"zz,{n:060})/ 20230921\tcdx-00000.gz\t9\t9\t{n}\n" for n in range(30_000))
    return tmp_path / "crawls"


def crawlblock(folder: Path, *arguments: str) -> Ended:
    """Run a command on the database in a folder."""
    return run_command([*arguments, "--db", str(folder / "db.duckdb")])


@pytest.mark.fault("disk", "history: the disk is full while an index is fetched")
def test_full_disk_while_an_index_is_fetched(archive: Path, tmp_path: Path) -> None:
    """One line says what, where and what to do; no half file is left, and it goes on afterwards."""
    (tmp_path / "hosts.txt").write_text("host.example\n")
    given = [
        "history",
        "--crawls",
        "all",
        "--rate",
        "1000",
        "--cache",
        str(tmp_path / "disk" / "c"),
    ]
    listed = ["sample", "--list", str(tmp_path / "hosts.txt")]
    assert crawlblock(tmp_path, *listed).returncode == 0
    with RangeServer(archive) as server, small_disk(tmp_path / "disk", "6m") as disk:
        for lookup, kind in (("zipnum", "cluster.idx"), ("columnar", ".parquet")):
            (disk / "ballast").write_bytes(bytes(shutil.disk_usage(disk).free - 8_192))
            done = crawlblock(tmp_path, *given, "--mirror", server.url, "--lookup", lookup)
            (line,) = done.stderr.strip().splitlines()
            assert done.returncode == 1 and kind in line and str(disk) in line
            assert "No space left on device" in line and "choose another --cache" in line
            left = {path.suffix for path in (disk / "c").rglob("*") if path.is_file()}
            assert left <= {".lock", ".json"}
            (disk / "ballast").unlink()
        done = crawlblock(tmp_path, *given, "--mirror", server.url, "--lookup", "zipnum")
        assert done.returncode == 0, done.stderr
        size = sum(path.stat().st_size for path in (disk / "c" / "index").iterdir())
        assert size > 1_000_000


def test_the_size_of_the_cache(archive: Path, tmp_path: Path) -> None:
    """`--cache-size` bounds what a run leaves of the indexes."""
    (tmp_path / "hosts.txt").write_text("host.example\n")
    assert crawlblock(tmp_path, "sample", "--list", str(tmp_path / "hosts.txt")).returncode == 0
    given = ["history", "--crawls", "all", "--rate", "1000", "--lookup", "zipnum"]
    with RangeServer(archive) as server:
        done = crawlblock(tmp_path, *given, "--mirror", server.url, "--cache-size", "0.001")
    assert done.returncode == 0, done.stderr
    kept = (tmp_path / "db.cache" / "index").iterdir()
    assert sum(path.stat().st_size for path in kept) < 1_000_000


@pytest.mark.fault("archive", "history: an index that was made anew since it was kept")
async def test_an_index_that_was_replaced(archive: Path, tmp_path: Path) -> None:
    """A kept cluster.idx that does not fit the blocks any more is forgotten."""
    cache = Cache(tmp_path / "kept", 10**9)
    url = "https://host.example/robots.txt"
    with RangeServer(archive) as server:

        async def found() -> int:
            async with open_mirror(server.url, None, FAST) as mirror:
                cached = CachedMirror(mirror, tmp_path / "ranges", index=cache)
                index = await open_zipnum(cached, CRAWL.crawl, cache)
                return len((await index.look_up([url]))[url])

        assert await found() == 1
        for path in (tmp_path / "kept").iterdir():
            if path.suffix == "":
                path.unlink()  # the block, not cluster.idx
        block = next(archive.rglob("cdx-00000.gz"))
        folder = archive / cluster_key(CRAWL.crawl)
        block.write_bytes(bytes(500) + block.read_bytes())
        folder.write_text(folder.read_text().replace("\t0\t", "\t500\t"))
        with pytest.raises(ArchiveError, match=r"is not a block"):
            await found()
        assert await found() == 1
