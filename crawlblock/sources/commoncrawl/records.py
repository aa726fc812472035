"""WARC records by their place: ranges of one file merged when little lies between them."""

from collections.abc import Iterable

from crawlblock.captures.build import RecordPlace, Seen, seen
from crawlblock.errors import UpstreamError
from crawlblock.hosts import UrlParts
from crawlblock.model import Fetch
from crawlblock.outcome import Ending, Outcome
from crawlblock.sources.commoncrawl.mirror import Mirror
from crawlblock.sources.commoncrawl.spans import LEAST_GAP, ByteSpan, merged
from crawlblock.transport.tasks import gather
from crawlblock.warc.http import Answers, fits
from crawlblock.warc.reader import Damage, read_record

_ASK_AGAIN = (Ending.UNREADABLE, Ending.ALTERED, Ending.UNDECODABLE)


async def fetch(
    mirror: Mirror, named: Iterable[Fetch], gap: int = LEAST_GAP
) -> dict[RecordPlace, Seen | Damage]:
    """Return what the record says at the place of each fetch that an index names.

    At most `gap` bytes between two records of a file are read in vain.  A record that cannot be
    read, or does not fit its digest, is asked for once more.  Raises UpstreamError when the archive
    cannot be reached: that says nothing about the record, and the next run asks for it again.
    """
    wanted = {place_of(fetch): fetch for fetch in named}
    found: dict[RecordPlace, Seen | Damage] = {}
    answers = Answers()

    async def read(run: ByteSpan[RecordPlace]) -> None:
        file = run.name
        raw = _answer(mirror, file, await mirror.read(file, run.start, run.length))
        for place in run.places:
            record = _record(raw, place.offset - run.start, wanted[place], answers)
            if isinstance(record, Damage) or record.ended in _ASK_AGAIN:
                alone = len(run.places) == 1
                again = await mirror.read(file, place.offset, place.length, anew=alone)
                record = _record(_answer(mirror, file, again), 0, wanted[place], answers)
            found[place] = record

    await gather(read(run) for run in merged(wanted, gap))
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
