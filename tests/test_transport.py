"""The polite client against a real server: what it sends, what it waits for, what it believes."""

import asyncio
import logging
import os
import resource
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from servers import Fault, RangeServer

from crawlblock import __version__
from crawlblock.errors import InputError, StoreError, UpstreamError
from crawlblock.outcome import Outcome
from crawlblock.transport import Limits, PartialFile, PoliteClient, user_agent

BODY = os.urandom(300_000)
AGENT = "crawlblock/0 (+test@example.org)"
FAST = Limits(per_second=1000, in_flight=4, attempts=3, timeout=5)


class Time:
    """A clock on which waiting takes no time."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waits: list[float] = []  # of a second and more

    def clock(self) -> float:
        """Return the time."""
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Let the time pass."""
        if seconds >= 1:
            self.waits.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)


def polite(limits: Limits = FAST, time: Time | None = None) -> PoliteClient:
    """Return a client on a clock of its own."""
    time = time or Time()
    return PoliteClient(AGENT, limits, clock=time.clock, sleep=time.sleep)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RangeServer]:
    """Return a server of one object, `crawl=1/a.gz`."""
    (tmp_path / "served" / "crawl=1").mkdir(parents=True)
    (tmp_path / "served" / "crawl=1" / "a.gz").write_bytes(BODY)
    with RangeServer(tmp_path / "served") as running:
        yield running


@pytest.fixture
def url(server: RangeServer) -> str:
    """Return the URL of the object."""
    return f"{server.url}/crawl=1/a.gz"


async def test_reads_objects_and_ranges(server: RangeServer, url: str) -> None:
    """Whole bodies and ranges come as stored, counted, under the User-Agent that was given."""
    async with polite() as client:
        assert await client.read(url) == BODY
        assert await client.read(url, 1000, 50) == BODY[1000:1050]
        assert await client.read(url, 299_000) == BODY[299_000:]
        assert await client.read(url, length=7) == BODY[:7]
        assert client.traffic.requests == 4
        assert client.traffic.bytes == len(BODY) + 50 + 1000 + 7
    assert [request.range for request in server.requests] == [
        None, "bytes=1000-1049", "bytes=299000-", "bytes=0-6",
    ]  # fmt: skip
    assert {request.user_agent for request in server.requests} == {AGENT}


@pytest.mark.fault("archive", "rate and requests in flight, in the server's log")
async def test_keeps_the_rate_and_the_requests_in_flight(tmp_path: Path) -> None:
    """Twenty tasks together send no more than the limits of the host allow."""
    (tmp_path / "a").write_bytes(b"x")
    with RangeServer(tmp_path, seconds=0.06) as server:
        async with PoliteClient(AGENT, Limits(per_second=50, in_flight=2)) as client:
            await asyncio.gather(*(client.read(f"{server.url}/a") for _ in range(20)))
        assert len(server.requests) == 20
        assert server.most_in_flight == 2
        assert server.busiest(0.2) <= 50 * 0.2 + 2
    with RangeServer(tmp_path) as server:
        async with PoliteClient(AGENT, Limits(per_second=50, in_flight=20)) as client:
            await asyncio.gather(*(client.read(f"{server.url}/a") for _ in range(20)))
        first, last = server.requests[0].time, server.requests[-1].time
        assert last - first >= 19 / 50 * 0.8


@pytest.mark.fault("archive", "{status} without Retry-After: pauses, each twice as long")
@pytest.mark.parametrize("status", [403, 429])  # 503 is no refusal: see test_waiting.py
async def test_a_refusal_pauses_the_host(server: RangeServer, url: str, status: int) -> None:
    """After 403 and 429 a host is left alone, longer each time, until it answers again."""
    server.fault("", [status, status, 200, status])
    time = Time()
    async with polite(time=time) as client:
        assert await client.read(url) == BODY
        assert time.waits == [60, 120]
        assert await client.read(url) == BODY
    assert time.waits == [60, 120, 60]


