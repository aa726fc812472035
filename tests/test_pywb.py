"""The demo in other people's software: pywb serves its index, cdx_toolkit reads it."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest
from archives import SAMPLE, cdx_lines, read_all, small
from servers import RangeServer, Said, saying

from crawlblock.demo import render_demo
from crawlblock.demo.bundled_facts import read_facts
from crawlblock.errors import UpstreamError
from crawlblock.hosts import surt
from crawlblock.sources.commoncrawl.cache import Cache
from crawlblock.sources.commoncrawl.cdx import CdxApi
from crawlblock.sources.commoncrawl.index import IndexRow, row_of
from crawlblock.sources.commoncrawl.mirror import open_mirror
from crawlblock.sources.commoncrawl.zipnum import open_zipnum
from crawlblock.transport import Limits, PoliteClient
from crawlblock.warc.http import digest

pytestmark = pytest.mark.own_code

CRAWL = "DEMO-2024-30"
CONFIG = """\
cdx_api_endpoint: -index
collections_root: ''
enable_auto_colls: false
collections:
  {crawl}:
    index_group:
      cc:
        type: zipnum
        path: {archive}/cc-index/collections/{crawl}/indexes/cluster.idx
        max_blocks: 5
        shard_index_loc:
          match: '.*(collections/[^/]+/)'
          replace: '{data}/cc-index/\\1'
    archive_paths: {data}/
"""
CDX_TOOLKIT = """
import base64, hashlib, json, sys
from cdx_toolkit import CDXFetcher
mirror, crawl, data, url = sys.argv[1:]
fetcher = CDXFetcher(source="cc", cc_mirror=mirror, crawl=[crawl], warc_download_prefix=data)
bodies = [capture.content for capture in fetcher.iter(url) if capture["url"] == url]
digests = ["sha1:" + base64.b32encode(hashlib.sha1(body).digest()).decode() for body in bodies]
json.dump(sorted(digests), sys.stdout)
"""


Answers = dict[str, list[dict[str, str]]]  # by host
Found = dict[str, list[IndexRow]]  # by URL


@dataclass(frozen=True, slots=True)
class Served:
    """An archive, and the servers that stand for Common Crawl's two hosts."""

    archive: Path
    data: RangeServer
    index: str  # URL of the CDX server


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve a crawl of the bundled facts: its files by range, its index by a pywb process."""
    if not find_spec("pywb"):
        pytest.skip("pywb is not installed")
    folder = tmp_path_factory.mktemp("pywb")
    archive = folder / "archive"
    render_demo(small(folder / "sample", 2000, [CRAWL]), archive)
    with RangeServer(archive) as data:
        config = CONFIG.format(crawl=CRAWL, archive=archive, data=data.url)
        (folder / "config.yaml").write_text(config)
        port = free_port()
        code = "from pywb.apps.cli import wayback; wayback()"
        command = [sys.executable, "-c", code, "-b", "127.0.0.1", "-p", str(port)]
        with (folder / "log").open("w") as log:
            pywb = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
            try:
                wait_for(port, pywb, folder / "log")
                yield Served(archive, data, f"http://127.0.0.1:{port}")
            finally:
                pywb.terminate()
                pywb.wait(10)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    assert isinstance(port, int)
    return port


def wait_for(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Return once a process listens."""
    until = time.monotonic() + 30
    while process.poll() is None and time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"pywb does not answer:\n{log.read_text()[-2000:]}")


def ask(served: Served, url: str) -> list[dict[str, str]]:
    """Return the captures that pywb finds at a URL, without the keys of its own."""
    query = urlencode({"url": url, "output": "json"})
    with urlopen(f"{served.index}/{CRAWL}-index?{query}", timeout=30) as answer:
        lines = [json.loads(line) for line in answer.read().splitlines()]
    return [{k: v for k, v in line.items() if not k.startswith("source")} for line in lines]


@pytest.fixture(scope="module")
def answers(served: Served) -> Answers:
    """Return what pywb finds at every host of the crawl."""
    hosts = [fact.host for fact in read_facts(SAMPLE) if fact.crawl == CRAWL]
    with ThreadPoolExecutor(4) as pool:
        return dict(
            zip(
                hosts,
                pool.map(lambda h: ask(served, f"https://{h}/robots.txt"), hosts),
                strict=True,
            )
        )


def test_pywb_finds_what_the_blocks_hold(served: Served, answers: Answers) -> None:
    """Exact look-ups by pywb give, for every host, the very lines of the ZipNum blocks."""
    lines: dict[str, list[dict[str, str]]] = defaultdict(list)
    for _, line in cdx_lines(served.archive, CRAWL):
        key, stamp, fields = line.decode().split(" ", 2)
        lines[key].append({"urlkey": key, "timestamp": stamp, **json.loads(fields)})
    assert answers == {h: lines.get(surt(f"https://{h}/robots.txt"), []) for h in answers}
    assert sum(map(bool, answers.values())) > 1000
    assert any(not answer for answer in answers.values())
    assert any(len(answer) > 2 for answer in answers.values())


