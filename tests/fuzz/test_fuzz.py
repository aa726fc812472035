"""No input makes a reader fail with anything but an error of ours, or keeps it busy for long."""

import os
import random
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from crawlblock.errors import CrawlblockError
from fuzz.readers import Reader, World, readers

pytestmark = pytest.mark.own_code

COUNT = int(os.environ.get("CRAWLBLOCK_MUTATIONS", "0")) or 200
_LONGEST = 20  # s for one input, on a busy machine
NAMES = (
    "collinfo.json", "paths", "cluster.idx", "CDX", "Parquet index", "WARC", "web graph ranks",
    "graphinfo.json", "CSV import", "JSONL import", "Parquet import", "observation times", "list",
    "ranks", "weights", "plan", "shard", "journal", "TOML", "own entries",
)  # fmt: skip


class _StuckError(BaseException):
    """A reader did not come to an end."""


@contextmanager
def _alarm() -> Iterator[None]:
    def ring(*_: object) -> None:
        raise _StuckError

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(_LONGEST)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def _outcome(reader: Reader, data: bytes) -> str:
    """Return how a reader took an input: read, or the name of our error."""
    try:
        with _alarm():
            reader.read(data)
    except CrawlblockError as error:
        assert str(error).strip(), "an error without a message"
        return type(error).__name__
    return "read"


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Reader]:
    """Return the readers by name."""
    return {each.name: each for each in readers(World(tmp_path_factory.mktemp("fuzz")))}


@pytest.mark.timeout(7_200)
@pytest.mark.parametrize("name", NAMES)
def test_mutations(
    table: dict[str, Reader], name: str, record_property: Callable[[str, str], None], tmp_path: Path
) -> None:
    """Each mutation is read, or ends in an error of ours; the input of a fault is kept."""
    reader = table[name]
    assert set(table) == set(NAMES)
    ends: Counter[str] = Counter()
    for number in range(COUNT):
        data = reader.feed(random.Random(f"{name} {number}"))
        try:
            ends[_outcome(reader, data)] += 1
        except BaseException as fault:
            kept = tmp_path / "input"
            kept.write_bytes(data)
            pytest.fail(f"mutation {number} ({kept}): {type(fault).__name__}: {fault}")
    counts = ", ".join(f"{end} {count:,}" for end, count in ends.most_common())
    record_property("proof", f"{name}: {COUNT:,} mutations of {', '.join(reader.seeds)}: {counts}")
