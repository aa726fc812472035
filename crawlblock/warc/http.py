"""An HTTP answer as it lies in a WARC record: status, the headers kept, and the payload."""

import re
import zlib
from json.encoder import encode_basestring_ascii
from typing import NamedTuple

KEPT_HEADERS = frozenset(
    {
        "cf-mitigated",
        "cf-ray",
        "content-signal",
        "content-type",
        "content-usage",
        "last-modified",
        "link",
        "location",
        "retry-after",
        "server",
        "tdm-policy",
        "tdm-reservation",
        "via",
        "x-amz-cf-id",
        "x-akamai-request-id",
        "x-cache",
        "x-served-by",
        "x-robots-tag",
    }
)

_ENDS = re.compile(rb"\r?\n\r?\n")
_CODINGS = ("transfer-encoding", "content-encoding")
_READ = KEPT_HEADERS.union(_CODINGS)
_MEMO = 50_000  # lines; strangers write them
_LARGEST = 64 * 1024 * 1024  # bytes of a payload once unpacked
_SIP = 16  # bytes of brotli read at a time, of which each may stand for a MiB


class Answer(NamedTuple):
    """What a server answered."""

    status: int | None  # None: there is no HTTP status line
    location: str | None
    headers: str | None  # JSON object of the headers kept
    payload: bytes | None  # None: in a coding that cannot be read
    as_stored: bool  # the payload is what the record holds, so that its digest is of it


class Answers:
    """Reads answers; it remembers names and lines of headers it has met, within bounds."""

    def __init__(self) -> None:
        """Start with nothing met."""
        self._names = _Names()
        self._pieces = _Pieces()
        self._statuses: dict[bytes, int | None] = {}

    def read(self, block, stated=b""):
        import base64
        import hashlib
        from collections import namedtuple

        from crawlblock.outcome import Ending

        A = namedtuple("A", "status location headers payload ended digest reason")
        a = self._read(block)
        ended = digest = None
        if a.payload is None:
            ended = Ending.UNDECODABLE
        else:
            digest = "sha1:" + base64.b32encode(hashlib.sha1(a.payload).digest()).decode()
            if a.as_stored and stated[:5] == b"sha1:" and stated.decode() != digest:
                ended = Ending.ALTERED
                digest = stated.decode()
        return A(a.status, a.location, a.headers, a.payload, ended, digest, None)

    def _read(self, block: bytes) -> Answer:
        """Return what an answer says; never raises, whatever the bytes."""
        head, end, payload = block.partition(b"\r\n\r\n")
        if b"\n\n" in head or (not end and b"\n\n" in block):
            head, _, payload = _cut(block)
        first, *lines = head.split(b"\n")
        status = self._status(first)
        if status is None:
            return Answer(None, None, None, block, True)
        kept: dict[str, bytes] = {}
        for line in lines:
            if name := self._names[line.partition(b":")[0]]:
                kept[name] = line
        decoded: bytes | None = payload
        as_stored = True
        if not kept.keys().isdisjoint(_CODINGS):
            decoded, as_stored = _without_codings(kept, payload)
        location = kept.get("location")
        return Answer(
            status,
            _value(location) if location else None,
            f"{{{', '.join(map(self._pieces.__getitem__, kept.items()))}}}" if kept else None,
            decoded,
            as_stored,
        )

    def _status(self, line: bytes) -> int | None:
        if line not in self._statuses:
            if len(self._statuses) >= _MEMO:
                self._statuses.clear()
            words = line.split(None, 2)
            stated = len(words) > 1 and words[0].startswith(b"HTTP") and words[1].isdigit()
            self._statuses[line] = int(words[1][:4]) if stated else None
        return self._statuses[line]


class _Names(dict[bytes, str | None]):
    """The name of a header that is read, None for any other."""

    def __missing__(self, name: bytes) -> str | None:
        key = _text(name).strip().lower()
        found = key if key in _READ else None
        if len(self) < _MEMO and len(name) < 100:
            self[name] = found
        return found


