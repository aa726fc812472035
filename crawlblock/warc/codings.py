"""Codings of HTTP payloads undone, within bounds; what ends early is an error."""

import zlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

LARGEST = 64 * 1024 * 1024  # bytes of anything once unpacked
UNREADABLE = (ValueError, zlib.error)
_SIP = 16  # bytes of brotli read at a time, of which each may stand for a MiB
_GZIP = b"\x1f\x8b"
_HEX = b"0123456789abcdefABCDEF"


def decoded(payload: bytes, codings: Sequence[str]) -> bytes:
    """Return a payload without its codings, in the order in which they are undone.

    Raises ValueError or zlib.error for one that is unknown, broken or ends early.
    """
    for coding in codings:
        undo = _UNDO.get(coding, _unknown)
        payload = undo(payload)
    return payload


def inflate(packed: bytes, window: int, most: int = LARGEST) -> tuple[bytes, int]:
    """Return what one zlib or gzip stream holds, and how many bytes it takes.

    `window` is that of zlib.decompressobj.  Raises zlib.error, and ValueError for a stream that
    ends early or holds more than `most` bytes.
    """
    unpacker = zlib.decompressobj(window)
    text = unpacker.decompress(packed, most)
    if not unpacker.eof:
        raise ValueError("it is too large" if unpacker.unconsumed_tail else "it ends early")
    return text, len(packed) - len(unpacker.unused_data)


def _ungzipped(payload: bytes) -> bytes:
    """Return what gzip members hold; what does not begin as gzip was decoded already."""
    if not payload.startswith(_GZIP):
        return payload
    pieces: list[bytes] = []
    end = 0
    while payload[end : end + 2] == _GZIP:
        room = LARGEST - sum(map(len, pieces))
        text, size = inflate(payload[end:], 31, max(1, room))
        pieces.append(text)
        end += size
    return b"".join(pieces)


def _inflated(payload: bytes) -> bytes:
    """Return what zlib or, as some servers understand the word, bare deflate holds."""
    for window in (15, -15):
        with suppress(zlib.error):
            return inflate(payload, window)[0]
    return _unknown(payload)


def _unknown(payload: bytes) -> bytes:
    """Return plain text, which is in no coding whatever its header says; raises ValueError."""
    if payload.isascii():
        return payload
    raise ValueError("it is in another coding, or broken")


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
                raise ValueError("it is too large")
        if hasattr(unpacker, "finish"):
            unpacker.finish()  # brotlipy raises here what ends early
    except brotli.error:
        return _unknown(payload)
    if hasattr(unpacker, "is_finished") and not unpacker.is_finished():
        raise ValueError("it ends early")
    return b"".join(pieces)


def _unchunked(payload: bytes) -> bytes:
    """Return chunks joined (RFC 9112 section 7.1); what holds none is taken as it is."""
    pieces: list[bytes] = []
    at = 0
    while True:
        end = payload.find(b"\n", at)
        size = payload[at:end].partition(b";")[0].strip() if end >= 0 else b""
        if not size or len(size) > 16 or size.strip(_HEX):
            if not pieces and at == 0:
                return payload
            raise ValueError("it ends early" if not payload[at:].strip() else "a broken chunk")
        length = int(size, 16)
        if length == 0:
            return b"".join(pieces)
        piece = payload[end + 1 : end + 1 + length]
        if len(piece) < length:
            raise ValueError("it ends early")
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
