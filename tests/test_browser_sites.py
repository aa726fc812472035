"""The page's sites and choices in a real browser: found, opened, linked to, saved, never run."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

import duckdb
import pytest
from pages import (
    EVIL_HOST,
    EVIL_TEXT,
    OPEN,
    REFUSING,
    Watched,
    fill,
    run,
    visit,
)

from crawlblock.metrics.results_folder import results_of
from crawlblock.report.labels import DASH, RESTRICTIONS

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.own_code

LONG = f"{'a' * 63}.{'b' * 63}.example"
RIGHT_TO_LEFT = "مثال.example"
_FEWER = "most => document.querySelectorAll('#host-table button.host').length < most"
_READY = "() => document.querySelectorAll('button.host').length > 0"


@pytest.fixture(scope="module")
def page(results: Path) -> Path:
    """Return the page of a small database with markup in names and lines."""
    return results / "index.html"


@pytest.fixture
def seen(chromium: "Browser", page: Path) -> Iterator[Watched]:
    """Return the page, opened on a wide screen."""
    with visit(chromium, page) as watched:
        watched.page.wait_for_function(_READY)
        yield watched


def test_sites_are_found_sorted_and_filtered(seen: Watched) -> None:
    """A name or a pasted address finds a site; columns sort; filters are about one crawler."""
    page, names = seen.page, seen.page.locator("#host-table button.host")
    status = page.get_by_role("status").filter(has_text="shown")
    assert names.count() == 9 and "9 of 9 shown" in status.inner_text()
    assert names.first.text_content() == "h3.org"  # the latest change comes first
    search = page.get_by_label("Site", exact=True)
    for typed in ("H3", "https://www.h3.org/about?x=1#top", "http://me@h3.org:80/", "h3.org."):
        search.fill(typed)
        assert names.all_text_contents() == ["h3.org"], typed
    search.fill("nowhere")
    assert "no site matches" in page.locator("#host-count").inner_text()
    search.fill("")
    page.get_by_label("Change", exact=True).select_option("stricter")
    assert sorted(names.all_text_contents()) == ["h2.org", "h3.org", "h6.org"]
    page.get_by_label("Change", exact=True).select_option("")
    verdict = page.get_by_label("Verdict now")
    assert verdict.locator("option").all_text_contents()[1:-1] == list(RESTRICTIONS.values())
    verdict.select_option("no path blocked")
    assert names.all_text_contents() == ["h7.org"]
    verdict.select_option("")
    head = page.get_by_role("columnheader", name="site")
    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") == "ascending"
    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") == "descending"
    assert names.all_text_contents()[-2:] == ["h0.org", EVIL_HOST]
    page.get_by_label("Author", exact=True).select_option(index=1)
    assert 0 < names.count() < 9
    assert seen.complaints == []


def test_by_keyboard_to_the_line(seen: Watched) -> None:
    """With the keyboard alone a site opens, and a cell shows its evidence in the row below."""
    page = seen.page
    page.get_by_label("Site", exact=True).focus()
    page.keyboard.type("h0")
    page.keyboard.press("Enter")
    button = page.get_by_role("button", name="h0.org").first
    assert button.get_attribute("aria-expanded") == "true"
    while "cell" not in page.evaluate("document.activeElement.className"):
        page.keyboard.press("Tab")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    cell = page.evaluate("document.activeElement.closest('tr').nextElementSibling.className")
    assert cell == "below"
    shown = page.locator(".evidence").inner_text()
    for part in (
        f"GPTBot at h0.org, 2023-09 {DASH} 2024-07: fully blocked", "Line 3 decided.",
        "2 user agents",
        "1  User-agent: GPTBot", "3  Disallow: /  ← decided", "rules of no known template",
        "crawlblock explain h0.org GPTBot --at 2023-09",
    ):  # fmt: skip
        assert part in shown, part
    distance = page.evaluate(
        "document.querySelector('.evidence').getBoundingClientRect().top"
        " - document.activeElement.getBoundingClientRect().bottom"
    )
    assert 0 <= distance < 20
    folded = page.locator(".heat summary").first.inner_text()
    assert folded.endswith(" more")
    page.keyboard.press("Enter")
    assert page.locator(".evidence").count() == 0
    assert seen.complaints == []


def test_choice_is_in_the_address(chromium: "Browser", page: Path) -> None:
    """The address holds crawler, segment and site, and brings them back; charts follow."""
    with visit(chromium, page) as watched:
        tab = watched.page
        tab.wait_for_function(_READY)
        first = tab.locator("#crawler-choice optgroup").first
        assert not (first.get_attribute("label") or "").startswith("Not AI")
        assert tab.locator("#crawler-choice option").count() > 100
        tab.get_by_label("Find a crawler").fill("amazon")
        tab.get_by_label("Listed by").select_option("purpose")
        offered = tab.locator("#crawler-choice option").all_text_contents()
        assert "Amazonbot" in offered and len(offered) < 20
        tab.get_by_label("Find a crawler").fill("ccbot")
        tab.keyboard.press("Enter")
        tab.get_by_label("Segment", exact=True).select_option("big")
        tab.wait_for_function(_FEWER, arg=9)
        segments = tab.locator("#host-table td.wide:nth-child(2)").all_text_contents()
        assert set(segments) == {"big"}
        tab.locator("#verdicts-chart").scroll_into_view_if_needed()
        tab.wait_for_function("() => document.querySelectorAll('#verdicts-chart svg').length === 1")
        tab.get_by_label("Site", exact=True).fill("h2")
        tab.keyboard.press("Enter")
        chosen = "#crawler=CCBot&segment=big&host=h2.org"
        tab.wait_for_function("hash => location.hash === hash", arg=chosen)
        said = tab.locator("#choice-said").inner_text()
        assert "known sites (big) in 2024-07" in said
        tab.reload()
        tab.wait_for_function("() => document.querySelector('.heat') !== null")
        assert tab.evaluate("document.activeElement.textContent") == "h2.org"
        assert tab.locator("#choice-said").inner_text() == said
        assert tab.get_by_label("Segment", exact=True).input_value() == "big"
        tab.evaluate("location.hash = '#crawler=nobody&host=www.h1.org'")
        tab.wait_for_function("() => document.activeElement.textContent === 'h1.org'")
        assert "CCBot" in tab.locator("#host-table > caption").inner_text()
        assert watched.complaints == []


def test_an_address_that_changes_while_another_waits(chromium: "Browser", page: Path) -> None:
    """An address of the reader counts, also if the page has yet to write what was chosen before."""
    with visit(chromium, page) as watched:
        tab = watched.page
        tab.wait_for_function(_READY)
        tab.evaluate(
            """async () => {
              const choice = document.querySelector('#crawler-choice');
              choice.value = 'CCBot';
              choice.dispatchEvent(new Event('change'));
              history.pushState(null, '', '#crawler=ClaudeBot&host=www.h1.org');
              await new Promise((go) => setTimeout(go, 400));  // a busy browser is late with this
              dispatchEvent(new Event('hashchange'));
            }"""
        )
        tab.wait_for_function("() => document.activeElement.textContent === 'h1.org'", timeout=5000)
        assert tab.get_by_label("Crawler", exact=True).input_value() == "ClaudeBot"
        assert watched.complaints == []


def test_an_address_with_an_unknown_crawler(chromium: "Browser", page: Path) -> None:
    """The page says so when it opens and when the address changes, until a crawler is chosen."""
    with visit(chromium, page) as watched:
        tab, said = watched.page, watched.page.locator("#choice-said")
        for unknown in ("no%20body", "nobody%26"):
            tab.evaluate("hash => { location.hash = hash; }", f"#crawler={unknown}")
            expected = f"No crawler is called {unquote(unknown)}. GPTBot: Blocked by "
            said.filter(has_text=expected).wait_for()
        tab.goto(f"{page.as_uri()}#crawler=nobody")
        tab.reload()
        tab.wait_for_function(_READY)
        assert said.inner_text().startswith("No crawler is called nobody. GPTBot: Blocked by ")
        tab.get_by_label("Crawler", exact=True).select_option("CCBot")
        assert said.inner_text().startswith("Blocked by ")
        assert watched.complaints == []


def test_tables_are_saved_from_the_page(seen: Watched) -> None:
    """A page without the files beside it gives its tables as CSV; names are no formulas."""
    button = seen.page.locator("#sites button.save")
    with seen.page.expect_download() as waiting:
        button.click()
    assert waiting.value.suggested_filename == "sites.csv"
    lines = Path(waiting.value.path()).read_text("utf-8").splitlines()
    assert lines[0] == "site,segment,crawler,verdict,last_change,author" and len(lines) >= 10
    assert any(line.startswith("h0.org,big,GPTBot,fully blocked,") for line in lines)
    assert seen.complaints == []


def test_markup_is_text(seen: Watched) -> None:
    """Markup in a site's name, a segment and a rule's line is shown as it is, and never run."""
    seen.page.get_by_label("Site", exact=True).fill("evil")
    seen.page.get_by_role("button", name=EVIL_HOST).first.click()
    seen.page.locator("button.cell").first.click()
    shown = seen.page.locator(".evidence").inner_text()
    assert "crawlblock explain '<b>evil</b>" in shown
    assert "Disallow: / # </script><img src=x onerror=alert(1)>\\u2028&\"'" in shown
    assert seen.page.locator("main b:text-is('evil'), main img, main script").count() == 0
    assert EVIL_TEXT in str(seen.page.locator("#segment-choice").text_content())
    assert seen.complaints == []


def test_sites_that_cannot_be_unpacked(chromium: "Browser", page: Path) -> None:
    """In a browser that cannot unpack the sites the page says so, and its charts work."""
    with visit(chromium, page) as watched:
        watched.page.add_init_script("delete globalThis.DecompressionStream")
        watched.page.reload()
        said = watched.page.locator("#host-count")
        said.filter(has_text="cannot unpack the table of sites").wait_for()
        watched.page.get_by_label("Crawler", exact=True).select_option("CCBot")
        assert "known sites" in watched.page.locator("#choice-said").inner_text()
        assert watched.complaints == []


def test_in_a_sandboxed_viewer(chromium: "Browser", page: Path, tmp_path: Path) -> None:
    """Without an origin, storage and clipboard the page chooses, opens sites and says no error."""
    frame = tmp_path / "viewer.html"
    frame.write_text(
        '<iframe sandbox="allow-scripts" width="1200" height="700" '
        f'src="{page.as_uri()}#crawler=CCBot&host=h2.org"></iframe>'
    )
    with visit(chromium, frame) as watched:
        inside = watched.page.frame_locator("iframe")
        inside.locator(".heat").wait_for()
        inside.get_by_label("Crawler", exact=True).select_option("GPTBot")
        inside.locator("#copy-link").click()
        inside.locator("#host-table > caption").filter(has_text="GPTBot").wait_for()
        assert not [said for said in watched.complaints if "Clipboard API" not in said]


_ARCHIVED = """
UPDATE facts.snapshots SET snapshot = 'CC-MAIN-2024-10', kind = 'crawl';
INSERT INTO facts.warc_files
SELECT 1, 'crawl-data/CC-MAIN-2024-10/segments/1/robotstxt/x.warc.gz';
UPDATE facts.fetches SET warc_file = 1, warc_offset = 100, warc_length = 50
"""


def test_strange_sites_in_many_segments(chromium: "Browser", tmp_path: Path) -> None:
    """One crawl, 40 segments, long labels, text from right to left: all fits a small screen.

    A real crawl's record has an address and a command that reads it.
    """
    hosts = [f"h{number}.org" for number in range(40)]
    bodies = {host: REFUSING if number % 2 else OPEN for number, host in enumerate(hosts)}
    segments = {host: f"segment {number:03}" for number, host in enumerate(hosts)}
    db = fill(tmp_path, {"2024-02": bodies}, segments)
    with duckdb.connect(str(db)) as con:
        for table in ("facts.hosts", "panel"):
            for before, after in (("h1.org", LONG), ("h3.org", RIGHT_TO_LEFT)):
                con.execute(f"UPDATE {table} SET host = ? WHERE host = ?", [after, before])
        con.execute(_ARCHIVED)
    run("analyze", "--db", db)
    with visit(chromium, results_of(db) / "index.html", 360) as watched:
        tab = watched.page
        tab.wait_for_function(_READY)
        assert tab.locator("#segment-choice option").count() == 41
        for segment, host in (("segment 001", LONG), ("segment 003", RIGHT_TO_LEFT)):
            tab.get_by_label("Segment", exact=True).select_option(segment)
            opened = tab.locator("#host-table button.host")
            tab.wait_for_function(_FEWER, arg=2)
            assert opened.all_text_contents() == [host]
            opened.click()
            tab.locator("button.cell.full").first.click()
            assert "← decided" in tab.locator(".evidence").inner_text()
            assert tab.evaluate("document.documentElement.scrollWidth") <= 360
            record = tab.locator(".evidence").get_by_role("link").first.get_attribute("href")
            assert record == (
                "https://index.commoncrawl.org/CC-MAIN-2024-10-index"
                f"?url={quote(f'{host}/robots.txt', safe='')}&output=json"
            )
            assert tab.locator(".evidence pre.command").first.inner_text() == (
                "curl -s -r 100-149 https://data.commoncrawl.org/crawl-data/CC-MAIN-2024-10/"
                "segments/1/robotstxt/x.warc.gz | gunzip"
            )
        assert watched.complaints == []