@pytest.mark.fault("archive", "429 for all requests in flight: one pause")
async def test_requests_in_flight_share_one_pause(tmp_path: Path) -> None:
    """Four refusals of requests that were under way together are one event, and all wait for it."""
    (tmp_path / "a").write_bytes(BODY)
    time = Time()
    with RangeServer(tmp_path, seconds=0.1) as server:
        server.fault("", [429] * 4)
        async with polite(Limits(per_second=1e6, in_flight=4, pauses=1), time) as client:
            reads = (client.read(f"{server.url}/a") for _ in range(6))
            assert await asyncio.gather(*reads) == [BODY] * 6
        assert server.most_in_flight == 4
    assert time.waits == [60]


@pytest.mark.fault("archive", "429 with Retry-After: {stated}")
@pytest.mark.parametrize(
    ("stated", "wait"),
    [
        ("7", 60),
        ("333", 333),
        (timedelta(seconds=500), 500),
        (timedelta(seconds=-500), 60),
        ("soon", 60),
    ],
)
async def test_retry_after(
    server: RangeServer, url: str, stated: str | timedelta, wait: float
) -> None:
    """Retry-After is obeyed, in seconds or as a date, where it asks for more than the pause."""
    if isinstance(stated, timedelta):
        stated = format_datetime(datetime.now(UTC) + stated, usegmt=True)
    server.fault("", [("retry-after", 429, stated)])
    time = Time()
    async with polite(time=time) as client:
        assert await client.read(url) == BODY
    assert time.waits == [pytest.approx(wait, abs=20 if wait == 500 else 0)]


@pytest.mark.fault("archive", "429 with a Retry-After of a day")
async def test_an_endless_retry_after_ends_the_run(server: RangeServer, url: str) -> None:
    """A host that asks for a day of patience is obeyed by ending the run."""
    server.fault("", [("retry-after", 429, 86400)])
    async with polite() as client:
        with pytest.raises(
            UpstreamError, match=r"127\.0\.0\.1:\d+ answered 429 and asks for 86400 s"
        ):
            await client.read(url)


@pytest.mark.fault("archive", "403 without end: nothing more is sent")
async def test_the_breaker(server: RangeServer, url: str, caplog: pytest.LogCaptureFixture) -> None:
    """After three pauses the next refusal ends the run, and nothing more is sent to that host."""
    server.fault("", [403] * 100)
    time = Time()
    async with polite(Limits(longest_pause=100, in_flight=1, per_second=1000), time) as client:
        with caplog.at_level(logging.WARNING), pytest.raises(UpstreamError) as stop:
            await client.read(url)
        assert time.waits == [60, 100, 100]
        assert " answered 403 still, after 3 pauses" in str(stop.value)
        assert "it resumes" in str(stop.value)
        assert " answered 403: waiting 60 s" in caplog.text
        with pytest.raises(UpstreamError):
            await client.read(url)
        other = url.replace("127.0.0.1", "localhost")
        assert len(server.requests) == 4
        server.mend()
        assert await client.read(other) == BODY


@pytest.mark.fault("archive", "403 for one key alone")
async def test_one_refused_key_does_not_end_the_run(server: RangeServer, url: str) -> None:
    """A key that alone is refused, as S3 does for missing ones, ends as `refused`."""
    server.fault("missing", [403] * 100)
    async with polite(Limits(per_second=1000, in_flight=1)) as client:
        refused = asyncio.create_task(client.read(f"{server.url}/missing"))
        while not refused.done():
            assert await client.read(url) == BODY
        assert await refused is Outcome.REFUSED


@pytest.mark.fault("archive", "a range twice met with {fault}, then answered")
@pytest.mark.parametrize("fault", ["drop", "short", "full", "shifted", 500, 502])
async def test_failures_are_retried(server: RangeServer, url: str, fault: Fault) -> None:
    """What is cut, dropped or not what was asked for is asked for again, after a while."""
    server.fault("", [fault, fault])
    time = Time()
    async with polite(time=time) as client:
        assert await client.read(url, 5, 200_000) == BODY[5:200_005]
    assert len(server.requests) == 3
    assert len(time.waits) == 2
    assert 1 <= time.waits[0] <= 1.5 < 2 <= time.waits[1] <= 3


