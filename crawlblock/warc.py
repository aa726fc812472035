"""WARC records in and out."""

import base64
import hashlib
import io
from collections.abc import Iterator
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
    if record.raw_stream.tell() < record.length if hasattr(record.raw_stream, "tell") else False:
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
