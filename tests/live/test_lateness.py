"""Hosts are not blamed for an event loop that is late: what failed meanwhile is asked again."""

import asyncio
import time
from pathlib import Path

import pytest

from crawlblock.outcome import Outcome
from crawlblock.sources.live import Patience
from crawlblock.sources.live.lateness import LATE, Lateness
from live.servers import Act, TestResolver, answer, redirecting, sending, silence, web_server
from live.visits import QUICK, asking, member, visit

BRIEF = Patience(lookup=2, connect=2, silence=1.5, whole=4)


def at_first(act: Act, then: Act) -> Act:
    """Act in one way on the first request and in another from then on."""
    acts = iter((act,))

    async def either(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await next(acts, then)(reader, writer)

    return either


async def block(after: float, seconds: float) -> None:
    """Keep the event loop busy for a while, as a slow computation would."""
    await asyncio.sleep(after)
    time.sleep(seconds)  # noqa: ASYNC251 - this is what is tested


@pytest.mark.fault("live", "the event loop is late: failed hosts are asked again")
async def test_a_host_that_failed_while_the_loop_was_late_is_asked_again(tmp_path: Path) -> None:
    """It is asked once more, and its fact is the second answer; one that fails again has failed."""
    acts = {
        "late.test": at_first(silence, sending(answer())),
        "gone.test": at_first(sending(b""), sending(answer())),
        "dead.test": silence,
        "good.test": sending(answer()),
    }
    async with web_server(acts) as server:
        blocking = asyncio.create_task(block(0.2, LATE + 0.3))
        resolver = TestResolver(server.port)
        found = await visit(tmp_path, asking(resolver), [*map(member, acts)])
        await blocking
    outcomes = {host: capture.outcome for host, capture in found.captures.items()}
    assert outcomes["late.test"] is Outcome.OK
    assert outcomes["good.test"] is Outcome.OK
    assert outcomes["dead.test"] is Outcome.TIMEOUT
    assert server.hosts().count("late.test") == 2
    assert server.hosts().count("dead.test") == 2
    assert server.hosts().count("good.test") == 1
    fetched = [fetch.host for fetch in found.fetches]
    assert fetched.count("late.test") == 2  # https, which nobody listens for, and http


async def test_a_host_that_failed_by_itself_is_asked_once(tmp_path: Path) -> None:
    """While the loop is on time a silent host is asked once, and that is its fact."""
    async with web_server({"dead.test": silence}) as server, Lateness() as lateness:
        resolver = TestResolver(server.port)
        found = await visit(tmp_path, asking(resolver, QUICK), [member("dead.test")])
    assert found.captures["dead.test"].outcome is Outcome.TIMEOUT
    late = lateness.worst >= LATE / 2  # this machine is busy
    assert server.hosts() == ["dead.test"] or late


async def test_a_target_that_many_share_is_asked_again_once(tmp_path: Path) -> None:
    """A redirect's target that failed while the loop was late is asked twice by all hosts."""
    hosts = [f"h{number}.test" for number in range(5)]
    acts = {host: redirecting("http://all.test/robots.txt") for host in hosts}
    async with web_server({**acts, "all.test": silence}) as server:
        blocking = asyncio.create_task(block(0.3, LATE + 0.3))
        resolver = TestResolver(server.port)
        found = await visit(tmp_path, asking(resolver, BRIEF), [*map(member, hosts)])
        await blocking
    assert {each.outcome for each in found.captures.values()} == {Outcome.REDIRECT_UNRESOLVED}
    assert server.hosts().count("all.test") <= 2
    assert len(server.hosts()) == len(hosts) + server.hosts().count("all.test")


async def test_lateness_is_measured() -> None:
    """A busy loop is seen at once, also before the watch itself could run; an idle one is not."""
    loop = asyncio.get_running_loop()
    async with Lateness() as lateness:
        begun = loop.time()
        await asyncio.sleep(0.3)
        assert not lateness.since(begun)
        await block(0, LATE + 0.2)
        assert lateness.since(begun)
        assert lateness.worst >= LATE
        await lateness.calm(5)
        assert not lateness.since(loop.time())