@pytest.mark.fault("archive", "a range always met with {fault}")
@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ("drop", Outcome.UNREACHABLE),
        ("short", Outcome.DAMAGED),
        ("shifted", Outcome.DAMAGED),
        ("stall", Outcome.TIMEOUT),
        (418, Outcome.UNREACHABLE),
        (204, Outcome.UNREACHABLE),
    ],
)
async def test_lasting_failures_are_outcomes(
    server: RangeServer, url: str, fault: Fault, outcome: Outcome
) -> None:
    """A failure that stays is a value after as many attempts as are allowed."""
    server.fault("", [fault] * 10)
    async with polite(Limits(per_second=1000, attempts=3, timeout=1.0)) as client:
        assert await client.read(url, 5, 200_000) is outcome
    assert len(server.requests) == 3  # also where a kept connection is dropped


@pytest.mark.fault("archive", "a proxy that removes Range: three whole objects for parts")
async def test_whole_objects_in_place_of_parts(server: RangeServer, url: str) -> None:
    """The third whole object in a row ends the run; a part in between shows that parts work."""
    server.fault("", ["full", "full", 200, "full", "full", "full"])
    async with polite(Limits(per_second=1000, retry=0.01)) as client:
        assert await client.read(url, 5, 10) == BODY[5:15]
        with pytest.raises(UpstreamError, match="a proxy may remove the header Range"):
            await client.read(url, 5, 10)
    assert len(server.requests) == 6


@pytest.mark.fault("archive", "a captive portal: 200 and a page for everything")
async def test_a_page_in_place_of_a_file(server: RangeServer, url: str, tmp_path: Path) -> None:
    """Where files alone are expected a page ends the run at once, and nothing of it is kept."""
    server.fault("", ["portal"] * 3)
    async with PoliteClient(AGENT, Limits(per_second=1000), pages=False) as client:
        for reading in (
            client.read(url),
            client.read(url, 5, 10),
            client.save(url, tmp_path / "x"),
        ):
            with pytest.raises(UpstreamError, match="a web page where a file was asked for"):
                await reading
    assert len(server.requests) == 3 and not list(tmp_path.glob("x*"))


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(404, Outcome.ABSENT), (410, Outcome.ABSENT), (401, Outcome.REFUSED), (451, Outcome.REFUSED)],
)
async def test_final_answers(server: RangeServer, url: str, status: int, outcome: Outcome) -> None:
    """What is not there is asked for once."""
    server.fault("", [status])
    async with polite() as client:
        assert await client.read(url) is outcome
    assert len(server.requests) == 1


@pytest.mark.fault("archive", "416, and a range beyond the end")
async def test_a_range_beyond_the_end_is_damaged(server: RangeServer, url: str) -> None:
    """A range that the object cannot fill, or that is none, is not asked for again."""
    async with polite() as client:
        assert await client.read(url, len(BODY) - 5, 10) is Outcome.DAMAGED
        assert await client.read(url, len(BODY), 10) is Outcome.DAMAGED
        assert await client.read(url, -1, 10) is Outcome.DAMAGED
        assert await client.read(url, 5, 0) is Outcome.DAMAGED
    assert len(server.requests) == 2


