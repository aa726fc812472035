"""Where redirects lead is asked as it was sent, in live runs as in the archive's client."""

from pathlib import Path

import pytest
from yarl import URL

from crawlblock.outcome import Outcome
from crawlblock.transport.location import redirect_url
from live.servers import ROBOTS, TestResolver, answer, sending, web_server
from live.visits import PATIENT, asking, member, visit

ASKED = URL("http://a.test/x/robots.txt")
SENT = {  # Location: what is asked for
    b"/a%2Fb": "http://a.test/a%2Fb",
    b"/a%2fb%c3%a9?q=%2f%41&x=a+b": "http://a.test/a%2fb%c3%a9?q=%2f%41&x=a+b",
    b"/%7Euser/%zz/100%": "http://a.test/%7Euser/%zz/100%",
    b"/caf\xe9": "http://a.test/caf%E9",
    "/café".encode(): "http://a.test/caf%C3%A9",
    b"/a b?c d": "http://a.test/a%20b?c%20d",
    b"/a%20b c": "http://a.test/a%20b%20c",
    b"/a|{b}'(c)*[d];e=f,g": "http://a.test/a|{b}'(c)*[d];e=f,g",
    b"  /x\t": "http://a.test/x",
    b"?q": "http://a.test/x/robots.txt?q",
    b"y/robots.txt": "http://a.test/x/y/robots.txt",
    b"//B.test/%41": "http://b.test/%41",
    b"HTTPS://B.Test/%41": "https://b.test/%41",
    "http://bücher.test/ü".encode(): "http://xn--bcher-kva.test/%C3%BC",
    "http://bücher.test:8080/".encode("latin-1"): "http://xn--bcher-kva.test:8080/",
    b"http://b.test/#f": "http://b.test/",
}  # fmt: skip
NOWHERE = (
    b"mailto:a@b.test", b"http://b%61d.test/", b"http://b d.test/", b"http://[::1/",
    b"http://b.test:99999/", b"ftp://b.test/", b"http://][@b.test/", b"//][@",
)  # fmt: skip


@pytest.mark.parametrize(("sent", "asked"), SENT.items())
def test_escapes_stay_and_other_bytes_are_escaped_once(sent: bytes, asked: str) -> None:
    """A header as bytes, and as aiohttp decodes it, leads to one and the same URL."""
    for location in (sent, sent.decode("utf-8", "surrogateescape")):
        url = redirect_url(ASKED, location)
        assert str(url) == asked
        assert url and url.raw_path_qs.isascii()


@pytest.mark.parametrize("sent", NOWHERE)
def test_what_is_no_web_address_leads_nowhere(sent: bytes) -> None:
    """Other schemes and hosts that are none lead nowhere."""
    assert redirect_url(ASKED, sent) is None


async def test_live_runs_ask_what_was_sent(tmp_path: Path) -> None:
    """The server that is redirected to sees the path byte by byte, and the chain is joined."""
    paths = {sent: asked for sent, asked in SENT.items() if sent[:1] == b"/" and sent[1:2] != b"/"}
    hosts = [f"h{number}.test" for number in range(len(paths))]
    acts = {}
    for host, (sent, asked) in zip(hosts, paths.items(), strict=True):
        head = b"HTTP/1.1 301 Moved\r\nContent-Length: 0\r\nLocation: " + sent
        acts[f"{host}/robots.txt"] = sending(head + b"\r\n\r\n")
        acts[f"{host}{URL(asked, encoded=True).raw_path_qs}"] = sending(answer(ROBOTS))
    async with web_server(acts) as server:
        resolver = TestResolver(server.port)
        found = await visit(tmp_path, asking(resolver, PATIENT), [*map(member, hosts)])
    assert {each.outcome for each in found.captures.values()} == {Outcome.OK}
    assert {each.hops for each in found.captures.values()} == {1}


async def test_no_location_ends_a_run(tmp_path: Path) -> None:
    """Whatever a server sends as Location, its own host alone is unresolved."""
    hosts = [f"h{number}.test" for number in range(len(NOWHERE))]
    head = b"HTTP/1.1 301 Moved\r\nContent-Length: 0\r\nLocation: "
    acts = {
        f"{host}/robots.txt": sending(head + sent + b"\r\n\r\n")
        for host, sent in zip(hosts, NOWHERE, strict=True)
    }
    acts["good.test/robots.txt"] = sending(answer(ROBOTS))
    async with web_server(acts) as server:
        resolver = TestResolver(server.port)
        found = await visit(
            tmp_path, asking(resolver, PATIENT), [*map(member, (*hosts, "good.test"))]
        )
    unresolved = dict.fromkeys(hosts, Outcome.REDIRECT_UNRESOLVED)
    outcomes = {host: each.outcome for host, each in found.captures.items()}
    assert outcomes == unresolved | {"good.test": Outcome.OK}
