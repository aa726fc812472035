"""A crawl whose hosts move, change and differ, written as an archive, and its scan."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import polars as pl
import pytest
from click.testing import CliRunner, Result
from sharing import copy_of_made

from crawlblock.cli import cli
from crawlblock.demo import build
from crawlblock.demo.contents import PLAIN, Rendered
from crawlblock.metrics.queries import CENSUS, held, metrics, result_of
from crawlblock.model import Crawl

MINI = Crawl("DEMO-2025-33", datetime(2025, 8, 2), datetime(2025, 8, 18))
DOMAINS = 900
TEXTS = (
    b"User-agent: *\nDisallow: /private\n",
    b"User-agent: GPTBot\nUser-agent: CCBot\nDisallow: /\n\nUser-agent: *\nDisallow:\n",
    b"User-agent: AI2Bot\nCrawl-delay: 3\nUser-agent: ClaudeBot\nDisallow: /\nAllow: /$\n",
    b"",
    b"User-agent: *\r\nDisallow: /\r\n",
    b"User-agent: GPTBot\nDisallow: /\n\nSitemap: https://%d.example/sitemap.xml\n",
    b"User-agent: Googlebot\nAllow: /\n\nUser-agent: *\nContent-Signal: ai-train=no\nDisallow: /\n",
)
_PAGE = b"<!doctype html><title>Not here</title>"
_TLDS = ("com", "org", "de", "co.uk")
_SERVERS = ((), (("CF-RAY", "8a"),), (("Server", "nginx"),), (("Server", "AkamaiGHost"),))


def domain_of(number: int) -> str:
    """Return the name of a registered domain."""
    return f"d{number}.{_TLDS[number % len(_TLDS)]}"


def captures(rng: random.Random) -> Iterator[Rendered]:
    """Yield the captures of all hosts: most domains have a www, some more hosts."""
    for number in range(DOMAINS):
        domain = domain_of(number)
        hosts = [domain] * (number % 9 != 0) + [f"www.{domain}"] * (number % 3 != 1)
        hosts += [f"{name}.{domain}" for name in ("shop", "b", "a", "news")[: number % 5]]
        for host in hosts or [f"only.{domain}"]:
            yield from _host(rng, host, domain)


def _host(rng: random.Random, host: str, domain: str) -> Iterator[Rendered]:
    """Yield what a crawl has of one host."""
    url = f"https://{host}/robots.txt"
    at = MINI.first_capture + timedelta(seconds=rng.randrange(1_000_000))
    kind = rng.choice(("plain", "plain", "twice", "http", "www", "chain", "loop", "nowhere"))
    if kind == "http":
        yield _moved(url.replace("https", "http"), at, f"HTTPS://{host.upper()}:443/robots.txt#a")
    elif kind == "www":
        yield _moved(url, at, f"https://www.{domain}/robots.txt")
        return
    elif kind == "chain":
        hops = rng.randrange(1, 8)
        for hop in range(hops):
            here = url if hop == 0 else f"https://{host}/r{hop}"
            yield _moved(here, at, f"/r{hop + 1}")
        url = f"https://{host}/r{hops}"
    elif kind == "loop":
        yield _moved(url, at, "?a")
        yield _moved(f"{url}?a", at, "/robots.txt")
        return
    elif kind == "nowhere":
        yield _moved(url, at, rng.choice(("https://gone.example/", "mailto:a@b", "http:///x")))
        return
    elif kind == "twice":
        for hour in range(1, rng.randrange(2, 5)):
            yield _answer(rng, url, at - timedelta(hours=hour))
        yield _answer(rng, url.replace("https", "http"), at)
    yield _answer(rng, url, at)


def _moved(url: str, at: datetime, target: str) -> Rendered:
    return Rendered(MINI.crawl, url, at, 301, b"", (("Location", target),))


def _answer(rng: random.Random, url: str, at: datetime) -> Rendered:
    status = rng.choices((200, 404, 403, 503, 525, 429), (70, 14, 5, 5, 3, 3))[0]
    text = rng.choice((*TEXTS, _PAGE)) if status == 200 else _PAGE
    body = text % rng.randrange(9**9) if b"%d" in text else text
    sent = rng.choice(_SERVERS)
    kept = (("Content-Type", "text/html"),) if text == _PAGE else PLAIN
    return Rendered(MINI.crawl, url, at, status, body, (*sent, *kept))


def crawl(directory: Path) -> Path:
    """Write the archive."""
    build(directory, [MINI], captures(random.Random(5)))
    return directory


def mini(factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return copies of the archive and of a scan of all of it, a file a shard; they are made once.

    The scan reads the archive that was made, not the copy.
    """
    folder = copy_of_made(factory, "mini", _make_mini)
    return folder / "mini", folder / "scan"


def _make_mini(folder: Path) -> None:
    scanned(folder / "scan", crawl(folder / "mini"))


def invoked(*arguments: object) -> Result:
    """Return what a command says and how it ends."""
    return CliRunner().invoke(cli, [str(each) for each in arguments])


def asked(con: duckdb.DuckDBPyConnection, name: str) -> pl.DataFrame:
    """Return what one metric answers about the census."""
    (metric,) = (m for m in metrics(CENSUS) if m.name == name)
    with held(con, CENSUS):
        return result_of(con, metric, CENSUS)


def scanned(directory: Path, mirror: Path, *options: object, files: int = 1) -> Path:
    """Plan and run a scan in a directory."""
    ended = invoked("scan", "plan", directory, "--mirror", mirror, "--files", files, *options)
    assert ended.exit_code == 0, ended.output
    ended = invoked("scan", "run", directory)
    assert ended.exit_code == 0, ended.output
    return directory
