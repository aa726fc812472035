"""Odd answers from a real server: what can be read is read, the rest is called unreadable."""

import asyncio
import shutil
from pathlib import Path

import pytest

from crawlblock.outcome import Outcome
from crawlblock.pipeline.evaluate import evaluate
from crawlblock.pipeline.run import Run
from live.odd_answers import CURL_READS, ODD
from live.servers import ROBOTS, TestResolver, sending, web_server
from live.visits import PATIENT, a_store, asking, live_run, member, read_back, visit

HOSTS = {f"h{number}.test": name for number, name in enumerate(ODD)}
ACTS = {host: sending(ODD[name][0]) for host, name in HOSTS.items()}


@pytest.mark.fault("live", "odd answer: {each}", each=ODD)
async def test_every_odd_answer_has_its_outcome(tmp_path: Path) -> None:
    """Each odd answer ends in its outcome; what is read is the robots.txt, byte by byte."""
    async with web_server(ACTS) as server:
        resolver = TestResolver(server.port)
        found = await visit(tmp_path, asking(resolver, PATIENT), [*map(member, ACTS)])
    outcomes = {name: found.captures[host].outcome for host, name in HOSTS.items()}
    assert outcomes == {name: outcome for name, (_, outcome) in ODD.items()}
    for host, name in HOSTS.items():
        capture = found.captures[host]
        if capture.outcome is Outcome.OK:
            body = found.payloads[capture.digest or ""]
            assert body in (ROBOTS, b""), name
        if capture.outcome is Outcome.UNREADABLE_ANSWER:
            assert capture.reason, name
            assert capture.status is None, name
    (written,) = (tmp_path / "warc").iterdir()
    again, left_out = await read_back(tmp_path / "again", written)
    assert all(each.stored for each in left_out)  # bodies that were cut are
    with again.reading() as con:
        read = dict(con.execute("SELECT host, outcome FROM captures").fetchall())
    answered = {h: c.outcome for h, c in found.captures.items() if c.status is not None}
    assert read == answered


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl to compare with")
async def test_what_curl_reads_is_read(tmp_path: Path) -> None:
    """What curl reads to its end is read, with the same body, but for cases that are named."""
    transitions = asyncio.Semaphore(8)
    async with web_server(ACTS) as server:
        resolver = TestResolver(server.port)
        found = await visit(tmp_path, asking(resolver, PATIENT), [*map(member, ACTS)])

        async def compare(host: str, name: str) -> None:
            async with transitions:
                status, body = await curl(server.port, host)
            capture = found.captures[host]
            if status is None or name in CURL_READS:
                return
            assert capture.status == status, name
            if capture.outcome is Outcome.OK:
                assert found.payloads[capture.digest or ""] == body, name

        await asyncio.gather(*(compare(host, name) for host, name in HOSTS.items()))


async def test_an_unreadable_answer_is_unknown_and_stored(tmp_path: Path) -> None:
    """No crawler counts as let in or blocked where an answer cannot be read, under any profile."""
    store = a_store(tmp_path, ["a.test"])
    async with web_server({"a.test": sending(ROBOTS)}) as server:
        await live_run(store, asking(TestResolver(server.port)))
    await asyncio.to_thread(evaluate, Run(store))
    with store.reading() as con:
        for view in ("access", "access_ccbot"):
            found = con.execute(f"SELECT DISTINCT outcome, restriction, root_allowed FROM {view}")
            assert found.fetchall() == [("unreadable_answer", "unknown", None)]


async def curl(port: int, host: str) -> tuple[int | None, bytes]:
    """Return the status that curl reads, None where it gives up, and the body."""
    process = await asyncio.create_subprocess_exec(
        "curl", "--silent", "--compressed", "--noproxy", "*", "--max-time", "20",
        "--connect-to", f"{host}:80:127.0.0.1:{port}", "--write-out", "\n%{http_code}",
        f"http://{host}/robots.txt",
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, _ = await process.communicate()
    body, _, status = out.rpartition(b"\n")
    return (None if process.returncode else int(status)), body
