"""axe-core finds nothing that assistive technology cannot use, with all that folds opened."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pages import Watched, visit

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.own_code

# All at once: each run reads the whole page first, which takes seconds.  A fault says where it is.
_RUN = """async part => (await axe.run(part ?? document, {resultTypes: ["violations"]}))
  .violations.map(({id, nodes}) => `${id}: ${nodes[0].target} ${nodes[0].html}`)"""
_OPEN = "() => document.querySelectorAll('details').forEach(one => { one.open = true; })"


def violations(watched: Watched) -> list[str]:
    """Return what axe-core finds on a page on which everything is open."""
    axe = pytest.importorskip("axe_playwright_python")
    page = watched.page
    page.locator("#host-table button.host").first.click()
    page.locator("button.cell").first.click()
    page.evaluate(_OPEN)
    page.wait_for_timeout(300)  # tables are filled when they are opened
    page.evaluate((Path(axe.__path__[0]) / "axe.min.js").read_text("utf-8"))
    found: list[str] = page.evaluate(_RUN)
    return found


@pytest.mark.parametrize("dark", [False, True])
def test_a_small_page(chromium: "Browser", results: Path, dark: bool) -> None:
    """The page of a few sites has no fault, in light and dark; a planted one is found."""
    with visit(chromium, results / "index.html", dark=dark) as watched:
        assert violations(watched) == []
        watched.page.evaluate("document.querySelector('#method').append(new Image())")
        planted = watched.page.evaluate(_RUN, "#method")
        assert len(planted) == 1 and "image-alt" in planted[0]


def test_the_demo(chromium: "Browser", bundled: Path) -> None:
    """The page of the demo, with 20,000 elements, has none either."""
    with visit(chromium, bundled / "crawlblock-results" / "index.html") as watched:
        assert violations(watched) == []
