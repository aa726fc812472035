"""How much of a corpus each domain has: lists, a crawl's index, and what of it is refused."""

import gzip
import json
import random
import shutil
import subprocess
import sys
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
import small_database as small
from archives import SAMPLE
from click.testing import CliRunner
from oracles.estimate import Answer, weighted_total
from servers import RangeServer

from crawlblock.cli.weights import weights
from crawlblock.errors import ArchiveError, InputError, UpstreamError
from crawlblock.host_list import Rejected
from crawlblock.intervals import Z, wilson
from crawlblock.metrics.http_profile import set_http_profile
from crawlblock.metrics.queries import held, metrics, result_of
from crawlblock.model import Member
from crawlblock.outcome import Outcome
from crawlblock.pipeline.run import Budget, Tally
from crawlblock.pipeline.weights import Weighing, plan_weighing, weigh_crawl
from crawlblock.sources.commoncrawl.mirror import open_mirror
from crawlblock.sources.commoncrawl.page_counts import sample_parts, weigh_part
from crawlblock.sources.files.weight_lists import SCHEMA, read_weights
from crawlblock.store.store import Store
from crawlblock.transport import Limits

CRAWL = "CC-MAIN-2025-33"
PARTS = 4
FAST = Limits(per_second=10_000, in_flight=4, attempts=1, pause=0.01, longest_pause=0.01, pauses=1)


def listed(path: Path, *lines: str) -> Path:
    """Write a list."""
    path.write_text("\n".join(lines) + "\n")
    return path


def none_left_out(rejected: Rejected) -> None:
    """Fail for whatever is left out."""
    pytest.fail(f"line {rejected.line}: {rejected.reason}")


def store_of(path: Path, *hosts: str) -> Store:
    """Return a database whose panel has these hosts."""
    store = Store(path)
    members = [Member("p", h, h, None, "list", None, 1.0, n) for n, h in enumerate(hosts)]
    store.facts.add_panel("p", "a list", None, datetime(2025, 1, 1), members)
    return store


def stored(store: Store) -> set[tuple[Any, ...]]:
    """Return the weights in a database."""
    with store.reading() as con:
        return set(con.execute("FROM weights").fetchall())


def test_a_column_for_each_corpus(tmp_path: Path) -> None:
    """Columns CORPUS_UNIT tell the corpora; hosts of one registered domain are added up."""
    path = listed(
        tmp_path / "list.csv",
        "url,c4_tokens,Mine_pages",
        "www.example.com.,10,1",
        "https://blog.example.com/,5,2.0",
        "a.b.co.uk,7,3",
    )
    rejected: list[Rejected] = []
    found = read_weights(path, rejected.append)
    assert found.weights.schema == SCHEMA
    assert set(found.weights.rows()) == {
        ("example.com", "C4", None, None, 15), ("b.co.uk", "C4", None, None, 7),
        ("example.com", "mine", 3, None, None), ("b.co.uk", "mine", 3, None, None),
    }  # fmt: skip
    assert (found.hosts, found.repeated, rejected) == (3, 0, [])


def test_a_column_names_the_corpus(tmp_path: Path) -> None:
    """A column `corpus` tells it, the line of `*` the size of the whole; gzip is read, too."""
    path = tmp_path / "list.csv.gz"
    with gzip.open(path, "wt") as file:
        file.write("host,corpus,tokens,bytes\n*,C4,100,900\nexample.com,C4,10,90\n")
    assert set(read_weights(path, none_left_out).weights.rows()) == {
        ("*", "C4", None, 900, 100), ("example.com", "C4", None, 90, 10),
    }  # fmt: skip


