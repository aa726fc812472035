"""How a host of the demo answers: its URLs and redirects, chosen by a hash of its name."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus

from crawlblock.demo.contents import PLAIN, Rendered
from crawlblock.hosts import is_address
from crawlblock.robots.quoted import RECONSTRUCTED

_MANY = 1 << 32
_HTML = (("Content-Type", "text/html; charset=utf-8"),)
_NOTE = f"{RECONSTRUCTED}; not the text of the site's own file"


@dataclass(frozen=True, slots=True)
class Site:
    """A host with the URLs by which its robots.txt is reached."""

    host: str
    targets: Mapping[str, str | None]  # URL -> where it redirects to; None: it answers
    http2: bool
    line_end: str
    signed: bool  # its robots.txt names the host, so that no other host has the same bytes

    def robots_txt(self, groups: str) -> bytes:
        """Return groups as this host writes them."""
        if not groups and not self.signed:
            return b""
        lines = [f"# {self.host}: {_NOTE}" if self.signed else f"# {_NOTE}", *groups.split("\n")]
        if self.signed:
            lines.append(f"Sitemap: https://{self.host}/sitemap.xml")
        return (self.line_end.join(lines).rstrip() + self.line_end).encode()

    def answer(self, crawl: str, time: datetime, status: int, body: bytes) -> Iterator[Rendered]:
        """Return the captures of one visit that ends in an answer at a time."""
        for url, target in self.targets.items():
            if target is None:
                yield self._capture(crawl, url, time, status, body)
            else:
                before = time - timedelta(seconds=self._hops(url))
                yield self._redirect(crawl, url, before, target)

    def lost(self, crawl: str, time: datetime) -> Iterator[Rendered]:
        """Return the captures of a redirect that leads in a circle or out of the archive."""
        plain, secure = _url("http", self.host), _url("https", self.host)
        if self.signed:
            yield self._redirect(crawl, plain, time - timedelta(seconds=1), secure)
            yield self._redirect(crawl, secure, time, plain)
        else:
            yield self._redirect(crawl, secure, time, f"https://{self.host}/closed")

    def error(self, crawl: str, time: datetime, status: int) -> Rendered:
        """Return an answer without robots.txt at the URL that otherwise has it."""
        url = next(url for url, target in self.targets.items() if target is None)
        return self._capture(crawl, url, time, status, b"")

    def _hops(self, url: str) -> int:
        target = self.targets[url]
        return 0 if target is None else 1 + self._hops(target)

    def _capture(self, crawl: str, url: str, time: datetime, status: int, body: bytes) -> Rendered:
        robots = status == 200 and not body.startswith(b"<")
        media = PLAIN if robots else _HTML
        sent: tuple[tuple[str, str], ...] = (("Server", "nginx"), *media)
        if stable(self.host, "gzip") < 0.5:
            sent += (("Vary", "Accept-Encoding"), ("X-Crawler-Content-Encoding", "gzip"))
        if stable(self.host, "chunked") < 0.3 and not self.http2:
            sent += (("X-Crawler-Transfer-Encoding", "chunked"),)
        return Rendered(
            crawl=crawl,
            url=url,
            fetch_time=time,
            status=status,
            body=body if status == 200 else page(self.host, status),
            headers=sent,
            http2=self.http2 and url.startswith("https"),
        )

    def _redirect(self, crawl: str, url: str, time: datetime, target: str) -> Rendered:
        return Rendered(
            crawl=crawl,
            url=url,
            fetch_time=time,
            status=301,
            body=page(self.host, 301),
            headers=(("Server", "nginx"), ("Location", target), *_HTML),
            http2=self.http2 and url.startswith("https"),
        )


def site(host: str, taken: frozenset[str]) -> Site:
    """Return how a host answers; hosts in `taken` answer for themselves, so nothing leads there."""
    return Site(
        host=host,
        targets=_targets(host, taken),
        http2=stable(host, "http2") < 0.4,
        line_end="\r\n" if stable(host, "line end") < 0.2 else "\n",
        signed=stable(host, "signed") < 0.85,
    )


def page(host: str, status: int) -> bytes:
    """Return a page of HTML, as servers send with an error or in place of a robots.txt."""
    title = f"{status} {HTTPStatus(status).phrase}" if status in set(HTTPStatus) else str(status)
    return (
        f"<!DOCTYPE html>\n<html><head><title>{title}</title></head>\n"
        f"<body><p>{host}: {_NOTE}.</p></body></html>\n"
    ).encode()


def stable(*parts: str) -> float:
    """Return a number from 0 to 1 that is the same for the same words on every machine."""
    sampled = hashlib.blake2b(" ".join(parts).encode(), digest_size=4).digest()
    return int.from_bytes(sampled) / _MANY


def _targets(host: str, taken: frozenset[str]) -> dict[str, str | None]:
    """Return the URLs of a host's robots.txt: a direct one, http beside https, or 1-3 redirects."""
    plain, secure = _url("http", host), _url("https", host)
    sampled = stable(host, "targets")
    if sampled < 0.35:
        return {secure: None}
    if sampled < 0.40:
        return {plain: None}
    if sampled < 0.48:
        return {secure: None, plain: None}
    if sampled < 0.70 or is_address(host) or host.startswith("www.") or f"www.{host}" in taken:
        return {plain: secure, secure: None}
    www = _url("https", f"www.{host}")
    if sampled < 0.85:
        return {plain: www, secure: www, www: None}
    if sampled < 0.95:
        return {plain: secure, secure: www, www: None}
    elsewhere = f"https://www.{host}/static/robots.txt"
    return {plain: secure, secure: www, www: elsewhere, elsewhere: None}


def _url(scheme: str, host: str) -> str:
    return f"{scheme}://{host}/robots.txt"
