"""Measures whole commands: import of the corpora, `make analyze`, and its steps one by one.

Each command runs as a process of its own on a new database; times are by the clock, and the peak
memory is the operating system's.
"""

import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from machine import Ran, crawlblock
from measured import CORPUS, Measurement, alone, at_most, parquet_files

SAMPLE = Path(__file__).resolve().parents[1] / "data" / "demo"
WHOLE = "make analyze"
SECONDS, MEMORY = {WHOLE: at_most(20)}, {WHOLE: at_most(1500)}
STEPS = ("import", WHOLE, "demo", "sample", "history", "weights", "analyze")
SMOKE = {"rounds": 1, "pattern": "publishers_*", "steps": ("sample", "weights")}


def commands(files: list[Path], folder: Path) -> dict[str, list[object]]:
    """Return the commands by name, in their order."""
    db = ["--db", folder / "db.duckdb"]
    archive = folder / "archive"
    return {
        "import": ["import", *files, "--db", folder / "import.duckdb"],
        WHOLE: ["demo", "--db", folder / "whole.duckdb"],
        "demo": ["demo", SAMPLE, archive],
        "sample": ["sample", "--list", SAMPLE / "hosts.csv", *db],
        "history": ["history", "--mirror", archive, "--crawls", "all", *db],
        "weights": ["weights", "--list", SAMPLE / "weights.csv", *db],
        "analyze": ["analyze", "-o", "table", *db],
    }


def measure(
    rounds: int = 5, corpus: Path = CORPUS, pattern: str = "*",
    steps: tuple[str, ...] = STEPS,
) -> Iterator[Measurement]:  # fmt: skip
    """Measure some of the commands."""
    files = [path.resolve() for path in parquet_files(corpus, pattern)]
    results: dict[str, list[Ran]] = defaultdict(list)
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            for step, arguments in commands(files, folder).items():
                if step in steps:
                    results[step].append(crawlblock(*arguments, folder=folder))
    for step, runs in results.items():
        print(f"{step}: {runs[-1].said.splitlines()[-1:]}")
        yield alone(f"`{step}`", "s", [run.seconds for run in runs], SECONDS.get(step))
        yield alone(f"`{step}`, peak", "MB", [run.peak for run in runs], MEMORY.get(step))
