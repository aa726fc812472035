"""Engines: what becomes of tasks whose processes fail, die or stop, here and on a dask cluster."""

import itertools
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from clusters import ENVIRONMENT, Cluster, cluster, until
from errands import Errand, begun, most_at_once, run

from crawlblock.errors import InputError, StoreError, UpstreamError
from crawlblock.executor import ATTEMPTS, Failed, open_engine, run_tasks
from crawlblock.executor.dask import Dask
from crawlblock.executor.local import Local
from crawlblock.executor.protocol import Reply, Returned, Stopped

pytestmark = pytest.mark.own_code

Opened = Local | Dask


@pytest.fixture(scope="module")
def dask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Return a cluster of two workers."""
    pytest.importorskip("distributed")
    with cluster(tmp_path_factory.mktemp("cluster")) as started:
        yield started


@pytest.fixture(params=["local", "dask"])
def engine(request: pytest.FixtureRequest) -> Iterator[Opened]:
    """Return an engine of two processes."""
    found: Cluster | None = request.getfixturevalue("dask") if request.param == "dask" else None
    if found:
        found.wait_for_workers(2)
    with open_engine(found.address if found else None, 2) as opened:
        yield opened


def ended(engine: Opened, errands: list[Errand], most: int | None = None) -> list[str | Failed]:
    """Return what became of errands, by name."""
    found = run_tasks(engine, run, ((each.name, each) for each in errands), most)
    return sorted(found, key=lambda each: each.task if isinstance(each, Failed) else each)


def errands(folder: Path, count: int, act: str = "", seconds: float = 0.0) -> list[Errand]:
    """Return errands called a, b, c and so on."""
    return [Errand(folder, chr(97 + n), act, seconds) for n in range(count)]


def test_every_task_is_run_once(engine: Opened, tmp_path: Path) -> None:
    """Each task runs once, in two processes that leave polars one core each."""
    many = errands(tmp_path, 20, seconds=0.02)
    assert ended(engine, many) == [each.name for each in many]
    assert {len(begun(each)) for each in many} == {1}
    assert len({process for each in many for _, process in begun(each)}) == 2
    assert {line.split()[2] for line in (tmp_path / "a").read_text().splitlines()} == {"1", "end"}


@pytest.mark.fault("engine", "a task that fails: {act}")
@pytest.mark.parametrize(
    ("act", "reason"), [("raise", "ValueError: it is spoiled"), ("unreadable", "it cannot be read")]
)
def test_a_spoiled_task_is_reported(engine: Opened, act: str, reason: str, tmp_path: Path) -> None:
    """A task that fails for its own sake is tried again, then reported; the others go on."""
    bad, *good = errands(tmp_path, 5)
    again = Errand(tmp_path, "z", "raise once")
    bad = Errand(tmp_path, "a", act)
    assert ended(engine, [bad, *good, again]) == [Failed("a", reason), "b", "c", "d", "e", "z"]
    assert [len(begun(each)) for each in (bad, again, *good)] == [ATTEMPTS, 2, 1, 1, 1, 1]


@pytest.mark.fault("engine", "kill -9 of a process in the middle of a task")
def test_a_killed_process_costs_its_task_alone(engine: Opened, tmp_path: Path) -> None:
    """The task of a killed process is redone elsewhere, and no other is begun twice."""
    many = errands(tmp_path, 8, seconds=0.1)
    killed = Errand(tmp_path, "z", "die once")
    assert ended(engine, [*many[:3], killed, *many[3:]]) == [*"abcdefgh", "z"]
    assert len(begun(killed)) == 2
    assert {len(begun(each)) for each in many} == {1}


@pytest.mark.fault("engine", "a task that kills its process each time")
def test_a_task_that_kills_is_given_up(engine: Opened, tmp_path: Path) -> None:
    """A task that kills whatever runs it is reported as failed after some attempts."""
    many = errands(tmp_path, 6, seconds=0.1)
    *names, failed = ended(engine, [many[0], Errand(tmp_path, "z", "die"), *many[1:]])
    assert names == [*"abcdef"]
    assert isinstance(failed, Failed)
    assert failed.task == "z"
    assert "killed" in failed.reason
    assert len(begun(Errand(tmp_path, "z"))) == (ATTEMPTS if isinstance(engine, Local) else 4)


@pytest.mark.fault("engine", "kill -9 of a dask worker that keeps an answer")
def test_an_answer_that_went_with_its_worker(dask: Cluster, tmp_path: Path) -> None:
    """The scheduler has such a task run again; the run goes on."""
    dask.wait_for_workers(2)
    errand = Errand(tmp_path, "a")
    with Dask(dask.address) as engine:
        engine.start(0, pickle.dumps((run, errand, None)))
        until(lambda: len(begun(errand)) == 1 and "end" in (tmp_path / "a").read_text())
        ((_, process),) = begun(errand)
        os.kill(process, signal.SIGKILL)
        until(lambda: len(begun(errand)) == 2)
        found: list[tuple[int, Reply]] = []
        while not found:
            found += engine.ended()
    assert found == [(0, Returned("a"))]


def test_what_ends_the_run(engine: Opened, tmp_path: Path) -> None:
    """An error by which nobody can go on lets what runs end, begins nothing more and is raised."""
    slow = Errand(tmp_path, "slow", seconds=1.5)
    stop = Errand(tmp_path, "stop", "stop", 0.2)
    after = errands(tmp_path, 5)
    found = run_tasks(engine, run, ((each.name, each) for each in (slow, stop, *after)))
    assert next(found) == "slow"
    with pytest.raises(StoreError, match="the disk is full"):
        next(found)
    assert not any(begun(each) for each in after)


def test_tasks_are_handed_out_as_room_becomes_free(engine: Opened, tmp_path: Path) -> None:
    """No more tasks are taken than may run, nor run than were allowed, however many there are."""
    taken = itertools.count()

    def endless() -> Iterator[tuple[str, Errand]]:
        for number in range(10_000):
            next(taken)
            yield str(number), Errand(tmp_path, str(number), seconds=0.01)

    for ended_ones, _ in enumerate(run_tasks(engine, run, endless(), most=1), 1):
        if ended_ones == 10:
            break
    assert next(taken) <= 11
    assert most_at_once(tmp_path) == 1


_PARENT = """
import sys
from contextlib import ExitStack
from pathlib import Path
from errands import Errand, run
from crawlblock.executor import open_engine, run_tasks
if __name__ == "__main__":
    with open_engine(None, 2) as engine:
        tasks = ((name, Errand(Path(sys.argv[1]), name, seconds=60)) for name in "ab")
        list(run_tasks(engine, run, tasks))
