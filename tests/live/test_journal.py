"""What a killed run noted: what of it counts, and that the next run stores it."""

import zlib
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from crawlblock.model import Capture
from crawlblock.outcome import Outcome
from crawlblock.pipeline.live import Asking, collect_live
from crawlblock.pipeline.runs import Tally
from crawlblock.sources.live import Answer, Archive, Journal, journals, read_journal
from crawlblock.store.store import Store
from crawlblock.warc.http import digest
from live.servers import LOOPBACK, ROBOTS, TestResolver, WebServer, web_server
from live.visits import QUICK, a_store, quiet


async def run(store: Store, server: WebServer, snapshot: str = "live-2026-11-21") -> Tally:
    """Run to the end in this process."""
    tally, resolver = Tally(), TestResolver(server.port)
    asking = Asking("test@example.org", snapshot, 8, QUICK, allowed=LOOPBACK, resolver=resolver)
    await collect_live(store, asking, store.members(), tally, quiet)
    return tally


def noted(store: Store, hosts: list[str]) -> list[Capture]:
    """Write the records and the journal of a run that was killed before it stored anything."""
    captures: list[Capture] = []
    place = Path("warc")
    with (
        Archive(store.path.parent / place, "live-2026-11-20", "agent") as archive,
        Journal(store.path) as journal,
    ):
        for host in hosts:
            body, time = ROBOTS + host.encode(), datetime(2026, 11, 20, 23, 59)
            url = f"http://{host}/robots.txt"
            kept = archive.add(Answer(url, time, "", (), 200, "OK", (), body, None, ()))
            capture = Capture(
                "live-2026-11-20", host, "/robots.txt", host, url, url, 0, time, 200, Outcome.OK,
                digest(body), None, kept.file, kept.offset, kept.length,
            )  # fmt: skip
            journal.add([capture])
            captures.append(capture)
    return captures


async def test_what_was_noted_on_another_day_is_stored(tmp_path: Path) -> None:
    """A run of the next day first stores what one of yesterday found out before it was killed."""
    store = a_store(tmp_path, ["a.test", "b.test"])
    captures = noted(store, ["a.test", "b.test"])
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
    assert stored == [(c.host, c.fetch_time, c.digest, c.warc_offset, True) for c in captures]


@pytest.mark.fault("process", "live: a journal that is cut, altered or of another version")
def test_only_whole_lines_of_a_journal_count(tmp_path: Path) -> None:
    """A half-written line, rubbish and another version's line are passed over, the others kept."""
    store = a_store(tmp_path, [])
    captures = noted(store, ["a.test", "b.test", "c.test"])
    (path,) = journals(store.path)
    first, second, third = path.read_bytes().splitlines(keepends=True)
    assert read_journal(path)[0] == captures
    for spoilt in (
        third[:-20],
        third[:-1],
        b"\x00" * 100 + b"\n" + third,
        b"rubbish\n" + third,
        third.replace(b'"ok"', b'"no"'),
        checked(b"[1, 2]"),
        checked(b'{"snapshot": "live-x", "host": "d.test"}'),
        checked(third[9:-1].replace(b'"hops"', b'"jumps"')),
        checked(third[9:-1].replace(b'"ok"', b'"splendid"')),
    ):
        path.write_bytes(first + spoilt + b"\n" + second)
        found = {capture.host for capture in read_journal(path)[0]}
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
    captures, payloads = read_journal(journal)
    assert captures == [a, b]
    assert [payload.digest for payload in payloads] == [a.digest, b.digest]
    journal.unlink()
    with Journal(store.path) as again:
        again.add([replace(a, digest=b.digest), replace(b, url=c.url), c])
        again.add([replace(a, host="d.test", warc_file="warc/gone.warc.gz")])
        again.add([replace(a, digest=None, outcome=Outcome.REFUSED)])
    assert [x.outcome for x in read_journal(journals(store.path)[0])[0]] == [Outcome.REFUSED]
    async with web_server({}) as server:
        await run(store, server, "live-2026-11-20")
    assert sorted(server.hosts()) == ["b.test", "c.test"]
