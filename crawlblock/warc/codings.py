"""Codings of HTTP payloads undone, within bounds; what ends early is an error."""

import zlib
from collections.abc import Callable, Mapping
from contextlib import suppress

from crawlblock.unpacking import LARGEST, EarlyEndError, TooLargeError, inflate

_SIP = 16  # bytes of brotli read at a time, of which each may stand for a MiB
_GZIP = b"\x1f\x8b"
_HEX = b"0123456789abcdefABCDEF"
_CONTROL = bytes({*range(32)} - {*b"\t\n\f\r"})


def decoded(payload: bytes, coding: str) -> bytes:
    """Return a payload without a coding; the payload itself, where it is not in it.

    Raises ValueError or zlib.error for a coding that is unknown, broken or ends early.
    """
    return _UNDO.get(coding, _unknown)(payload) if payload else payload


def _ungzipped(payload: bytes) -> bytes:
    """Return what gzip members hold; what does not begin as gzip was decoded already."""
    pieces: list[bytes] = []
    end = held = 0
    while payload[end : end + 2] in (_GZIP, _GZIP[:1]):
        text, end = inflate(payload, end)
        pieces.append(text)
        held += len(text)
        if held > LARGEST:
            raise TooLargeError
    return b"".join(pieces) if end else payload


def _inflated(payload: bytes) -> bytes:
    """Return what zlib or, as some servers understand the word, bare deflate holds."""
    for window in (15, -15):
        with suppress(zlib.error):
            return inflate(payload, window=window)[0]
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
    pieces: list[bytes] = []
    held = 0
    try:
        for at in range(0, len(payload), _SIP):
            pieces.append(unpack(payload[at : at + _SIP]))
            held += len(pieces[-1])
            if held > LARGEST:
                raise TooLargeError
        if hasattr(unpacker, "finish"):
            unpacker.finish()  # brotlipy raises here what ends early, and asserts that it does not
        elif not unpacker.is_finished():
            return _unknown(payload)
    except (brotli.error, AssertionError):
        return _unknown(payload)
    return b"".join(pieces)


def _unchunked(payload: bytes) -> bytes:
    """Return chunks joined (RFC 9112 section 7.1); what holds none is taken as it is."""
    pieces: list[bytes] = []
    at = 0
    while True:
        end = payload.find(b"\n", at)
        size = payload[at:end].partition(b";")[0].strip() if end >= 0 else b""
        if not size or len(size) > 16 or size.strip(_HEX):
            if end < 0 and len(payload) - at < 16 and not payload[at:].strip(_HEX + b"\r"):
                raise EarlyEndError
            if not pieces:
                return payload
            raise ValueError("a chunk is broken")
        length = int(size, 16)
        if length == 0:
            return b"".join(pieces)
        piece = payload[end + 1 : end + 1 + length]
        if len(piece) < length:
            raise EarlyEndError
        pieces.append(piece)
        at = end + 1 + length
        at += 2 if payload[at : at + 2] == b"\r\n" else 1 if payload[at : at + 1] == b"\n" else 0


_UNDO: Mapping[str, Callable[[bytes], bytes]] = {
    "chunked": _unchunked,
    "gzip": _ungzipped,
    "x-gzip": _ungzipped,
    "deflate": _inflated,
    "br": _unbrotlied,
}
# Words that name a coding; those that are not undone here leave the payload unreadable.
CODINGS = frozenset({
    *_UNDO, "compress", "x-compress", "zstd", "dcb", "dcz", "exi", "aes128gcm", "pack200-gzip",
    "sdch", "bzip2", "x-bzip2", "lzma", "xz", "lz4", "snappy", "brotli", "zlib", "bzip",
})  # fmt: skip
