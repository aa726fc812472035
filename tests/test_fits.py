"""Nothing on the page is cut, overlaps or is too faint, at any width, in light and dark."""

from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest
from pages import visit

from crawlblock.metrics.result_files import read_results
from crawlblock.report.assemble import page_of
from crawlblock.report.named_results import result_names
from crawlblock.report.page.document import ARCHIVE, Material

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

MEASURE = (Path(__file__).parent / "fits.js").read_text("utf-8")
LETTERS = "abcdefghij"
NO_HOSTS = {"hosts": [], "rulings": [], "vectors": [], "folders": [], "tokens": [], "of": 0}
FONTS = ("DejaVu Sans", "Liberation Sans", "Noto Sans")  # what is not there falls back
_SET_FONT = """font => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`body, svg text, button, select, input { font-family: "${font}" !important; }`);
  document.adoptedStyleSheets = [sheet];
}"""
_SHADES = """names => names.map(name => {
  const canvas = document.createElement("canvas").getContext("2d");
  canvas.fillStyle = getComputedStyle(document.documentElement).getPropertyValue(name);
  const [r, g, b] = canvas.fillStyle.match(/[0-9a-f]{2}/g).map(part => parseInt(part, 16));
  return 0.2126 * r ** 2.2 + 0.7152 * g ** 2.2 + 0.0722 * b ** 2.2;
})"""


@pytest.fixture(scope="module")
def small(results: Path) -> Path:
    """Return the page of a small database with markup in names."""
    return results / "index.html"


def faults(page: "Page", font: str = FONTS[0]) -> list[str]:
    """Return what does not fit on a page."""
    page.evaluate(_SET_FONT, font)
    found: list[str] = page.evaluate(MEASURE)
    return found


@pytest.mark.parametrize(
    ("width", "dark", "font"),
    [
        (360, False, 0), (360, True, 1), (768, False, 1), (1024, True, 0), (1280, False, 0),
        (1600, False, 2),
    ],
)  # fmt: skip
def test_the_page_fits(chromium: "Browser", small: Path, width: int, dark: bool, font: int) -> None:
    """Texts, tables, colours and links are right at each width."""
    with visit(chromium, small, width, dark=dark) as watched:
        assert faults(watched.page, FONTS[font]) == []
        assert watched.complaints == []


@pytest.mark.parametrize(("width", "dark"), [(360, False), (1280, True)])
def test_the_demo_fits(chromium: "Browser", bundled: Path, width: int, dark: bool) -> None:
    """The page of the demo has six segments and many crawlers, and fits as well."""
    page = bundled / "crawlblock-results" / "index.html"
    with visit(chromium, page, width, dark=dark) as watched:
        assert faults(watched.page) == []
        assert watched.complaints == []


def test_paper_and_no_scripts(chromium: "Browser", small: Path) -> None:
    """On paper no table and no text of a figure is cut; without scripts all is there."""
    with visit(chromium, small, 720, dark=True) as watched:
        watched.page.emulate_media(media="print")
        wide = watched.page.evaluate("document.documentElement.scrollWidth")
        cut = watched.page.evaluate(
            "[...document.querySelectorAll('.scroll')].filter(box => box.checkVisibility()"
            " && box.scrollWidth > box.clientWidth + 1).map(box => box.ariaLabel)"
        )
        assert wide <= 720 and cut == []
        assert watched.page.locator(".how p").first.is_visible()
    with visit(chromium, small, 360, scripts=False) as watched:
        assert watched.page.locator(".chart > svg text").count() > 50
        heights = watched.page.locator(".chart > svg").evaluate_all(
            "found => found.map(svg => svg.getBoundingClientRect().width)"
        )
        assert min(heights) > 280  # so that labels are not much smaller than drawn


def test_a_scale_has_the_same_order_in_the_dark(chromium: "Browser", small: Path) -> None:
    """From blocked to not blocked the shades get lighter, in light and in dark."""
    names = ["--full", "--all_but", "--partial", "--none"]
    for dark in (False, True):
        with visit(chromium, small, dark=dark) as watched:
            shades = watched.page.evaluate(_SHADES, names)
            assert shades == sorted(shades) and len(set(shades)) == len(names)


def made(folder: Path, frames: dict[str, pl.DataFrame]) -> Path:
    """Return a page about results, with no host."""
    page = folder / "index.html"
    page.write_text(page_of(Material(frames, ARCHIVE, NO_HOSTS))[0], "utf-8")
    return page


def test_odd_names_fit(chromium: "Browser", small: Path, tmp_path: Path) -> None:
    """Many segments, long and right-to-left names, and crawlers that nobody blocks all fit."""
    names = [f"{LETTERS[n % 10] * 60}{n:03}" for n in range(198)]
    names += ["אתרי חדשות בעברית", "<i>x</i> &"]
    named = pl.DataFrame({"segment": "big", "to": names})
    frames = {}
    for name, frame in read_results(small.parent, result_names(small.parent)).items():
        nobody = (frame.clear() if name == "authors" else frame).with_columns(
            (pl.col(column) * 0).alias(column) for column in ("estimate", "n_yes")
            if column in frame.columns
        )  # fmt: skip
        if "segment" in nobody.columns:
            others = nobody.filter(pl.col("segment").is_null())
            mine = nobody.join(named, on="segment").with_columns(segment="to").drop("to")
            nobody = pl.concat([others, mine.select(others.columns)])
        frames[name] = nobody
    with visit(chromium, made(tmp_path, frames), 360) as watched:
        assert faults(watched.page) == []
        assert watched.complaints == []
        said = watched.page.locator("#blocked-figure").inner_text()
        assert "The 12 largest of 200 segments" in said


def test_one_snapshot_fits(chromium: "Browser", small: Path, tmp_path: Path) -> None:
    """With one snapshot the figures have one point each."""
    frames = {
        name: frame.filter(pl.col("snapshot") == "2024-02")
        if "snapshot" in frame.columns
        else frame
        for name, frame in read_results(small.parent, result_names(small.parent)).items()
    }
    with visit(chromium, made(tmp_path, frames), 768) as watched:
        assert faults(watched.page) == []
        assert watched.complaints == []
