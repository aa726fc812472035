"""WARC records out: the exchanges of live runs and of rendered archives."""

import uuid
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from crawlblock.warc.http import digest

_LEVEL = 9  # of compression, as warcio has it
_SMALL = 3_800  # bytes of a record for which zlib needs little memory
_EMPTY = digest(b"")


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request by GET and its answer, to be written as a pair of records."""

    url: str
    fetch_time: datetime  # UTC
    address: str  # of the server
    request_headers: tuple[tuple[str, str], ...]
    status: int
    reason: str  # empty for HTTP/2, which has none
    headers: tuple[tuple[str, str], ...]  # of the answer, in their order
    payload: bytes  # without content or transfer encoding
    detected: str | None  # media type as the payload looks; None: it is not stated
    protocols: tuple[str, ...] = ()  # WARC-Protocol: http/1.1, h2, tls/1.3
    truncated: str | None = None  # why the payload is cut, as WARC-Truncated has it
    before: bytes = b""  # what a faulty writer puts between the head and the payload
    digest: str | None = None  # of the payload, where it is known already


def append_info(stream: BinaryIO, filename: str, time: datetime, fields: Mapping[str, str]) -> str:
    """Append the warcinfo record that opens a file; return its id for the records that follow."""
    record_id = _record_id(filename)
    headers = [
        ("WARC-Type", "warcinfo"),
        ("WARC-Date", _spelled(time)),
        ("WARC-Record-ID", record_id),
        ("Content-Type", "application/warc-fields"),
        ("WARC-Filename", filename),
    ]
    block = "".join(f"{name}: {value}\r\n" for name, value in fields.items()).encode()
    stream.write(_record([*headers, ("WARC-Block-Digest", digest(block))], block))
    return record_id


def append_exchange(stream: BinaryIO, info_id: str, exchange: Exchange) -> tuple[int, int]:
    """Append a request and its response; return offset and length of the response, in bytes.

    Records and their headers stand in the order in which Common Crawl's fetcher (Nutch's
    WarcWriter) writes them.  Both are written at once.
    """
    path = exchange.url.partition("://")[2].partition("/")[2]
    request = _http(f"GET /{path} HTTP/1.1", exchange.request_headers)
    answer = _http(f"HTTP/1.1 {exchange.status} {exchange.reason}", exchange.headers)
    block = answer + exchange.before + exchange.payload
    begin = stream.tell()
    request_id, response_id = (_record_id(info_id, begin, kind) for kind in (0, 1))
    asked = _common("request", request_id, info_id, exchange)
    asked += [("WARC-Payload-Digest", _EMPTY), ("WARC-Block-Digest", digest(request))]
    response = _common("response", response_id, info_id, exchange)
    response.insert(5, ("WARC-Concurrent-To", request_id))
    response += [("WARC-Protocol", protocol) for protocol in exchange.protocols]
    response += [
        ("WARC-Payload-Digest", exchange.digest or digest(exchange.payload)),
        ("WARC-Block-Digest", digest(block)),
    ]
    if exchange.detected:
        response.append(("WARC-Identified-Payload-Type", exchange.detected))
    if exchange.truncated:
        response.append(("WARC-Truncated", exchange.truncated))
    first, second = _record(asked, request), _record(response, block)
    stream.write(first + second)
    return begin + len(first), len(second)


def _record(headers: list[tuple[str, str]], block: bytes) -> bytes:
    """Return a record as a gzip member of its own.

    Content-Length follows the record's id, as Common Crawl has it.
    """
    headers.insert(3, ("Content-Length", str(len(block))))
    lines = ["WARC/1.0", *map(": ".join, headers), "", ""]
    record = b"%s%s\r\n\r\n" % ("\r\n".join(lines).encode(), block)
    # with less memory zlib gives the same bytes in a quarter of the time
    window, memory = (12, 6) if len(record) < _SMALL else (zlib.MAX_WBITS, zlib.DEF_MEM_LEVEL)
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, 16 + window, memory)
    return packer.compress(record) + packer.flush()


def _common(kind: str, record_id: str, info_id: str, exchange: Exchange) -> list[tuple[str, str]]:
    return [
        ("WARC-Type", kind),
        ("WARC-Date", _spelled(exchange.fetch_time)),
        ("WARC-Record-ID", record_id),
        ("Content-Type", f"application/http; msgtype={kind}"),
        ("WARC-Warcinfo-ID", info_id),
        ("WARC-IP-Address", exchange.address),
        ("WARC-Target-URI", exchange.url),
    ]


def _spelled(time: datetime) -> str:
    return f"{time.isoformat(timespec='seconds')}Z"


def _http(start: str, headers: Iterable[tuple[str, str]]) -> bytes:
    return "\r\n".join([start, *map(": ".join, headers), "", ""]).encode()


def _record_id(*parts: object) -> str:
    """Return a record id that follows from what the record is, so that files can be made again."""
    return f"<urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, ' '.join(map(str, parts)))}>"
