"""What an import gives besides facts: what was left out of each file, and why."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

RESOURCE = "/robots.txt"

Every = Literal["month", "week"]


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
