"""What the notebooks share: the headlines of a database's results, charts and tables of any frame.

A first cell is one import and one line: `from crawlblock import notebook`, then
`data = notebook.load()`.  Everything here only reads, and no run waits for it.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import polars as pl

import crawlblock
from crawlblock.api.lazy_rows import Rows
from crawlblock.api.open_database import Database
from crawlblock.metrics.headline import (
    Headline,
    headline_of,
    headline_rows,
    headline_segments,
)
from crawlblock.metrics.result_files import read_manifest
from crawlblock.report.answers import answers
from crawlblock.report.charts import chart
from crawlblock.report.charts.chart import Chart
from crawlblock.report.charts.context import Frames
from crawlblock.report.charts.specs import Axis
from crawlblock.report.named_results import named_results
from crawlblock.report.readable_table import ReadableTable, readable
from crawlblock.store.database import copy_of

__all__ = ["Chart", "Data", "bars", "lines", "load", "stack", "table"]

_DB = Path("data/crawlblock.duckdb")
_HOLDS = """
SELECT 'snapshots', count(*) FROM snapshots UNION ALL
SELECT 'hosts of the panel', count(DISTINCT host) FROM current_panel UNION ALL
SELECT 'captures', count(*) FROM captures UNION ALL
SELECT 'payloads', count(*) FROM payloads UNION ALL
SELECT 'crawlers', count(*) FROM crawlers WHERE token <> '*' UNION ALL
SELECT 'domains with a weight', count(DISTINCT domain) FROM weights WHERE domain <> '*'
"""
_FACTS = """
SELECT 'fetches', count(*) FROM facts.fetches UNION ALL
SELECT 'asked', count(*) FROM facts.asked UNION ALL
SELECT 'payloads', count(*) FROM facts.payloads
"""


@dataclass(frozen=True, slots=True)
class Data:
    """A database and all its results; `database` has every question of the API."""

    database: Database
    frames: Frames  # the results by name

    def __enter__(self) -> Self:
        """Return the data; the block's end closes the database."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the database."""
        self.database.close()

    def query(self, sql: str, params: Sequence[object] | Mapping[str, object] = ()) -> pl.DataFrame:
        """Return what a query in SQL finds, see `Database.sql`."""
        return self.database.sql(sql, params)

    def access(self, *tokens: str, snapshot: str | None = None) -> Rows:
        """Return who may crawl what, see `Database.access`."""
        return self.database.access(tokens, snapshot=snapshot)

    def result(self, name: str) -> pl.DataFrame:
        """Return a result by its name, see `Database.result`."""
        return self.database.result(name)

    def chart(self, name: str | None = None, token: str | None = None) -> Chart:
        """Return a chart of the page by its name, see `Database.chart`."""
        return self.database.chart(name, token)

    def leaders(self) -> tuple[str, ...]:
        """Return the crawlers of the main chart: each operator's most blocked one, and others."""
        found = self._headlines()
        return found.tokens if found else ()

    def population(self) -> str:
        """Return whom the headlines are about: panel, or captured where there is no panel."""
        found = self._headlines()
        return found.population if found else "captured"

    def segments(self) -> tuple[str, ...]:
        """Return the segments that have headlines of their own, the largest first."""
        named = headline_segments(self.frames, self.population())
        return tuple(segment for segment in named if segment is not None)

    def headline(self, name: str, segment: str | None = None) -> pl.DataFrame:
        """Return the rows of a result about one segment, by default that of the headlines.

        Segments were collected for different reasons, so they are not mixed.  A result that has no
        segments returns its rows about all hosts of the headlines' population.
        """
        found = self._headlines()
        segment = segment or (found.segment if found else None)
        if name == "blocked" and segment is not None:
            name = "blocked_by_segment"
        frame = self.result(name).filter(pl.col("population") == self.population())
        if segment is not None and "dimension" in frame.columns:
            rows = headline_rows(frame, by_segment=True).filter(
                (pl.col("dimension") == "stratum") & (pl.col("segment") == segment)
            )
            if not rows.is_empty():
                return rows
        return headline_rows(frame)

    def newest(self, name: str, segment: str | None = None) -> pl.DataFrame:
        """Return the rows of `headline` in the last snapshot that knows any of its hosts."""
        frame = self.headline(name, segment)
        known = self.headline("blocked", segment).filter(pl.col("n") > 0)
        last = known.sort("snapshot_date", "snapshot")["snapshot"].last()
        return frame.filter(pl.col("snapshot") == last)

    def answers(self) -> pl.DataFrame:
        """Return the answers of the page: a row per question and segment."""
        found = self._headlines()
        rows = [
            {"question": each.question, "segment": each.segment, "answer": each.sentence}
            for each in (answers(found, self.frames) if found else ())
        ]
        return pl.DataFrame(
            rows, schema=dict.fromkeys(("question", "segment", "answer"), pl.String)
        )

    def axis(self) -> Axis | None:
        """Return the page's time axis with the breaks of the archive, None without any date."""
        context = chart.scene_of(self.frames)
        return context.axis if context else None

    def holds(self) -> pl.DataFrame:
        """Return what there is, and whether the results are of it."""
        rows = [(name, f"{count:,}") for name, count in self.query(_HOLDS).iter_rows()]
        manifest = read_manifest(self.database.results)
        fits = all(manifest.get(name) == count for name, count in self.query(_FACTS).iter_rows())
        state = "of this database" if fits else "older than the database; run crawlblock analyze"
        rows += [("results", state), ("HTTP profile", str(manifest.get("http_profile")))]
        return pl.DataFrame(rows, schema=["what", "found"], orient="row")

    def _headlines(self) -> Headline | None:
        return headline_of(self.frames)


