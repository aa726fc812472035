"""What is a robots.txt and what is not, held against what a person saw in real bodies."""

import csv
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from crawlblock.robots.sniff import is_robots
from crawlblock.warc.http import digest

pytestmark = pytest.mark.own_code

LABELS = Path(__file__).with_name("labels.csv")
# Scripts, a server's configuration and an error page: their comments are lines of a robots.txt.
TAKEN_FOR_ROBOTS = 14


def test_labels(shared: Path, record_property: Callable[[str, object], None]) -> None:
    """No body that a person took for a robots.txt is rejected; of the others, 14 are accepted."""
    rows = list(csv.reader(LABELS.read_text("utf-8").splitlines()))
    labels = dict(rows[1:])
    assert rows[0] == ["digest", "label"] and len(labels) == len(rows) - 1 >= 400
    frames = [pl.read_parquet(path, columns=["body"]) for path in shared.glob("corpus/*.parquet")]
    bodies = {path.read_bytes() for path in shared.glob("corpus/*/*.txt")}
    bodies |= set().union(*(frame["body"].drop_nulls().to_list() for frame in frames))
    found = Counter(
        (label, is_robots(body)) for body in bodies if (label := labels.get(digest(body)))
    )
    record_property("proof", f"labelled bodies: {dict(found)}")
    assert sum(found.values()) == len(labels)
    assert found["robots", False] == 0
    assert found["not", True] == TAKEN_FOR_ROBOTS
