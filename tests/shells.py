"""A small world in which lines of a shell are run as they stand, and reach this machine alone.

Its fixtures are known to all tests (conftest.py).
"""

import gzip
import os
import shlex
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import click
import guard
import polars as pl
import pytest
from archives import small
from clusters import cluster
from documents import HOWTO, blocks
from servers import RangeServer
from sharing import copy_of_made

from crawlblock.captures.frames import batch_of
from crawlblock.cli import cli, main
from crawlblock.cli.commands import every_command
from crawlblock.demo import Rendered, build
from crawlblock.model import Asked, Crawl, Fetch, SnapshotKind
from crawlblock.outcome import Ending
from crawlblock.store.store import Store

ROOT = Path(__file__).parent.parent
CRAWLS = {
    "CC-MAIN-2024-30": datetime(2024, 7, 20),
    "CC-MAIN-2025-33": datetime(2025, 8, 10),
    "CC-MAIN-2026-04": datetime(2026, 1, 20),
}
OPEN = b"User-agent: *\nDisallow: /private\n"
SHUT = b"User-agent: GPTBot\nDisallow: /\n\nUser-agent: stranger-of-nobody\nDisallow: /x\n"
HOSTS = ("example.com", "example.org", "example.net")
SCHEDULER = "tcp://10.0.0.5:8786"
QUICK_LOOK = "crawlblock demo --sites 20"  # takes its time, and is run by test_package.py alone
LOCAL = ("live", "update", "accept")  # ask the panel's hosts, or about an odd live run
# The text of a `sitecustomize` under which a process reaches this machine alone.
GUARD = Path(guard.__file__).read_text("utf-8") + "\n\nsys.addaudithook(watch)\n"


def commands() -> Iterator[tuple[str, click.Command]]:
    """Return every command with its whole name."""
    yield "crawlblock", cli
    yield from every_command(cli, "crawlblock")


def examples(command: click.Command) -> list[str]:
    """Return the examples at the end of a command's help."""
    _, _, lines = (command.epilog or "").partition(":\n")
    return [line.strip() for line in lines.splitlines() if line.strip()]


EXAMPLES = sorted({example for _, command in commands() for example in examples(command)})


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RangeServer]:
    """Return a server on loopback with a robots.txt and a place to post to."""
    folder = tmp_path_factory.mktemp("served")
    (folder / "robots.txt").write_bytes(SHUT)
    (folder / "hook").touch()
    with RangeServer(folder) as served:
        yield served


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory, server: RangeServer) -> Path:
    """Return a folder with all the files and databases that the examples name."""
    folder = copy_of_made(tmp_path_factory, "examples", _make_world, "world")
    local = folder / "data" / "local.duckdb"  # it has the address of this process's server
    followed(local, folder, [server.url.removeprefix("http://")])
    _odd_run(Store(local))
    return folder


