"""HTTP answers as records hold them: status, headers, and payloads decoded within bounds."""

import gzip
import json
import time
import tracemalloc
import zlib
from base64 import b32encode, b64encode
from collections.abc import Callable
from hashlib import md5, sha1, sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scan.warcs import TEXT, answer

from crawlblock.outcome import Ending
from crawlblock.robots.parser import SIZE_LIMIT
from crawlblock.unpacking import LARGEST
from crawlblock.warc import codings
from crawlblock.warc.http import Answers, HttpAnswer, digest, spelled
from crawlblock.warc.kept_headers import headers_kept

LONG = b"".join(b"User-agent: a%d\nDisallow: /%d\n" % (n, n * 7919) for n in range(400))
_MOST = 300 * 1024 * 1024  # bytes of memory that any answer may take


def _read(body: bytes, headers: bytes = b"", stated: bytes = b"") -> HttpAnswer:
    return Answers().read(answer(body, headers=headers), stated)


def _coding(name: str) -> bytes:
    return b"Content-Encoding: " + name.encode() + b"\r\n"


def _bare(body: bytes) -> bytes:
    """Return a body as deflate without a header."""
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(body) + packer.flush()


def _brotli(body: bytes) -> bytes:
    packed: bytes = pytest.importorskip("brotli").compress(body)
    return packed


def _chunked(body: bytes, size: int = 1_000) -> bytes:
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


_CHUNKED = b"Transfer-Encoding: chunked\r\n"
_PACKED: dict[str, tuple[bytes, Callable[[bytes], bytes]]] = {
    "gzip": (_coding("gzip"), gzip.compress),
    "x-gzip in capitals": (_coding("X-GZip"), gzip.compress),
    "gzip in two members": (
        _coding("gzip"), lambda body: gzip.compress(body[:99]) + gzip.compress(body[99:]),
    ),
    "zlib": (_coding("deflate"), zlib.compress),
    "deflate": (_coding("deflate"), _bare),
    "brotli": (_coding("br"), _brotli),
    "chunked": (_CHUNKED, _chunked),
    "chunked with LF and extensions": (
        _CHUNKED,
        lambda body: b"%X ;a=b\n%s\n00\n" % (len(body), body),
    ),
    "chunked gzip": (_CHUNKED + _coding("gzip"), lambda body: _chunked(gzip.compress(body), 100)),
    "gzip in the transfer": (
        b"Transfer-Encoding: gzip, chunked\r\n", lambda body: _chunked(gzip.compress(body), 100),
    ),
    "gzip within brotli": (
        _coding("gzip, br"), lambda body: _brotli(gzip.compress(body)),
    ),
    "identity": (_coding("identity"), bytes),
    "an empty name": (_coding(""), bytes),
}  # fmt: skip


@pytest.mark.parametrize("name", _PACKED)
def test_codings_are_undone(name: str) -> None:
    """A payload is read through its codings, whichever of its forms the digest is of."""
    headers, pack = _PACKED[name]
    stored = pack(LONG)
    for stated in (b"", digest(LONG).encode(), digest(stored).encode()):
        found = _read(stored, headers, stated)
        assert (found.payload, found.ended, found.reason) == (LONG, None, None)
        assert found.digest == digest(LONG)


def test_a_digest_between_two_codings() -> None:
    """Of a chunked gzip body the digest may be that of the gzip body, as WARC has it."""
    stored = gzip.compress(LONG)
    found = _read(_chunked(stored), _CHUNKED + _coding("gzip"), digest(stored).encode())
    assert (found.payload, found.ended) == (LONG, None)


