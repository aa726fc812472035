"""What reading hostile files takes, measured in processes of their own."""

from collections.abc import Callable
from pathlib import Path

import pytest
import small_parent

from crawlblock.warc.reader import has_fastwarc
from warc import hostile

pytestmark = pytest.mark.own_code
pytest.importorskip("resource")  # Windows has none

_MOST = 300  # MB beyond the process after its imports
# Each way in which memory could grow; `hostile` has more kinds, of which some take a minute.
_LEAN = {
    "a header of 512 MiB", "a block of 64 MiB", "gzip in gzip", "gzip four times, each of 60 MiB",
    "a member of 600 MiB", "a record in two members of 40 MiB", "zstd of 512 MiB",
    "zstd with a window of 2 GiB", "zstd in HTTP", "a zstd dictionary of 512 MiB",
    "a zstd block of 64 MiB",
}  # fmt: skip


@pytest.mark.fault("import", "memory: {name}")
@pytest.mark.parametrize("name", [name for name in hostile.usable() if name in _LEAN])
def test_hostile_files_stay_within_memory(
    name: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """A file that unpacks to far more than it is takes at most 300 MB, and gives an outcome."""
    path = tmp_path / "file.warc.gz"
    path.write_bytes(hostile.KINDS[name]())
    how = "fast" if has_fastwarc() else "slow"
    peak, damages, found = map(int, small_parent.python(hostile.__file__, path, how).split())
    assert peak < _MOST
    assert damages or found
    record_property("proof", f"{name}: {peak} MB, {found} records, {damages} damages")
