"""The answer to a run: result files, a table for the terminal, a page with its figures."""

import io
import json
from dataclasses import asdict
from pathlib import Path

import duckdb
import polars as pl
from rich.console import Console
from rich.text import Text

from crawlblock import registry
from crawlblock.analysis.derived import DERIVED
from crawlblock.analysis.observed import from_database
from crawlblock.analysis.reference import BUNDLED, read_figures, read_sources
from crawlblock.analysis.replicate import replicate, usual_tokens
from crawlblock.analysis.run import MANIFEST, analyze, metrics, set_reading, write_aside
from crawlblock.errors import InputError
from crawlblock.pipeline.runs import versions
from crawlblock.report import drawing
from crawlblock.report.charts import Spec
from crawlblock.report.choice import claims
from crawlblock.report.figures import figures
from crawlblock.report.hosts import MOST, host_table
from crawlblock.report.page import ARCHIVE, BUNDLED_SAMPLE, Material, render
from crawlblock.report.scene import Frames, scene
from crawlblock.report.terminal import show
from crawlblock.store.store import Store

RENDERED = "MINI-"  # how the crawls of a rendered archive are called
_LEDGER = "ledger"
_MOST_TEXTS = 50_000  # payloads that are judged under the definitions of others unasked
_LEFT_OUT = """
SELECT snapshot, 'has asked ' || asked || ' of ' || members || ' hosts; run it again to finish'
FROM incomplete_snapshots
UNION ALL
SELECT snapshot, 'suspect, ' || reason || '; crawlblock accept counts it' FROM suspect_snapshots
ORDER BY ALL
"""


def is_answered(store: Store, results: Path, reading: str) -> bool:
    """Tell whether the results are of what the database holds now."""
    try:
        found = json.loads((results / MANIFEST).read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return bool(found == _manifest(store, reading))


def _manifest(store: Store, reading: str) -> dict[str, object]:
    """Return what the claims depend on; two equal ones have the same claims."""
    return {"reading": reading, "rules": registry.stamp(), **versions(), **store.holdings()}


def write_answer(store: Store, results: Path, reading: str, console: Console) -> Path:
    """Compute the claims, write and print them; return the page's path."""
    with store.reading() as con:
        frames = analyze(con, results, reading)
        _write_ledger(con, results)
        material = _material(con, frames, results)
    page = _write_page(material, results)
    show(console, frames)
    for snapshot, reason in material.left_out:
        console.print(Text(f"left out: {snapshot} {reason}"))
    write_aside(results / MANIFEST, json.dumps(_manifest(store, reading), indent=1).encode())
    return page


def write_report(store: Store, results: Path) -> Path:
    """Make the page and its figures anew from the result files; return the page's path.

    Raises InputError where there are none, or where they are not of what the database holds.
    """
    try:
        reading = str(json.loads((results / MANIFEST).read_text("utf-8"))["reading"])
        names = [m.name for m in metrics()] + [d.name for d in DERIVED]
        frames = {name: pl.read_parquet(results / f"{name}.parquet") for name in names}
    except (OSError, ValueError, KeyError, pl.exceptions.PolarsError):
        raise InputError(
            f"{results}: no complete results; run `crawlblock analyze` first"
        ) from None
    if not is_answered(store, results, reading):
        raise InputError(
            f"{results}: results of other data or versions than {store.path} holds; "
            "run `crawlblock analyze` first"
        )
    with store.reading() as con:
        set_reading(con, reading)
        material = _material(con, frames, results)
    return _write_page(material, results)


def _material(con: duckdb.DuckDBPyConnection, frames: Frames, results: Path) -> Material:
    """Return what the page is made of: the claims, and what the database shows of single hosts."""
    found = claims(frames)
    rendered = frames["coverage"]["snapshot"].str.starts_with(RENDERED).any()
    ledger = results / f"{_LEDGER}.parquet"
    return Material(
        frames,
        BUNDLED_SAMPLE if rendered else ARCHIVE,
        host_table(con, found.population == "panel", MOST) if found else {},
        con.execute(_LEFT_OUT).fetchall(),
        pl.read_parquet(ledger) if ledger.exists() else None,
    )


def _write_ledger(con: duckdb.DuckDBPyConnection, results: Path) -> None:
    """Write what others published beside ours."""
    published = read_figures(BUNDLED)
    ((texts,),) = con.execute("SELECT count(*) FROM payloads").fetchall()
    series = from_database(con) if texts <= _MOST_TEXTS else []
    rows = replicate(published, series, usual_tokens(published))
    known = {source.source: source for source in read_sources(BUNDLED)}
    about = [asdict(row) | {"title": known[row.source].title, "url": known[row.source].url}
             for row in rows]  # fmt: skip
    frame = pl.DataFrame(about, infer_schema_length=None)
    parquet, csv = io.BytesIO(), io.BytesIO()
    frame.write_parquet(parquet)
    frame.write_csv(csv)
    write_aside(results / f"{_LEDGER}.parquet", parquet.getvalue())
    write_aside(results / f"{_LEDGER}.csv", csv.getvalue())


def _write_page(material: Material, results: Path) -> Path:
    """Write the page, and each figure as SVG and PNG; return the page's path."""
    text, specs = page_of(material)
    for name, spec in specs.items():
        write_aside(results / f"{name}.svg", drawing.svg_file(drawing.svg(spec)))
        write_aside(results / f"{name}.png", drawing.png(spec))
    page = results / "index.html"
    write_aside(page, text.encode())
    return page


def page_of(material: Material) -> tuple[str, dict[str, Spec]]:
    """Return the page as HTML, and the charts of its figures by their names."""
    found = claims(material.results)
    set_ = scene(found, material.results) if found else None
    if set_ is None:
        return render(material, {}, []), {}
    made = figures(set_)
    specs = {figure.id: drawing.filled(figure, set_) for figure in made if figure.rows}
    drawn = {name: drawing.svg(spec) for name, spec in specs.items()}
    return render(material, drawn, made), specs
