"""The columnar index of a crawl: Parquet parts with the columns of cc-index-table."""

import uuid
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import polars as pl
import tldextract

from crawlblock.demo.contents import IndexEntry
from crawlblock.demo.format_history import Era
from crawlblock.hosts import is_address

PARTS = 2  # files; Common Crawl has 300 of each subset

_COLUMNS: tuple[tuple[str, pl.DataType], ...] = (
    ("url_surtkey", pl.String()),
    ("url", pl.String()),
    ("url_host_name", pl.String()),
    ("url_host_tld", pl.String()),
    ("url_host_2nd_last_part", pl.String()),
    ("url_host_3rd_last_part", pl.String()),
    ("url_host_4th_last_part", pl.String()),
    ("url_host_5th_last_part", pl.String()),
    ("url_host_registry_suffix", pl.String()),
    ("url_host_registered_domain", pl.String()),
    ("url_host_private_suffix", pl.String()),
    ("url_host_private_domain", pl.String()),
    ("url_host_name_reversed", pl.String()),
    ("url_protocol", pl.String()),
    ("url_port", pl.Int32()),
    ("url_path", pl.String()),
    ("url_query", pl.String()),
    ("fetch_time", pl.Datetime("ms", "UTC")),
    ("fetch_status", pl.Int16()),
    ("fetch_redirect", pl.String()),
    ("content_digest", pl.String()),
    ("content_mime_type", pl.String()),
    ("content_mime_detected", pl.String()),
    ("content_charset", pl.String()),
    ("content_languages", pl.String()),
    ("content_truncated", pl.String()),
    ("warc_filename", pl.String()),
    ("warc_record_offset", pl.Int32()),
    ("warc_record_length", pl.Int32()),
    ("warc_segment", pl.String()),
)


def write_columnar(
    folder: Path, crawl: str, subset: str, entries: Sequence[IndexEntry], era: Era
) -> list[str]:
    """Write the index parts of a crawl's subset under the archive's folder; return their keys."""
    base = f"cc-index/table/cc-main/warc/crawl={crawl}/subset={subset}"
    (folder / base).mkdir(parents=True)
    schema = _schema(era)
    rows = sorted(entries, key=lambda entry: (entry.surt, entry.fetch_time))
    size = max(1, -(-len(rows) // PARTS))
    write = uuid.uuid5(uuid.NAMESPACE_URL, base)
    keys = []
    for number, start in enumerate(range(0, len(rows), size)):
        keys.append(f"{base}/part-{number:05}-{write}.c000.gz.parquet")
        part = [_row(entry) for entry in rows[start : start + size]]
        frame = pl.DataFrame([{name: row.get(name) for name in schema} for row in part], schema)
        frame.write_parquet(folder / keys[-1], compression="gzip")
    return keys


def _schema(era: Era) -> pl.Schema:
    absent: set[str] = set()
    if not era.detected:
        absent.add("content_mime_detected")
    if not era.charset:
        absent |= {"content_charset", "content_languages"}
    if not era.redirect:
        absent |= {"fetch_redirect", "content_truncated"}
    if not era.reversed_host:
        absent.add("url_host_name_reversed")
    schema = pl.Schema({name: dtype for name, dtype in _COLUMNS if name not in absent})
    if not era.reversed_host:
        schema["fetch_time"] = pl.Datetime("ms")
    return schema


def _row(entry: IndexEntry) -> dict[str, Any]:
    """Return the values of a row; a column without one is null."""
    capture = entry.capture
    parts = urlsplit(capture.url)
    return {
        **_host_parts(parts.hostname or ""),
        "url_surtkey": entry.surt,
        "url": capture.url,
        "url_protocol": parts.scheme,
        "url_port": parts.port,
        "url_path": parts.path,
        "url_query": parts.query or None,
        "fetch_time": entry.fetch_time,
        "fetch_status": capture.status,
        "fetch_redirect": capture.redirect,
        "content_digest": entry.digest,
        "content_mime_type": capture.mime,
        "content_mime_detected": capture.detected,
        "warc_filename": entry.filename,
        "warc_record_offset": entry.offset,
        "warc_record_length": entry.length,
        "warc_segment": entry.segment,
    }


@lru_cache(maxsize=4096)
def _host_parts(host: str) -> dict[str, str | None]:
    if is_address(host):
        return {"url_host_name": host}
    labels = host.split(".")[::-1]
    public = _suffixes(False)(host)
    private = _suffixes(True)(host)
    places = ("tld", "2nd_last_part", "3rd_last_part", "4th_last_part", "5th_last_part")
    return {
        "url_host_name": host,
        **{f"url_host_{place}": label for place, label in zip(places, labels, strict=False)},
        "url_host_registry_suffix": public.suffix or None,
        "url_host_registered_domain": public.top_domain_under_public_suffix or None,
        "url_host_private_suffix": private.suffix or None,
        "url_host_private_domain": private.top_domain_under_public_suffix or None,
        "url_host_name_reversed": ".".join(labels),
    }


@lru_cache(maxsize=2)
def _suffixes(private: bool) -> tldextract.TLDExtract:
    """Return the extractor, off the network and disk."""
    return tldextract.TLDExtract(
        suffix_list_urls=(), cache_dir=None, include_psl_private_domains=private
    )
