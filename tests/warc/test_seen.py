"""From a record to what it says of a fetch: the same for every source."""

import gzip

import pytest
from scan.warcs import TEXT, answer

from crawlblock.captures.build import Seen, seen
from crawlblock.outcome import Ending
from crawlblock.robots.parser import SIZE_LIMIT
from crawlblock.warc.http import Answers, digest
from crawlblock.warc.reader import Record

pytestmark = pytest.mark.own_code

DIGEST = digest(TEXT)


def _record(
    block: bytes | None = None, kind: str = "response", url: str = "", **given: bytes
) -> Record:
    return Record(
        kind=kind,
        url=url or "https://a.example/robots.txt",
        date=b"2025-08-04T14:54:08Z",
        digest=given.get("digest", b""),
        truncated=given.get("truncated", b""),
        block=answer() if block is None else block,
        offset=0,
        length=1,
    )


def _seen(block: bytes | None = None, kind: str = "response", **given: bytes) -> Seen:
    found = seen(_record(block, kind, **given), Answers())  # type: ignore[arg-type]
    assert found is not None
    return found


def test_an_answer_with_its_payload() -> None:
    """Of a 200 the URL, status, headers, digest and payload are seen, and no ending."""
    found = _seen()
    assert (str(found.asked), found.status) == ("https://a.example/robots.txt", 200)
    assert (found.ended, found.reason, found.redirect) == (None, None, None)
    assert (found.digest, found.payload) == (DIGEST, TEXT)
    assert found.headers == '{"content-type": "text/plain"}'


@pytest.mark.parametrize("url", ["dns:a.example", "urn:uuid:1", "https://", "http://[::1", "\0"])
def test_what_is_no_http_url(url: str) -> None:
    """A record of another URL is no fetch."""
    assert seen(_record(url=url), Answers()) is None


@pytest.mark.parametrize("status", [b"200 OK", b"304 Not Modified", None])
def test_a_revisit_repeats_a_payload(status: bytes | None) -> None:
    """A revisit of a 200, and one that was not modified, has the digest of what it repeats."""
    block = answer(b"", status, b"Content-Length: 999\r\n") if status else b""
    for stated in (DIGEST, DIGEST.lower()):
        found = _seen(block, "revisit", digest=stated.encode())
        assert (found.status, found.ended, found.reason) == (200, None, None)
        assert (found.digest, found.payload) == (DIGEST, None)


def test_a_revisit_that_names_no_payload() -> None:
    """A revisit without a digest repeats nothing that can be found: its payload is missing."""
    found = _seen(answer(b""), "revisit")
    assert (found.status, found.ended, found.digest) == (200, Ending.MISSING, None)
    assert found.reason


@pytest.mark.parametrize(("status", "seen_as"), [(b"404 Not Found", 404), (b"503 Busy", 503)])
def test_a_revisit_of_an_error(status: bytes, seen_as: int) -> None:
    """A revisit of an error is that error, with or without a digest."""
    for stated in (b"", DIGEST.encode()):
        found = _seen(answer(b"", status), "revisit", digest=stated)
        assert (found.status, found.ended, found.digest) == (seen_as, None, None)


def test_a_revisit_of_a_redirect() -> None:
    """A revisit of a redirect leads where the redirect led."""
    found = _seen(answer(b"", b"302 Found", b"Location: /b\r\n"), "revisit", digest=b"sha1:AA")
    assert (found.status, found.redirect) == (302, "https://a.example/b")
    assert (found.ended, found.digest) == (None, None)


def test_a_resource_is_a_payload_alone() -> None:
    """A resource is a 200 whose block is the payload, checked by its digest."""
    found = _seen(TEXT, "resource", digest=DIGEST.encode())
    assert (found.status, found.ended, found.payload) == (200, None, TEXT)
    assert _seen(TEXT, "resource", digest=digest(b"").encode()).ended is Ending.ALTERED
    assert _seen(TEXT, "resource", truncated=b"length").ended is Ending.CUT


