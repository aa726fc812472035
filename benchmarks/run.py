"""Runs benchmarks one after the other and writes one table of what they measured.

Usage:
    python benchmarks/run.py [NAME ...] [--smoke] [--set OPTION=VALUE ...] [--into build]

Each benchmark runs in a process of its own.  The table is written as benchmarks.md and
benchmarks.json after each benchmark, so an interrupted run keeps what it measured.  A benchmark
that fails does not end the run; the run then ends with exit code 1.

The options of a benchmark are the parameters of its function `measure`; `--set` changes one in each
benchmark that has it.  Several values have commas between them, and `yes` turns an option on.
"""

import argparse
import ast
import json
import os
import sys
import time
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib import import_module
from inspect import signature
from pathlib import Path
from types import ModuleType
from typing import Any

from machine import about, aside
from measured import HEADER, Measurement, rows, short

HERE = Path(__file__).resolve().parent
FOLDERS = (HERE / "statistics", HERE.parent / "tests")  # of what benchmarks import, beside this one
BENCHMARKS: dict[str, Mapping[str, str]] = {  # what is measured, with its environment
    "start": {},
    "judge": {},
    "hostile": {},
    "commands": {},
    "live_run": {},
    "waiting": {},
    "results": {},
    "scale": {},
    "scale_merge": {},
    "page": {},
    "first_run": {},
    "history_plan": {},
    "sample_crawl": {},
    "coverage": {},
    "census": {},
    "scan_run": {"POLARS_MAX_THREADS": "1"},  # how much one core does
    "not_robots": {},
    "origins": {},
}


def measure(name: str, *, smoke: bool, given: Mapping[str, str]) -> list[Measurement]:
    """Run one benchmark in this process; a small run takes its sizes from SMOKE."""
    module = import_module(name)
    sizes: dict[str, Any] = dict(module.SMOKE) if smoke else {}
    kinds = defaults(module)
    sizes |= {name: _read(text, kinds[name]) for name, text in given.items() if name in kinds}
    return list(module.measure(**sizes))


def defaults(module: ModuleType) -> dict[str, Any]:
    """Return the sizes of a full run."""
    return {name: each.default for name, each in signature(module.measure).parameters.items()}


def options(name: str) -> list[str]:
    """Return the options of a benchmark; nothing is imported, because this process stays small."""
    (path,) = HERE.rglob(f"{name}.py")
    functions = (n for n in ast.parse(path.read_bytes()).body if isinstance(n, ast.FunctionDef))
    return [a.arg for f in functions if f.name == "measure" for a in f.args.args]


def _read(text: str, default: Any) -> Any:
    """Return a value of the kind that the default has."""
    if isinstance(default, bool):
        return text == "yes"
    if isinstance(default, tuple):
        return tuple(_read(part, default[0] if default else "") for part in text.split(","))
    return type(default)(text)


def measure_aside(name: str, *, smoke: bool, given: Mapping[str, str]) -> list[Measurement]:
    """Run one benchmark in a process of its own; raises what it raises."""
    os.environ.update(BENCHMARKS[name])
    try:
        return aside(measure, name, smoke=smoke, given=given)
    finally:
        for variable in BENCHMARKS[name]:
            del os.environ[variable]


def write(
    folder: Path, head: Mapping[str, str], found: Mapping[str, Sequence[Measurement]],
    minutes: Mapping[str, float],
) -> str:  # fmt: skip
    """Write the table and the minutes of each benchmark as Markdown and JSON; return Markdown."""
    lines = [row for name, measurements in found.items() for row in rows(name, measurements)]
    text = ", ".join(f"{name} {value}" for name, value in head.items())
    each = ", ".join(f"{name} {short(taken)}" for name, taken in minutes.items())
    last = f"Minutes: {each}; together {short(sum(minutes.values()))}."
    text = "\n".join([text, "", HEADER, *lines, "", last, ""])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "benchmarks.md").write_text(text, "utf-8")
    every = [
        {"benchmark": name, **asdict(each), "met": each.met}
        for name, measurements in found.items()
        for each in measurements
    ]
    data = json.dumps({"about": head, "minutes": minutes, "measurements": every}, indent=1)
    (folder / "benchmarks.json").write_text(data, "utf-8")
    return text


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is named, or all; return 1 if one failed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--smoke", action="store_true", help="run each in small")
    parser.add_argument("--set", action="append", default=[], metavar="OPTION=VALUE")
    parser.add_argument("--into", type=Path, default=Path("build"), help="default: %(default)s")
    asked = parser.parse_args(arguments)
    names = asked.names or list(BENCHMARKS)
    if unknown := sorted(set(names) - set(BENCHMARKS)):
        parser.error(f"no such benchmark: {', '.join(unknown)}")
    given = dict(each.partition("=")[::2] for each in asked.set)
    if unknown := sorted(set(given).difference(*map(options, BENCHMARKS))):
        parser.error(f"no benchmark has the option {', '.join(unknown)}")
    sys.path[:0] = map(str, FOLDERS)
    head = about() | ({"size": "smoke, so the figures say nothing"} if asked.smoke else {})
    found: dict[str, list[Measurement]] = {}
    minutes: dict[str, float] = {}
    failed, text = [], ""
    for name in names:
        print(f"\n{name}", flush=True)
        begun = time.monotonic()
        try:
            found[name] = measure_aside(name, smoke=asked.smoke, given=given)
        except Exception:  # the next one may do
            traceback.print_exc()
            failed.append(name)
        minutes[name] = (time.monotonic() - begun) / 60
        text = write(asked.into, head, found, minutes)
    print(f"\n{text}", end="")
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
