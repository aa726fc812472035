"""The page in a real browser: it asks for nothing, runs under its policy, and can be used."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest
from pages import Watched, visit

from crawlblock.report.labels import interval, percent

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.own_code


def draw_all(watched: Watched) -> int:
    """Look at every figure, so that all are drawn; return how many are live."""
    charts = watched.page.locator(".chart")
    for number in range(charts.count()):
        charts.nth(number).scroll_into_view_if_needed()
        charts.nth(number).locator("svg").first.wait_for()
    return charts.count()


def test_nothing_leaves(seen: Watched, results: Path) -> None:
    """Every figure is drawn, with no request but the file's, no error and no broken policy."""
    assert draw_all(seen) == 11
    assert seen.requests == [(results / "index.html").as_uri()]
    assert seen.complaints == []


@pytest.mark.parametrize("width", [360, 768, 1280])
@pytest.mark.parametrize("dark", [False, True])
def test_fits(chromium: "Browser", results: Path, width: int, dark: bool) -> None:
    """The body never scrolls sideways, be a host open or not, and ink stands out from paper."""
    with visit(chromium, results / "index.html", width, dark=dark) as watched:
        draw_all(watched)
        watched.page.locator("button.host").first.click()
        watched.page.locator("button.cell").first.click()
        assert watched.page.evaluate("document.documentElement.scrollWidth") <= width
        paper, ink = watched.page.evaluate(
            "['backgroundColor', 'color'].map(name => getComputedStyle(document.body)[name])"
        )
        lightness = [sum(map(int, re.findall(r"\d+", colour)[:3])) for colour in (paper, ink)]
        assert (lightness[0] < lightness[1]) is dark


def test_theme(seen: Watched) -> None:
    """The theme turns a light page dark, its drawings with it, and back to what the system says."""
    draw_all(seen)
    text = "getComputedStyle(document.querySelector('.chart svg text')).fill"
    light = seen.page.evaluate(text)
    theme = seen.page.get_by_label("Theme")
    assert theme.input_value() == ""
    theme.select_option("dark")
    assert seen.page.evaluate(text) != light
    for choice in ("light", ""):
        theme.select_option(choice)
        assert seen.page.evaluate(text) == light
    seen.page.emulate_media(color_scheme="dark")
    assert seen.page.evaluate(text) != light
    theme.select_option("light")
    assert seen.page.evaluate(text) == light


def test_numbers_are_the_files(seen: Watched, results: Path) -> None:
    """The first answer and each row of the main figure are what the result files hold."""
    frame = pl.read_parquet(results / "blocked_by_segment.parquet").filter(
        (pl.col("definition") == "root")
        & (pl.col("population") == "panel")
        & (pl.col("estimand") == "list")
        & (pl.col("segment") == "big")
    )
    (last,) = frame.filter(pl.col("token") == "GPTBot").tail(1).to_dicts()
    answer = seen.page.locator(".answer").first.inner_text().replace("\N{NO-BREAK SPACE}", " ")
    for part in (percent(last["estimate"]), f"Of {last['n']} sites (big)", "blocked GPTBot"):
        assert part in answer
    rows = seen.page.locator("#blocked-rows tbody tr").all()
    shown = [row.locator("td").all_text_contents() for row in rows]
    shares = {(r["snapshot"], r["token"]): r for r in frame.to_dicts()}
    shown = [[row[0], *row[2:]] for row in shown if row[1] == "big"]
    assert len(shown) > 3
    for snapshot, token, share, ends, n, unknown in shown:
        row_of = shares[snapshot, token]
        assert [share, ends] == [
            percent(row_of["estimate"]),
            interval(row_of["low"], row_of["high"]),
        ]
        assert [n, unknown] == [f"{row_of['n']}", f"{row_of['n_unknown']}"]


