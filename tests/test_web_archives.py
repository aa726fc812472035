"""What sites do to web archives: a few hosts counted by hand, what is missing, a new archive."""

import json
import shutil
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
import small_database as small
from oracles.paired import Pair, difference
from test_metrics import ask, rows

import crawlblock
from crawlblock.intervals import wilson
from crawlblock.metrics.headline import headline_of
from crawlblock.metrics.queries import analyze
from crawlblock.report.answers import answers
from crawlblock.report.charts.catalog import archives
from crawlblock.report.charts.context import context
from crawlblock.report.page.archives_section import archives_section
from crawlblock.report.page.figure_html import plate

pytestmark = pytest.mark.own_code

ARCHIVE = ("archive", "open", True, True)
CRAWLERS: tuple[tuple[Any, ...], ...] = (
    # token, operator, purpose, openness, ai, web_archive, national_library, since, reused
    ("archive.org_bot", "Internet Archive", *ARCHIVE, False, None, False),
    ("ia_archiver", "Internet Archive", *ARCHIVE, False, None, True),
    ("LibraryA", "Library of A", *ARCHIVE, True, None, False),
    ("LibraryB", "Library of B", *ARCHIVE, True, None, False),
    ("Arquivo", "Arquivo.pt", *ARCHIVE, False, None, False),
    ("LateArchive", "Late Archive", *ARCHIVE, False, date(2025, 3, 1), False),
    ("CCBot", "Common Crawl", "archive", "open", True, False, False, None, False),
    ("GPTBot", "OpenAI", "training", "closed", True, False, False, None, False),
    ("Googlebot", "Google", "search", "closed", False, False, False, None, False),
    ("bingbot", "Microsoft", "search", "closed", False, False, False, None, False),
)
POLICIES = {  # whom a robots.txt names
    "ia": ("archive.org_bot",), "old": ("ia_archiver",), "both": ("archive.org_bot", "ia_archiver"),
    "lib": ("LibraryB",), "late": ("LateArchive",), "cc": ("CCBot",),
    "nobing": ("archive.org_bot", "CCBot", "bingbot"), "gpt": ("GPTBot",),
}  # fmt: skip
MEASURES = ("blocked", "blocked by name", "blocked, search let in")
FIRST, LAST = date(2025, 2, 1), date(2026, 6, 1)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a database with web archives, search engines, and policies about them."""
    path = tmp_path_factory.mktemp("template") / "small.duckdb"
    with small.make(path) as connection:
        connection.execute("DELETE FROM crawlers WHERE token <> '*'")
        connection.executemany(
            "INSERT INTO crawlers (id, token, operator, purpose, openness, ai, web_archive, "
            "national_library, documented_since, reused) "
            "SELECT 100 + (SELECT count(*) FROM crawlers), ?, ?, ?, ?, ?, ?, ?, ?, ?",
            CRAWLERS,
        )
        for name, named in POLICIES.items():
            _policy(connection, name, named, ("none", "default", True))
        _policy(connection, "free", (), ("none", "default", True))
        _policy(connection, "star", (), ("full", "wildcard", False))
        _policy(connection, "odd", (), ("unknown", "unknown", None))
    return path


@pytest.fixture
def con(template: Path, tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Return a copy of it."""
    shutil.copy(template, tmp_path / "small.duckdb")
    with duckdb.connect(str(tmp_path / "small.duckdb")) as connection:
        yield connection


def _policy(
    con: duckdb.DuckDBPyConnection, name: str, named: Iterable[str], others: small.Verdict
) -> None:
    tokens = [str(token) for token, *_ in CRAWLERS] + ["*"]
    full = ("full", "named", False)
    small.policy(con, name, {t: full if t in tuple(named) else others for t in tokens})


def followed(con: duckdb.DuckDBPyConnection, *snapshots: dict[str, small.Answer]) -> None:
    """Follow the hosts of the first snapshot as a list, through all."""
    small.panel(con, [(host, "all", 1.0) for host in snapshots[0]])
    for number, answers_ in enumerate(snapshots):
        day = FIRST if number == 0 else date(2026, 5 + number, 1)
        small.snapshot(con, f"S{number + 1}", day, answers_)


