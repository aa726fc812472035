"""An HTTP answer as a WARC record holds it: status, headers and payload, decoded and checked."""

import json
import re
from base64 import b32decode, b32encode
from binascii import Error as Unspelled
from collections.abc import Iterable
from hashlib import md5, sha1, sha256
from json.encoder import encode_basestring_ascii
from typing import NamedTuple

from crawlblock.outcome import Ending
from crawlblock.robots.sniff import is_robots
from crawlblock.warc.codings import UNREADABLE, decoded

# Response headers worth keeping: what kind of answer it was, who gave it, and signals beside the
# rules (AIPREF's Content-Usage, TDMRep, RSL's Link, X-Robots-Tag).
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
_LENGTH = "content-length"
# What crawlers that store decoded payloads rename these headers to.
_UNDONE = frozenset({"x-crawl-content-encoding", "x-crawler-content-encoding"})
_READ = KEPT_HEADERS.union(_CODINGS, {_LENGTH}, _UNDONE)
_MEMO = 50_000  # lines; strangers write them
_HASHES = {b"sha1": sha1, b"sha-1": sha1, b"sha256": sha256, b"sha-256": sha256, b"md5": md5}


class Answer(NamedTuple):
    """What a server answered."""

    status: int | None  # None: there is no HTTP status line
    location: str | None
    headers: str | None  # JSON object of the headers kept
    payload: bytes | None  # None: in a coding that cannot be read
    digest: str | None  # of the payload; of one that is not to be trusted, as it is stated
    ended: Ending | None  # why the payload is not to be trusted
    reason: str | None  # the same in words


class Answers:
    """Reads answers; it remembers names and lines of headers it has met, within bounds."""

    def __init__(self) -> None:
        """Start with nothing met."""
        self._names = _Names()
        self._pieces = _Pieces()
        self._statuses: dict[bytes, int | None] = {}

    def read(self, block: bytes, stated: bytes = b"") -> Answer:
        """Return what an answer says; never raises, whatever the bytes.

        `stated` is the digest of the payload, as the record or an index has it.
        """
        head, end, payload = block.partition(b"\r\n\r\n")
        if b"\n\n" in head or (not end and b"\n\n" in block):
            head, payload = _cut(block)
        first, *lines = head.split(b"\n")
        status = self._status(first)
        if status is None:
            reason = "the record has no HTTP status line"
            return Answer(None, None, None, None, None, Ending.UNREADABLE, reason)
        found: dict[str, bytes] = {}
        for line in lines:
            if name := self._names[line.partition(b":")[0]]:
                found[name] = line
        location = found.get("location")
        length = found.pop(_LENGTH, None)
        undone = [found.pop(name) for name in _UNDONE if name in found]
        codings = [_value(found.pop(name)) for name in _CODINGS if name in found]
        headers = f"{{{', '.join(map(self._pieces.__getitem__, found.items()))}}}"
        checked = _checked(payload, codings, stated)
        if checked.ended is None and length and not undone and "chunked" not in codings:
            checked = _measured(checked, len(payload), _value(length), stated)
        return Answer(
            status, _value(location) if location else None, headers if found else None, *checked
        )

    def payload(self, block: bytes, stated: bytes = b"") -> Answer:
        """Return a payload that is stored without the answer that brought it."""
        return Answer(200, None, None, *_checked(block, [], stated))

    def _status(self, line: bytes) -> int | None:
        if line not in self._statuses:
            if len(self._statuses) >= _MEMO:
                self._statuses.clear()
            words = line.split(None, 2)
            is_line = len(words) > 1 and words[0].upper().startswith(b"HTTP") and words[1].isdigit()
            self._statuses[line] = int(words[1][:4]) if is_line else None
        return self._statuses[line]


class _Payload(NamedTuple):
    """A payload, decoded and checked; see the fields of Answer."""

    payload: bytes | None
    digest: str | None
    ended: Ending | None = None
    reason: str | None = None


def _checked(raw: bytes, codings: list[str], stated: bytes) -> _Payload:
    """Return the payload behind its codings, if it has the digest that is stated.

    Writers take the digest of a coded payload before or after undoing its coding, and some undo it
    and leave the header: what fits the digest is right.
    """
    named = [name.strip() for line in codings for name in reversed(line.lower().split(","))]
    named = [name for name in named if name not in ("", "identity")]
    if not named:
        own = digest(raw)
        if not stated or _text(stated) == own or fits(stated, raw) is not False:
            return _Payload(raw, own)
        reason = f"the digest that is stated, {_text(stated)}, is not that of the payload"
        return _Payload(raw, _text(stated), Ending.ALTERED, reason)
    try:
        payload = decoded(raw, named)
    except UNREADABLE as error:
        # The digest may be that of the coded bytes, too: what can be read is not in a coding.
        if "chunked" not in named and stated and fits(stated, raw) and is_robots(raw):
            return _Payload(raw, digest(raw))
        reason = f"{', '.join(named)}: {error}"
        return _Payload(None, _text(stated) or None, Ending.UNDECODABLE, reason)
    return _Payload(payload, digest(payload))


def _measured(found: _Payload, size: int, length: str, stated: bytes) -> _Payload:
    """Return a payload that is `size` bytes long as stored, if it is as long as its answer says.

    One that fits its digest is whole whatever the answer says.
    """
    is_number = length.isascii() and length.isdigit() and len(length) < 19
    whole = not is_number or int(length) <= size
    if whole or (stated and fits(stated, found.payload or b"")):
        return found
    return found._replace(ended=Ending.CUT, reason=f"{size} of {length} bytes are there")


def digest(payload: bytes) -> str:
    """Return the digest by which WARC and Common Crawl's indexes name a payload."""
    return "sha1:" + b32encode(sha1(payload, usedforsecurity=False).digest()).decode()


def fits(stated: bytes, payload: bytes) -> bool | None:
    """Tell whether a payload has a digest, None where that cannot be compared.

    Digests are spelled in base32 or hexadecimal digits, in any case.
    """
    name, _, value = stated.strip().partition(b":")
    make = _HASHES.get(name.lower())
    if make is None:
        return None
    raw = make(payload, usedforsecurity=False).digest()
    try:
        if len(value) == 2 * len(raw):
            return bytes.fromhex(value.decode("ascii")) == raw
        bare = value.rstrip(b"=")
        return b32decode(bare + b"=" * (-len(bare) % 8), casefold=True) == raw
    except (Unspelled, ValueError):
        return None


def headers_kept(given: Iterable[tuple[object, object]]) -> str | None:
    """Return the headers worth keeping as a JSON object, None if there are none."""
    lower = ((str(name).lower(), value) for name, value in given)
    kept = {name: value for name, value in lower if name in KEPT_HEADERS and value is not None}
    return json.dumps(kept) if kept else None


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


def _cut(block: bytes) -> tuple[bytes, bytes]:
    """Return head and payload of an answer whose lines end in LF alone."""
    end = _ENDS.search(block)
    return (block[: end.start()], block[end.end() :]) if end else (block, b"")


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")
