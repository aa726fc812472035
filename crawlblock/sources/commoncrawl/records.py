"""WARC records by their place: ranges of one file merged when little lies between them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from crawlblock.captures.build import RecordPlace, Seen, seen
from crawlblock.errors import UpstreamError
from crawlblock.hosts import UrlParts
from crawlblock.model import Fetch
from crawlblock.outcome import Ending, Outcome
from crawlblock.sources.commoncrawl.mirror import Mirror
from crawlblock.transport.tasks import gather
from crawlblock.warc.http import Answers, fits
from crawlblock.warc.reader import Damage, read_record

GAP = 64 * 1024  # bytes fetched in vain rather than asking twice
_LARGEST = 8 * 1024 * 1024  # bytes of one merged range
_ASK_AGAIN = (Ending.UNREADABLE, Ending.ALTERED, Ending.UNDECODABLE)


@dataclass(frozen=True, slots=True)
class ByteSpan:
    """Places of one file that are worth one request."""

    places: tuple[RecordPlace, ...]

    @property
    def start(self) -> int:
        """Return where the first one begins, in bytes."""
        return self.places[0].offset

    @property
    def length(self) -> int:
        """Return how many bytes they cover, gaps included."""
        return max(place.offset + place.length for place in self.places) - self.start


async def fetch(mirror: Mirror, named: Iterable[Fetch]) -> dict[RecordPlace, Seen | Damage]:
    """Return what the record says at the place of each fetch that an index names.

    A record that cannot be read, or does not fit its digest, is asked for once more.  Raises
    UpstreamError when the archive cannot be reached: that says nothing about the record, and the
    next run asks for it again.
    """
    wanted = {place_of(fetch): fetch for fetch in named}
    found: dict[RecordPlace, Seen | Damage] = {}
    answers = Answers()

    async def read(run: ByteSpan) -> None:
        file = run.places[0].warc_file
        raw = _answer(mirror, file, await mirror.read(file, run.start, run.length))
        for place in run.places:
            record = _record(raw, place.offset - run.start, wanted[place], answers)
            if isinstance(record, Damage) or record.ended in _ASK_AGAIN:
                alone = len(run.places) == 1
                again = await mirror.read(file, place.offset, place.length, anew=alone)
                record = _record(_answer(mirror, file, again), 0, wanted[place], answers)
            found[place] = record

    await gather(read(run) for run in merged(wanted))
    return found


def place_of(fetch: Fetch) -> RecordPlace:
    """Return where the record of a fetch lies."""
    return RecordPlace(fetch.warc_file or "", fetch.warc_offset or 0, fetch.warc_length or 0)


def _answer(mirror: Mirror, file: str, raw: bytes | Outcome) -> bytes | Outcome:
    """Return what was read, where it says anything about the record."""
    if isinstance(raw, bytes) or not raw.retry:
        return raw
    raise UpstreamError(
        f"{mirror.location}: {file}: {raw}; what was collected is stored, run again later"
    )


def merged(places: Iterable[RecordPlace]) -> Iterator[ByteSpan]:
    """Return runs of places that are worth one request each, in the order of the files."""
    run: list[RecordPlace] = []
    end = 0
    for place in sorted(places):
        last = place.offset + place.length
        if run and (
            place.warc_file != run[0].warc_file
            or place.offset - end > GAP
            or last - run[0].offset > _LARGEST
        ):
            yield ByteSpan(tuple(run))
            run, end = [], 0
        run.append(place)
        end = max(end, last)
    if run:
        yield ByteSpan(tuple(run))


def _record(raw: bytes | Outcome, at: int, named: Fetch, answers: Answers) -> Seen | Damage:
    """Return what the record at a place says, if it is the one that the index names."""
    place = place_of(named)
    if isinstance(raw, Outcome):
        return Damage(place.offset, f"the archive does not have it ({raw})", None)
    record = read_record(raw[at : at + place.length])
    if isinstance(record, Damage):
        return record
    digest = (named.digest or "").encode()
    found = seen(record._replace(digest=record.digest or digest), answers)
    if found is None or found.asked != UrlParts(named.secure is True, named.host, named.resource):
        return Damage(place.offset, f"the record there is of {record.url}", record.url)
    if digest and found.payload is not None and _contradicts(digest, record.digest, found.payload):
        reason = f"the index states {named.digest}, the record {record.digest.decode('latin-1')}"
        return found._replace(ended=Ending.ALTERED, reason=reason, payload=None)
    return found


def _contradicts(indexed: bytes, stated: bytes, payload: bytes) -> bool:
    """Tell whether an index and a record name different payloads.

    Their digests may be of different kinds, and of the payload before or after its coding.
    """
    return indexed.upper() != stated.upper() and fits(indexed, payload) is False
