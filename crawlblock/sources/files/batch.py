"""What an import gives besides facts: what was left out of each file, and why."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from crawlblock.captures.record_counts import TypeCount

RESOURCE = "/robots.txt"

Every = Literal["month", "week"]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Rows or records of a file that were left out, or stored without their payload, and why."""

    file: Path
    reason: str
    count: int
    example: str  # the first of them
    stored: bool = False  # as a fetch whose payload is unknown

    def __str__(self) -> str:
        """Say it in one line."""
        example = f" (the first: {self.example})" if self.example else ""
        what = "damaged" if self.stored else "left out"
        return f"{self.file}: {self.count:,} {what}, {self.reason}{example}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordCount(TypeCount):
    """What a WARC or ARC file has of a type of record."""

    file: Path


class LeftOutTally:
    """Counts what is left out of a file, by reason, with the first example of each."""

    def __init__(self, file: Path) -> None:
        """Begin for a file."""
        self._file = file
        self._counts: Counter[tuple[str, bool]] = Counter()
        self._examples: dict[tuple[str, bool], str] = {}

    def add(self, reason: str, example: str = "", count: int = 1, stored: bool = False) -> None:
        """Count some that were left out, or stored without a payload, for the same reason."""
        if count:
            self._counts[reason, stored] += count
            self._examples.setdefault((reason, stored), example[:80])

    def result(self) -> tuple[LeftOut, ...]:
        """Return what was counted, the most frequent first."""
        return tuple(
            LeftOut(self._file, reason, count, self._examples[reason, stored], stored)
            for (reason, stored), count in self._counts.most_common()
        )

    def reasons(self) -> str:
        """Say in the rest of a sentence why a file gave nothing."""
        reasons = [
            f"{out.reason} ({out.count:,}, the first: {out.example})" for out in self.result()
        ]
        return ": " + "; ".join(reasons) if reasons else "; it has none"
