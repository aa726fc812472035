"""Compare result files with what the facts give: `python -m verify --db DB --results FOLDER`."""

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from verify import changes, corpora, recomputed
from verify.meaning import meanings
from verify.recomputed import Facts, Key, Recomputed, Values
from verify.stored import Stored

PLACE = ("population", "snapshot", "dimension", "segment")
SPAN = ("population", "span", "dimension", "segment", "token", "selection")
EXACT, INTERVAL = 1e-9, 1e-6
MANSKI = 1e-4  # the package's curve for z is within 0.0002 of Imbens and Manski's equation
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Result:
    """A result file, what tells its rows apart, and how it is computed again."""

    name: str
    keys: tuple[str, ...]
    compute: Callable[[Facts], Recomputed]
    only: pl.Expr = field(default_factory=lambda: pl.lit(True))


ROOT = pl.col("definition") == "root"
RESULTS = (
    Result(
        "blocked", ("population", "snapshot", "token", "estimand"), recomputed.blocked, ROOT
    ),
    Result(
        "blocked_by_segment", (*PLACE, "token", "estimand"), recomputed.blocked_by_segment, ROOT
    ),
    Result("change", (*SPAN, "from_snapshot", "to_snapshot", "estimand"), changes.change),
    Result("openness_index", (*PLACE, "corpus", "unit", "estimand"), changes.openness_index),
    Result("gap", (*PLACE, "comparison", "estimand"), recomputed.gap),
    Result("selective", (*PLACE, "selection", "estimand"), recomputed.selective),
    Result("coverage", (*PLACE, "measure", "estimand"), recomputed.coverage),
    Result("lost", ("population", "snapshot", "token", "corpus", "unit"), corpora.lost),
    Result(
        "same_hosts", ("population", "snapshot", "series", "token", "estimand"),
        recomputed.same_hosts,
    ),
)  # fmt: skip


@dataclass(slots=True)
class Compared:
    """What a comparison found."""

    rows: int = 0
    values: int = 0
    largest: float = 0.0  # difference of two numbers
    mismatches: list[str] = field(default_factory=list)


def compare(result: Result, facts: Facts, folder: Path) -> Compared:
    """Compare every row of a result file, and every row that it should have."""
    frame = pl.read_parquet(folder / f"{result.name}.parquet").filter(result.only)
    counted = frame.filter(pl.col("population").is_in(["panel", "captured"]))  # no census
    stored = {
        tuple("" if row[key] is None else row[key] for key in result.keys): row
        for row in counted.iter_rows(named=True)
    }
    found = Compared()
    for key, values in result.compute(facts):
        row = stored.pop(key, None)
        if row is None:
            found.mismatches.append(f"{_told(result, key)}: the file has no such row")
            continue
        found.rows += 1
        _compare_row(_told(result, key), row, values, found)
    extra = (f"{_told(result, key)}: the facts give no such row" for key in stored)
    found.mismatches.extend(extra)
    return found


def _compare_row(told: str, row: dict[str, object], values: Values, found: Compared) -> None:
    for name, value in values.items():
        if name not in row:
            continue
        found.values += 1
        written = row[name]
        if not isinstance(written, (int, float)) or value != value:
            if written is not None or value == value:
                found.mismatches.append(f"{told}: {name} is {written}, recomputed {value}")
            continue
        difference = abs(written - value)
        found.largest = max(found.largest, difference)
        if not difference <= _tolerance(name, row):
            found.mismatches.append(f"{told}: {name} is {written}, recomputed {value}")


def _tolerance(name: str, row: dict[str, object]) -> float:
    if name.startswith("bound_"):
        return EXACT if row["estimand"] == "list" or "corpus" in row else MANSKI
    return INTERVAL if name in ("low", "high", "change_low", "change_high") else EXACT


def _told(result: Result, key: Key) -> str:
    named = (f"{name} {value}" for name, value in zip(result.keys, key, strict=True) if value)
    return f"{result.name}, " + ", ".join(named)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print how many values were compared; return 1 if one differs."""
    parser = argparse.ArgumentParser(prog="verify", description=__doc__)
    parser.add_argument("--db", type=Path, required=True)
    parser.add_argument("--results", type=Path, required=True)
    given = parser.parse_args(arguments)
    stored = Stored(given.db)
    facts = Facts(stored, meanings(stored.texts))
    print(f"{'result':20}{'rows':>9}{'values':>10}{'mismatches':>12}{'largest difference':>20}")
    mismatches: list[str] = []
    for result in RESULTS:
        found = compare(result, facts, given.results)
        mismatches += found.mismatches[:SHOWN]
        print(
            f"{result.name:20}{found.rows:9,}{found.values:10,}{len(found.mismatches):12,}"
            f"{found.largest:20.1e}"
        )
    for mismatch in mismatches:
        print(mismatch)
    return 1 if mismatches else 0


if __name__ == "__main__":
    sys.exit(main())