def test_archives_of_one_snapshot(con: duckdb.DuckDBPyConnection) -> None:
    """Sets are blocked where one of their crawlers is; late archives and outages do not count."""
    kinds = ("ia", "old", "both", "lib", "late", "cc", "nobing", "gpt", "free", "star")
    followed(con, {kind: kind for kind in kinds} | {"down": 503, "gone": None, "none": 404})
    found = ask(con, "archives", of_list=True)
    assert set(found.select("n", "n_unknown").rows()) == {(11, 2)}
    counted: dict[tuple[str, str | None], list[int]] = {}
    for archive, token, measure, yes in rows(found, "archive", "token", "measure", "n_yes"):
        counted.setdefault((archive, token), [0, 0, 0])[MEASURES.index(measure)] = yes
    assert counted == {
        ("Internet Archive", None): [5, 4, 3],  # ia, old, both, nobing, star
        ("Internet Archive", "archive.org_bot"): [4, 3, 2],
        ("Internet Archive", "ia_archiver"): [3, 2, 2],
        ("national libraries", None): [2, 1, 1],  # lib, star
        ("national libraries", "LibraryA"): [1, 0, 0],
        ("national libraries", "LibraryB"): [2, 1, 1],
        ("Arquivo.pt", None): [1, 0, 0],
        ("Common Crawl", None): [3, 2, 1],  # cc, nobing, star
        ("any web archive", None): [6, 5, 4],
    }
    (row,) = rows(
        found, "crawlers", "estimate", "bound_low", "bound_high", "low", "no_interval",
        archive="any web archive", measure="blocked",
    )  # fmt: skip
    assert row[:4] == (5, 6 / 11, 6 / 13, 8 / 13) and row[4] is None and "list" in row[5]
    assert set(rows(found, "change", "n_started", "n_stopped", "no_change")) == {
        (None, None, None, "this is the first snapshot")
    }


def test_archives_over_the_same_hosts(con: duckdb.DuckDBPyConnection) -> None:
    """Hosts that are unknown then or now are left out; the others' change has its interval."""
    first: dict[str, small.Answer] = {f"h{n}": "free" for n in range(10)}
    first |= {"h8": "ia", "h9": "ia", "then": None, "now": "ia", "both": "html"}
    later = first | dict.fromkeys(("h0", "h1", "h2"), "both") | {"h3": "nobing", "h8": "late"}
    followed(con, first, later | {"then": "ia", "now": 429})
    found = ask(con, "archives").filter(pl.col("snapshot") == "S2")
    columns = ("n", "n_unknown", "n_yes", "n_started", "n_stopped", "from_share", "crawlers")
    where = {"archive": "Internet Archive", "measure": "blocked"}
    ours = found.filter(pl.col("token").is_null())
    assert rows(ours, *columns, **where) == [(10, 3, 5, 4, 1, 2 / 10, 2)]
    (shares,) = rows(
        ours, "estimate", "low", "high", "change", "change_low", "change_high", **where
    )
    expected = difference(Pair(both=0.1, first_only=0.4, second_only=0.1), 10)
    assert shares == pytest.approx((0.5, *wilson(0.5, 10), *expected))
    let_in = where | {"measure": "blocked, search let in"}
    assert rows(ours, *columns[2:5], **let_in) == [(4, 3, 1)]
    assert rows(ours, *columns[2:5], **(where | {"archive": "Common Crawl"})) == [(1, 1, 0)]
    assert rows(ours, "n_yes", **(where | {"archive": "Late Archive"})) == []
    assert ours["from_snapshot"].unique().to_list() == ["S1"]


def test_archives_of_a_sample(con: duckdb.DuckDBPyConnection) -> None:
    """The share of a sample counts each stratum as large as it is: 2 * 1/2 + 38 * 1/4 of 40."""
    small.panel(con, [(f"a{n}", "head", 1.0) for n in range(2)]
                + [(f"b{n}", "tail", 9.5) for n in range(4)])  # fmt: skip
    answers_: dict[str, small.Answer] = {"a0": "ia", "a1": "free", "b0": "ia"}
    small.snapshot(con, "S1", FIRST, answers_ | {f"b{n}": "free" for n in (1, 2, 3)})
    found = ask(con, "archives").filter(pl.col("dimension").is_null())
    (row,) = rows(
        found, "estimand", "n_yes", "n", "estimate", "no_interval",
        archive="Internet Archive", token="archive.org_bot", measure="blocked",
    )  # fmt: skip
    assert row == ("sample", 2, 6, pytest.approx((2 / 2 + 38 / 4) / 40), None)


