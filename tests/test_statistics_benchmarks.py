"""The simulations of benchmarks/statistics run, in small: the whole ones take minutes."""

import importlib
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent.parent / "benchmarks" / "statistics"


@pytest.fixture
def simulations(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the modules of the folder be imported."""
    monkeypatch.syspath_prepend(FOLDER)
    for path in FOLDER.glob("*.py"):
        monkeypatch.delitem(sys.modules, path.stem, raising=False)


@pytest.mark.usefixtures("simulations")
def test_rule_sets() -> None:
    """Ten series of each case give four methods a row, and the exact one holds most truths."""
    found = list(importlib.import_module("as_computed").decided(tries=10))
    assert len(found) == 4 * 4 * 4
    exact = [tally for tally in found if tally.method.startswith("exact")]
    assert sum(tally.held for tally in exact) >= 0.88 * sum(tally.tries for tally in exact)


@pytest.mark.usefixtures("simulations")
def test_lost() -> None:
    """Two samples of one population give three designs a row, with the error of the estimate."""
    found = list(importlib.import_module("lost").lost(populations=1, tries=2))
    assert len(found) == 2 * 2 * 3
    assert all(tally.tries == 2 == len(tally.errors) for tally in found)
    assert all("lost" in tally.row() for tally in found)
