"""A reader can point at a chart, take it along, and sees what Python draws."""

from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest
from pages import Watched, visit

from crawlblock.report.charts.scales import fit, merged, spread, text_width, ticks, wrapped

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_STATIC = "found => found.map(svg => svg.outerHTML)"


def taken(watched: Watched, figure: str, kind: str) -> bytes:
    """Return what a reader gets who takes a figure along."""
    with watched.page.expect_download() as found:
        watched.page.locator(f"#{figure}-figure [data-take={kind}]").click()
    return Path(found.value.path()).read_bytes()


def test_the_browser_draws_what_python_draws(
    chromium: "Browser", results: Path, seen: Watched
) -> None:
    """Drawn anew for the crawler that was there before, each panel is the one of Python."""
    with visit(chromium, results / "index.html", scripts=False) as watched:
        static = watched.page.locator(".chart > svg").evaluate_all(_STATIC)
    choice = seen.page.get_by_label("Crawler", exact=True)
    first = choice.input_value()
    for token in ("CCBot", first):
        choice.select_option(token)
        for chart in seen.page.locator(".chart").all():
            chart.scroll_into_view_if_needed()
            seen.page.wait_for_timeout(60)
    live = seen.page.locator(".chart > svg").evaluate_all(_STATIC)
    assert [svg.replace(' tabindex="0"', "") for svg in live] == static and len(live) > 10
    for figure in ("blocked", "verdicts", "transitions"):
        assert taken(seen, figure, "SVG") == _drawn(results / f"{figure}.svg")
    assert seen.complaints == []


def test_pictures_beside_the_page(seen: Watched, results: Path) -> None:
    """A browser opens each PNG and SVG, at their full size."""
    for name in ("blocked.png", "lost.png", "verdicts.svg"):
        seen.page.goto((results / name).as_uri())
        wide = "(document.images[0] || document.documentElement.viewBox.baseVal)"
        size = f"{wide}.naturalWidth || {wide}.width"
        assert seen.page.evaluate(size) >= 600


def _drawn(path: Path) -> bytes:
    """Return a file's drawing without its style."""
    before, _, rest = path.read_text("utf-8").partition("<style>")
    return (before + rest.partition("</style>")[2]).encode()


def test_what_a_reader_takes_along(seen: Watched) -> None:
    """PNG and CSV are made of the data in the page; names that begin a formula do not."""
    assert taken(seen, "blocked", "PNG").startswith(b"\x89PNG")
    head, row, *_ = taken(seen, "blocked", "CSV").decode().split("\r\n")
    assert head.startswith("snapshot,date,segment,name,estimate") and row.startswith(
        "2023-09,2023-"
    )
    assert seen.page.locator("#blocked-figure .take a[href='#blocked-figure']").count() == 1
    assert seen.complaints == []


def test_tips(chromium: "Browser", results: Path) -> None:
    """The nearest snapshot with all its series is shown by mouse, by touch and by keyboard."""
    with visit(chromium, results / "index.html") as watched:
        page = watched.page
        page.locator("#blocked-chart").scroll_into_view_if_needed()
        page.wait_for_timeout(300)  # what comes near is drawn anew
        panel = page.locator("#blocked-chart svg").first
        box = panel.bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + box["height"] * 0.9)
        tip = page.locator("#tip")
        assert tip.inner_text().startswith("2024-07, 2024-07-10")
        assert {"GPTBot", "CCBot"} <= {line.split(":")[0] for line in tip.inner_text().split("\n")}
        page.mouse.move(0, 0)
        assert not tip.is_visible()
        panel.focus()
        for key, month in (("ArrowLeft", "2024-07"), ("ArrowLeft", "2024-02"),
                           ("ArrowRight", "2024-07"), ("ArrowRight", "2024-07")):  # fmt: skip
            page.keyboard.press(key)
            assert tip.inner_text().startswith(month)
        page.keyboard.press("Escape")
        assert not tip.is_visible()
        panel.dispatch_event("pointerdown", {"clientX": box["x"] + 50, "pointerType": "touch"})
        assert tip.inner_text().startswith("2023-09")
        panel.dispatch_event("pointerleave", {"pointerType": "touch"})
        assert tip.is_visible()


def test_intervals_on_demand(seen: Watched) -> None:
    """Intervals are drawn when a reader asks for them, of a list as if it were a sample."""
    bands = seen.page.locator("#blocked-chart .band")
    assert bands.count() > 5 and not bands.first.is_visible()
    seen.page.locator("#blocked-figure .intervals").check()
    assert bands.first.is_visible()
    panel = seen.page.locator("#blocked-chart svg").first
    panel.focus()
    seen.page.keyboard.press("ArrowLeft")
    assert "as a sample" in seen.page.locator("#tip").inner_text()


def test_a_chosen_crawler_is_highlighted(seen: Watched, results: Path) -> None:
    """The main figure draws the chosen crawler in a colour of its own, also one that it lacks."""
    counted = pl.read_parquet(results / "blocked.parquet")["token"].unique().sort()
    names = "found => found.map(text => text.textContent)"
    shown = seen.page.locator("#blocked-chart text").evaluate_all(names)
    other = next(token for token in counted if token not in shown)
    seen.page.get_by_label("Crawler", exact=True).select_option(other)
    seen.page.locator("#blocked-chart").scroll_into_view_if_needed()
    seen.page.locator(f"#blocked-chart text:text-is('{other}')").first.wait_for()
    assert seen.page.locator("#blocked-chart [stroke='#2a7f62']").count() > 0


@pytest.mark.parametrize(
    ("low", "high", "scale", "expected"),
    [
        (0, 0, 100, [0, 1]), (0, 0.64, 100, [0, 20, 40, 60, 80]), (0, 3, 1, [0, 1, 2, 3]),
        (-0.02, 0.11, 100, [-5, 0, 5, 10, 15]), (-20, 100, 1, [-50, 0, 50, 100]),
    ],
)  # fmt: skip
def test_ticks(low: float, high: float, scale: int, expected: list[int]) -> None:
    """An axis of values has few round ticks around all values."""
    assert ticks(low, high, scale) == expected


def test_labels() -> None:
    """Labels keep a gap and stay within; those that would overlap share one; long ones are cut."""
    assert spread([10, 11, 90], 14, 0, 100) == [10, 24, 90]
    assert spread([95, 96, 97], 14, 0, 100) == [72, 86, 100]
    assert merged([(10, "1"), (12, "2"), (60, "3")], 10) == [(11, "1\N{EN DASH}2"), (60, "3")]
    assert fit("abc", 11, 100) == "abc"
    cut = fit("m" * 63, 11, 150)
    assert cut.endswith("\N{HORIZONTAL ELLIPSIS}") and text_width(cut, 11) <= 150
    assert wrapped("aa bb cc", 10, 40) == ["aa bb", "cc"]
