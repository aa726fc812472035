"""What an answer means, before its body is read."""

import re
from dataclasses import dataclass

import aiohttp
from yarl import URL

from crawlblock.outcome import Outcome
from crawlblock.transport.location import redirect_url
from crawlblock.transport.partial import PartialFile
from crawlblock.transport.throttle import MOST_IN_MEMORY, Busy, FailedAttempt, Refusal
from crawlblock.transport.waits import asked_patience

_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18}|\*)")
_REFUSALS = {403: Outcome.REFUSED, 429: Outcome.THROTTLED}
_FINAL = {
    401: Outcome.REFUSED,
    402: Outcome.PAYMENT_REQUIRED,
    404: Outcome.ABSENT,
    410: Outcome.ABSENT,
    451: Outcome.REFUSED,
}


@dataclass(frozen=True, slots=True)
class Moved:
    """A redirect."""

    url: URL


def refuses_suffix(response: aiohttp.ClientResponse) -> bool:
    """Tell whether the last bytes were asked for, and the server does not give them."""
    asked = response.request_info.headers.get("Range", "")
    return asked.startswith("bytes=-") and response.status in (200, 416, 501)


def stated_total(response: aiohttp.ClientResponse) -> int | Outcome | FailedAttempt:
    """Return how large the object is, of which the first byte was asked for."""
    if response.status == 416:
        return Outcome.DAMAGED  # it is empty
    first, last, total = _content_range(response)
    if response.status != 206 or first != 0 or last != 0 or total < 1:
        return FailedAttempt(Outcome.DAMAGED)
    return total


def stated_size(
    response: aiohttp.ClientResponse, start: int | None, length: int | None
) -> int | Outcome | FailedAttempt | None:
    """Return how many bytes the body must have (None: any number), or what is wrong with it."""
    if start is None:
        if response.status != 200:
            return FailedAttempt(Outcome.DAMAGED)
        size = response.content_length
        return Outcome.TOO_LARGE if size is not None and size > MOST_IN_MEMORY else size
    if response.status == 416:
        return Outcome.DAMAGED  # the object ends before the range begins
    first, last, total = _content_range(response)
    if start < 0:
        start = max(0, total + start)
    if response.status != 206 or first != start or last < first:
        return FailedAttempt(Outcome.DAMAGED)
    end = total - 1 if length is None else start + length - 1
    if last != end:
        # an object that ends before the range does will not grow by asking again
        return Outcome.DAMAGED if last + 1 == total else FailedAttempt(Outcome.DAMAGED)
    size = last - first + 1
    if response.content_length not in (None, size):
        return FailedAttempt(Outcome.DAMAGED)
    return Outcome.TOO_LARGE if length is None and size > MOST_IN_MEMORY else size


def _content_range(response: aiohttp.ClientResponse) -> tuple[int, int, int]:
    """Return first byte, last byte and size of the object; -1 where it is not stated."""
    stated = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
    if stated is None:
        return -1, -1, -1
    first, last, total = stated.groups()
    return int(first), int(last), -1 if total == "*" else int(total)


def continues(response: aiohttp.ClientResponse, part: PartialFile) -> bool:
    """Tell whether the body goes on where the file ends, in the same object."""
    first, last, total = _content_range(response)
    return (
        response.status == 206
        and first == part.size
        and last + 1 == total
        and total == (part.total or total)
        and response.headers.get("ETag") == part.etag
    )


def is_page(response: aiohttp.ClientResponse) -> bool:
    """Tell whether an answer that looks like a success is a page of HTML."""
    return response.status in (200, 206) and response.content_type == "text/html"


def is_whole(response: aiohttp.ClientResponse) -> bool:
    """Tell whether a whole object came where a part was asked for; the last bytes are no part.

    A part that is asked for under a condition (If-Range) is not meant: the object may be another.
    """
    asked = response.request_info.headers
    part = "Range" in asked and not asked["Range"].startswith("bytes=-")
    return response.status == 200 and part and "If-Range" not in asked


def refused(response: aiohttp.ClientResponse) -> Outcome | Refusal | Busy | FailedAttempt | Moved:
    """Return what a status other than success means."""
    status = response.status
    if status in _REFUSALS:
        return Refusal(status, _REFUSALS[status], asked_patience(response.headers))
    if status in (301, 302, 303, 307, 308):
        return _target(response)
    if status >= 500:
        return Busy(status, asked_patience(response.headers))
    return _FINAL.get(status, FailedAttempt(Outcome.UNREACHABLE))


def _target(response: aiohttp.ClientResponse) -> Outcome | Moved:
    url = redirect_url(response.url, response.headers.get("Location", ""))
    if url is None or (url.scheme == "http" and response.url.scheme == "https"):
        return Outcome.REDIRECT_UNRESOLVED
    return Moved(url)


def failed(error: Exception) -> Outcome:
    """Return how an exchange without an answer, or with half of one, ended."""
    match error:
        case TimeoutError():
            return Outcome.TIMEOUT
        case aiohttp.ClientConnectorDNSError():
            return Outcome.DNS
        case aiohttp.ClientSSLError():
            return Outcome.TLS
        case aiohttp.ClientConnectorError(os_error=ConnectionRefusedError()):
            return Outcome.CONNECTION_REFUSED
        case aiohttp.ClientPayloadError():
            return Outcome.DAMAGED
    return Outcome.UNREACHABLE
