"""The database: what is stored once stays, and whatever goes wrong is one clear sentence."""

import os
import shutil
import subprocess
import sys
import threading
import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import duckdb
import filelock
import polars as pl
import pytest
from disks import sharing_disk
from fetched import fetched, judged, stored

from crawlblock.errors import LockedError, StoreError
from crawlblock.metrics.result_digests import inputs
from crawlblock.model import Fetch, Member
from crawlblock.outcome import Ending
from crawlblock.pipeline.evaluate import evaluate
from crawlblock.pipeline.run import Run, recorded
from crawlblock.store.relations import ArrowStream
from crawlblock.store.store import Store, holdings
from crawlblock.warc.http import digest

BODY = b"User-agent: GPTBot\nDisallow: /\n"


def capture(host: str, answer: bytes | int | None = BODY) -> Fetch:
    """Return a fetch of a host that answered with a body, a status or not at all."""
    return fetched(host, "2024-05", datetime(2024, 5, 6), answer)


def fill(store: Store, *hosts: str) -> int:
    """Store a capture of each host and return how many were new."""
    return stored(store, map(capture, hosts), [BODY])


def access(store: Store, where: str) -> list[tuple[object, ...]]:
    """Return restriction, basis and root_allowed of some rows of access."""
    query = f"SELECT restriction, basis, root_allowed FROM access WHERE {where} ORDER BY ALL"
    with store.reading() as con:
        return con.execute(query).fetchall()


def test_stored_once(tmp_path: Path) -> None:
    """Adding the same captures again adds nothing, and the snapshot keeps its times."""
    store = Store(tmp_path / "db.duckdb")
    assert fill(store, "a.example", "b.example") == 2
    assert fill(store, "a.example", "c.example") == 1
    with store.reading() as con:
        assert con.execute("FROM snapshots").fetchall() == [
            ("2024-05", "import", datetime(2024, 5, 6), datetime(2024, 5, 6))
        ]


@pytest.mark.own_code
def test_evaluate_once(tmp_path: Path) -> None:
    """Judging stores one policy for equal payloads, and a second run finds nothing to do."""
    store = Store(tmp_path / "db.duckdb")
    fill(store, "a.example", "b.example")
    first, second = Run(store), Run(store)
    evaluate(first)
    evaluate(second)
    assert (first.tally.payloads, second.tally.payloads) == (1, 0)
    assert access(store, "host = 'a.example' AND token = 'GPTBot'") == [("full", "named", False)]
    assert access(store, "host = 'a.example' AND token = '*'") == [("none", "default", True)]


@pytest.mark.parametrize("conclusion", ["verdicts", "authorship", "signals"])
def test_other_rules(tmp_path: Path, conclusion: str) -> None:
    """A text judged by other rules, templates or signals is judged again; unused policies go."""
    store = Store(tmp_path / "db.duckdb")
    fill(store, "a.example")
    judged(store)
    assert (store.conclusions.pending(), store.conclusions.pending_texts(0, 10)) == (0, [])
    with store.transaction() as con:
        con.execute(
            "UPDATE conclusions.stamps SET digest = 'another' WHERE conclusion = ?", [conclusion]
        ).fetchall()
        con.execute("UPDATE conclusions.policies SET policy = 'of other rules'").fetchall()
    assert [text.body for text in store.conclusions.pending_texts(0, 10)] == [BODY]
    judged(store)
    assert access(store, "host = 'a.example' AND token = 'GPTBot'") == [("full", "named", False)]
    with store.reading() as con:
        ((policies, stale),) = con.execute(
            "SELECT count(*), count(*) FILTER (policy = 'of other rules') FROM policies"
        ).fetchall()
    assert (policies, stale, store.conclusions.pending()) == (1, 0, 0)


