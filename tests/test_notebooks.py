"""The notebooks run on a database as they stand."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from test_store import fill, no_progress

from crawlblock.pipeline.evaluate import evaluate
from crawlblock.pipeline.runs import Tally
from crawlblock.store.store import Store

NOTEBOOKS = sorted((Path(__file__).parent.parent / "notebooks").glob("*.py"))


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs(notebook: Path, tmp_path: Path) -> None:
    """A notebook reads the published copy and prints what it found."""
    store = Store(tmp_path / "db.duckdb")
    fill(store, "a.example", "b.example")
    evaluate(store, Tally(), no_progress)
    done = subprocess.run(
        [sys.executable, "-W", "error", str(notebook)],
        env=os.environ | {"CRAWLBLOCK_DB": str(store.publish())},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert "GPTBot" in done.stdout