@pytest.fixture(scope="session")
def outset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the files and the archive of that world, before any command has run."""
    folder = tmp_path_factory.mktemp("outset") / "world"
    _make_outset(folder)
    return folder


def _make_outset(folder: Path) -> None:
    folder.mkdir()
    _files(folder)
    _archive(folder / "build" / "demo")


def _make_world(folder: Path) -> None:
    _make_outset(folder)
    (folder / "data").mkdir()
    small(folder / "data" / "demo", 40, ["DEMO-2024-30"])  # test_demo.py makes the whole demo
    followed(folder / "data" / "crawlblock.duckdb", folder, HOSTS)
    called("analyze", "--db", folder / "data" / "crawlblock.duckdb")
    called("scan", "plan", folder / "data" / "scan", "--mirror", folder / "build" / "demo")
    _census(folder)


def _census(folder: Path) -> None:
    """Add two copies of a scan that was run, and a census of it."""
    shutil.copytree(folder / "data" / "scan", folder / "part1")
    called("scan", "run", folder / "part1")
    shutil.copytree(folder / "part1", folder / "part2")
    called("scan", "merge", folder / "part1", "--db", folder / "data" / "census.duckdb")


def _files(folder: Path) -> None:
    (folder / "robots.txt").write_bytes(SHUT)
    (folder / "domains.csv").write_text("domain\n" + "\n".join(HOSTS))
    (folder / "tranco.csv").write_text("".join(f"{n},{h}\n" for n, h in enumerate(HOSTS, 1)))
    (folder / "tokens.csv").write_text("domain,tokens\n*,100\nexample.com,7\n")
    _own(folder / "own")
    (folder / "question.sql").write_text("SELECT host FROM panel;\n")
    (folder / "observed_at.csv").write_text("date\n2024-05-06\n2024-05-13\n")
    rows = [{"host": host, "status": "200", "body": SHUT.decode()} for host in HOSTS]
    captures = pl.DataFrame([row | {"fetch_time": "2024-05-06"} for row in rows])
    (folder / "captures").mkdir()
    for name in ("captures.parquet", "captures/part.parquet"):
        captures.write_parquet(folder / name)
    seen = {"first_seen": "2024-05-01", "last_seen": "2024-05-20"}
    pl.DataFrame([row | seen for row in rows]).write_parquet(folder / "weekly.parquet")


def _own(folder: Path) -> None:
    """Write the entries of one's own that the how-to shows."""
    (folder / "metrics").mkdir(parents=True)
    crawler = next(text for text in blocks(HOWTO, "toml") if "[[crawler]]" in text)
    metric = next(text for text in blocks(HOWTO, "sql") if text.startswith("-- title:"))
    (folder / "crawlers.toml").write_text(crawler)
    (folder / "metrics" / "without_robots_txt.sql").write_text(metric)


def _archive(folder: Path) -> None:
    bodies = zip(CRAWLS.items(), (OPEN, SHUT, SHUT), strict=True)
    rendered = [
        Rendered(crawl, f"https://{host}/robots.txt", time, 200, body)
        for (crawl, time), body in bodies
        for host in HOSTS
    ]
    build(folder, [Crawl(crawl, time, time) for crawl, time in CRAWLS.items()], rendered)
    _pages(folder, max(CRAWLS))
    (warc,) = (folder / "crawl-data" / "CC-MAIN-2024-30").rglob("robotstxt/*.warc.gz")
    shutil.copyfile(warc, folder.parent.parent / "crawl-00000.warc.gz")


def _pages(folder: Path, crawl: str) -> None:
    """Add the index of a crawl's pages, which a rendered archive has not."""
    key = f"cc-index/table/cc-main/warc/crawl={crawl}/subset=warc/part-00000.gz.parquet"
    (folder / key).parent.mkdir(parents=True)
    rows = {
        "url": [f"https://{host}/" for host in HOSTS],
        "url_host_registered_domain": list(HOSTS),
        "fetch_status": pl.Series([200] * len(HOSTS), dtype=pl.Int16),
        "content_digest": ["A" * 32] * len(HOSTS),
        "warc_record_length": pl.Series([400] * len(HOSTS), dtype=pl.Int32),
    }
    pl.DataFrame(rows).write_parquet(folder / key, compression="gzip")
    listing = folder / "crawl-data" / crawl / "cc-index-table.paths.gz"
    keys = gzip.decompress(listing.read_bytes()).decode().split()
    listing.write_bytes(gzip.compress("\n".join([*keys, key]).encode()))


def followed(db: Path, folder: Path, hosts: tuple[str, ...] | list[str]) -> None:
    """Fill a database with what the archive has about a panel."""
    panel = folder / "panel.txt"
    panel.write_text("\n".join(hosts))
    mirror = folder / "build" / "demo"
    called("sample", "--db", db, "--list", panel)
    called("history", "--db", db, "--mirror", mirror, "--crawls", "all")