@pytest.mark.own_code
@pytest.mark.parametrize("conclusion", ["body", "selection"])
def test_other_selection(tmp_path: Path, conclusion: str) -> None:
    """Captures that another rule selected, or texts another one looked at, are decided anew."""
    store = Store(tmp_path / "db.duckdb")
    fill(store, "a.example")
    judged(store)
    assert store.conclusions.settle() == 0
    with store.transaction() as con:
        con.execute(
            "UPDATE conclusions.stamps SET digest = 'another' WHERE conclusion = ?", [conclusion]
        ).fetchall()
        con.execute("UPDATE conclusions.captures SET outcome = 'absent'").fetchall()
        con.execute("UPDATE conclusions.bodies SET body = 'page'").fetchall()
        con.execute("UPDATE conclusions.endings SET outcome = 'absent'").fetchall()
    assert store.conclusions.settle() == 1
    with store.reading() as con:
        outcomes = con.execute("SELECT outcome FROM captures").fetchall()
    # what a text is was decided with today's rule where only the selection is another's
    assert outcomes == [("ok",)] if conclusion == "body" else [("not_robots",)]


def test_facts_that_come_later(tmp_path: Path) -> None:
    """Captures are decided when they are asked for, and again when a fetch is added."""
    store = Store(tmp_path / "db.duckdb")
    stored(store, [capture("a.example", 404)])
    with store.reading() as con:
        assert con.execute("FROM captures").fetchall() == []
    assert store.conclusions.settle() == 1
    stored(store, [fetched("a.example", "2024-05", datetime(2024, 5, 1), BODY)], [BODY])
    assert store.conclusions.settle() == 1
    with store.reading() as con:
        assert con.execute("SELECT outcome, digest FROM captures").fetchall() == [
            ("ok", digest(BODY))
        ]
        assert con.execute("SELECT count(*) FROM fetches").fetchall() == [(2,)]


def test_results_of_a_record_that_is_read_later(tmp_path: Path) -> None:
    """A redirect that an index named leads somewhere once its record is read: results are stale."""
    store = Store(tmp_path / "db.duckdb")
    found = fetched("www.a.example", "2024-05", datetime(2024, 5, 6), BODY)
    named = fetched(
        "a.example", "2024-05", datetime(2024, 5, 6), 301,
        read=False, warc_file="x.warc.gz", warc_offset=0, warc_length=9,
    )  # fmt: skip
    known: list[tuple[list[tuple[object, ...]], dict[str, object]]] = []
    for fetch in (named, replace(named, read=True, redirect="https://www.a.example/robots.txt")):
        stored(store, [fetch, found], [BODY])
        judged(store)
        with store.reading() as con:
            rows = con.execute("SELECT outcome FROM captures ORDER BY host").fetchall()
            known.append((rows, inputs(con, "rfc9309", holdings(con))))
    assert [rows[0] for rows, _ in known] == [("not_fetched",), ("ok",)]
    assert known[0][1] != known[1][1]


ABSENT, UNKNOWN = ("none", "absent", True), ("unknown", "unknown", None)
REFUSED = ("full", "http", False)
READINGS = {  # by status: as RFC 9309 says, as Common Crawl's crawler does
    404: (ABSENT, ABSENT), 401: (ABSENT, ABSENT), 403: (ABSENT, REFUSED), 429: (ABSENT, UNKNOWN),
    503: (REFUSED, UNKNOWN), 521: (UNKNOWN, UNKNOWN), 301: (UNKNOWN, UNKNOWN),
    None: (UNKNOWN, UNKNOWN),
}  # fmt: skip


@pytest.mark.own_code
def test_status_readings(tmp_path: Path) -> None:
    """A status means under each reading what house rules say; no answer is unknown in both."""
    store = Store(tmp_path / "db.duckdb")
    stored(store, [capture(f"s{status}.example", status) for status in READINGS])
    judged(store)
    with store.reading() as con:
        for place, view in enumerate(("access", "access_ccbot")):
            query = f"SELECT DISTINCT host, restriction, basis, root_allowed FROM {view}"
            expected = {(f"s{status}.example", *said[place]) for status, said in READINGS.items()}
            rows = con.execute(query).fetchall()
            assert set(rows) == expected and len(rows) == len(READINGS), view