@pytest.mark.parametrize("name", _PACKED)
@pytest.mark.parametrize("stated", [b"", b"sha1:" + b"A" * 32])
def test_a_coding_that_was_undone_may_stay_in_the_headers(name: str, stated: bytes) -> None:
    """A payload that is stored without the codings of its headers is taken as it is."""
    headers, _ = _PACKED[name]
    for body in (TEXT, "# café\n".encode() + TEXT):
        for mine in (b"", digest(body).encode()):
            found = _read(body, headers, mine)
            assert (found.payload, found.digest, found.ended) == (body, digest(body), None)
        if stated:
            assert _read(body, headers, stated).ended is Ending.ALTERED


def test_the_length_of_a_coded_payload_says_nothing_of_a_decoded_one() -> None:
    """A small file grows in gzip: a length that was of the coded payload cuts nothing."""
    headers = _coding("gzip") + b"Content-Length: %d\r\n" % len(gzip.compress(TEXT))
    assert len(gzip.compress(TEXT)) > len(TEXT)
    assert _read(TEXT, headers).ended is None
    for name in (b"X-Crawl-", b"X-Crawler-"):
        assert _read(TEXT, name + headers).ended is None


_CUT: dict[str, tuple[bytes, bytes]] = {
    "gzip": (_coding("gzip"), gzip.compress(LONG)[:-200]),
    "gzip within its checksum": (_coding("gzip"), gzip.compress(LONG)[:-3]),
    "gzip within its header": (_coding("gzip"), gzip.compress(LONG)[:5]),
    "gzip within its magic": (_coding("gzip"), gzip.compress(LONG)[:1]),
    "gzip in its second member": (_coding("gzip"), (gzip.compress(LONG) * 2)[:-200]),
    "gzip with a bad checksum": (_coding("gzip"), gzip.compress(LONG)[:-8] + bytes(8)),
    "zlib": (_coding("deflate"), zlib.compress(LONG)[:-200]),
    "zlib within its checksum": (_coding("deflate"), zlib.compress(LONG)[:-2]),
    "zlib with a bad checksum": (_coding("deflate"), zlib.compress(LONG)[:-4] + bytes(4)),
    "deflate": (_coding("deflate"), _bare(LONG)[:-200]),
    "chunked within a chunk": (_CHUNKED, _chunked(LONG)[:-200]),
    "chunked between chunks": (_CHUNKED, b"10\r\n" + LONG[:16] + b"\r\n"),
    "chunked after a chunk": (_CHUNKED, b"10\r\n" + LONG[:16]),
    "chunked within a size": (_CHUNKED, b"10\r\n" + LONG[:16] + b"\r\n1"),
    "chunked within the first size": (_CHUNKED, b"1f"),
    "chunked with a broken size": (_CHUNKED, b"10\r\n" + LONG[:16] + b"\r\nxyz\r\n" + LONG),
    "chunked gzip": (_CHUNKED + _coding("gzip"), _chunked(gzip.compress(LONG)[:-200])),
    "an unknown coding": (_coding("zstd"), b"\x28\xb5\x2f\xfd\x04\x00\x01\x00\x00"),
    "gzip spoiled": (_coding("gzip"), b"\x1f\x8b\x08\x00spoiled"),
    "deflate spoiled": (_coding("deflate"), b"\xff\xfespoiled"),
    "plain": (b"Content-Length: %d\r\n" % len(LONG), LONG[:-200]),
    "plain and empty": (b"Content-Length: 20\r\n", b""),
    "plain, by one byte": (b"content-length:%d\r\n" % (len(LONG) + 1), LONG),
    "gzip, nothing there": (_coding("gzip") + b"Content-Length: 20\r\n", b""),
    "gzip between members": (
        _coding("gzip") + b"Content-Length: 9999\r\n", gzip.compress(LONG),
    ),
}  # fmt: skip


@pytest.mark.fault("import", "a body cut or spoiled: {name}")
@pytest.mark.parametrize("name", _CUT)
def test_a_body_that_is_not_whole_is_damaged(name: str) -> None:
    """A body that ends early or is spoiled is never taken as whole, whatever the digest."""
    headers, stored = _CUT[name]
    for stated in (b"", digest(stored).encode(), digest(LONG).encode()):
        ended = _read(stored, headers, stated).ended
        assert ended in (Ending.UNDECODABLE, Ending.CUT, Ending.ALTERED)


