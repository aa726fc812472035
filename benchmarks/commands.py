"""Measures whole commands: import of the corpora, `make analyze`, and its steps one by one.

Usage:
    python benchmarks/commands.py CORPUS [--rounds 3] [--steps]

Each command runs as a process of its own on a new database; wall times and peak memory are the
operating system's, medians over the rounds.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SAMPLE = Path(__file__).parents[1] / "data" / "demo"


def measure(arguments: list[str], folder: Path) -> tuple[float, float, str]:
    """Run a command in a folder; return its wall time in s, its peak memory in MB and last line."""
    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "crawlblock", *arguments],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr
    said = process.stderr.read().strip().splitlines()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{arguments[0]} failed: {said[-1:]}")
    return time.perf_counter() - begun, usage.ru_maxrss / 1000, said[-1] if said else ""


def commands(corpus: Path, folder: Path) -> dict[str, list[str]]:
    """Return the commands by name, in their order."""
    db = ["--db", str(folder / "db.duckdb")]
    archive = str(folder / "archive")
    files = [str(path) for path in sorted(corpus.glob("*.parquet"))]
    return {
        "import of the corpora": ["import", *files, "--db", str(folder / "import.duckdb")],
        "make analyze": ["demo", "--db", str(folder / "whole.duckdb")],
        "demo": ["demo", str(SAMPLE), archive],
        "sample": ["sample", "--list", str(SAMPLE / "hosts.csv"), *db],
        "history": ["history", "--mirror", archive, "--crawls", "all", *db],
        "weights": ["weights", "--list", str(SAMPLE / "weights.csv"), *db],
        "analyze": ["analyze", "-o", "table", *db],
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    here = Path(__file__).parents[2] / "shared" / "corpus"
    parser.add_argument("corpus", type=Path, nargs="?", default=here, help="default: %(default)s")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", action="store_true", help="`make analyze` and its steps alone")
    options = parser.parse_args()
    if not any(options.corpus.glob("*.parquet")):
        parser.error(f"{options.corpus}: no Parquet files; name a folder that has some")
    results: dict[str, list[tuple[float, float, str]]] = {}
    for _ in range(options.rounds):
        with tempfile.TemporaryDirectory() as folder:
            for name, arguments in commands(options.corpus.resolve(), Path(folder)).items():
                if options.steps and arguments[0] == "import":
                    continue
                results.setdefault(name, []).append(measure(arguments, Path(folder)))
    for name, runs in results.items():
        seconds = statistics.median(run[0] for run in runs)
        memory = statistics.median(run[1] for run in runs)
        print(f"{name:24}{seconds:8.1f} s{memory:8.0f} MB   {runs[-1][2]}")


if __name__ == "__main__":
    main()
