"""Change, openness, selections and gaps of a few hosts, counted by hand."""

import math
import shutil
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from pathlib import Path

import duckdb
import polars as pl
import pytest
import small_database as small
from oracles.paired import Pair, difference
from test_metrics import ask, rows

from crawlblock.metrics.result_files import as_csv

pytestmark = pytest.mark.own_code

NAMED = ("CCBot", "GPTBot", "ClaudeBot", "OAI-SearchBot", "archive.org_bot",
         "Extra1", "Extra2", "Extra3", "Extra4", "Extra5")  # fmt: skip
CRAWLERS = (  # token, purpose, openness, ai, web_archive, documented_since
    ("CCBot", "archive", "open", True, False, None),
    ("GPTBot", "training", "closed", True, False, date(2023, 8, 7)),
    ("ClaudeBot", "training", "closed", True, False, None),
    ("OAI-SearchBot", "ai_search", "closed", True, False, None),
    ("archive.org_bot", "archive", "open", True, True, None),
    *((f"Extra{n}", "other", "closed", True, False, None) for n in range(1, 6)),
    ("OpenLater", "archive", "open", True, False, date(2023, 9, 15)),
    ("Googlebot", "search", "closed", False, False, None),
    ("bingbot", "search", "closed", False, False, None),
)
POLICIES = {  # whom a robots.txt names
    "gpt": ("GPTBot",), "cc": ("CCBot",), "ccgpt": ("CCBot", "GPTBot"), "ia": ("archive.org_bot",),
    "asks": ("OAI-SearchBot",), "shut": ("GPTBot", "Googlebot"), "ten": NAMED, "nine": NAMED[:9],
    "later": ("OpenLater",),
}  # fmt: skip
SETS = "open data - closed training"
NUMBERS = ("n", "n_unknown", "n_started", "n_stopped")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a database with crawlers that results name, and policies about them."""
    path = tmp_path_factory.mktemp("template") / "small.duckdb"
    with small.make(path) as connection:
        connection.execute("DELETE FROM crawlers WHERE token <> '*'")
        connection.executemany(
            "INSERT INTO crawlers (id, token, purpose, openness, ai, web_archive, "
            "documented_since) SELECT 100 + (SELECT count(*) FROM crawlers), ?, ?, ?, ?, ?, ?",
            CRAWLERS,
        )
        _policy(connection, "allowed", (), ("none", "default", True))
        _policy(connection, "star", (), ("full", "wildcard", False))
        for name, named in POLICIES.items():
            _policy(connection, name, named, ("none", "default", True))
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
    tokens = [token for token, *_ in CRAWLERS] + ["*"]
    named = set(named)
    small.policy(con, name, {t: ("full", "named", False) if t in named else others for t in tokens})


def followed(con: duckdb.DuckDBPyConnection, hosts: Iterable[str]) -> None:
    """Make these hosts a list that is followed."""
    small.panel(con, [(host, "all", 1.0) for host in hosts])


def test_change_is_newcombes(con: duckdb.DuckDBPyConnection) -> None:
    """Of 50 hosts 36 block throughout, 12 started and 2 stopped: Newcombe's example of 1998.

    His method 10 without correction gives 0.0569 to 0.3404.  The list itself has no interval, and
    hosts that are unknown in one of the two snapshots are left out.
    """
    kinds: list[tuple[small.Answer, small.Answer]] = [
        *[("cc", "cc")] * 36, *[("allowed", "cc")] * 12, *[("cc", "allowed")] * 2,
        ("cc", None), (503, "cc"), ("allowed", 429),
    ]  # fmt: skip
    followed(con, (f"h{n}" for n in range(53)))
    for place, name in enumerate(("S1", "S2")):
        answers = {f"h{n}": kind[place] for n, kind in enumerate(kinds)}
        small.snapshot(con, name, date(2023, 9 + place, 1), answers)
    found = ask(con, "change")
    shares = ("estimate", "from_share", "to_share", "low", "high", "no_interval")
    (row,) = rows(found, *NUMBERS, *shares, token="CCBot")
    assert row[:4] == (50, 3, 12, 2)
    assert row[4:9] == pytest.approx((0.2, 38 / 50, 48 / 50, 0.0569, 0.3404), abs=5e-5)
    (listed,) = rows(ask(con, "change", of_list=True), *NUMBERS, *shares, token="CCBot")
    assert listed[:7] == row[:7] and listed[7:9] == (None, None) and "list" in listed[9]
    by_selection = "open data or archives named, search let in"
    assert rows(found, *NUMBERS, selection=by_selection) == [row[:4]]
    assert rows(found, *NUMBERS, token="ClaudeBot") == [(50, 3, 0, 0)]


def test_change_by_year(con: duckdb.DuckDBPyConnection) -> None:
    """A year is from the last snapshot of one to that of the next, since the crawler exists."""
    days = (date(2022, 10, 1), date(2023, 3, 1), date(2023, 11, 1), date(2024, 6, 1),
            date(2024, 12, 1))  # fmt: skip
    followed(con, "abcd")
    for day, blocking in zip(days, ("", "a", "ab", "b", "abc"), strict=True):
        answers = {host: "ccgpt" if host in blocking else "allowed" for host in "abcd"}
        small.snapshot(con, f"{day:%Y-%m}", day, answers)
    found = ask(con, "change")
    columns = ("from_snapshot", "to_snapshot", "n_started", "n_stopped", "estimate")
    assert rows(found, *columns, token="CCBot", span="year") == [
        ("2022-10", "2023-11", 2, 0, 0.5), ("2023-11", "2024-12", 1, 0, 0.25),
    ]  # fmt: skip
    assert rows(found, *columns, token="GPTBot", span="year") == [
        ("2023-11", "2024-12", 1, 0, 0.25)
    ]
    assert rows(found, *columns, token="CCBot", span="since_first") == [
        ("2022-10", "2023-03", 1, 0, 0.25), ("2022-10", "2023-11", 2, 0, 0.5),
        ("2022-10", "2024-06", 1, 0, 0.25), ("2022-10", "2024-12", 3, 0, 0.75),
    ]  # fmt: skip
    assert rows(found, *columns, token="GPTBot", span="since_first") == [
        ("2023-11", "2024-06", 0, 1, -0.25), ("2023-11", "2024-12", 1, 0, 0.25),
    ]  # fmt: skip


def test_archive_and_live_run(con: duckdb.DuckDBPyConnection) -> None:
    """A live run is compared with the archive's nearest snapshot within a month of it."""
    followed(con, "abcd")
    for name, day, blocking, kind in (
        ("C1", date(2024, 1, 1), "a", "crawl"), ("C2", date(2024, 6, 1), "ab", "crawl"),
        ("L1", date(2024, 6, 20), "abc", "live"), ("L2", date(2024, 12, 1), "abcd", "live"),
    ):  # fmt: skip
        answers = {host: "ccgpt" if host in blocking else "allowed" for host in "abcd"}
        small.snapshot(con, name, day, answers, kind)
    found = ask(con, "change")
    columns = ("from_snapshot", "to_snapshot", "n_started", "mode_change")
    assert rows(found, *columns, token="CCBot", span="mode") == [("C2", "L1", 1, True)]
    crossing = rows(found, "to_snapshot", "mode_change", token="CCBot", span="since_first")
    assert crossing == [("C2", False), ("L1", True), ("L2", True)]