@pytest.mark.parametrize("cut", [1, 3, 100, 1_500])
def test_brotli_that_ends_early_is_damaged(cut: int) -> None:
    """A brotli body without its end, and one with a byte changed to nonsense, are damaged."""
    stored = _brotli(LONG)
    found = _read(stored[:-cut], _coding("br"))
    assert (found.payload, found.ended) == (None, Ending.UNDECODABLE)
    assert _read(b"\xff" + stored[1:], _coding("br")).ended is Ending.UNDECODABLE


def test_what_is_longer_than_it_says_is_whole() -> None:
    """A Content-Length that is shorter than the body, or no number, cuts nothing."""
    for length in (b"3", b"0", b"-5", b"many", b"", b"9" * 20, b"1_000"):
        assert _read(TEXT, b"Content-Length: " + length + b"\r\n").ended is None


def test_what_counts_is_there() -> None:
    """Of a body of which 500 KiB are there, the rest is not missed."""
    body = b"#" * SIZE_LIMIT
    headers = b"Content-Length: 9999999\r\n"
    assert _read(body, headers).ended is None
    assert _read(body[1:], headers).ended is Ending.CUT


def _stated(name: str, raw: bytes) -> list[bytes]:
    """Return a digest as archives spell it."""
    base32 = b32encode(raw).decode()
    spellings = (base32, base32.lower(), base32.rstrip("="), raw.hex(), raw.hex().upper())
    return [f"{each}:{value}".encode() for each in (name, name.upper()) for value in spellings]


@pytest.mark.parametrize(
    ("name", "make"),
    [("sha1", sha1), ("sha-1", sha1), ("sha256", sha256), ("sha-256", sha256), ("md5", md5)],
)
def test_digests_are_compared_in_every_spelling(
    name: str,
    make: Callable[[bytes], "sha1"],  # type: ignore[valid-type]
) -> None:
    """A digest in base32 or hexadecimal digits of any case is that of its payload alone."""
    for right in _stated(name, make(TEXT).digest()):  # type: ignore[attr-defined]
        found = _read(TEXT, stated=right)
        assert (found.payload, found.digest, found.ended) == (TEXT, digest(TEXT), None)
    for wrong in _stated(name, make(b"other").digest()):  # type: ignore[attr-defined]
        found = _read(TEXT, stated=wrong)
        assert (found.digest, found.ended) == (wrong.decode(), Ending.ALTERED)


@pytest.mark.parametrize(
    "stated",
    [
        b"blake3:" + b"a" * 64,
        b"sha256:" + b64encode(sha256(b"other").digest()),
        b"sha1:-",
        b"sha1:" + b"!" * 32,
        b"sha1:" + b"_" * 32,
        b"sha1:",
        b"nonsense",
        b"\xff\xfe:\x00",
    ],
)
def test_a_digest_that_cannot_be_compared_says_nothing(stated: bytes) -> None:
    """An unknown algorithm or spelling spoils no payload."""
    found = _read(TEXT, stated=stated)
    assert (found.digest, found.ended) in (
        (digest(TEXT), None),
        (stated.decode("latin-1"), Ending.ALTERED),
    )


def test_no_other_digit_is_taken_for_one_of_base32() -> None:
    """0, 1, 8 and 9 are no digits of base32; a spelling with them is not the digest's."""
    right = digest(TEXT)
    for good, bad in zip("AB67", "0189", strict=True):
        if good in right[5:]:
            wrong = right[:5] + right[5:].replace(good, bad)
            assert _read(TEXT, stated=wrong.encode()).digest == right


