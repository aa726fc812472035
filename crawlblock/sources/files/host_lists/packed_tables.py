"""Lists in Parquet and Excel files."""

import math
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl

from crawlblock.errors import InputError
from crawlblock.sources.files.host_lists.cells import Row, row_of
from crawlblock.sources.parquet_pages import check_pages

_SLICE = 10_000  # rows of a Parquet file that are in memory
_LONGEST_CELL = 2_000  # characters
_MOST_ROWS = 200_000_000
_MOST_COLUMNS = 1_000  # of an Excel sheet
_MOST_EXCEL = 256 * 1024 * 1024  # bytes, unpacked
_NEEDED = "an Excel file; install what reads it (pip install 'crawlblock[excel]') or save it as CSV"


class ParquetList:
    """A Parquet file."""

    format = "Parquet"
    encoding: str | None = None
    note = ""

    def __init__(self, path: Path) -> None:
        """Read the schema."""
        self._path = path
        try:
            check_pages(path)
            self._lazy = pl.scan_parquet(path, glob=False)
            schema = self._lazy.collect_schema()
            self._rows = int(self._lazy.select(pl.len()).collect().item())
        except (OSError, ValueError, *_BROKEN) as error:
            raise _unreadable(path, error) from None
        if self._rows > _MOST_ROWS:
            raise InputError(f"{path}: it states {self._rows:,} rows, too many for a list")
        names = [name for name, dtype in schema.items() if not dtype.is_nested()]
        self.columns: Sequence[str] | None = names
        self._cells = [
            pl.col(name)
            .cast(pl.String, strict=False)
            .str.slice(0, _LONGEST_CELL)
            .fill_null("")
            .alias(f"c{place}")
            for place, name in enumerate(names)
        ]

    def rows(self) -> Iterator[Row]:
        """Yield the rows."""
        step = max(10, _SLICE // max(1, len(self._cells)))
        for at in range(0, self._rows if self._cells else 0, step):
            try:
                frame = self._lazy.slice(at, step).select(self._cells).collect()
            except (OSError, *_BROKEN) as error:
                raise _unreadable(self._path, error) from None
            for number, cells in enumerate(frame.iter_rows(), at + 1):
                if any(cells):
                    yield row_of(number, cells)


_BROKEN = (
    pl.exceptions.PolarsError,
    pl.exceptions.PanicException,  # what polars does at some corrupt files
)


class ExcelTable:
    """The first sheet of an Excel file that is not hidden."""

    encoding: str | None = None
    columns: Sequence[str] | None = None

    def __init__(self, path: Path) -> None:
        """Find the sheet."""
        self._path = path
        with zipfile.ZipFile(path) as packed:
            if sum(each.file_size for each in packed.infolist()) > _MOST_EXCEL:
                raise InputError(
                    f"{path}: unpacked it has more than {_MOST_EXCEL // 1024**2} MiB; save it as "
                    "CSV"
                )
        sheets, chosen = self._sheets()
        self._chosen = chosen
        self.format = f"Excel, the sheet {sheets[chosen]}"
        others = [name for place, name in enumerate(sheets) if place != chosen]
        self.note = f"sheets that are not read: {', '.join(others)}" if others else ""

    def _sheets(self) -> tuple[list[str], int]:
        """Return the names of the sheets, and the place of the first that is not hidden."""
        with _Book(self._path) as book:
            sheets = book.worksheets
            if not sheets:
                raise InputError(f"{self._path}: it has no sheet with cells")
            shown = [place for place, s in enumerate(sheets) if s.sheet_state == "visible"]
            return [sheet.title for sheet in sheets], (shown or [0])[0]

    def rows(self) -> Iterator[Row]:
        """Yield the rows; only the one at hand is in memory, and the texts of the whole file."""
        with _Book(self._path) as book:
            sheet = book.worksheets[self._chosen]
            blank: object = None  # the row that stands for all those without a cell
            found = sheet.iter_rows(values_only=True, max_col=_MOST_COLUMNS)
            for number, values in enumerate(found, 1):
                if values is blank:
                    continue
                blank = blank if any(values) else values
                cells = [_shown(value) for value in values]
                while cells and not cells[-1]:
                    cells.pop()
                if cells and not cells[0].startswith("#"):
                    yield row_of(number, cells)


class _Book:
    """An open Excel file; whatever goes wrong with it becomes InputError."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self):  # type: ignore[no-untyped-def]
        try:
            import openpyxl
        except ImportError:
            raise InputError(f"{self._path}: {_NEEDED}") from None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of styles and the like
                self._book = openpyxl.load_workbook(
                    self._path, read_only=True, data_only=True, keep_links=False
                )
        except Exception as error:  # openpyxl lets through whatever a broken file leads to
            raise _unreadable(self._path, error) from None
        return self._book

    def __exit__(self, kind: object, error: BaseException | None, _: object) -> None:
        self._book.close()
        if isinstance(error, Exception) and not isinstance(error, InputError):
            raise _unreadable(self._path, error) from None


def _shown(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and math.isfinite(value) and value == int(value):
        return str(int(value))
    return str(value).strip()[:_LONGEST_CELL]


def _unreadable(path: Path, error: BaseException) -> InputError:
    reason = getattr(error, "strerror", None) or str(error).split("\n")[0] or type(error).__name__
    return InputError(f"{path}: cannot be read ({reason[:200]}); check that it is whole")
