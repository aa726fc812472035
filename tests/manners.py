"""How Common Crawl's two hosts answer, as far as it was recorded or written down.

Sources: recorded exchanges of cdx_toolkit's tests; the texts that issues and the status page quote.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Literal

_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
_IDS = "<RequestId>0A49CE4060975EAC</RequestId><HostId>aGVsbG8=</HostId>"
_S3 = {
    404: (
        f"{_XML}<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message>"
        f"<Key>{{key}}</Key>{_IDS}</Error>"
    ),
    416: (
        f"{_XML}<Error><Code>InvalidRange</Code><Message>The requested range is not satisfiable"
        f"</Message>{_IDS}</Error>"
    ),
    503: (
        f"{_XML}<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message>"
        f"{_IDS}</Error>"
    ),
}
_CLOUDFRONT = (
    '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01 Transitional//EN">\n<HTML><HEAD><TITLE>ERROR: '
    "The request could not be satisfied</TITLE></HEAD><BODY>\n<H1>{status} ERROR</H1>\n<H2>The "
    "request could not be satisfied.</H2>\nRequest blocked.\n</BODY></HTML>\n"
)
_NGINX = (
    "<html>\r\n<head><title>{status}</title></head>\r\n<body>\r\n<center><h1>{status}</h1>"
    "</center>\r\n<hr><center>nginx/1.29.1</center>\r\n</body>\r\n</html>\r\n"
)


@dataclass(frozen=True, slots=True)
class Manner:
    """How a host answers."""

    server: str
    content_type: str  # of every object
    etag: str  # of which {} is the digest
    pages: dict[int, str]  # of XML; another status has a page of HTML
    html: str
    suffix: Literal["answered", "whole", "refused"] = "answered"  # ranges of the last bytes
    ahead: timedelta = timedelta()  # of the host's clock before ours

    def headers(self) -> dict[str, str]:
        """Return what every answer has; Accept-Ranges is not there."""
        date = format_datetime(datetime.now(UTC) + self.ahead, usegmt=True)
        return {"Server": self.server, "Date": date}

    def page(self, status: int, key: str) -> tuple[str, str]:
        """Return content type and text of an answer without the object."""
        if status in self.pages:
            return "application/xml", self.pages[status].format(key=key)
        return "text/html", self.html.format(status=status)


S3 = Manner(
    server="AmazonS3",
    content_type="application/octet-stream",
    etag='"{}"',
    pages=_S3,
    html=_CLOUDFRONT,
)
DATA_HOST = replace(S3, etag='"{}-15"')  # strong, of uploads in parts
INDEX_HOST = Manner(
    server="nginx/1.29.1", content_type="application/json", etag='W/"{}"', pages={}, html=_NGINX
)


def without_suffix(how: Literal["whole", "refused"]) -> Manner:
    """Return the manner of a data host that does not answer ranges of the last bytes."""
    return replace(DATA_HOST, suffix=how)
