"""Ranges kept on the disk: asked for once, believed only if whole, and never more than stated."""

import resource
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from servers import RangeServer

from crawlblock.errors import StoreError
from crawlblock.outcome import Outcome
from crawlblock.sources.commoncrawl.cache import CachedMirror
from crawlblock.sources.commoncrawl.mirror import open_mirror
from crawlblock.transport import Limits

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
