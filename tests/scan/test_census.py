"""The census: merged from shards, it says what history says and what counting by hand says."""

import asyncio
import shutil
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from hashlib import md5
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from oracles.estimate import Estimate, clustered
from polars.testing import assert_frame_equal
from verify.__main__ import main as verify

from crawlblock.hosts import registered_domain
from crawlblock.metrics.headline import headline_rows
from crawlblock.metrics.queries import held, metrics, result_of
from crawlblock.metrics.results_folder import census_results_of
from crawlblock.model import Member
from crawlblock.pipeline.evaluate import evaluate
from crawlblock.pipeline.history import Wanted, collect_history
from crawlblock.pipeline.run import Run, unshown
from crawlblock.report.page.host_table import host_table
from crawlblock.robots.judge import Judge
from crawlblock.scan.census import census
from crawlblock.store.store import Store
from crawlblock.transport import Limits
from scan.shards import asked, domain_of, invoked, mini, scanned
from scan.warcs import answer, archive, member, record

_SAME = (
    "snapshot, host, resource, domain, url_asked, url, hops, fetch_time, status, outcome, digest, "
    "warc_file, warc_offset, warc_length"
)
_CLAIM = {"n", "n_unknown", "estimate", "low", "high", "http_profile", "population", "files", "of"}
_REPRESENTED = "SELECT host, domain, representative, siblings FROM census"
TOKENS = {domain_of(number): 10 * number for number in range(1, 60)}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return an archive of a crawl, and the directory of a scan of it."""
    return mini(tmp_path_factory)


@pytest.fixture(scope="module")
def mirror(made: tuple[Path, Path]) -> Path:
    """Return the archive."""
    return made[0]


@pytest.fixture(scope="module")
def whole(made: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the census of the whole crawl, its results and its shards."""
    folder = tmp_path_factory.mktemp("whole")
    shards = made[1].rename(folder / "scan")
    assert len(list((shards / "shards").glob("*"))) >= 6
    _merged(folder)
    return folder


