"""WARC records out, by warcio: the exchanges of live runs and of rendered archives."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import BinaryIO

from warcio.recordloader import ArcWarcRecord
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from crawlblock.warc.http import digest

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
    digest: str | None = None  # of the payload, where it is known already
    before: bytes = b""  # what a faulty writer puts between the head and the payload


def append_info(stream: BinaryIO, filename: str, time: datetime, fields: Mapping[str, str]) -> str:
    """Append the warcinfo record that opens a file; return its id for the records that follow."""
    record_id = _record_id(filename)
    headers = [
        ("WARC-Type", "warcinfo"),
        ("WARC-Date", f"{time:%Y-%m-%dT%H:%M:%SZ}"),
        ("WARC-Record-ID", record_id),
        ("Content-Type", "application/warc-fields"),
        ("WARC-Filename", filename),
    ]
    block = "".join(f"{name}: {value}\r\n" for name, value in fields.items()).encode()
    append(stream, [*headers, ("WARC-Block-Digest", digest(block))], block)
    return record_id


def append_exchange(stream: BinaryIO, info_id: str, exchange: Exchange) -> tuple[int, int]:
    """Append a request and its response; return offset and length of the response, in bytes.

    Records and their headers stand in the order in which Common Crawl's fetcher (Nutch's
    WarcWriter) writes them.
    """
    path = exchange.url.partition("://")[2].partition("/")[2]
    request = _http(f"GET /{path} HTTP/1.1", exchange.request_headers)
    answer = _http(f"HTTP/1.1 {exchange.status} {exchange.reason}", exchange.headers)
    block = answer + exchange.before + exchange.payload
    request_id, response_id = (_record_id(info_id, stream.tell(), kind) for kind in (0, 1))
    asked = _common("request", request_id, info_id, exchange)
    asked += [("WARC-Payload-Digest", _EMPTY), ("WARC-Block-Digest", digest(request))]
    append(stream, asked, request)
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
    return append(stream, response, block)


def append(stream: BinaryIO, headers: Iterable[tuple[str, str]], block: bytes) -> tuple[int, int]:
    """Append a record as a gzip member of its own; return its offset and length in bytes.

    Content-Length follows the record's id, as Common Crawl has it.
    """
    named = list(headers)
    named.insert(3, ("Content-Length", str(len(block))))
    kind = dict(named)["WARC-Type"]
    head = StatusAndHeaders("", named, "WARC/1.0")
    record = ArcWarcRecord("warc", kind, head, BytesIO(block), None, None, len(block))
    offset = stream.tell()
    WARCWriter(stream, gzip=True).write_record(record)
    return offset, stream.tell() - offset


def _common(kind: str, record_id: str, info_id: str, exchange: Exchange) -> list[tuple[str, str]]:
    return [
        ("WARC-Type", kind),
        ("WARC-Date", f"{exchange.fetch_time:%Y-%m-%dT%H:%M:%SZ}"),
        ("WARC-Record-ID", record_id),
        ("Content-Type", f"application/http; msgtype={kind}"),
        ("WARC-Warcinfo-ID", info_id),
        ("WARC-IP-Address", exchange.address),
        ("WARC-Target-URI", exchange.url),
    ]


def _http(start: str, headers: Iterable[tuple[str, str]]) -> bytes:
    lines = [start, *(f"{name}: {value}" for name, value in headers), "", ""]
    return "\r\n".join(lines).encode()


def _record_id(*parts: object) -> str:
    """Return a record id that follows from what the record is, so that files can be made again."""
    return f"<urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, ' '.join(map(str, parts)))}>"
