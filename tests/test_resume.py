"""Runs that are killed: whatever the moment, running again ends in the undisturbed table."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from archives import small
from servers import RangeServer

from crawlblock.miniature import render_sample
from crawlblock.store.store import Store

CRAWLS = ["MINI-2023-23", "MINI-2023-40"]
KILLS = 6


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an archive of some hosts in two crawls."""
    folder = tmp_path_factory.mktemp("resume")
    render_sample(small(folder / "sample", 60, CRAWLS), folder / "archive")
    return folder / "archive"


def command(folder: Path, *arguments: str) -> list[str]:
    """Return a command on the database in a folder."""
    return [sys.executable, "-m", "crawlblock", *arguments, "--db", str(folder / "db.duckdb")]


def sampled(folder: Path, archive: Path) -> Path:
    """Draw the archive's hosts as the panel of a database in a new folder."""
    folder.mkdir()
    hosts = archive.parent / "sample" / "hosts.csv"
    lines = hosts.read_text().splitlines()[:61]
    (folder / "hosts.csv").write_text("\n".join(lines))
    subprocess.run(
        command(folder, "sample", "--list", str(folder / "hosts.csv")), check=True, timeout=60
    )
    return folder


def tables(folder: Path) -> list[list[tuple[object, ...]]]:
    """Return all that a run leaves but the times of runs."""
    with Store(folder / "db.duckdb").reading() as con:
        return [
            con.execute(f"SELECT * FROM {table} ORDER BY ALL").fetchall()
            for table in ("snapshots", "captures", "payloads", "policies", "verdicts", "crawlers")
        ]


def test_killed_and_run_again(archive: Path, tmp_path: Path) -> None:
    """Killed at random moments and run again, history ends in the same tables; nothing is lost."""
    moments = random.Random(5)
    with RangeServer(archive, seconds=0.01) as server:
        options = ["history", "--mirror", server.url, "--crawls", "all", "--lookup", "zipnum"]
        options += ["--rate", "400", "--in-flight", "4"]
        undisturbed = sampled(tmp_path / "undisturbed", archive)
        started = time.monotonic()
        subprocess.run(command(undisturbed, *options), check=True, timeout=120)
        length = time.monotonic() - started
        disturbed = sampled(tmp_path / "disturbed", archive)
        for _ in range(KILLS):
            run = subprocess.Popen(command(disturbed, *options), stderr=subprocess.DEVNULL)
            time.sleep(moments.uniform(0.3, 1.0) * length)
            run.send_signal(signal.SIGKILL)
            run.wait(30)
        subprocess.run(command(disturbed, *options), check=True, timeout=120)
    assert tables(disturbed) == tables(undisturbed)


def test_full_disk(archive: Path, tmp_path: Path) -> None:
    """On a disk that is full a run ends in one clear line, and what was stored stays."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=16m", "crawlblock-test", str(disk)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip("no small disk can be mounted here")
    try:
        folder = sampled(disk / "run", archive)
        (disk / "ballast").write_bytes(bytes(shutil.disk_usage(disk).free - 200_000))
        done = subprocess.run(
            command(folder, "history", "--mirror", str(archive), "--crawls", "all"),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 1
        assert len(done.stderr.strip().splitlines()) == 1, done.stderr
        assert "disk is full" in done.stderr or "space" in done.stderr
        (disk / "ballast").unlink()
        assert Store(folder / "db.duckdb").members()
    finally:
        subprocess.run(["umount", str(disk)], check=True)
