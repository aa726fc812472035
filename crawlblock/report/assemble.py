"""The answer to a run: result files, a table for the terminal, a page with its figures."""

import re
from collections.abc import Collection, Mapping
from contextlib import nullcontext, suppress
from dataclasses import astuple, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
from rich.console import Console
from rich.text import Text

from crawlblock import registry
from crawlblock.code_digest import code_digest, data_digest, digest
from crawlblock.errors import InputError
from crawlblock.metrics.columns import declarations, dictionary
from crawlblock.metrics.computed import COMPUTED
from crawlblock.metrics.headline import headline_of
from crawlblock.metrics.http_profile import set_http_profile
from crawlblock.metrics.queries import analyze, held, metrics
from crawlblock.metrics.replicated import REPLICATION, replication
from crawlblock.metrics.result_digests import inputs, result_digests
from crawlblock.metrics.result_files import (
    DICTIONARY,
    DIGESTS,
    current,
    read_manifest,
    read_results,
    remove_others,
    write_aside,
    write_dictionary,
    write_manifest,
    write_results,
)
from crawlblock.metrics.results_folder import DATABASE, take_results
from crawlblock.names import safe
from crawlblock.pipeline.run import versions
from crawlblock.report.charts import drawing
from crawlblock.report.charts.catalog import figures
from crawlblock.report.charts.context import Frames, context
from crawlblock.report.page.archive_records import RENDERED
from crawlblock.report.page.document import ARCHIVE, BUNDLED_DEMO, Material, render
from crawlblock.report.page.host_table import MOST, host_table
from crawlblock.report.page.published_as import published_as
from crawlblock.report.terminal.summary import show
from crawlblock.store.removal import removals
from crawlblock.store.store import Store, holdings

_PAGE = "index.html"
_FORMATS = (".csv", ".parquet")  # of the results beside it
# What no page may have, and what turns the direction of text.
_STEERING = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_PAGE_DIGEST = "page"  # in the manifest
_LEFT_OUT = """
SELECT snapshot, 'has asked ' || asked || ' of ' || members || ' hosts; run it again to finish'
FROM incomplete_snapshots
UNION ALL
SELECT snapshot, 'suspect, ' || reason || '; crawlblock accept counts it' FROM suspect_snapshots
ORDER BY ALL
"""


def is_answered(store: Store, results: Path, http_profile: str) -> bool:
    """Tell whether results and page are of what the database holds and the code does now."""
    with store.reading() as con:
        today = _manifest(con, http_profile)
    return (
        read_manifest(results) == today
        and len(current(results, today[DIGESTS])) == len(today[DIGESTS])
        and (results / _PAGE).is_file()
        and (results / DICTIONARY).is_file()
    )


def _manifest(con: duckdb.DuckDBPyConnection, http_profile: str) -> dict[str, Any]:
    """Return what results and page are made of now, with a digest for each result and the page."""
    held = holdings(con)
    made_of = inputs(con, http_profile, held)
    digests = result_digests(made_of)
    return {
        DATABASE: made_of[DATABASE], "http_profile": http_profile, "rules": registry.stamp(),
        **versions(), "extra": registry.extra().digests(), **held, DIGESTS: digests,
        _PAGE_DIGEST: _page_digest(digests),
    }  # fmt: skip


def _page_digest(digests: Mapping[str, str]) -> str:
    """Return a digest of what page and columns.csv show, and of the code and data behind them."""
    packages = (f"{name}={version(name)}" for name in ("jinja2", "vl-convert-python"))
    notes = (f"{metric.title}\n{metric.unit}\n{metric.note}" for metric in metrics())
    data = data_digest("report", "page"), data_digest("report", "charts")
    own = (f"{name}={made}" for name, made in registry.extra().digests().items())
    shown = (f"{name}={made_with}" for name, made_with in digests.items())
    code = code_digest("crawlblock.report.assemble")
    known = registry.registry_digest(), registry.stamp(), *own
    return digest(
        code, *data, *known, *packages, declarations(), *notes, *shown, *astuple(published_as())
    )