def test_digests_are_spelled_alike() -> None:
    """A SHA-1 in any spelling is named as payloads are; others stay as they are."""
    for each in _stated("sha1", sha1(TEXT).digest()):
        assert spelled(each) == digest(TEXT)
    assert spelled(b"md5:ab") == "md5:ab"
    assert spelled(b"sha1:?") == "sha1:?"
    assert spelled(b" ") is None


@pytest.mark.parametrize(
    ("line", "status"),
    [
        (b"HTTP/1.1 200 OK", 200),
        (b"HTTP/1.0 404 Not Found", 404),
        (b"http/1.1 200 ok", 200),
        (b"HTTP/2 200", 200),
        (b"HTTP/1.1 200", 200),
        (b"HTTP/1.1 200 ", 200),
        (b"HTTP/1.1  301  Moved", 301),
        (b"HTTP/1.1 99999999999999999999 What", 9999),
        (b"HTTP/1.1 2x0 OK", None),
        (b"HTTP/1.1", None),
        (b"ICY 200 OK", None),
        (b"GET /robots.txt HTTP/1.1", None),
        (b"", None),
        (b"\xff\xfe\x00", None),
        (b"<html>", None),
    ],
)
def test_status_lines(line: bytes, status: int | None) -> None:
    """The status is read in every spelling; an answer without one is unreadable."""
    answers = Answers()
    for _ in range(2):  # the second time from what it remembers
        found = answers.read(line + b"\r\nLocation: /a\r\n\r\n" + TEXT)
        assert found.status == status
        if status is None:
            assert (found.ended, found.payload) == (Ending.UNREADABLE, None)
        elif status == 200:
            assert (found.ended, found.payload) == (None, TEXT)


def test_headers_worth_keeping_are_kept() -> None:
    """Their last value is kept, by their name in lower case; odd bytes and lines do no harm."""
    found = _read(
        TEXT,
        b"Content-TYPE: text/plain\r\nX-Other: a\r\nServer: first\r\nserver:  se\xe7ond \r\n"
        b'Link : <a>; rel="license"\r\nno colon\r\n: no name\r\nX-Robots-Tag:\r\n',
    )
    assert json.loads(found.headers or "") == {
        "content-type": "text/plain",
        "server": "seçond",
        "link": '<a>; rel="license"',
        "x-robots-tag": "",
    }
    assert headers_kept([("Server", "a"), ("X-Other", "b")]) == '{"server": "a"}'
    assert headers_kept([("X-Other", "b")]) is None
    assert _read(TEXT, b"X-Other: a\r\n").headers is None


@pytest.mark.parametrize(
    "block",
    [
        b"HTTP/1.1 200 OK\nServer: a\n\n" + TEXT,
        b"HTTP/1.1 200 OK\r\nServer: a\r\n\r\n" + TEXT,
        b"HTTP/1.1 200 OK\nServer: a\r\n\r\n" + TEXT,
        b"HTTP/1.1 200 OK\nServer: a\n\n" + TEXT,
    ],
)
def test_heads_end_in_either_way(block: bytes) -> None:
    """A head is found where lines end in LF alone, too, and blank lines of the body do no harm."""
    body = TEXT + b"\r\n\r\n" + TEXT + b"\n\n"
    found = Answers().read(block.removesuffix(TEXT) + body)
    assert (found.payload, found.headers) == (body, '{"server": "a"}')


