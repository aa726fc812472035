"""Measures the processor time that short commands need: what a person waits for at every call.

Each command runs as a process of its own.  Processor time is user and system time of that process
and of its children.
"""

import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from machine import run_process
from measured import Goal, Measurement, alone, at_most, in_turns, paired

ROBOTS = b"User-agent: GPTBot\nDisallow: /\n\nUser-agent: *\nDisallow: /private\n"
COMPLETION = {
    "_CRAWLBLOCK_COMPLETE": "bash_complete",
    "COMP_WORDS": "crawlblock check robots.txt --token GPTB",
    "COMP_CWORD": "4",
}
MAIN = "import sys; sys.argv[0] = 'crawlblock'; from crawlblock.cli import main; main()"
PYTHON = "Python alone"
GOALS: dict[str, Goal] = {
    "`crawlblock --help`": at_most(0.25),
    "completion of `--token GPTB`": at_most(0.25),
    "`crawlblock check FILE`": at_most(0.4),
}
SMOKE = {"rounds": 1}


def commands(robots: Path) -> dict[str, tuple[list[str], dict[str, str]]]:
    """Return the arguments of Python and the environment of what is measured, by name."""
    run = ["-c", MAIN]
    return {
        "`crawlblock --help`": ([*run, "--help"], {}),
        "completion of `--token GPTB`": (run, COMPLETION),
        "`crawlblock check FILE`": ([*run, "check", str(robots)], {}),
        "`import crawlblock`": (["-c", "import crawlblock"], {}),
        PYTHON: (["-c", ""], {}),
    }


def processor(arguments: list[str], environment: dict[str, str]) -> float:
    """Return the processor time of a run of Python in s."""
    return run_process(sys.executable, *arguments, environment=environment).processor


def measure(rounds: int = 11) -> Iterator[Measurement]:
    """Measure each command in turns with the others; the first round may compile modules."""
    with tempfile.TemporaryDirectory() as folder:
        robots = Path(folder) / "robots.txt"
        robots.write_bytes(ROBOTS)
        measured = {name: partial(processor, *what) for name, what in commands(robots).items()}
        in_turns(measured, 1)
        times = in_turns(measured, rounds)
    for name, goal in GOALS.items():
        yield alone(name, "s", times[name], goal)
    yield paired("`import crawlblock`", "s", times["`import crawlblock`"], times[PYTHON], PYTHON)
