"""What comes of hosts that answer well, badly, or not at all."""

from ipaddress import ip_network
from pathlib import Path

import pytest

from crawlblock.outcome import Outcome
from crawlblock.sources.live import MOST_KEPT
from crawlblock.sources.live.ssrf import Network
from crawlblock.warc.http import digest
from live.servers import (
    ROBOTS,
    Act,
    TestResolver,
    answer,
    dripping,
    encoded,
    endless,
    redirecting,
    sending,
    silence,
    web_server,
)
from live.visits import AGENT, PATIENT, asking, member, url_of, visit

PAGE = b"<!DOCTYPE html><html><body>Please wait</body></html>"
UTF_16 = "User-agent: *\n".encode("utf-16")

OUTCOMES: dict[str, tuple[Act, Outcome]] = {
    "ok.test": (sending(answer()), Outcome.OK),
    "empty.test": (sending(answer(b"")), Outcome.OK),
    "gzip.test": (encoded(ROBOTS, "gzip"), Outcome.OK),
    "deflate.test": (encoded(ROBOTS, "deflate"), Outcome.OK),
    "plain-as-gzip.test": (sending(answer(headers={"Content-Encoding": "gzip"})), Outcome.OK),
    "charset.test": (
        sending(answer(headers={"Content-Type": "text/plain; charset=no-such"})),
        Outcome.OK,
    ),
    "header-bytes.test": (sending(answer(headers={"Server": "\xff\xfe\x01"})), Outcome.OK),
    "utf-16.test": (sending(answer(UTF_16)), Outcome.NOT_ROBOTS),
    "html.test": (sending(answer(PAGE)), Outcome.NOT_ROBOTS),
    "anubis.test": (
        sending(answer(b'Making sure. <script id="anubis_challenge">', 202)),
        Outcome.CHALLENGE,
    ),
    "turnstile.test": (sending(answer(b'x <div class="cf-turnstile">')), Outcome.NOT_ROBOTS),
    "names-challenge.test": (
        sending(answer(ROBOTS + b"Disallow: /cdn-cgi/challenge-platform/\n")),
        Outcome.OK,
    ),
    "brotli.test": (
        sending(answer(b"\x8b\x03\x80abc", headers={"Content-Encoding": "br"})),
        Outcome.DAMAGED,
    ),
    "gone.test": (sending(answer(b"", 410)), Outcome.ABSENT),
    "unauthorized.test": (sending(answer(b"", 401)), Outcome.REFUSED),
    "forbidden.test": (sending(answer(PAGE, 403)), Outcome.REFUSED),
    "legal.test": (sending(answer(b"", 451)), Outcome.REFUSED),
    "pay.test": (sending(answer(b"", 402)), Outcome.PAYMENT_REQUIRED),
    "busy.test": (sending(answer(b"", 429)), Outcome.THROTTLED),
    "broken.test": (sending(answer(b"", 500)), Outcome.SERVER_ERROR),
    "down.test": (sending(answer(b"", 522)), Outcome.ORIGIN_DOWN),
    "frozen.test": (sending(answer(b"", 530)), Outcome.ORIGIN_DOWN),
    "silent.test": (silence, Outcome.TIMEOUT),
    "closing.test": (sending(b""), Outcome.UNREACHABLE),
    "garbage.test": (sending(b"\x00\x01 nothing like HTTP\r\n\r\n"), Outcome.UNREADABLE_ANSWER),
    "header-drip.test": (dripping(b"HTTP/1.1 200 OK\r\nX-Long: "), Outcome.TIMEOUT),
    "long-header.test": (sending(answer(headers={"X-Long": "a" * 100_000})), Outcome.OK),
    "huge-header.test": (
        sending(answer(headers={"X-Long": "a" * 200_000})),
        Outcome.UNREADABLE_ANSWER,
    ),
    "many-headers.test": (
        sending(b"HTTP/1.1 200 OK\r\n" + b"X-Many: 1\r\n" * 100_000 + b"\r\n"),
        Outcome.UNREADABLE_ANSWER,
    ),
    "body-drip.test": (dripping(b"HTTP/1.1 200 OK\r\n\r\n"), Outcome.TIMEOUT),
    "short.test": (sending(answer(headers={"Content-Length": "999"})), Outcome.DAMAGED),
    "bad-gzip.test": (
        sending(answer(b"\x1f\x8b" + b"\xff" * 50, headers={"Content-Encoding": "gzip"})),
        Outcome.DAMAGED,
    ),
    "endless.test": (endless, Outcome.OK),
    "bomb.test": (encoded(b"# bomb \n" * 6_000_000, "gzip"), Outcome.OK),
}


