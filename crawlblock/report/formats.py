"""Rows as people and programs take them: a table of the terminal's width, or a file's format."""

import csv
import io
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, TypeAlias

from rich.cells import cell_len
from rich.console import Console, JustifyMethod
from rich.table import Table
from rich.text import Text

from crawlblock.names import safe
from crawlblock.spreadsheets import harmless

if TYPE_CHECKING:
    import polars as pl

Rows: TypeAlias = Sequence[Mapping[str, object]]

TABLE = "table"
FORMATS = ("json", "jsonl", "csv", "parquet")
WIDTH = 80  # columns, where no terminal says how many there are
_NARROWEST = 7  # columns, of a column where there is no room
_HOST = re.compile(r"(?:[\w-]+\.)+[^\W\d][\w-]*\.?(?::\d+)?")
_STYLES = {
    "full": "red", "all_but": "red", "partial": "yellow", "none": "green", "unknown": "dim",
    "ok": "green", "warn": "yellow", "fail": "red",
}  # fmt: skip


def formatted(rows: Rows, columns: Sequence[str], kind: str) -> bytes:
    """Return rows as a file of that format; CSV and Parquet have just these columns."""
    if kind == "json":
        return f"{_json(list(rows), indent=1)}\n".encode()
    if kind == "jsonl":
        return "".join(f"{_json(row)}\n" for row in rows).encode()
    if kind == "csv":
        return _csv(rows, columns).encode()
    return _parquet(rows, columns)


def _json(value: object, indent: int | None = None) -> str:
    """Return a value as JSON; NaN and infinity, which JSON does not have, become null."""
    try:
        return json.dumps(value, indent=indent, default=_plain, allow_nan=False)
    except ValueError:
        return json.dumps(_finite(value), indent=indent, default=_plain, allow_nan=False)


def _finite(value: object) -> object:
    """Return a value with null in place of nan and infinity, also within it."""
    if isinstance(value, Mapping):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(each) for each in value]
    return None if isinstance(value, (float, Decimal)) and not math.isfinite(value) else value


def _plain(value: object) -> str | float:
    """Return what JSON has no word for in one that it has."""
    if isinstance(value, Decimal):
        return float(value)
    return value.hex() if isinstance(value, bytes) else str(value)


def _csv(rows: Rows, columns: Sequence[str]) -> str:
    lines: list[str] = []
    # A cell with a character of the line end is quoted; a carriage return alone ends a line, too.
    writer = csv.writer(_Lines(lines), lineterminator="\r\n")
    writer.writerow([harmless(name) for name in columns])
    writer.writerows([harmless(_cell(row[name])) for name in columns] for row in rows)
    return "".join(f"{line}\n" for line in lines)


@dataclass(frozen=True, slots=True)
class _Lines:
    """Takes the lines of a CSV writer."""

    lines: list[str]

    def write(self, line: str) -> None:
        """Take a line."""
        self.lines.append(line.removesuffix("\r\n"))


def _cell(value: object) -> object:
    """Return a value for one cell: what holds several is JSON."""
    if isinstance(value, (list, tuple, dict)):
        return _json(value)
    return value.hex() if isinstance(value, bytes) else value


def _parquet(rows: Rows, columns: Sequence[str]) -> bytes:
    """Return rows as Parquet; values of unlike kinds in one column become text."""
    import polars as pl  # takes longer to load than most commands take

    file = io.BytesIO()
    columns_of = {name: [row[name] for row in rows] for name in columns}
    frame = pl.DataFrame([_series(name, values) for name, values in columns_of.items()])
    frame.write_parquet(file)
    return file.getvalue()


def _series(name: str, values: Sequence[object]) -> "pl.Series":
    import polars as pl

    try:
        series = pl.Series(name, values, strict=True)
    except (TypeError, pl.exceptions.PolarsError):
        series = pl.Series(name, [None if v is None else str(_cell(v)) for v in values])
    return series.cast(pl.String) if series.dtype in (pl.Null, pl.Object) else series


def print_table(console: Console, rows: Rows, columns: Sequence[str]) -> None:
    """Print rows within the console's width, leaving out columns that are empty throughout.

    Where there is no room for so many columns, or for the names of hosts, which are never broken,
    each row is a paragraph with a line per column.
    """
    shown = [name for name in columns if not rows or any(row[name] is not None for row in rows)]
    cells = {name: [_shown(row[name]) for row in rows] for name in shown}
    titles = [name.replace("_", " ") for name in shown]  # which wrap
    texts = [[title, *map(str, cells[name])] for title, name in zip(titles, shown, strict=True)]
    widths = _widths(texts, console.width)
    if sum(widths) + len(widths) > console.width:
        _print_paragraphs(console, titles, list(zip(*cells.values(), strict=True)))
        return
    table = Table(box=None, header_style="bold", padding=(0, 1, 0, 0), pad_edge=False)
    for name, title, width in zip(shown, titles, widths, strict=True):
        numeric = bool(rows) and all(_is_number(row[name]) for row in rows)
        side: JustifyMethod = "right" if numeric else "left"
        table.add_column(title, overflow="fold", justify=side, width=width)
    for row in zip(*cells.values(), strict=True):
        table.add_row(*row)
    console.print(table)


def _print_paragraphs(
    console: Console, titles: Sequence[str], rows: Sequence[tuple[Text, ...]]
) -> None:
    label = max(map(cell_len, titles))
    for number, row in enumerate(rows):
        if number:
            console.print()
        for title, cell in zip(titles, row, strict=True):
            if _longest(cell.plain, hosts=True) > console.width - label - 1:
                # a line of its own, which the terminal may wrap and copies whole
                console.print(Text(title, style="bold"))
                console.print(cell, soft_wrap=True)
                continue
            table = Table(box=None, show_header=False, padding=(0, 1, 0, 0), pad_edge=False)
            table.add_column(style="bold", width=label)
            table.add_column(overflow="fold")
            table.add_row(title, cell)
            console.print(table)


def _widths(texts: Sequence[Sequence[str]], room: int) -> list[int]:
    """Return the columns' widths: the widest yield first, to their longest word and then below.

    No column is narrower than the host names in it, so that the sum may be more than `room`.
    """
    widths = [max(map(cell_len, column)) for column in texts]
    words = [max(_longest(text) for text in column) for column in texts]
    hosts = [max(_longest(text, hosts=True) for text in column) for column in texts]
    for least in (words, [max(_NARROWEST, host) for host in hosts]):
        while sum(widths) + len(widths) > room:
            spare = [width - floor for width, floor in zip(widths, least, strict=True)]
            wide = [place for place, left in enumerate(spare) if left > 0]
            if not wide:
                break
            widths[max(wide, key=widths.__getitem__)] -= 1
    return [max(width, 1) for width in widths]


def _longest(text: str, *, hosts: bool = False) -> int:
    """Return the columns of the longest word, or of the longest name of a host."""
    words = (word for word in text.split() if not hosts or _HOST.fullmatch(word.strip(",;()")))
    return max(map(cell_len, words), default=0)


def _is_number(value: object) -> bool:
    return value is None or (
        isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)
    )


def _shown(value: object) -> Text:
    text = "" if value is None else safe(str(_cell(value)))
    return Text(text, style=_STYLES.get(text, ""))
