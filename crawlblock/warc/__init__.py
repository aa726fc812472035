"""WARC records in and out."""

import base64
import hashlib
import io
import uuid
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, BinaryIO

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed


@dataclass(frozen=True, slots=True)
class Response:
    """A response record: one answer of a server."""

    url: str
    fetch_time: datetime  # UTC
    status: int | None  # None: the record has no HTTP status line
    headers: tuple[tuple[str, str], ...]  # of the HTTP answer, in their order
    payload: bytes
    digest: str | None  # WARC-Payload-Digest as the record states it
    truncated: bool  # the record says that its payload is cut
    offset: int  # bytes from the start of what was read
    length: int  # bytes of the record as stored

    def header(self, name: str) -> str | None:
        """Return the first header of that name."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


def digest(payload: bytes) -> str:
    """Return the digest by which WARC and Common Crawl's indexes name a payload."""
    return "sha1:" + base64.b32encode(hashlib.sha1(payload).digest()).decode()  # noqa: S324


def read_record(stored: bytes) -> Response | None:
    """Return the response in the bytes of one record, None if they do not hold one."""
    return next(responses(io.BytesIO(stored)), None)


def responses(stream: BinaryIO) -> Iterator[Response]:
    """Return the response records of a WARC stream; what follows a damaged place is not reached.

    A record whose payload is shorter than its header says is left out: warcio itself is silent.
    """
    iterator = ArchiveIterator(stream, arc2warc=True)
    try:
        for record in iterator:
            if record.rec_type == "response":
                response = _response(record, iterator)
                if response is not None:
                    yield response
    except (ArchiveLoadFailed, AttributeError, EOFError, ValueError, OSError):
        return  # warcio raises any of these on damaged input


def _response(record: Any, iterator: Any) -> Response | None:
    headers = record.rec_headers
    http = record.http_headers
    payload = record.content_stream().read() if http else record.raw_stream.read()
    while record.raw_stream.read(65_536):
        pass  # what decoding left over
    if record.raw_stream.limit > 0:
        return None
    status = http.get_statuscode() if http else ""
    return Response(
        url=(headers.get_header("WARC-Target-URI") or "").strip("<>"),
        fetch_time=_time(headers.get_header("WARC-Date")),
        status=int(status) if status.isdigit() else None,
        headers=tuple(http.headers) if http else (),
        payload=payload,
        digest=headers.get_header("WARC-Payload-Digest"),
        truncated=headers.get_header("WARC-Truncated") is not None,
        offset=iterator.get_record_offset(),
        length=iterator.get_record_length(),
    )


def _time(text: str | None) -> datetime:
    parsed = datetime.fromisoformat(text or "")
    return parsed.astimezone(UTC).replace(tzinfo=None) if parsed.tzinfo else parsed


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
    detected: str  # media type as the payload looks
    protocols: tuple[str, ...] = ()  # WARC-Protocol: http/1.1, h2, tls/1.3
    truncated: str | None = None  # why the payload is cut, as WARC-Truncated has it


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
    block = answer + exchange.payload
    request_id, response_id = (_record_id(info_id, stream.tell(), kind) for kind in (0, 1))
    asked = _common("request", request_id, info_id, exchange)
    asked += [("WARC-Payload-Digest", digest(b"")), ("WARC-Block-Digest", digest(request))]
    append(stream, asked, request)
    response = _common("response", response_id, info_id, exchange)
    response.insert(5, ("WARC-Concurrent-To", request_id))
    response += [("WARC-Protocol", protocol) for protocol in exchange.protocols]
    response += [
        ("WARC-Payload-Digest", digest(exchange.payload)),
        ("WARC-Block-Digest", digest(block)),
        ("WARC-Identified-Payload-Type", exchange.detected),
    ]
    if exchange.truncated:
        response.append(("WARC-Truncated", exchange.truncated))
    return append(stream, response, block)


def append(stream: BinaryIO, headers: Iterable[tuple[str, str]], block: bytes) -> tuple[int, int]:
    """Append a record as a gzip member of its own; return its offset and length in bytes.

    Content-Length follows the record's id, as Common Crawl has it.
    """
    named = list(headers)
    named.insert(3, ("Content-Length", str(len(block))))
    head = _http("WARC/1.0", named)
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    offset = stream.tell()
    stored = packer.compress(head + block + b"\r\n\r\n") + packer.flush()
    stream.write(stored)
    return offset, len(stored)


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