"""


@pytest.mark.fault("engine", "kill -9 of the run itself")
def test_processes_end_with_the_run(tmp_path: Path) -> None:
    """When a run is killed its processes end at once, whatever they are at."""
    command = [sys.executable, "-c", _PARENT, str(tmp_path)]
    both = errands(tmp_path, 2)
    with subprocess.Popen(command, env=ENVIRONMENT) as parent:
        until(lambda: all(begun(each) for each in both))
        parent.send_signal(signal.SIGKILL)
    processes = [begun(each)[0][1] for each in both]
    until(lambda: not any(is_running(process) for process in processes), 10)


def is_running(process: int) -> bool:
    """Tell whether there is a process that has not ended."""
    stat = Path(f"/proc/{process}/stat")
    try:
        return stat.read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


LOADING = """
import pickle, sys, time
if __name__ == "__mp_main__":
    print("loading", flush=True)
    time.sleep(0.5)
if __name__ == "__main__":
    from crawlblock.executor.local import Local
    with Local(1) as engine:
        try:
            engine.start(0, pickle.dumps((time.sleep, 9)))
            time.sleep(9)
        except KeyboardInterrupt:
            time.sleep(1)
"""


@pytest.mark.fault("process", "Ctrl-C while the processes of a run load their modules")
def test_an_interrupt_of_a_process_that_begins(tmp_path: Path) -> None:
    """A terminal interrupts all processes; one that has just begun leaves that to the first one."""
    (tmp_path / "run.py").write_text(LOADING)
    command = [sys.executable, str(tmp_path / "run.py")]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stdout is not None and process.stdout.readline() == "loading\n"
        os.killpg(process.pid, signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")


def test_an_idle_process_may_be_killed(tmp_path: Path) -> None:
    """A process that is killed between two tasks is replaced."""
    with open_engine(None, 1) as engine:
        assert ended(engine, errands(tmp_path, 1)) == ["a"]
        os.kill(begun(Errand(tmp_path, "a"))[0][1], signal.SIGKILL)
        later = Errand(tmp_path, "later")
        assert ended(engine, [later]) == ["later"]


def refused(address: str, reason: str) -> None:
    """Check that a cluster is not opened, for a reason."""
    with pytest.raises(InputError, match=reason), Dask(address, None, 1.0):
        pass


@pytest.mark.fault("engine", "dask: no scheduler, no worker, workers of several threads")
def test_what_is_no_cluster(tmp_path: Path) -> None:
    """What cannot run tasks is refused before any is begun, with what to do."""
    pytest.importorskip("distributed")
    refused("nonsense://", "no dask scheduler answers at nonsense")
    with cluster(tmp_path, 0) as found:
        refused(found.address, "has no workers; start some with `dask worker")
        with found.worker("fat", "--nthreads", "2", "--no-nanny"):
            refused(found.address, "--nthreads 1")
    refused(found.address, "no dask scheduler answers at tcp://127.0.0.1")


def test_dask_is_an_extra() -> None:
    """Without dask the message says what to install."""
    hidden = "import sys; sys.modules['distributed'] = None\n"
    opening = "from crawlblock.executor import open_engine\nwith open_engine('tcp://h:1', None): 0"
    result = subprocess.run(
        [sys.executable, "-c", hidden + opening], env=ENVIRONMENT, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert "InputError: the engine dask needs" in result.stderr
    assert "pip install 'crawlblock[dask]'" in result.stderr


@pytest.mark.fault("engine", "dask: workers that come later, a scheduler that goes")
@pytest.mark.fault("engine", "a dask scheduler that goes while it takes a task")
def test_a_task_of_which_nothing_is_heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A scheduler that is gone ends the run, even if a task never reports how it ended."""
    distributed = pytest.importorskip("distributed")
    monkeypatch.setattr(distributed.Future, "add_done_callback", lambda *_: None)
    with ExitStack() as stack:
        found = stack.enter_context(cluster(tmp_path / "cluster", 1))
        engine = stack.enter_context(Dask(found.address, None, 5.0))
        engine.start(0, pickle.dumps((run, Errand(tmp_path, "a", seconds=30), None)))
        found.process.kill()
        ((number, reply),) = engine.ended()
    assert number == 0
    assert isinstance(reply, Stopped) and "is gone" in str(reply.error)


def test_workers_come_and_the_scheduler_goes(tmp_path: Path) -> None:
    """A worker that joins gets tasks, too; a scheduler that is gone ends the run."""
    pytest.importorskip("distributed")
    (notes := tmp_path / "notes").mkdir()
    many = ((str(n), Errand(notes, str(n), seconds=0.1)) for n in range(10_000))
    with ExitStack() as stack:
        found = stack.enter_context(cluster(tmp_path / "cluster", 0))
        stack.enter_context(found.worker("first", "--no-nanny"))
        engine = stack.enter_context(Dask(found.address, None, 5.0))
        names = run_tasks(engine, run, many)
        next(names)
        assert most_at_once(notes) == 1
        stack.enter_context(found.worker("second", "--no-nanny"))
        until(lambda: bool(next(names)) and most_at_once(notes) == 2)
        found.process.kill()
        with pytest.raises(UpstreamError, match="is gone; what is done stays"):
            list(names)