def test_a_segment_that_starts_later(con: duckdb.DuckDBPyConnection) -> None:
    """A segment is compared from its own first snapshot; all hosts from that of half of them."""
    hosts = [f"h{n:02}" for n in range(80)]
    followed(con, hosts)
    con.executemany(
        "INSERT INTO panel_columns VALUES ('panel', ?, 'country', ?)",
        [(host, "France" if n < 40 else "Spain") for n, host in enumerate(hosts)],
    )
    second: dict[str, small.Answer] = {
        h: "cc" if n < 10 or 40 <= n < 44 else "allowed" for n, h in enumerate(hosts)
    }
    first: dict[str, small.Answer] = {h: "allowed" if n < 40 else None for n, h in enumerate(hosts)}
    third = second | dict.fromkeys(hosts[44:52], "cc") | {"h40": "allowed"}
    for number, answers in enumerate((first, second, third), start=1):
        small.snapshot(con, f"S{number}", date(2023, 8 + number, 1), answers)
    found = ask(con, "change").filter(pl.col("to_snapshot") == "S3")
    found = found.filter(pl.col("token") == "CCBot")
    columns = ("segment", "from_snapshot", *NUMBERS, "estimate")
    assert found.select(columns).rows() == [
        (None, "S1", 40, 40, 10, 0, 0.25),
        ("France", "S1", 40, 0, 10, 0, 0.25),
        ("Spain", "S2", 40, 0, 8, 1, pytest.approx(7 / 40)),
    ]


