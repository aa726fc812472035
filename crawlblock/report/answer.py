"""The answer to a run: result files, a table for the terminal, a page."""

import json
from pathlib import Path

from rich.console import Console
from rich.text import Text

from crawlblock import registry
from crawlblock.analysis.run import analyze, write_aside
from crawlblock.pipeline.runs import versions
from crawlblock.report.page import ARCHIVE, BUNDLED_SAMPLE, write_figure, write_page
from crawlblock.report.terminal import show
from crawlblock.store.store import Store

MANIFEST = "manifest.json"  # written last: what the results are of
RENDERED = "MINI-"  # how the crawls of a rendered archive are called


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
        left_out = con.execute(
            "SELECT snapshot, 'has asked ' || asked || ' of ' || members || ' hosts; run it again "
            "to finish' FROM incomplete_snapshots UNION ALL SELECT snapshot, 'suspect, ' || reason "
            "|| '; crawlblock accept counts it' FROM suspect_snapshots ORDER BY ALL"
        ).fetchall()
    page = results / "index.html"
    rendered = frames["coverage"]["snapshot"].str.starts_with(RENDERED).any()
    about = BUNDLED_SAMPLE if rendered else ARCHIVE
    write_page(frames, page, about)
    write_figure(frames, results / "refusals.svg")
    show(console, frames)
    for snapshot, reason in left_out:
        console.print(Text(f"left out: {snapshot} {reason}"))
    write_aside(results / MANIFEST, json.dumps(_manifest(store, reading), indent=1).encode())
    return page
