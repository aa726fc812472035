"""A dask scheduler and its workers as processes of their own, on loopback."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

TESTS = Path(__file__).parent
ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": os.pathsep.join((str(TESTS.parent), str(TESTS))),
    "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1",  # a task may cost two workers
}


@contextmanager
def started(log: Path, *command: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a module of Python beside the test, and end it with SIGTERM."""
    with (
        log.open("wb") as told,
        subprocess.Popen(
            [sys.executable, "-m", *command], stdout=told, stderr=told, env=ENVIRONMENT
        ) as process,
    ):
        try:
            yield process
        finally:
            process.terminate()


@contextmanager
def cluster(folder: Path, workers: int = 2, *options: str) -> Iterator[str]:
    """Give the address of a scheduler with workers, each a process under a nanny."""
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        address = stack.enter_context(scheduler(folder))
        for number in range(workers):
            stack.enter_context(worker(folder, address, f"w{number}", options))
        yield address


@contextmanager
def scheduler(folder: Path) -> Iterator[str]:
    """Give the address of a scheduler without workers."""
    about = folder / "scheduler.json"
    options = ("--host", "127.0.0.1", "--port", "0", "--dashboard-address", "127.0.0.1:0")
    with started(
        folder / "scheduler.log", "distributed.cli.dask_scheduler", *options,
        "--no-dashboard", "--scheduler-file", str(about),
    ) as process:  # fmt: skip
        until(lambda: about.exists() or process.poll() is not None)
        yield json.loads(about.read_text())["address"]


@contextmanager
def worker(
    folder: Path, address: str, name: str, options: Sequence[str] = ()
) -> Iterator[subprocess.Popen[bytes]]:
    """Start a worker of one thread."""
    with started(
        folder / f"{name}.log", "distributed.cli.dask_worker", address, "--nthreads", "1",
        "--no-dashboard", "--local-directory", str(folder), "--name", name, *options,
    ) as process:  # fmt: skip
        yield process


def until(happened: "object", seconds: float = 60) -> None:
    """Wait until a condition holds; it is asked again and again."""
    assert callable(happened)
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.02)
