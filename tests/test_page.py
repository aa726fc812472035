"""The page and the table in the terminal say what the frames say, and nothing else."""

import base64
import hashlib
import io
import json
import re
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import polars as pl
import pytest
import small_database as small
from rich.console import Console

from crawlblock.metrics.headline import headline_of
from crawlblock.metrics.queries import analyze
from crawlblock.report.assemble import page_of
from crawlblock.report.charts.drawing import png
from crawlblock.report.labels import interval, percent
from crawlblock.report.page.document import BUNDLED_DEMO, About, Material
from crawlblock.report.terminal.summary import show

VOID = {"meta", "input"}
NO_HOSTS = {"hosts": [], "rulings": [], "vectors": [], "folders": [], "tokens": [], "of": 0}
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


def render(results: dict[str, pl.DataFrame], about: About = BUNDLED_DEMO) -> str:
    """Return the page about results, with no host."""
    return page_of(Material(results, about, NO_HOSTS))[0]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pl.DataFrame]:
    """Return the metrics of three crawls, the archive's break between the last two."""
    tmp_path = tmp_path_factory.mktemp("results")
    con = small.make(tmp_path / "small.duckdb")
    for name, day, blocking in (
        ("DEMO-2023-23", date(2023, 5, 27), 1),
        ("DEMO-2023-40", date(2023, 9, 21), 3),
        ("DEMO-2023-50", date(2023, 11, 28), 5),
    ):
        answers: dict[str, small.Answer] = dict.fromkeys(HOSTS, "open")
        answers |= dict.fromkeys(HOSTS[:blocking], "named") | {"h8": "wild", "h7": None}
        small.snapshot(con, name, day, answers)
    frames = analyze(con, tmp_path / "results")
    con.close()
    return frames


@pytest.fixture(scope="module")
def text(results: dict[str, pl.DataFrame]) -> str:
    """Return the page about these metrics."""
    return render(results)


@pytest.fixture
def nothing(tmp_path: Path) -> dict[str, pl.DataFrame]:
    """Return the metrics of a database without captures."""
    con = small.make(tmp_path / "empty.duckdb")
    frames = analyze(con, tmp_path / "nothing")
    con.close()
    return frames


def test_page_is_well_formed(text: str) -> None:
    """Every tag is closed in order and figures and tables have captions."""
    page = Reader(text)
    assert page.open == []
    assert {"svg", "figure", "figcaption", "table", "caption", "th"} <= {t for t, _ in page.tags}