def _without_archives(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("UPDATE crawlers SET web_archive = false, operator = NULL WHERE token <> 'CCBot'")
    followed(con, {"a": "ia", "b": "free"})


def _all_unknown(con: duckdb.DuckDBPyConnection) -> None:
    followed(con, {"a": 503, "b": None}, {"a": 429, "b": None})


def _none_in_both(con: duckdb.DuckDBPyConnection) -> None:
    followed(con, {"a": "ia", "b": None}, {"a": 503, "b": "ia"})


def _not_judged(con: duckdb.DuckDBPyConnection) -> None:
    followed(con, {"a": "odd"}, {"a": "odd"})


def _without_search(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("DELETE FROM crawlers WHERE purpose = 'search'")
    followed(con, {"a": "ia"})


@pytest.mark.parametrize(
    ("made", "measure", "reasons"),
    [
        (_without_archives, "blocked", {"no crawler of a web archive is known"}),
        (_all_unknown, "blocked", {"none of the hosts is known"}),
        (_none_in_both, "blocked", {None, "no host is known in both snapshots"}),
        (_not_judged, "blocked", {"none of the hosts is known"}),
        (_without_search, "blocked, search let in", {"none of the hosts is known"}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_why_there_is_no_estimate(
    con: duckdb.DuckDBPyConnection, made: Any, measure: str, reasons: set[str | None]
) -> None:
    """What is not known is not open: each row has an estimate or says why it has none."""
    made(con)
    found = ask(con, "archives", of_list=True)
    ours = found.filter((pl.col("archive") == "any web archive") & (pl.col("measure") == measure))
    assert set(ours["no_estimate"]) == reasons
    silent = found.filter(pl.col("estimate").is_null())
    assert silent["no_estimate"].is_not_null().all() and not silent["n_yes"].sum()
    assert silent.select("bound_low", "bound_high").unique().rows() == [(0, 1)]
    assert silent["no_change"].is_not_null().all() and silent["change"].is_null().all()


def test_the_answer_and_its_part_of_the_page(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    """The sentence says then and now, search and Common Crawl; the events are beside the table."""
    first: dict[str, small.Answer] = {f"h{n}": "free" for n in range(40)}
    first |= {"h39": "star", "h38": "old"}
    later = first | {f"h{n}": "ia" for n in range(16)} | {"h16": "nobing"}
    followed(con, first, later)
    frames = analyze(con, tmp_path / "results")
    found = headline_of(frames)
    assert found is not None
    (said,) = (each for each in answers(found, frames) if "archives" in each.question)
    assert said.sentence == (
        "Of the same 40 sites, 5.0 % blocked the Internet Archive in February 2025 and 47.5 % in "
        "June 2026: 17 started and 0 stopped. In June 2026, 42.5 % blocked it but not Google or "
        "Bing, and 5.0 % blocked Common Crawl."
    )
    assert "45.0 % blocked archive.org_bot and 5.0 % blocked ia_archiver (the name of Alexa" in (
        said.basis
    )
    set_ = context(found, frames)
    assert set_ is not None
    figure = archives(set_)
    section = "".join(archives_section(set_, plate(figure, "", set_)))
    assert "Large news sites begin to block the Internet Archive" in section
    assert "niemanlab.org/2026/01" in section and "40 hosts known in February 2025" in section
    assert "<td>national libraries</td><td>2.5 %</td><td>2.5 %</td><td>0.0 %</td>" in section


def test_a_single_snapshot_is_no_change(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """With one host and one snapshot the sentence has one date, and says that it shows no trend."""
    followed(con, {"a": "ia"})
    frames = analyze(con, tmp_path / "results")
    found = headline_of(frames)
    assert found is not None
    (said,) = (each for each in answers(found, frames) if "archives" in each.question)
    assert said.sentence.startswith(
        "Of 1 site, 100.0 % blocked the Internet Archive in February 2025."
    )
    assert "Fewer than 30 sites are too few to show a trend." in said.basis


NEW = """
[[crawler]]
token = "{token}"
operator = "Keeper of {token}"
purpose = "archive"
openness = "open"
ai = true
web_archive = true
national_library = {library}
url = "https://elsewhere.example/bot"
"""


def test_an_archive_is_added_in_one_place(tmp_path: Path) -> None:
    """An entry of crawlers.toml is all that the result needs, for a library or for another."""
    (tmp_path / "own").mkdir()
    entries = NEW.format(token="KeeperA", library="false") + NEW.format(
        token="KeeperB", library="true"
    )
    (tmp_path / "own" / "crawlers.toml").write_text(entries)
    bodies = {"a.test": "User-agent: KeeperA\nUser-agent: KeeperB\nDisallow: /\n", "b.test": "\n"}
    at = {"fetch_time": "2026-06-10T12:00:00Z", "status": 200}
    lines = [json.dumps({"host": host, **at, "body": body}) for host, body in bodies.items()]
    (tmp_path / "captures.jsonl").write_text("\n".join(lines))
    with crawlblock.open(tmp_path / "x.duckdb", create=True, extra=tmp_path / "own") as db:
        db.sample(list(bodies))
        db.import_(tmp_path / "captures.jsonl")
    with duckdb.connect(str(tmp_path / "x.duckdb")) as con:
        found = ask(con, "archives", of_list=True).filter(pl.col("n_yes") == 1)
    named = rows(found, "archive", "token", "n", measure="blocked by name")
    assert named == [
        ("Keeper of KeeperA", None, 2), ("any web archive", None, 2),
        ("national libraries", None, 2), ("national libraries", "KeeperB", 2),
    ]  # fmt: skip
