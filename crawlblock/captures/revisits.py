"""Finds the payload that a revisit record repeats among the answers that were read."""

from typing import NamedTuple

from crawlblock.captures.build import ROBOTS, Seen
from crawlblock.hosts import UrlParts, split_url
from crawlblock.warc.http import spelled
from crawlblock.warc.reader import Record

_MOST = 500_000  # answers that are remembered, the latest; some 200 bytes each


class _Payload(NamedTuple):
    digest: str  # of the kind that names payloads
    stated: str | None  # the digest that its record states, which may be of another kind


class Originals:
    """Remembers answers by what a revisit may state about them: their URL and date, or digest.

    A record may state a digest that does not name a payload: of another kind, or of the payload
    within its codings.
    """

    def __init__(self) -> None:
        """Start with nothing read."""
        self._by_place: dict[tuple[UrlParts, bytes], _Payload] = {}
        self._by_stated: dict[str, str] = {}
        self._digests: set[str] = set()

    def note(self, record: Record, found: Seen) -> None:
        """Remember an answer to a robots.txt URL whose payload was read."""
        if found.payload is None or found.digest is None or found.asked.resource != ROBOTS:
            return
        same = record.digest == found.digest.encode()  # nearly always; to spell it takes longer
        stated = found.digest if same else spelled(record.digest)
        self._digests.add(found.digest)
        if stated and stated != found.digest:
            self._by_stated[stated] = found.digest
        if len(self._by_place) >= _MOST:
            del self._by_place[next(iter(self._by_place))]
        self._by_place[found.asked, _second(record.date)] = _Payload(found.digest, stated)

    def resolved(self, record: Record, found: Seen) -> Seen:
        """Return what a revisit says, with the payload that it repeats if that was read."""
        digest = self._referred(record, found.digest) or self._by_stated.get(found.digest or "")
        return found._replace(digest=digest, ended=None, reason=None) if digest else found

    def has(self, found: Seen) -> bool:
        """Tell whether the payload of an answer was read."""
        return found.digest in self._digests

    def _referred(self, record: Record, stated: str | None) -> str | None:
        """Return the digest of the answer that a revisit refers to by URL and date.

        If its digest is not the one that the revisit states, it is another answer.
        """
        url = split_url(record.refers_url)
        original = self._by_place.get((url, _second(record.refers_date))) if url else None
        if original is None:
            return None
        own = (original.digest, original.stated)
        comparable = any(_kind(stated) == _kind(each) for each in own)
        return None if stated and comparable and stated not in own else original.digest


def repeats(record: Record, found: Seen) -> bool:
    """Tell whether a record is a revisit that repeats a payload."""
    return record.kind == "revisit" and found.status is not None and 200 <= found.status < 300


def _second(date: bytes) -> bytes:
    """Return the fourteen digits of a date, however it is spelled."""
    return date.translate(None, b"-:T Z")[:14]


def _kind(digest: str | None) -> str | None:
    return digest.partition(":")[0].lower() if digest else None
