"""Published shares beside ours as dots: Python and the page draw them alike, gaps included."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest
from pages import visit
from test_drawings import taken
from test_fits import NO_HOSTS, faults

from crawlblock.metrics.result_files import read_results
from crawlblock.report.assemble import page_of
from crawlblock.report.charts.drawing import svg_file
from crawlblock.report.named_results import result_names
from crawlblock.report.page.document import ARCHIVE, Material

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.own_code


def beside(results: Path) -> tuple[dict[str, pl.DataFrame], pl.DataFrame]:
    """Return results in which ours are, in turn, a sample's, unknown and a list's."""
    frames = read_results(results, result_names(results))
    found = frames["replication"].filter("compared").with_row_index()
    sampled, lacking = pl.col("index") % 3 == 0, pl.col("index") % 3 == 1
    ours = pl.when(~lacking).then(pl.col("published") / 2)
    found = found.with_columns(
        ours.alias("estimate"),
        (ours - pl.col("published")).alias("difference"),
        pl.when(sampled).then(ours * 0.5).alias("low"),
        pl.when(sampled).then(ours * 3).alias("high"),
        pl.lit("a panel with a long name, of hosts <b>elsewhere</b>").alias("data"),
    )
    return frames | {"replication": found}, found


@pytest.mark.parametrize(("width", "dark"), [(360, True), (1280, False)])
def test_dots(chromium: "Browser", results: Path, tmp_path: Path, width: int, dark: bool) -> None:
    """Each compared figure has a ring, ours a dot, a sample an interval, at its place; all fits."""
    frames, found = beside(results)
    text, pictures = page_of(Material(frames, ARCHIVE, NO_HOSTS))
    page = tmp_path / "index.html"
    page.write_text(text, "utf-8")
    with visit(chromium, page, width, dark=dark) as watched:
        assert taken(watched, "replication", "SVG") == pictures["replication"].encode()
        lines = taken(watched, "replication", "CSV").decode().splitlines()
        chart = watched.page.locator("#replication-chart")
        rings = chart.locator("circle[r='5']").evaluate_all(
            "found => found.map(ring => ring.getAttribute('cx'))"
        )
        dots = chart.locator("circle[r='3']").count()
        assert len(rings) == found.height == len(lines) - 1 > 20
        assert dots == found["estimate"].count() < found.height
        assert chart.locator("path[stroke='#1f5a8c']").count() == found["low"].count() > 5
        watched.page.locator("#replication-figure summary").click()
        row = watched.page.locator("#replication-rows tbody tr").first.inner_text()
        assert re.search(r"%\s+\d+\.\d %", row) and "a panel with a long name" in row
        assert faults(watched.page) == []
        assert watched.complaints == []
    assert b"<style>" in svg_file(pictures["replication"])


def test_nothing_can_be_compared(results: Path) -> None:
    """Where no figure measures what ours do, the page says so and draws nothing."""
    frames, found = beside(results)
    text, pictures = page_of(Material(frames | {"replication": found.clear()}, ARCHIVE, NO_HOSTS))
    assert "None of the published figures can be compared with these data." in text
    assert "replication" not in pictures
