"""What counts and what does not: removed snapshots, challenges, and the frame of a panel."""

from datetime import date, datetime
from pathlib import Path

import duckdb
import small_database as small
from fetched import fetched, judged, stored
from test_metrics import ask, rows

from crawlblock.evidence.sharing import sharing
from crawlblock.evidence.transitions import states
from crawlblock.metrics.result_digests import inputs, result_digests
from crawlblock.store.removal import remove, restore
from crawlblock.store.store import Store, holdings

CLOSED = b"User-agent: *\nDisallow: /\n"
CHALLENGE = b"# One moment\n<script src='https://challenges.cloudflare.com/a.js'></script>\n"


def test_removed_snapshots_share_no_rule_set(tmp_path: Path) -> None:
    """The hosts of a removed snapshot are not among those that share a rule set."""
    blocked, allowed = ("full", "named", False), ("none", "default", True)
    with small.make(tmp_path / "small.duckdb") as con:
        verdicts = {"Alpha": blocked, "Beta": blocked, "Seeker": allowed, "*": allowed}
        small.policy(con, "two", verdicts)
        small.snapshot(con, "S1", date(2023, 10, 1), {f"h{n}": "two" for n in range(6)})
        small.snapshot(con, "S2", date(2023, 11, 1), {"h0": "two", "h1": "open"})
        remove(con, "S1", datetime(2024, 1, 1), "a test")
        assert con.execute("FROM shared_rulesets").fetchall() == []
        found = sharing(con, "own", "two")
        assert (found.origin, found.hosts) == ("alone", 1)
        restore(con, "S1")
        assert con.execute("SELECT ruleset, hosts FROM shared_rulesets").fetchall() == [("two", 6)]
        found = sharing(con, "own", "two")
        assert (found.origin, found.hosts) == ("shared", 6)


def test_a_challenge_is_unknown_in_a_history(tmp_path: Path) -> None:
    """A challenge that begins with a comment opens nothing: what the host says is not known."""
    store = Store(tmp_path / "a.duckdb")
    days = {"S1": (datetime(2026, 9, 1), CLOSED), "S2": (datetime(2026, 10, 1), CHALLENGE)}
    fetches = [fetched("a.test", name, at, body) for name, (at, body) in days.items()]
    stored(store, fetches, [CLOSED, CHALLENGE])
    judged(store)
    with store.reading() as con:
        rows = states(con, "a.test", ["*"])
    found = [(row.snapshot, row.outcome, row.restriction, row.root_allowed) for row in rows]
    assert found == [("S1", "ok", "full", False), ("S2", "challenge", "unknown", None)]


def test_results_follow_the_frame(tmp_path: Path) -> None:
    """`lost` is computed again where the frame has other domains or another name."""

    def digest_of_lost(con: duckdb.DuckDBPyConnection) -> str:
        return result_digests(inputs(con, "rfc9309", holdings(con)))["lost"]

    with small.make(tmp_path / "small.duckdb") as con:
        small.panel(con, [("a.test", "10k", 5.0)])
        found = [digest_of_lost(con)]
        con.execute("INSERT INTO frames VALUES ('panel', '10k', 'b.test')")
        found.append(digest_of_lost(con))
        con.execute("UPDATE panels SET frame = 'another list'")
        found.append(digest_of_lost(con))
        assert len(set(found)) == len(found)


def test_changes_are_counted_in_sound_snapshots(tmp_path: Path) -> None:
    """A suspect snapshot has no row, nor has one that asked a part of the panel."""
    hosts = [f"h{number}" for number in range(20)]
    open_: dict[str, small.Answer] = dict.fromkeys(hosts, "open")
    silent: dict[str, small.Answer] = dict.fromkeys(hosts[8:])
    asked: dict[str, small.Answer] = {**dict.fromkeys(hosts[:5], "open"), "h1": "named"}
    with small.make(tmp_path / "small.duckdb") as con:
        small.panel(con, [(host, "all", 1.0) for host in hosts])
        small.snapshot(con, "S1", date(2023, 10, 1), open_)
        small.snapshot(con, "suspect", date(2023, 10, 20), open_ | silent)
        small.snapshot(con, "incomplete", date(2023, 11, 5), asked)
        small.snapshot(con, "S4", date(2023, 11, 15), open_ | {"h1": "named"})
        found = ask(con, "transition_counts")
    columns = ("snapshot", "n", "n_unknown", "n_yes")
    assert rows(found, *columns, token="Alpha", transition="started") == [
        ("S1", 0, 20, 0),
        ("S4", 20, 0, 1),
    ]


def test_hosts_share_a_weight_where_they_are(tmp_path: Path) -> None:
    """An apex has all of its domain's weight until an import has its www host as well."""
    apexes: dict[str, small.Answer] = {"a.test": "wild", "b.test": "open"}
    with small.make(tmp_path / "small.duckdb") as con:
        small.snapshot(con, "I1", date(2023, 10, 1), apexes, "import")
        later = apexes | {"www.a.test": "open"}
        small.snapshot(con, "I2", date(2023, 11, 1), later, "import")
        con.executemany(
            "INSERT INTO weights VALUES (?, 'C', NULL, NULL, 10)", [["a.test"], ["b.test"]]
        )
        found = ask(con, "openness_index", of_list=True)
    bounds = ("snapshot", "estimate", "bound_low", "bound_high")
    assert rows(found, *bounds, unit="tokens") == [
        ("I1", 10 / 20, 10 / 20, 10 / 20),
        ("I2", 10 / 15, 10 / 20, 15 / 20),
    ]