def write_answer(store: Store, results: Path, http_profile: str, console: Console) -> Path:
    """Compute the results that are not there yet, write and print them; return the page's path.

    What was made from the same data by the same queries and code is kept.  Raises InputError where
    the folder holds the results of another database.
    """
    with store.reading() as con:
        today = _manifest(con, http_profile)
    take_results(results, store.path, today)
    digests: dict[str, str] = today[DIGESTS]
    keep = current(results, digests)
    drawn = read_manifest(results).get(_PAGE_DIGEST) == today[_PAGE_DIGEST]
    page = results / _PAGE
    remove_others(results, digests)
    with store.reading() as con:
        set_http_profile(con, http_profile)
        with nullcontext() if keep >= digests.keys() else held(con):
            frames = analyze(con, results, http_profile, keep)
            published = _published(con, results, keep)
            write_dictionary(results, dictionary(frames | {REPLICATION: published}))
            left_out = con.execute(_LEFT_OUT).fetchall() + removals(con)
            material = None if drawn and page.is_file() else _material(con, frames, results)
    if material:
        _write_page(material, results)
    show(console, frames)
    for snapshot, reason in left_out:
        console.print(Text(f"left out: {snapshot} {reason}"))
    write_manifest(results, today)
    return page


def _published(
    con: duckdb.DuckDBPyConnection, results: Path, keep: Collection[str]
) -> pl.DataFrame:
    """Return what others published beside ours, from its file where that may be kept."""
    kept = read_results(results, {REPLICATION} & set(keep))
    if kept:
        return kept[REPLICATION]
    made = replication(con)
    write_results({REPLICATION: made}, results)
    return made


def write_report(
    con: duckdb.DuckDBPyConnection, db: Path, results: Path, to: Path | None = None
) -> Path:
    """Make the page and its figures anew from the result files; return the page's path.

    They go into the folder `to`, by default that of the results.  `db` is what is open.  Raises
    InputError where there are none, or where they are not of what the database holds.
    """
    known = read_manifest(results)
    names = [m.name for m in metrics()] + [d.name for d in COMPUTED]
    frames = read_results(results, names)
    if not known or len(frames) < len(names):
        raise InputError(f"{results}: no complete results; run `crawlblock analyze` first")
    http_profile = str(known["http_profile"])
    today = _manifest(con, http_profile)
    if current(results, today[DIGESTS]) != set(today[DIGESTS]):
        raise InputError(
            f"{results}: results of other data, queries or versions than {db} and this "
            "crawlblock have; run `crawlblock analyze` first"
        )
    set_http_profile(con, http_profile)
    same = to is not None and known.get(_PAGE_DIGEST) == today[_PAGE_DIGEST]
    earlier = results if same else None
    page = _write_page(_material(con, frames, results), to or results, earlier)
    if to is None:
        write_manifest(results, today)
    return page


def _material(con: duckdb.DuckDBPyConnection, frames: Frames, results: Path) -> Material:
    """Return what the page is made of: the results, and single hosts."""
    found = headline_of(frames)
    rendered = frames["coverage"]["snapshot"].str.starts_with(RENDERED).any()
    return Material(
        frames | read_results(results, [REPLICATION]),
        BUNDLED_DEMO if rendered else ARCHIVE,
        host_table(con, found.population == "panel", MOST) if found else {},
        con.execute(_LEFT_OUT).fetchall(),
        removals(con),
        published_as=published_as(),
    )


def _write_page(material: Material, results: Path, earlier: Path | None = None) -> Path:
    """Write the page, and each figure as SVG and PNG; return the page's path.

    A PNG is copied from the folder `earlier` if the SVG beside it is the same.
    """
    there = results.iterdir() if results.is_dir() else ()
    beside = {path.name for path in there if path.suffix in _FORMATS}
    text, pictures = page_of(replace(material, files=beside))
    for name, picture in pictures.items():
        vectors = drawing.svg_file(picture)
        pixels = _earlier_png(earlier, name, vectors) if earlier else None
        write_aside(results / f"{name}.svg", vectors)
        write_aside(results / f"{name}.png", pixels or drawing.png(picture))
    page = results / _PAGE
    write_aside(page, _STEERING.sub(lambda found: safe(found[0]), text).encode())
    return page


def _earlier_png(folder: Path, name: str, vectors: bytes) -> bytes | None:
    """Return the PNG of a figure from a folder that has it with the same SVG."""
    with suppress(OSError):
        if (folder / f"{name}.svg").read_bytes() == vectors:
            return (folder / f"{name}.png").read_bytes()
    return None


def page_of(material: Material) -> tuple[str, dict[str, str]]:
    """Return the page as HTML, and each of its figures as a picture of its own, by name."""
    found = headline_of(material.results)
    set_ = context(found, material.results) if found else None
    if set_ is None:
        return render(material, {}, []), {}
    made = figures(set_)
    drawn = {figure.id: drawing.panels(figure, set_) for figure in made if figure.rows}
    pictures = {figure.id: drawing.whole(figure, set_) for figure in made if figure.rows}
    return render(material, drawn, made), pictures
