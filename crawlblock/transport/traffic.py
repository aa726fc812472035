"""What has gone over the line, and how the server answered last."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from crawlblock.transport.waits import told_time


class QuotaSpentError(Exception):
    """A run has sent as many requests as it may."""


@dataclass(slots=True)
class ServerTraffic:
    """What has gone over the line so far."""

    requests: int = 0
    bytes: int = 0  # of bodies, those of failed attempts too
    last: "Heard | None" = None  # how the server answered that did so last
    most: int | None = None  # requests that may be sent; None: any number

    def count(self) -> None:
        """Count a request that is about to be sent; raises QuotaSpentError."""
        if self.most is not None and self.requests >= self.most:
            raise QuotaSpentError
        self.requests += 1


@dataclass(frozen=True, slots=True)
class Heard:
    """How a server answered, without the body."""

    asked: str | None  # the range
    status: int
    headers: Mapping[str, str]
    seconds: float  # until the headers were there

    @property
    def told_time(self) -> datetime | None:
        """Return what time it is by the server's clock (naive, UTC)."""
        return told_time(self.headers)
