"""Files that unpack to far more than they are, and what reads one and tells how much it took."""

import resource
import struct
import sys
import zlib
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

_MIB = 1024 * 1024
_VAST = 512 * _MIB
_MEMBER = b"\x1f\x8b\x08" + bytes(7)


def zeros(size: int = _VAST, before: bytes = b"", fill: bytes = b"\0") -> bytes:
    """Return a gzip member of some bytes and many equal ones behind them."""
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    begin = packer.compress(before) + packer.flush(zlib.Z_FULL_FLUSH)
    block = fill * _MIB
    each = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)
    number = zlib.crc32(before)
    for _ in range(size // _MIB):
        number = zlib.crc32(block, number)
    end = struct.pack("<II", number, (len(before) + size) % 2**32)
    return _MEMBER + begin + each * (size // _MIB) + packer.flush() + end


def record(block: bytes, length: int | None = None, fields: bytes = b"") -> bytes:
    """Return a record of an answer to a robots.txt URL."""
    size = len(block) if length is None else length
    return (
        b"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: https://a.example/robots.txt\r\n"
        b"WARC-Date: 2025-08-04T14:54:08Z\r\n%sContent-Length: %d\r\n\r\n" % (fields, size)
    ) + block + b"\r\n\r\n"  # fmt: skip


def _body(coding: bytes, body: bytes) -> bytes:
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: %s\r\n\r\n" % coding
    return _packed(record(head + body))


def _packed(text: bytes) -> bytes:
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    return packer.compress(text) + packer.flush()


def _zstd(text: bytes, window: int) -> bytes:
    """Return a frame that states no size and needs a window of 2 to this power."""
    from crawlblock.unpacking import zstd_library

    zstd = zstd_library()
    setting = zstd.CompressionParameter
    packer = zstd.ZstdCompressor(
        options={setting.window_log: window, setting.compression_level: 1, setting.hash_log: 17}
    )
    begin: bytes = packer.compress(text[:_MIB]) + packer.compress(text[_MIB:])
    return begin + bytes(packer.flush())


def _zstd_zeros(window: int, before: bytes = b"") -> bytes:
    """Return a frame of 512 MiB of zeros, of equal blocks of 128 KiB each (RFC 8878, 3.1.1.2)."""
    begin = b"\x28\xb5\x2f\xfd\x00" + bytes([(window - 10) << 3])
    size = 128 * 1024
    first = struct.pack("<I", len(before) << 3)[:3] + before
    block = struct.pack("<I", (size << 3) | 2)[:3] + b"\0"
    return (
        begin + first + block * (_VAST // size - 1) + struct.pack("<I", (size << 3) | 3)[:3] + b"\0"
    )


def _brotli() -> bytes:
    import brotli  # type: ignore[import-untyped, unused-ignore]

    return bytes(brotli.compress(bytes(300 * _MIB), quality=1))


def _many() -> bytes:
    """Return one gzip member of a file of 600 MiB."""
    text = record(b"HTTP/1.1 200 OK\r\n\r\n" + b"User-agent: *\nDisallow: /\n" * 40_000)
    packer = zlib.compressobj(1, zlib.DEFLATED, -15)
    each = packer.compress(text) + packer.flush(zlib.Z_FULL_FLUSH)
    number = 0
    for _ in range(600):
        number = zlib.crc32(text, number)
    return _MEMBER + each * 600 + packer.flush() + struct.pack("<II", number, 600 * len(text))


_OK = b"HTTP/1.1 200 OK\r\n"
KINDS: dict[str, Callable[[], bytes]] = {
    "512 MiB of zeros in gzip": zeros,
    "512 MiB of zeros in gzip behind a record": lambda: zeros(before=record(_OK + b"\r\n")),
    "a header of 512 MiB": lambda: zeros(
        before=b"WARC/1.0\r\nWARC-Type: response\r\nX: ", fill=b"x"
    ),
    "a header of 512 MiB of lines": lambda: zeros(before=b"WARC/1.0\r\n", fill=b"A: b\r\n  "),
    "a block of 512 MiB": lambda: zeros(before=record(b"", _VAST)[:-4]),
    "a block of 64 MiB": lambda: zeros(64 * _MIB, record(b"", 64 * _MIB)[:-4]),
    "a length of twenty digits": lambda: zeros(before=record(b"", 10**19)[:-4]),
    "a length of eighteen digits": lambda: zeros(before=record(b"", 10**17)[:-4]) * 3,
    "an HTTP head of 60 MiB": lambda: _packed(record(_OK + b"A: b\r\n" * 10_000_000)),
    "a million headers": lambda: _packed(
        record(_OK + b"".join(b"X-%d: b\r\n" % n for n in range(1_000_000)) + b"\r\n")
    ),
    "gzip in gzip": lambda: _body(b"gzip", zeros()),
    "gzip in gzip in gzip": lambda: _body(b"gzip, gzip", _packed(zeros())),
    "gzip of 63 MiB in gzip": lambda: _body(b"gzip", zeros(63 * _MIB)),
    "gzip four times, each of 60 MiB": lambda: _body(
        b"gzip, gzip, gzip", _stored(_stored(zeros(60 * _MIB, b"", b"\x1f"), 50), 55)
    ),
    "brotli of 300 MiB": lambda: _body(b"br", _brotli()),
    "chunks of one byte": lambda: _packed(
        record(_OK + b"Transfer-Encoding: chunked\r\n\r\n" + b"1\r\n#\r\n" * 10_000_000 + b"0\r\n")
    ),
    "a member of 600 MiB": _many,
    "a record in two members of 40 MiB": lambda: b"".join(
        (
            zeros(40 * _MIB, record(b"", 80 * _MIB - 4096)[:-4]),
            zeros(40 * _MIB),
        )
    ),
    "an ARC line without an end": lambda: zeros(before=b"http://a.example/", fill=b"x"),
    "an ARC block of 512 MiB": lambda: zeros(
        before=b"http://a.example/robots.txt 192.0.2.1 20080430204825 text/plain %d\n" % _VAST
    ),
    "zstd of 512 MiB": lambda: _zstd_zeros(27),
    "zstd of 512 MiB with a record": lambda: _zstd_zeros(27, record(b"", _VAST)[:-4]),
    "zstd with a window of 2 GiB": lambda: _zstd_zeros(31),
    "zstd in HTTP": lambda: _body(b"zstd", _zstd_zeros(23)),
    "zstd in HTTP with a window of 2 GiB": lambda: _body(b"zstd", _zstd_zeros(31)),
    "a zstd dictionary of 512 MiB": lambda: _frame(_zstd_zeros(27)),
    "a zstd block of 64 MiB": lambda: _zstd(record(_OK + b"\r\n" + bytes(63 * _MIB)), 27),
}


def _stored(text: bytes, mib: int) -> bytes:
    """Return a gzip member that does not shrink its text, which is filled up to a size."""
    packer = zlib.compressobj(0, zlib.DEFLATED, 31)
    filled = text + zeros(_MIB) * max(0, (mib * _MIB - len(text)) // len(zeros(_MIB)))
    return packer.compress(filled) + packer.flush()


def _frame(dictionary: bytes) -> bytes:
    return b"\x5d\x2a\x4d\x18" + struct.pack("<I", len(dictionary)) + dictionary


def usable() -> Iterator[str]:
    """Yield the kinds that can be made with the libraries at hand."""
    from crawlblock.unpacking import zstd_library  # not loaded before memory is measured

    try:
        zstd = bool(zstd_library())
    except ImportError:
        zstd = False
    for name in KINDS:
        if ("zstd" not in name or zstd) and ("brotli" not in name or find_spec("brotli")):
            yield name


def main(path: Path, fast: bool) -> None:
    """Read a file as all sources do; print how many MB that took beyond what was there before."""
    from crawlblock.captures.build import seen
    from crawlblock.warc.http import Answers
    from crawlblock.warc.reader import Record, records

    if fast:
        import fastwarc.warc  # noqa: F401 - it is not part of what reading takes
    answers = Answers()
    before = _peak()
    counts = [0, 0]
    for each in records(path, fast):
        is_record = isinstance(each, Record)
        counts[is_record] += 1
        if isinstance(each, Record):
            seen(each, answers)
    print(_peak() - before, *counts)


def _peak() -> int:
    """Return the largest size of this process so far, in MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // (1_000_000 if sys.platform == "darwin" else 1_000)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2] == "fast")
