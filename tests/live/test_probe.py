"""The home page beside robots.txt: asked for only where it may be, and never taken for rules."""

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from crawlblock.outcome import Ending, Outcome
from crawlblock.sources.live import Answer
from crawlblock.sources.live.probe import page_ending
from crawlblock.store.store import Store
from crawlblock.warc.http import digest
from crawlblock.warc.reader import Record, read_record
from live.servers import (
    ROBOTS,
    Act,
    TestResolver,
    WebServer,
    answer,
    redirecting,
    sending,
    silence,
    web_server,
)
from live.visits import AGENT, SNAPSHOT, a_store, asking, live_run, member, read_back, visit

PAGE = b"<!DOCTYPE html><html><body>" + b"Welcome. " * 20_000 + b"</body></html>"
NOBODY = b"User-agent: *\nDisallow: /\n"
CHALLENGE = b"<!DOCTYPE html><title>Just a moment...</title><script>window._cf_chl_opt={}</script>"


def site(robots: Act, page: Act, host: str) -> dict[str, Act]:
    """Return how a host answers."""
    return {f"{host}/robots.txt": robots, f"{host}/": page}


OPEN = sending(answer(ROBOTS))
WELCOME = sending(answer(PAGE, headers={"Content-Type": "text/html", "X-Robots-Tag": "noai"}))
SITES: dict[str, tuple[Act, Act, Outcome | None]] = {
    "open.test": (OPEN, WELCOME, Outcome.OK),
    "absent.test": (sending(answer(b"", 404)), WELCOME, Outcome.OK),
    "named.test": (
        sending(answer(NOBODY + b"User-agent: crawlblock\nAllow: /\n")), WELCOME, Outcome.OK,
    ),
    "silent-no.test": (OPEN, sending(answer(b"no", 403)), Outcome.REFUSED),
    "challenge.test": (OPEN, sending(answer(CHALLENGE)), Outcome.CHALLENGE),
    "pay.test": (OPEN, sending(answer(b"", 402)), Outcome.PAYMENT_REQUIRED),
    "never.test": (OPEN, silence, Outcome.TIMEOUT),
    "moved.test": (OPEN, redirecting("http://open.test/"), Outcome.OK),
    "unread.test": (OPEN, redirecting("http://www.unread.test/"), Outcome.OK),
    "into-closed.test": (OPEN, redirecting("http://closed.test/"), Outcome.REDIRECT_UNRESOLVED),
    "into-path.test": (
        sending(answer(b"User-agent: *\nDisallow: /en\n")),
        redirecting("/en/"),
        Outcome.REDIRECT_UNRESOLVED,
    ),
    "closed.test": (sending(answer(NOBODY)), WELCOME, None),
    "not-us.test": (sending(answer(b"User-agent: CrawlBlock\nDisallow: /\n")), WELCOME, None),
    "only-page.test": (sending(answer(b"User-agent: *\nDisallow: /$\n")), WELCOME, None),
    "refused.test": (sending(answer(b"no", 403)), WELCOME, None),
    "html.test": (sending(answer(PAGE)), WELCOME, None),
    "broken.test": (sending(answer(b"", 503)), WELCOME, None),
    "lost.test": (redirecting("http://lost.test/robots.txt"), WELCOME, None),
}  # fmt: skip
ACTS = {
    name: act
    for host, (robots, page, _) in SITES.items()
    for name, act in site(robots, page, host).items()
} | site(sending(answer(b"", 404)), WELCOME, "www.unread.test")


async def test_pages_are_asked_only_where_robots_txt_lets_us(tmp_path: Path) -> None:
    """Our own name decides, an unknown answer is a no, and redirects change neither."""
    async with web_server(ACTS) as server:
        resolver = TestResolver(server.port)
        found = await visit(tmp_path, asking(resolver, probe_page=True), [*map(member, SITES)])
    expected = {host: outcome for host, (_, _, outcome) in SITES.items() if outcome}
    assert {host: page.outcome for host, page in found.pages.items()} == expected
    asked = sorted((request.host, request.path) for request in server.asked)
    robots = [(host, "/robots.txt") for host in (*SITES, "www.unread.test")]
    pages = [(host, "/") for host in (*expected, "www.unread.test")]
    assert asked == sorted(robots + pages)  # each once, and nothing else
    assert all(f"User-Agent: {AGENT}\r\n".encode() in request.head for request in server.asked)
    for host in ("into-closed.test", "into-path.test"):
        assert "robots.txt" in (found.reason(found.pages[host]) or "")
    assert found.pages["unread.test"].hops == 1
    headers = json.loads(found.pages["open.test"].headers or "{}")
    assert headers["x-robots-tag"] == "noai"


