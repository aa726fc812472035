"""What goes into an archive: captures, and the entries its indexes have of them."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from urllib.parse import urljoin

from crawlblock.hosts import surt

_surt = lru_cache(maxsize=100_000)(surt)  # crawls repeat the URLs
PLAIN = (("Content-Type", "text/plain; charset=utf-8"),)
ROBOTS = "robotstxt"  # the subset of robots.txt captures; pages are in the subset warc


@dataclass(frozen=True, slots=True)
class Rendered:
    """A capture to put into an archive."""

    crawl: str
    url: str
    fetch_time: datetime  # UTC
    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = PLAIN  # of the answer; Date and Content-Length are added
    http2: bool = False  # the answer came by HTTP/2: no reason phrase
    subset: str = ROBOTS

    def header(self, name: str) -> str | None:
        """Return the first header of that name."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    @property
    def redirect(self) -> str | None:
        """Return where the answer sends the client, as an absolute URL."""
        target = self.header("Location") if 300 <= self.status < 400 else None
        return urljoin(self.url, target) if target else None

    @property
    def mime(self) -> str | None:
        """Return the media type that the server stated."""
        stated = self.header("Content-Type")
        return stated.partition(";")[0].strip().lower() if stated else None

    @property
    def detected(self) -> str:
        """Return the media type as the body looks, in place of Common Crawl's detector."""
        head = self.body[:512].removeprefix(b"\xef\xbb\xbf").lstrip()
        if head.startswith(b"<"):
            return "text/html"
        return "application/octet-stream" if b"\x00" in head else "text/plain"


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """Where a capture lies, as the indexes list it."""

    capture: Rendered
    fetch_time: datetime  # UTC, as it is stated
    digest: str  # base32 SHA-1 of the payload, bare
    segment: str
    filename: str  # key of the WARC file
    offset: int  # bytes, of the response record
    length: int  # bytes, as stored

    @property
    def surt(self) -> str:
        """Return the SURT key of the capture's URL."""
        return _surt(self.capture.url)
