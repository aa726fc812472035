"""The lines of a list that are left out: counted, and written to a file where one is wanted."""

import csv
import re
from collections import Counter
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from crawlblock.durable import put_in_place
from crawlblock.errors import InputError
from crawlblock.host_list import Rejected
from crawlblock.spreadsheets import harmless

FIRST = 5  # that are kept
_MOST_REASONS = 100  # that are counted one by one
_OTHER = "other reasons"
_NUMBER = re.compile(r"\d+")


class Rejects:
    """Takes what is rejected, one after the other; only the first few stay in memory."""

    def __init__(self, path: Path | None = None) -> None:
        """Take the file to write to; it is there when the block has ended."""
        self.count = 0
        self.first: list[Rejected] = []
        self.reasons: Counter[str] = Counter()  # numbers in them are replaced by N
        self._path = path
        self._file: TextIO | None = None

    def __enter__(self) -> Self:
        if self._path:
            try:
                self._file = self._aside().open("w", encoding="utf-8", newline="")
            except OSError as error:
                raise self._failed(error) from None
            csv.writer(self._file).writerow(["line", "reason", "text"])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        if self._file is None or self._path is None:
            return
        try:
            self._file.close()
            put_in_place(self._aside(), self._path)  # also after an error: it shows what led to it
        except OSError as error:
            if kind is None:
                raise self._failed(error) from None

    def add(self, rejected: Rejected) -> None:
        """Take what is rejected."""
        self.count += 1
        if len(self.first) < FIRST:
            self.first.append(rejected)
        reason = _NUMBER.sub("N", rejected.reason)
        full = len(self.reasons) >= _MOST_REASONS and reason not in self.reasons
        self.reasons[_OTHER if full else reason] += 1
        if self._file:
            text = rejected.text.encode("utf-8", "replace").decode()
            try:
                csv.writer(self._file).writerow(
                    map(harmless, [rejected.line, rejected.reason, text])
                )
            except OSError as error:
                raise self._failed(error) from None

    def _aside(self) -> Path:
        path = self._path or Path()
        return path.with_name(f"{path.name}.part")

    def _failed(self, error: OSError) -> InputError:
        return InputError(f"--rejects {self._path}: {error.strerror}; name another file")
