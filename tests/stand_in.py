"""A stand-in of Common Crawl's archive on loopback: both hosts, every crawl, ten hosts in each.

The bodies are made up.  Layout, names, headers and answers are those of the real archive at the
date of each crawl, as far as they are known.
"""

import gzip
import json
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from manners import DATA_HOST, INDEX_HOST, Manner
from servers import RangeServer

from crawlblock.demo import Rendered, build
from crawlblock.model import Crawl
from crawlblock.sources.commoncrawl import keys, mirror
from crawlblock.sources.commoncrawl.crawls import _CRAWLS, FIRST, Listed
from crawlblock.sources.commoncrawl.lists import known_list

LATER = Crawl("CC-MAIN-2026-43", datetime(2026, 10, 3, 4), datetime(2026, 10, 16, 9))
UNFINISHED = Crawl("CC-MAIN-2026-47", datetime(2026, 11, 1, 4), datetime(2026, 11, 14, 9))
EARLY = "CC-MAIN-2016-30"  # without robotstxt
GRAPHS = ("cc-main-2026-aug-sep-oct", "cc-main-2026-jul-aug-sep")  # the newest has no ranks yet
BLOCKS = b"User-agent: GPTBot\nDisallow: /\n\nUser-agent: *\nAllow: /\n"
OPEN = b"User-agent: *\nDisallow: /private\n"
PAGE = b"<!DOCTYPE html><html><body>Not here</body></html>\n"
HTML = (("Content-Type", "text/html; charset=utf-8"),)
MASKED = (
    ("Content-Type", "text/plain"),
    ("X-Crawler-Content-Encoding", "gzip"),
    ("X-Crawler-Transfer-Encoding", "chunked"),
)
# Registered domains and how each answers in every crawl.
ANSWERS = {
    "example.com": (200, BLOCKS),
    "example.org": (200, OPEN),
    "example.net": (301, b""),  # to www, by two steps
    "example.edu": (404, PAGE),
    "example.de": (403, PAGE),
    "example.fr": (503, PAGE),
    "example.co.uk": (200, PAGE),
    "example.jp": (200, BLOCKS),
    "example.com.br": (200, OPEN),
    "example.it": (302, b""),  # out of the archive
}
AS_IT_IS = mirror._BRIEF  # how the index host is asked: once a second
OFF = timedelta(days=400)  # by which one server's clock is wrong


@dataclass(frozen=True, slots=True)
class StandIn:
    """The two hosts, and what they serve."""

    data: RangeServer
    index: RangeServer
    archive: Path
    lists: Path

    @property
    def url(self) -> str:
        """Return the mirror's address."""
        return self.data.url

    def fault(self, *faults: int | str) -> None:
        """Meet all that both hosts are asked with a fault from now on."""
        for server in (self.data, self.index):
            server.fault("", [*faults] * 1000)

    def list_also(self, crawl: Crawl) -> None:
        """List one more crawl, of which nothing is there."""
        path = self.lists / "collinfo.json"
        path.write_text(json.dumps([_entry(crawl), *json.loads(path.read_text())]))

    def asked(self) -> int:
        """Return how many requests both hosts have had."""
        return len(self.data.requests) + len(self.index.requests)


def crawls() -> list[Crawl]:
    """Return all 129 crawls, oldest first; the dates that nobody has recorded are estimates."""
    known = [_dated(listed) for listed in known_list(_CRAWLS, None).entries]
    return sorted([*known, LATER], key=lambda crawl: crawl.first_capture)


def _dated(listed: Listed) -> Crawl:
    """Return a crawl of the packaged list; its name gives the week."""
    first, last = listed.first_capture, listed.last_capture
    if first is None or last is None:
        year, week = listed.crawl.split("-")[2:]
        last = datetime.fromisocalendar(int(year), int(week), 4)
        first = last - timedelta(days=13)
    return Crawl(listed.crawl, first, last)


