"""Files that mean harm take little memory, and what is too large is said in one line."""

from collections.abc import Callable
from pathlib import Path

import hostile_files
import pytest
import small_parent

pytestmark = pytest.mark.own_code


def test_memory(tmp_path: Path, record_property: Callable[[str, str], None]) -> None:
    """No reader takes more than 300 MiB beyond the process, whatever file it gets."""
    hostile_files.write(tmp_path)
    said = small_parent.python(hostile_files.__file__, tmp_path)
    found = [line.split("\t") for line in said.splitlines()]
    assert [line for line in found if int(line[1]) > hostile_files.MOST] == []
    assert len(found) == sum(1 for _ in hostile_files.readers(tmp_path))
    assert int(found[-1][1]) > 0  # else it was not measured
    record_property("proof", f"{len(found)} hostile files took {found[-1][1]} MiB at most")
