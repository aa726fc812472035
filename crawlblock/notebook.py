"""What a notebook needs: the published copy and the result files, as frames and figures.

A first cell is one import and one line: `from crawlblock import notebook`, then
`data = notebook.load()`.  Everything here only reads, and no run waits for it.
"""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import altair as alt
import duckdb
import polars as pl

from crawlblock.analysis.result_files import MANIFEST, read_result
from crawlblock.analysis.run import set_reading
from crawlblock.errors import InputError
from crawlblock.report.choice import claims
from crawlblock.store.database import copy_of, open_copy

__all__ = ["Data", "Figure", "bars", "lines", "load", "nothing", "stack"]

Figure: TypeAlias = alt.Chart | alt.LayerChart | alt.FacetChart

_DB = Path("data/crawlblock.duckdb")
_WIDTH, _HEIGHT = 640, 280  # of a figure, in pixels
_ACCESS = """
FROM access
WHERE (len($1) = 0 OR list_contains($1, token)) AND ($2 IS NULL OR snapshot = $2)
ORDER BY snapshot_date, snapshot, host, token
"""
_BREAKS = """
SELECT date, title FROM breaks WHERE date BETWEEN
    (SELECT min(first_capture) FROM snapshots WHERE kind = 'crawl')
    AND (SELECT max(first_capture) FROM snapshots WHERE kind = 'crawl')
ORDER BY date
"""
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
    """A database's copy for readers, and the results beside it."""

    con: duckdb.DuckDBPyConnection
    path: Path  # of the copy
    results: Path  # folder of the result files

    def query(self, sql: str, params: Sequence[object] = ()) -> pl.DataFrame:
        """Return what a question in SQL answers; tables and views are those of schema.sql."""
        return pl.DataFrame(self.con.sql(sql, params=list(params)))

    def access(self, *tokens: str, snapshot: str | None = None) -> pl.DataFrame:
        """Return who may crawl whom: a row per snapshot, host and crawler.

        `tokens` names the crawlers; without them a large database gives more rows than memory
        holds.  Statuses are read as RFC 9309 says.
        """
        return self.query(_ACCESS, [list(tokens), snapshot])

    def result(self, name: str) -> pl.DataFrame:
        """Return a result by its name; raises InputError, with their names, for another."""
        return read_result(self.results, name)

    def leaders(self) -> tuple[str, ...]:
        """Return the crawlers of the main figure: each operator's most refused one, and others."""
        found = claims({"blocked": self.result("blocked")})
        return found.tokens if found else ()

    def population(self) -> str:
        """Return whom the headlines are about: panel, or captured where there is no panel."""
        found = claims({"blocked": self.result("blocked")})
        return found.population if found else "captured"

    def headline(self, name: str) -> pl.DataFrame:
        """Return the rows of a result that are about the headlines' population."""
        return self.result(name).filter(pl.col("population") == self.population())

    def newest(self, name: str) -> pl.DataFrame:
        """Return the rows of `headline` in its last snapshot."""
        frame = self.headline(name).sort("snapshot_date", "snapshot")
        return frame.filter(pl.col("snapshot") == frame["snapshot"].last())

    def breaks(self) -> pl.DataFrame:
        """Return the changes of how the archive was made between the first and last crawl."""
        return self.query(_BREAKS)

    def holds(self) -> pl.DataFrame:
        """Return what there is, and whether the results are of it."""
        counts = self.con.execute(_HOLDS).fetchall()
        rows = [(name, f"{count:,}") for name, count in counts]
        manifest = _manifest(self.results)
        facts = self.con.execute(_FACTS).fetchall()
        fits = all(manifest.get(table) == count for table, count in facts)
        state = "of this database" if fits else "older than the database; run crawlblock analyze"
        rows += [("results", state), ("statuses read as", str(manifest.get("reading")))]
        return pl.DataFrame(rows, schema=["what", "found"], orient="row")


def load(db: str | Path | None = None, results: str | Path | None = None) -> Data:
    """Return the data of a database: the one named, $CRAWLBLOCK_DB, or data/ here or above.

    `results` is the folder that `crawlblock analyze` wrote, by default $CRAWLBLOCK_RESULTS or
    `results` beside the database.  Charts are shown as SVG from now on, which needs no network;
    `altair.renderers.enable("mimetype")` makes them interactive in JupyterLab.  Raises StoreError
    without a copy for readers, InputError without results.
    """
    path = Path(db or os.environ.get("CRAWLBLOCK_DB") or _found())
    folder = Path(results or os.environ.get("CRAWLBLOCK_RESULTS") or path.parent / "results")
    con = open_copy(path)
    try:
        set_reading(con, _manifest(folder)["reading"])
    except InputError:
        con.close()
        raise
    alt.renderers.enable("svg")
    return Data(con, copy_of(path), folder)


