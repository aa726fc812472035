"""An export's annotation joins Common Crawl's index, and what is not known stays so."""

import importlib
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
import small_database as small

from crawlblock.demo import format_history
from crawlblock.demo.columnar_index import write_columnar
from crawlblock.demo.contents import IndexEntry, Rendered
from crawlblock.demo.format_history import Era
from crawlblock.export import export
from crawlblock.export.annotation import crawler_columns, surt_host_name
from crawlblock.export.dataset import Request
from crawlblock.model import Crawl
from crawlblock.registry import crawlers
from crawlblock.store.store import Store

BEFORE, CRAWL = "CC-MAIN-2022-49", "CC-MAIN-2023-50"
# What each host answers in the later crawl; in the earlier one all are open.
ANSWERS: dict[str, small.Answer] = {
    "alone.example": "named",
    "same.example": "named",
    "www.same.example": "named",
    "differ.example": "open",
    "www.differ.example": "named",
    "half.example": "open",
    "www.half.example": "html",
    "down.example": 503,
    "refusing.example": 403,
    "gone.example": None,
    "port.example:8080": "wild",
    "192.0.2.1": "open",
    "moved.example": "open",  # its www was asked in its place
}
_ASK_WWW = """
INSERT INTO facts.hosts SELECT max(id) + 1, 'www.moved.example', NULL FROM facts.hosts;
UPDATE facts.fetches SET secure = true, host = (SELECT max(id) FROM facts.hosts)
WHERE host = (SELECT id FROM facts.hosts WHERE host = 'moved.example');
"""
EVERYTHING = Request("t", (), "CC0-1.0", "rfc9309", False, False, annotation=True)


def silent(what: str, done: int, total: int) -> None:
    """Show no progress."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder `annotation` of an export."""
    place = tmp_path_factory.mktemp("annotation")
    with closing(small.make(place / "own.duckdb")) as con:
        small.panel(con, [(host, "all", 1.0) for host in ANSWERS])
        small.snapshot(con, BEFORE, date(2022, 11, 26), dict.fromkeys(ANSWERS, "named"))
        small.snapshot(con, CRAWL, date(2023, 11, 28), ANSWERS)
        con.execute(_ASK_WWW).fetchall()
    Store(place / "own.duckdb").publish()
    export(place / "own.duckdb", place / "out", EVERYTHING, silent)
    return place / "out" / "annotation"


@pytest.fixture(scope="module")
def url_index(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the files of a columnar index with a page of each host, and of some unknown ones."""
    archive = tmp_path_factory.mktemp("index")
    hosts = [*ANSWERS, "www.alone.example", "www.moved.example", "stranger.example"]
    for crawl in (BEFORE, CRAWL):
        write_columnar(archive, crawl, "warc", [entry(crawl, host) for host in hosts], era(crawl))
    return str(archive / "cc-index" / "table" / "cc-main" / "warc" / "*" / "*" / "*.parquet")


def era(crawl: str) -> Era:
    """Return what the files of a crawl held."""
    return format_history.era(Crawl(crawl, datetime(2023, 11, 28), datetime(2023, 12, 1)))


def entry(crawl: str, host: str) -> IndexEntry:
    """Return the entry of a page."""
    time = datetime(2023, 11, 28)
    page = Rendered(crawl, f"https://{host}/page?a=1", time, 200, subset="warc")
    return IndexEntry(page, time, "A" * 32, "1", "f.warc.gz", 0, 1)


def joined_as_annotate(folder: Path, left: Path, *names: str) -> Iterator[list[dict[str, Any]]]:
    """Yield what the folder's YAML files ask about hosts, read as `annotate.py` reads them."""
    yaml: Any = pytest.importorskip("yaml")
    index, join, action = (
        yaml.safe_load((folder / f"{name}.yaml").read_text("utf-8"))
        for name in ("left_web_host_index", "join_crawlblock", "action_surt_host_name")
    )
    assert index["limits"]["grep"] == [BEFORE, CRAWL] and join["table"] == {"local": "./"}
    kept = [
        str(p) for p in left.rglob("*.parquet") if any(g in str(p) for g in index["limits"]["grep"])
    ]
    with closing(duckdb.connect()) as con:
        con.read_parquet(kept, hive_partitioning=True).create_view("left_db")
        con.read_parquet([str(p) for p in folder.glob("*.parquet")]).create_view("right_db")
        on = " AND ".join(f"left_db.{name} = right_db.{name}" for name in join["join_columns"])
        con.execute(
            f"CREATE VIEW joined AS SELECT left_db.*, {', '.join(join['right_columns'])} "
            f"FROM left_db LEFT OUTER JOIN right_db ON ({on})"
        ).fetchall()
        for name in names:
            where = action["where"].format(argv=name, and_tld=" AND url_host_tld = 'example'")
            sql = action["sql"].format(columns=action["columns"], where=where)
            yield rows(con, sql)


def rows(con: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, Any]]:
    """Return the rows of a query by column."""
    found = con.execute(sql)
    names = [column[0] for column in found.description or []]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def test_joined_with_the_url_index(folder: Path, url_index: str) -> None:
    """The README's query gives each page what its host said, and no host another's answer."""
    text = (folder / "README.md").read_text("utf-8").split("```sql")[1].split("```")[0]
    sql = (
        text.replace("SELECT i.url,", "SELECT i.url_host_name AS host, i.crawl,")
        .replace("crawlblock_blocked_wildcard", "crawlblock_blocked_alpha AS blocked")
        .replace("url_index", f"read_parquet('{url_index}', hive_partitioning = true)")
        .replace("'hosts.parquet'", f"'{folder}/hosts.parquet'")
    )
    with closing(duckdb.connect()) as con:
        found = {row["host"]: row for row in rows(con, sql) if row["crawl"] == CRAWL}
    assert {host: (row["crawlblock_known"], row["blocked"]) for host, row in found.items()} == {
        "alone.example": (True, True),
        "same.example": (True, True),
        "www.same.example": (True, True),
        "differ.example": (True, None),
        "www.differ.example": (True, None),
        "half.example": (False, None),
        "www.half.example": (False, None),
        "down.example": (False, None),
        "refusing.example": (True, False),
        "gone.example": (False, None),
        "port.example": (None, None),
        "192.0.2.1": (True, False),
        "moved.example": (None, None),
        "www.moved.example": (True, False),
        "www.alone.example": (None, None),
        "stranger.example": (None, None),
    }


