"""Databases that lack something, or hold much, give a page that says so."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import date
from functools import cache
from pathlib import Path

import duckdb
import polars as pl
import pytest
import small_database as small
from pages import OPEN, REFUSING, fill, run
from sharing import copy_of_made
from test_page import Reader

from crawlblock.cli import main
from crawlblock.metrics.headline import headline_of
from crawlblock.metrics.queries import analyze, held, metrics, result_of
from crawlblock.metrics.results_folder import results_of
from crawlblock.report.assemble import page_of
from crawlblock.report.page.document import ARCHIVE, Material
from crawlblock.report.page.host_table import host_table

pytestmark = pytest.mark.own_code

HOSTS = [f"h{number}" for number in range(40)]
CRAWL = "CC-MAIN-2024-10"
Frames = dict[str, pl.DataFrame]
Alike = Callable[[str], tuple[duckdb.DuckDBPyConnection, Frames]]


def page_of_frames(con: duckdb.DuckDBPyConnection, frames: Frames, most: int = 100) -> Reader:
    """Return the page of a database and its results, with so many hosts at most."""
    found = headline_of(frames)
    hosts = host_table(con, found.population == "panel", most) if found else {}
    return Reader(page_of(Material(frames, ARCHIVE, hosts))[0])


def page(con: duckdb.DuckDBPyConnection, results: Path) -> Reader:
    """Return the page of a database."""
    return page_of_frames(con, analyze(con, results))


@pytest.fixture(scope="module")
def alike(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alike]:
    """Give a function that returns a crawl in which all hosts answer alike, and its results."""
    with ExitStack() as opened:

        @cache
        def made(answer: str) -> tuple[duckdb.DuckDBPyConnection, Frames]:
            folder = tmp_path_factory.mktemp(answer)
            con = opened.enter_context(closing(small.make(folder / "small.duckdb")))
            small.snapshot(con, CRAWL, date(2024, 2, 20), dict.fromkeys(HOSTS, answer))
            return con, analyze(con, folder / "results")

        yield made


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a database of two hosts in two months with its results."""
    return copy_of_made(tmp_path_factory, "page-states", _fill) / "crawlblock.duckdb"


def _fill(folder: Path) -> None:
    months = {"2024-02": {"a.org": OPEN, "b.org": REFUSING}, "2024-03": {"a.org": OPEN}}
    folder.mkdir()
    run("analyze", "--db", fill(folder, months, {"a.org": "all", "b.org": "all"}))


@pytest.fixture
def db(filled: Path, tmp_path: Path) -> Path:
    """Return a copy of it with its results, to be changed."""
    shutil.copytree(filled.parent, tmp_path / "copy")
    return tmp_path / "copy" / filled.name


def said(page: Reader) -> str:
    """Return all text of a page that people read."""
    return " ".join(text for path, text in page.texts if "script" not in path)


def test_one_snapshot(alike: Alike) -> None:
    """With one snapshot shares stand, and nothing is said to have changed."""
    made = page_of_frames(*alike("named"))
    assert "Of 40 sites, 100.0 % blocked Alpha in February 2024." in said(made).replace(
        "\N{NO-BREAK SPACE}", " "
    )
    assert "A change needs two snapshots of the same hosts." in said(made)
    assert [tag for tag, _ in made.tags].count("svg") >= 4


