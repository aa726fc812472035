"""Compare result files with what the facts give: `python -m verify --db DB --results FOLDER`."""

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from verify import archives, census, changes, corpora, hosts, kinds, recomputed, rulesets, waiting
from verify.meaning import meanings
from verify.recomputed import Facts, Key, Recomputed, Values
from verify.stored import Stored

PLACE = ("population", "snapshot", "dimension", "segment")
SPAN = ("population", "span", "dimension", "segment", "token", "selection")
EXACT, INTERVAL = 1e-9, 1e-6
MANSKI = 1e-4  # the package's curve for z is within 0.0002 of Imbens and Manski's equation
P_VALUE = 1e-6  # the package's formula for the normal distribution is within 1e-7
STUDENT = 1e-4  # the package's expansion of Student's quantile is within 0.0003
TURNBULL = 1e-6  # the package stops where the likelihood may gain 1e-5 of its logarithm
LATTICE = 5e-3  # sizes of many kinds are rounded, by the package to 2048 cells
ENDS = ("low", "high")
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Result:
    """A result file, what tells its rows apart, and how it is computed again."""

    name: str
    keys: tuple[str, ...]
    compute: Callable[[Facts], Recomputed]


RESULTS = (
    Result(
        "blocked", ("population", "snapshot", "token", "definition", "estimand"),
        recomputed.blocked,
    ),
    Result(
        "blocked_by_segment", (*PLACE, "token", "definition", "estimand"),
        recomputed.blocked_by_segment,
    ),
    Result(
        "blocked_by_basis", ("population", "snapshot", "token", "basis", "definition", "estimand"),
        kinds.by_basis,
    ),
    Result(
        "blocked_by_purpose", (*PLACE, "purpose", "definition", "estimand"), kinds.by_purpose
    ),
    Result(
        "blocked_by_openness", (*PLACE, "openness", "definition", "estimand"), kinds.by_openness
    ),
    Result("change", (*SPAN, "from_snapshot", "to_snapshot", "estimand"), changes.change),
    Result("transitions", ("population", "host", "token", "snapshot"), hosts.transitions),
    Result("attrition", ("dimension", "segment", "token"), hosts.attrition),
    Result("openness_index", (*PLACE, "corpus", "unit", "estimand"), changes.openness_index),
    Result(
        "archives", (*PLACE, "archive", "token", "measure", "estimand"), archives.archives
    ),
    Result("gap", (*PLACE, "comparison", "estimand"), recomputed.gap),
    Result("selective", (*PLACE, "selection", "estimand"), recomputed.selective),
    Result("coverage", (*PLACE, "measure", "estimand"), recomputed.coverage),
    Result("lost", ("population", "snapshot", "token", "corpus", "unit"), corpora.lost),
    Result("survival", ("token", "timing", "after", "before"), waiting.survival),
    Result("rulesets", ("population", "snapshot", "token"), rulesets.rulesets),
    Result("authors", (*PLACE, "token", "authored_by", "origin"), rulesets.authors),
    Result(
        "same_hosts", ("population", "snapshot", "series", "token", "estimand"),
        recomputed.same_hosts,
    ),
)  # fmt: skip
CENSUS_RESULTS = (
    Result(
        "blocked", ("population", "snapshot", "token", "definition", "estimand"), census.blocked
    ),
    Result("gap", (*PLACE, "comparison", "estimand"), census.gap),
    Result("selective", (*PLACE, "selection", "estimand"), census.selective),
    Result("coverage", (*PLACE, "measure", "estimand"), census.coverage),
)


@dataclass(slots=True)
class Compared:
    """What a comparison found."""

    rows: int = 0
    values: int = 0
    largest: float = 0.0  # difference of two numbers
    mismatches: list[str] = field(default_factory=list)


def expected_rows(result: Result, facts: Facts) -> Recomputed:
    """Yield what the facts give for a result; about a sampled segment the rows of samples alone."""
    sampled = {s for s, of in facts.stored.sampled.items() if len(of) == 1 and None not in of}
    if not {"dimension", "segment", "estimand"} <= set(result.keys):
        yield from result.compute(facts)
        return
    at, place = result.keys.index("estimand"), result.keys.index("dimension")
    for key, values in result.compute(facts):
        if key[place : place + 2] not in sampled:
            yield key, values
        elif key[at] != "list":
            yield (*key[:at], "sample", *key[at + 1 :]), values


