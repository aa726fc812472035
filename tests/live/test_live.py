"""A live run from the panel to the tables, its WARC files, and what a second run does."""

import gzip
import subprocess
import sys
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from crawlblock.cli.live import live
from crawlblock.errors import InputError, StoreError
from crawlblock.model import SnapshotKind
from crawlblock.pipeline.live import Asking, snapshot_name
from crawlblock.pipeline.run import UNLIMITED, Budget, Tally, now
from crawlblock.sources.live import Answer, Archive
from crawlblock.store.store import Store
from crawlblock.warc.reader import Record, records
from live.servers import (
    ROBOTS,
    TestResolver,
    WebServer,
    answer,
    dripping,
    encoded,
    endless,
    redirecting,
    sending,
    web_server,
)
from live.visits import PATIENT, a_store, asking, live_run, read_back

PAGE = b"<!DOCTYPE html><html></html>"
ACTS = {
    "ok.test": sending(answer()),
    "gzip.test": encoded(ROBOTS, "gzip"),
    "chunked.test": sending(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"5\r\nUser-\r\n8\r\nagent: *\r\n0\r\n\r\n"
    ),
    "moved.test": redirecting("http://www.moved.test/robots.txt"),
    "www.moved.test": sending(answer(b"User-agent: *\nDisallow: /private\n")),
    "html.test": sending(answer(PAGE)),
    "forbidden.test": sending(answer(b"no", 403, {"Server": "caf\xe9"})),
    "endless.test": endless,
    "drip.test": dripping(b"HTTP/1.1 200 OK\r\n\r\n"),
    "short.test": sending(answer(headers={"Content-Length": "999"})),
}
HOSTS = [host for host in ACTS if not host.startswith("www.")]


async def run(
    store: Store, server: WebServer, dead: Iterable[str] = (), budget: Budget = UNLIMITED
) -> tuple[int, Tally]:
    """Run once; return how many hosts were done before, and what the run did."""
    resolver = TestResolver(server.port, named=dict.fromkeys(dead, ""))
    return await live_run(store, asking(resolver), budget)


def rows(store: Store, columns: str) -> list[tuple[object, ...]]:
    """Return columns of the captures, by host."""
    with store.transaction() as con:
        return con.execute(f"SELECT {columns} FROM captures ORDER BY host").fetchall()


