"""A table that people read in a notebook: shares in percent, names in words, a few rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from html import escape

import polars as pl

from crawlblock.names import safe

_MISSING = "\N{EN DASH}"
_STYLE = "text-align:{};padding:2px 10px 2px 0"


@dataclass(frozen=True, slots=True)
class ReadableTable:
    """Cells as text, with how many rows there are besides."""

    heads: tuple[str, ...]
    numeric: tuple[bool, ...]  # by column
    cells: tuple[tuple[str, ...], ...]
    more: int  # rows that are not shown

    def __repr__(self) -> str:
        """Return the table as text."""
        rows = [self.heads, *self.cells]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = [
            "  ".join(
                cell.rjust(width) if right else cell.ljust(width)
                for cell, width, right in zip(row, widths, self.numeric, strict=True)
            ).rstrip()
            for row in rows
        ]
        return "\n".join([*lines, *self._rest()])

    def _repr_html_(self) -> str:
        """Return the table as HTML, which names of strangers cannot change."""
        head = "".join(map(self._cell, self.heads, self.numeric, ["th"] * len(self.heads)))
        body = "".join(
            f"<tr>{''.join(map(self._cell, row, self.numeric, ['td'] * len(row)))}</tr>\n"
            for row in self.cells
        )
        rest = "".join(f"<p>{text}</p>" for text in self._rest())
        return f"<table>\n<tr>{head}</tr>\n{body}</table>{rest}"

    @staticmethod
    def _cell(text: str, right: bool, tag: str) -> str:
        style = _STYLE.format("right" if right else "left")
        return f'<{tag} style="{style}">{escape(text)}</{tag}>'

    def _rest(self) -> list[str]:
        if not self.cells:
            return ["no rows"]
        return [f"and {self.more:,} more rows"] if self.more else []


def readable(
    frame: pl.DataFrame, rows: int = 20, points: Sequence[str] = (), numbers: Sequence[str] = ()
) -> ReadableTable:
    """Return the first rows of a frame for people.

    Fractions are shown as percent, those in the columns `points` as differences in percentage
    points, and those in the columns `numbers` as they are.
    """
    shown = frame.head(rows)
    columns = [
        [_text(value, name in points, name in numbers) for value in shown[name].to_list()]
        for name in shown.columns
    ]
    return ReadableTable(
        heads=tuple(name.replace("_", " ") for name in frame.columns),
        numeric=tuple(kind.is_numeric() for kind in frame.dtypes),
        cells=tuple(zip(*columns, strict=True)),
        more=frame.height - shown.height,
    )


def _text(value: object, point: bool, number: bool) -> str:
    if value is None:
        return _MISSING
    if isinstance(value, float):
        if point:
            return f"{100 * value:+.1f} points"
        return f"{value:,.4g}" if number else f"{100 * value:.1f} %"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d}"
    if isinstance(value, date):
        return value.isoformat()
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else _safe(value)


def _safe(value: object) -> str:
    words = value if isinstance(value, list) else [value]
    return safe(", ".join(map(str, words)))
