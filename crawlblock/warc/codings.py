"""Codings of HTTP payloads undone, within bounds; what ends early is an error."""

import zlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from io import BytesIO

from crawlblock.unpacking import (
    LARGEST,
    EarlyEndError,
    TooLargeError,
    Unpacker,
    Zlib,
    Zstd,
    inflate,
)

_SIP = 16  # bytes of brotli read at a time, of which each may stand for a MiB
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_WEB_WINDOW = 23  # base-2 logarithm: RFC 9659 allows no more than 8 MiB in HTTP
_HEX = b"0123456789abcdefABCDEF"
_CONTROL = bytes({*range(32)} - {*b"\t\n\f\r"})


def decoded(payload: bytes, coding: str, held: int = 0) -> bytes:
    """Return a payload without a coding; the payload itself, where it is not in it.

    `held`: bytes that undoing other codings gave.  Raises ValueError or zlib.error for a coding
    that is unknown, broken or ends early, and where all together is too large.
    """
    found = _UNDO.get(coding, _unknown)(payload) if payload else payload
    if held + len(found) > LARGEST:
        raise TooLargeError
    return found


def _ungzipped(payload: bytes) -> bytes:
    """Return what gzip members hold; what does not begin as gzip was decoded already."""
    return _members(payload, _GZIP, Zlib)


def _unzstd(payload: bytes) -> bytes:
    """Return what zstd frames hold; without a library that reads them, plain text as it is."""
    try:
        return _members(payload, _ZSTD, partial(Zstd, window=_WEB_WINDOW))
    except ImportError:
        return _unknown(payload)


def _members(payload: bytes, magic: bytes, opened: Callable[[], Unpacker]) -> bytes:
    """Return what the members of a payload hold that begin like this, itself without any."""
    found = BytesIO()
    end = 0
    while payload[end : end + 1] == magic[:1] and magic.startswith(payload[end : end + len(magic)]):
        text, end = inflate(payload, end, LARGEST - found.tell(), opened)
        found.write(text)
    return found.getvalue() if end else payload


def _inflated(payload: bytes) -> bytes:
    """Return what zlib or, as some servers understand the word, bare deflate holds."""
    for window in (15, -15):
        with suppress(zlib.error):
            return inflate(payload, opened=partial(Zlib, window))[0]
    return _unknown(payload)


def _unknown(payload: bytes) -> bytes:
    """Return plain text, which is in no coding whatever its header says; raises ValueError."""
    try:
        payload.decode()
    except UnicodeDecodeError:
        raise ValueError("it is in another coding, or broken") from None
    if has_control(payload):
        raise ValueError("it is in another coding, or broken")
    return payload


def has_control(payload: bytes) -> bool:
    """Tell whether bytes hold control characters, which coded bytes do and plain text does not."""
    return len(payload.translate(None, _CONTROL)) < len(payload)


def _unbrotlied(payload: bytes) -> bytes:
    """Return what brotli holds; it has no limit of its own, so it is fed in sips."""
    try:
        import brotli  # type: ignore[import-untyped, unused-ignore]  # comes with FastWARC
    except ImportError:
        return _unknown(payload)
    unpacker = brotli.Decompressor()
    unpack = getattr(unpacker, "process", None) or unpacker.decompress  # as brotlipy calls it
    found = BytesIO()
    try:
        for at in range(0, len(payload), _SIP):
            found.write(unpack(payload[at : at + _SIP]))
            if found.tell() > LARGEST:
                raise TooLargeError
        if hasattr(unpacker, "finish"):
            unpacker.finish()  # brotlipy raises here what ends early, and asserts that it does not
        elif not unpacker.is_finished():
            return _unknown(payload)
    except (brotli.error, AssertionError):
        return _unknown(payload)
    return found.getvalue()


def _unchunked(payload: bytes) -> bytes:
    """Return chunks joined (RFC 9112 section 7.1); what holds none is taken as it is."""
    found = BytesIO()
    at = 0
    while True:
        end = payload.find(b"\n", at)
        size = payload[at:end].partition(b";")[0].strip() if end >= 0 else b""
        if not size or len(size) > 16 or size.strip(_HEX):
            if end < 0 and len(payload) - at < 16 and not payload[at:].strip(_HEX + b"\r"):
                raise EarlyEndError
            if not found.tell():
                return payload
            raise ValueError("a chunk is broken")
        length = int(size, 16)
        if length == 0:
            return found.getvalue()
        piece = payload[end + 1 : end + 1 + length]
        if len(piece) < length:
            raise EarlyEndError
        found.write(piece)
        at = end + 1 + length
        at += 2 if payload[at : at + 2] == b"\r\n" else 1 if payload[at : at + 1] == b"\n" else 0


_UNDO: Mapping[str, Callable[[bytes], bytes]] = {
    "chunked": _unchunked,
    "gzip": _ungzipped,
    "x-gzip": _ungzipped,
    "deflate": _inflated,
    "br": _unbrotlied,
    "zstd": _unzstd,
}
# Words that name a coding; those that are not undone here leave the payload unreadable.
CODINGS = frozenset({
    *_UNDO, "compress", "x-compress", "dcb", "dcz", "exi", "aes128gcm", "pack200-gzip",
    "sdch", "bzip2", "x-bzip2", "lzma", "xz", "lz4", "snappy", "brotli", "zlib", "bzip",
})  # fmt: skip
