"""The machine that measures: its name, its versions, and what processes take of it.

This imports no library: what a process has in memory when it begins another one counts as the peak
of the other.
"""

import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import chdir, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from multiprocessing import get_context
from pathlib import Path
from typing import ParamSpec, TypeVar

A = TypeVar("A")
P = ParamSpec("P")
T = TypeVar("T")

LIBRARIES = (
    "crawlblock", "aiohttp", "aiodns", "click", "distributed", "duckdb", "fastwarc", "numpy",
    "playwright", "polars", "protego", "warcio",
)  # fmt: skip


def about() -> dict[str, str]:
    """Return when and where this is measured, and with which versions."""
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "machine": f"{os.cpu_count()} cores/{_processor()}",
        "load": f"{os.getloadavg()[0]:.1f}",
        "Python": platform.python_version(),
    } | {name: found for name in LIBRARIES if (found := _version(name))}


def _version(library: str) -> str | None:
    try:
        return version(library)
    except PackageNotFoundError:
        return None


def _processor() -> str:
    """Return the name of the processor, as far as the system says it."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text("utf-8").splitlines() if info.exists() else []
    names = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def resident(process: int | None = None) -> float:
    """Return the resident memory of a process (else of this one) in MiB; Linux only."""
    pages = int(Path(f"/proc/{process or 'self'}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def processor_of(process: int) -> float:
    """Return the seconds of a processor that a process has used with all threads; Linux only."""
    return time.clock_gettime(~process << 3 | 2)  # the clock that clock_getcpuclockid(3) gives


class _Place:
    """Where that runs which has a process of its own."""

    here = False


@contextmanager
def in_this_process() -> Iterator[None]:
    """Run here what has a process of its own: much faster, and memory then says nothing."""
    _Place.here = True
    try:
        yield
    finally:
        _Place.here = False


def aside(call: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    """Return what a call gives in a new process."""
    if _Place.here:
        return call(*arguments, **named)
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(call, *arguments, **named).result()


def in_processes(call: Callable[[A], T], given: Iterable[A]) -> list[T]:
    """Return what a call makes of many things, in as many new processes as there are cores."""
    if _Place.here:
        return list(map(call, given))
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as pool:
        return list(pool.map(call, given))


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command took, and what it said."""

    seconds: float  # by the clock
    processor: float  # s of user and system
    peak: float  # MB
    said: str


def run_process(
    *command: str, folder: Path | None = None, environment: dict[str, str] | None = None
) -> Ran:
    """Run a command as a process of its own; raises RuntimeError if it fails."""
    begun = time.perf_counter()
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=os.environ | (environment or {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout
    with process.stdout:
        said = process.stdout.read().strip()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    taken = time.perf_counter() - begun
    if status:
        raise RuntimeError(f"{' '.join(command)} failed: {said}")
    return Ran(taken, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1000, said)


def crawlblock(*arguments: object, folder: Path | None = None) -> Ran:
    """Run a command of crawlblock in a folder as a process of its own."""
    words = [*map(str, arguments)]
    if _Place.here:
        return _run_here(words, folder or Path())
    return run_process(sys.executable, "-m", "crawlblock", *words, folder=folder)


def _run_here(words: list[str], folder: Path) -> Ran:
    from in_process import run_command

    clock, processor = time.perf_counter(), time.process_time()
    with chdir(folder):
        ended = run_command(words)
    said = ended.stdout + ended.stderr
    if ended.returncode:
        raise RuntimeError(f"{' '.join(words)} failed: {said}")
    clock, processor = time.perf_counter() - clock, time.process_time() - processor
    return Ran(clock, processor, resident(), said.strip())