@pytest.mark.fault("live", "all at once: {each}", each=OUTCOMES)
async def test_every_kind_of_answer_has_its_outcome(tmp_path: Path) -> None:
    """Hosts that misbehave in every way at the same time each end in the outcome of their kind."""
    async with web_server({host: act for host, (act, _) in OUTCOMES.items()}) as server:
        found = await visit(tmp_path, asking(TestResolver(server.port)), [*map(member, OUTCOMES)])
    outcomes = {host: capture.outcome for host, capture in found.captures.items()}
    assert outcomes == {host: outcome for host, (_, outcome) in OUTCOMES.items()}
    for host in ("ok.test", "gzip.test", "deflate.test", "plain-as-gzip.test", "charset.test"):
        assert found.captures[host].digest == digest(ROBOTS)
    for host in ("endless.test", "bomb.test"):
        assert len(found.payloads[found.captures[host].digest or ""]) == MOST_KEPT
    assert set(server.hosts()) == set(OUTCOMES)


async def test_request_says_who_asks(tmp_path: Path) -> None:
    """The one request of a host has our own User-Agent and asks for encodings we can bound."""
    async with web_server({"ok.test": sending(answer())}) as server:
        await visit(tmp_path, asking(TestResolver(server.port)), [member("ok.test")])
    (asked,) = server.asked
    assert asked.path == "/robots.txt"
    assert f"User-Agent: {AGENT}\r\n".encode() in asked.head
    assert b"Accept-Encoding: gzip, deflate\r\n" in asked.head


async def test_next_url_is_asked_only_without_an_answer(tmp_path: Path) -> None:
    """The www host stands in where the apex has no name, not where it answers 404."""
    acts = {"www.gone.test": sending(answer()), "www.apex.test": sending(answer())}
    members = [member("gone.test", "www.gone.test"), member("apex.test", "www.apex.test")]
    async with web_server(acts) as server:
        resolver = TestResolver(server.port, named={"gone.test": ""})
        found = await visit(tmp_path, asking(resolver), members)
    assert found.captures["gone.test"].url_asked == "http://www.gone.test/robots.txt"
    assert found.captures["gone.test"].outcome is Outcome.OK
    assert found.captures["apex.test"].outcome is Outcome.ABSENT
    assert resolver.looked_up.count("gone.test") == 1
    assert sorted(server.hosts()) == ["apex.test", "www.gone.test"]


@pytest.mark.fault("live", "no name, no listener, no TLS")
async def test_hosts_without_an_answer_say_why(tmp_path: Path) -> None:
    """No name, no listener and no TLS are kept apart, and the reason is kept."""
    async with web_server({}) as server:
        nameless = TestResolver(server.port, named={"a.test": ""})
        closed = TestResolver(TestResolver(1)._ports[443])
        plain = TestResolver(closed._ports[443], tls_port=server.port)
        no_name = await visit(tmp_path / "a", asking(nameless), [member("a.test")])
        no_listener = await visit(tmp_path / "b", asking(closed), [member("b.test")])
        no_tls = await visit(tmp_path / "c", asking(plain), [member("c.test")])
    assert no_name.captures["a.test"].outcome is Outcome.DNS
    assert no_listener.captures["b.test"].outcome is Outcome.CONNECTION_REFUSED
    assert no_tls.captures["c.test"].outcome is Outcome.TLS
    assert "Name or service not known" in (no_name.captures["a.test"].reason or "")
    assert no_listener.captures["b.test"].reason
    assert no_tls.captures["c.test"].reason


