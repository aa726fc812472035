"""The page and the table in the terminal say what the frames say, and nothing else."""

import base64
import hashlib
import io
import re
from datetime import date
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest
import small_database as small
from rich.console import Console

from crawlblock.analysis.run import analyze
from crawlblock.report.choice import claims
from crawlblock.report.figure import Mark, Point, Series, line_chart
from crawlblock.report.page import BUNDLED_SAMPLE, About, render, write_page
from crawlblock.report.terminal import show
from crawlblock.report.words import DASH, interval, percent

VOID = {"meta", "line", "polygon", "polyline"}
HOSTS = [f"h{i}" for i in range(9)]


class Reader(HTMLParser):
    """Reads a page, checks that its tags are closed, and keeps its text by tag."""

    def __init__(self, text: str) -> None:
        """Read the whole text."""
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag that closes itself."""
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        """Check that the tag last opened is the one closed."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Keep text with the path of its tags."""
        self.texts.append((" ".join(self.open), data))

    def of(self, end: str) -> list[str]:
        """Return the texts whose path of tags ends so."""
        return [data for path, data in self.texts if path.endswith(end)]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pl.DataFrame]:
    """Return the metrics of three crawls, the archive's break between the last two."""
    tmp_path = tmp_path_factory.mktemp("results")
    con = small.make(tmp_path / "small.duckdb")
    for name, day, refusing in (
        ("MINI-2023-23", date(2023, 5, 27), 1),
        ("MINI-2023-40", date(2023, 9, 21), 3),
        ("MINI-2023-50", date(2023, 11, 28), 5),
    ):
        answers: dict[str, small.Answer] = dict.fromkeys(HOSTS, "open")
        answers |= dict.fromkeys(HOSTS[:refusing], "named") | {"h8": "wild", "h7": None}
        small.snapshot(con, name, day, answers)
    frames = analyze(con, tmp_path / "results")
    con.close()
    return frames


@pytest.fixture
def nothing(tmp_path: Path) -> dict[str, pl.DataFrame]:
    """Return the metrics of a database without captures."""
    con = small.make(tmp_path / "empty.duckdb")
    frames = analyze(con, tmp_path / "nothing")
    con.close()
    return frames


def test_page_is_well_formed(results: dict[str, pl.DataFrame]) -> None:
    """Every tag is closed in order and figures and tables have captions."""
    page = Reader(render(results, BUNDLED_SAMPLE))
    assert page.open == []
    assert {"svg", "figure", "figcaption", "table", "caption", "th"} <= {t for t, _ in page.tags}


def test_page_loads_nothing(results: dict[str, pl.DataFrame]) -> None:
    """Nothing is loaded or run: no script, link, source or url(); a policy forbids them."""
    text = render(results)
    page = Reader(text)
    assert not {"script", "link", "img", "iframe", "base"} & {tag for tag, _ in page.tags}
    names = {name for _, attributes in page.tags for name in attributes}
    assert not {"src", "href", "style"} & names
    assert not [name for name in names if name.startswith("on")]
    assert "url(" not in text and "@import" not in text
    (style,) = page.of("style")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{digest}'" in text


def test_figure_shows_the_frames(results: dict[str, pl.DataFrame]) -> None:
    """The points of the main figure are the frame's claims about the chosen crawlers, no more."""
    found = claims(results)
    assert found is not None and found.tokens == ("Alpha", "Beta", "Seeker")
    expected = [
        f"{r['token']}, {r['snapshot']}: {percent(r['estimate'])} "
        f"({interval(r['low'], r['high'])}), n = {r['n']}, unknown {r['n_unknown']}"
        for token in found.tokens
        for r in found.of(token)
    ]
    shown = Reader(render(results)).of("circle title")
    assert shown[: len(expected)] == expected
    assert len(expected) == 2 + 3 + 3  # Alpha is documented after the first crawl


def test_headline_says_it_all(results: dict[str, pl.DataFrame]) -> None:
    """A headline has the share, its interval, its counts, the unknown and the bounds."""
    sentence = Reader(render(results)).of("li")[0]
    for part in ("Alpha: 75.0 %", "MINI-2023-50", "40.9", "92.9 %", "6 of 8", "1 unknown",
                 "66.7 %", "77.8 %", "50.0 %", "MINI-2023-40"):  # fmt: skip
        assert part in sentence, part