@pytest.mark.fault("weights", "a line that tells no weight")
def test_lines_left_out(tmp_path: Path) -> None:
    """Lines without a domain or a whole number from 0 are left out, each with its reason."""
    bad = {
        "example.com,-3": "tokens is below 0",
        "example.com,": "nothing in the column tokens",
        "example.com,many": "tokens is not a whole number: many",
        "example.com,1.5": "tokens is not a whole number: 1.5",
        "example.com,1e3": "tokens is not a whole number: 1e3",
        "example.com": "the number of cells is not that of the header",
        "gutenberg,5": "not a host name (it has no dot)",
        "192.0.2.1,5": "has no registered domain",
        "co.uk,5": "has no registered domain",
    }
    path = listed(tmp_path / "list.csv", "domain,tokens", *bad, "a.org,0")
    rejected: list[Rejected] = []
    found = read_weights(path, rejected.append, "C4")
    assert {line.text: line.reason for line in rejected} == bad
    assert [line.line for line in rejected] == list(range(2, 2 + len(bad)))
    assert found.weights.rows() == [("a.org", "C4", None, None, 0)]


@pytest.mark.fault("weights", "a host said twice")
def test_said_twice(tmp_path: Path) -> None:
    """The same said again is passed over; something else is refused with both lines."""
    lines = ["domain,tokens", "a.org,1", "A.org.,1", "b.org,2"]
    assert read_weights(listed(tmp_path / "same.csv", *lines), none_left_out, "C4").repeated == 1
    with pytest.raises(InputError, match=r"lines 4 and 5 .* b\.org in C4 \(2 tokens; 3 tokens\)"):
        read_weights(listed(tmp_path / "other.csv", *lines, "b.org,3"), none_left_out, "C4")


@pytest.mark.parametrize(
    ("header", "line", "corpus", "message"),
    [
        ("host,rank", "a.org,1", "C4", "needed are domain or host, and pages"),
        ("name,tokens", "A. Org,1", "C4", "columns found: name, tokens; name one with --column"),
        ("host,tokens", "a.org,1", None, "--corpus NAME"),
        ("host,c4_tokens", "a.org,1", "C4", "leave out --corpus"),
        ("host,tokens", "a.org,9\n*,8", "C4", "9 tokens together, more than the whole, 8"),
        (
            "host,tokens",
            "\n".join(f"a{n}.org,{10**18 - 1}" for n in range(10)),
            "C4",
            "correct them",
        ),
        ("", "", "C4", "its columns are none"),
    ],
)
def test_unusable_lists(
    tmp_path: Path, header: str, line: str, corpus: str | None, message: str
) -> None:
    """A list that does not say what it is about is refused with what is needed."""
    with pytest.raises(InputError, match=message):
        read_weights(listed(tmp_path / "list.csv", header, line), lambda _: None, corpus)


def test_weights_of_a_list(tmp_path: Path) -> None:
    """The command stores all domains, counts those of the panel, names lines left out."""
    store = store_of(tmp_path / "db.duckdb", "www.a.org", "b.org", "www.gov.uk", "sub.c.org")
    lines = ["host,tokens", "www.a.org,5", "c.org,6", "www.gov.uk,7", *["x,1"] * 7]
    path = listed(tmp_path / "list.csv", *lines)
    result = CliRunner().invoke(
        weights, ["--db", str(store.path), "--list", str(path), "--corpus", "C4"]
    )
    assert result.exit_code == 0, result.output
    assert "line 9: 'x,1' left out: not a host name (it has no dot)" in result.output
    assert "... and 2 more lines left out; --rejects FILE writes all of them" in result.output
    assert "C4: 2 of the panel's 3 domains have a weight, 3 in all" in result.output
    assert {(domain, tokens) for domain, *_, tokens in stored(store)} == {
        ("a.org", 5), ("c.org", 6), ("www.gov.uk", 7),
    }  # fmt: skip


def test_a_corpus_is_replaced(tmp_path: Path) -> None:
    """A corpus that is weighed again takes the place of what was stored; others stay."""
    store = Store(tmp_path / "db.duckdb")
    rows = [("a.org", "C4", None, None, 1), ("b.org", "C4", None, None, 2)]
    other = ("a.org", "Dolma", 3, None, None)
    store.facts.add_weights(pl.DataFrame([*rows, other], SCHEMA, orient="row"))
    again = ("a.org", "C4", None, None, 7)
    for _ in range(2):
        store.facts.add_weights(pl.DataFrame([again], SCHEMA, orient="row"))
        assert stored(store) == {again, other}