@pytest.mark.fault("live", "a sixth redirect, and a loop")
async def test_redirects_are_followed_and_recorded(tmp_path: Path) -> None:
    """Five redirects across hosts are followed, each recorded; a sixth and a loop are not."""
    acts = {f"h{n}.test": redirecting(f"http://h{n + 1}.test/robots.txt", 302) for n in range(7)}
    acts |= {"h7.test": sending(answer()), "loop.test": redirecting("http://loop.test/robots.txt")}
    async with web_server(acts) as server:
        found = await visit(
            tmp_path,
            asking(TestResolver(server.port)),
            [*map(member, ("h2.test", "h1.test", "loop.test"))],
        )
    five, six, loop = (found.captures[host] for host in ("h2.test", "h1.test", "loop.test"))
    assert (five.outcome, five.hops, five.url) == (Outcome.OK, 5, "http://h7.test/robots.txt")
    followed = {url_of(fetch): (fetch.status, fetch.redirect) for fetch in found.fetches}
    for n in range(1, 7):
        target = f"http://h{n + 1}.test/robots.txt"
        assert followed[f"http://h{n}.test/robots.txt"] == (302, target)
    # a redirect that leads nowhere is the host's own, not the last of those on the way
    assert (six.outcome, six.hops, six.url) == (Outcome.REDIRECT_UNRESOLVED, 0, six.url_asked)
    assert (loop.outcome, loop.hops) == (Outcome.REDIRECT_UNRESOLVED, 0)
    assert sorted(server.hosts()) == ["h1.test", *(f"h{n}.test" for n in range(2, 8)), "loop.test"]


async def test_every_3xx_with_a_location_is_followed(tmp_path: Path) -> None:
    """Every status of the class is followed, as the rule for all sources has it."""
    statuses = (300, 301, 302, 303, 307, 308, 399)
    acts = {f"s{n}.test": redirecting("http://all.test/robots.txt", n) for n in statuses}
    async with web_server({**acts, "all.test": sending(answer())}) as server:
        found = await visit(tmp_path, asking(TestResolver(server.port)), [*map(member, acts)])
    outcomes = {(capture.outcome, capture.hops) for capture in found.captures.values()}
    assert outcomes == {(Outcome.OK, 1)}


@pytest.mark.fault("SSRF", "user, password and cookies by a redirect")
async def test_redirects_cannot_make_us_log_in(tmp_path: Path) -> None:
    """User and password in a redirect are dropped, and so are cookies."""
    act = sending(
        answer(b"", 301, {"Location": "http://u:p@b.test/robots.txt", "Set-Cookie": "a=b"})
    )
    async with web_server({"a.test": act, "b.test": sending(answer())}) as server:
        found = await visit(
            tmp_path, asking(TestResolver(server.port), PATIENT), [member("a.test")]
        )
    assert found.captures["a.test"].url == "http://b.test/robots.txt"
    assert b"Authorization" not in server.asked[1].head
    assert b"Cookie" not in server.asked[1].head


@pytest.mark.fault("live", "two hundred redirects to one place: asked once")
async def test_a_target_that_many_share_is_asked_once(tmp_path: Path) -> None:
    """Two hundred hosts that redirect to one place cost that place one request."""
    hosts = [f"a{n}.test" for n in range(200)]
    acts = {host: redirecting("http://all.test/robots.txt") for host in hosts}
    async with web_server({**acts, "all.test": sending(answer())}) as server:
        resolver = TestResolver(server.port)
        found = await visit(tmp_path, asking(resolver, PATIENT), [*map(member, hosts)])
    assert {capture.outcome for capture in found.captures.values()} == {Outcome.OK}
    assert server.hosts().count("all.test") == 1