def test_table_shows_the_frames(results: dict[str, pl.DataFrame]) -> None:
    """The table of the last snapshot has every crawler with its share and counts."""
    found = claims(results)
    assert found is not None
    table = render(results).partition("All crawlers in MINI-2023-50")[2].partition("</table>")[0]
    shown = [re.findall("<td>(.*?)</td>", row) for row in re.findall("<tr><td>.*?</tr>", table)]
    assert shown == [
        [r["token"], r["operator"] or "", percent(r["estimate"]), interval(r["low"], r["high"]),
         str(r["n"]), str(r["n_unknown"])]
        for r in found.last().to_dicts()
    ]  # fmt: skip
    assert [row[0] for row in shown] == ["Alpha", "*", "Beta", "Seeker"]


def test_definitions_side_by_side(results: dict[str, pl.DataFrame]) -> None:
    """Each of the figure's crawlers is shown under every definition and basis."""
    table = render(results).partition("other definitions")[2].partition("</table>")[0]
    (alpha,) = re.findall("<tr><td>Alpha</td>(.*?)</tr>", table)
    assert re.findall("<td>(.*?)</td>", alpha) == [
        percent(share) for share in (6 / 8, 5 / 8, 1 / 8, 0, 6 / 8, 0, 0, 6 / 8)
    ]


def test_breaks_are_marked(results: dict[str, pl.DataFrame]) -> None:
    """The archive's break stands in the figure and is explained beside it."""
    page = Reader(render(results))
    assert [a for tag, a in page.tags if tag == "line" and a.get("class") == "mark"]
    assert [t for t in page.of("li") if "MINI-2023-40 and MINI-2023-50: Five redirects" in t]


def test_strange_names_are_escaped(results: dict[str, pl.DataFrame]) -> None:
    """Markup in a name or a text is shown, not run."""
    evil = "<script>alert(1)</script>&\"'"
    frames = {
        name: frame.with_columns(pl.col("token").replace({"Alpha": evil}))
        if "token" in frame.columns
        else frame
        for name, frame in results.items()
    }
    text = render(frames, About(evil, (evil,)))
    assert "<script" not in text
    page = Reader(text)
    assert page.open == [] and evil in page.of("h1")


def test_nothing_to_show(nothing: dict[str, pl.DataFrame]) -> None:
    """Without captures page and terminal say so instead of drawing an empty figure."""
    page = Reader(render(nothing))
    assert "svg" not in {tag for tag, _ in page.tags}
    assert [text for text in page.of("p") if "nothing to show" in text]
    out = io.StringIO()
    show(Console(file=out, width=80), nothing)
    assert "nothing to show" in out.getvalue()


def test_same_results_same_page(results: dict[str, pl.DataFrame], tmp_path: Path) -> None:
    """The page depends on nothing but the results and what is said of the data."""
    for name in ("one.html", "two.html"):
        write_page(results, tmp_path / name, BUNDLED_SAMPLE)
    assert (tmp_path / "one.html").read_bytes() == (tmp_path / "two.html").read_bytes()
    assert "Rendered: the archive" in (tmp_path / "one.html").read_text("utf-8")


def test_terminal_fits(results: dict[str, pl.DataFrame]) -> None:
    """The table keeps to 80 columns and shows shares, interval, n, change and series."""
    out = io.StringIO()
    show(Console(file=out, width=200), results)
    lines = out.getvalue().splitlines()
    assert max(map(len, lines)) <= 80
    assert any("RFC 9309" in line for line in lines)
    (alpha,) = (line for line in lines if line.startswith("Alpha"))
    assert re.split(r"\s{1,}", alpha.replace(" %", "%").strip()) == [
        "Alpha", "MINI-2023-40", "50.0%", "75.0%", interval(0.40927, 0.92852).replace(" %", "%"),
        *("8", DASH),  # these hosts are no panel: a difference is not a change
        "▆█",
    ]  # fmt: skip


def test_one_snapshot_is_a_figure() -> None:
    """A single date and a share of zero can be drawn; names at the right do not overlap."""
    point = Point(date(2024, 1, 1), 0.0, 0.0, 0.1, "note")
    lines = [Series(f"line {i}", (point,)) for i in range(7)]
    text = line_chart("title", lines, [Mark(date(2024, 1, 1), "1")])
    assert "nan" not in text
    heights = sorted(float(y) for y in re.findall(r'class="name s\d" x="\d+" y="([\d.]+)"', text))
    assert len(heights) == 7
    assert all(b - a >= 13.9 for a, b in pairwise(heights))
