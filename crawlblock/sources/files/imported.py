"""What an import gives: captures as the database takes them, payloads, and what was left out."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import polars as pl

from crawlblock.model import Payload

RESOURCE = "/robots.txt"
MOST_KEPT = 5 * 1024 * 1024  # bytes of a payload, as Common Crawl keeps since March 2026

Every = Literal["month", "week"]

# The fields of model.Capture in their order.
COLUMNS = pl.Schema(
    {
        "snapshot": pl.String(),
        "host": pl.String(),
        "resource": pl.String(),
        "domain": pl.String(),
        "url_asked": pl.String(),
        "url": pl.String(),
        "hops": pl.Int64(),
        "fetch_time": pl.Datetime("us"),
        "status": pl.Int64(),
        "outcome": pl.String(),
        "digest": pl.String(),
        "headers": pl.String(),
        "warc_file": pl.String(),
        "warc_offset": pl.Int64(),
        "warc_length": pl.Int64(),
    }
)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Rows or records of a file that gave no capture, and why."""

    file: Path
    reason: str
    count: int
    example: str  # the first of them

    def __str__(self) -> str:
        """Say it in one line."""
        example = f" (the first: {self.example})" if self.example else ""
        return f"{self.file}: {self.count:,} left out, {self.reason}{example}"


@dataclass(frozen=True, slots=True)
class Imported:
    """One batch of an import."""

    file: Path
    captures: pl.DataFrame  # COLUMNS
    payloads: list[Payload]  # each digest once over the whole import
    left_out: tuple[LeftOut, ...] = ()  # of the whole file, in its first batch


class Tally:
    """Counts what is left out of a file, by reason, with the first example of each."""

    def __init__(self, file: Path) -> None:
        """Begin for a file."""
        self._file = file
        self._counts: Counter[str] = Counter()
        self._examples: dict[str, str] = {}

    def add(self, reason: str, example: str = "", count: int = 1) -> None:
        """Count some that were left out for the same reason."""
        if count:
            self._counts[reason] += count
            self._examples.setdefault(reason, example[:80])

    def result(self) -> tuple[LeftOut, ...]:
        """Return what was counted, the most frequent first."""
        return tuple(
            LeftOut(self._file, reason, count, self._examples[reason])
            for reason, count in self._counts.most_common()
        )