def assert_sound(path: Path) -> None:
    """Assert that warcio finds nothing wrong with a file."""
    command = [sys.executable, "-m", "warcio.cli", "check", "-v", str(path)]
    checked = subprocess.run(command, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout
    assert "digest pass" in checked.stdout
    assert "fail" not in checked.stdout.lower()


async def test_run_is_stored_once(tmp_path: Path) -> None:
    """Every host has one capture, payloads are shared, and a second run asks nothing."""
    store = a_store(tmp_path, [*HOSTS, "nameless.test"])
    async with web_server(ACTS) as server:
        first = await run(store, server, dead=["nameless.test"])
        asked = len(server.asked)
        second = await run(store, server)
    assert first[0] == 0
    assert first[1].captures == len(HOSTS) + 1
    assert (second[0], second[1].captures, second[1].requests) == (len(HOSTS) + 1, 0, 0)
    assert asked == len(server.asked) == len(ACTS)
    found = {row[0]: row[1:] for row in rows(store, "host, outcome, digest, snapshot")}
    assert found["ok.test"] == found["gzip.test"]
    assert found["nameless.test"][0] == "dns"
    with store.transaction() as con:
        kinds = con.execute("SELECT snapshot, kind FROM snapshots").fetchall()
    assert kinds == [("live-2026-11-21", str(SnapshotKind.LIVE))]


async def test_run_goes_on_where_another_ended(tmp_path: Path) -> None:
    """Hosts that came into the panel later are asked in the same snapshot, the others not."""
    async with web_server(ACTS) as server:
        await run(a_store(tmp_path, ["ok.test"]), server)
        already, tally = await run(a_store(tmp_path, ["ok.test", "gzip.test"]), server)
    assert (already, tally.captures) == (1, 1)
    assert server.hosts() == ["ok.test", "gzip.test"]
    assert len(list((tmp_path / "warc").iterdir())) == 2


async def test_own_import_gives_the_same_captures(tmp_path: Path) -> None:
    """The WARC files pass `warcio check`, and imported they give the same captures again."""
    store = a_store(tmp_path / "live", HOSTS)
    async with web_server(ACTS) as server:
        await run(store, server)
    (path,) = (tmp_path / "live" / "warc").iterdir()
    assert_sound(path)

    found = [record for record in records(path) if isinstance(record, Record)]
    assert {one.url.split("/")[2] for one in found if one.truncated} == {
        "endless.test",
        "drip.test",
        "short.test",
    }
    copy, _ = await read_back(tmp_path / "copy", path)
    columns = "host, url, hops, status, digest, fetch_time, warc_offset, warc_length"
    mine = rows(store, columns)
    theirs = [row for row in rows(copy, columns) if row[0] != "www.moved.test"]
    assert mine == theirs
    # also of the body that the time cut: its record says so
    assert set(rows(store, "host, outcome")) <= set(rows(copy, "host, outcome"))


def an_answer(body: bytes) -> Answer:
    """Return an answer of an imagined server."""
    time = datetime(2026, 11, 21)
    url = "https://a.test/robots.txt"
    return Answer(url, time, "192.0.2.1", (), 200, "OK", (), body, None, ("http/1.1",))


async def test_budget_is_kept(tmp_path: Path) -> None:
    """A run whose requests or minutes are used up takes no further host; the next one goes on."""
    hosts = [f"h{n:03}.test" for n in range(200)]
    store = a_store(tmp_path, hosts)
    async with web_server({}) as server:
        late = await run(store, server, budget=Budget(seconds=0))
        spent = await run(store, server, budget=Budget(requests=100))
        rest = await run(store, server)
        nothing = await run(store, server, budget=Budget(requests=0))
    assert (late[1].unfinished, late[1].requests) == (True, 0)
    assert spent[1].unfinished
    assert spent[1].requests == 100
    assert rest[0] == spent[1].captures == spent[1].requests / 2
    assert not rest[1].unfinished
    assert not nothing[1].unfinished  # there was nobody left to ask
    assert sorted(server.hosts()) == hosts


@pytest.mark.parametrize("most", [1, 2, 3, 7, 10])
async def test_no_more_requests_than_the_budget_has(tmp_path: Path, most: int) -> None:
    """A run sends no request too many, and run after run all hosts are asked, each once.

    Only a budget below what a single visit needs is exceeded, by that visit.
    """
    hosts = [f"h{n:02}.test" for n in range(5)]
    acts = {host: redirecting(f"http://www.{host}/robots.txt") for host in hosts[::3]}
    store = a_store(tmp_path, hosts)
    async with web_server(acts) as server:
        for _ in range(40):
            before = len(server.asked)
            _, tally = await run(store, server, budget=Budget(requests=most))
            assert tally.requests <= max(most, 3)  # https, http, the target of a redirect
            assert len(server.asked) - before <= max(most, 3)
            if not tally.unfinished:
                break
    assert not tally.unfinished
    assert rows(store, "host") == [(host,) for host in hosts]


@pytest.mark.fault("process", "live: a half-written WARC file")
def test_a_file_of_a_crash_is_left_alone(tmp_path: Path) -> None:
    """A half-written file keeps its bytes; the next run and the next size begin another."""
    half = tmp_path / "live-x-00003.warc.gz"
    half.write_bytes(gzip.compress(b"WARC/1.0\r\n")[:-4])
    before = half.read_bytes()
    with Archive(tmp_path, "live-x", "agent", largest=1000) as archive:
        places = [archive.add(an_answer(bytes([65 + n]) * 900)) for n in range(6)]
    assert half.read_bytes() == before
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names[0] == half.name
    assert len(names) > 2
    assert {Path(place.warc_file).name for place in places} == set(names[1:])


@pytest.mark.fault("disk", "live: a folder that cannot be")
def test_a_folder_that_cannot_be_is_reported(tmp_path: Path) -> None:
    """Where nothing can be written one clear error names the place."""
    blocked = tmp_path / "warc"
    blocked.write_bytes(b"a file where the folder should be")
    with Archive(blocked, "live-x", "agent") as archive, pytest.raises(StoreError, match="warc"):
        archive.add(an_answer(ROBOTS))


@pytest.mark.fault("live", "hosts that never answer among 1,200")
async def test_large_run_stores_every_host(tmp_path: Path) -> None:
    """Of 1,200 hosts, more than one batch, some never answer; the run ends and has all of them."""
    hosts = [f"h{n:04}.test" for n in range(1_200)]
    acts = {host: sending(answer(ROBOTS + host.encode())) for host in hosts}
    acts |= dict.fromkeys(hosts[::100], dripping(b"HTTP/1.1 200 OK\r\n"))
    store = a_store(tmp_path, hosts)
    async with web_server(acts) as server:
        _, tally = await run(store, server)
    found = rows(store, "host, outcome")
    assert [host for host, _ in found] == hosts
    assert {host for host, outcome in found if outcome == "timeout"} >= set(hosts[::100])
    assert tally.captures == len(hosts)
    with store.transaction() as con:
        orphans = con.execute(
            "FROM captures ANTI JOIN payloads USING (digest) WHERE digest IS NOT NULL"
        ).fetchall()
    assert orphans == []


async def test_a_snapshot_left_unfinished_is_gone_on_with(tmp_path: Path) -> None:
    """A run goes on where a budget ended one of the week before, unless the panel is another."""
    store = a_store(tmp_path, [f"h{number}.test" for number in range(30)])
    members, today, day = store.facts.members(), now(), timedelta(days=1)

    def name(after: timedelta) -> str:
        return snapshot_name(store, members, today + after)

    assert name(day) == f"live-{today + day:%Y-%m-%d}"
    async with web_server({}) as server:
        await run(store, server, budget=Budget(requests=1))
        left = [name(after) for after in (day, 8 * day)]
        assert left == ["live-2026-11-21", f"live-{today + 8 * day:%Y-%m-%d}"]
        await run(store, server)
    assert name(day) == f"live-{today + day:%Y-%m-%d}"
    grown = [*members, replace(members[0], host="c.test", domain="c.test")]
    today = now()  # on a slow machine, the snapshot would be of the future before
    assert snapshot_name(store, grown, today) == "live-2026-11-21"
    store.facts.add_panel("panel", "test", None, today + day, members)
    assert snapshot_name(store, grown, today) == f"live-{today:%Y-%m-%d}"


def test_two_databases_share_a_folder(tmp_path: Path) -> None:
    """Two runs that begin a WARC file of the same name at the same moment get one each."""
    archives = [Archive(tmp_path / "warc", "live-x", "agent") for _ in range(2)]
    begin = threading.Barrier(2)

    def write(archive: Archive) -> str:
        begin.wait()
        with archive:
            return archive.add(an_answer(b"")).warc_file

    for _ in range(50):
        with ThreadPoolExecutor(2) as pool:
            assert len(set(pool.map(write, archives))) == 2


def test_asking_needs_a_contact_and_a_name_of_its_own() -> None:
    """Without a contact nothing is asked, and no other snapshot can be written to."""
    for contact in (None, "", "nobody", "a@b.c\r\nX: y"):
        with pytest.raises(InputError, match="contact"):
            Asking(contact, "live-x")
    for name in ("CC-MAIN-2025-33", "live-", "live-../x", "live-a/b", "2026-11"):
        with pytest.raises(InputError, match="live"):
            Asking("a@example.org", name)
    assert Asking("a@example.org", "live-x", patience=PATIENT).snapshot == "live-x"


@pytest.mark.fault("SSRF", "the command against this machine")
def test_command_asks_nothing_that_is_not_public(tmp_path: Path) -> None:
    """The machine itself is not open to the command: its address is captured as not asked."""
    store = a_store(tmp_path, ["127.0.0.1"])
    given = ["--db", str(store.path), "--snapshot", "live-x"]
    result = CliRunner().invoke(live, [*given, "--contact", "test@example.org"])
    assert result.exit_code == 0, result.output
    assert "live-x: 0 hosts were asked before\n1 new captures" in result.output
    assert rows(store, "host, outcome, warc_file") == [("127.0.0.1", "unreachable", None)]
    part = a_store(tmp_path / "part", ["127.0.0.1", "127.0.0.2"])
    options = ["--contact", "a@example.org", "--concurrency", "1", "--max-requests", "1"]
    result = CliRunner().invoke(live, ["--db", str(part.path), *options])
    assert result.exit_code == 3, result.output
    assert "the budget is used up" in result.output
    refused = CliRunner().invoke(live, given)
    assert isinstance(refused.exception, InputError)