def load(db: str | Path | None = None, results: str | Path | None = None) -> Data:
    """Return the data of a database: the one named, $CRAWLBLOCK_DB, or data/ here or above.

    `results` is the folder that `crawlblock analyze` wrote, by default $CRAWLBLOCK_RESULTS or
    `x-results` beside x.duckdb.  Raises InputError without a database or without results.
    """
    path = Path(db or os.environ.get("CRAWLBLOCK_DB") or _found())
    folder = results or os.environ.get("CRAWLBLOCK_RESULTS")
    database = crawlblock.open(path, results=folder)
    database.sql("SELECT 1")  # a copy that cannot be read is reported at once
    return Data(database, named_results(database.results))


def lines(frame: pl.DataFrame, by: str, title: str, axis: Axis | None = None) -> Chart:
    """Return shares over time as the page draws them, a line for each value of `by`.

    `frame` has the columns of a result.  `axis` is `data.axis()`: with the breaks of the archive.
    """
    return chart.line_chart(frame, by, title, axis)


def bars(frame: pl.DataFrame, by: str, title: str) -> Chart:
    """Return estimates with their 95 % intervals, a bar for each row in the given order."""
    return chart.bar_chart(frame, by, title)


def stack(frame: pl.DataFrame, by: str, value: str, title: str, axis: Axis | None = None) -> Chart:
    """Return what each snapshot is made of, as shares of its `value`, by the values of `by`."""
    return chart.stacked_chart(frame, by, value, title, axis)


def table(
    frame: pl.DataFrame, rows: int = 20, points: Sequence[str] = (), numbers: Sequence[str] = ()
) -> ReadableTable:
    """Return the first rows of a frame as a table for people.

    Fractions are percent, but percentage points in the columns `points` and plain in `numbers`.
    """
    return readable(frame, rows, points, numbers)


def _found() -> Path:
    """Return the database's usual place, in the working folder or in one above it."""
    here = Path.cwd()
    usual = (folder / _DB for folder in (here, *here.parents))
    return next((path for path in usual if copy_of(path).is_file()), _DB)