def test_one_host(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """Of one host the page says that they show no trend, and shows the wide interval."""
    small.panel(con, [("h0", "all", 1.0)])
    for month in (1, 2):
        small.snapshot(con, f"2024-0{month}", date(2024, month, 1), {"h0": "named"}, "import")
    text = said(page(con, tmp_path / "results"))
    assert "Fewer than 30 sites are too few to show a trend." in text
    assert "All hosts belong to one segment" in text
    assert "All 1 sites" not in text and "The only site." in text


def test_no_weights(alike: Alike) -> None:
    """Without weights it is said that nothing can be said of what is lost, and how to."""
    text = said(page_of_frames(*alike("named")))
    assert "No estimate: no weight of these hosts is stored." in text
    assert "crawlblock weights stores weights." in text


def test_nobody_blocks(alike: Alike) -> None:
    """Where no robots.txt blocks a crawler, the page says so."""
    assert "No robots.txt blocks Alpha." in said(page_of_frames(*alike("open")))


def test_nobody_is_blocked_most(alike: Alike) -> None:
    """Where no host blocks a crawler, none is said to be the one that most block."""
    text = said(page_of_frames(*alike("open")))
    assert "None of the 2 AI crawlers in use is blocked by a known site." in text
    assert "that most sites block." not in text


def test_equally_blocked_crawlers_are_said_to_be(alike: Alike) -> None:
    """Where equally many hosts block two crawlers, neither is said to be blocked by most."""
    text = said(page_of_frames(*alike("wild")))
    assert "2 AI crawlers in use are blocked by equally many sites, and none by more." in text
    assert "that most sites block." not in text


def test_an_archive_may_be_blocked_most(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """The crawler that the answers are about is the most blocked, also if it is an archive's."""
    verdicts: dict[str, small.Verdict] = {
        str(crawler[0]): ("none", "default", True) for crawler in small.CRAWLERS
    }
    small.policy(con, "shut", verdicts | {"Beta": ("full", "named", False)})
    answers = {host: "named" if host < "h2" else "shut" for host in HOSTS}
    small.snapshot(con, CRAWL, date(2024, 2, 20), answers)
    text = said(page(con, tmp_path / "results"))
    assert "Beta is the AI crawler in use that most sites block." in text


def test_no_text_of_their_own(alike: Alike) -> None:
    """Where every block is a group for all crawlers, the answer says that alone."""
    text = said(page_of_frames(*alike("wild"))).replace("\N{NO-BREAK SPACE}", " ")
    assert (
        "Of the 40 sites that blocked Alpha in February 2024, 100.0 % did so with a rule for all "
        "crawlers." in text
    )


def test_weights_of_others(alike: Alike) -> None:
    """Weights of other hosts than these are not said to be lacking altogether."""
    con, frames = alike("named")
    (lost,) = (metric for metric in metrics() if metric.name == "lost")
    con.begin()
    con.execute("INSERT INTO weights BY NAME SELECT 'x.org' AS domain, 'c' AS corpus, 5 AS tokens")
    with held(con):
        weighed = frames | {"lost": result_of(con, lost)}
    text = said(page_of_frames(con, weighed))
    con.rollback()
    assert "no weight of these hosts is stored" in text and "no weights are stored" not in text


def test_changes_of_all_hosts_are_counted(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """The page counts the changes of all hosts, not of those alone whose changes are listed."""
    small.panel(con, [(host, "all", 1.0) for host in HOSTS])
    for month, answer in ((1, "open"), (2, "named")):
        small.snapshot(con, f"CC-{month}", date(2024, month, 1), dict.fromkeys(HOSTS, answer))
    frames = analyze(con, tmp_path / "results")
    frames["transitions"] = frames["transitions"].head(3)
    made = page_of_frames(con, frames, most=9)
    assert "Alpha: 40 hosts started to block it" in said(made)


def test_nothing_is_dated(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """Without a date there are shares but no figure, and the page says so."""
    small.snapshot(con, "undated", date(2024, 2, 20), dict.fromkeys(HOSTS, "named"), "import")
    con.execute("UPDATE facts.snapshots SET first_capture = NULL").fetchall()
    con.execute("UPDATE facts.fetches SET fetch_time = NULL").fetchall()
    made = page(con, tmp_path / "results")
    assert "No snapshot has a date, so there is no chart." in said(made)
    assert not {"svg", "script"} & {tag for tag, _ in made.tags}


def test_many_hosts_are_a_sample(alike: Alike) -> None:
    """Of more hosts than the page takes it holds a sample that says so, and shares of all."""
    text = said(page_of_frames(*alike("named"), most=15))
    assert "15 of 40 sites, chosen by a hash of their names" in text
    assert "Of 40 sites," in text


def test_live_run_is_enough(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """A live run alone makes a page, with no break of an archive it has nothing to do with."""
    small.panel(con, [(host, "all", 1.0) for host in HOSTS])
    small.snapshot(con, "live-2024", date(2024, 2, 1), dict.fromkeys(HOSTS, "named"), "live")
    assert "There is no known break in the archive" in said(page(con, tmp_path / "results"))


def test_report_makes_the_same_page_again(db: Path, tmp_path: Path) -> None:
    """The page made again from the results is the same; results of other data are rejected."""
    made = [results_of(db) / name for name in ("index.html", "blocked.svg", "blocked.png")]
    before = [path.read_bytes() for path in made]
    for path in made:
        path.unlink()
    run("report", "--db", db)
    assert [path.read_bytes() for path in made] == before
    more = tmp_path / "more.jsonl"
    more.write_text('{"host": "a.org", "fetch_time": "2024-05-10", "status": 404, "body": null}\n')
    run("import", "--db", db, more)
    with pytest.raises(AssertionError):
        run("report", "--db", db)


def test_half_replaced_results_are_none(db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Results of which a stopped analyze has replaced some are not taken for those of before."""
    in_the_way = results_of(db) / "blocked.csv"
    in_the_way.unlink()
    in_the_way.mkdir()
    for command in (("analyze", "--http-profile", "ccbot"), ("report",)):
        with pytest.raises(SystemExit):
            main([*command, "--db", str(db)])
    assert "no complete results; run `crawlblock analyze` first" in capsys.readouterr().err


def test_ledger_is_a_result(filled: Path) -> None:
    """What others published stands beside ours as a result file, each row with its source."""
    frame = pl.read_parquet(results_of(filled) / "replication.parquet")
    assert frame["url"].str.starts_with("http").all() and frame.height > 10
    both = pl.col("estimate").is_not_null() & pl.col("published").is_not_null()
    sources = set(frame.filter(both)["url"])
    page = Reader((results_of(filled) / "index.html").read_text("utf-8"))
    linked = {url for tag, at in page.tags if tag == "a" and (url := at.get("href"))}
    assert len(sources) > 1 and sources <= linked
