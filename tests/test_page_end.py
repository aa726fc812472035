"""What the page says of itself: title, description, citation, corrections, files beside it."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest
import small_database as small
from test_page import NO_HOSTS, Reader

from crawlblock.errors import InputError
from crawlblock.metrics.queries import analyze
from crawlblock.report.assemble import page_of
from crawlblock.report.page.archive_records import archive_records
from crawlblock.report.page.citing import Cited, citation_forms
from crawlblock.report.page.document import ARCHIVE, Material
from crawlblock.report.page.published_as import PublishedAs, published_as

pytestmark = pytest.mark.own_code


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Material:
    """Return what a page about two hosts in one crawl is made of."""
    folder = tmp_path_factory.mktemp("end")
    con = small.make(folder / "small.duckdb")
    answers: dict[str, small.Answer] = {"h0": "named", "h1": "open"}
    small.snapshot(con, "CC-MAIN-2024-10", date(2024, 2, 20), answers)
    frames: dict[str, pl.DataFrame] = analyze(con, folder / "results")
    con.close()
    return Material(frames, ARCHIVE, {**NO_HOSTS, "of": 2})


def test_head(material: Material) -> None:
    """Title and description have scope and date, and the preview picture has a full address."""
    page = Reader(page_of(material)[0])
    title = "Which crawlers websites block (2 sites, February 2024)"
    assert page.of("title") == [title]
    meta = {at.get("property") or at.get("name"): at["content"] for tag, at in page.tags
            if tag == "meta" and at.get("content")}  # fmt: skip
    assert meta["og:title"] == title and "2 sites, February 2024" in str(meta["description"])
    assert "og:image" not in meta  # there is no file beside the page
    published = PublishedAs("https://example.org/a/", "me@example.org")
    text = page_of(replace(material, published_as=published, files={"blocked.csv"}))[0]
    assert 'property="og:image" content="https://example.org/a/blocked.png"' in text
    assert 'property="og:url" content="https://example.org/a/"' in text
    assert '<a href="mailto:me@example.org">' in text


def test_files_are_linked_where_they_are(material: Material) -> None:
    """The page names the files beside it; alone it has no link to any."""
    alone = page_of(material)[0].partition('<section id="files"')[2]
    assert "href" not in alone.partition("</section>")[0]
    beside = page_of(replace(material, files={"blocked.csv", "blocked.parquet", "x.txt"}))[0]
    listed = beside.partition('<section id="files"')[2].partition("</section>")[0]
    assert '<a href="blocked.csv">csv</a>, <a href="blocked.parquet">parquet</a>' in listed
    assert '<a href="blocked.svg">svg</a>' in listed and "x.txt" not in listed


def test_citations_keep_strange_titles() -> None:
    """A citation names title, year and address; signs of BibTeX are escaped."""
    forms = dict(citation_forms(Cited("A_b & {c} 100 %", date(2024, 2, 1), "https://x.org/")))
    assert forms["Text"].startswith("The crawlblock authors (2024): A_b & {c} 100 %. crawlblock ")
    assert forms["BibTeX"].startswith("@misc{crawlblock2024,")
    assert r"title = {{A\_b \& \{c\} 100 \%}}," in forms["BibTeX"]
    assert 'title: "A_b & {c} 100 %"' in forms["CITATION.cff"]
    assert 'date-released: "2024-02-01"' in forms["CITATION.cff"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, PublishedAs()),
        ({"PAGE_URL": "https://x.org/a"}, PublishedAs("https://x.org/a/")),
        ({"PAGE_URL": "https://x.org/index.html"}, PublishedAs("https://x.org/")),
        ({"CORRECTIONS": "me@x.org"}, PublishedAs("", "me@x.org")),
        ({"CORRECTIONS": "https://x.org/issues"}, PublishedAs("", "https://x.org/issues")),
        ({"PAGE_URL": "x.org"}, None),
        ({"CORRECTIONS": "javascript:alert(1)"}, None),
        ({"CORRECTIONS": "a b@x.org"}, None),
    ],
)
def test_environment_says_how_it_is_published(
    given: dict[str, str], expected: PublishedAs | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Addresses are taken from the environment; anything else is rejected with its name."""
    for name in ("PAGE_URL", "CORRECTIONS"):
        monkeypatch.setenv(f"CRAWLBLOCK_{name}", given.get(name, ""))
    if expected is not None:
        assert published_as() == expected
        return
    with pytest.raises(InputError, match=f"CRAWLBLOCK_{next(iter(given))}: "):
        published_as()


def test_records_of_a_crawl_have_an_address(tmp_path: Path) -> None:
    """Common Crawl's crawls have an index to link to; the demo's say that they are none."""
    con = small.make(tmp_path / "small.duckdb")
    for name, day in (("CC-MAIN-2024-10", 20), ("DEMO-2024-11", 25)):
        small.snapshot(con, name, date(2024, 2, day), {"h0": "named"})
    (real, _), (none, why) = archive_records(con, False)
    con.close()
    assert real == "https://index.commoncrawl.org/CC-MAIN-2024-10-index"
    assert none is None and "reconstructed" in why
