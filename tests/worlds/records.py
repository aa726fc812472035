"""The bytes of a case: WARC records as Common Crawl writes them, and damage to them."""

import base64
import hashlib
import uuid
import zlib
from collections.abc import Iterable
from http import HTTPStatus

from worlds.cases import Case, Form, Record, moment

CRLF = b"\r\n"


def digest(payload: bytes) -> str:
    """Return a payload's SHA-1 as Common Crawl writes it, without its label."""
    return base64.b32encode(hashlib.sha1(payload).digest()).decode()


def packed(text: bytes) -> bytes:
    """Return a gzip member."""
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    return packer.compress(text) + packer.flush()


def warcinfo(form: Form) -> bytes:
    """Return the record that a file begins with."""
    pack = form.pack or packed
    if form.is_arc:
        block = b"1 0 Tests\nURL IP-address Archive-date Content-type Archive-length\n"
        return pack(_arc("filedesc://tests.arc", "20250802000000", "text/plain", block))
    fields = [
        ("WARC-Type", "warcinfo"),
        ("WARC-Date", "2025-08-02T00:00:00Z"),
        ("WARC-Record-ID", _name("warcinfo")),
        ("Content-Type", "application/warc-fields"),
    ]
    return pack(_warc(fields, b"isPartOf: CC-MAIN-2025-33\r\n"))


def request(record: Record, case: Case) -> bytes:
    """Return the request of a record, which ARC does not keep."""
    if case.form.is_arc:
        return b""
    url = case.filled(record.url)
    host, _, path = url.partition("://")[2].partition("/")
    block = f"GET /{path} HTTP/1.1\r\nUser-Agent: CCBot/2.0\r\nHost: {host}\r\n\r\n".encode()
    fields = _common(record, case, "request")
    pack = case.form.pack or packed
    return pack(_warc([*fields, ("WARC-Block-Digest", f"sha1:{digest(block)}")], block))


def answer(record: Record, case: Case) -> tuple[bytes, bytes]:
    """Return the answer of a record as it was written, and as it is stored."""
    kind = "revisit" if record.refers else "resource" if record.is_resource else "response"
    payload = b"" if record.refers else record.body
    head = _head(record, case)
    fields = [*_common(record, case, kind), *_revisit(record, case)]
    stated = record.body if record.stated is None else record.stated
    fields.append(("WARC-Payload-Digest", f"sha1:{digest(stated)}"))
    if record.truncated:
        fields.append(("WARC-Truncated", record.truncated))
    kept = payload if record.altered is None else record.altered
    if case.form.is_arc:
        url, time = case.filled(record.url), f"{record.time:%Y%m%d%H%M%S}"
        written = _arc(url, time, record.type or "unk", head + kept)
    else:
        written = _warc(_changed(fields, record, case), head + kept)
    whole = (case.form.pack or packed)(record.spelled(written) if record.spelled else written)
    return whole, record.damaged(whole) if record.damaged else whole


def _common(record: Record, case: Case, kind: str) -> list[tuple[str, str]]:
    return [
        ("WARC-Type", kind),
        ("WARC-Date", f"{record.time:%Y-%m-%dT%H:%M:%SZ}"),
        ("WARC-Record-ID", _name(case.name, record.url, record.at, kind)),
        ("Content-Type", _media_type(kind)),
        ("WARC-Warcinfo-ID", _name("warcinfo")),
        ("WARC-IP-Address", "198.51.100.7"),
        ("WARC-Target-URI", case.filled(record.url)),
    ]


def _media_type(kind: str) -> str:
    if kind == "resource":
        return "text/plain"
    return f"application/http; msgtype={kind.replace('revisit', 'response')}"


def _revisit(record: Record, case: Case) -> list[tuple[str, str]]:
    if not record.refers:
        return []
    url, at = record.refers
    return [
        ("WARC-Profile", "http://netpreserve.org/warc/1.0/revisit/identical-payload-digest"),
        ("WARC-Refers-To-Target-URI", case.filled(url)),
        ("WARC-Refers-To-Date", f"{moment(at):%Y-%m-%dT%H:%M:%SZ}"),
    ]


def _changed(
    fields: Iterable[tuple[str, str]], record: Record, case: Case
) -> list[tuple[str, str]]:
    """Return WARC fields with what a record says in their place."""
    changes = dict(record.fields)
    values = ((name, changes.get(name, value)) for name, value in fields)
    return [(name, case.filled(value)) for name, value in values if value is not None]


def _head(record: Record, case: Case) -> bytes:
    if record.head is not None:
        return record.head.replace(b"{case}", case.domain.encode())
    if record.status is None or record.is_resource:
        return b""
    lines = [
        f"HTTP/1.1 {record.status} {_reason(record.status)}",
        f"Date: {record.time:%a, %d %b %Y %H:%M:%S GMT}",
        *([f"Content-Type: {record.type}"] if record.type else []),
        *map(case.filled, record.headers),
        f"Content-Length: {len(record.body)}",
    ]
    return "".join(f"{line}\r\n" for line in [*lines, ""]).encode()


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


def _warc(fields: Iterable[tuple[str, str]], block: bytes) -> bytes:
    lines = ["WARC/1.0", *(f"{name}: {value}" for name, value in fields)]
    lines.append(f"Content-Length: {len(block)}")
    return "\r\n".join([*lines, "", ""]).encode() + block + CRLF + CRLF


def _arc(url: str, time: str, kind: str, block: bytes) -> bytes:
    return f"{url} 198.51.100.7 {time} {kind} {len(block)}\n".encode() + block + b"\n"


def _name(*parts: str) -> str:
    return f"<urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, ' '.join(parts))}>"


def metadata(url: str) -> bytes:
    """Return a record that is no answer, though it is about a URL."""
    fields = [
        ("WARC-Type", "metadata"),
        ("WARC-Date", "2025-08-09T00:00:00Z"),
        ("WARC-Record-ID", _name("metadata", url)),
        ("WARC-Target-URI", url),
        ("Content-Type", "application/warc-fields"),
    ]
    return packed(_warc(fields, b"fetchTimeMs: 12\r\ncharset-detected: UTF-8\r\n"))


def wrecked(member: bytes) -> bytes:
    """Overwrite a gzip member so that nothing of it can be inflated."""
    return member[:10] + b"\xff" * (len(member) - 10)


def flipped(member: bytes) -> bytes:
    """Overwrite some bytes in the middle of a gzip member."""
    middle = len(member) // 2
    return member[:middle] + b"\xff" * 16 + member[middle + 16 :]


def wrong_sum(member: bytes) -> bytes:
    """Overwrite the checksum of a gzip member."""
    return member[:-8] + bytes(byte ^ 0xFF for byte in member[-8:-4]) + member[-4:]


def halved(member: bytes) -> bytes:
    """Cut a gzip member in its middle, as at the end of a file."""
    return member[: len(member) // 2]


def beheaded(member: bytes) -> bytes:
    """Leave the first bytes of a gzip member alone, of which nothing can be inflated."""
    return member[:14]
