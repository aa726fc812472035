"""What a server said, or why it said nothing."""

import errno
import ssl
from dataclasses import dataclass
from datetime import datetime

from yarl import URL

from crawlblock.outcome import Ending
from crawlblock.sources.live.addresses import NameNotFoundError
from crawlblock.sources.live.head import UnreadableAnswerError
from crawlblock.sources.live.ssrf import FORBIDDEN
from crawlblock.sources.live.wire import Truncated
from crawlblock.transport.location import redirect_url

NEEDED = 500 * 1024  # bytes of a robots.txt that count (RFC 9309 section 2.5)
MOST_KEPT = NEEDED + 1  # bytes of a body; the last one tells that there was more

_ENDINGS = {"time": Ending.CUT_BY_TIME, "unspecified": Ending.UNDECODABLE}


@dataclass(frozen=True, slots=True)
class Patience:
    """How long one host is waited for, in seconds."""

    lookup: float = 10.0  # of its name
    connect: float = 10.0  # TCP and TLS together, to any of its addresses
    silence: float = 15.0  # until the first byte, and between two
    whole: float = 60.0  # all its URLs and redirects


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer and the request it answers."""

    url: str
    fetch_time: datetime  # UTC, whole seconds as WARC has them
    address: str  # of the server, empty if it was gone before it could be read
    request_headers: tuple[tuple[str, str], ...]
    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]  # in their order
    body: bytes  # without content or transfer encoding, cut where it is too long
    truncated: Truncated | None  # why the body is not whole
    protocols: tuple[str, ...]  # http/1.1, tls/1.3
    location: bytes = b""  # the first Location header as it was sent

    @property
    def ended(self) -> Ending | None:
        """Return why bytes that count are missing, None if none are."""
        if self.truncated is None or len(self.body) >= NEEDED:
            return None
        return _ENDINGS.get(self.truncated, Ending.CUT)

    @property
    def redirects(self) -> bool:
        """Tell whether it sends the client elsewhere."""
        return 300 <= self.status < 400

    def target(self) -> URL | None:
        """Return where a redirect leads, None if it is none or leads nowhere HTTP goes."""
        location = self.location or self.header("location")
        if not self.redirects or not location:
            return None
        url = redirect_url(URL(self.url, encoded=True), location)
        return url.with_user(None) if url and url.explicit_port != 0 else None

    def header(self, name: str) -> str | None:
        """Return the first header of that name (in lower case)."""
        return next((value for key, value in self.headers if key.lower() == name), None)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there is no HTTP answer."""

    ended: Ending
    reason: str


def failure(error: Exception) -> Failure:
    """Return how an exchange without an answer ended."""
    reason = " ".join(str(error).split())[:200] or type(error).__name__
    match error:
        case UnreadableAnswerError():
            return Failure(Ending.UNREADABLE_ANSWER, reason)
        case TimeoutError():
            return Failure(Ending.TIMEOUT, str(error) or "no answer in time")
        case NameNotFoundError():
            return Failure(Ending.DNS, reason)
        case ssl.SSLError():
            return Failure(Ending.TLS, reason)
        case ConnectionRefusedError():
            return Failure(Ending.CONNECTION_REFUSED, reason)
        case OSError(errno=errno.EACCES) if FORBIDDEN in reason:  # several addresses, too
            return Failure(Ending.UNREACHABLE, f"not asked: {reason}")
        case ValueError():
            return Failure(Ending.UNREACHABLE, f"not asked: {reason}")
    return Failure(Ending.UNREACHABLE, f"{type(error).__name__}: {reason}")
