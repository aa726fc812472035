"""The home page beside robots.txt: asked for only where it may be, and never taken for rules."""

from pathlib import Path

import pytest
from crawlblock.sources.outcomes import page_outcome

from crawlblock.outcome import Outcome
from crawlblock.pipeline.bring import import_files
from crawlblock.pipeline.live import Asking, collect_live
from crawlblock.pipeline.runs import Tally
from crawlblock.store.store import Store
from crawlblock.warc import read_record
from live.servers import (
    LOOPBACK,
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
from live.visits import AGENT, QUICK, a_store, member, quiet, told, visit

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
    "challenge.test": (OPEN, sending(answer(CHALLENGE)), Outcome.NOT_ROBOTS),
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
    """Our own name decides, what cannot be told is a no, and so it is wherever redirects lead."""
    async with web_server(ACTS) as server:
        resolver = TestResolver(server.port)
        found = await visit(tmp_path, resolver, [*map(member, SITES)], probe_page=True)
    expected = {host: outcome for host, (_, _, outcome) in SITES.items() if outcome}
    assert {host: page.outcome for host, page in found.pages.items()} == expected
    asked = sorted((request.host, request.path) for request in server.asked)
    robots = [(host, "/robots.txt") for host in (*SITES, "www.unread.test")]
    pages = [(host, "/") for host in (*expected, "www.unread.test")]
    assert asked == sorted(robots + pages)  # each once, and nothing else
    assert all(f"User-Agent: {AGENT}\r\n".encode() in request.head for request in server.asked)
    for host in ("into-closed.test", "into-path.test"):
        assert "robots.txt" in told(found.pages[host])["x-crawler-failure"]
    assert found.pages["unread.test"].hops == 1
    assert told(found.pages["open.test"])["x-robots-tag"] == "noai"


async def test_a_page_is_kept_and_never_judged(tmp_path: Path) -> None:
    """Its record holds the first 64 KiB and says so; it is a capture of `/` without a payload."""
    async with web_server(ACTS) as server:
        resolver = TestResolver(server.port)
        found = await visit(tmp_path, resolver, [member("open.test")], probe_page=True)
    page = found.pages["open.test"]
    assert (page.resource, page.status, page.digest) == ("/", 200, None)
    assert set(found.payloads.values()) == {ROBOTS}
    with (tmp_path / str(page.warc_file)).open("rb") as file:
        file.seek(page.warc_offset or 0)
        record = read_record(file.read(page.warc_length or 0))
    assert record
    assert record.payload == PAGE[:65_536]
    assert record.truncated


async def run(store: Store, server: WebServer, probe_page: bool) -> None:
    """Run once."""
    asking = Asking(
        "test@example.org", "live-2026-11-21", 20, QUICK, allowed=LOOPBACK,
        resolver=TestResolver(server.port), probe_page=probe_page,
    )  # fmt: skip
    await collect_live(store, asking, store.members(), Tally(), quiet)


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
    assert store.hosts_captured("live-2026-11-21") == set(SITES)
    copy = a_store(tmp_path / "copy", [])
    (path,) = (tmp_path / "b" / "warc").iterdir()
    import_files(copy, [path], "month", [], Tally(), quiet)
    assert not captures(copy, "/")
    imported = captures(copy, "/robots.txt")
    assert [row for row in imported if row[0] != "www.unread.test"] == robots


@pytest.mark.parametrize(
    ("body", "mitigated", "outcome"),
    [
        (b'<form><div class="cf-turnstile"></div>', False, Outcome.OK),
        (b'<script src="/cdn-cgi/challenge-platform/scripts/jsd/main.js">', False, Outcome.OK),
        (b'<script src="/_Incapsula_Resource?SWJIYLWA=1">', False, Outcome.OK),
        (b'<iframe id="main-iframe" src="/_Incapsula_Resource?x">', False, Outcome.NOT_ROBOTS),
        (b'<script id="anubis_challenge">', False, Outcome.NOT_ROBOTS),
        (b"<p>plain", True, Outcome.NOT_ROBOTS),
    ],
)
def test_ordinary_pages_are_no_challenges(body: bytes, mitigated: bool, outcome: Outcome) -> None:
    """A page that carries a service's scripts is a page; one that holds only its riddle is not."""
    assert page_outcome(200, body, mitigated) is outcome
