"""The miniature in other people's software: pywb serves its index, cdx_toolkit reads it."""

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
from servers import RangeServer

from crawlblock.hosts import surt
from crawlblock.miniature import render_sample
from crawlblock.miniature.facts import read_facts
from crawlblock.warc import digest

CRAWL = "MINI-2024-30"
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
    render_sample(small(folder / "sample", 2000, [CRAWL]), archive)
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


def test_pywb_finds_what_the_blocks_hold(served: Served) -> None:
    """Exact look-ups by pywb give, for every host, the very lines of the ZipNum blocks."""
    lines: dict[str, list[dict[str, str]]] = defaultdict(list)
    for _, line in cdx_lines(served.archive, CRAWL):
        key, stamp, fields = line.decode().split(" ", 2)
        lines[key].append({"urlkey": key, "timestamp": stamp, **json.loads(fields)})
    hosts = [fact.host for fact in read_facts(SAMPLE) if fact.crawl == CRAWL]
    urls = [f"https://{host}/robots.txt" for host in hosts]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda url: ask(served, url), urls))
    assert answers == [lines.get(surt(url), []) for url in urls]
    assert sum(map(bool, answers)) > 1000
    assert any(not answer for answer in answers)
    assert any(len(answer) > 2 for answer in answers)


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