def _odd_run(store: Store) -> None:
    """Add a live run in which no name could be looked up."""
    (member,) = store.facts.members()
    snapshot = "live-2026-11-21"
    odd = Fetch(
        snapshot=snapshot,
        host=member.host,
        resource="/robots.txt",
        secure=True,
        fetch_time=datetime(2026, 11, 21),
        ended=Ending.DNS,
    )
    asked = Asked(snapshot=snapshot, host=member.host)
    store.facts.add(batch_of([odd], [asked]), SnapshotKind.LIVE)
    store.conclusions.settle()


def called(*arguments: object) -> None:
    """Run a command that ends well."""
    with pytest.raises(SystemExit) as stopped:
        main([str(argument) for argument in arguments])
    assert stopped.value.code == 0, arguments


@pytest.fixture(scope="session")
def shell(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return an environment in which `crawlblock` is this one and reaches this machine alone."""
    folder = tmp_path_factory.mktemp("bin")
    (folder / "sitecustomize.py").write_text(GUARD)
    script = folder / "crawlblock"
    script.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m crawlblock "$@"\n')
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return {
        **os.environ,
        "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}",
        "PYTHONWARNINGS": "error",
        "CRAWLBLOCK_MIRROR": "build/demo",
        "KEY": "secret",
        "BROWSER": "true",  # the program of that name opens nothing
    }


@pytest.fixture
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of a dask scheduler on loopback with a worker.

    It lives for one test: both processes use the processor even when they are idle.
    """
    pytest.importorskip("distributed")
    with cluster(tmp_path_factory.mktemp("cluster"), workers=1) as found:
        yield found.address


def substituted(line: str, server: RangeServer) -> str:
    """Return a line with addresses of this machine in place of placeholders that are asked."""
    line = line.replace("/shared/scan", "data/scan")
    line = line.replace("https://example.com/robots.txt", f"{server.url}/robots.txt")
    site = server.url.removeprefix("http://")
    line = line.replace("crawlblock check example.com", f"crawlblock check {site}")
    line = line.replace("https://example.org/hook", f"{server.url}/hook")
    line = line.replace("--mirror /archive", "--mirror build/demo")
    asking = line.split()[:2] in (["crawlblock", "live"], ["crawlblock", "update"])
    if asking and "--no-live" not in line:
        line += " --allow-network 127.0.0.0/8"
    return line


def run_line(line: str, folder: Path, shell: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a line in a folder; it ends well and reaches nobody beyond this machine."""
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", line],
        cwd=folder, env=shell, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert "REACHED" not in done.stderr, done.stderr
    assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
    return done


def prepared(line: str, world: Path, folder: Path, shell: dict[str, str]) -> dict[str, str]:
    """Copy the world for a line, without what the line itself makes; return its environment."""
    shutil.copytree(world, folder)
    if " scan plan " in line:
        shutil.rmtree(folder / "data" / "scan")
    if " scan merge " in line:
        shutil.copytree(folder / "part1", folder / "data" / "scan", dirs_exist_ok=True)
        (folder / "data" / "census.duckdb").unlink()
    if " --restore" in line:
        gone = ("remove", line.split()[2], "--because", "a trial", "--yes")
        called(*gone, "--db", folder / "data" / "crawlblock.duckdb")
    if " --by-size " in line:
        listed = folder / "tokens.csv"
        listed.write_text("host,corpus,tokens\na.org,C4,5\nb.org,C4,3\n")
        called("weights", "--list", listed, "--db", folder / "data" / "crawlblock.duckdb")
    local = {"CRAWLBLOCK_DB": "data/local.duckdb"} if line.split()[1] in LOCAL else {}
    return shell | local


def shown_in(leader: int, process: "subprocess.Popen[bytes]") -> bytes:
    """Return what a process that ends well writes into a terminal, which is closed then."""
    written = b""
    while True:
        try:
            part = os.read(leader, 65_536)
        except OSError:  # how Linux says that the other end is closed
            break
        if not part:
            break
        written += part
    os.close(leader)
    assert process.wait(60) == 0, written
    return written