def test_the_command_wants_one_source(tmp_path: Path) -> None:
    """Neither and both of --list and --crawl are refused."""
    for given in ([], ["--list", "a.csv", "--crawl", CRAWL], ["--crawl", CRAWL, "--corpus", "C"]):
        result = CliRunner().invoke(weights, ["--db", str(tmp_path / "db.duckdb"), *given])
        assert result.exit_code == 2


# A crawl's columnar index, small, in the archive's layout: the parts in the order of the domains.


def page_index(folder: Path) -> pl.DataFrame:
    """Write the index of a crawl's pages in four parts of several row groups; return its rows."""
    domains = [f"site{n:03}.com" for n in range(200) for _ in range(1 + n % 37 * 8)]
    rows = pl.DataFrame(
        {
            "url": [f"https://www.{d}/{n * 7919 % 99991}" for n, d in enumerate(domains)],
            "url_host_registered_domain": [d if d != "site100.com" else None for d in domains],
            "fetch_status": pl.Series([200] * len(domains), dtype=pl.Int16),
            "content_digest": [f"{n * n * 2654435761 % 2**160:032X}" for n in range(len(domains))],
            "warc_record_length": pl.Series(
                [400 + n * n % 50_000 for n in range(len(domains))], dtype=pl.Int32
            ),
        }
    )
    base = f"cc-index/table/cc-main/warc/crawl={CRAWL}/subset="
    size = -(-rows.height // PARTS)
    keys = [f"{base}robotstxt/part-00000-abc.c000.gz.parquet"]
    for number in range(PARTS):
        keys.append(f"{base}warc/part-{number:05}-abc.c000.gz.parquet")
        (folder / keys[-1]).parent.mkdir(parents=True, exist_ok=True)
        part = rows.slice(number * size, size)
        part.write_parquet(folder / keys[-1], compression="gzip", row_group_size=3_000)
    listing = folder / f"crawl-data/{CRAWL}/cc-index-table.paths.gz"
    listing.parent.mkdir(parents=True)
    listing.write_bytes(gzip.compress("\n".join(keys).encode()))
    crawl = {"id": CRAWL, "from": "2025-08-02T22:09:07", "to": "2025-08-15T23:42:38"}
    (folder / "collinfo.json").write_text(json.dumps([crawl]))
    return rows


@pytest.fixture
def archive(tmp_path: Path) -> tuple[Path, pl.DataFrame]:
    """Return an archive's folder and the rows of its index."""
    folder = tmp_path / "archive"
    return folder, page_index(folder)


def weighing(tmp_path: Path, mirror: str | Path, parts: int | None = None) -> Weighing:
    """Return what a crawl is weighed with."""
    return Weighing(str(mirror), None, CRAWL, parts, "s", FAST, tmp_path / "cache")


def expected(rows: pl.DataFrame, *domains: str, corpus: str = CRAWL) -> set[tuple[Any, ...]]:
    """Return the weights of domains, counted from the rows of the index."""
    length = pl.col("warc_record_length").cast(pl.Int64).sum()
    found = {("*", corpus, rows.height, rows.select(length).item(), None)}
    for domain in domains:
        own = rows.filter(pl.col("url_host_registered_domain") == domain)
        found.add((domain, corpus, own.height, own.select(length).item(), None))
    return found


async def test_the_last_bytes(tmp_path: Path, archive: tuple[Path, pl.DataFrame]) -> None:
    """A start below 0 without a length means the last bytes of an object, at most all there are."""
    folder, _ = archive
    raw = (folder / "collinfo.json").read_bytes()
    with RangeServer(folder) as server:
        for location in (server.url, str(folder)):
            async with open_mirror(location, None, FAST) as mirror:
                assert await mirror.read("collinfo.json", -7) == raw[-7:]
                assert await mirror.read("collinfo.json", -10_000) == raw
                assert await mirror.read("collinfo.json", -7, 3) is Outcome.DAMAGED
                assert await mirror.read("no-such.json", -7) is Outcome.ABSENT


async def test_weights_of_a_crawl(tmp_path: Path, archive: tuple[Path, pl.DataFrame]) -> None:
    """Over ranges and from a folder the same, exact; only the columns needed cross the line."""
    folder, rows = archive
    store = store_of(tmp_path / "db.duckdb", "site036.com", "www.site150.com", "elsewhere.org")
    with RangeServer(folder) as server:
        wanted = weighing(tmp_path, server.url)
        plan = await plan_weighing(wanted)
        tally = Tally()
        (weighed,) = await weigh_crawl(store, wanted, tally, lambda *_: None)
        again = Tally()
        await weigh_crawl(store, wanted, again, lambda *_: None)
        parts = [request for request in server.requests if "subset=warc" in request.path]
    assert (weighed.domains, weighed.of_panel) == (2, 2)
    assert stored(store) == expected(rows, "site036.com", "site150.com")
    assert all(request.range for request in parts)
    assert plan.requests == tally.requests - 2  # the lists of crawls and of files
    assert again.requests == 2
    shutil.rmtree(tmp_path / "cache")
    other = store_of(tmp_path / "other.duckdb", "site036.com", "www.site150.com")
    await weigh_crawl(other, weighing(tmp_path, folder), Tally(), lambda *_: None)
    assert stored(other) == stored(store)


async def test_only_two_columns_are_asked_for(
    tmp_path: Path, archive: tuple[Path, pl.DataFrame]
) -> None:
    """The bytes asked for beside the file's end are those of the two columns."""
    folder, _ = archive
    key = next(folder.rglob("subset=warc/part-00001*")).relative_to(folder)
    with RangeServer(folder) as server:
        async with open_mirror(server.url, None, FAST) as mirror:
            await weigh_part(mirror, str(key), tmp_path / "cache")
        asked = [request.range or "" for request in server.requests]
    bounds = [part.removeprefix("bytes=").split("-") for part in asked if "=-" not in part]
    with duckdb.connect() as con:
        ((size,),) = con.execute(
            "SELECT sum(total_compressed_size) FROM parquet_metadata(?) WHERE path_in_schema IN "
            "('url_host_registered_domain', 'warc_record_length')",
            [str(folder / key)],
        ).fetchall()
    assert sum(int(last) - int(first) + 1 for first, last in bounds) == size


@pytest.mark.fault("weights", "a part of the index that cannot be downloaded")
async def test_a_part_fails(tmp_path: Path, archive: tuple[Path, pl.DataFrame]) -> None:
    """What was read of other parts stays: the next run asks for the rest alone."""
    folder, rows = archive
    store = store_of(tmp_path / "db.duckdb", "site036.com")
    with RangeServer(folder) as server:
        wanted = weighing(tmp_path, server.url)
        server.fault("part-00002", ["drop"])
        with pytest.raises((ArchiveError, UpstreamError), match="part-00002"):
            await weigh_crawl(store, wanted, Tally(), lambda *_: None)
        read = {path.name for path in (tmp_path / "cache" / "weights" / CRAWL).iterdir()}
        assert stored(store) == set()
        server.requests.clear()
        await weigh_crawl(store, wanted, Tally(), lambda *_: None)
        asked = {Path(request.path).name.partition(".")[0] for request in server.requests}
    assert stored(store) == expected(rows, "site036.com")
    assert not [kept for kept in read for name in asked if kept.startswith(f"{name}-")]


async def test_the_budget_ends_a_run(tmp_path: Path, archive: tuple[Path, pl.DataFrame]) -> None:
    """A run that has used its requests stores nothing yet, and the next goes on."""
    folder, rows = archive
    store = store_of(tmp_path / "db.duckdb", "site036.com")
    with RangeServer(folder) as server:
        wanted = weighing(tmp_path, server.url)
        tally = Tally()
        assert await weigh_crawl(store, wanted, tally, lambda *_: None, Budget(requests=3)) == []
        assert tally.unfinished and stored(store) == set()
        await weigh_crawl(store, wanted, Tally(), lambda *_: None)
    assert stored(store) == expected(rows, "site036.com")


async def test_some_parts(tmp_path: Path, archive: tuple[Path, pl.DataFrame]) -> None:
    """Of sampled parts the corpus says how many; domains are as read, only the total is scaled."""
    folder, rows = archive
    domains = [f"site{n:03}.com" for n in range(200)]
    store = store_of(tmp_path / "db.duckdb", *domains)
    await weigh_crawl(store, weighing(tmp_path, folder, 2), Tally(), lambda *_: None)
    found = stored(store)
    assert {corpus for _, corpus, *_ in found} == {f"{CRAWL} (2 of 4 parts)"}
    pages = {domain: pages for domain, _, pages, *_ in found}
    own = rows.group_by("url_host_registered_domain").len().rows()
    cut = [domain for domain, number in own if domain and pages.get(domain, number) != number]
    assert len(cut) <= 4  # at the ends of the parts
    assert pages["*"] == pytest.approx(rows.height, rel=0.01)
    keys = [f"part-{n}" for n in range(300)]
    assert (
        sample_parts(keys, 3, "s") == sample_parts(keys, 30, "s")[:3] != sample_parts(keys, 3, "t")
    )
    assert sorted(sample_parts(keys, None, "s")) == sorted(keys)


@pytest.mark.fault("weights", "a part of the index that is damaged: {damage}")
@pytest.mark.parametrize("damage", ["empty", "cut", "no such column", "bad column"])
async def test_damaged_parts(
    tmp_path: Path, archive: tuple[Path, pl.DataFrame], damage: str
) -> None:
    """A part that is no whole Parquet file, or of another layout, is named and leaves nothing."""
    folder, _ = archive
    path = next(folder.rglob("subset=warc/part-00000*"))
    raw = path.read_bytes()
    if damage == "no such column":
        pl.read_parquet(path).drop("warc_record_length").write_parquet(path)
    else:
        damaged = raw[:4] + b"\xff" * (len(raw) - 5_004) + raw[-5_000:]
        path.write_bytes({"empty": b"", "cut": raw[:-100], "bad column": damaged}[damage])
    with RangeServer(folder) as server:
        async with open_mirror(server.url, None, FAST) as mirror:
            with pytest.raises(ArchiveError, match="part-00000"):
                await weigh_part(mirror, str(path.relative_to(folder)), tmp_path / "cache")
    assert list((tmp_path / "cache").glob("*")) == []


def test_a_crawl_by_command(tmp_path: Path, archive: tuple[Path, pl.DataFrame]) -> None:
    """A dry run says what it would cost and reads no column; the run says what was stored."""
    folder, _ = archive
    db = tmp_path / "db.duckdb"
    store_of(db, "site036.com")
    with RangeServer(folder) as server:
        given = ["--db", str(db), "--crawl", "latest", "--mirror", server.url, "--rate", "9999"]
        result = CliRunner().invoke(weights, [*given, "--dry-run"])
        assert result.exit_code == 0 and CRAWL in result.output
        assert len(server.requests) == 3
        result = CliRunner().invoke(weights, [*given, "--max-requests", "3"])
        assert result.exit_code == 3 and "run the same command to continue" in result.output
        result = CliRunner().invoke(weights, given)
    assert f"{CRAWL}: 1 of the panel's 1 domains have a weight" in result.output


# What is lost: the metric on facts small enough to count by hand.


def weigh(con: duckdb.DuckDBPyConnection, **tokens: int) -> None:
    """Weigh the hosts `NAME.org` in tokens."""
    rows = [[f"{name}.org" if name != "whole" else "*", n] for name, n in tokens.items()]
    con.executemany("INSERT INTO weights VALUES (?, 'C4', NULL, NULL, ?)", rows)


def lost(con: duckdb.DuckDBPyConnection, token: str = "Alpha") -> list[dict[str, Any]]:
    """Return the metric's rows for a crawler."""
    set_http_profile(con, "rfc9309")
    (metric,) = (metric for metric in metrics() if metric.name == "lost")
    with held(con):
        return result_of(con, metric).filter(pl.col("token") == token).to_dicts()


def panel(con: duckdb.DuckDBPyConnection, members: Sequence[tuple[str, str, float]]) -> None:
    """Add a panel of (name, stratum, weight)."""
    small.panel(con, [(f"{name}.org", stratum, weight) for name, stratum, weight in members])


def asked(con: duckdb.DuckDBPyConnection, **answers: small.Answer) -> None:
    """Add a snapshot of the hosts `NAME.org`."""
    hosts = {f"{name}.org": answer for name, answer in answers.items()}
    small.snapshot(con, "S1", date(2023, 10, 1), hosts)


def test_a_list_whole_and_covered(con: duckdb.DuckDBPyConnection) -> None:
    """A list's share is exact; hosts without a weight count nothing; the part covered is stated."""
    panel(con, [(name, "list", 1.0) for name in "abcd"])
    asked(con, a="named", b="open", c="named", d="wild")
    weigh(con, whole=1000, a=30, b=60, d=10, zzz=500)
    (row,) = lost(con)
    assert (row["corpus"], row["unit"], row["no_estimate"]) == ("C4", "tokens", None)
    assert (row["n"], row["n_unknown"], row["n_yes"]) == (3, 0, 2)
    shares = [row[name] for name in ("estimate", "bound_low", "bound_high")]
    assert shares == pytest.approx([0.4] * 3)
    assert (row["estimand"], row["low"], row["high"]) == ("list", None, None)
    assert "nothing was sampled" in row["no_interval"]
    assert (row["covered"], row["largest"]) == pytest.approx((0.1, 0.6))
    assert (row["known_blocked"], row["largest_domain"]) == (pytest.approx(0.04), "b.org")
    (seeker,) = lost(con, "Seeker")
    assert seeker["estimate"] == pytest.approx(0.1)


def test_unknown_is_in_the_bounds(con: duckdb.DuckDBPyConnection) -> None:
    """Tokens of unknown hosts widen the bounds; without a total, the listed hosts are the total."""
    panel(con, [(name, "list", 1.0) for name in "abc"])
    asked(con, a="named", b="open", c="html")
    weigh(con, a=30, b=30, c=40)
    (row,) = lost(con)
    assert (row["n"], row["n_unknown"]) == (2, 1)
    assert (row["bound_low"], row["estimate"], row["bound_high"]) == pytest.approx((0.3, 0.5, 0.7))
    assert row["low"] < 0.5 < row["high"]
    assert row["covered"] == pytest.approx(1.0)


def test_head_and_random_part(con: duckdb.DuckDBPyConnection) -> None:
    """A head taken whole adds no error; the random part is weighted and has Wilson's interval."""
    sampled = [f"r{n}" for n in range(20)]
    panel(con, [("head", "1k", 1.0), *((name, "tail", 50.0) for name in sampled)])
    asked(
        con,
        head="named",
        **dict.fromkeys(sampled[:5], "named"),
        **dict.fromkeys(sampled[5:], "open"),
    )
    weigh(con, head=10_000, **dict.fromkeys(sampled, 10))
    (row,) = lost(con)
    assert row["estimate"] == pytest.approx((10_000 + 50 * 50) / 20_000)
    low, high = wilson(0.25, 20 / (1 - 20 / 1000) * (Z / 2.093024) ** 2)  # Student's, 19 degrees
    assert row["low"] == pytest.approx((10_000 + 10_000 * low) / 20_000)
    assert row["high"] == pytest.approx((10_000 + 10_000 * high) / 20_000)


def test_sql_agrees_with_python(con: duckdb.DuckDBPyConnection) -> None:
    """On random weights, strata, tokens and answers the metric equals the estimate in Python."""
    rng = random.Random(11)
    means: dict[small.Answer, bool | None] = {
        "named": True, "wild": True, "open": False, 404: False, None: None,
    }  # fmt: skip
    hosts = [(f"h{n}", s := rng.choice("abc"), 1.0 if s == "a" else 7.5) for n in range(120)]
    tokens = {name: int(rng.lognormvariate(6, 2)) + 1 for name, _, _ in hosts}
    said = {name: rng.choice(list(means)) for name, _, _ in hosts}
    panel(con, hosts)
    asked(con, **said)
    weigh(con, **tokens)
    (row,) = lost(con)
    expected = weighted_total(
        Answer(means[said[name]], weight, stratum, size=tokens[name])
        for name, stratum, weight in hosts
    )
    assert [row[name] for name in ("n", "n_unknown", "estimate", "low", "high")] == pytest.approx(
        [expected.n, expected.n_unknown, expected.estimate, expected.low, expected.high]
    )


def test_one_drawn_member(con: duckdb.DuckDBPyConnection) -> None:
    """A panel of one sampled domain that blocks says 100 % with a very wide interval."""
    panel(con, [("a", "tail", 1e6)])
    asked(con, a="named")
    weigh(con, a=7)
    (row,) = lost(con)
    assert (row["estimate"], row["high"]) == (1.0, 1.0)
    assert row["low"] == pytest.approx(wilson(1.0, (Z / 12.7062) ** 2)[0], rel=1e-3)


def test_nothing_known(con: duckdb.DuckDBPyConnection) -> None:
    """Where no weight is known there is no share, never 0 %, and the reason is given."""
    panel(con, [(name, "list", 1.0) for name in "ab"])
    asked(con, a="html", b="open")
    weigh(con, a=7, b=0)
    (row,) = lost(con)
    assert (row["estimate"], row["low"], row["high"]) == (None, None, None)
    assert (row["bound_low"], row["bound_high"]) == (0.0, 1.0)
    assert row["no_estimate"]


def test_no_weights_no_results(con: duckdb.DuckDBPyConnection) -> None:
    """Without weights there are no rows."""
    panel(con, [("a", "list", 1.0)])
    asked(con, a="named")
    assert lost(con) == []


def test_apex_and_www_share(con: duckdb.DuckDBPyConnection) -> None:
    """Where a panel has a domain at its apex and at www, each host has half of the weight."""
    small.panel(con, [("a.org", "list", 1.0), ("www.a.org", "list", 1.0), ("s.a.org", "list", 1.0)])
    small.snapshot(
        con, "S1", date(2023, 10, 1), {"a.org": "named", "www.a.org": "open", "s.a.org": "named"}
    )
    weigh(con, a=100)
    (row,) = lost(con)
    assert (row["n"], row["estimate"], row["covered"]) == (2, 0.5, 1.0)


@pytest.mark.own_code
def test_sample_is_as_derived(shared: Path, tmp_path: Path) -> None:
    """The bundled weights are what the script derives, and all of them are of the bundled hosts."""
    shutil.copy(SAMPLE / "hosts.csv", tmp_path)
    script = SAMPLE.parent.parent / "scripts" / "derive_weights.py"
    subprocess.run([sys.executable, script, shared, tmp_path], check=True)
    assert (tmp_path / "weights.csv").read_bytes() == (SAMPLE / "weights.csv").read_bytes()
    found = read_weights(SAMPLE / "weights.csv", none_left_out)
    assert found.weights.filter(pl.col("domain") != "*")["domain"].n_unique() == 161


def test_the_index_of_a_panel_does_not_share_weights_with_imports(tmp_path: Path) -> None:
    """A host that an import has as well counts in the panel with all that its domain holds."""
    con = small.make(tmp_path / "small.duckdb")
    small.panel(con, [("a.org", "all", 1), ("b.org", "all", 1)])
    small.snapshot(con, "S1", date(2023, 10, 1), {"a.org": "open", "b.org": "wild"})
    small.snapshot(con, "I1", date(2023, 11, 1), {"a.org": "open", "z.org": "wild"}, kind="import")
    con.execute("INSERT INTO weights VALUES ('a.org', 'C', NULL, NULL, 10)").fetchall()
    con.execute("INSERT INTO weights VALUES ('b.org', 'C', NULL, NULL, 10)").fetchall()
    set_http_profile(con, "rfc9309")
    (metric,) = (metric for metric in metrics() if metric.name == "openness_index")
    asked = pl.col("population") == "panel", pl.col("corpus") == "C"
    with held(con):
        (row,) = result_of(con, metric).filter(*asked).to_dicts()
    assert row["estimate"] == pytest.approx(0.5)
    con.close()
