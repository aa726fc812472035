"""The one reader of lists of hosts: panels, rankings and weights.

A list is text (one entry a line, CSV and its relatives), JSON, JSONL, Parquet or Excel, packed or
not, in any usual encoding.  It is read as a stream.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from crawlblock.host_list import Entry
from crawlblock.sources.files.host_lists.cells import WHOLE_NUMBER, Row, Table, first_of, size_of
from crawlblock.sources.files.host_lists.delimited import table_of_lines, text_table
from crawlblock.sources.files.host_lists.encodings import find_encoding
from crawlblock.sources.files.host_lists.find_columns import Layout, find_layout
from crawlblock.sources.files.host_lists.json_tables import json_table
from crawlblock.sources.files.host_lists.likely import bare
from crawlblock.sources.files.host_lists.opened import FileKind, kind_of
from crawlblock.sources.files.host_lists.packed_tables import ExcelTable, ParquetList

_LONGEST_VALUE = 1_000  # characters of a further column that are kept


@dataclass(frozen=True, slots=True)
class HostList:
    """A list of hosts and how it is understood; each reading begins anew."""

    table: Table
    layout: Layout

    @property
    def notes(self) -> Sequence[str]:
        """What the user must know about how the list is read."""
        layout = self.layout
        found = [self.table.note] if self.table.note else []
        if layout.found:
            column = layout.columns[layout.name]
            found.append(f"the hosts are in the column {column!r}, which was found {layout.found}")
        return found

    def rows(self) -> Iterator[Row]:
        """Yield the rows below the header."""
        rows = self.table.rows()
        if self.layout.header:
            next(rows, None)
        return rows

    def entries(self) -> Iterator[Entry]:
        """Yield what the rows say."""
        further = self.layout.further
        return (self._entry(row, further) for row in self.rows())

    def _entry(self, row: Row, further: Sequence[tuple[int, str]]) -> Entry:
        if row.fault:
            return Entry(line=row.line, text=row.text, name="", fault=row.fault)
        layout, cells = self.layout, row.cells
        name = bare(_at(cells, layout.name))
        if layout.reverse:
            name = ".".join(reversed(name.split(".")))
        return Entry(
            line=row.line,
            text=row.text,
            name=name,
            rank=_rank(_at(cells, layout.rank)),
            ranked=layout.rank is not None,
            stratum=_at(cells, layout.stratum),
            further=_values(cells, further) if further else (),
        )


def open_list(path: Path, column: str | None = None) -> HostList:
    """Return the list in a file; `column` names the one with the hosts.

    Raises InputError for a file that cannot be read, and where the column is not known.
    """
    table = _table(path)
    return HostList(table, find_layout(path, table, first_of(table.rows(), size_of), column))


def list_of_lines(lines: Sequence[str], name: str = "the list") -> HostList:
    """Return the list in lines of text."""
    table = table_of_lines(lines)
    return HostList(table, find_layout(name, table, first_of(table.rows(), size_of), None))


def _table(path: Path) -> Table:
    kind = kind_of(path)
    if kind is FileKind.PARQUET:
        return ParquetList(path)
    if kind is FileKind.EXCEL:
        return ExcelTable(path)
    encoding = find_encoding(path)
    return json_table(path, encoding) or text_table(path, encoding)


def _values(
    cells: Sequence[str], further: Sequence[tuple[int, str]]
) -> tuple[tuple[str, str], ...]:
    """Return the further columns that have a value, and those."""
    return tuple(
        (column, cells[place][:_LONGEST_VALUE])
        for place, column in further
        if place < len(cells) and cells[place]
    )


def _at(cells: Sequence[str], place: int | None) -> str:
    return cells[place] if place is not None and place < len(cells) else ""


def _rank(cell: str) -> int | None:
    found = WHOLE_NUMBER.fullmatch(cell)
    return int(found[1]) if found else None