async def test_a_page_is_kept_and_never_judged(tmp_path: Path) -> None:
    """Its record holds the first 64 KiB and says so; it is a capture of `/` without a payload."""
    async with web_server(ACTS) as server:
        resolver = TestResolver(server.port)
        found = await visit(tmp_path, asking(resolver, probe_page=True), [member("open.test")])
    page = found.pages["open.test"]
    assert (page.resource, page.status, page.digest) == ("/", 200, None)
    assert set(found.payloads.values()) == {ROBOTS}
    with (tmp_path / str(page.warc_file)).open("rb") as file:
        file.seek(page.warc_offset or 0)
        record = read_record(file.read(page.warc_length or 0))
    assert isinstance(record, Record)
    assert record.block.partition(b"\r\n\r\n")[2] == PAGE[:65_536]
    assert record.truncated


async def run(store: Store, server: WebServer, probe_page: bool) -> None:
    """Run once."""
    await live_run(store, asking(TestResolver(server.port), probe_page=probe_page))


def captures(store: Store, resource: str) -> list[tuple[object, ...]]:
    """Return what is stored of a resource."""
    with store.reading() as con:
        return con.execute(
            "SELECT host, status, digest, warc_offset FROM captures WHERE resource = ? "
            "ORDER BY host", [resource],
        ).fetchall()  # fmt: skip


async def test_pages_stand_beside_and_not_among_the_rules(tmp_path: Path) -> None:
    """They are off by default; robots.txt is the same with them, also after our own import."""
    without, store = a_store(tmp_path / "a", [*SITES]), a_store(tmp_path / "b", [*SITES])
    async with web_server(ACTS) as server:
        await run(without, server, probe_page=False)
        assert {request.path for request in server.asked} == {"/robots.txt"}
        await run(store, server, probe_page=True)
        count = len(server.asked)
        await run(store, server, probe_page=True)
        assert len(server.asked) == count
    robots = captures(store, "/robots.txt")
    assert [row[:3] for row in robots] == [row[:3] for row in captures(without, "/robots.txt")]
    assert not captures(without, "/")
    assert [row[0] for row in captures(store, "/")] == sorted(h for h in SITES if SITES[h][2])
    assert store.facts.hosts_asked(SNAPSHOT) == set(SITES)
    (path,) = (tmp_path / "b" / "warc").iterdir()
    copy, _ = await read_back(tmp_path / "copy", path)
    assert not captures(copy, "/")
    imported = captures(copy, "/robots.txt")
    assert [row for row in imported if row[0] != "www.unread.test"] == robots


async def test_a_page_is_no_answer_to_who_asked_for_robots_txt(tmp_path: Path) -> None:
    """A robots.txt that leads to a home page, which was asked for as well, is a page."""
    acts = {**ACTS, "alias.test/robots.txt": redirecting("http://open.test/")}
    async with web_server(acts) as server:
        how = asking(TestResolver(server.port), probe_page=True)
        found = await visit(tmp_path, how, [member("alias.test"), member("open.test")])
    alias, page = found.captures["alias.test"], found.pages["open.test"]
    assert (alias.outcome, alias.hops, alias.url) == (Outcome.NOT_ROBOTS, 1, "http://open.test/")
    assert alias.digest == digest(PAGE)
    assert (page.outcome, page.hops, page.digest) == (Outcome.OK, 0, None)


@pytest.mark.parametrize(
    ("body", "mitigated", "ended"),
    [
        (b'<form><div class="cf-turnstile"></div>', False, Ending.HOME_PAGE),
        (
            b'<script src="/cdn-cgi/challenge-platform/scripts/jsd/main.js">',
            False,
            Ending.HOME_PAGE,
        ),
        (b'<script src="/_Incapsula_Resource?SWJIYLWA=1">', False, Ending.HOME_PAGE),
        (b'<iframe id="main-iframe" src="/_Incapsula_Resource?x">', False, Ending.CHALLENGE),
        (b'<script id="anubis_challenge">', False, Ending.CHALLENGE),
        (b"<p>plain", True, Ending.CHALLENGE),
    ],
)
def test_ordinary_pages_are_no_challenges(body: bytes, mitigated: bool, ended: Ending) -> None:
    """A page that carries a service's scripts is a page; one that holds only its riddle is not."""
    time, url = datetime(2026, 11, 21), "https://a.test/"
    headers = (("CF-Mitigated", "challenge"),) if mitigated else ()
    page = Answer(url, time, "192.0.2.1", (), 200, "OK", headers, body, None, ("http/1.1",))
    assert page_ending(page) is ended
    assert page_ending(replace(page, status=403)) is None