@pytest.mark.own_code
def test_html_is_unknown(tmp_path: Path) -> None:
    """A page served in place of a robots.txt tells nothing about any crawler."""
    store = Store(tmp_path / "db.duckdb")
    page = b"<!DOCTYPE html><html></html>"
    stored(store, [capture("a.example", page)], [page])
    judged(store)
    with store.reading() as con:
        query = "SELECT DISTINCT restriction, basis, root_allowed FROM access"
        assert con.execute(query).fetchall() == [("unknown", "unknown", None)]


@pytest.mark.own_code
def test_a_challenge_is_unknown(tmp_path: Path) -> None:
    """What a source took for a challenge has no rules, though it could be read as a robots.txt."""
    store = Store(tmp_path / "db.duckdb")
    stored(store, [replace(capture("a.example"), ended=Ending.CHALLENGE)], [BODY])
    judged(store)
    assert access(store, "token = 'GPTBot'") == [("unknown", "unknown", None)]
    with store.reading() as con:
        query = "SELECT DISTINCT restriction FROM access_counts"
        assert con.execute(query).fetchall() == [("unknown",)]


@pytest.mark.own_code
def test_a_fallback_is_stored(tmp_path: Path) -> None:
    """Which token decided is stored, and what the crawler's own token alone would give."""
    store = Store(tmp_path / "db.duckdb")
    bodies = [
        b"User-agent: GoogleOther\nDisallow: /\n",
        b"User-agent: GoogleOther\nDisallow: /\n\nUser-agent: *\nDisallow: /x\n",
        b"User-agent: GoogleOther-Image\nDisallow: /\n",
        b"User-agent: *\nDisallow: /\n",
    ]
    stored(store, [capture(f"{n}.example", body) for n, body in enumerate(bodies)], bodies)
    judged(store)
    with store.reading() as con:
        rows = con.execute(
            "SELECT basis, matched_token, restriction, strict FROM access "
            "WHERE token = 'GoogleOther-Image' ORDER BY host"
        ).fetchall()
        ((differ,),) = con.execute(
            "SELECT count(*) FROM verdicts WHERE strict_root_allowed IS DISTINCT FROM root_allowed "
            "AND basis <> 'fallback'"
        ).fetchall()
    assert rows == [
        ("fallback", "GoogleOther", "full", "none"),
        ("fallback", "GoogleOther", "full", "partial"),
        ("named", "GoogleOther-Image", "full", "full"),
        ("wildcard", "*", "full", "full"),
    ]
    assert differ == 0


@pytest.mark.own_code
def test_access_has_one_row_per_capture_and_crawler(tmp_path: Path) -> None:
    """Several panels with the same host do not multiply its rows."""
    store = Store(tmp_path / "db.duckdb")
    fill(store, "a.example")
    for name, day in (("one", 1), ("two", 2)):
        member = Member(name, "a.example", "a.example", None, "all", None, float(day), 0)
        store.facts.add_panel(name, "test", None, datetime(2024, 1, day), [member])
    judged(store)
    with store.reading() as con:
        query = "SELECT count(*), max(weight) FROM access WHERE token = 'GPTBot'"
        assert con.execute(query).fetchall() == [(1, 2.0)]


def test_a_panel_is_what_was_sampled_last(tmp_path: Path) -> None:
    """Members that a panel lost are not in it, and weights are those of the last sample."""
    store = Store(tmp_path / "db.duckdb")
    day = datetime(2024, 1, 1)

    def members(weight: float, *hosts: str) -> list[Member]:
        return [Member("p", h, h, None, "all", None, weight, i) for i, h in enumerate(hosts)]

    assert (
        store.facts.add_panel("p", "test", None, day, members(2.0, "a.example", "b.example")) == 2
    )
    assert (
        store.facts.add_panel("p", "test", None, day, members(3.0, "c.example", "b.example")) == 1
    )
    assert store.facts.members() == members(3.0, "c.example", "b.example")