class _Pieces(dict[tuple[str, bytes], str]):
    """A header's name and line as a piece of JSON."""

    def __missing__(self, header: tuple[str, bytes]) -> str:
        name, line = header
        piece = f'"{name}": {encode_basestring_ascii(_value(line))}'
        if len(line) < 200:
            if len(self) >= _MEMO:
                self.clear()
            self[header] = piece
        return piece


def _value(line: bytes) -> str:
    return _text(line.partition(b":")[2]).strip()


def _without_codings(kept: dict[str, bytes], payload: bytes) -> tuple[bytes | None, bool]:
    """Take the codings out of the headers, and the payload out of them; tell if it had none."""
    decoded: bytes | None = payload
    as_stored = True
    for coding in _CODINGS:
        if coding in kept:
            named = _value(kept.pop(coding)).lower()
            as_stored = as_stored and named in ("", "identity")
            decoded = None if decoded is None else _decoded(decoded, named)
    return decoded, as_stored


def _cut(block: bytes) -> tuple[bytes, bytes, bytes]:
    """Return head, blank line and payload of an answer whose lines end in LF alone."""
    end = _ENDS.search(block)
    return (block[: end.start()], end[0], block[end.end() :]) if end else (block, b"", b"")


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _decoded(payload: bytes, coding: str) -> bytes | None:
    """Return a payload without its coding, None if that fails.

    Common Crawl stores payloads without one and renames these headers; other archives do not.
    """
    try:
        if coding in ("", "identity"):
            return payload
        if coding == "chunked":
            return _unchunked(payload)
        if coding in ("gzip", "x-gzip", "deflate"):
            return _unzipped(payload)
        if coding == "br":
            return _unbrotlied(payload)
    except (ImportError, ValueError, zlib.error):
        pass
    except Exception as error:
        if type(error).__module__.split(".")[0] != "brotli":  # its class has no base to name it by
            raise
    return None


def _unzipped(payload: bytes) -> bytes:
    """Return what gzip, zlib or bare deflate holds."""
    for window in (47, -15):  # 47: gzip or zlib, as the first bytes say
        unpacker = zlib.decompressobj(window)
        try:
            text = unpacker.decompress(payload, _LARGEST)
        except zlib.error:
            continue
        if unpacker.eof:
            return text
    raise ValueError("not what it says")


def _unbrotlied(payload: bytes) -> bytes:
    """Return what brotli holds; it has no limit of its own, so it is fed in sips."""
    import brotli  # type: ignore[import-untyped, unused-ignore]  # comes with FastWARC

    unpacker = brotli.Decompressor()
    unpack = getattr(unpacker, "process", None) or unpacker.decompress  # as brotlipy calls it
    pieces: list[bytes] = []
    held = 0
    for at in range(0, len(payload), _SIP):
        pieces.append(unpack(payload[at : at + _SIP]))
        held += len(pieces[-1])
        if held > _LARGEST:
            raise ValueError("larger than any payload")
    if hasattr(unpacker, "is_finished") and not unpacker.is_finished():
        raise ValueError("cut short")
    if hasattr(unpacker, "finish"):
        unpacker.finish()  # brotlipy raises here what is cut short
    return b"".join(pieces)


def _unchunked(payload: bytes) -> bytes:
    """Return chunks joined (RFC 9112 section 7.1); what holds none is taken as it stands."""
    pieces: list[bytes] = []
    rest = payload
    while rest:
        line, _, after = rest.partition(b"\r\n")
        size = line.partition(b";")[0].strip()
        if not size or size.strip(b"0123456789abcdefABCDEF"):
            return payload if not pieces else b"".join(pieces)
        if (length := int(size, 16)) == 0:
            break
        pieces.append(after[:length])
        rest = after[length + 2 :]
    return b"".join(pieces)


def headers_kept(given):
    import json

    lower = ((str(name).lower(), value) for name, value in given)
    kept = {name: value for name, value in lower if name in KEPT_HEADERS and value is not None}
    return json.dumps(kept) if kept else None
