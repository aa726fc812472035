"""The crawl that `scan_run.py` reads: real bodies in records built in Common Crawl's layout."""

import random
from collections import defaultdict
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
from measured import parquet_files

from crawlblock.demo.archive import build
from crawlblock.demo.contents import PLAIN, Rendered
from crawlblock.model import Crawl

CRAWL = Crawl("CC-MAIN-2025-33", datetime(2025, 8, 2), datetime(2025, 8, 18))
RESPONSES = 100_500
SEED = 1
_PAGE = b"<!DOCTYPE html>\n<html><head><title>%d</title></head>\n<body>%s</body></html>\n"
_HTML = (("Server", "nginx"), ("Content-Type", "text/html; charset=utf-8"))


def bodies_by_host(corpus: Path, pattern: str) -> dict[str, list[bytes]]:
    """Return the distinct bodies of each host of a corpus."""
    found: dict[str, set[bytes]] = defaultdict(set)
    for path in parquet_files(corpus, pattern):
        frame = pl.read_parquet(path, columns=["host", "body"]).drop_nulls()
        for host, body in frame.iter_rows():
            found[host.lower()].add(body)
    return {host: sorted(found[host]) for host in sorted(found)}


def build_crawl(corpus: Path, pattern: str, directory: Path, responses: int) -> None:
    """Write the crawl that is read, unless it is there."""
    if (directory / "demo.json").exists():
        return
    rng = random.Random(SEED)
    bodies = bodies_by_host(corpus, pattern)
    hosts = list(bodies)
    captures = []
    for number in range(responses):
        host = rng.choice(hosts)
        time = CRAWL.first_capture + timedelta(seconds=number * 13)
        url = f"https://{host}/robots.txt"
        status = rng.choices((200, 301, 404, 403, 503), (64, 18, 14, 3, 1))[0]
        page = _PAGE % (status, b"<p>%s</p>" % host.encode() * rng.randrange(1, 30))
        capture = Rendered(CRAWL.crawl, url, time, status, page, _HTML)
        if status == 200:
            capture = replace(capture, body=rng.choice(bodies[host]), headers=_sent(rng, time))
        elif status == 301:
            moved = (("Location", url), *_HTML)
            capture = replace(capture, url=url.replace("https", "http"), headers=moved)
        captures.append(capture)
    build(directory, [CRAWL], captures)


def _sent(rng: random.Random, time: datetime) -> tuple[tuple[str, str], ...]:
    """Return headers as servers send them with a robots.txt."""
    changed = time - timedelta(seconds=rng.randrange(10**8))
    return (
        ("Server", rng.choice(("nginx", "cloudflare", "Apache", "LiteSpeed"))),
        *PLAIN,
        ("Connection", "keep-alive"),
        ("Vary", "Accept-Encoding"),
        ("Last-Modified", f"{changed:%a, %d %b %Y %H:%M:%S GMT}"),
        ("ETag", f'"{rng.getrandbits(48):x}"'),
        ("Cache-Control", "max-age=3600"),
        ("X-Crawler-Content-Encoding", "gzip"),
    )
