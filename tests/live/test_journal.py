"""What a killed run noted: what of it counts, and that the next run stores it."""

import json
import zlib
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from crawlblock.captures.frames import batch_of
from crawlblock.model import Asked, Fetch
from crawlblock.outcome import Outcome
from crawlblock.pipeline.live import recover
from crawlblock.pipeline.run import Tally
from crawlblock.sources.live import Answer, Archive, Journal, Visit, journals, read_journal
from crawlblock.store.store import Store
from crawlblock.warc.http import digest
from live.servers import ROBOTS, TestResolver, WebServer, web_server
from live.visits import SNAPSHOT, a_store, asking, captures_of, live_run

pytestmark = pytest.mark.own_code


async def run(store: Store, server: WebServer, snapshot: str = SNAPSHOT) -> Tally:
    """Run to the end in this process."""
    _, tally = await live_run(store, asking(TestResolver(server.port), snapshot=snapshot))
    return tally


def noted(store: Store, hosts: list[str]) -> list[Fetch]:
    """Write the records and the journal of a run that was killed before it stored anything."""
    fetches: list[Fetch] = []
    time = datetime(2026, 11, 20, 23, 59)
    with (
        Archive(store.path.parent / "warc", "live-2026-11-20", "agent") as archive,
        Journal(store.path) as journal,
    ):
        for host in hosts:
            body, url = ROBOTS + host.encode(), f"http://{host}/robots.txt"
            place = archive.add(Answer(url, time, "", (), 200, "OK", (), body, None, ()))
            fetch = Fetch(
                snapshot="live-2026-11-20", host=host, resource="/robots.txt", secure=False,
                fetch_time=time, status=200, digest=digest(body), warc_file=place.warc_file,
                warc_offset=place.offset, warc_length=place.length,
            )  # fmt: skip
            journal.add(visit_of(fetch))
            fetches.append(fetch)
    return fetches


def visit_of(*fetches: Fetch) -> Visit:
    """Return a visit to the host of the first of some fetches."""
    return Visit((Asked(snapshot=fetches[0].snapshot, host=fetches[0].host),), fetches)


def hosts_in(journal: Path) -> list[str]:
    """Return the hosts of the fetches that a journal still holds."""
    return read_journal(journal).fetches["host"].to_list()


async def test_what_was_noted_on_another_day_is_stored(tmp_path: Path) -> None:
    """A run of the next day first stores what one of yesterday found out before it was killed."""
    store = a_store(tmp_path, ["a.test", "b.test"])
    fetches = noted(store, ["a.test", "b.test"])
    async with web_server({}) as server:
        tally = await run(store, server)
    assert sorted(server.hosts()) == ["a.test", "b.test"]  # today's asking
    assert tally.captures == 4
    assert not journals(store.path)
    with store.reading() as con:
        stored = con.execute(
            "SELECT host, fetch_time, c.digest, warc_offset, body IS NOT NULL FROM captures c "
            "JOIN payloads USING (digest) WHERE snapshot = 'live-2026-11-20' ORDER BY host"
        ).fetchall()
        assert con.execute("SELECT DISTINCT kind FROM snapshots").fetchall() == [("live",)]
    assert stored == [(f.host, f.fetch_time, f.digest, f.warc_offset, True) for f in fetches]


@pytest.mark.fault("process", "live: a journal that is cut, altered or of another version")
def test_only_whole_lines_of_a_journal_count(tmp_path: Path) -> None:
    """A half-written line, rubbish and another version's line are passed over, the others kept."""
    store = a_store(tmp_path, [])
    fetches = noted(store, ["a.test", "b.test", "c.test"])
    (path,) = journals(store.path)
    first, second, third = path.read_bytes().splitlines(keepends=True)
    assert read_journal(path).fetches.equals(batch_of(fetches, ()).fetches)
    assert read_journal(path).asked["host"].to_list() == ["a.test", "b.test", "c.test"]
    for spoilt in (
        third[:-20],
        third[:-1],
        b"\x00" * 100 + b"\n" + third,
        b"rubbish\n" + third,
        third.replace(b"200", b"201"),
        checked(b"[1, 2]"),
        checked(b'{"snapshot": "live-x", "host": "d.test"}'),
        checked(third[9:-1].replace(b'"hops"', b'"jumps"')),
        checked(third[9:-1].replace(b'"ended": null', b'"ended": "splendid"')),
    ):
        path.write_bytes(first + spoilt + b"\n" + second)
        found = {*hosts_in(path)}
        assert found - {"c.test"} == {"a.test", "b.test"}
        assert ("c.test" in found) == (spoilt.endswith(third) or spoilt == third[:-1])


def checked(text: bytes) -> bytes:
    """Return a line whose check sum is right."""
    return b"%08x %s\n" % (zlib.crc32(text), text)


@pytest.mark.fault("process", "live: a journal whose WARC file is cut, altered or gone")
async def test_a_capture_needs_its_record(tmp_path: Path) -> None:
    """A host whose record is not whole, not the one noted or gone is asked again."""
    store = a_store(tmp_path, ["a.test", "b.test", "c.test"])
    a, b, c = noted(store, ["a.test", "b.test", "c.test"])
    (journal,) = journals(store.path)
    (path,) = (tmp_path / "warc").iterdir()
    path.write_bytes(path.read_bytes()[:-9])
    held = read_journal(journal)
    assert held.fetches["host"].to_list() == ["a.test", "b.test"]
    assert [payload.digest for payload in held.payloads] == [a.digest, b.digest]
    journal.unlink()
    with Journal(store.path) as again:
        again.add(visit_of(replace(a, digest=b.digest)))
        again.add(visit_of(replace(b, host="d.test")))
        again.add(visit_of(a, replace(b, warc_file="warc/gone.warc.gz")))  # one of its two is gone
        again.add(visit_of(c))
        again.add(visit_of(replace(a, status=403, digest=None)))
    (journal,) = journals(store.path)
    assert read_journal(journal).fetches["status"].to_list() == [403]
    async with web_server({}) as server:
        await run(store, server, "live-2026-11-20")
    assert sorted(server.hosts()) == ["b.test", "c.test"]


def test_a_journal_of_the_version_before_is_read(tmp_path: Path) -> None:
    """A line that notes a capture gives the fetch in which it ended, under its own URL."""
    store = a_store(tmp_path, ["a.test", "old.test"])
    (a,) = noted(store, ["a.test"])
    (journal,) = journals(store.path)
    capture = {
        "snapshot": a.snapshot, "host": "old.test", "resource": "/robots.txt", "domain": None,
        "url_asked": "https://old.test/robots.txt", "url": "http://a.test/robots.txt", "hops": 1,
        "fetch_time": "2026-11-20T23:59:00", "status": 200, "outcome": "ok", "digest": a.digest,
        "headers": None, "warc_file": a.warc_file, "warc_offset": a.warc_offset,
        "warc_length": a.warc_length,
    }  # fmt: skip
    journal.write_bytes(checked(json.dumps(capture).encode()))
    recover(store)
    store.conclusions.settle()
    (found,) = captures_of(store)
    assert (found.host, found.url, found.hops) == ("old.test", "http://a.test/robots.txt", 1)
    assert (found.outcome, found.digest) == (Outcome.OK, a.digest)