def _manifest(results: Path) -> dict[str, Any]:
    """Return what the results in a folder are of; raises InputError where they are not complete."""
    try:
        found: dict[str, Any] = json.loads((results / MANIFEST).read_text("utf-8"))
    except (OSError, ValueError):
        raise InputError(
            f"{results}: no complete results there; run `crawlblock analyze`, or name their folder"
        ) from None
    return found


def lines(frame: pl.DataFrame, by: str, title: str, breaks: pl.DataFrame | None = None) -> Figure:
    """Return shares over time with their 95 % intervals, a line for each value of `by`.

    `frame` has snapshot_date, estimate, low and high as metrics return them.  `breaks` has date
    and title: a step at such a broken line may come from the archive.
    """
    known = frame.filter(
        pl.col("estimate").is_not_null() & pl.col("snapshot_date").is_not_null()
    ).sort("snapshot_date", by)
    if known.is_empty():
        return nothing(title)
    base = _chart(known).encode(
        x=alt.X("snapshot_date:T", title=None), color=alt.Color(f"{by}:N", title=by)
    )
    share = alt.Y("estimate:Q", title="share", axis=alt.Axis(format="%"))
    layers: list[alt.Chart] = [
        base.mark_area(opacity=0.15).encode(y="low:Q", y2="high:Q"),
        base.mark_line(point=True).encode(y=share),
    ]
    if breaks is not None and not breaks.is_empty():
        rule = _chart(breaks).mark_rule(strokeDash=[4, 4], color="gray")
        layers.append(rule.encode(x="date:T", tooltip="title:N"))
    return alt.layer(*layers).properties(title=title, width=_WIDTH, height=_HEIGHT)


def bars(frame: pl.DataFrame, by: str, title: str) -> Figure:
    """Return estimates with their 95 % intervals, a bar for each value of `by`, in given order."""
    known = frame.filter(pl.col("estimate").is_not_null())
    if known.is_empty():
        return nothing(title)
    base = _chart(known).encode(
        y=alt.Y(f"{by}:N", sort=None, title=None, axis=alt.Axis(labelLimit=0))
    )
    value = alt.X("estimate:Q", title=None, axis=alt.Axis(format="%"))
    layers = (
        base.mark_bar(opacity=0.6).encode(x=value),
        base.mark_rule(strokeWidth=2).encode(x="low:Q", x2="high:Q"),
    )
    return alt.layer(*layers).properties(title=title, width=_WIDTH)


def stack(frame: pl.DataFrame, by: str, value: str, title: str) -> Figure:
    """Return what each snapshot is made of: bars of `value`, parted by `by`, snapshots in order."""
    if frame.is_empty():
        return nothing(title)
    chart: alt.Chart = _chart(frame).mark_bar().encode(
        x=alt.X("snapshot:N", sort=None, title=None),
        y=alt.Y(f"{value}:Q", title=value),
        color=alt.Color(f"{by}:N", title=by),
        order=alt.Order(f"{by}:N"),
    )  # fmt: skip
    return chart.properties(title=title, width=_WIDTH, height=_HEIGHT)


def nothing(title: str) -> Figure:
    """Return what stands in place of a figure that nothing is known for."""
    words = _chart(pl.DataFrame({"text": ["nothing is known of this here"]})).mark_text(size=14)
    chart: alt.Chart = words.encode(text="text:N")
    return chart.properties(title=title, width=_WIDTH, height=60)


def _chart(frame: pl.DataFrame) -> alt.Chart:
    """Return a chart of a frame's rows, as many as there are."""
    rows: list[dict[str, Any]] = frame.with_columns(
        pl.col(pl.Date, pl.Datetime).dt.to_string("iso")
    ).to_dicts()
    # As Data, for altair cuts frames at 5,000 rows.
    return alt.Chart(alt.Data(values=rows))  # type: ignore[no-untyped-call]


def _found() -> Path:
    """Return the database's usual place, in the working folder or in one above it."""
    here = Path.cwd()
    usual = (folder / _DB for folder in (here, *here.parents))
    return next((path for path in usual if copy_of(path).is_file()), _DB)
