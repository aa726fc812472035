"""The live web as a source: what it hands on, how it waits, and what is left when it is stopped."""

import asyncio
from contextlib import aclosing
from pathlib import Path

import pytest

from crawlblock.pipeline.live import collect_live
from crawlblock.pipeline.run import Run
from crawlblock.sources.live import (
    Archive,
    Fetcher,
    Journal,
    Live,
    Pace,
    VisitContext,
    Visitor,
    journals,
)
from crawlblock.store.store import Store
from live.servers import LOOPBACK, ROBOTS, TestResolver, answer, redirecting, sending, web_server
from live.visits import AGENT, PATIENT, SNAPSHOT, a_store, asking, live_run

HOSTS = [f"h{number:03}.test" for number in range(120)]
ACTS = {host: sending(answer(ROBOTS + host.encode())) for host in HOSTS}


async def test_visits_wait_for_who_stores_them(tmp_path: Path) -> None:
    """While a batch is stored no more hosts are visited than fit into the next one.

    Each batch is in a journal until the next one is asked for.
    """
    store = a_store(tmp_path, HOSTS)
    found: list[str] = []
    async with web_server(ACTS) as server:
        fetcher = Fetcher(AGENT, PATIENT, allowed=LOOPBACK, resolver=TestResolver(server.port))
        archive, pace = Archive(tmp_path / "warc", SNAPSHOT, AGENT), Pace(concurrency=5, batch=10)
        with archive, Journal(store.path) as journal:
            async with fetcher:
                visitor = Visitor(VisitContext(SNAPSHOT, fetcher, archive, PATIENT))
                members = store.facts.members()
                source = Live(members, visitor, journal, pace, lambda _: True)
                async with aclosing(source.batches()) as batches:
                    async for batch in batches:
                        found += batch.asked["host"].to_list()
                        assert set(batch.asked["host"]) == set(batch.fetches["host"])
                        assert journals(store.path)
                        await asyncio.sleep(0.1)
                        assert source.visited - len(found) <= pace.batch + pace.concurrency
    assert sorted(found) == HOSTS
    assert not journals(store.path)


@pytest.mark.fault("process", "live: the time is up amid the run")
async def test_a_run_that_a_time_out_ends_stores_what_it_has(tmp_path: Path) -> None:
    """All visits that had ended are stored, and the next run asks the others alone."""
    store = a_store(tmp_path, HOSTS)
    async with web_server(ACTS) as server:
        run, how = Run(store), asking(TestResolver(server.port))
        collecting = asyncio.create_task(collect_live(run, how, store.facts.members()))
        await server.until(len(HOSTS) // 2)
        collecting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await collecting
        done = store.facts.hosts_asked(SNAPSHOT)
        asked = set(server.hosts())
        assert len(asked) - how.pace.concurrency <= len(done) == run.tally.captures
        assert done <= asked
        assert not journals(store.path)
        server.asked.clear()
        already, _ = await live_run(store, how)
        assert already == len(done)
        assert set(server.hosts()) == set(HOSTS) - done
    assert_each_once(store, len(HOSTS))


@pytest.mark.fault("process", "live: an error of our own amid the run")
async def test_an_error_ends_a_run_and_loses_nothing(tmp_path: Path) -> None:
    """The error is raised as it is, what was found out is stored, and the next run goes on."""
    store = a_store(tmp_path, HOSTS)
    async with web_server(ACTS) as server:
        how = asking(TestResolver(server.port))

        def failing(what: str, ended: int, of: int) -> None:
            if ended >= 50:
                raise RuntimeError("the terminal is gone")

        run = Run(store, progress=failing)
        with pytest.raises(RuntimeError, match="terminal"):
            await collect_live(run, how, store.facts.members())
        assert 50 <= len(store.facts.hosts_asked(SNAPSHOT)) < len(HOSTS)
        assert not journals(store.path)
        await live_run(store, how)
    assert_each_once(store, len(HOSTS))


async def test_a_shared_target_is_one_row(tmp_path: Path) -> None:
    """Hosts of two runs that redirect to one URL share the one fetch of it."""
    acts = {host: redirecting("http://all.test/robots.txt") for host in HOSTS}
    store = a_store(tmp_path, HOSTS[:100])
    async with web_server({**acts, "all.test": sending(answer())}) as server:
        how = asking(TestResolver(server.port))
        run = Run(store)
        await collect_live(run, how, store.facts.members())
        await live_run(a_store(tmp_path, HOSTS), how)
        assert server.hosts().count("all.test") == 1
    store.conclusions.settle()
    with store.reading() as con:
        fetched = con.execute("SELECT count(*) FROM fetches WHERE host = 'all.test'").fetchall()
        captured = con.execute("SELECT DISTINCT outcome, hops, url FROM captures").fetchall()
    assert fetched == [(1,)]
    assert captured == [("ok", 1, "http://all.test/robots.txt")]


def assert_each_once(store: Store, hosts: int) -> None:
    """Assert that each host has one capture and each of its two URLs one fetch."""
    with store.reading() as con:
        assert con.execute(
            "SELECT (SELECT count(*) FROM captures WHERE outcome = 'ok'), "
            "count(*), count(DISTINCT url) FROM fetches"
        ).fetchall() == [(hosts, 2 * hosts, 2 * hosts)]