FORBIDDEN = (
    "http://127.0.0.1:{port}/robots.txt",
    "http://169.254.169.254/latest/meta-data/",
    "http://[::ffff:10.0.0.1]/",
    "http://[::ffff:127.0.0.1]:{port}/",
    "http://[::1]:{port}/",
    "http://[64:ff9b::7f00:1]:{port}/",
    "http://[::]:{port}/",
    "http://0.0.0.0:{port}/",
    "http://2130706433:{port}/",
    "http://0x7f000001:{port}/",
    "http://0177.0.0.1:{port}/",
    "http://127.1:{port}/",
    "http://100.64.0.1/",
    "http://inside.test:{port}/",
    "http://rebound.test:{port}/",
    "https://inside6.test/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:{port}/_",
    "ftp://ok.test/robots.txt",
    "javascript:alert(1)",
    "http://",
    "http://exa mple.test/",
    "http://[::1/",
    "http://ok.test:99999/",
    "//169.254.169.254/",
)


@pytest.mark.fault("SSRF", "redirect to {each}", each=FORBIDDEN)
async def test_redirects_to_what_is_not_public_are_not_followed(tmp_path: Path) -> None:
    """A redirect to an inner address, in any disguise, or to another scheme asks nothing."""
    starts = {f"start{n}.test": target for n, target in enumerate(FORBIDDEN)}
    named = {"inside.test": "10.0.0.1", "rebound.test": "127.0.0.1", "inside6.test": "fd00::1"}
    async with web_server({}) as inner:
        acts = {host: redirecting(to.format(port=inner.port)) for host, to in starts.items()}
        async with web_server(acts) as outer:
            # only the first server's own address is open
            resolver = TestResolver(outer.port, named=named | dict.fromkeys(starts, "127.0.0.2"))
            found = await visit(
                tmp_path, asking(resolver, allowed=_only_start()), [*map(member, starts)]
            )
    assert inner.asked == []
    assert sorted(outer.hosts()) == sorted(starts)
    to_itself = {url_of(fetch) for fetch in found.fetches if url_of(fetch) == fetch.redirect}
    for host, target in starts.items():
        capture = found.captures[host]
        assert capture.outcome is Outcome.REDIRECT_UNRESOLVED, target
        assert (capture.status, capture.hops) == (301, 0), target
        assert found.reason(capture) or capture.url in to_itself, target


PANEL = ("127.0.0.1", "10.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "inside.test")


@pytest.mark.fault("SSRF", "panel names {each}", each=PANEL)
async def test_panel_cannot_name_inner_hosts(tmp_path: Path) -> None:
    """Inner addresses in the panel itself are captured as not asked, with the reason."""
    async with web_server({}) as server:
        resolver = TestResolver(server.port)
        found = await visit(tmp_path, asking(resolver, allowed=()), [*map(member, PANEL)])
    assert server.asked == []
    assert {capture.outcome for capture in found.captures.values()} == {Outcome.UNREACHABLE}
    for capture in found.captures.values():
        assert "is not a public address" in (capture.reason or "")


INJECTIONS = ("a.test\r\nX-Evil: 1", "a.test/x?", "u:p@a.test", "a.test#", "a .test", "A.test", "")


@pytest.mark.fault("SSRF", "panel names {each!r}", each=INJECTIONS)
async def test_host_names_cannot_inject_headers(tmp_path: Path) -> None:
    """A host that is more than a host is not asked."""
    async with web_server({}) as server:
        found = await visit(tmp_path, asking(TestResolver(server.port)), [*map(member, INJECTIONS)])
    assert server.asked == []
    assert {capture.outcome for capture in found.captures.values()} == {Outcome.UNREACHABLE}


def _only_start() -> frozenset[Network]:
    return frozenset({ip_network("127.0.0.2/32")})
