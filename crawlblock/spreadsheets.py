"""Cells of CSV files that no spreadsheet takes for a formula.

A robots.txt may hold `=HYPERLINK(...)`, and a spreadsheet runs what a cell begins with.  An
apostrophe before such a text keeps it a text.  Our own readers take it off again; numbers are not
touched, and Parquet files have the texts as they are.
"""

import re

# The beginning of a text that a spreadsheet may run, perhaps after quotation marks and blanks; its
# signs may be as wide as ideographs.  Python, polars and DuckDB read this pattern alike.
FORMULA = "^['\" \n\u00a0\ufeff]*[=+\\-@\t\r\uff1d\uff0b\uff0d\uff20]"
MARK = "'"
_FORMULA = re.compile(FORMULA)


def harmless(value: object) -> object:
    """Return a value for a cell of CSV: a text that may be a formula has a mark before it."""
    return MARK + value if isinstance(value, str) and _FORMULA.match(value) else value


def as_written(cell: str) -> str:
    """Return the text that `harmless` made a cell of; every text comes back as it was."""
    return cell[1:] if cell.startswith(MARK) and _FORMULA.match(cell[1:]) else cell