def test_openness_index(con: duckdb.DuckDBPyConnection) -> None:
    """Neither a crawler documented later (d blocks it) nor a host known later (e) moves it."""
    followed(con, "abcde")
    con.execute(
        "INSERT INTO weights VALUES ('a', 'C4', NULL, NULL, 10), ('b', 'C4', NULL, NULL, 20), "
        "('c', 'C4', NULL, NULL, 30), ('d', 'C4', NULL, NULL, 40), ('e', 'C4', NULL, NULL, 1000)"
    )
    earlier: dict[str, small.Answer] = {
        "a": "allowed", "b": "cc", "c": "allowed", "d": "allowed", "e": None,
    }  # fmt: skip
    later: dict[str, small.Answer] = {
        "a": "cc", "b": "allowed", "c": "gpt", "d": "later", "e": "cc",
    }  # fmt: skip
    small.snapshot(con, "S1", date(2023, 9, 1), earlier)
    small.snapshot(con, "S2", date(2023, 10, 1), later)
    found = ask(con, "openness_index", of_list=True)
    counts = ("snapshot", "n", "n_unknown", "n_opened", "n_closed", "crawlers")
    shares = ("estimate", "from_share", "change", "bound_low", "bound_high")
    assert rows(found, *counts, *shares, unit="hosts") == [
        ("S1", 4, 1, 0, 0, 1, 3 / 4, 3 / 4, 0, 3 / 5, 4 / 5),
        ("S2", 4, 1, 1, 1, 1, 3 / 4, 3 / 4, 0, 3 / 5, 4 / 5),
    ]
    (tokens,) = rows(found, *counts, *shares, unit="tokens", snapshot="S2")
    assert tokens[:6] == ("S2", 4, 1, 1, 1, 1)
    assert tokens[6:] == pytest.approx((0.9, 0.8, 0.1, 90 / 1100, 1090 / 1100))


def test_selections(con: duckdb.DuckDBPyConnection) -> None:
    """Each selection counts the hosts that were made for it; an outage is unknown."""
    kinds = ("gpt", "asks", "cc", "ccgpt", "ia", "shut", "ten", "nine", "star", "allowed")
    small.snapshot(con, "S1", date(2023, 9, 1), {k: k for k in kinds} | {"outage": 503})
    found = ask(con, "selective")
    assert set(found.select("n", "n_unknown").rows()) == {(10, 1)}
    assert dict(rows(found, "selection", "n_yes")) == {
        "training blocked, search let in": 4,  # gpt, ccgpt, ten, nine
        "AI search blocked, search let in": 3,  # asks, ten, nine
        "open data blocked, search let in": 4,  # cc, ccgpt, ten, nine
        "web archives blocked, search let in": 3,  # ia, ten, nine
        "open data or archives named, search let in": 5,  # cc, ccgpt, ia, ten, nine
        "open data named in a list of ten or more": 1,  # ten
        "only Common Crawl": 1,  # cc
        "everything": 1,  # star
    }


def test_a_set_does_not_gain_by_its_size(con: duckdb.DuckDBPyConnection) -> None:
    """Sets are compared by the mean over their crawlers, two crawlers by Newcombe's interval.

    Per host open data minus closed training (GPTBot and ClaudeBot) is -1/2, 1/2, 0, 0, 1 and 0.
    """
    kinds = ("gpt", "ccgpt", "ten", "star", "cc", "allowed")
    small.snapshot(con, "S1", date(2023, 9, 1), {k: k for k in kinds} | {"outage": 429})
    found = ask(con, "gap")
    counts = ("n", "n_unknown", "first_crawlers", "second_crawlers", "first_only", "second_only")
    shares = ("first_share", "second_share", "estimate", "low", "high")
    (row,) = rows(found, *counts, *shares, comparison=SETS)
    assert row[:6] == (6, 1, 1, 2, 2, 1)
    reach = 1.959963984540054 * math.sqrt((1.5 / 6 - 1 / 36) / 5)
    assert row[6:] == pytest.approx((4 / 6, 3 / 6, 1 / 6, 1 / 6 - reach, 1 / 6 + reach))
    (row,) = rows(found, *counts, *shares, comparison="CCBot - GPTBot")
    assert row[:6] == (6, 1, 1, 1, 1, 1)
    expected = difference(Pair(both=3 / 6, first_only=1 / 6, second_only=1 / 6), 6)
    assert row[6:] == pytest.approx((4 / 6, 4 / 6, *expected))