@pytest.fixture(scope="module")
def half(mirror: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the census of half of the crawl's files."""
    folder = tmp_path_factory.mktemp("half")
    scanned(folder / "scan", mirror, "--share", 0.5)
    ended = invoked("scan", "index", folder / "scan")
    assert ended.exit_code == 0, ended.output
    _merged(folder)
    return folder


def _merged(folder: Path) -> None:
    (folder / "ranks.csv").write_text("1,d1.org\n2,d2.de\n20000,d5.org\n")
    database = ("--db", folder / "census.duckdb")
    ended = invoked("scan", "merge", folder / "scan", "--ranks", folder / "ranks.csv", *database)
    assert ended.exit_code == 0, ended.output
    lines = [f"{domain},c,{tokens}" for domain, tokens in TOKENS.items()]
    (folder / "weights.csv").write_text("\n".join(["domain,corpus,tokens", *lines, "*,c,100000"]))
    ended = invoked("weights", "--list", folder / "weights.csv", *database)
    assert ended.exit_code == 0, ended.output
    ended = invoked("analyze", "--census", *database)
    assert ended.exit_code == 0, ended.output
    assert "share of all hosts and registered domains" in ended.output


@pytest.fixture(scope="module")
def followed(mirror: Path, whole: Path, tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Return a database in which history followed each host of the crawl for itself."""
    folder = tmp_path_factory.mktemp("followed")
    with Store(whole / "census.duckdb").reading() as con:
        hosts = [host for (host,) in con.execute("SELECT host FROM census").fetchall()]
    # not as a list, in which a host counts once with and without www
    members = [
        Member("all", host, host, None, "all", None, 1.0, place) for place, host in enumerate(hosts)
    ]
    store = Store(folder / "db.duckdb")
    run = Run(store)
    with store.held():
        store.facts.add_panel("all", "the census", None, datetime(2026, 11, 1), members)
        wanted = Wanted(str(mirror), None, "all", None, Limits(), folder / "cache")
        asyncio.run(collect_history(run, wanted, store.facts.followed(None)))
        evaluate(run)
    return store


def _results(folder: Path, name: str) -> pl.DataFrame:
    return pl.read_parquet(census_results_of(folder / "census.duckdb") / f"{name}.parquet")


@pytest.mark.parametrize("share", [1, 0.5])
def test_ineffective_rules(tmp_path: Path, share: float) -> None:
    """Hosts and domains with a block that no parser obeys are counted, the unread as unknown."""
    lost = answer(b"User-agent: GPTBot Disallow: /\n\nUser-agent: *\nDisallow: /x\n")
    answers = {
        "a.org": lost, "www.a.org": lost, "b.org": answer(), "www.c.org": lost,
        "d.org": answer(b"<html>", b"503 Busy"), "e.org": answer(b"", b"404 Not Found"),
    }  # fmt: skip
    files = [member(record(host, block)) for host, block in answers.items()]
    scanned(tmp_path / "scan", archive(tmp_path / "mirror", files), "--share", share)
    db = tmp_path / "census.duckdb"
    assert invoked("scan", "merge", tmp_path / "scan", "--db", db).exit_code == 0
    with Store(db).reading() as con:
        hosts = dict(con.execute("SELECT host, representative FROM census").fetchall())
        found = asked(con, "ineffective_rules").filter(pl.col("fault") == "any")
    assert len(hosts) == 6 * share
    for population in ("hosts", "domains"):
        counted = [answers[host] for host in hosts if hosts[host] or population == "hosts"]
        n_yes = counted.count(lost)
        n = n_yes + counted.count(answer())
        for token in ("any", "GPTBot"):
            row = found.filter((pl.col("population") == population) & (pl.col("token") == token))
            numbers = row.select("n_yes", "n", "n_unknown").rows()
            assert numbers == [(n_yes, n, len(counted) - n)] and n_yes


def test_preference(tmp_path: Path) -> None:
    """Hosts are counted by what they state about training; a header alone makes a host partly."""
    rules = b"User-agent: *\nDisallow: /x\n"
    answers = {
        "a.org": answer(rules + b"Content-Signal: ai-train=no\n"),
        "b.org": answer(b"User-agent: GPTBot\nDisallow: /\n\n" + rules),
        "c.org": answer(rules + b"Content-Signal: ai-train=yes\n"),
        "d.org": answer(rules), "e.org": answer(b"", b"404 Not Found"),
        "f.org": answer(b"<html>", b"503 Busy"),
    }  # fmt: skip
    files = [member(record(host, block)) for host, block in answers.items()]
    scanned(tmp_path / "scan", archive(tmp_path / "mirror", files))
    db = tmp_path / "census.duckdb"
    assert invoked("scan", "merge", tmp_path / "scan", "--db", db).exit_code == 0
    with Store(db).reading() as con:
        found = asked(con, "preference").filter(pl.col("population") == "hosts")
    assert found.select("preference", "n_yes", "n", "n_unknown").rows() == [
        ("allowed", 1, 5, 1), ("disallowed", 1, 5, 1), ("not_stated", 2, 5, 1), ("partly", 1, 5, 1),
    ]  # fmt: skip


@pytest.mark.parametrize("share", ["whole", "half"])
def test_made_in_parts(share: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """A census made of few hosts at a time is the one made of all at once."""
    copied = shutil.copyfile(
        request.getfixturevalue(share) / "census.duckdb", tmp_path / "x.duckdb"
    )
    query = "SELECT * FROM conclusions.census ORDER BY ALL"
    store = Store(copied)
    with store.held():
        with store.transaction() as con:
            expected = con.execute(query).fetchall()
            con.execute("UPDATE conclusions.selected SET census = NULL").fetchall()
            con.execute("UPDATE conclusions.census SET siblings = 7").fetchall()
        census(store.database, unshown, hosts=100)
        with store.transaction() as con:
            assert con.execute(query).fetchall() == expected
    assert len(expected) > 700


def test_captures_are_those_of_history(whole: Path, followed: Store) -> None:
    """Of every host the capture counts that history takes, by redirects of any kind."""
    with Store(whole / "census.duckdb").reading() as con:
        found = con.execute(f"SELECT {_SAME} FROM captures ORDER BY host").fetchall()
        hops = {hops for (hops,) in con.execute("SELECT DISTINCT hops FROM captures").fetchall()}
    with followed.reading() as con:
        expected = con.execute(f"SELECT {_SAME} FROM captures ORDER BY host").fetchall()
    assert hops == {0, 1, 2, 3, 4, 5}
    assert len(found) > 1_500
    assert [pair for pair in zip(found, expected, strict=True) if pair[0] != pair[1]] == []


def test_results_are_those_of_analyze(whole: Path, followed: Store) -> None:
    """What analyze says of a list of all hosts, the census says of all hosts, without an error."""
    compared = (
        ("blocked", ["token", "definition"], ["n_yes", "bound_low", "bound_high"]),
        ("blocked_by_basis", ["token", "definition", "basis"], ["n_yes"]),
        ("authors", ["token", "authored_by"], ["n_yes"]),
        ("rulesets", ["token"], ["n_yes", "n_rulesets", "effective_rulesets_low"]),
        ("gap", ["comparison"], ["first_only", "second_only", "first_share", "second_share"]),
        ("selective", ["selection"], ["n_yes"]),
        ("archives", ["archive", "token", "measure"], ["n_yes", "crawlers"]),
    )
    names = {name for name, *_ in compared}
    with followed.reading() as con, held(con):
        listed = {each.name: result_of(con, each) for each in metrics() if each.name in names}
    for name, keys, values in compared:
        found = _results(whole, name).filter(pl.col("population") == "hosts")
        columns = [*keys, "n", "n_unknown", "estimate", *values]
        expected = headline_rows(listed[name]).filter(pl.col("population") == "panel")
        if "basis" in keys:
            expected = expected.filter(pl.col("basis").is_in(found["basis"].unique().to_list()))
        assert_frame_equal(found.select(columns).sort(keys), expected.select(columns).sort(keys))
        assert found.height > 3
        assert found["low"].null_count() == found.height


def test_results_of_today_are_kept(whole: Path) -> None:
    """A second analyze computes only the result of which a file is missing, to the same bytes."""
    results = census_results_of(whole / "census.duckdb")
    before = {file.name: file.read_bytes() for file in results.iterdir()}
    times = {file.name: file.stat().st_mtime_ns for file in results.iterdir()}
    (results / "gap.csv").unlink()
    ended = invoked("analyze", "--census", "--db", whole / "census.duckdb")
    assert ended.exit_code == 0, ended.output
    assert {file.name: file.read_bytes() for file in results.iterdir()} == before
    written = {f.name for f in results.iterdir() if f.stat().st_mtime_ns != times[f.name]}
    assert written == {"gap.csv", "gap.parquet", "manifest.json"}


class _Host:
    """A host as counted by hand: its text or status, and the file that counts."""

    def __init__(self, row: dict[str, Any]) -> None:
        self.name, self.file, self.row = row["host"], row["warc_file"], row
        self.domain = registered_domain(self.name)


def _rows(folder: Path) -> pl.DataFrame:
    """Return what the shards of a scan hold."""
    return pl.concat(pl.read_parquet(path) for path in sorted((folder / "scan/shards").glob("*")))


def _counted(folder: Path, texts: dict[str, bytes]) -> list[_Host]:
    """Return the hosts of a scan that never redirect, each with its newest good capture."""
    by_host: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in _rows(folder).filter(pl.col("resource") == "/robots.txt").iter_rows(named=True):
        by_host[row["host"]].append(row)
    return [
        _Host(max(found, key=lambda r: (_class(r, texts), r["fetch_time"], r["secure"])))
        for found in by_host.values()
    ]


def _counting(mirror: Path) -> dict[str, str]:
    """Return the one file in which each host counts, by hand from the crawl's index."""
    captured: dict[str, set[str]] = defaultdict(set)
    for part in mirror.glob("cc-index/**/subset=robotstxt/*.parquet"):
        for row in pl.read_parquet(part).iter_rows(named=True):
            port = f":{row['url_port']}" if row["url_port"] else ""
            if (row["url_path"], row["url_query"]) == ("/robots.txt", None):
                captured[row["url_host_name"] + port].add(row["warc_filename"])
    assert max(map(len, captured.values())) > 1
    found = {}
    for host, files in captured.items():
        by_hash = {md5(f"{host} {file}".encode()).hexdigest(): file for file in files}
        found[host] = by_hash[min(by_hash)]
    return found


def _class(row: dict[str, Any], texts: dict[str, bytes]) -> int:
    """Return how good an answer is: a robots.txt, another answer, a page, a redirect."""
    if row["status"] == 200:
        return 1 if texts[row["text"]].startswith(b"<") else 3
    return 0 if row["status"] < 400 else 2


def _blocked(host: _Host, texts: dict[str, bytes], judge: Judge, token: str) -> bool | None:
    """Tell whether a host blocks / for a crawler, None if that is unknown."""
    if _class(host.row, texts) == 3:
        allowed = judge.policy(texts[host.row["text"]]).verdicts[token].root_allowed
        return None if allowed is None else not allowed
    status = host.row["status"]
    return None if status < 400 or status == 429 or status >= 500 else False


@pytest.mark.parametrize("share", ["whole", "half"])
@pytest.mark.parametrize("population", ["hosts", "domains"])
def test_shares_are_those_counted_by_hand(
    share: str, population: str, mirror: Path, request: pytest.FixtureRequest
) -> None:
    """Counted in plain Python from the shards, by file, the share and its interval are the same.

    In a share of the files a host with captures in several of them counts in one.
    """
    folder = request.getfixturevalue(share)
    counting = _counting(mirror)
    read = set(_rows(folder)["warc_file"])
    texts = dict(_rows(folder).select("text", "rules").drop_nulls().iter_rows())
    with Store(folder / "census.duckdb").reading() as con:
        moved = {h for (h,) in con.execute("SELECT host FROM captures WHERE hops > 0").fetchall()}
        files, of = con.execute("SELECT files, of FROM scan_shares").fetchall()[0]
        numbered = "host IN (SELECT id FROM facts.hosts WHERE host IN (SELECT unnest(?)))"
        con.execute(f"DELETE FROM conclusions.census WHERE {numbered}", [list(moved)]).fetchall()
        con.execute("UPDATE conclusions.census SET representative = false").fetchall()
        hosts = [host for host in _counted(folder, texts) if host.name not in moved]
        for host in hosts:
            host.file = counting[host.name]
        hosts = [host for host in hosts if host.file in read]
        if population == "domains":
            hosts = _standing(hosts)
        names = [host.name for host in hosts]
        con.execute(
            f"UPDATE conclusions.census SET representative = true WHERE {numbered}", [names]
        ).fetchall()
        found = asked(con, "blocked")
    judge = Judge(["GPTBot", "Googlebot"])
    for token in ("GPTBot", "Googlebot"):
        expected, unknown = _expected(hosts, texts, judge, token, files, of)
        ((n, n_unknown, estimand, estimate, *ends),) = (
            found.filter(
                (pl.col("token") == token)
                & (pl.col("definition") == "root")
                & (pl.col("population") == population)
            )
            .select("n", "n_unknown", "estimand", "estimate", "low", "high")
            .rows()
        )
        assert (n, n_unknown) == (expected.n, unknown)
        assert estimate == pytest.approx(expected.estimate, rel=1e-6)
        if share == "whole":
            assert (estimand, ends) == ("list", [None, None])
        else:
            assert estimand == "sample"
            assert ends == pytest.approx([expected.low, expected.high], rel=1e-6)


@pytest.mark.parametrize("share", ["whole", "half"])
def test_a_second_implementation_finds_the_same_results(
    share: str, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    """The facts give what blocked, gap, selective and coverage say of a whole crawl or of half."""
    db = request.getfixturevalue(share) / "census.duckdb"
    ended = verify(["--census", "--db", str(db), "--results", str(census_results_of(db))])
    assert ended == 0, capsys.readouterr().out


def _standing(hosts: list[_Host]) -> list[_Host]:
    """Return the hosts that stand for registered domains: apex, else www, else the shortest."""
    domains: dict[str, list[_Host]] = defaultdict(list)
    for host in hosts:
        if host.domain:
            domains[host.domain].append(host)
    return [
        min(
            members,
            key=lambda h: (h.name != domain, h.name != f"www.{domain}", len(h.name), h.name),
        )
        for domain, members in domains.items()
    ]


def _expected(
    hosts: list[_Host], texts: dict[str, bytes], judge: Judge, token: str, files: int, of: int
) -> tuple[Estimate, int]:
    by_file: dict[str, list[float]] = defaultdict(lambda: [0, 0])
    unknown = 0
    for host in hosts:
        blocked = _blocked(host, texts, judge, token)
        unknown += blocked is None
        if blocked is not None:
            by_file[host.file][0] += blocked
            by_file[host.file][1] += 1
    clusters = [(y, x) for y, x in by_file.values()]
    return clustered(clusters + [(0, 0)] * (files - len(clusters)), of), unknown


@pytest.fixture
def con(half: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Return the census of half of a crawl."""
    with Store(half / "census.duckdb").reading() as connection:
        yield connection


@pytest.mark.parametrize("metric", metrics("census"), ids=lambda metric: metric.name)
def test_header(con: duckdb.DuckDBPyConnection, metric: Any) -> None:
    """A metric says title, unit and note, and returns shares or differences."""
    assert metric.title and metric.unit.startswith(("share", "difference")) and metric.note
    found = asked(con, metric.name)
    assert set(found.columns) >= _CLAIM
    assert found.height
    estimated = found.filter(pl.col("low").is_not_null())
    assert estimated.filter(
        (pl.col("low") > pl.col("estimate")) | (pl.col("high") < pl.col("low"))
    ).is_empty()
    assert (found["files"] < found["of"]).all()


def test_representatives(whole: Path, con: duckdb.DuckDBPyConnection) -> None:
    """Every domain is represented once: by its apex, else www, else the shortest name.

    A share of the files says the same of its hosts, for it was asked what the whole crawl has.
    """
    with Store(whole / "census.duckdb").reading() as all_hosts:
        rows = all_hosts.execute(_REPRESENTED).fetchall()
    some = con.execute(_REPRESENTED).fetchall()
    assert set(some) < set(rows) and any(row[2] for row in some)
    assert _represented_by(rows) == {"apex", "www"}


def _represented_by(rows: list[tuple[Any, ...]]) -> set[str]:
    """Check which host represents each domain; return the kinds of names that do."""
    members: dict[str, list[tuple[str, bool, int]]] = defaultdict(list)
    for host, domain, representative, siblings in rows:
        members[domain].append((host, representative, siblings))
    kinds = set()
    for domain, hosts in members.items():
        ((chosen, _, siblings),) = [host for host in hosts if host[1]]
        names = sorted((h for h, _, _ in hosts), key=lambda h: (len(h), h))
        first = [name for name in (domain, f"www.{domain}") if name in names]
        assert chosen == (first or names)[0]
        assert siblings == len(hosts)
        kinds.add("apex" if chosen == domain else chosen.split(".")[0])
    return kinds


def test_kinds_of_hosts(whole: Path) -> None:
    """By top-level domain, size, provider, template and rank the parts add up to the whole."""
    parts = _results(whole, "blocked_by_segment").filter(
        (pl.col("token") == "GPTBot") & (pl.col("population") == "hosts")
    )
    (total,) = (
        _results(whole, "blocked")
        .filter(
            (pl.col("token") == "GPTBot")
            & (pl.col("population") == "hosts")
            & (pl.col("definition") == "root")
        )
        .select("n", "n_yes")
        .rows()
    )
    sums = parts.group_by("dimension").agg(pl.col("n").sum(), pl.col("n_yes").sum())
    counted = {kind: (n, blocking) for kind, n, blocking in sums.rows()}
    assert counted["tld"] == counted["domain_size"] == counted["rank_band"] == total
    assert set(parts.filter(pl.col("dimension") == "tld")["segment"]) == {"com", "org", "de", "uk"}
    assert set(parts.filter(pl.col("dimension") == "provider")["segment"]) == {
        "cloudflare",
        "akamai",
    }
    ranks = dict(parts.filter(pl.col("dimension") == "rank_band").select("segment", "n").rows())
    assert ranks["none"] > ranks["to 1,000"] > 0


def test_lost_tokens(whole: Path) -> None:
    """What lies on blocking domains is weighed by the answers of their representatives."""
    with Store(whole / "census.duckdb").reading() as con:
        rows = con.execute(
            "SELECT domain, c.answer, root_allowed FROM census_hosts c LEFT JOIN meanings m "
            "ON m.answer = c.answer AND token = 'GPTBot' WHERE representative"
        ).fetchall()
    outages = {"http 429", *(f"http {status}" for status in range(500, 600))}
    said = {
        domain: None if answer in outages else allowed
        for domain, answer, allowed in rows
        if domain in TOKENS
    }
    (found,) = (
        _results(whole, "lost")
        .filter(pl.col("token") == "GPTBot")
        .select("n", "n_unknown", "estimate", "covered", "estimand")
        .rows()
    )
    known = [domain for domain, allowed in said.items() if allowed is not None]
    lost = sum(TOKENS[domain] for domain in known if not said[domain])
    share = lost / sum(TOKENS[domain] for domain in known)
    covered = sum(TOKENS[domain] for domain in said) / 100_000
    assert 0 < share < 1
    assert found[:4] == pytest.approx((len(known), 59 - len(known), share, covered))
    assert found[4] == "list"


def test_flapping(whole: Path) -> None:
    """Hosts captured more than once are counted, and those of them whose payloads differ."""
    hosts = (
        _rows(whole)
        .filter(pl.col("resource") == "/robots.txt")
        .group_by("host")
        .agg(pl.len().alias("captures"), pl.col("digest").drop_nulls().n_unique().alias("digests"))
        .filter(pl.col("captures") > 1)
    )
    (found,) = (
        _results(whole, "unstable")
        .filter(pl.col("population") == "hosts")
        .select("n", "n_yes")
        .rows()
    )
    assert found == (hosts.height, hosts.filter(pl.col("digests") > 1).height)
    assert found[1] > 10


def test_one_file_gives_no_interval(mirror: Path, tmp_path: Path) -> None:
    """From a single file of a crawl nothing is known of the others: there is no interval."""
    scan, db = scanned(tmp_path / "scan", mirror, "--share", 0.01), tmp_path / "census.duckdb"
    assert invoked("scan", "merge", scan, "--db", db).exit_code == 0
    with Store(db).reading() as con:
        found = asked(con, "blocked")
    assert found["files"].unique().to_list() == [1]
    assert found["low"].null_count() == found["high"].null_count() == found.height
    assert found["estimate"].null_count() < found.height


def test_hosts_of_a_scan_show_their_lines(whole: Path) -> None:
    """On the page of a scanned crawl the blocking line is shown, from the text that was kept."""
    with Store(whole / "census.duckdb").reading() as con:
        table = host_table(con, False, 300)
    rulings = [ruling for ruling in table["rulings"] if ruling[1] in ("named", "wildcard")]
    assert {ruling[2] for ruling in rulings} == {True, False}
    assert {ruling[4] for ruling in rulings} == {None}  # their lines say it
    assert table["contexts"] and "Disallow: /" in table["texts"]


def test_present_questions_are_answered(whole: Path) -> None:
    """Explain, cat, timeline and templates follow to the kept texts, and say that they are."""
    db = whole / "census.duckdb"
    with Store(db).reading() as con:
        ((host, url),) = con.execute(
            "SELECT host, url FROM captures JOIN payloads p USING (digest) "
            "JOIN verdicts v ON v.policy = p.policy AND token = 'GPTBot' AND NOT root_allowed "
            "AND authored_by = 'own' WHERE bytes > 50 AND starts_with(host, 'd') LIMIT 1"
        ).fetchall()
        assert con.execute("SELECT count(*) FROM signals").fetchall()[0][0] > 0
    ended = invoked("explain", host, "GPTBot", "-o", "table", "--db", db)
    assert ">    2  Disallow: /" in ended.output or ">    3  Disallow: /" in ended.output
    assert "a scan keeps only the lines" in ended.output
    ended = invoked("cat", host, "--db", db)
    assert "Disallow: /\n" in ended.output and "Sitemap:" not in ended.output
    assert url in ended.output
    assert invoked("timeline", host, "--db", db).exit_code == 0
    assert invoked("templates", "--db", db).exit_code == 0
    assert invoked("status", "--db", db).exit_code == 0


def _without_texts(con: duckdb.DuckDBPyConnection) -> None:
    """Let every host answer 404."""
    con.execute("UPDATE facts.fetches SET status = 404, payload = NULL").fetchall()
    con.execute("UPDATE conclusions.captures SET outcome = 'absent'").fetchall()


def test_no_difference_in_a_share_is_not_certain(con: duckdb.DuckDBPyConnection) -> None:
    """Where no host of some files tells two crawlers apart, others may: 0 is not certain."""
    _without_texts(con)
    found = asked(con, "gap")
    assert found.height and set(found["estimate"]) == {0.0}
    assert found.filter((pl.col("low") >= 0) | (pl.col("high") <= 0)).is_empty()


def test_one_large_domain_is_not_many(con: duckdb.DuckDBPyConnection) -> None:
    """Where one domain holds nearly all tokens, the interval is as wide as that of one domain."""
    _without_texts(con)
    con.execute(
        "UPDATE weights SET tokens = 1000000000 WHERE domain = (SELECT min(domain) FROM census "
        "WHERE representative AND domain IN (SELECT domain FROM weights))"
    ).fetchall()
    (row,) = asked(con, "lost").filter(pl.col("token") == "GPTBot").to_dicts()
    assert (row["n"] > 20, row["estimate"], row["low"]) == (True, 0.0, 0.0)
    assert row["high"] > 0.5


def test_a_share_without_the_index_has_no_interval(mirror: Path, tmp_path: Path) -> None:
    """Until the index is read, hosts in several files count too often: no interval, and why."""
    db = tmp_path / "census.duckdb"
    scan = scanned(tmp_path / "scan", mirror, "--share", 0.2)
    ended = invoked("scan", "merge", scan, "--db", db)
    assert "run crawlblock scan index, then merge again" in ended.stderr
    with Store(db).reading() as con:
        before = asked(con, "selective")
        hosts = con.execute(_REPRESENTED).fetchall()
    assert _represented_by(hosts) >= {"apex", "www", "a", "b"}
    assert before["low"].null_count() == before.height
    assert set(before["no_interval"]) >= {
        "hosts in several files are counted too often; run crawlblock scan index, then scan merge "
        "again"
    }
    assert "hosts are counted in the 3 planned files" in invoked("scan", "index", scan).stderr
    assert "nothing to read" in invoked("scan", "index", scan).stderr
    assert invoked("scan", "merge", scan, "--db", db).exit_code == 0
    with Store(db).reading() as con:
        after = asked(con, "selective")
        fewer = con.execute(_REPRESENTED).fetchall()
    assert after["low"].null_count() < after.height and len(fewer) < len(hosts)


def test_the_index_of_another_plan_is_refused(mirror: Path, tmp_path: Path) -> None:
    """Counting files of another plan, or no Parquet file, are an error that says what to do."""
    one = scanned(tmp_path / "one", mirror, "--share", 0.2)
    other = scanned(tmp_path / "other", mirror, "--share", 0.2, "--seed", "b")
    invoked("scan", "index", other)
    (path,) = (other / "counting").iterdir()
    (one / "counting").mkdir()
    for content in (path.read_bytes(), b"PAR1"):
        (one / "counting" / path.name).write_bytes(content)
        ended = invoked("scan", "merge", one, "--db", tmp_path / "census.duckdb")
        assert ended.exit_code == 1 and "run crawlblock scan index again" in str(ended.exception)