def test_cdx_toolkit_reads_the_archive(served: Served, tmp_path: Path) -> None:
    """cdx_toolkit finds a host's captures by pywb and fetches their records by range."""
    pytest.importorskip("cdx_toolkit")
    listed = json.loads((served.archive / "collinfo.json").read_text())
    for entry in listed:
        entry["cdx-api"] = f"{served.index}/{entry['id']}-index"
    padding = [{**listed[0], "cdx-api": f"{served.index}/PADDING-{n:02}-index"} for n in range(60)]
    (tmp_path / "collinfo.json").write_text(json.dumps(listed + padding))  # it wants 60 crawls
    url, answers = max(read_all(served.archive, CRAWL).items(), key=lambda item: len(item[1]))
    with RangeServer(tmp_path) as collinfo:
        given = [collinfo.url, CRAWL, served.data.url, url]
        done = subprocess.run(
            [sys.executable, "-c", CDX_TOOLKIT, *given],
            env=os.environ
            | {"CDXT_CACHE_DIR": f"{tmp_path}/cache/", "CDXT_DEFAULT_MIN_RETRY_INTERVAL": "0"},
            stdout=subprocess.PIPE,
            timeout=60,
            check=True,
        )
    assert json.loads(done.stdout) == sorted(digest(answer.body) for answer in answers)


def look_up(served: Served, urls: list[str], cache: Path, by_api: bool) -> Found:
    """Return what crawlblock's own look-up finds, in the ZipNum blocks or by the CDX server."""
    limits = Limits(per_second=10_000, in_flight=8)

    async def run() -> Found:
        if by_api:
            async with PoliteClient("crawlblock-test", limits) as client:
                return await CdxApi(client, f"{served.index}/{CRAWL}-index").look_up(urls)
        async with open_mirror(served.data.url, None, limits) as mirror:
            return await (await open_zipnum(mirror, CRAWL, Cache(cache, 10**9))).look_up(urls)

    return asyncio.run(run())


def test_look_ups_equal_pywb(served: Served, answers: Answers, tmp_path: Path) -> None:
    """Our look-ups in the ZipNum blocks find for every host what pywb finds."""
    urls = [f"{scheme}://{host}/robots.txt" for host in answers for scheme in ("http", "https")]
    theirs: Found = {url: [] for url in urls}
    for row in (row_of(line["timestamp"], line) for found in answers.values() for line in found):
        if row and row not in theirs.get(row.url, [row]):  # www and apex find the same
            theirs[row.url].append(row)
    ours = look_up(served, urls, tmp_path, by_api=False)
    assert ours == theirs
    assert sum(map(bool, ours.values())) > 1000


def test_cdx_api_equals_zipnum(served: Served, answers: Answers, tmp_path: Path) -> None:
    """Asking the CDX server gives the same captures as reading the blocks."""
    urls = [f"https://{host}/robots.txt" for host in list(answers)[:60]]
    by_api = look_up(served, urls, tmp_path, by_api=True)
    assert by_api == look_up(served, urls, tmp_path, by_api=False)
    assert any(by_api.values()) and not all(by_api.values())


NO_CAPTURES = [
    (404, b'{"message": "No Captures found for: a.example/robots.txt"}'),
    (404, b'{"error": "No Captures found for: a.example/robots.txt"}'),
    (404, b"No Captures found for: a.example/robots.txt"),
    (200, b'{"message": "No captures found for: a.example/robots.txt"}'),
    (200, b"\n"),
]
NO_INDEX = [
    (404, b"No index found for collection"),
    (404, b'{"message": "Collection not found"}'),
    (404, b""),
    (404, b"<!DOCTYPE html><html><body><h1>404 Not Found</h1></body></html>"),
    (200, b"<!DOCTYPE html><html><body>Please log in.</body></html>"),
    (200, b"[]"),
    (410, b"gone"),
]


async def looked_up(status: int, body: bytes) -> Found:
    """Return what is found where the server answers so."""
    head = f"HTTP/1.1 {status} So\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    limits = Limits(per_second=10_000, attempts=1)
    async with (
        saying(Said(head.encode() + body)) as (url, _),
        PoliteClient("test", limits) as client,
    ):
        return await CdxApi(client, f"{url}-index").look_up(["https://a.example/robots.txt"])


@pytest.mark.parametrize(("status", "body"), NO_CAPTURES)
async def test_no_captures(status: int, body: bytes) -> None:
    """What a server says of a URL that it has no captures of is a result."""
    assert await looked_up(status, body) == {"https://a.example/robots.txt": []}


@pytest.mark.fault("archive", "--cdx-api: no such index, or no answer of a CDX server")
@pytest.mark.parametrize(("status", "body"), NO_INDEX)
async def test_no_index(status: int, body: bytes) -> None:
    """What says nothing of the URL ends the run, and is never taken for no captures."""
    with pytest.raises(UpstreamError, match="--cdx-api"):
        await looked_up(status, body)


async def test_pywb_has_no_such_index(served: Served) -> None:
    """Nor is what pywb answers for a collection that it does not have."""
    async with PoliteClient("test", Limits(per_second=10_000)) as client:
        with pytest.raises(UpstreamError, match="there is no such index"):
            await CdxApi(client, f"{served.index}/CC-MAIN-1999-01-index").look_up(
                ["http://a.example/"]
            )
