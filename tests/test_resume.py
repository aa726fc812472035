"""Runs that are killed: whatever the moment, running again ends in the undisturbed table."""

import os
import random
import shutil
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from disks import small_disk
from forked import Runs
from in_process import run_command
from servers import RangeServer
from shells import called

from crawlblock.demo import Rendered, build
from crawlblock.model import Crawl
from crawlblock.sources.commoncrawl.spans import LEAST_GAP as GAP
from crawlblock.store.store import Store

pytestmark = pytest.mark.own_code

CRAWLS = (
    Crawl("DEMO-2023-23", datetime(2023, 5, 27), datetime(2023, 6, 11)),
    Crawl("DEMO-2023-40", datetime(2023, 9, 21), datetime(2023, 10, 5)),
)
HOSTS = 300  # two batches in each crawl
KILLS = int(os.environ.get("CRAWLBLOCK_KILLS", "4"))  # 50 in `make test-faults`
IN_FLIGHT = 4
IMPORTS = """
from crawlblock.cli import history, main
from crawlblock.registry.digests import conclusion_digests
conclusion_digests()  # which takes each run most of a second and is kept in the process
"""


def captures(crawl: Crawl) -> Iterator[Rendered]:
    """Return a capture of every host; a third are texts that lie too far apart for one request."""
    filling = random.Random(1)
    for number in range(HOSTS):
        at = crawl.first_capture + timedelta(minutes=number)
        url = f"https://host-{number:03}.example/robots.txt"
        if number % 3:
            yield Rendered(crawl.crawl, url, at, 404, b"no")
        else:
            text = f"User-agent: GPTBot\nDisallow: /{crawl.crawl}/{number}\n".encode()
            yield Rendered(crawl.crawl, url, at, 200, text)
            unwanted = url.replace("host", "filling")
            yield Rendered(crawl.crawl, unwanted, at, 200, filling.randbytes(GAP + 1))


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an archive of two crawls that takes some 200 requests."""
    folder = tmp_path_factory.mktemp("resume") / "archive"
    build(folder, CRAWLS, [capture for crawl in CRAWLS for capture in captures(crawl)])
    return folder


def sampled(folder: Path) -> Path:
    """Draw the hosts as the panel of a database in a new folder."""
    folder.mkdir()
    hosts = (f"host-{number:03}.example" for number in range(HOSTS))
    (folder / "hosts.csv").write_text("\n".join(hosts))
    called("sample", "--list", folder / "hosts.csv", "--db", folder / "db.duckdb")
    return folder


def tables(folder: Path) -> list[list[tuple[object, ...]]]:
    """Return all that a run leaves but the times of runs."""
    with Store(folder / "db.duckdb").reading() as con:
        return [
            con.execute(f"SELECT * FROM {table} ORDER BY ALL").fetchall()
            for table in ("snapshots", "captures", "payloads", "policies", "verdicts", "crawlers")
        ]


def kill(runs: Runs, server: RangeServer, moments: random.Random) -> None:
    """Kill a run after some of its requests, and some of the time to the next or of storing."""
    wanted = len(server.requests) + moments.randrange(18)
    while not runs.ended(0.001) and len(server.requests) < wanted:
        pass
    time.sleep(moments.random() * moments.choice((0.01, 0.01, 0.1)))
    runs.kill()


@pytest.mark.fault("process", f"history: kill -9 at {KILLS} moments, then run again")
def test_killed_and_run_again(
    archive: Path, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Killed at many moments, history ends in the undisturbed tables and asks for no range twice.

    Lists are asked for once a run, a range again only if it was in flight when its run was killed.
    """
    moments = random.Random(5)
    with RangeServer(archive, seconds=0.01) as server:
        options = ["history", "--mirror", server.url, "--crawls", "all", "--lookup", "zipnum"]
        options += ["--rate", "400", "--in-flight", str(IN_FLIGHT)]
        undisturbed = sampled(tmp_path / "undisturbed")
        called(*options, "--db", undisturbed / "db.duckdb")
        needed = Counter((request.path, request.range) for request in server.requests)
        disturbed = sampled(tmp_path / "disturbed")
        runs: list[Counter[tuple[str, str | None]]] = []
        with Runs(IMPORTS, "main(line.split())") as forked:
            for number in range(KILLS + 1):
                server.requests.clear()
                forked.start(" ".join([*options, "--db", str(disturbed / "db.duckdb")]))
                if number < KILLS:
                    kill(forked, server, moments)
                assert forked.result() in (0, -signal.SIGKILL)
                time.sleep(0.01)  # for what was still on its way
                while server.in_flight:
                    time.sleep(0.001)
                runs.append(Counter((request.path, request.range) for request in server.requests))
        assert server.most_in_flight <= IN_FLIGHT
    assert tables(disturbed) == tables(undisturbed)
    assert set(needed.values()) == {1}
    assert set().union(*runs) == set(needed)
    again = 0
    for number, asked in enumerate(runs):
        assert set(asked.values()) <= {1}
        later = set().union(*runs[number + 1 :])
        repeated = {(path, part) for path, part in asked if part and (path, part) in later}
        assert len(repeated) <= IN_FLIGHT, f"run {number} lost {repeated}"
        again += len(repeated)
    busy = sum(any(part for _, part in asked) for asked in runs)
    assert busy >= KILLS // 4
    record_property(
        "proof",
        f"{KILLS} kills, {busy} of them amid ranges: {len(needed)} requests needed, "
        f"{again} ranges in flight asked again",
    )
    left = {path.name for path in (disturbed / "db.cache").iterdir()}
    assert left == {"index", "key_positions.json"}


@pytest.mark.fault("disk", "history: the database's disk is full")
def test_full_disk(archive: Path, tmp_path: Path) -> None:
    """On a disk that is full a run ends in one clear line, and what was stored stays."""
    with small_disk(tmp_path / "disk", "16m") as disk:
        folder = sampled(disk / "run")
        (disk / "ballast").write_bytes(bytes(shutil.disk_usage(disk).free - 200_000))
        done = run_command(
            [
                "history",
                "--mirror",
                str(archive),
                "--crawls",
                "all",
                "--db",
                str(folder / "db.duckdb"),
            ]
        )
        assert done.returncode == 1
        assert len(done.stderr.strip().splitlines()) == 1, done.stderr
        assert "disk is full" in done.stderr or "space" in done.stderr
        (disk / "ballast").unlink()
        assert Store(folder / "db.duckdb").facts.members()
