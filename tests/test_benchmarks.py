"""Each benchmark runs in small and measures something. No test says how fast it is."""

import json
import math
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import machine
import measured
import polars as pl
import pytest
import run
import verdict_changes
from measured import Measurement, alone, at_least, at_most, paired
from pages import need_chromium

BENCHMARKS = Path(run.__file__).parent


@pytest.fixture
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the modules of the simulations be imported."""
    folder = BENCHMARKS / "statistics"
    monkeypatch.syspath_prepend(folder)
    for path in folder.glob("*.py"):
        monkeypatch.delitem(sys.modules, path.stem, raising=False)


@pytest.mark.usefixtures("shared", "importable")
@pytest.mark.parametrize("name", run.BENCHMARKS)
def test_each_in_small(name: str, request: pytest.FixtureRequest) -> None:
    """A small run of a benchmark ends, its own checks hold, and its figures are figures."""
    if name == "page":
        need_chromium()
    if name == "first_run":  # its stand-in is made once for all tests
        folders = request.getfixturevalue("rendered")
        request.getfixturevalue("monkeypatch").setattr("first_run.render", lambda _: folders)
    with machine.in_this_process():
        found = run.measure(name, smoke=True, given={})
    assert len({(each.what, each.unit, each.against) for each in found}) == len(found) > 0
    for each in found:
        check(each)


def check(found: Measurement) -> None:
    """Check that a measurement of one round has figures, and the ratio that they have."""
    assert math.isfinite(found.ours) and found.rounds > 0
    assert found.ours > 0 or found.unit == "%"
    assert (found.other is None) == (not found.against)
    compared = found.goal.bound if found.goal and found.other is None else found.other
    assert found.ratio == (None if compared is None else pytest.approx(found.ours / compared))
    assert found.row().count(" | ") == 5


def test_every_benchmark_is_run() -> None:
    """What has a function `measure` is a benchmark that the runner knows, and has a small size."""
    able = {path.stem for path in BENCHMARKS.rglob("*.py") if "\ndef measure(" in path.read_text()}
    assert able - {"run"} == set(run.BENCHMARKS)
    for name in run.BENCHMARKS:
        assert run.options(name)


def test_the_whole_run(tmp_path: Path) -> None:
    """One that fails does not end a run: the others are written, and the end names it."""
    command = [sys.executable, str(BENCHMARKS / "run.py"), "start", "judge", "waiting", "--smoke"]
    command += ["--set", "corpus=nowhere", "--set", "seeds=2", "--into", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert "FileNotFoundError: nowhere: no Parquet files" in done.stderr
    assert done.stderr.endswith("\nfailed: judge\n")
    table = (tmp_path / "benchmarks.md").read_text()
    assert done.stdout.endswith(table)
    written = json.loads((tmp_path / "benchmarks.json").read_text())
    assert {"date", "machine", "load", "Python", "crawlblock", "size"} <= set(written["about"])
    assert set(written["minutes"]) == {"start", "judge", "waiting"}
    assert "\n\nMinutes: start " in table
    found = written["measurements"]
    assert {each["benchmark"] for each in found} == {"start", "waiting"}
    assert {each["rounds"] for each in found if each["benchmark"] == "waiting"} == {2}
    rows = [line for line in table.splitlines() if line.startswith(("| start", "| waiting"))]
    assert len(rows) == len(found)


@pytest.mark.parametrize("wrong", [["starts"], ["start", "--set", "host=5"]])
def test_what_nobody_has(wrong: list[str], tmp_path: Path) -> None:
    """A benchmark or an option that does not exist is refused before anything is measured."""
    with pytest.raises(SystemExit) as refused:
        run.main([*wrong, "--smoke", "--into", str(tmp_path)])
    assert refused.value.code == 2
    assert not any(tmp_path.iterdir())


def test_a_full_run_has_five_rounds() -> None:
    """Each benchmark that has rounds takes at least five, and one in small."""
    for name in set(run.BENCHMARKS) - {"coverage"}:
        module = import_module(name)
        if "rounds" in run.options(name):
            assert run.defaults(module)["rounds"] >= 5
            assert module.SMOKE["rounds"] == 1


def test_rounds_in_turns() -> None:
    """Each round begins with the next contestant, and each gives a figure for each round."""
    asked: list[str] = []

    def contestant(name: str, figure: float) -> float:
        asked.append(name)
        return figure

    contestants = {name: lambda n=name: contestant(n, len(asked)) for name in "abc"}
    assert measured.in_turns(contestants, 3) == {"a": [0, 5, 7], "b": [1, 3, 8], "c": [2, 4, 6]}
    assert "".join(asked) == "abcbcacab"


def test_ratios() -> None:
    """The ratio is the median of the rounds' ratios, and the goal is one for it or the figure."""
    found = paired("reads", "files/s", [30, 10, 20], [10, 2, 20], "another", at_least(3))
    assert (found.ours, found.other, found.ratio, found.rounds) == (20, 10, 3, 3)
    assert found.met
    assert found.row() == "reads | 20 files/s | 10 (another) | 3 | at least 3: met | 3"
    single = alone("start", "s", [0.3, 0.1234, 0.5], at_most(0.25))
    assert single.row() == "start | 0.3 s |  | 1.2 | at most 0.25: missed | 3"
    assert alone("size", "MB", [1234.5]).row() == "size | 1,234 MB |  |  |  | 1"
    with pytest.raises(ValueError, match="shorter"):
        paired("reads", "files/s", [1, 2], [1], "another")


def test_verdicts_that_did_not_change(tmp_path: Path) -> None:
    """The comparison of two versions finds nothing between a version and itself."""
    texts = tmp_path / "texts.parquet"
    body = b"User-agent: GPTBot\nDisallow: /\n"
    pl.DataFrame({"digest": ["a", "b"], "body": [body, b"<html>"]}).write_parquet(texts)
    verdict_changes.read(texts)
    found = pl.read_parquet(texts.with_suffix(".read"))
    assert found.filter(pl.col("root_allowed").not_(), token="GPTBot").height == 1
    assert not any(frame.height for frame in verdict_changes.compared(found, found))
    earlier = found.filter(pl.col("token") != "GPTBot").with_columns(basis=pl.lit("wildcard"))
    changed, new = verdict_changes.compared(earlier, found)
    assert changed.height == earlier.height and new.height == 2


@pytest.mark.usefixtures("importable")
def test_rule_sets() -> None:
    """Ten series of each case give four methods a row, and the exact one holds most truths."""
    found = list(import_module("as_computed").decided(tries=10))
    assert len(found) == 4 * 4 * 4
    exact = [tally for tally in found if tally.method.startswith("exact")]
    assert sum(tally.held for tally in exact) >= 0.88 * sum(tally.tries for tally in exact)


@pytest.mark.usefixtures("importable")
def test_lost() -> None:
    """Two samples of one population give three designs a row, with the error of the estimate."""
    found = list(import_module("lost").lost(populations=1, tries=2))
    assert len(found) == 2 * 2 * 3
    assert all(tally.tries == 2 == len(tally.errors) for tally in found)
    assert all("lost" in tally.row() for tally in found)


@pytest.mark.usefixtures("importable")
def test_counting() -> None:
    """Hosts that count in one of their files leave no bias, those in every file some points."""
    found = list(import_module("counting").counting(tries=20))
    assert [tally.method for tally in found] == ["in every file", "in one file"] * 3
    for every, once in zip(found[::2], found[1::2], strict=True):
        assert abs(once.points()) < 0.5 < every.points()