def test_page_may_load_nothing(text: str) -> None:
    """Nothing has an address to load from, and the policy names each script and style by hash."""
    page = Reader(text)
    assert not {"link", "img", "iframe", "base", "object"} & {tag for tag, _ in page.tags}
    names = {name for _, attributes in page.tags for name in attributes}
    assert not {"src", "style", "xlink:href"} & names
    assert not [name for name in names if name.startswith("on")]
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', text)
    assert policy.startswith("default-src 'none'; ") and "unsafe" not in policy
    code = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    (style,) = page.of("style")[:1]
    assert len(code) == 1
    for each in (*code, style):
        digest = base64.b64encode(hashlib.sha256(each.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy


def test_figure_shows_the_frames(results: dict[str, pl.DataFrame], text: str) -> None:
    """The table of the main figure has the frame's results about the chosen crawlers, no more."""
    found = headline_of(results)
    assert found is not None and found.tokens == ("Alpha", "Beta", "Seeker")
    expected = [
        [r["snapshot"], token, percent(r["estimate"]), interval(r["low"], r["high"]),
         str(r["n"]), str(r["n_unknown"])]
        for token in found.tokens
        for r in found.of(token)
    ]  # fmt: skip
    table = text.partition('id="blocked-rows"')[2].partition("</table>")[0]
    shown = [re.findall("<td>(.*?)</td>", row) for row in re.findall("<tr><td>.*?</tr>", table)]
    assert shown == expected
    assert len(expected) == 2 + 3 + 3  # Alpha is documented after the first crawl


def test_answer_says_it_all(text: str) -> None:
    """The first answer has share, counts and month; how we know has the unknown and the bounds."""
    read = Reader(text)
    answer, basis = (
        read.of(end)[0].replace("\N{NO-BREAK SPACE}", " ")
        for end in ("article div div p", "article div div details p")
    )
    assert answer == "Of 8 sites, 75.0 % blocked Alpha in November 2023."
    for part in ("robots.txt forbids /", "1 more site is unknown. Depending on it", "66.7 %",
                 "77.8 %", "a list, so there is no sampling error", "40.9", "92.9 %"):  # fmt: skip
        assert part in basis, part


def test_few_hosts_are_no_trend(text: str) -> None:
    """Where few hosts are known, the answer says so."""
    assert [t for t in Reader(text).of("details p") if "Fewer than 30 sites" in t]


def test_table_shows_the_frames(results: dict[str, pl.DataFrame], text: str) -> None:
    """The table of the last snapshot has every crawler with its share and counts."""
    found = headline_of(results)
    assert found is not None
    table = text.partition('id="crawlers"')[2].partition("</table>")[0]
    shown = [re.findall("<td>(.*?)</td>", row) for row in re.findall("<tr><td>.*?</tr>", table)]
    assert shown == [
        [r["token"], r["operator"] or "", r["purpose"] or "", r["openness"] or "",
         percent(r["estimate"]), interval(r["low"], r["high"]), str(r["n"]), str(r["n_unknown"])]
        for r in found.last().to_dicts()
    ]  # fmt: skip
    assert [row[0] for row in shown] == ["Alpha", "*", "Beta", "Seeker"]


def test_definitions_side_by_side(text: str) -> None:
    """Each of the figure's crawlers is shown under every definition and basis."""
    table = text.partition('id="by-definition"')[2].partition("</table>")[0]
    (alpha,) = re.findall("<tr><td>Alpha</td>(.*?)</tr>", table)
    assert re.findall("<td>(.*?)</td>", alpha) == [
        percent(share) for share in (6 / 8, 5 / 8, 0, 1 / 8, 6 / 8, 6 / 8, 0, 0, 6 / 8)
    ]


def test_breaks_are_marked(text: str) -> None:
    """The archive's break stands in every chart and is explained."""
    (values,) = re.findall(r'id="data">(.*?)</script>', text)
    specs = [figure["spec"] for figure in json.loads(values)["figures"]]
    assert len(specs) >= 7
    for spec in specs:
        assert [each["label"] for each in spec["breaks"]] == ["A"]
    said = "A: between DEMO-2023-40 and DEMO-2023-50: Five redirects"
    assert [t for t in Reader(text).of("li") if said in t]


def test_strange_names_are_escaped(results: dict[str, pl.DataFrame]) -> None:
    """Markup in a name or a text is shown, not run, and ends no data."""
    evil = "</script><script>alert(1)</script><!--&\u2028\"'"
    frames = {
        name: frame.with_columns(pl.col("token").replace({"Alpha": evil}))
        if "token" in frame.columns
        else frame
        for name, frame in results.items()
    }
    text = render(frames, About(evil, (evil,)))
    page = Reader(text)
    assert page.open == [] and evil in page.of("h1")
    assert [tag for tag, _ in page.tags].count("script") == 3
    (values,) = re.findall(r'id="data">(.*?)</script>', text)
    names = [series["name"] for series in json.loads(values)["figures"][0]["spec"]["series"]]
    assert evil.replace("\u2028", "\\u2028") in names
    assert "\u2028" not in values and "<" not in values


def test_left_out_snapshots_are_named(results: dict[str, pl.DataFrame]) -> None:
    """A snapshot that no share counts stands on the page with the reason."""
    left_out = (("DEMO-2023-52", "suspect, hosts that answered: 20 %"),)
    page = Reader(page_of(Material(results, BUNDLED_DEMO, NO_HOSTS, left_out))[0])
    assert [t for t in page.of("li") if "DEMO-2023-52 suspect" in t]


def test_nothing_to_show(nothing: dict[str, pl.DataFrame]) -> None:
    """Without captures page and terminal say so instead of drawing an empty figure."""
    page = Reader(render(nothing))
    assert not {"svg", "script", "figure"} & {tag for tag, _ in page.tags}
    assert [text for text in page.of("p") if "No readable captures" in text]
    out = io.StringIO()
    show(Console(file=out, width=80), nothing)
    assert "No readable captures" in out.getvalue()


def test_same_results_same_page(results: dict[str, pl.DataFrame], text: str) -> None:
    """Page and figures depend on nothing but the results and what is said of the data."""
    again, pictures = page_of(Material(results, BUNDLED_DEMO, NO_HOSTS))
    assert again == text and "are reconstructions" in text
    assert png(pictures["blocked"]) == png(pictures["blocked"])
    assert png(pictures["blocked"]).startswith(b"\x89PNG")


def test_terminal_fits(results: dict[str, pl.DataFrame]) -> None:
    """The table keeps to 80 columns and shows shares, n and the change of the same hosts."""
    out = io.StringIO()
    show(Console(file=out, width=200), results)
    lines = out.getvalue().splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0] == "Of 8 sites, 75.0 % blocked Alpha in November 2023."
    (alpha,) = (line for line in lines if line.startswith("Alpha"))
    assert re.split(r"\s{1,}", alpha.replace(" %", "%").strip()) == [
        "Alpha", "75.0%", "8",  # a list has no interval
        *("DEMO-2023-40", "8", "50.0%", "+25.0"),  # the same 8 hosts are known in both
    ]  # fmt: skip
