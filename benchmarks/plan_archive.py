"""Crawls of Common Crawl's sizes that are made by rule; nothing is stored.

A crawl has a million lines of cluster.idx, 300 CDX files, 3,000 lines a block and 300 parts of the
columnar index.  Sites differ in size, and the shares of the top-level domains and of the sites
drift from crawl to crawl.
"""

import base64
import gzip
import hashlib
import json
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

import numpy as np

FILES = PARTS = 300
LINES = 1_000_000  # of a cluster.idx, about
CAPTURES = 3_000  # lines of a block
WARC_FILES = 100_000
Keys: TypeAlias = np.ndarray[tuple[int], np.dtype[np.bytes_]]
Numbers: TypeAlias = np.ndarray[tuple[int], np.dtype[np.int64]]
Bytes: TypeAlias = np.ndarray[tuple[int, int], np.dtype[np.uint8]]
KEY, LINE = 64, 119  # bytes of a key and of a whole line of cluster.idx
TLDS = {  # share of the blocks
    "com": 50, "org": 7, "de": 5, "net": 4.5, "ru": 4, "uk,co": 3, "fr": 2.4, "it": 2.2, "nl": 2,
    "pl": 1.9, "jp": 1.8, "edu": 1.5, "br,com": 1.5, "es": 1.4, "cz": 1.2, "au,com": 1.1, "ca": 1,
    "eu": 1, "in": 1, "ch": 1, "se": 0.9, "at": 0.8, "be": 0.8, "info": 0.8, "gov": 0.5, "io": 0.5,
}  # fmt: skip
LETTERS = np.array(list("abcdefghijklmnopqrstuvwxyz"))
OFTEN = np.array([8, 5, 7, 5, 4, 4, 4, 4, 4, 2, 2, 5, 7, 4, 3, 6, 1, 5, 9, 6, 2, 3, 4, 1, 1, 1])
TLD_DRIFT, SITE_DRIFT = 0.03, 0.3  # standard deviations of the logarithm of a share, per crawl


@dataclass(frozen=True, slots=True)
class Shares:
    """What hosts do, as shares of them."""

    moved: float = 0.18  # to another site, whose robots.txt counts
    direct: float = 0.27
    missing: float = 0.15  # 404; the others are not captured
    new: float = 0.3  # payloads that the crawl before did not have


