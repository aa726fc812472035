"""All processes of a user on this machine keep the rate of one host together."""

import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest
from disks import small_disk
from servers import RangeServer

from crawlblock.transport.shared_pace import FOLDER, SharedPace

pytestmark = pytest.mark.own_code

RATE = 20.0  # requests a second
ASK = """
import asyncio, sys
from crawlblock.sources.commoncrawl.mirror import open_mirror
from crawlblock.transport import Limits

async def ask(url, name, number):
    async with open_mirror(url, None, Limits(per_second=20, in_flight=2, pause=0.1)) as mirror:
        for _ in range(number):
            assert await mirror.read(name) == b"x"

asyncio.run(ask(sys.argv[1], sys.argv[2], int(sys.argv[3])))
"""


@pytest.fixture
def served(tmp_path: Path) -> Path:
    """Return a folder with an object for each process."""
    folder = tmp_path / "served"
    folder.mkdir()
    for name in ("a", "b"):
        (folder / name).write_bytes(b"x")
    return folder


def asking(server: RangeServer, name: str, number: int) -> subprocess.Popen[str]:
    """Begin a process that asks for an object again and again."""
    command = [sys.executable, "-c", ASK, server.url, name, str(number)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


def waited(server: RangeServer, names: set[str]) -> None:
    """Wait until each of the objects was asked for."""
    until = time.monotonic() + 30
    while {request.path[1:] for request in server.requests} < names:
        assert time.monotonic() < until
        time.sleep(0.01)


@pytest.mark.fault("process", "two processes ask one archive: the rate is that of both together")
def test_two_processes_keep_one_rate(served: Path) -> None:
    """Two processes together send no more than one may, and neither of them is left out."""
    with RangeServer(served) as server:
        both = [asking(server, name, 25) for name in ("a", "b")]
        ended = [process.communicate(timeout=60) for process in both]
        assert [process.returncode for process in both] == [0, 0], ended
        times = [request.time for request in server.requests]
        assert len(times) == 50
        assert server.busiest(1.0) <= RATE + 2
    waited_for = times[-1] - times[0]
    assert waited_for >= 49 / RATE * 0.9
    together = [r for r in server.requests if times[0] + 1 < r.time < times[0] + 1.5]
    assert all(count > 1 for count in Counter(r.path for r in together).values())


@pytest.mark.fault("process", "a process that keeps the pace with another one is killed")
def test_a_killed_process_leaves_nothing_behind(served: Path) -> None:
    """After one of two processes was killed, the other asks at the whole rate."""
    with RangeServer(served) as server:
        killed, other = asking(server, "a", 1000), asking(server, "b", 30)
        waited(server, {"a", "b"})
        killed.kill()
        killed.communicate(timeout=60)
        at = time.monotonic()
        output = other.communicate(timeout=60)
        assert other.returncode == 0, output
        times = [request.time for request in server.requests if request.time > at]
    assert times[0] - at < 0.5
    assert len(times) / (times[-1] - times[0]) > RATE * 0.8


@pytest.mark.fault("archive", "Retry-After for one process: another one waits, too")
def test_a_pause_is_for_all_processes(served: Path) -> None:
    """While the server wants a pause of one process, no other process asks it."""
    with RangeServer(served) as server:
        first = asking(server, "a", 30)
        waited(server, {"a"})
        server.fault("a", [("retry-after", 429, 1)])
        second = asking(server, "b", 5)
        ended = [each.communicate(timeout=60) for each in (first, second)]
        assert [each.returncode for each in (first, second)] == [0, 0], ended
        (refused,) = [r.time for r in server.requests if r.fault != 200]
        within = [r for r in server.requests if refused + 0.1 < r.time < refused + 0.9]
    assert not within


@pytest.mark.fault("process", "the clock is set ahead or back while processes keep a pace")
def test_a_clock_that_is_set() -> None:
    """However the clock is set, nobody waits longer than was asked for."""
    now = 1_800_000_000.0
    pace = SharedPace("host", lambda: now)
    assert pace.begin(10) == 0
    assert pace.begin(10) == pytest.approx(10)
    now += 80 * 365 * 86_400
    assert pace.begin(10) == 0  # set ahead: the moment has passed
    now -= 80 * 365 * 86_400
    assert pace.begin(10) == pytest.approx(10)  # set back: it is as far away as it was
    now += 10
    assert pace.begin(10) == 0
    pace.hold(1e9)
    assert pace.begin(10) == pytest.approx(3600)


def test_hosts_have_a_pace_each() -> None:
    """One host's pace is not another's, also where their names differ in odd characters alone."""
    names = ["a.example", "a_example", "a:example", "s3://a/example", "CON", "x" * 300]
    assert [SharedPace(name).begin(60) for name in names] == [0.0] * len(names)
    assert all(SharedPace(name).begin(60) > 50 for name in names)


@pytest.mark.parametrize("content", [b"", b"\xff\x00", b"1800000000.0", b"nan nan\n", b"1 1 1"])
def test_a_file_that_was_half_written(own_pace: Path, content: bytes) -> None:
    """What cannot be read in the file holds nobody back, and is written anew."""
    SharedPace("host").begin(60)
    (file,) = [path for path in own_pace.iterdir() if path.suffix != ".lock"]
    file.write_bytes(content)
    assert SharedPace("host").begin(60) == 0
    assert SharedPace("host").begin(60) > 50


@pytest.mark.parametrize("content", [b"nan nan", b"inf inf", b"1800000000.0 inf"])
def test_a_pause_after_a_file_without_numbers(own_pace: Path, content: bytes) -> None:
    """What a host asks for is kept, also where the file has times that are no numbers."""
    SharedPace("host").begin(60)
    (file,) = [path for path in own_pace.iterdir() if path.suffix != ".lock"]
    file.write_bytes(content)
    SharedPace("host").hold(20)
    assert 10 < SharedPace("host").begin(60) <= 20


@pytest.mark.fault("disk", "the disk with the folder of the pace is full")
def test_a_full_disk_of_the_pace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Where the file of the pace can be opened and not written, a run says so and goes on."""
    with small_disk(tmp_path / "disk", "64k") as disk:
        monkeypatch.setenv(FOLDER, str(disk))
        with suppress(OSError):
            (disk / "rest").write_bytes(bytes(1 << 20))
        pace = SharedPace("host")
        assert [pace.begin(60), pace.begin(60)] == [0.0, 0.0]
        pace.hold(10)
    assert len(caplog.messages) == 1 and "No space left" in caplog.text


@pytest.mark.fault("disk", "the folder of the pace cannot be written")
def test_a_folder_that_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A run says once that it does not know what other runs send, and goes on."""
    (tmp_path / "file").touch()
    monkeypatch.setenv(FOLDER, str(tmp_path / "file" / "pace"))
    paces = [SharedPace(name) for name in ("a", "b")]
    assert [pace.begin(60) for pace in paces * 2] == [0.0] * 4
    paces[0].hold(10)
    assert len(caplog.messages) == 1 and "name another one in CRAWLBLOCK_PACE" in caplog.text
