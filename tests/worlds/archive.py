"""The archive of all cases in Common Crawl's layout: WARC files, both indexes and their lists."""

import gzip
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import polars as pl

from crawlblock.hosts import registered_domain, surt
from worlds.cases import Case, Record
from worlds.records import answer, digest, packed, request, warcinfo

CRAWL = "CC-MAIN-2025-33"
_SHARED = 30  # cases of a file
_BLOCK = 7  # lines of a ZipNum block
_SHARDS = 3
_PARTS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A line of the index."""

    url: str
    time: datetime
    status: int | None
    digest: str | None
    mime: str
    detected: str
    truncated: str | None
    redirect: str | None
    file: str
    offset: int
    length: int

    @property
    def key(self) -> str:
        """Return the SURT key."""
        return surt(self.url)

    def fields(self) -> dict[str, str]:
        """Return the JSON object of a CDXJ line: every value is a text."""
        fields = {
            "url": self.url,
            "mime": self.mime,
            "mime-detected": self.detected,
            "status": "-" if self.status is None else str(self.status),
            "digest": self.digest,
            "length": str(self.length),
            "offset": str(self.offset),
            "filename": self.file,
            "truncated": self.truncated,
            "redirect": self.redirect,
        }
        return {name: value for name, value in fields.items() if value is not None}


def write_archive(folder: Path, cases: Sequence[Case], cdx_api: str) -> list[Row]:
    """Write all cases as one crawl; return the lines of its index."""
    rows: list[Row] = []
    for key, part in files_of(cases).items():
        rows += _write_file(folder / key, key, part)
    rows.sort(key=lambda row: (row.key, row.time))
    _write_list(folder, "robotstxt", files_of(cases))
    _write_list(folder, "cc-index", _write_zipnum(folder, rows))
    _write_list(folder, "cc-index-table", _write_parquet(folder, rows))
    crawl = {
        "id": CRAWL,
        "name": "August 2025 Index",
        "timegate": f"{cdx_api}/",
        "cdx-api": cdx_api,
        "from": "2025-08-02T00:00:00",
        "to": "2025-08-18T00:00:00",
    }
    (folder / "collinfo.json").write_text(json.dumps([crawl]))
    return rows


def files_of(cases: Sequence[Case]) -> dict[str, Sequence[Case]]:
    """Return the keys of the WARC files, each with the cases that it holds."""
    shared = [case for case in cases if not case.alone]
    parts = [shared[at : at + _SHARED] for at in range(0, len(shared), _SHARED)]
    parts += [[case] for case in cases if case.alone]
    span = "CC-MAIN-20250802000000-20250818000000"
    segments = f"crawl-data/{CRAWL}/segments/1754151279808"
    return {
        f"{segments}.{n // 10}/robotstxt/{span}-{n:05}{part[0].form.suffix}": part
        for n, part in enumerate(parts)
    }


def _write_file(path: Path, key: str, cases: Sequence[Case]) -> list[Row]:
    path.parent.mkdir(parents=True, exist_ok=True)
    form = cases[0].form
    rows: list[Row] = []
    held = form.start + warcinfo(form)
    for case, record in [(each, record) for each in cases for record in each.written()]:
        if isinstance(record, bytes):
            held += record
            continue
        held += request(record, case)
        whole, stored = answer(record, case)
        if form.has_places:
            rows.append(_row(record, case, key, len(held), len(whole)))
        held += stored
    path.write_bytes(form.pack_file(held) if form.pack_file else held)
    return rows


def _row(record: Record, case: Case, key: str, offset: int, length: int) -> Row:
    url = case.filled(record.url)
    stated = record.body if record.stated is None else record.stated
    return Row(
        url=url,
        time=record.time,
        status=record.status,
        digest=None if record.refers else digest(stated),
        mime="warc/revisit" if record.refers else record.type or "unk",
        detected="warc/revisit" if record.refers else record.detected or _looks(record.body),
        truncated=record.truncated,
        redirect=_redirect(record, case, url) if record.redirect_in_index else None,
        file=key,
        offset=offset,
        length=length,
    )


def _looks(body: bytes) -> str:
    start = body.lstrip()[:1]
    return {b"<": "text/html", b"{": "application/json"}.get(start, "text/plain")


def _redirect(record: Record, case: Case, url: str) -> str | None:
    """Return where an answer leads, as an absolute URL where that can be made."""
    if record.status is None or not 300 <= record.status < 400:
        return None
    lines = [case.filled(line) for line in record.headers]
    lines += (record.head or b"").decode("latin-1").replace("{case}", case.domain).splitlines()
    for line in lines:
        name, _, value = line.partition(":")
        if name.lower() == "location":
            try:
                return urljoin(url, value.strip())
            except ValueError:
                return value.strip()
    return None


def _write_list(folder: Path, kind: str, keys: Iterable[str]) -> None:
    path = folder / f"crawl-data/{CRAWL}/{kind}.paths.gz"
    path.write_bytes(gzip.compress("".join(f"{key}\n" for key in keys).encode(), mtime=0))


def _write_zipnum(folder: Path, rows: Sequence[Row]) -> list[str]:
    base = f"cc-index/collections/{CRAWL}"
    (folder / base / "indexes").mkdir(parents=True)
    lines = sorted(
        f"{row.key} {row.time:%Y%m%d%H%M%S} {json.dumps(row.fields())}\n".encode() for row in rows
    )
    blocks = [lines[at : at + _BLOCK] for at in range(0, len(lines), _BLOCK)]
    size = -(-len(blocks) // _SHARDS)
    cluster: list[str] = []
    keys: list[str] = []
    for shard in range(_SHARDS):
        name, data = f"cdx-{shard:05}.gz", b""
        for block in blocks[shard * size : (shard + 1) * size]:
            member = packed(b"".join(block))
            start = b" ".join(block[0].split(b" ", 2)[:2]).decode()
            place = f"{name}\t{len(data)}\t{len(member)}\t{len(cluster) + 1}"
            cluster.append(f"{start}\t{place}\n")
            data += member
        keys.append(f"{base}/indexes/{name}")
        (folder / keys[-1]).write_bytes(data)
    keys += [f"{base}/indexes/cluster.idx", f"{base}/metadata.yaml"]
    (folder / keys[-2]).write_text("".join(cluster))
    (folder / keys[-1]).write_text(f"title: {CRAWL}\n")
    return keys


def _write_parquet(folder: Path, rows: Sequence[Row]) -> list[str]:
    base = f"cc-index/table/cc-main/warc/crawl={CRAWL}/subset=robotstxt"
    (folder / base).mkdir(parents=True)
    size = -(-len(rows) // _PARTS)
    keys = []
    for part in range(_PARTS):
        keys.append(f"{base}/part-{part:05}-ffa3bf93-6ba1-4a27-adea-b0baae3b4389.c000.gz.parquet")
        chosen = [_columns(row) for row in rows[part * size : (part + 1) * size]]
        pl.DataFrame(chosen, _SCHEMA).write_parquet(folder / keys[-1], compression="gzip")
    return keys


_SCHEMA = pl.Schema(
    {
        "url_surtkey": pl.String(),
        "url": pl.String(),
        "url_host_name": pl.String(),
        "url_host_registered_domain": pl.String(),
        "url_host_name_reversed": pl.String(),
        "url_protocol": pl.String(),
        "url_port": pl.Int32(),
        "url_path": pl.String(),
        "url_query": pl.String(),
        "fetch_time": pl.Datetime("ms", "UTC"),
        "fetch_status": pl.Int16(),
        "fetch_redirect": pl.String(),
        "content_digest": pl.String(),
        "content_mime_type": pl.String(),
        "content_mime_detected": pl.String(),
        "content_charset": pl.String(),
        "content_languages": pl.String(),
        "content_truncated": pl.String(),
        "warc_filename": pl.String(),
        "warc_record_offset": pl.Int32(),
        "warc_record_length": pl.Int32(),
        "warc_segment": pl.String(),
    }
)


def _columns(row: Row) -> dict[str, object]:
    parts = urlsplit(row.url)
    host = parts.hostname or ""
    return {
        "url_surtkey": row.key,
        "url": row.url,
        "url_host_name": host,
        "url_host_registered_domain": registered_domain(host),
        "url_host_name_reversed": ".".join(reversed(host.split("."))),
        "url_protocol": parts.scheme,
        "url_port": parts.port,
        "url_path": parts.path,
        "url_query": parts.query or None,
        "fetch_time": row.time.replace(tzinfo=UTC),
        "fetch_status": -1 if row.status is None else row.status,
        "fetch_redirect": row.redirect,
        "content_digest": row.digest,
        "content_mime_type": row.mime,
        "content_mime_detected": row.detected,
        "content_charset": None,
        "content_languages": None,
        "content_truncated": row.truncated,
        "warc_filename": row.file,
        "warc_record_offset": row.offset,
        "warc_record_length": row.length,
        "warc_segment": row.file.split("/")[3],
    }