@pytest.mark.fault("archive", "connection refused; no such name in DNS")
async def test_no_connection_and_no_name() -> None:
    """A closed port and a name that does not exist are kept apart."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        async with polite() as client:
            assert await client.read(f"http://127.0.0.1:{port}/") is Outcome.CONNECTION_REFUSED
            assert await client.read("http://name.invalid/") is Outcome.DNS


@pytest.mark.fault("archive", "TLS to a server that has none")
async def test_tls_to_a_server_without(url: str) -> None:
    """A server that does not speak TLS is `tls`, not a connection that is missing."""
    async with polite() as client:
        assert await client.read(url.replace("http:", "https:")) is Outcome.TLS


@pytest.mark.fault("archive", "redirects: a loop, file:, nonsense")
async def test_redirects(server: RangeServer, url: str) -> None:
    """Redirects are followed, each through the gate of its host, five at most, to the web alone."""
    server.fault("moved", [("moved", 302, url.replace("127.0.0.1", "localhost"))])
    server.fault("loop", [("moved", 302, "/loop")] * 10)
    server.fault("file", [("moved", 302, "file:///etc/hostname")])
    server.fault("broken", [("moved", 302, "http://[")])
    async with polite() as client:
        assert await client.read(f"{server.url}/moved", 1, 3) == BODY[1:4]
        assert server.requests[-1].range == "bytes=1-3"
        for path in ("loop", "file", "broken"):
            assert await client.read(f"{server.url}/{path}") is Outcome.REDIRECT_UNRESOLVED
    assert len(server.requests) == 2 + 6 + 2


@pytest.mark.fault("archive", "a body larger than memory should hold")
async def test_a_large_answer_is_not_read(tmp_path: Path) -> None:
    """More than 64 MiB is taken only where its length was asked for."""
    with (tmp_path / "large").open("wb") as file:
        file.truncate(64 * 1024 * 1024 + 1)
    with RangeServer(tmp_path) as server:
        async with polite() as client:
            assert await client.read(f"{server.url}/large") is Outcome.TOO_LARGE
            assert await client.read(f"{server.url}/large", 0) is Outcome.TOO_LARGE
            assert client.traffic.bytes == 0


async def test_save(server: RangeServer, url: str, tmp_path: Path) -> None:
    """A saved file is complete or not there, and nothing is left beside it."""
    path = tmp_path / "new" / "a.gz"
    async with polite() as client:
        assert await client.save(url, path) is None
        assert await client.save(f"{server.url}/none", path.with_name("b")) is Outcome.ABSENT
    assert path.read_bytes() == BODY
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.fault("archive", "save: cut, dropped and cut again, no byte twice")
async def test_save_continues_after_a_cut(server: RangeServer, url: str, tmp_path: Path) -> None:
    """After a cut connection the rest is fetched, and no byte twice."""
    server.fault("", ["short", "drop", "short"])
    async with polite(Limits(per_second=1000, attempts=4)) as client:
        assert await client.save(url, tmp_path / "a") is None
        assert client.traffic.bytes == len(BODY)
    assert (tmp_path / "a").read_bytes() == BODY
    half, quarter = len(BODY) // 2, len(BODY) // 4
    assert [request.range for request in server.requests] == [
        None, f"bytes={half}-", f"bytes={half}-", f"bytes={half + quarter}-",
    ]  # fmt: skip


@pytest.mark.fault("archive", "save: continued by a later run")
async def test_save_continues_in_a_later_run(server: RangeServer, url: str, tmp_path: Path) -> None:
    """What one run has saved is the beginning of the next one, which may find it complete."""
    server.fault("", ["short", "drop"])
    once = Limits(per_second=1000, attempts=1)
    async with polite(once) as client:
        assert await client.save(url, tmp_path / "a") is Outcome.DAMAGED
        assert await client.save(url, tmp_path / "a") is Outcome.UNREACHABLE
    async with polite(once) as client:
        assert await client.save(url, tmp_path / "a") is None
        assert client.traffic.bytes == len(BODY) // 2
    part = PartialFile(tmp_path / "b")
    part.begin('"tag"', 3)
    with part.appending():
        part.write(b"abc")
    async with polite(once) as client:
        assert await client.save(url, tmp_path / "b") is None
        assert client.traffic.requests == 0
    assert (tmp_path / "b").read_bytes() == b"abc"


@pytest.mark.fault("archive", "save: half a file of the ETag {etag}")
@pytest.mark.parametrize("etag", ['"of another object"', 'W/"weak"', ""])
async def test_save_starts_over_when_the_object_changed(
    server: RangeServer, url: str, tmp_path: Path, etag: str
) -> None:
    """Half a file of another object, or of who knows which, is not continued."""
    part = PartialFile(tmp_path / "a")
    part.begin(etag, 300_001)
    with part.appending():
        part.write(b"old")
    async with polite() as client:
        assert await client.save(url, tmp_path / "a") is None
    assert (tmp_path / "a").read_bytes() == BODY
    assert len(server.requests) == 1


@pytest.mark.fault("archive", "save: the rest met with {fault}")
@pytest.mark.parametrize("fault", ["shifted", 416])
async def test_save_distrusts_what_does_not_fit(
    server: RangeServer, url: str, tmp_path: Path, fault: Fault
) -> None:
    """A rest that is not the rest makes the file start over."""
    server.fault("", ["short", fault])
    async with polite() as client:
        assert await client.save(url, tmp_path / "a") is None
    assert (tmp_path / "a").read_bytes() == BODY
    assert [request.range for request in server.requests] == [None, "bytes=150000-", None]


@pytest.mark.fault("disk", "save: no folder can be made")
async def test_a_disk_that_refuses(url: str, tmp_path: Path) -> None:
    """A disk error is one line that names the file and what to do."""
    (tmp_path / "file").touch()
    async with polite() as client:
        with pytest.raises(StoreError, match=r"file/a cannot be written \(File exists\); free"):
            await client.save(url, tmp_path / "file" / "a")


@pytest.mark.fault("disk", "save: no room, continued once there is")
async def test_a_disk_without_room(url: str, tmp_path: Path) -> None:
    """Where a file cannot grow, the run ends in one line, and what is there stays for the next."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        async with polite() as client:
            with pytest.raises(StoreError, match=r"a cannot be written \(File too large\); free"):
                await client.save(url, tmp_path / "a")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    async with polite() as client:
        assert await client.save(url, tmp_path / "a") is None
    assert (tmp_path / "a").read_bytes() == BODY


