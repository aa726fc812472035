"""What is costly to make is made once for all processes of a test run."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock


def copy_of_made(
    factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None], within: str = "data"
) -> Path:
    """Return a copy of one's own of a folder; who is first makes it, the others wait."""
    base = factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / f"shared-{name}"
    whole = folder.with_suffix(".whole")
    with FileLock(f"{folder}.lock"):
        if not whole.exists():
            shutil.rmtree(folder, ignore_errors=True)  # of a process whose attempt failed
            make(folder)
            whole.touch()
    own = factory.mktemp(name) / within
    shutil.copytree(folder, own)
    return own