@pytest.mark.parametrize(
    ("why", "ended"),
    [
        (b"length", Ending.CUT),
        (b"disconnect", Ending.CUT),
        (b"unspecified", Ending.CUT),
        (b"time", Ending.CUT_BY_TIME),
        (b"Time", Ending.CUT_BY_TIME),
    ],
)
def test_a_truncated_payload(why: bytes, ended: Ending) -> None:
    """What was truncated below 500 KiB is cut; above that, what counts is there."""
    found = _seen(truncated=why)
    assert (found.ended, found.payload, found.digest) == (ended, None, DIGEST)
    assert why.decode() in (found.reason or "")
    for size, cut in ((SIZE_LIMIT - 1, True), (SIZE_LIMIT, False)):
        body = b"#" * size
        for length in (size, 9_999_999):
            block = answer(body, headers=b"Content-Length: %d\r\n" % length)
            found = _seen(block, truncated=why)
            assert (found.ended is not None, found.payload is None) == (cut, cut)


def test_truncation_says_nothing_of_an_error() -> None:
    """An error whose body was truncated is that error."""
    found = _seen(answer(b"x", b"404 Not Found"), truncated=b"length")
    assert (found.status, found.ended, found.reason) == (404, None, None)


@pytest.mark.parametrize(
    ("block", "status", "ended"),
    [
        (b"", None, Ending.UNREADABLE),
        (b"\xff\xfe\x00", None, Ending.UNREADABLE),
        (
            answer(gzip.compress(TEXT, mtime=0)[:-9], headers=b"Content-Encoding: gzip\r\n"), 200,
            Ending.UNDECODABLE,
        ),
        (answer(TEXT, headers=b"Content-Length: 99\r\n"), 200, Ending.CUT),
    ],
)  # fmt: skip
def test_damaged_payloads(block: bytes, status: int | None, ended: Ending) -> None:
    """A payload that cannot be trusted is not seen, with the reason why."""
    found = _seen(block)
    assert (found.status, found.ended, found.payload) == (status, ended, None)
    assert found.reason


@pytest.mark.parametrize(
    ("location", "redirect"),
    [
        (b"https://b.example/robots.txt", "https://b.example/robots.txt"),
        (b"http://B.example:80", "http://b.example/"),
        (b"//b.example/x", "https://b.example/x"),
        (b"/x?y=1#z", "https://a.example/x?y=1"),
        (b"x", "https://a.example/x"),
        (b"?q", "https://a.example/robots.txt?q"),
        (b"../../x", "https://a.example/x"),
        (b"https://b.example:8443/x", "https://b.example:8443/x"),
        (b"https://[::1]/x", "https://[::1]/x"),
        (b"  https://b.example/x  ", "https://b.example/x"),
        ("/café".encode(), "https://a.example/café"),
        (b"/caf\xe9", "https://a.example/café"),
        (b"", None),
        (b"http://[", None),
        (b"mailto:a@b.example", None),
        (b"javascript:void(0)", None),
        (b"https://b.example:99999/", None),
    ],
)
def test_redirects(location: bytes, redirect: str | None) -> None:
    """A Location of any 3xx is read as a URL, as URLs are compared; odd ones lead nowhere."""
    for status in (b"301 Moved", b"302 Found", b"308 Permanent", b"300 Choices"):
        found = _seen(answer(b"", status, b"Location: " + location + b"\r\n"))
        assert (found.redirect, found.ended, found.payload) == (redirect, None, None)


def test_a_location_alone_is_no_redirect() -> None:
    """A Location beside a 200 or a 404 leads nowhere; a 3xx without one neither."""
    there = b"Location: https://b.example/\r\n"
    assert _seen(answer(headers=there)).redirect is None
    assert _seen(answer(b"", b"404 Not Found", there)).redirect is None
    assert _seen(answer(b"", b"301 Moved")).redirect is None
