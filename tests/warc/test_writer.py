"""WARC files as they are written: valid, the same every time, as Common Crawl orders them."""

import subprocess
import sys
import zlib
from io import BytesIO
from pathlib import Path
from random import Random

import pytest
from scan.warcs import TEXT, member

from crawlblock.warc.http import Answers
from crawlblock.warc.reader import Record, read_record, warc_time
from crawlblock.warc.writer import Exchange, append_exchange
from warc.exchanges import EXCHANGES, exchange, write

RESPONSE = [
    "WARC-Type",
    "WARC-Date",
    "WARC-Record-ID",
    "Content-Length",
    "Content-Type",
    "WARC-Warcinfo-ID",
    "WARC-Concurrent-To",
    "WARC-IP-Address",
    "WARC-Target-URI",
    "WARC-Protocol",
    "WARC-Protocol",
    "WARC-Payload-Digest",
    "WARC-Block-Digest",
    "WARC-Identified-Payload-Type",
    "WARC-Truncated",
]
REQUEST = [name for name in RESPONSE[:13] if name not in ("WARC-Concurrent-To", "WARC-Protocol")]


def _written(each: Exchange) -> tuple[bytes, int, int]:
    """Return a file of one exchange, with offset and length of its response."""
    stream = BytesIO()
    place = append_exchange(stream, "<urn:uuid:info>", each)
    return stream.getvalue(), *place


def _names(raw: bytes) -> list[str]:
    """Return the names of the fields in a record's header."""
    head = zlib.decompress(raw, 31).partition(b"\r\n\r\n")[0].decode()
    return [line.partition(":")[0] for line in head.split("\r\n")[1:]]


def test_warcio_finds_nothing_wrong(tmp_path: Path) -> None:
    """`warcio check` finds every digest and length of a file right."""
    path = tmp_path / "a-00000.warc.gz"
    with path.open("wb") as file:
        write(file)
    done = subprocess.run(
        [sys.executable, "-m", "warcio.cli", "check", "-v", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("digest pass") == 1 + 2 * len(EXCHANGES)


def test_the_same_exchanges_give_the_same_bytes() -> None:
    """A file that is written twice is the same, record ids included."""
    first, second = BytesIO(), BytesIO()
    assert write(first) == write(second)
    assert first.getvalue() == second.getvalue()


def test_headers_are_in_the_order_of_common_crawl() -> None:
    """The fields of a request and of a response are in the order of Nutch's WarcWriter."""
    each = exchange(protocols=("h2", "tls/1.3"), truncated="length")
    raw, offset, length = _written(each)
    assert _names(raw[:offset]) == REQUEST
    assert _names(raw[offset : offset + length]) == RESPONSE
    assert offset + length == len(raw)


@pytest.mark.parametrize("each", EXCHANGES)
def test_what_was_written_is_read(each: Exchange) -> None:
    """URL, time, status and payload of a response are read from its place as they were given."""
    raw, offset, length = _written(each)
    found = read_record(raw[offset : offset + length])
    assert isinstance(found, Record)
    assert (found.url, warc_time(found.date)) == (each.url, each.fetch_time)
    answer = Answers().read(found.block, found.digest)
    assert (answer.status, answer.ended, answer.reason) == (each.status, None, None)
    assert answer.payload == (each.payload if each.status == 200 else None)


def test_records_are_members_of_their_own() -> None:
    """Request and response are one gzip member each, the second with the block as it was sent."""
    raw, offset, length = _written(exchange())
    assert raw[:offset].startswith(member(b"")[:3]) and raw[offset:].startswith(member(b"")[:3])
    found = read_record(raw[offset : offset + length])
    assert isinstance(found, Record)
    assert found.block == (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s"
        % (len(TEXT), TEXT)
    )


@pytest.mark.parametrize("size", [0, 1_000, 2_900, 3_000, 3_100, 33_000, 200_000])
@pytest.mark.parametrize("random", [True, False])
def test_less_memory_gives_the_same_bytes(size: int, random: bool) -> None:
    """Records of any size, and of any kind of payload, are compressed as zlib does by itself."""
    payload = Random(7).randbytes(size) if random else (TEXT * size)[:size]
    raw, offset, length = _written(exchange(payload=payload))
    for each in (raw[:offset], raw[offset : offset + length]):
        assert each == zlib.compress(zlib.decompress(each, 31), 9, 31)