def test_a_head_without_an_end_has_no_body() -> None:
    """An answer that ends within its head has an empty payload, cut if a length is known."""
    found = Answers().read(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nServer: a\r\n")
    assert (found.payload, found.ended) == (b"", Ending.CUT)


def test_of_other_answers_the_status_says_all() -> None:
    """The payload of what is no 2xx is not looked at, whatever is wrong with it."""
    stored = gzip.compress(LONG)[:-9]
    found = Answers().read(answer(stored, b"404 Not Found", _coding("gzip")), b"sha1:AA")
    assert (found.status, found.payload, found.digest, found.ended) == (404, None, None, None)


def test_a_payload_alone() -> None:
    """A payload that is stored without its answer is checked like any other."""
    assert Answers().payload(TEXT, digest(TEXT).encode()).payload == TEXT
    assert Answers().payload(TEXT, digest(b"").encode()).ended is Ending.ALTERED


def _bombs() -> dict[str, tuple[bytes, bytes]]:
    vast = gzip.compress(bytes(LARGEST + 1), 1)
    twice = gzip.compress(gzip.compress(bytes(4 * LARGEST), 1))
    return {
        "gzip": (_coding("gzip"), vast),
        "gzip in gzip": (_coding("gzip, gzip"), twice),
        "gzip nine times": (_coding(", ".join(["gzip"] * 9)), twice),
        "many gzip members": (_coding("gzip"), gzip.compress(bytes(LARGEST // 8), 1) * 9),
        "tiny gzip members": (_coding("gzip"), gzip.compress(b"") * 50_000),
        "zlib": (_coding("deflate"), zlib.compress(bytes(2 * LARGEST), 1)),
        "deflate": (_coding("deflate"), _bare(bytes(2 * LARGEST))),
        "tiny chunks": (_CHUNKED, b"1\r\n#\r\n" * 100_000),
        "a head without an end": (b"\n" * (8 << 20), b""),
        "a long line": (b"X: " + b"x" * (32 << 20) + b"\r\n", b""),
    }


def _peak(headers: bytes, body: bytes) -> tuple[HttpAnswer, int, float]:
    """Return an answer, the most memory that reading it took, and the seconds."""
    block = answer(body, headers=headers)
    begun = time.process_time()
    tracemalloc.start()
    try:
        found = Answers().read(block)
        return found, tracemalloc.get_traced_memory()[1], time.process_time() - begun
    finally:
        tracemalloc.stop()


def test_bombs_stay_within_memory() -> None:
    """Payloads that unpack to gigabytes end as damaged, within 300 MB and some seconds."""
    for name, (headers, body) in _bombs().items():
        found, peak, seconds = _peak(headers, body)
        assert peak < _MOST, f"{name}: {peak:,} bytes"
        assert seconds < 30, f"{name}: {seconds:.1f} s"
        if name not in ("tiny gzip members", "a head without an end", "a long line"):
            assert (found.payload, found.ended) == (None, Ending.UNDECODABLE), name


def test_a_brotli_bomb_stays_within_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """A brotli body of some kilobytes that unpacks without end is damaged, within 300 MB.

    Brotli is slow at it, so that both limits are an eighth of what they are.
    """
    brotli = pytest.importorskip("brotli")
    monkeypatch.setattr(codings, "LARGEST", LARGEST // 8)
    stored = brotli.compress(bytes(LARGEST), quality=1)
    assert len(stored) < 50_000
    found, peak, _ = _peak(_coding("br"), stored)
    assert (found.payload, found.ended) == (None, Ending.UNDECODABLE)
    assert peak < _MOST // 8


@settings(max_examples=500, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.binary(max_size=40),
            st.sampled_from(
                [b"HTTP/1.1 200 OK", b"\r\n", b"\n", _CHUNKED, TEXT, _chunked(TEXT), b"Link:"]
                + [_coding(name) for name in ("gzip", "deflate", "br", "gzip, br", "x")]
                + [gzip.compress(TEXT), zlib.compress(TEXT), b"Content-Length: 5\r\n"]
            ),
        ),
        max_size=8,
    ),
    st.one_of(st.binary(max_size=40), st.just(digest(TEXT).encode())),
)
def test_nothing_raises(pieces: list[bytes], stated: bytes) -> None:
    """Whatever the bytes of an answer and its digest, it is read, and its headers are JSON."""
    found = Answers().read(b"HTTP/1.1 200 OK\r\n" + b"".join(pieces), stated)
    json.loads(found.headers or "{}")
    assert found.ended or found.digest == digest(found.payload or b"")
    Answers().read(b"".join(pieces), stated)
    spelled(stated)
