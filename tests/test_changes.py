"""Timelines and changes: each change once, between two captures, and unknown is never open."""

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import duckdb
import pytest
import small_database as db
from aiohttp import web
from aiohttp.test_utils import TestServer

from crawlblock.errors import InputError, UpstreamError
from crawlblock.evidence.lookup import instant
from crawlblock.evidence.transitions import Change, Transition, changes, states, transitions
from crawlblock.report import feed
from crawlblock.report.terminal import host_history

pytestmark = pytest.mark.own_code

ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def con(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Return three crawls and a live run of a panel: a reversal, an unknown, * and then a name."""
    con = db.make(tmp_path / "small.duckdb")
    db.panel(con, [("back.example", "a", 1), ("gap.example", "a", 1), ("late.example", "a", 1)])
    back, gap, late = "back.example", "gap.example", "late.example"
    db.snapshot(con, "C1", date(2024, 1, 1), {back: "open", gap: "open", late: "wild"})
    db.snapshot(con, "C2", date(2024, 2, 1), {back: "named", gap: None, late: "named"})
    db.snapshot(con, "C3", date(2024, 3, 1), {back: "open", gap: "named"})
    db.snapshot(con, "L1", date(2024, 4, 1), {back: "named", gap: "html", late: 404}, kind="live")
    yield con
    con.close()


def of(con: duckdb.DuckDBPyConnection, host: str, token: str) -> list[Transition]:
    """Return the changes of a host for a crawler."""
    return transitions(states(con, host, [token]))


def since(con: duckdb.DuckDBPyConnection, start: str, end: str | None = None) -> list[Change]:
    """Return the changes for Alpha in a span."""
    return changes(con, instant(con, start), instant(con, end) if end else None, ["Alpha"])


def briefly(found: list[Change]) -> list[tuple[str, str, str | None, str]]:
    """Return host, event and the two snapshots of changes."""
    return [(c.host, c.transition, c.from_snapshot, c.snapshot) for c in found]


def test_reversal(con: duckdb.DuckDBPyConnection) -> None:
    """A host that closes, opens and closes again has each transition, in crawls and live runs."""
    found = of(con, "back.example", "Alpha")
    assert [(t.from_snapshot, t.snapshot, t.to_restriction) for t in found] == [
        (None, "C1", "none"),
        ("C1", "C2", "full"),
        ("C2", "C3", "none"),
        ("C3", "L1", "full"),
    ]
    assert (found[1].after, found[1].before) == (datetime(2024, 1, 2), datetime(2024, 2, 2))


def test_unknown_between(con: duckdb.DuckDBPyConnection) -> None:
    """A change spans unknown captures, and the last ones stay unknown."""
    first, change, last = of(con, "gap.example", "Alpha")
    assert (first.to_restriction, first.unknown) == ("none", 0)
    assert (change.from_snapshot, change.snapshot, change.unknown) == ("C1", "C3", 1)
    assert (last.to_restriction, last.from_restriction, last.snapshot) == ("unknown", "full", "L1")
    shown = states(con, "gap.example", ["Alpha"])
    assert [row.restriction for row in shown] == ["none", "unknown", "full", "unknown"]


def test_panel_without_a_capture(con: duckdb.DuckDBPyConnection) -> None:
    """A snapshot of the panel that has nothing about a host is in its history as unknown."""
    rows = states(con, "late.example", ["Alpha"])
    assert [(r.snapshot, r.outcome, r.restriction) for r in rows] == [
        ("C1", "ok", "full"),
        ("C2", "ok", "full"),
        ("C3", "not_captured", "unknown"),
        ("L1", "absent", "none"),
    ]


def test_wildcard_becomes_named(con: duckdb.DuckDBPyConnection) -> None:
    """A host that blocks by * and then by name has a transition, but did not start to block."""
    found = of(con, "late.example", "Alpha")
    assert [(t.from_basis, t.to_basis) for t in found] == [
        (None, "wildcard"),
        ("wildcard", "named"),
        ("named", "absent"),
    ]
    assert ("late.example", "started") not in {
        (c.host, c.transition) for c in since(con, "2023-01-01")
    }


def test_undocumented_crawler(con: duckdb.DuckDBPyConnection) -> None:
    """A crawler has no verdict before the day it was documented."""
    db.snapshot(con, "C0", date(2023, 1, 1), {"back.example": "named"})
    assert {r.snapshot for r in states(con, "back.example", ["Alpha"])} == {
        "C1", "C2", "C3", "L1",
    }  # fmt: skip
    assert "C0" in {r.snapshot for r in states(con, "back.example", ["Beta"])}


def test_changes_newest_first(con: duckdb.DuckDBPyConnection) -> None:
    """Every change is listed once with the captures it lies between, newest first."""
    assert briefly(since(con, "2023-01-01")) == [
        ("back.example", "started", "C3", "L1"),
        ("late.example", "stopped", "C2", "L1"),
        ("back.example", "stopped", "C2", "C3"),
        ("gap.example", "started", "C1", "C3"),
        ("back.example", "started", "C1", "C2"),
    ]


def test_spans_meet(con: duckdb.DuckDBPyConnection) -> None:
    """Neighbouring spans of snapshots, and of days, hold every change once."""
    everything = since(con, "2023-01-01")
    assert since(con, "C2") + since(con, "C1", "C2") == everything
    assert since(con, "C1") == everything
    assert since(con, "2024-03-03") + since(con, "2024-01-01", "2024-03-02") == everything
    assert briefly(since(con, "2024-02-02", "2024-02-02")) == [
        ("back.example", "started", "C1", "C2")
    ]


def test_import_beyond_the_panel(con: duckdb.DuckDBPyConnection) -> None:
    """A change that panel and import saw is reported once, with the better date."""
    days = {"I1": (date(2024, 1, 10), "open"), "I2": (date(2024, 1, 20), "named")}
    for name, (day, answer) in days.items():
        answers: dict[str, db.Answer] = {"back.example": answer, "other.example": "open"}
        db.snapshot(con, name, day, answers, kind="import")
    found = [
        c for c in since(con, "2023-01-01") if c.transition == "started" and c.snapshot != "L1"
    ]
    assert [c for c in briefly(found) if c[0] == "back.example"] == [
        ("back.example", "started", "I1", "I2")
    ]


def test_instants(con: duckdb.DuckDBPyConnection) -> None:
    """Days, times with a zone and snapshots are understood; anything else names what exists."""
    assert instant(con, "2024-02-29").end == datetime(2024, 3, 1)
    assert instant(con, "2024-02-29T01:00:00+02:00").start == datetime(2024, 2, 28, 23)
    assert instant(con, "C2").start == datetime(2024, 2, 1)
    for wrong in ("CC2", "2024-02-30", "yesterday"):
        with pytest.raises(InputError, match=rf"{wrong}: neither a snapshot nor a date; .*C"):
            instant(con, wrong)


def test_atom(con: duckdb.DuckDBPyConnection) -> None:
    """The feed has what RFC 4287 demands, and entries keep their names from run to run."""
    text = feed.atom(since(con, "2023-01-01"), ["Alpha"], datetime(2023, 1, 1))
    root = ET.fromstring(text.encode())
    assert root.tag == f"{ATOM}feed"
    assert root.findtext(f"{ATOM}updated") == "2024-04-02T00:00:00Z"
    assert root.findtext(f"{ATOM}author/{ATOM}name") and root.findtext(f"{ATOM}title")
    entries = root.findall(f"{ATOM}entry")
    for entry in entries:
        assert all(entry.findtext(f"{ATOM}{tag}") for tag in ("id", "title", "updated", "content"))
    names = [entry.findtext(f"{ATOM}id") for entry in entries]
    assert len(set(names)) == 5 and all(str(name).startswith("urn:uuid:") for name in names)
    later = ET.fromstring(feed.atom(since(con, "C2"), ["Alpha"], datetime(2024, 2, 1)).encode())
    assert later.findtext(f"{ATOM}id") == root.findtext(f"{ATOM}id")
    assert [e.findtext(f"{ATOM}id") for e in later.findall(f"{ATOM}entry")] == names[:4]


def test_strange_names_in_a_feed(con: duckdb.DuckDBPyConnection) -> None:
    """Markup and control characters in a host's name leave the feed well-formed."""
    (change, *_) = since(con, "2023-01-01")
    text = feed.atom([replace(change, host="<b>\x1b[31m\u2028.org")], [], datetime(2023, 1, 1))
    title = ET.fromstring(text.encode()).findtext(f"{ATOM}entry/{ATOM}title")
    assert str(title).startswith("<b>\\x1b[31m\\u2028.org ")


def test_empty_feed() -> None:
    """A feed without changes is a feed with a date."""
    root = ET.fromstring(feed.atom([], [], datetime(2024, 1, 1)).encode())
    assert root.findtext(f"{ATOM}updated") == "2024-01-01T00:00:00Z"
    assert not root.findall(f"{ATOM}entry")


def test_pages_fit_the_terminal(con: duckdb.DuckDBPyConnection) -> None:
    """Timeline and changes stay within 80 columns, and the unknown is said."""
    rows = states(con, "gap.example")
    page = host_history.page("gap.example", rows, transitions(rows))
    table = host_history.changes_page(since(con, "2023-01-01"))
    assert max(map(len, (page + table).splitlines())) <= 80
    assert "not_captured" in page and "full > unknown" in page and "default > named" in page
    assert "Beta, Seeker" not in page.split("full > unknown")[0].splitlines()[-1]


class Hook:
    """A webhook that answers with these statuses in turn and keeps what it was sent."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.received: list[tuple[bytes, Any]] = []

    async def answer(self, request: web.Request) -> web.Response:
        """Keep a message."""
        self.received.append((await request.read(), request.headers.copy()))
        return web.Response(status=self.statuses.pop(0))

    def server(self) -> TestServer:
        """Return a loopback server for it."""
        app = web.Application()
        app.router.add_post("/hook", self.answer)
        return TestServer(app)


async def test_webhook_is_signed(con: duckdb.DuckDBPyConnection) -> None:
    """The message is the JSON of the changes, its signature fits, and a 503 is tried once more."""
    hook = Hook(503, 204)
    body = feed.as_json(since(con, "C3")).encode()
    async with hook.server() as server:
        await feed.deliver(str(server.make_url("/hook")), body, "key", pause=0)
    (_, _), (sent, headers) = hook.received
    assert [row["host"] for row in json.loads(sent)] == ["back.example", "late.example"]
    assert headers[feed.SIGNATURE] == feed.signature(sent, "key")
    assert headers["Content-Type"] == "application/json"


def test_signature() -> None:
    """The signature is that of the test case 2 of RFC 4231."""
    assert feed.signature(b"what do ya want for nothing?", "Jefe") == (
        "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    )
    # the test case 3, whose key is no UTF-8: as the environment gives it
    assert feed.signature(b"\xdd" * 50, os.fsdecode(b"\xaa" * 20)) == (
        "sha256=773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
    )


@pytest.mark.parametrize(("statuses", "tries"), [((500, 502), 2), ((404,), 1), ((302,), 1)])
async def test_webhook_fails(statuses: tuple[int, ...], tries: int) -> None:
    """A failing webhook is tried at most twice, once if it refuses, and its path is not printed."""
    hook = Hook(*statuses)
    async with hook.server() as server:
        with pytest.raises(UpstreamError, match=f"HTTP {statuses[-1]}") as failed:
            await feed.deliver(str(server.make_url("/hook")), b"[]", "key", pause=0)
    assert len(hook.received) == tries
    assert "/hook" not in str(failed.value) and failed.value.exit_code == 4


async def test_webhook_unreachable() -> None:
    """A server that does not listen is an upstream failure."""
    server = Hook().server()
    await server.start_server()
    url = str(server.make_url("/hook"))
    await server.close()
    with pytest.raises(UpstreamError, match=r"127\.0\.0\.1"):
        await feed.deliver(url, b"[]", "key", pause=0)


@pytest.mark.parametrize("url", ["ftp://a.example/", "http://", "a.example", "http://a.example:x"])
def test_webhook_address(url: str) -> None:
    """Only http and https addresses with a host are taken."""
    with pytest.raises(InputError, match="--webhook"):
        feed.checked_webhook(url)
