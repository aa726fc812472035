"""A dask scheduler and its workers as processes of their own, on loopback."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

Process = subprocess.Popen[bytes]
TESTS = Path(__file__).parent
ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": os.pathsep.join((str(TESTS.parent), str(TESTS))),
    "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1",  # a task may cost two workers
}


@contextmanager
def started(log: Path, *command: str) -> Iterator[Process]:
    """Run a module of Python beside the test, and end it with SIGTERM."""
    with (
        log.open("wb") as output,
        subprocess.Popen(
            [sys.executable, "-m", *command], stdout=output, stderr=output, env=ENVIRONMENT
        ) as process,
    ):
        try:
            yield process
        finally:
            process.terminate()


@dataclass(frozen=True, slots=True)
class Cluster:
    """A scheduler that runs, and where it and its workers write."""

    address: str
    process: Process
    folder: Path

    def client(self) -> AbstractContextManager[Any]:
        """Return a client of the test's own."""
        found: AbstractContextManager[Any] = import_module("distributed").Client(
            self.address, set_as_default=False
        )
        return found

    def wait_for_workers(self, count: int) -> None:
        """Wait until so many are there, also after some were killed."""
        with self.client() as client:
            client.wait_for_workers(count, timeout=60)

    @contextmanager
    def worker(self, name: str, *options: str) -> Iterator[Process]:
        """Start a worker of one thread, under a nanny that starts it again when it is killed."""
        log = self.folder / f"{name}.log"
        with started(
            log, "distributed.cli.dask_worker", self.address,
            "--nthreads", "1", "--no-dashboard", "--local-directory", str(self.folder),
            "--name", name, *options,
        ) as process:  # fmt: skip
            until(lambda: "Registered to" in log.read_text())
            yield process


@contextmanager
def cluster(folder: Path, workers: int = 2) -> Iterator[Cluster]:
    """Start a scheduler and its workers."""
    folder.mkdir(parents=True, exist_ok=True)
    about = folder / "scheduler.json"
    with ExitStack() as stack:
        process = stack.enter_context(
            started(
                folder / "scheduler.log", "distributed.cli.dask_scheduler", "--no-dashboard",
                "--host", "127.0.0.1", "--port", "0", "--dashboard-address", "127.0.0.1:0",
                "--scheduler-file", str(about),
            )
        )  # fmt: skip
        until(lambda: (about.exists() and about.read_text() != "") or process.poll() is not None)
        found = Cluster(json.loads(about.read_text())["address"], process, folder)
        for number in range(workers):
            stack.enter_context(found.worker(f"w{number}"))
        yield found


def until(happened: Callable[[], bool], seconds: float = 60) -> None:
    """Wait until a condition holds; it is asked again and again."""
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.02)