def test_choice_of_a_crawler(seen: Watched, results: Path) -> None:
    """Another crawler changes figures, tables and hosts to what the files hold of it."""
    draw_all(seen)
    before = seen.page.locator("#verdicts-chart").inner_html()
    seen.page.get_by_label("Crawler", exact=True).select_option("CCBot")
    seen.page.locator("#verdicts-chart").scroll_into_view_if_needed()
    seen.page.wait_for_function(
        "before => document.querySelector('#verdicts-chart').innerHTML !== before", arg=before
    )
    assert set(seen.page.locator(".whose").all_text_contents()) == {"CCBot"}
    frame = pl.read_parquet(results / "blocked_by_segment.parquet").filter(
        (pl.col("token") == "CCBot")
        & (pl.col("definition") == "root")
        & (pl.col("estimand") == "list")
        & (pl.col("segment") == "big")
        & (pl.col("n_yes") > 0)
    )
    seen.page.locator("figure", has=seen.page.locator("#verdicts-rows")).locator("summary").click()
    seen.page.locator("#verdicts-rows").get_by_text("no path blocked").first.wait_for()
    rows = seen.page.locator("#verdicts-rows tbody tr").all()
    cells = [row.locator("td").all_text_contents() for row in rows]
    blocked = [int(hosts) for _, *what, _, hosts in cells if what == ["big", "blocked"]]
    assert blocked == frame["n_yes"].to_list()
    seen.page.locator("#host-table caption").filter(has_text="CCBot").wait_for()
    assert seen.complaints == []


def test_landmarks_and_names(seen: Watched) -> None:
    """A screen reader finds landmarks, one heading of each section, named figures and tables."""
    for role in ("banner", "main", "navigation", "contentinfo", "search"):
        assert seen.page.get_by_role(role).count() == 1, role
    assert seen.page.get_by_role("heading", level=1).count() == 1
    assert seen.page.locator("figure:not([aria-labelledby])").count() == 0
    assert seen.page.locator("table:not(:has(caption))").count() == 0
    targets = seen.page.eval_on_selector_all(
        "nav a", "links => links.filter(a => !document.querySelector(a.hash)).map(a => a.hash)"
    )
    assert targets == []


def test_without_scripts(chromium: "Browser", results: Path) -> None:
    """With scripts off the answers, drawings and tables are there, and no dead control is."""
    with visit(chromium, results / "index.html", scripts=False) as watched:
        assert watched.page.locator(".lead").count() == 6
        assert watched.page.locator(".chart:has(> svg)").count() == 11
        assert watched.page.locator(".chart > svg").first.is_visible()
        assert watched.page.locator("#blocked-rows tbody tr").count() > 3
        for control in ("#theme", "#crawler-choice", "#host-search"):
            assert not watched.page.locator(control).is_visible()
        assert watched.complaints == []


def test_prints(seen: Watched) -> None:
    """On paper the page is light, without its controls, and no wider than the sheet."""
    draw_all(seen)
    seen.page.get_by_label("Theme").select_option("dark")
    seen.page.emulate_media(media="print")
    background = seen.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == "rgb(255, 255, 255)"
    assert not seen.page.locator("#theme").is_visible()
    assert seen.page.locator(".answer").first.is_visible()
    assert seen.page.pdf().startswith(b"%PDF")


def test_an_answer_is_copied_with_its_source(chromium: "Browser", results: Path) -> None:
    """The button of a card copies its sentence and the page's title; without leave it selects."""
    with visit(chromium, results / "index.html") as watched:
        page = watched.page
        answer, button = page.locator(".answer").first, page.locator(".copy").first
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        button.click()
        page.wait_for_function("document.querySelector('.copy').textContent === 'Copied'")
        copied = page.evaluate("navigator.clipboard.readText()")
        assert copied == f"{answer.text_content()} Source: crawlblock, {page.title()}"
        page.evaluate("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
        button.click()
        page.wait_for_function("document.querySelector('.copy').textContent === 'Selected'")
        assert page.evaluate("getSelection().toString()") == answer.inner_text()
        assert watched.complaints == []


def test_a_link_opens_what_is_folded(chromium: "Browser", results: Path) -> None:
    """A link into a folded part opens it and lands there; paper shows the part without it."""
    with visit(chromium, results / "index.html") as watched:
        page, table = watched.page, watched.page.locator("#crawlers")
        assert not table.is_visible()
        page.evaluate("location.hash = '#crawlers'")
        table.wait_for()
        page.wait_for_function(
            "() => { const { top } = document.querySelector('#crawlers').getBoundingClientRect();"
            " return top >= 0 && top < innerHeight; }"
        )
        page.reload()
        table.wait_for()
        page.locator("details.more").evaluate_all(
            "all => all.forEach(one => { one.open = false; })"
        )
        page.emulate_media(media="print")
        assert table.is_visible() and page.get_by_text("All crawlers", exact=True).is_visible()
        assert watched.complaints == []
