"""Live runs that are killed, stopped or lose their disk: nothing is lost, nobody asked twice."""

import asyncio
import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from multiprocessing.context import ForkServerProcess as Process
from pathlib import Path

import pytest
from disks import make_read_only, small_disk

from crawlblock.pipeline.live import recover
from crawlblock.sources.live import journals
from crawlblock.store.store import Store
from crawlblock.warc.http import digest
from crawlblock.warc.reader import Record, read_record
from live.killed_run import CONCURRENCY, SNAPSHOT, begin
from live.servers import (
    ROBOTS,
    Act,
    TestResolver,
    WebServer,
    answer,
    redirecting,
    sending,
    web_server,
)
from live.visits import a_store, asking, live_run, read_back

pytestmark = pytest.mark.own_code

KILLS = int(os.environ.get("CRAWLBLOCK_KILLS", "4"))  # 50 in `make test-faults`
HOSTS = [f"h{number:04}.test" for number in range(max(600, 24 * KILLS))]
WHAT = (
    "snapshot, host, resource, domain, url_asked, url, hops, status, outcome, digest, headers, "
    "reason"
)

CLOSING = sending(b"")  # a failure: on a busy machine such a host is asked again
FAILING = {host for number, host in enumerate(HOSTS) if number % 6 == 4 and number % 60}

# A port is another one in each run.
ATTEMPTS = (
    "* EXCLUDE (fetch_time, warc_file, warc_offset, warc_length) "
    "REPLACE (regexp_replace(reason, ', [0-9]+[)]', ')') AS reason)"
)


