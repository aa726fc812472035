"""What all formats of lists are brought to: rows of cells."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol, TypeVar

SAMPLE = 1_000  # rows that are looked at to understand a list
_SAMPLE_SIZE = 4_000_000  # characters of them
SHOWN = 80  # characters of a row
WHOLE_NUMBER = re.compile(r"([0-9]{1,18})(?:\.0*)?")  # pandas writes 1.0 beside gaps

Item = TypeVar("Item")


class Row(NamedTuple):
    """A row of a list that is neither empty nor a comment; a ranking has a million of them."""

    line: int  # from 1; of a file without lines the row
    cells: Sequence[str]
    text: str  # as it is in the file, its beginning
    fault: str = ""  # why it cannot be read


class Table(Protocol):
    """A list of which each reading begins anew."""

    format: str  # for people

    @property
    def encoding(self) -> str | None:
        """Its name for people; None: the format has none."""
        ...

    note: str  # what the user must know

    @property
    def columns(self) -> Sequence[str] | None:
        """The names of the columns; None: the first row may have them."""
        ...

    def rows(self) -> Iterator[Row]:
        """Yield the rows."""
        ...


def first_of(items: Iterable[Item], size: Callable[[Item], int]) -> list[Item]:
    """Return the first items, as many as are looked at, and no more than fit in memory."""
    found: list[Item] = []
    left = _SAMPLE_SIZE
    for item in items:
        found.append(item)
        left -= size(item)
        if len(found) == SAMPLE or left < 0:
            break
    return found


def size_of(row: Row) -> int:
    """Return the characters in a row."""
    return sum(map(len, row.cells))


def row_of(line: int, cells: Sequence[str]) -> Row:
    """Return a row of a format that has no lines."""
    return Row(line=line, cells=cells, text=",".join(cells)[:SHOWN])
