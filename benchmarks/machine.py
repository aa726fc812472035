"""The machine that measures: its name, its versions, and what processes take of it.

This imports no library: what a process has in memory when it begins another one counts as the peak
of the other.
"""

import os
import platform
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

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
    return run_process(sys.executable, "-m", "crawlblock", *map(str, arguments), folder=folder)