async def test_a_proxy_is_used_but_not_for_loopback(
    server: RangeServer, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The proxy that the environment names is asked for other hosts alone."""
    monkeypatch.setenv("http_proxy", server.url)
    monkeypatch.setenv("no_proxy", "")
    async with polite() as client:
        assert await client.read("http://archive.test/crawl=1/a.gz", 0, 9) == BODY[:9]
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    async with polite() as client:
        assert await client.read(url, 0, 9) == BODY[:9]


@pytest.mark.parametrize("contact", ["you@example.org", "https://example.org/bot?a=1", "http://a"])
def test_contacts(contact: str) -> None:
    """An e-mail address or a web page stands in the User-Agent."""
    assert user_agent(contact) == f"crawlblock/{__version__} (+{contact})"


@pytest.mark.parametrize(
    "contact",
    [
        None, "", "me", "@", "a@b", "ftp://example.org", "https://", "you@example.org\nX-Evil: 1",
        "you@example.org\n", "https://example.org/\r\nHost: x", "you@example.org) (x",
        "ü@example.org", "https://example.org/\x7f", "a b@example.org",
    ],
)  # fmt: skip
def test_what_is_no_contact(contact: str | None) -> None:
    """Nothing, what nobody can be reached by, and what would end the header are refused."""
    with pytest.raises(InputError, match="--contact"):
        user_agent(contact)


@pytest.mark.parametrize("name", ["per_second", "in_flight", "attempts", "timeout"])
def test_limits_that_send_nothing(name: str) -> None:
    """A limit of 0 is refused by its name."""
    with pytest.raises(InputError, match=name):
        Limits(**{name: 0})


async def test_what_is_no_url() -> None:
    """An address that cannot be read is bad input, not a traceback."""
    async with polite() as client:
        with pytest.raises(InputError, match="is not a URL"):
            await client.read("http://[broken")
