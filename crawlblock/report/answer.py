"""The answer to a run: result files, a table for the terminal, a page."""

from pathlib import Path

from rich.console import Console
from rich.text import Text

from crawlblock.analysis.run import analyze
from crawlblock.report.page import ARCHIVE, BUNDLED_SAMPLE, write_figure, write_page
from crawlblock.report.terminal import show
from crawlblock.store.store import Store

RENDERED = "MINI-"  # how the crawls of a rendered archive are called


def write_answer(store: Store, results: Path, reading: str, console: Console) -> Path:
    """Compute the claims, write and print them; return the page's path."""
    with store.reading() as con:
        frames = analyze(con, results, reading)
        waiting = con.execute("FROM incomplete_snapshots ORDER BY snapshot").fetchall()
    page = results / "index.html"
    rendered = frames["coverage"]["snapshot"].str.starts_with(RENDERED).any()
    about = BUNDLED_SAMPLE if rendered else ARCHIVE
    write_page(frames, page, about)
    write_figure(frames, results / "refusals.svg")
    show(console, frames)
    for snapshot, asked, members in waiting:
        text = f"left out: {snapshot} has asked {asked} of {members} hosts; run it again to finish"
        console.print(Text(text))
    return page
