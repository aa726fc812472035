"""Scans by several processes, here and on a dask cluster, that are killed, poisoned and resumed."""

import ast
import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from multiprocessing import active_children
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from click.testing import CliRunner
from clusters import ENVIRONMENT, Cluster, cluster, until
from disks import small_disk
from servers import RangeServer

from crawlblock.cli.scan import scan
from crawlblock.errors import CrawlblockError
from crawlblock.executor import open_engine
from crawlblock.pipeline.scan import ScanRequest, scan_shards
from crawlblock.scan.plan import read_plan
from crawlblock.scan.shard import Done, read_about, run_shard, shard_path
from crawlblock.scan.tempfiles import aside, saved
from scan.warcs import CRAWL, answer, archive, keys_of, member, planned, record

pytestmark = pytest.mark.own_code

FILES, HOSTS, SIZE = 24, 40, 3
SHARDS = FILES // SIZE


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Run a cluster of two workers."""
    pytest.importorskip("distributed")
    with cluster(tmp_path_factory.mktemp("cluster")) as found:
        yield found


@pytest.fixture
def dask(running: Cluster) -> Cluster:
    """Return the cluster, both of its workers at work again."""
    running.wait_for_workers(2)
    return running


@pytest.fixture(scope="module")
def mirror(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an archive of some files."""
    rng = random.Random(1)
    files = []
    for number in range(FILES):
        texts = (b"User-agent: a%d\nDisallow: /%d\n" % (number, n % 7) for n in range(HOSTS))
        hosts = (f"h{number}-{rng.randrange(10**6)}.example" for _ in range(HOSTS))
        records = [
            member(record(host, answer(text))) for host, text in zip(hosts, texts, strict=True)
        ]
        files.append(b"".join(records))
    return archive(tmp_path_factory.mktemp("mirror"), files)


def plan(directory: Path, mirror: Path | str, keys: list[str]) -> Path:
    """Write the plan of a scan of some files."""
    planned(directory, str(mirror), keys, SIZE)
    return directory


def command(directory: Path, *options: str) -> list[str]:
    """Return the command that runs a scan."""
    return [sys.executable, "-m", "crawlblock", "scan", "run", str(directory), *options]


def on(found: Cluster) -> tuple[str, ...]:
    """Return the options for a cluster."""
    return "--engine", "dask", "--scheduler", found.address


def run_scan(directory: Path, *options: str) -> tuple[int, str]:
    """Run a scan as the command does; return how it ends and what it says."""
    ended = CliRunner().invoke(scan, ["run", str(directory), *options])
    if isinstance(ended.exception, CrawlblockError):
        return ended.exception.exit_code, str(ended.exception)
    return ended.exit_code, ended.output


def shards(directory: Path) -> dict[str, bytes]:
    """Return the bytes of each shard by its name, and check that nothing else is left."""
    left = [path.name for path in (directory / "shards").iterdir() if path.suffix != ".parquet"]
    left += [*map(str, (directory / "files").glob("*")), *map(str, (directory / "locks").iterdir())]
    assert not left
    return {path.name: path.read_bytes() for path in (directory / "shards").iterdir()}


def test_the_same_files_everywhere(dask: Cluster, mirror: Path, tmp_path: Path) -> None:
    """One process, two and a cluster write the same shards, byte for byte, from any folder."""
    written = []
    for name, options in {"1": (), "2": ("--processes", "2"), "dask": on(dask)}.items():
        directory = plan(tmp_path / name, os.path.relpath(mirror, Path.cwd()), keys_of(mirror))
        code, said = run_scan(directory, *options)
        assert code == 0, said
        captures = FILES * HOSTS
        assert said.splitlines()[:2] == [
            f"{SHARDS} shards, 0 of them there already: {captures} captures",
            f"records: {captures} response ({captures} stored); 0 revisits unresolved",
        ]
        written.append(shards(directory))
    assert len(written[0]) == SHARDS
    assert written[0] == written[1] == written[2]


@pytest.mark.fault("scan", "kill -9 of a worker of {where}")
@pytest.mark.parametrize("where", ["local", "dask"])
def test_a_killed_worker_costs_its_shard_alone(
    where: str, request: pytest.FixtureRequest, mirror: Path, tmp_path: Path
) -> None:
    """The shard of a worker that is killed is read again by another; all others are read once."""
    found: Cluster | None = request.getfixturevalue("dask") if where == "dask" else None
    with RangeServer(mirror, seconds=0.15) as server:
        directory = plan(tmp_path / "scan", server.url, keys_of(mirror))
        with open_engine(found.address if found else None, 2) as engine:
            killing = Thread(target=kill_a_worker, args=(directory, server, found))
            killing.start()
            ended = [*scan_shards(read_plan(directory), ScanRequest(directory, None), engine)]
            killing.join()
    assert all(isinstance(each, Done) for each in ended)
    assert 0 < len(server.requests) - FILES <= SIZE
    for task in planned(tmp_path / "local", str(mirror), keys_of(mirror), SIZE):
        run_shard(task)
    assert shards(tmp_path / "local") == shards(directory)


