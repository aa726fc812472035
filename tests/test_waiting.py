"""Waiting for a server under load: short, longer in a row, with an end, and as it asks for."""

import asyncio
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import waiting
from servers import RangeServer, Said, saying

from crawlblock.errors import UpstreamError
from crawlblock.outcome import Outcome
from crawlblock.transport import Limits, PoliteClient
from crawlblock.transport.waits import asked_patience, used_up

pytestmark = pytest.mark.own_code

AGENT = "crawlblock/0 (+test@example.org)"


class Time:
    """A clock on which waiting takes no time; for one task at a time."""

    def __init__(self) -> None:
        self.now = 0.0
        self.starts: list[float] = []  # when requests were sent

    def clock(self) -> float:
        """Return the time."""
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Let the time pass."""
        self.now += seconds
        await asyncio.sleep(0)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RangeServer]:
    """Return a server of two objects."""
    (tmp_path / "served").mkdir()
    for name in ("a", "b"):
        (tmp_path / "served" / name).write_bytes(b"body")
    with RangeServer(tmp_path / "served") as running:
        yield running


def polite(time: Time, limits: Limits | None = None) -> PoliteClient:
    """Return a client on a clock of its own; by default within the limits for public servers."""
    return PoliteClient(AGENT, limits or Limits(), clock=time.clock, sleep=time.sleep)


@pytest.mark.parametrize("server", waiting.SERVERS, ids=lambda server: server.__name__)
@pytest.mark.parametrize("share", waiting.BOUNDS)
def test_a_bad_day(share: float, server: Any, record_property: Any) -> None:
    """A run of 1,951 requests ends whole and within its bound, whatever the order of the 503s."""
    plain = waiting.run(lambda _: False).seconds
    assert plain == pytest.approx(waiting.REQUESTS, rel=0.01)  # a request a second
    times = []
    for seed in range(4):
        random.seed(seed)  # of the gate's jitter
        ended = waiting.run(server(share, random.Random(seed)))
        assert ended.why is None and ended.done == waiting.REQUESTS
        times.append(ended.seconds / plain)
    bound = waiting.BOUNDS[share]
    assert max(times) <= bound
    name = server.__name__.replace("_", " ")
    record_property(
        "proof",
        f"waiting: {share:.0%} of 503, {name}: {min(times):.2f} to {max(times):.2f} times as long "
        f"(at most {bound})",
    )


@pytest.mark.parametrize("name", ["independent", "bursts_of_seconds"])
def test_a_bad_day_one_after_the_other(name: str) -> None:
    """The bounds hold, too, for a caller that waits for each answer before it asks again."""
    plain = waiting.run(lambda _: False, tasks=1).seconds
    for share, bound in waiting.BOUNDS.items():
        random.seed(1)
        ended = waiting.run(getattr(waiting, name)(share, random.Random(1)), tasks=1)
        assert ended.done == waiting.REQUESTS
        assert ended.seconds / plain <= bound


@pytest.mark.fault("archive", "{status}: asked again after 1, 2, 4 ... 60 s")
@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_waits_grow(server: RangeServer, status: int) -> None:
    """A server under load is asked again after 1, 2, 4 ... 60 s, with jitter, and no sooner."""
    server.fault("", [status] * 9)
    time = Time()
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        await time.sleep(seconds)

    async with PoliteClient(AGENT, clock=time.clock, sleep=sleep) as client:
        assert await client.read(f"{server.url}/a") == b"body"
    for wait, least in zip(waits, (1, 2, 4, 8, 16, 32, 60, 60, 60), strict=True):
        assert least <= wait <= 1.5 * least


@pytest.mark.fault("archive", "503 after 503: the host rests after five in a row")
async def test_the_host_rests_after_several_in_a_row(
    server: RangeServer, caplog: pytest.LogCaptureFixture
) -> None:
    """Four 503s in a row hold back nobody else, a fifth holds back every request to the host."""
    server.fault("a", [503] * 4)
    server.fault("b", [503] * 5)
    limits = Limits(per_second=1000, retry=0.05)
    async with PoliteClient(AGENT, limits) as client:
        assert await client.read(f"{server.url}/a") == b"body"
        assert not caplog.records
        tasks = [asyncio.create_task(client.read(f"{server.url}/b")) for _ in range(8)]
        assert await asyncio.gather(*tasks) == [b"body"] * 8
    fifth = [request for request in server.requests if request.fault == 503][-1]
    after = min(request.time for request in server.requests if request.time > fifth.time)
    assert after - fifth.time >= 5 * limits.retry * 0.9
    assert " answered 503: waiting" in caplog.text


@pytest.mark.fault("archive", "503 for half an hour: the run ends, it resumes")
async def test_a_run_ends_after_a_long_time_without_a_success(server: RangeServer) -> None:
    """Only half an hour without a success ends a run; what is asked then is counted in dozens."""
    server.fault("", [503] * 10_000)
    time = Time()
    async with polite(time) as client:
        with pytest.raises(UpstreamError, match=r"answered 503 for 3[01] minutes.*it resumes"):
            await client.read(f"{server.url}/a")
        assert 1800 <= time.now <= 1900
        assert len(server.requests) < 50
        with pytest.raises(UpstreamError):
            await client.read(f"{server.url}/b")
        assert len(server.requests) < 50


@pytest.mark.fault("archive", "503 that comes back: time without requests does not count")
async def test_idle_time_is_not_held_against_the_host(server: RangeServer) -> None:
    """An hour in which nothing was asked is no hour without a success."""
    time = Time()
    async with polite(time) as client:
        assert await client.read(f"{server.url}/a") == b"body"
        time.now += 3600
        server.fault("", [503, 503])
        assert await client.read(f"{server.url}/a") == b"body"


@pytest.mark.fault("archive", "503 for one key alone")
async def test_one_key_alone_is_given_up(server: RangeServer) -> None:
    """A key that alone gets 503 while others get through ends as `server_error`, not the run."""
    server.fault("b", [503] * 1000)
    async with PoliteClient(AGENT, Limits(per_second=1000, retry=0.001)) as client:
        alone = asyncio.create_task(client.read(f"{server.url}/b"))
        while not alone.done():
            assert await client.read(f"{server.url}/a") == b"body"
            await asyncio.sleep(0.001)
        assert await alone is Outcome.SERVER_ERROR


@pytest.mark.fault("archive", "403 at request 500: nothing is asked for a minute, the run goes on")
async def test_a_refusal_in_mid_run(server: RangeServer) -> None:
    """After a 403 at request 500 nothing is asked for the stated pause, then the run resumes."""
    server.fault("", [200] * 499 + [403, 403])
    time = Time()
    sent: list[float] = []
    async with polite(time) as client:
        for _ in range(600):
            before = client.traffic.requests
            assert await client.read(f"{server.url}/a") == b"body"
            sent += [time.now] * (client.traffic.requests == before + 1)
    assert len(server.requests) == 602
    assert [request.fault for request in server.requests[499:502]] == [403, 403, 200]
    gaps = [later - earlier for earlier, later in pairwise(sent)]
    assert max(gaps) == pytest.approx(1 + 60 + 120, abs=1)
    assert sorted(gaps)[-2] == pytest.approx(1)
    assert sent[-1] == pytest.approx(599 + 60 + 120, abs=3)


@pytest.mark.fault("archive", "503 with Retry-After {stated}")
@pytest.mark.parametrize(("stated", "wait"), [(40, 40), (timedelta(seconds=500), 500), ("x", 1)])
async def test_a_busy_server_is_obeyed(server: RangeServer, stated: object, wait: float) -> None:
    """Retry-After of a 503, in seconds or as a date, holds back every request."""
    if isinstance(stated, timedelta):
        stated = format_datetime(datetime.now(UTC) + stated, usegmt=True)
    server.fault("", [("retry-after", 503, stated)])
    time = Time()
    async with polite(time) as client:
        assert await client.read(f"{server.url}/a") == b"body"
    assert time.now == pytest.approx(wait, abs=2)


def answer(status: str, headers: str) -> Said:
    """Return an answer with headers."""
    length = "Content-Length: 4\r\nConnection: close"
    return Said(f"HTTP/1.1 {status}\r\n{length}\r\n{headers}\r\n\r\nbody".encode())


@pytest.mark.fault("archive", "429 with RateLimit, as Hugging Face says it")
async def test_rate_limit_of_a_refusal() -> None:
    """Where a 429 says when its quota is renewed, that long is waited."""
    time = Time()
    said = (answer("429 No", 'RateLimit: "resolvers";r=0;t=287'), answer("200 OK", "X: y"))
    async with saying(*said) as (url, asked), polite(time) as client:
        assert await client.read(url) == b"body"
    assert len(asked) == 2
    assert time.now == pytest.approx(287, abs=1)


@pytest.mark.fault("archive", "200 with RateLimit r=0: the quota is used up")
async def test_rate_limit_of_a_success() -> None:
    """Where a quota is used up nothing is asked until it is renewed, before any refusal."""
    time = Time()
    said = (answer("200 OK", 'RateLimit: "resolvers";r=0;t=30'), answer("200 OK", "X: y"))
    async with saying(*said) as (url, _), polite(time) as client:
        assert await client.read(url) == b"body"
        assert time.now == 0
        assert await client.read(url) == b"body"
    assert time.now == pytest.approx(30, abs=1)


@pytest.mark.fault("archive", "200 with RateLimit: nothing more for a day")
async def test_rate_limit_of_a_day() -> None:
    """A quota that is renewed only tomorrow ends the run instead of holding it for a day."""
    said = answer("200 OK", 'RateLimit: "daily";r=0;t=86400')
    async with saying(said) as (url, asked), polite(Time()) as client:
        assert await client.read(url) == b"body"
        with pytest.raises(UpstreamError, match="allows nothing more for 86400 s"):
            await client.read(url)
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({}, 0),
        ({"RateLimit": '"resolvers";r=0;t=287'}, 287),
        ({"RateLimit": '"resolvers";r=12;t=287'}, 0),
        ({"RateLimit": '"a";r=5;t=9, "b,c";r=0;t=20'}, 20),
        ({"RateLimit": "default;r=0;t=8"}, 8),
        ({"RateLimit": '"a";r=0', "RateLimit-Policy": '"a";q=10;w=60,"b";q=1;w=90'}, 60),
        (
            {
                "RateLimit": '"resolvers";r=0',
                "RateLimit-Policy": '"fixed window";"resolvers";q=3000;w=300',
            },
            300,
        ),
        ({"RateLimit": "limit=100, remaining=0, reset=50"}, 50),
        ({"RateLimit": "limit=100, remaining=4, reset=50"}, 0),
        ({"RateLimit": '"a";r=0;t=soon, ;;;=, "'}, 0),
        ({"RateLimit": '"a";r=-1;t=10'}, 0),
        ({"RateLimit-Policy": '"a";q=10;w=60'}, 0),
    ],
)
def test_rate_limit_fields(headers: dict[str, str], wait: float) -> None:
    """The fields are read in their newer and their older form; what is no number says nothing."""
    assert used_up(headers) == wait


def test_the_longer_patience_counts() -> None:
    """Of Retry-After and RateLimit the longer time is waited."""
    fields = {"RateLimit": '"a";r=0;t=20', "Retry-After": "30"}
    assert asked_patience(fields) == 30
    assert asked_patience(fields | {"Retry-After": "10"}) == 20