def slowly(act: Act, seconds: float) -> Act:
    """Act after a while."""

    async def later(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(seconds)
        await act(reader, writer)

    return later


def web() -> dict[str, Act]:
    """Return hosts that answer well, badly, elsewhere and with a text that others have, too."""
    acts: dict[str, Act] = {}
    for number, host in enumerate(HOSTS):
        acts[host] = (
            sending(answer(b"User-agent: *\nDisallow: /" + host.encode())),
            sending(answer(ROBOTS)),
            sending(answer(b"no", 403)),
            redirecting(f"http://www.{host}/robots.txt"),
            CLOSING,
            sending(answer(b"<!DOCTYPE html><html></html>")),
        )[number % 6]
        acts[f"www.{host}"] = sending(answer(b"User-agent: *\nDisallow: /" + host.encode()))
        if number % 60 == 0:
            acts[host] = redirecting("http://shared.test/robots.txt")
    acts["shared.test"] = sending(answer(ROBOTS))
    return {host: slowly(act, 0.005) for host, act in acts.items()}


async def started(store: Store, server: WebServer) -> Process:
    """Start a run in a process of its own, forked from one that has imported all."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["crawlblock.pipeline.live", "crawlblock.store.store"])
    receiver, tell = context.Pipe(duplex=False)
    process = context.Process(target=begin, args=(tell, store.path, server.port))
    await asyncio.to_thread(process.start)
    tell.close()
    await asyncio.to_thread(receiver.recv)
    return process


async def ended(process: Process) -> int | None:
    """Wait for a run; return how it ended."""
    await asyncio.to_thread(process.join, 120)
    return process.exitcode


async def kill(process: Process, server: WebServer, moments: random.Random) -> None:
    """Kill a run as it begins, or after some of its requests and some of the time of one."""
    wanted = len(server.asked) + moments.choice((0, 1, 1)) * moments.randrange(45)
    over, busy = asyncio.create_task(ended(process)), asyncio.create_task(server.until(wanted))
    await asyncio.wait((over, busy), return_when=asyncio.FIRST_COMPLETED)
    busy.cancel()
    await asyncio.sleep(moments.random() * moments.choice((0.01, 0.1)))
    process.kill()
    await over


def tables(store: Store) -> list[list[tuple[object, ...]]]:
    """Return all that a run leaves but when it asked and where the records stand."""
    store.conclusions.settle()
    with store.reading() as con:
        return [
            con.execute(f"SELECT {columns} FROM {table} ORDER BY ALL").fetchall()
            for table, columns in (
                ("captures", WHAT),
                ("fetches", ATTEMPTS),
                ("payloads", "* EXCLUDE (body)"),
                ("snapshots", "snapshot, kind"),
            )
        ]


def asked_too_often(asked: Counter[tuple[str, str]]) -> set[str]:
    """Return hosts that a run asked twice, and thrice where they may have failed by our fault."""
    return {host for (host, _), times in asked.items() if times > 1 + (host in FAILING)}


def assert_shown(store: Store) -> None:
    """Assert that every capture's record is where it is said to be, and holds what is stored."""
    with store.reading() as con:
        rows = con.execute(
            "SELECT url, digest, warc_file, warc_offset, warc_length FROM captures "
            "WHERE warc_file IS NOT NULL"
        ).fetchall()
    for url, name, file, offset, length in rows:
        with (store.path.parent / file).open("rb") as warc:
            warc.seek(offset)
            record = read_record(warc.read(length))
        assert isinstance(record, Record)
        assert record.url == url
        assert name in (None, digest(record.block.partition(b"\r\n\r\n")[2]))


@pytest.mark.fault("process", f"live: kill -9 at {KILLS} moments, then run again")
async def test_killed_and_run_again(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Killed at many moments, a live run ends in the undisturbed tables and asks nobody twice.

    Only a URL that was in flight when its run was killed is asked again by a later one.
    """
    moments = random.Random(3)
    undisturbed, disturbed = a_store(tmp_path / "a", HOSTS), a_store(tmp_path / "b", HOSTS)
    runs: list[Counter[tuple[str, str]]] = []
    busy = noted = 0
    async with web_server(web()) as server:
        assert await ended(await started(undisturbed, server)) == 0
        needed = Counter((asked.host, asked.path) for asked in server.asked)
        for number in range(KILLS + 1):
            server.asked.clear()
            process = await started(disturbed, server)
            if number < KILLS:
                await kill(process, server, moments)
            assert await ended(process) in (0, -signal.SIGKILL)
            busy += process.exitcode == -signal.SIGKILL and bool(server.asked)
            noted += bool(journals(disturbed.path))
            runs.append(Counter((asked.host, asked.path) for asked in server.asked))
        assert process.exitcode == 0
    assert tables(disturbed) == tables(undisturbed)
    assert_shown(disturbed)
    assert not journals(disturbed.path)
    assert asked_too_often(needed) == set()
    assert set().union(*runs) == set(needed)
    again = 0
    for number, asked in enumerate(runs):
        assert asked_too_often(asked) == set()
        repeated = set(asked) & set().union(*runs[number + 1 :])
        assert len(repeated) <= 2 * CONCURRENCY, f"run {number} lost {repeated}"
        hosts = {host.removeprefix("www.") for host, _ in repeated}
        assert len(hosts) <= CONCURRENCY, f"run {number} lost {repeated}"
        again += len(repeated)
    assert sum("shared.test" in {host for host, _ in asked} for asked in runs) <= 3
    assert busy >= KILLS // 4
    record_property(
        "proof",
        f"{KILLS} kills, {busy} of them amid requests, {noted} with answers not stored yet: "
        f"{len(needed)} requests needed, {again} in flight asked again",
    )


async def run(store: Store, server: WebServer) -> None:
    """Run to the end in this process."""
    await live_run(store, asking(TestResolver(server.port)))


@pytest.mark.fault("process", "live: {number.name}")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_stopped_run_stores_what_it_has(tmp_path: Path, number: signal.Signals) -> None:
    """After Ctrl-C or `systemctl stop` all answers are stored, and one line and 130 say so."""
    store = a_store(tmp_path, HOSTS)
    async with web_server(web()) as server:
        process = await asyncio.to_thread(commanded, store, server)
        await server.until(100)
        process.send_signal(number)
        _, errors = await asyncio.to_thread(process.communicate)
    assert process.returncode == 130
    assert errors.strip().splitlines() == [
        "crawlblock: stopped; what was stored stays, run the same command to continue"
    ]
    assert not journals(store.path)
    store.conclusions.settle()
    with store.reading() as con:
        ((stored,),) = con.execute("SELECT count(*) FROM captures").fetchall()
        (result,) = con.execute("SELECT result FROM runs").fetchall()
    asked = len({asked.host.removeprefix("www.") for asked in server.asked} & {*HOSTS})
    assert asked - CONCURRENCY <= stored <= asked
    assert result[0].startswith("stopped")


def commanded(store: Store, server: WebServer) -> subprocess.Popen[str]:
    """Start a run as a command."""
    return subprocess.Popen(
        [sys.executable, "-m", "live.killed_run", str(store.path), str(server.port)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


@pytest.mark.fault("disk", "live: the disk is full, or may not be written to")
async def test_disk_that_refuses(tmp_path: Path) -> None:
    """A full and a read-only disk end a run in one clear line; with room it goes on and ends."""
    hosts = HOSTS[:100]
    body = random.Random(1).randbytes(40_000).replace(b"\0", b"#")
    acts = {host: sending(answer(ROBOTS + host.encode() + b"\n#" + body)) for host in hosts}
    with small_disk(tmp_path / "disk", "32m") as disk:
        store = a_store(disk / "run", hosts)
        ballast = disk / "ballast"
        ballast.write_bytes(bytes(shutil.disk_usage(disk).free - 4_000_000))
        async with web_server(acts) as server:
            for reason in ("No space left", "Read-only"):
                process = await asyncio.to_thread(commanded, store, server)
                _, errors = await asyncio.to_thread(process.communicate)
                assert process.returncode == 1
                assert len(errors.splitlines()) == 1, errors
                assert reason in errors or "disk is full" in errors, errors
                assert str(disk) in errors
                make_read_only(disk, reason == "No space left")
            ballast.unlink()
            recover(store)
            left = set(hosts) - store.facts.hosts_asked(SNAPSHOT)
            assert 0 < len(left) < len(hosts)
            server.asked.clear()
            await run(store, server)
            assert set(server.hosts()) == left
        assert store.facts.hosts_asked(SNAPSHOT) == set(hosts)
        assert_shown(store)


@pytest.mark.fault("process", "live: import of a WARC file that a crash cut")
async def test_half_written_file_gives_what_is_whole(tmp_path: Path) -> None:
    """Of a file that ends in mid-record import takes the whole ones and tells of the damage."""
    hosts = HOSTS[:20]
    store = a_store(tmp_path / "live", hosts)
    acts = {host: sending(answer(ROBOTS + host.encode())) for host in hosts}
    async with web_server(acts) as server:
        await run(store, server)
    (path,) = (tmp_path / "live" / "warc").iterdir()
    path.write_bytes(path.read_bytes()[:-200])
    copy, left_out = await read_back(tmp_path / "copy", path)
    with copy.reading() as con:
        ((imported, kinds),) = con.execute(
            "SELECT count(DISTINCT host), count(DISTINCT kind) FROM captures JOIN snapshots "
            "USING (snapshot) SEMI JOIN payloads USING (digest)"
        ).fetchall()
    assert (imported, kinds) == (len(hosts) - 1, 1)
    assert [out.reason for out in left_out] == ["cannot be read"]
