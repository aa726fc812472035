"""Serves crawls in the archive's layout, which are made while they are asked for.

One crawl at a time is in memory.
"""

import gzip
import io
import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
from aiohttp import web
from plan_archive import FILES, PARTS, Blocks, MadeCrawl, Shares, Universe, make_crawl
from servers import RANGE, RangeServer, bounds

PART_BYTES = 9_100_000


class PlanServer(RangeServer):
    """Serves crawls that are made when they are first asked for."""

    def __init__(
        self, universe: Universe, crawls: Sequence[str], hosts: Sequence[str], shares: Shares
    ) -> None:
        """Take the names of the crawls, newest first, and the hosts that they have captures of."""
        super().__init__(Path("/nowhere"))
        self._universe, self._crawls, self._hosts, self._shares = universe, crawls, hosts, shares
        self._blocks = Blocks()
        self._made: MadeCrawl | None = None
        self._part: tuple[str, bytes] = ("", b"")
        self.sizes: list[int] = []  # bytes of the answers

    def begun(self, number: int) -> datetime:
        """Return when a crawl began."""
        return datetime(2026, 9, 1) - timedelta(days=24 * number)

    def crawl(self, name: str) -> MadeCrawl:
        """Return a crawl, which is made if it is not the last one asked for."""
        if self._made is None or self._made.name != name:
            self._made = None
            number = self._crawls.index(name)
            self._made = make_crawl(
                self._universe, number, name, self.begun(number), self._hosts, self._shares
            )
        return self._made

    def _object(self, request: web.Request, *, ranges: bool) -> web.Response:
        key = request.match_info["key"]
        asked = RANGE.fullmatch(request.headers.get("Range", ""))
        size = self._size(key)
        if size is None:
            return self._refusal(request, 404)
        first, end = bounds(asked, size) if asked else (0, size)
        if first >= end:
            return self._refusal(request, 416, {"Content-Range": f"bytes */{size}"})
        body = self._bytes(key, first, end)
        self.bytes += len(body)
        self.sizes.append(len(body))
        headers = {"Content-Type": "binary/octet-stream", "ETag": f'"{abs(hash(key))}"'}
        if asked:
            headers["Content-Range"] = f"bytes {first}-{end - 1}/{size}"
        return web.Response(status=206 if asked else 200, body=body, headers=headers)

    def _size(self, key: str) -> int | None:
        kind = key.rpartition("/")[2]
        if kind.startswith("cdx-"):
            made = self.crawl(key.split("/")[2])
            return int(made.starts[int(kind[4:9])][-1])
        if kind.endswith(".warc.gz"):
            return 2_000_000
        if kind.endswith(".parquet"):
            return len(self._whole_part(key))
        raw = self._small(key)
        return None if raw is None else len(raw)

    def _bytes(self, key: str, first: int, end: int) -> bytes:
        kind = key.rpartition("/")[2]
        if kind.startswith("cdx-"):
            return self._cdx(self.crawl(key.split("/")[2]), int(kind[4:9]), first, end)
        if kind.endswith(".warc.gz"):
            raw = bytearray(end - first)
            for at, record in self.crawl(key.split("/")[1]).records.get(key, {}).items():
                if at >= first and at + len(record) <= end:
                    raw[at - first : at - first + len(record)] = record
            return bytes(raw)
        if kind.endswith(".parquet"):
            return self._whole_part(key)[first:end]
        return (self._small(key) or b"")[first:end]

    def _small(self, key: str) -> bytes | None:
        if key == "collinfo.json":
            return json.dumps(list(self._listed())).encode()
        if key.endswith("cluster.idx"):
            return self.crawl(key.split("/")[2]).cluster
        if key.endswith("cc-index-table.paths.gz"):
            name = key.split("/")[1]
            base = f"cc-index/table/cc-main/warc/crawl={name}/subset=robotstxt"
            keys = [f"{base}/part-{n:05}-abc.c000.gz.parquet" for n in range(PARTS)]
            return gzip.compress("\n".join(keys).encode(), mtime=0)
        return None

    def _listed(self) -> Iterator[dict[str, str]]:
        for number, name in enumerate(self._crawls):
            begun = self.begun(number)
            yield {"id": name, "from": f"{begun:%Y-%m-%dT%H:%M:%S}",
                   "to": f"{begun + timedelta(days=13):%Y-%m-%dT%H:%M:%S}"}  # fmt: skip

    def _cdx(self, made: MadeCrawl, number: int, first: int, end: int) -> bytes:
        starts = made.starts[number]
        per = -(-len(made.keys) // FILES)
        low = int(np.searchsorted(starts, first, "right")) - 1
        high = int(np.searchsorted(starts, end, "left"))
        raw = b"".join(
            self._blocks.make(made.rows.get(number * per + n, ()), int(starts[n + 1] - starts[n]))
            for n in range(low, high)
        )
        return raw[first - int(starts[low]) : end - int(starts[low])]

    def _whole_part(self, key: str) -> bytes:
        if self._part[0] != key:
            name = key.partition("crawl=")[2].partition("/")[0]
            number = int(key.rpartition("part-")[2][:5])
            self._part = key, _part(self.crawl(name), number)
        return self._part[1]


def _part(made: MadeCrawl, number: int) -> bytes:
    """Return a part of the columnar index: the captures of its share of the keys, and ballast."""
    per = -(-len(made.keys) // FILES)
    blocks = range(number * per, min((number + 1) * per, len(made.keys)))
    rows = sorted((r for block in blocks for r in made.rows.get(block, ())), key=lambda r: r.key)
    ends = [made.keys[blocks[0]].decode(), made.keys[blocks[-1]].decode()]
    ballast = np.random.default_rng(number).bytes(PART_BYTES)
    size = len(ballast) // (len(rows) + 2)
    table = {
        "url_surtkey": [ends[0], *(row.key for row in rows), ends[1]],
        "url": ["https://a.invalid/", *(row.url for row in rows), "https://z.invalid/"],
        "url_host_name": ["a.invalid", *(row.url.split("/")[2] for row in rows), "z.invalid"],
        "fetch_time": [made.begun] * (len(rows) + 2),
        "fetch_status": [404, *(row.status for row in rows), 404],
        "fetch_redirect": [None, *(row.redirect for row in rows), None],
        "content_digest": ["A", *(row.digest for row in rows), "A"],
        "warc_filename": ["x/robotstxt/x", *(row.place[0] for row in rows), "x/robotstxt/x"],
        "warc_record_offset": [0, *(row.place[1] for row in rows), 0],
        "warc_record_length": [9, *(row.place[2] for row in rows), 9],
        "ballast": [ballast[n * size : (n + 1) * size] for n in range(len(rows) + 2)],
    }
    out = io.BytesIO()
    pl.DataFrame(table).with_columns(
        pl.col("fetch_time").cast(pl.Datetime("ms", "UTC"))
    ).write_parquet(out, compression="uncompressed")
    return out.getvalue()
