"""Texts judged by several processes mean what they mean in one, in the same order."""

import multiprocessing
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from crawlblock.pipeline.judging import JudgedBatch, judged_batches
from crawlblock.store.conclusions import PendingText

ASKED = "from crawlblock.executor import usable_cores; print(usable_cores())"


def batches() -> Iterator[list[PendingText]]:
    """Yield batches of texts, some of which block the same agents."""
    for number in range(12):
        yield [
            PendingText(at, f"User-agent: agent{at % 7}\nDisallow: /{at % 5 or ''}\n".encode())
            for at in range(number * 20, number * 20 + 20)
        ]


@pytest.fixture(scope="module")
def in_one() -> list[JudgedBatch]:
    """Return what one process finds."""
    return list(judged_batches(batches(), 1))


def test_two_processes(in_one: list[JudgedBatch]) -> None:
    """Two processes give the same batches, policies and order."""
    assert list(judged_batches(batches(), 2)) == in_one
    assert [judged.text for batch in in_one for judged in batch.judged] == [*range(240)]


@pytest.mark.fault("process", "a process that judges texts, killed")
def test_a_killed_process(in_one: list[JudgedBatch]) -> None:
    """What a killed process was at is judged all the same."""
    found = []
    for batch in judged_batches(batches(), 2):
        found.append(batch)
        if len(found) == 2:
            for process in multiprocessing.active_children():
                process.kill()
    assert found == in_one


def test_a_script_of_a_user(tmp_path: Path) -> None:
    """A script that uses the package has one process: others would run the script again."""
    (tmp_path / "own.py").write_text(ASKED)
    asked = [[sys.executable, str(tmp_path / "own.py")], [sys.executable, "-c", ASKED]]
    printed = [subprocess.run(a, capture_output=True, text=True, check=True).stdout for a in asked]
    assert printed == ["1\n", f"{os.cpu_count()}\n"]