def chance(*about: object) -> float:
    """Return a number from 0 to 1 that is always the same for the same things."""
    digest = hashlib.blake2b(repr(about).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


class Universe:
    """The sites of all crawls, and the keys of the blocks that each may have."""

    def __init__(self, lines: int = LINES) -> None:
        """Make the sites of crawls of about so many lines by a fixed seed."""
        self._lines, sites, blocks = lines, lines * 2 // 5, round(lines * 1.5)
        rng = np.random.default_rng(20261127)
        weights = np.array(list(TLDS.values()))
        tlds = np.array(list(TLDS))[rng.choice(len(TLDS), sites, p=weights / weights.sum())]
        letters = LETTERS[rng.choice(26, (sites, 12), p=OFTEN / OFTEN.sum())]
        lengths = rng.integers(4, 13, sites)
        labels = ["".join(row[:n]) for row, n in zip(letters, lengths, strict=True)]
        self.sites = sorted({f"{t},{label}" for t, label in zip(tlds, labels, strict=True)})
        size = 1 + rng.pareto(1.1, len(self.sites)).clip(0, 2_000)
        counts = rng.poisson(size * blocks / size.sum())
        self.site_of = np.repeat(np.arange(len(self.sites)), counts)
        known = list(TLDS)
        order = {tld: n for n, tld in enumerate(known)}
        self.tld_of = np.array([order[site.rpartition(",")[0]] for site in self.sites])
        keys = [
            f"{self.sites[site]})/{_path(k / count)}".ljust(KEY, "x").encode()
            for site, count in enumerate(counts)
            for k in range(count)
        ]
        self.keys: Keys = np.sort(np.array(keys, f"S{KEY}"))

    def crawl_keys(self, number: int) -> Keys:
        """Return the keys of the lines of a crawl."""
        tld = np.ones(len(TLDS))
        for earlier in range(number + 1):
            tld *= np.exp(np.random.default_rng(earlier).normal(0, TLD_DRIFT, len(TLDS)))
        rng = np.random.default_rng(10_000 + number)
        site = np.exp(rng.normal(0, SITE_DRIFT, len(self.sites))) * tld[self.tld_of]
        chosen = rng.random(len(self.keys)) < (self._lines / len(self.keys)) * site[self.site_of]
        found: Keys = self.keys[chosen]
        return found


def _path(share: float) -> str:
    letters = []
    for _ in range(4):
        share *= 26
        letters.append(chr(97 + int(share)))
        share -= int(share)
    return "".join(letters)


@dataclass(frozen=True, slots=True)
class Row:
    """A capture of the index."""

    key: str
    url: str
    time: datetime
    status: int
    digest: str
    redirect: str | None
    place: tuple[str, int, int]  # WARC file, offset, length


@dataclass(slots=True)
class MadeCrawl:
    """A crawl of some hosts in memory."""

    name: str
    begun: datetime
    cluster: bytes
    keys: Keys
    starts: list[Numbers]  # of the blocks of each file
    rows: dict[int, list[Row]] = field(default_factory=dict)  # by block
    by_host: dict[str, list[Row]] = field(default_factory=dict)
    records: dict[str, dict[int, bytes]] = field(default_factory=dict)  # by file and offset

    def block_of(self, key: str) -> int:
        """Return the number of the block that has a key."""
        return max(0, int(np.searchsorted(self.keys, key.encode() + b" ", "right")) - 1)

    def place_of(self, block: int) -> tuple[int, int, int]:
        """Return file, offset and length of a block."""
        per = -(-len(self.keys) // FILES)
        starts, at = self.starts[block // per], block % per
        return block // per, int(starts[at]), int(starts[at + 1] - starts[at])


def make_crawl(
    universe: Universe,
    number: int,
    name: str,
    begun: datetime,
    hosts: Sequence[str],
    shares: Shares,
) -> MadeCrawl:
    """Make a crawl with the captures of some hosts."""
    keys = universe.crawl_keys(number)
    count = len(keys)
    per = -(-count // FILES)
    lengths = np.random.default_rng(number).integers(220_000, 260_000, count)
    starts = [
        np.concatenate(([0], np.cumsum(lengths[at : at + per]))) for at in range(0, count, per)
    ]
    offsets = np.concatenate([each[:-1] for each in starts])
    table = np.full((count, LINE), ord("\t"), np.uint8)
    table[:, :KEY] = keys.view(np.uint8).reshape(count, KEY)
    table[:, KEY : KEY + 15] = np.frombuffer(b" " + f"{begun:%Y%m%d%H%M%S}".encode(), np.uint8)
    table[:, 80:92] = np.frombuffer(b"cdx-00000.gz", np.uint8)
    _write(table, 84, 5, np.arange(count) // per)
    _write(table, 93, 10, offsets)
    _write(table, 104, 6, lengths)
    _write(table, 111, 7, np.arange(1, count + 1))
    table[:, LINE - 1] = ord("\n")
    made = MadeCrawl(name, begun, table.tobytes(), keys, starts)
    for host in hosts:
        _capture(made, number, host, shares)
    return made


def _write(table: Bytes, at: int, width: int, numbers: Numbers) -> None:
    for n in range(width):
        table[:, at + n] = numbers // 10 ** (width - 1 - n) % 10 + 48


def _capture(made: MadeCrawl, number: int, host: str, shares: Shares) -> None:
    """Add what a crawl has of a host."""
    kind = chance("kind", host)
    url = f"https://{host}/robots.txt"
    if kind < shares.moved + shares.direct:
        final = url
        _add(made, host, url.replace("https:", "http:"), 301, b"", url)
        if kind < shares.moved:
            final = f"https://{host[0]}{host[1:].partition('.')[0][::-1]}-group.com/robots.txt"
            _add(made, host, url, 301, b"", final)
        version = int(number * shares.new + chance("version", host))
        _add(made, host, final, 200, _text(host, version), None)
    elif kind < shares.moved + shares.direct + shares.missing:
        _add(made, host, url, 404, b"", None)


def _text(host: str, version: int) -> bytes:
    digest = hashlib.shake_128(f"{host} {version}".encode()).hexdigest(1_400)
    return f"User-agent: GPTBot\nDisallow: /\n# {digest}\n".encode()


def _add(made: MadeCrawl, host: str, url: str, status: int, body: bytes, to: str | None) -> None:
    name = (
        f"crawl-data/{made.name}/segments/0/robotstxt/x-{int(chance(url) * WARC_FILES):05}.warc.gz"
    )
    sha = hashlib.sha1(body, usedforsecurity=False)
    digest = _base32(sha.digest())
    record = _record(url, made.begun, status, body, digest, to)
    at = int(chance(made.name, url) * 1_400_000)
    others = made.records.setdefault(name, {})
    while any(at < o + len(r) and o < at + len(record) for o, r in others.items()):
        at += 10_000
    others[at] = record
    place = (name, at, len(record))
    key = key_of(url)
    row = Row(key, url, made.begun, status, digest, to, place)
    made.rows.setdefault(made.block_of(key), []).append(row)
    made.by_host.setdefault(host, []).append(row)


def key_of(url: str) -> str:
    """Return the SURT key of a robots.txt."""
    host, _, path = url.partition("//")[2].partition("/")
    return f"{','.join(reversed(host.split('.')))})/{path}"


def _base32(digest: bytes) -> str:
    return base64.b32encode(digest).decode()


def _record(
    url: str, time: datetime, status: int, body: bytes, digest: str, to: str | None
) -> bytes:
    moved = f"Location: {to}\r\n" if to else ""
    http = f"HTTP/1.1 {status} X\r\nContent-Type: text/plain\r\n{moved}\r\n".encode() + body
    head = (
        f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Date: {time:%Y-%m-%dT%H:%M:%SZ}\r\n"
        f"WARC-Record-ID: <urn:uuid:0>\r\nWARC-Target-URI: {url}\r\n"
        f"WARC-Payload-Digest: sha1:{digest}\r\nContent-Type: application/http; msgtype=response"
        f"\r\nContent-Length: {len(http)}\r\n\r\n"
    )
    return gzip.compress(head.encode() + http + b"\r\n\r\n", 1)


class Blocks:
    """Makes the blocks of the CDX files: some 3,000 lines, and just as long as they must be."""

    def __init__(self) -> None:
        """Make what all blocks share."""
        lines = [
            f'aa,{n:06})/ 20250101000000 {{"url": "https://aa/{_hex(n, 40)}", "digest": '
            f'"{_hex(-n, 54)}", "filename": "crawl-data/x/warc/{n}.warc.gz"}}\n'
            for n in range(CAPTURES)
        ]
        self._filling = "".join(lines).encode()
        packer = zlib.compressobj(1, zlib.DEFLATED, -15)
        self._packed = packer.compress(self._filling) + packer.flush(zlib.Z_FULL_FLUSH)

    def make(self, rows: Sequence[Row], length: int) -> bytes:
        """Return a block of a length with the lines of some captures."""
        own = "".join(map(_line, rows)).encode()
        packer = zlib.compressobj(1, zlib.DEFLATED, -15)
        packed = self._packed + packer.compress(own) + packer.flush()
        text = self._filling + own
        end = struct.pack("<II", zlib.crc32(text), len(text))
        comment = length - 10 - len(packed) - 8 - 1  # fills the block up
        assert comment >= 0, comment
        return b"\x1f\x8b\x08\x10\0\0\0\0\0\xff" + b"c" * comment + b"\0" + packed + end


def _hex(seed: int, size: int) -> str:
    return hashlib.shake_128(str(seed).encode()).hexdigest(size)[:size]


def _line(row: Row) -> str:
    fields = {
        "url": row.url, "mime": "text/plain", "status": str(row.status), "digest": row.digest,
        "length": str(row.place[2]), "offset": str(row.place[1]), "filename": row.place[0],
    }  # fmt: skip
    if row.redirect:
        fields["redirect"] = row.redirect
    return f"{row.key} {row.time:%Y%m%d%H%M%S} {json.dumps(fields)}\n"
