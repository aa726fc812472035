"""Exchanges as live runs write them, for tests of the writer and of the reader."""

from datetime import datetime
from typing import BinaryIO

from scan.warcs import TEXT

from crawlblock.warc.writer import Exchange, append_exchange, append_info

TIME = datetime(2025, 8, 4, 14, 54, 8)
INFO = {"software": "crawlblock", "format": "WARC File Format 1.0"}


def exchange(host: str = "a.example", **given: object) -> Exchange:
    """Return an exchange; `given` are the fields that differ from an ordinary one's."""
    payload = given.get("payload", TEXT)
    assert isinstance(payload, bytes)
    fields: dict[str, object] = {
        "url": f"https://{host}/robots.txt",
        "fetch_time": TIME,
        "address": "192.0.2.1",
        "request_headers": (("Host", host), ("User-Agent", "crawlblock")),
        "status": 200,
        "reason": "OK",
        "headers": (("Content-Type", "text/plain"), ("Content-Length", str(len(payload)))),
        "payload": payload,
        "detected": "text/plain",
    }
    return Exchange(**fields | given)  # type: ignore[arg-type]


EXCHANGES = (
    exchange("a.example"),
    exchange("b.example", payload=b"", status=404, reason="", protocols=("h2", "tls/1.3")),
    exchange("c.example", payload=TEXT * 20_000, truncated="length"),
    exchange("d.example", payload=bytes(range(256)), detected="application/octet-stream"),
    exchange("xn--e1afmkfd.example", headers=(("Server", "caf\u00e9"), ("X-Empty", ""))),
)


def write(stream: BinaryIO) -> list[tuple[int, int]]:
    """Write a file of all exchanges; return offset and length of each response."""
    info = append_info(stream, "a-00000.warc.gz", TIME, INFO)
    return [append_exchange(stream, info, each) for each in EXCHANGES]