def render(folder: Path) -> tuple[Path, Path]:
    """Write what the data host and what the index host serves."""
    archive, lists = folder / "archive", folder / "lists"
    everything = crawls()
    able = [crawl for crawl in everything if crawl.crawl >= EARLY]
    captures = [each for crawl in able for each in _captures(crawl)]
    build(archive, able, captures, {name: n for n, name in enumerate(ANSWERS, 1)})
    lists.mkdir()
    listed = [_entry(crawl) for crawl in reversed(everything)]
    (lists / "collinfo.json").write_text(json.dumps(listed))
    (archive / "collinfo.json").unlink()
    (graph,) = json.loads((archive / "graphinfo.json").read_text())
    (archive / "graphinfo.json").unlink()
    _rename_graph(archive, graph["id"])
    listed_graphs = [graph | {"id": name} for name in GRAPHS]
    (lists / "graphinfo.json").write_text(json.dumps(listed_graphs))
    return archive, lists


def _rename_graph(archive: Path, name: str) -> None:
    """Give the web graph the kind of name that releases have."""
    graphs = archive / "projects" / "hyperlinkgraph"
    (graphs / name).rename(graphs / GRAPHS[1])
    for path in (graphs / GRAPHS[1] / "domain").iterdir():
        path.rename(path.with_name(path.name.replace(name, GRAPHS[1])))


@contextmanager
def served(archive: Path, lists: Path, manner: Manner = DATA_HOST) -> Iterator[StandIn]:
    """Serve both hosts, known to crawlblock as Common Crawl's own; the lists may be changed."""
    with ExitStack() as stack:
        data = stack.enter_context(RangeServer(archive, manner=manner))
        index = stack.enter_context(RangeServer(lists, manner=INDEX_HOST))
        keys._INDEX_HOST_OF[data.url] = index.url
        stack.callback(keys._INDEX_HOST_OF.pop, data.url)
        yield StandIn(data, index, archive, lists)


def hurry(patch: pytest.MonkeyPatch) -> None:
    """Let the index host be asked fast, as `--rate` lets the data host be."""
    patch.setattr(mirror, "_BRIEF", replace(AS_IT_IS, per_second=1000, together=1000))


def copied(folder: Path, lists: Path) -> Path:
    """Return a copy of the lists for one test."""
    return Path(shutil.copytree(lists, folder / "lists"))


def listed_keys(archive: Path, crawl: str, kind: str) -> list[str]:
    """Return the lines of one of a crawl's lists."""
    raw = (archive / f"crawl-data/{crawl}/{kind}.paths.gz").read_bytes()
    return gzip.decompress(raw).decode().split()


def _captures(crawl: Crawl) -> Iterator[Rendered]:
    """Return what a crawl has of the hosts: pages of all, and robots.txt since there is a subset.

    One server's clock is wrong, by more than a year.
    """
    for number, (domain, (status, body)) in enumerate(ANSWERS.items()):
        at = crawl.first_capture + timedelta(hours=2 + number)
        yield Rendered(crawl.crawl, f"https://{domain}/", at, 200, PAGE, HTML, subset="warc")
        if crawl.crawl >= FIRST:
            yield from _robots(crawl.crawl, domain, at, status, body)


def _robots(crawl: str, domain: str, at: datetime, status: int, body: bytes) -> Iterator[Rendered]:
    url = f"https://{domain}/robots.txt"
    if status in (301, 302):
        www = f"https://www.{domain}/robots.txt"
        target = www if status == 301 else f"https://{domain}/away"
        plain = f"http://{domain}/robots.txt"
        yield Rendered(crawl, plain, at, 301, b"", (("Location", url),))
        yield Rendered(crawl, url, at + timedelta(seconds=1), status, b"", (("Location", target),))
        if status == 301:
            yield Rendered(crawl, www, at + timedelta(seconds=2), 200, OPEN)
        return
    headers: tuple[tuple[str, str], ...] = HTML if body is PAGE else MASKED
    if domain == "example.com.br":
        headers += (("Date", format_datetime(at + OFF)),)
    yield Rendered(crawl, url, at, status, body, headers, http2=domain == "example.jp")


def _entry(crawl: Crawl) -> dict[str, str]:
    """Return a crawl as collinfo.json has it."""
    host = "https://index.commoncrawl.org"
    return {
        "id": crawl.crawl,
        "name": f"{crawl.last_capture:%B %Y} Index",
        "timegate": f"{host}/{crawl.crawl}/",
        "cdx-api": f"{host}/{crawl.crawl}-index",
        "from": crawl.first_capture.isoformat(timespec="seconds"),
        "to": crawl.last_capture.isoformat(timespec="seconds"),
    }