def compare(result: Result, expected: Iterable[tuple[Key, Values]], folder: Path) -> Compared:
    """Compare every row of a result file, and every row that it should have."""
    frame = pl.read_parquet(folder / f"{result.name}.parquet")
    stored = {
        tuple("" if row[key] is None else row[key] for key in result.keys): row
        for row in frame.iter_rows(named=True)
    }
    found = Compared()
    if len(stored) < len(frame):
        found.mismatches.append(f"{result.name}: {len(frame) - len(stored)} rows occur twice")
    for key, values in expected:
        row = stored.pop(key, None)
        if row is None:
            found.mismatches.append(f"{_row_name(result, key)}: the file has no such row")
            continue
        found.rows += 1
        _compare_row(_row_name(result, key), row, values, found)
    extra = (f"{_row_name(result, key)}: the facts give no such row" for key in stored)
    found.mismatches.extend(extra)
    return found


def _compare_row(row_name: str, row: dict[str, object], values: Values, found: Compared) -> None:
    lattice = LATTICE if values.get("on_lattice") else 0.0
    for name, value in values.items():
        if name == "on_lattice":
            continue
        found.values += 1
        written = row.get(name, "no column")
        if not isinstance(value, float):
            if written != value:
                found.mismatches.append(f"{row_name}: {name} is {written}, recomputed {value}")
            continue
        if not isinstance(written, (int, float)) or value != value:
            if written is not None or value == value:
                found.mismatches.append(f"{row_name}: {name} is {written}, recomputed {value}")
            continue
        difference = abs(written - value)
        found.largest = max(found.largest, difference)
        if not difference <= max(_tolerance(name, row), lattice if name in ENDS else 0):
            found.mismatches.append(f"{row_name}: {name} is {written}, recomputed {value}")


def _tolerance(name: str, row: dict[str, object]) -> float:
    if name.startswith("bound_"):
        return EXACT if row["estimand"] in ("list", "rulesets") or row.get("corpus") else MANSKI
    of_files = row.get("population") in ("hosts", "domains")
    if (of_files or "largest_domain" in row) and name in ("low", "high"):
        return STUDENT
    if name == "p":
        return P_VALUE
    if "timing" in row and name in ("estimate", "low", "high"):
        return TURNBULL
    return INTERVAL if name in ("low", "high", "change_low", "change_high") else EXACT


def _row_name(result: Result, key: Key) -> str:
    named = (f"{name} {value}" for name, value in zip(result.keys, key, strict=True) if value)
    return f"{result.name}, " + ", ".join(named)


def report(facts: Facts, folder: Path, results: Sequence[Result] = RESULTS) -> int:
    """Print how many values of a folder were compared; return how many differ."""
    print(f"{'result':20}{'rows':>9}{'values':>12}{'mismatches':>12}{'largest difference':>20}")
    shown, differ = [], 0
    for result in results:
        found = compare(result, expected_rows(result, facts), folder)
        differ += len(found.mismatches)
        shown += found.mismatches[:SHOWN]
        print(
            f"{result.name:20}{found.rows:9,}{found.values:12,}{len(found.mismatches):12,}"
            f"{found.largest:20.1e}"
        )
    print("\n".join(shown) or "every value is as the facts have it")
    return differ


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare the results of a database; return 1 if a value differs."""
    parser = argparse.ArgumentParser(prog="verify", description=__doc__)
    parser.add_argument("--db", type=Path, required=True, help="the database")
    parser.add_argument("--results", type=Path, required=True, help="the folder of its results")
    parser.add_argument("--census", action="store_true", help="the results are about whole crawls")
    parser.add_argument("--only", action="append", choices=[r.name for r in RESULTS])
    given = parser.parse_args(arguments)
    every = CENSUS_RESULTS if given.census else RESULTS
    wanted = [result for result in every if result.name in (given.only or result.name)]
    files = [given.db, *(given.results / f"{result.name}.parquet" for result in wanted)]
    if absent := [str(file) for file in files if not file.is_file()]:
        parser.error(f"there is no {absent[0]}: run crawlblock analyze, or say DB= and RESULTS=")
    stored = Stored(given.db)
    return min(1, report(Facts(stored, meanings(stored.texts)), given.results, wanted))


if __name__ == "__main__":
    sys.exit(main())
