"""Measures the processor time that short commands need: what a person waits for at every call.

Usage:
    python benchmarks/start.py [--rounds 11]

Each command runs as a process of its own.  Processor time is user and system time of that process
and of its children; the table has the median over the rounds.
"""

import argparse
import os
import platform
import statistics
import sys
import tempfile
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from crawlblock import __version__

ROBOTS = b"User-agent: GPTBot\nDisallow: /\n\nUser-agent: *\nDisallow: /private\n"
COMPLETION = {
    "_CRAWLBLOCK_COMPLETE": "bash_complete",
    "COMP_WORDS": "crawlblock check robots.txt --token GPTB",
    "COMP_CWORD": "4",
}
MAIN = "import sys; sys.argv[0] = 'crawlblock'; from crawlblock.cli import main; main()"
Measured = tuple[list[str], Mapping[str, str], float | None]  # command, environment, bound in s


def commands(robots: Path) -> dict[str, Measured]:
    """Return what is measured by name, with the processor time that it may take."""
    run = [sys.executable, "-c", MAIN]
    return {
        "`crawlblock --help`": ([*run, "--help"], {}, 0.25),
        "completion of `--token GPTB`": (run, COMPLETION, 0.25),
        "`crawlblock check FILE`": ([*run, "check", str(robots)], {}, 0.4),
        "`import crawlblock`": ([sys.executable, "-c", "import crawlblock"], {}, None),
        "Python alone": ([sys.executable, "-c", ""], {}, None),
    }


def processor_time(command: list[str], environment: Mapping[str, str]) -> float:
    """Run a command and return its processor time in s; raises SystemExit if it fails."""
    nowhere = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    given = os.environ | environment
    process = os.posix_spawn(command[0], command, given, file_actions=nowhere)
    _, status, usage = os.wait4(process, 0)
    if status:
        raise SystemExit(f"{' '.join(command)} failed")
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=11)
    rounds = parser.parse_args().rounds
    print(
        f"{os.cpu_count()} cores/{_processor()}, Python {platform.python_version()}, "
        f"click {version('click')}, crawlblock {__version__}; medians of {rounds}\n"
    )
    print("| command | s of processor time | bound |\n|---|---|---|")
    missed = []
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "robots.txt").write_bytes(ROBOTS)
        for name, (command, environment, bound) in commands(Path(folder) / "robots.txt").items():
            times = [processor_time(command, environment) for _ in range(rounds + 1)]
            median = statistics.median(times[1:])  # the first may compile modules
            print(f"| {name} | {median:.3f} | {bound or ''} |")
            missed += [name] if bound and median > bound else []
    if missed:
        raise SystemExit(f"over its bound: {', '.join(missed)}")


def _processor() -> str:
    """Return the name of the processor, as far as the system says it."""
    told = Path("/proc/cpuinfo")
    lines = told.read_text("utf-8").splitlines() if told.exists() else []
    names = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


if __name__ == "__main__":
    main()