def test_the_fallback_of_a_member_is_that_of_the_last_sample(tmp_path: Path) -> None:
    """A host that a list gives no fallback has none, also if an earlier list gave one."""
    store = Store(tmp_path / "db.duckdb")
    for fallback in ("www.a.example", None):
        member = Member("p", "a.example", "a.example", fallback, "all", None, 1.0, 0)
        store.facts.add_panel("p", "test", None, datetime(2024, 1, 1), [member])
        assert store.facts.members() == [member]


def test_second_run_waits_its_turn(tmp_path: Path) -> None:
    """While a run holds the database another one is refused with exit code 75."""
    store = Store(tmp_path / "db.duckdb")
    seen: list[BaseException] = []

    def other() -> None:
        try:
            with Store(tmp_path / "db.duckdb").held():
                pass
        except LockedError as error:
            seen.append(error)

    with recorded(store, "test", {}):
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert [type(error).exit_code for error in seen if isinstance(error, LockedError)] == [75]


def test_a_disk_that_cannot_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a disk cannot lock files, which is an error of its own, a run says what to do."""
    store = Store(tmp_path / "db.duckdb")

    def refuse(*_: object, **__: object) -> None:
        raise NotImplementedError("FileSystem does not appear to support flock")

    monkeypatch.setattr(filelock.FileLock, "acquire", refuse)
    with pytest.raises(StoreError, match="cannot lock files"), store.held():
        pass


def test_runs_are_noted(tmp_path: Path) -> None:
    """A run that fails leaves a row that says why."""
    store = Store(tmp_path / "db.duckdb")
    with pytest.raises(StoreError), recorded(store, "test", {"seed": "x"}) as tally:
        tally.requests = 3
        raise StoreError("no more disk")
    with store.reading() as con:
        rows = con.execute("SELECT command, configuration, requests, result FROM runs").fetchall()
    assert rows == [("test", '{"seed": "x"}', 3, "no more disk")]


def test_newer_database(tmp_path: Path) -> None:
    """A database with a layout of the future is refused, with what to do."""
    path = tmp_path / "db.duckdb"
    Store(path)
    with duckdb.connect(str(path)) as con:
        con.execute("UPDATE schema_version SET version = 99").fetchall()
    with pytest.raises(StoreError, match="made by a newer crawlblock"):
        Store(path)


def test_not_a_database(tmp_path: Path) -> None:
    """A file that is no database, and one of another program, are named as such."""
    rubbish = tmp_path / "rubbish.duckdb"
    rubbish.write_bytes(b"no database" * 1000)
    with pytest.raises(StoreError, match="rubbish"):
        Store(rubbish)
    other = tmp_path / "other.duckdb"
    with duckdb.connect(str(other)) as con:
        con.execute("CREATE TABLE t (i INTEGER)").fetchall()
    with pytest.raises(StoreError, match="another program"):
        Store(other)


@pytest.mark.own_code
def test_short_readers_are_waited_for(tmp_path: Path) -> None:
    """A process that has the database open for a moment delays a run and does not end it."""
    store = Store(tmp_path / "db.duckdb")
    code = (
        "import duckdb, sys, time\n"
        f"con = duckdb.connect({str(store.path)!r})\n"
        "print('open', flush=True)\n"
        "time.sleep(0.5)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as reader:
        assert reader.stdout and reader.stdout.readline()
        assert fill(store, "a.example") == 1


def test_a_busy_run_lets_others_ask(tmp_path: Path) -> None:
    """A run keeps the file open between its transactions, and closes it for who waits."""
    store = Store(tmp_path / "db.duckdb")
    fill(store, "a.example")
    code = (
        "from pathlib import Path; from crawlblock.store.store import Store\n"
        f"print(len(Store(Path({str(store.path)!r})).facts.snapshots()))\n"
    )
    with store.held():
        with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as other:
            while other.poll() is None:
                fill(store, "b.example")
            assert other.stdout and other.stdout.read().split() == [b"1"]
        until = time.monotonic() + 10
        fill(store, "c.example")
        while _hosts(store) is not None:  # this was a moment in which it is closed for others
            assert time.monotonic() < until
            fill(store, "c.example")
        until = time.monotonic() + 10
        while (hosts := _hosts(store)) is None:  # without use it is closed
            assert time.monotonic() < until
            time.sleep(0.1)
        assert hosts == 3


def _hosts(store: Store) -> int | None:
    """Return the number of hosts in a database; None if this process has it open otherwise."""
    try:
        with duckdb.connect(str(store.path), read_only=True) as con:  # another configuration
            ((hosts,),) = con.execute("SELECT count(*) FROM facts.hosts").fetchall()
            return int(hosts)
    except duckdb.ConnectionException:
        return None


def test_questions_leave_nothing(tmp_path: Path) -> None:
    """What is written while reading is not kept."""
    store = Store(tmp_path / "db.duckdb")
    with store.reading() as con:
        con.execute("DELETE FROM schema_version").fetchall()
    Store(tmp_path / "db.duckdb")


def test_reader_does_not_block(tmp_path: Path) -> None:
    """A process that reads the published copy keeps it while runs write and publish anew."""
    store = Store(tmp_path / "db.duckdb")
    fill(store, "a.example")
    copy = store.publish()
    code = (
        "import duckdb, sys\n"
        f"con = duckdb.connect({str(copy)!r}, read_only=True)\n"
        "print(con.execute('SELECT count(*) FROM fetches').fetchall()[0][0], flush=True)\n"
        "sys.stdin.readline()\n"
        "print(con.execute('SELECT count(*) FROM fetches').fetchall()[0][0], flush=True)\n"
    )
    reader = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with reader:
        assert reader.stdin and reader.stdout
        assert reader.stdout.readline() == "1\n"
        assert fill(store, "b.example") == 1
        store.publish()
        reader.stdin.write("\n")
        reader.stdin.close()
        assert reader.stdout.readline() == "1\n"
    with duckdb.connect(str(copy), read_only=True) as con:
        assert con.execute("SELECT count(*) FROM fetches").fetchall() == [(2,)]


def test_threads_may_ask_a_frame_at_once() -> None:
    """DuckDB may start to read a frame twice at the same moment."""
    stream = ArrowStream(pl.DataFrame({"a": range(1000)}))
    failures = list[BaseException]()
    together = threading.Barrier(4)

    def ask() -> None:
        together.wait()
        try:
            for _ in range(2000):
                stream.__arrow_c_stream__()
        except RuntimeError as error:
            failures.append(error)

    switch = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(switch)
    assert not failures


@pytest.mark.own_code
def test_copy_shares_room(tmp_path: Path) -> None:
    """Where files can share blocks a copy takes no room, and stays as it is."""
    with sharing_disk(tmp_path / "disk") as disk:
        store = Store(disk / "db.duckdb")
        with store.transaction() as con:
            con.execute(
                "INSERT INTO ranks SELECT md5(i::VARCHAR), hash(i) >> 1 FROM range(1000000) r(i)"
            ).fetchall()
        os.sync()
        alone = shutil.disk_usage(disk).used
        store.publish()
        os.sync()
        size = store.path.stat().st_size
        assert size == store.published.stat().st_size > 20 * 2**20
        assert shutil.disk_usage(disk).used - alone < size / 10
        assert fill(store, "a.example") == 1
        with duckdb.connect(str(store.published), read_only=True) as con:
            assert con.execute("SELECT count(*) FROM fetches").fetchall() == [(0,)]
