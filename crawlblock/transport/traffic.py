"""What has gone over the line, and how the server answered last."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from crawlblock.transport.waits import server_time

_SIZES = 100  # objects whose size is remembered
_DIGITS = 19  # a size with so many digits is not valid


class QuotaSpentError(Exception):
    """A run has sent as many requests as it may."""


@dataclass(slots=True)
class ServerTraffic:
    """What has gone over the line so far."""

    requests: int = 0
    bytes: int = 0  # of bodies, those of failed attempts too
    last: "Heard | None" = None  # how the server answered that did so last
    most: int | None = None  # requests that may be sent; None: any number
    sizes: dict[str, int] = field(default_factory=dict)  # bytes of objects by URL, as ranges state

    def count(self) -> None:
        """Count a request that is about to be sent; raises QuotaSpentError."""
        if self.most is not None and self.requests >= self.most:
            raise QuotaSpentError
        self.requests += 1

    def hear(self, url: str, heard: "Heard") -> None:
        """Note how a server answered, and the size of the object that a range is of."""
        self.last = heard
        size = heard.headers.get("Content-Range", "").rpartition("/")[2]
        if heard.status == 206 and size.isdecimal() and len(size) < _DIGITS:
            if len(self.sizes) >= _SIZES:
                self.sizes.clear()
            self.sizes[url] = int(size)


@dataclass(frozen=True, slots=True)
class Heard:
    """How a server answered, without the body."""

    asked: str | None  # the range
    status: int
    headers: Mapping[str, str]
    seconds: float  # until the headers were there

    @property
    def server_time(self) -> datetime | None:
        """Return what time it is by the server's clock (naive, UTC)."""
        return server_time(self.headers)