def test_joined_with_the_host_index(folder: Path, tmp_path: Path) -> None:
    """The YAML files join a host index, and keep a host that the annotation does not have."""
    for crawl in (BEFORE, CRAWL, "CC-MAIN-2026-25"):
        (tmp_path / f"crawl={crawl}").mkdir()
        names = ["example,same", "example,differ", "example,stranger"]
        frame = pl.DataFrame({"surt_host_name": names, "url_host_tld": "example"})
        frame.write_parquet(tmp_path / f"crawl={crawl}" / "part.parquet")
    same, differ, stranger = joined_as_annotate(
        folder, tmp_path, "example,same", "example,differ", "example,stranger"
    )
    shown = ("crawl", "crawlblock_hosts", "crawlblock_known", "crawlblock_digest")
    hosts = "same.example www.same.example"
    assert [tuple(row[name] for name in shown) for row in same] == [
        (BEFORE, hosts, True, "sha1:named"),
        (CRAWL, hosts, True, "sha1:named"),
    ]
    assert [row["crawlblock_digest"] for row in differ] == ["sha1:named", None]
    assert [row["crawlblock_known"] for row in stranger] == [None, None]


def test_rows(folder: Path) -> None:
    """A row per name and crawl, sorted; a crawler is unknown before it was documented."""
    frame = pl.read_parquet(folder / "hosts.parquet")
    assert frame.height == 2 * 10 and frame["surt_host_name"].is_sorted()
    assert not frame.select("surt_host_name", "crawl").is_duplicated().any()
    before = frame.filter(pl.col("crawl") == BEFORE)
    assert before["crawlblock_blocked_alpha"].null_count() == before.height
    assert before["crawlblock_blocked_beta"].to_list() == [False] * before.height
    status = dict(
        frame.filter(pl.col("crawl") == CRAWL).select("surt_host_name", "crawlblock_status").rows()
    )
    assert (status["example,down"], status["example,refusing"]) == (503, 403)


def test_every_answer_is_that_of_the_table_population(folder: Path) -> None:
    """What a row says is what population and meanings say of each of its hosts, in other code."""
    data = folder.parent / "data"
    population, meanings = (
        pl.read_parquet(data / f"{n}.parquet") for n in ("population", "meanings")
    )
    hosts = pl.read_parquet(folder / "hosts.parquet")
    for token in ("Alpha", "Beta", "*"):
        column = crawler_columns([token])[token]
        values: dict[tuple[str, str], set[bool | None]] = {}
        of_token = meanings.filter(pl.col("token") == token)
        each = population.join(of_token, on="answer", how="left")
        for row in each.iter_rows(named=True):
            early = token == "Alpha" and row["snapshot"] == BEFORE
            key = (surt_host_name(row["host"]), row["snapshot"])
            values.setdefault(key, set()).add(None if early else row["blocked"])
        expected = {key: found.pop() if len(found) == 1 else None for key, found in values.items()}
        assert {
            (row["surt_host_name"], row["crawl"]): row[column]
            for row in hosts.iter_rows(named=True)
        } == expected


def test_names_of_columns() -> None:
    """SQL takes the column of each registered crawler without quotes, and no two share one."""
    tokens = [crawler.token for crawler in crawlers()]
    columns = crawler_columns([*tokens, "gpt-bot", "GPT bot", "*", "***"])
    assert len(set(columns.values())) == len(columns)
    assert all(
        name.isidentifier() and name.isascii() and name.islower() for name in columns.values()
    )
    assert columns["GPT bot"] == "crawlblock_blocked_gpt_bot_2"
    assert columns["iaskspider/2.0"] == "crawlblock_blocked_iaskspider_2_0"


@pytest.mark.parametrize(
    "host",
    ["example.com", "www.example.com", "www3.a.example.co.uk", "192.0.2.1", "example.com:8080"],
)
def test_names_are_those_of_the_surt_package(host: str) -> None:
    """A SURT host name is what the package that annotations use gives."""
    pytest.importorskip("surt")
    full = importlib.import_module("surt").surt(f"http://{host}")
    assert surt_host_name(host) == full.split(")/")[0]
