"""An HTTP answer as a WARC record holds it: status, headers and payload, decoded and checked."""

import re
from base64 import b32decode, b32encode
from collections.abc import Iterable
from hashlib import md5, sha1, sha256
from json.encoder import encode_basestring_ascii
from typing import NamedTuple

from crawlblock.outcome import Ending
from crawlblock.robots.parser import SIZE_LIMIT
from crawlblock.robots.sniff import is_robots
from crawlblock.unpacking import UNREADABLE
from crawlblock.warc.codings import CODINGS, decoded, has_control
from crawlblock.warc.kept_headers import KEPT_HEADERS, joined

_ENDS = re.compile(rb"\r?\n\r?\n")
_FOLDED = re.compile(rb"[ \t]*\r?\n[ \t]+")  # RFC 9112 section 5.2
_TRANSFER, _CONTENT, _LENGTH = "transfer-encoding", "content-encoding", "content-length"
_UNDONE = "x-crawl-content-encoding"
_READ = {name: name for name in (*KEPT_HEADERS, _TRANSFER, _CONTENT, _LENGTH, _UNDONE)}
# What crawlers that store decoded payloads rename Content-Encoding to: Common Crawl, and our own.
_READ["x-crawler-content-encoding"] = _UNDONE
_LONGEST = 1024 * 1024  # bytes of a head
_MEMO = 50_000  # lines; strangers write them
# Digits of base32 as int() has them; what is none is no digit there either.
_BASE_32 = bytearray(b"!" * 256)
for _value_of, _digit in enumerate(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"):
    _BASE_32[_digit] = b"0123456789abcdefghijklmnopqrstuv"[_value_of]
_HEX = b"0123456789abcdefABCDEF"
_HASHES = {b"sha1": sha1, b"sha-1": sha1, b"sha256": sha256, b"sha-256": sha256, b"md5": md5}


class HttpAnswer(NamedTuple):
    """What a server answered."""

    status: int | None  # None: there is no HTTP status line
    location: str | None
    headers: str | None  # JSON object of the headers kept
    payload: bytes | None  # of a 2xx; None: in a coding that cannot be read
    digest: str | None  # of it; of one that is not to be trusted, as it is stated
    ended: Ending | None  # why the payload is not to be trusted
    reason: str | None  # the same in words


class Answers:
    """Reads answers; it remembers names and lines of headers it has met, within bounds."""

    def __init__(self) -> None:
        """Start with nothing met."""
        self._names = _Names()
        self._pieces = _Pieces()
        self._statuses: dict[bytes, int | None] = {}

    def read(self, block: bytes, stated: bytes = b"") -> HttpAnswer:
        """Return what an answer says; never raises, whatever the bytes.

        `stated` is the digest of the payload, as the record or an index has it.
        """
        head, end, payload = block.partition(b"\r\n\r\n")
        if b"\n\n" in head or (not end and b"\n\n" in block):
            head, payload = _cut(block)
        head = head[:_LONGEST]
        if b"\n " in head or b"\n\t" in head:
            head = _FOLDED.sub(b" ", head)
        first, *lines = head.split(b"\n")
        status = self._status(first)
        if status is None:
            reason = "the record has no HTTP status line"
            return HttpAnswer(None, None, None, None, None, Ending.UNREADABLE, reason)
        found: dict[str, bytes] = {}
        for line in lines:
            if name := self._names[line.partition(b":")[0]]:
                found[name] = joined(name, found[name], line) if name in found else line
        transfer, content = found.pop(_TRANSFER, None), found.pop(_CONTENT, None)
        length = found.pop(_LENGTH, None)
        if found.pop(_UNDONE, None) or transfer:
            length = None  # it is of something else
        checked = _NO_PAYLOAD
        if 200 <= status < 300:
            checked = _checked(payload, (transfer, content), length, stated)
            if checked[2] in _DOUBTED and payload[:2] == b"\r\n" and fits(stated, b"") is not None:
                # Each record of CC-MAIN-2018-34 has a line end too many before its payload
                # (https://github.com/commoncrawl/nutch/issues/5).
                again = _checked(payload[2:], (transfer, content), length, stated)
                checked = checked if again[2] in _DOUBTED else again
        location = found.get("location")
        return HttpAnswer(
            status,
            _value(location) if location else None,
            f"{{{', '.join(map(self._pieces.__getitem__, found.items()))}}}" if found else None,
            *checked,
        )

    def payload(self, block: bytes, stated: bytes = b"") -> HttpAnswer:
        """Return a payload that is stored without the answer that brought it."""
        return HttpAnswer(200, None, None, *_plain(block, stated))

    def _status(self, line: bytes) -> int | None:
        if line in self._statuses:
            return self._statuses[line]
        words = line.split(None, 2)
        is_line = len(words) > 1 and words[0].upper().startswith(b"HTTP") and words[1].isdigit()
        status = int(words[1][:4]) if is_line else None
        if len(self._statuses) < _MEMO and len(line) < 100:
            self._statuses[line] = status
        return status


# A payload, decoded and checked: the last four fields of HttpAnswer.
_Payload = tuple[bytes | None, str | None, Ending | None, str | None]
_NO_PAYLOAD: _Payload = (None, None, None, None)
_DOUBTED = (Ending.ALTERED, Ending.UNDECODABLE)


def _checked(
    raw: bytes, codings: tuple[bytes | None, bytes | None], length: bytes | None, stated: bytes
) -> _Payload:
    """Return a payload without its codings, if it is whole and has the digest that is stated."""
    if any(codings):
        found = _coded(raw, codings, stated)
        known = bool(raw) and found[0] is raw
    else:
        found = _plain(raw, stated)
        known = length is not None and length.endswith(b" %d\r" % len(raw))
    return _measured(found, len(raw), length) if length and not known else found


def _plain(raw: bytes, stated: bytes) -> _Payload:
    """Return a payload that is in no coding, if it has the digest that is stated."""
    own = _digest(raw, stated)
    if own is not None:
        return raw, own, None, None
    reason = f"the digest that is stated, {_text(stated)}, is not that of the payload"
    return raw, _text(stated), Ending.ALTERED, reason


def _coded(raw: bytes, lines: Iterable[bytes | None], stated: bytes) -> _Payload:
    """Return the payload behind its codings, those of the last line on top.

    Writers take the digest of a coded payload before or after undoing its codings, and some undo
    them and leave the headers: where the digest fits any of these, it is right.  A word that names
    no coding (`none`, `UTF-8`) stands for none where the digest fits.
    """
    each = [name for line in lines if line for name in reversed(_value(line).lower().split(","))]
    named = [name for name in map(str.strip, each) if name not in ("", "identity")]
    if not named:
        return _plain(raw, stated)
    stages = [raw]
    try:
        for name in named:
            if name in CODINGS or not (stated and any(fits(stated, stage) for stage in stages)):
                stages.append(decoded(stages[-1], name, sum(map(len, stages[1:]))))
    except UNREADABLE as error:
        # The digest may be that of the coded bytes, too: what can be read is not in a coding.
        is_plain = is_robots(raw) and not has_control(raw)
        if "chunked" not in named and stated and fits(stated, raw) and is_plain:
            return raw, digest(raw), None, None
        return None, _text(stated) or None, Ending.UNDECODABLE, f"{', '.join(named)}: {error}"
    payload = stages[-1]
    if payload is raw or (stated and all(fits(stated, stage) is False for stage in stages)):
        return _plain(payload, stated)
    return payload, digest(payload), None, None


def _measured(found: _Payload, size: int, line: bytes) -> _Payload:
    """Return a payload of which `size` bytes are stored, if its answer says that it is as long.

    A digest cannot say otherwise: archives take it of what they got.
    """
    payload, named, ended, _ = found
    length = line.partition(b":")[2].strip()
    short = length.isdigit() and len(length) < 19 and size < min(int(length), SIZE_LIMIT)
    if short and ended is None:
        return payload, named, Ending.CUT, f"{size} of {int(length)} bytes are there"
    return found


def _digest(payload: bytes, stated: bytes) -> str | None:
    """Return the digest of a payload, None if another one is stated.

    To compare it with what is stated is quicker than to spell it.
    """
    number = stated[5:]
    if len(number) == 32 and stated[:5] == b"sha1:":
        raw = sha1(payload, usedforsecurity=False).digest()
        try:
            same = int(number.translate(_BASE_32), 32) == int.from_bytes(raw)
        except ValueError:
            same = False
        if same:
            return stated.decode()
    return None if stated and fits(stated, payload) is False else digest(payload)


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
    number = _number(value, len(raw))
    return None if number is None else number == raw


def _number(value: bytes, size: int) -> bytes | None:
    """Return the `size` bytes that hexadecimal or base32 digits say, None for anything else."""
    try:
        if len(value) == 2 * size and not value.strip(_HEX):
            return bytes.fromhex(value.decode("ascii"))
        bare = value.rstrip(b"=")
        raw = b32decode(bare + b"=" * (-len(bare) % 8), casefold=True)
    except ValueError:
        return None
    return raw if len(raw) == size else None


def spelled(stated: bytes) -> str | None:
    """Return a digest as payloads are named, None for an empty one; others stay as they are."""
    name, _, value = stated.strip().partition(b":")
    number = _number(value, 20) if name.lower() in (b"sha1", b"sha-1") else None
    if number is not None:
        return "sha1:" + b32encode(number).decode()
    return _text(stated.strip()) or None


class _Names(dict[bytes, str | None]):
    """The name of a header that is read, None for any other."""

    def __missing__(self, name: bytes) -> str | None:
        found = _READ.get(_text(name).strip().lower())
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
