"""A figure: a chart with its rows, its table and what is said about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from crawlblock.report.charts.context import Row
from crawlblock.report.charts.specs import Spec


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table that stands for a figure."""

    label: str
    kind: str  # text, count, share, points, or interval (of low and high)
    field: str


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart, the rows it draws for each crawler that it can be asked for, and its table."""

    id: str
    title: str
    caption: str
    source: str  # the result file
    empty: str  # what to say where there are no rows
    spec: Spec
    fields: tuple[str, ...]  # of a row; where the first is snapshot, it is the number of one
    columns: tuple[Column, ...]
    rows: Mapping[str, list[Row]] = field(default_factory=dict)  # by crawler; "": of none

    @property
    def by_crawler(self) -> bool:
        """Whether the figure is about one crawler at a time."""
        return "" not in self.rows

    def first(self) -> list[Row]:
        """Return the rows shown before anybody chooses."""
        return next(iter(self.rows.values()), [])