@pytest.mark.parametrize("weight", [1.0, 20.0])
def test_hosts_that_are_all_alike_are_not_certain(
    con: duckdb.DuckDBPyConnection, weight: float
) -> None:
    """Where each host blocks one of three crawlers of a set, the interval still has a width."""
    con.execute("UPDATE crawlers SET purpose = 'training' WHERE token = 'Extra1'")
    small.panel(con, [(f"h{n}", "all", weight) for n in range(7)])
    small.snapshot(con, "S1", date(2023, 9, 1), {f"h{n}": "gpt" for n in range(7)})
    (found,) = rows(ask(con, "gap"), "estimate", "low", "high", comparison=SETS)
    n = 7 if weight == 1 else 6 / (1 - 7 / 140)  # a sample of 7 in 140: (n - 1) / (1 - f)
    assert found == pytest.approx(difference(Pair(0, 0, 1 / 3), n))


def test_refused_hosts_stand_beside(con: duckdb.DuckDBPyConnection) -> None:
    """A server that refuses is no block and is counted apart; only access reads an outage."""
    statuses = (401, 402, 403, 451, 404, 429, 503)
    answers: dict[str, small.Answer] = {f"s{status}": status for status in statuses}
    small.snapshot(con, "S1", date(2023, 9, 1), answers | {"open": "allowed", "blocks": "gpt"})
    found = ask(con, "blocked")
    columns = ("n_yes", "n", "n_unknown", "n_refused")
    assert rows(found, *columns, token="GPTBot", definition="root") == [(1, 7, 2, 4)]
    assert rows(found, *columns, token="GPTBot", definition="access") == [(2, 9, 0, 4)]


def test_an_outage_is_no_transition(con: duckdb.DuckDBPyConnection) -> None:
    """A 429 or 5xx between two captures neither stops nor starts a block."""
    series: tuple[tuple[small.Answer, ...], ...] = (
        ("gpt", "gpt", "allowed"),
        (503, 429, 503),
        ("gpt", "allowed", "gpt"),
    )
    for number, answers in enumerate(series):
        hosts = dict(zip("abc", answers, strict=True))
        small.snapshot(con, f"S{number}", date(2023, 9 + number, 1), hosts)
    found = ask(con, "transitions")
    first, last = datetime(2023, 9, 2), datetime(2023, 11, 2)
    assert sorted(
        rows(found, "host", "transition", "after", "before", token="GPTBot"), key=str
    ) == [
        ("a", "started", None, first),
        ("b", "started", None, first),
        ("b", "stopped", first, last),
        ("c", "started", first, last),
    ]


def test_a_dimension_of_ten_thousand_values(con: duckdb.DuckDBPyConnection) -> None:
    """The 200 largest segments have rows of their own, whatever their names; the rest has one."""
    script, formula = "<script>alert(1)</script>", "=1+1"
    hosts = [f"h{n:02}" for n in range(40)]
    followed(con, hosts)
    small.snapshot(con, "S1", date(2023, 9, 1), dict.fromkeys(hosts, "gpt"))
    shared = [script, formula, *(f"s{n:03}" for n in range(248))]
    con.executemany(
        "INSERT INTO panel_columns VALUES ('panel', ?, 'topic', ?)",
        [(host, ";".join([*shared, *(f"{host} {n}" for n in range(244))])) for host in hosts],
    )
    found = ask(con, "blocked_by_segment").filter(
        (pl.col("token") == "GPTBot") & (pl.col("definition") == "root")
    )
    assert found["segment"].to_list() == sorted([*shared[:200], "other segments"])
    assert set(found.select("n", "n_yes").rows()) == {(40, 40)}
    assert b"'=1+1" in as_csv(found) and b",=1+1" not in as_csv(found)