def kill_a_worker(directory: Path, server: RangeServer, found: Cluster | None) -> None:
    """Kill one of two processes that wait for a file, once a first shard is done."""
    until(lambda: any((directory / "shards").glob("*.parquet")) and server.in_flight == 2)
    if found:
        with found.client() as client:
            process = next(iter(client.run(os.getpid).values()))
    else:
        process = next(each.pid for each in active_children())
    os.kill(process, signal.SIGKILL)


@pytest.mark.fault("scan", "a corrupt file, and one that cannot be opened: {engine}")
@pytest.mark.parametrize("engine", ["local", "dask"])
def test_poisoned_shards_are_reported(
    engine: str, request: pytest.FixtureRequest, mirror: Path, tmp_path: Path
) -> None:
    """What cannot be read is listed with its place or its shard, all else is there, code 3."""
    options = on(request.getfixturevalue("dask")) if engine == "dask" else ("--processes", "2")
    keys = keys_of(mirror)
    spoiled = tmp_path / "spoiled"
    for number, key in enumerate(keys):
        (spoiled / key).parent.mkdir(parents=True, exist_ok=True)
        raw = (mirror / key).read_bytes()
        (spoiled / key).write_bytes(raw[: len(raw) // 2] + b"spoiled" if number == 4 else raw)
    (spoiled / keys[10]).unlink()
    (spoiled / keys[10]).symlink_to("/proc/self/mem")  # root may open it, and nobody can read it
    directory = plan(tmp_path / "scan", spoiled, keys)
    code, said = run_scan(directory, *options)
    assert code == 3
    assert f"{keys[4]} at " in said
    assert f"{CRAWL}-00003 failed: {spoiled / keys[10]} cannot be read" in said
    assert "1 shards failed; run the same command again" in said
    assert len([*(directory / "shards").glob("*.parquet")]) == SHARDS - 1


@pytest.mark.fault("scan", "kill -9 of the command, with {engine}; then run again")
@pytest.mark.parametrize("engine", ["local", "dask"])
def test_a_killed_client_resumes(
    engine: str, request: pytest.FixtureRequest, mirror: Path, tmp_path: Path
) -> None:
    """The same command makes up what a killed one left; a cluster forgets the tasks it had."""
    found: Cluster | None = request.getfixturevalue("dask") if engine == "dask" else None
    options = on(found) if found else ("--processes", "2")
    with RangeServer(mirror, seconds=0.05) as server:
        directory = plan(tmp_path / "scan", server.url, keys_of(mirror))
        with subprocess.Popen(command(directory, *options), env=ENVIRONMENT) as client:
            until(lambda: len([*(directory / "shards").glob("*.parquet")]) >= 2)
            client.send_signal(signal.SIGKILL)
        if found:
            until(lambda: not tasks_of(found))
        left = len([*(directory / "shards").glob("*.parquet")])
        assert 2 <= left < SHARDS
        code, said = run_scan(directory, *options)
    assert code == 0, said
    again = int(said.split(" shards, ")[1].split()[0])
    assert left <= again < SHARDS
    assert sum(read_about(path).captures for path in (directory / "shards").iterdir()) == 960
    assert len(shards(directory)) == SHARDS


def tasks_of(found: Cluster) -> object:
    """Return how many tasks a scheduler still holds."""
    with found.client() as client:
        return client.run_on_scheduler(lambda dask_scheduler: len(dask_scheduler.tasks))


@pytest.mark.fault("scan", "what a crash left beside a shard")
def test_leftovers_are_removed(mirror: Path, tmp_path: Path) -> None:
    """Pieces, half a file, saved files and locks of a killed process are gone in the end.

    A saved file that a crash may have cut after it got its name is fetched again.
    """
    keys = keys_of(mirror)
    with RangeServer(mirror) as server:
        first, second, *_ = planned(tmp_path, server.url, keys, SIZE)
        paths = [shard_path(tmp_path, task.shard.shard) for task in (first, second)]
        run_shard(second)
        whole = paths[1].read_bytes()
        for path in paths:
            for name in (0, 1, 2, "part"):
                aside(path, name).write_bytes(b"left")
        for task in (first, second):
            (tmp_path / "locks" / task.shard.shard).touch()
            folder = saved(tmp_path, task.shard.shard)
            folder.mkdir(parents=True)
            (folder / "other.part").write_bytes(b"left")
        name = keys[0].rpartition("/")[2]
        (saved(tmp_path, first.shard.shard) / name).write_bytes(
            (mirror / keys[0]).read_bytes()[:-9]
        )
        server.requests.clear()
        assert not run_shard(first).skipped
        assert run_shard(second).skipped
        assert [request.path.rpartition("/")[2] for request in server.requests] == [
            key.rpartition("/")[2] for key in keys[:SIZE]
        ]
    assert shards(tmp_path)[paths[1].name] == whole


@pytest.mark.fault("scan", "the disk is full")
def test_a_full_disk_ends_the_run(tmp_path: Path) -> None:
    """With no room left the run ends in one error, and with room it goes on."""
    texts = [random.Random(n).randbytes(300_000).hex().encode() for n in range(4)]
    files = [member(record("a.example", answer(b"#" + text))) for text in texts]
    source = archive(tmp_path / "mirror", files)
    with small_disk(tmp_path / "disk", "1m") as disk:
        (ballast := disk / "ballast").write_bytes(bytes(300_000))
        planned(disk / "scan", str(source), keys_of(source), 1)
        code, said = run_scan(disk / "scan", "--processes", "2")
        assert code == 1
        assert "cannot be written" in said
        assert "free some space" in said
        ballast.unlink()
        before = len([*(disk / "scan/shards").glob("*.parquet")])
        assert before < 4
        run_scan(disk / "scan")
        assert len([*(disk / "scan/shards").glob("*.parquet")]) > before


@pytest.mark.parametrize("options", [("--engine", "dask"), ("--scheduler", "tcp://127.0.0.1:1")])
def test_a_cluster_needs_its_address(
    options: tuple[str, ...], mirror: Path, tmp_path: Path
) -> None:
    """The engine dask without an address, or an address without the engine, is refused."""
    code, said = run_scan(plan(tmp_path, mirror, keys_of(mirror)), *options)
    assert code == 2
    assert "belong together" in said


def test_a_shard_given_out_twice_is_read_once(mirror: Path, tmp_path: Path) -> None:
    """Two runs at a time share the shards; one planned twice is read once, or refused."""
    with RangeServer(mirror, seconds=0.02) as server:
        directory = plan(tmp_path / "scan", server.url, keys_of(mirror))
        path = directory / "plan.json"
        text = json.loads(path.read_text())
        text["shards"].append(text["shards"][0])
        path.write_text(json.dumps(text))
        both = [
            subprocess.Popen(command(directory, "--processes", "2"), env=ENVIRONMENT)
            for _ in range(2)
        ]
        assert [run.wait(60) for run in both] == [0, 0]
        assert len(server.requests) == FILES
    assert len(shards(directory)) == SHARDS
    text["shards"][-1] = text["shards"][0] | {"files": ["other"]}
    path.write_text(json.dumps(text))
    code, said = run_scan(directory)
    assert code == 2
    assert f"two shards of different files are called {CRAWL}-00000" in said


def test_one_budget_is_divided(mirror: Path, tmp_path: Path) -> None:
    """All workers of both parts together keep the rate, also from one shard to the next."""
    with RangeServer(mirror) as server:
        planned(tmp_path, server.url, keys_of(mirror), 1)
        given = read_plan(tmp_path)
        with open_engine(None, 2) as one, open_engine(None, 2) as other:
            parts = [
                scan_shards(given, ScanRequest(tmp_path, None, number, 2, 10.0), engine)
                for number, engine in ((1, one), (2, other))
            ]
            assert len([*zip(*parts, strict=True)]) == FILES / 2
        times = [request.time for request in server.requests]
    assert len(times) == FILES
    assert times[-1] - times[0] >= (FILES - 4) / 10.0


def test_no_more_run_than_the_budget_was_divided_by(
    dask: Cluster, mirror: Path, tmp_path: Path
) -> None:
    """A worker that joins a cluster later asks nothing of a mirror whose budget is given away."""
    with RangeServer(mirror, seconds=0.05) as server:
        directory = plan(tmp_path / "scan", server.url, keys_of(mirror))
        with open_engine(dask.address, None) as engine:
            until(lambda: engine.room() == 2)
            found = scan_shards(
                read_plan(directory), ScanRequest(directory, None, rate=40.0), engine
            )
            with dask.worker("late"):
                next(found)
                until(lambda: engine.room() == 3)
                assert len([*found]) == SHARDS - 1
        assert server.most_in_flight <= 2


def test_the_recipe_for_spark_reads_shards(mirror: Path, tmp_path: Path) -> None:
    """The function that docs/cluster.md gives to Spark reads shards and tells what it cannot."""
    text = (Path(__file__).parents[2] / "docs/cluster.md").read_text()
    tree = ast.parse(text.split("```python\n")[1].split("```")[0])
    tree.body = [
        node
        for node in tree.body
        if not isinstance(node, ast.If)
        and not (isinstance(node, ast.ImportFrom) and node.module == "pyspark.sql")
    ]
    recipe: dict[str, Any] = {}
    exec(compile(tree, "recipe", "exec"), recipe)
    given = planned(tmp_path, str(mirror), keys_of(mirror), SIZE)
    other = replace(given[0], mirror=str(tmp_path / "gone"), directory=tmp_path / "other")
    rows = [*recipe["read_shards"]([*given, other])]
    assert rows[:SHARDS] == [(task.shard.shard, SIZE * HOSTS, []) for task in given]
    assert rows[-1][:2] == (given[0].shard.shard, None)
    assert "gone" in rows[-1][2][0]
