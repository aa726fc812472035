"""WARC records by their place: ranges of one file merged when little lies between them."""

from collections.abc import Iterable, Iterator

from crawlblock.errors import UpstreamError
from crawlblock.model import Outcome
from crawlblock.sources.commoncrawl.index import IndexRow
from crawlblock.sources.commoncrawl.mirror import Mirror
from crawlblock.sources.tasks import gather
from crawlblock.warc import Response, digest, read_record

GAP = 64 * 1024  # bytes fetched in vain rather than asking twice
_LARGEST = 8 * 1024 * 1024  # bytes of one merged range

Place = tuple[str, int]  # WARC file and offset


async def fetch(mirror: Mirror, rows: Iterable[IndexRow]) -> dict[Place, Response | Outcome]:
    """Return the record at the place of each index row.

    A record that is cut, does not parse or does not fit its digest is asked for once more, and is
    `damaged` if that does not help.  Raises UpstreamError when the archive cannot be reached: that
    says nothing about the record, and the next run asks for it again.
    """
    places = {(row.warc_file, row.warc_offset): row for row in rows}
    found: dict[Place, Response | Outcome] = {}

    async def read(run: list[IndexRow]) -> None:
        start, end = run[0].warc_offset, max(row.warc_offset + row.warc_length for row in run)
        raw = _told(mirror, run[0], await mirror.read(run[0].warc_file, start, end - start))
        for row in run:
            at = row.warc_offset - start
            record = (
                raw if isinstance(raw, Outcome) else _record(raw[at : at + row.warc_length], row)
            )
            if record is Outcome.DAMAGED:
                place = (row.warc_file, row.warc_offset, row.warc_length)
                again = _told(mirror, row, await mirror.read(*place, anew=len(run) == 1))
                record = again if isinstance(again, Outcome) else _record(again, row)
            found[row.warc_file, row.warc_offset] = record

    await gather(read(run) for run in merged(places.values()))
    return found


def _told(mirror: Mirror, row: IndexRow, raw: bytes | Outcome) -> bytes | Outcome:
    """Return what was read, where it tells anything about the record."""
    if isinstance(raw, bytes) or raw in (Outcome.DAMAGED, Outcome.ABSENT, Outcome.TOO_LARGE):
        return raw
    raise UpstreamError(
        f"{mirror.location}: {row.warc_file}: {raw}; what was collected is stored, run again later"
    )


def merged(rows: Iterable[IndexRow]) -> Iterator[list[IndexRow]]:
    """Return runs of rows that are worth one request each, in the order of the files."""
    run: list[IndexRow] = []
    end = 0
    for row in sorted(rows, key=lambda row: (row.warc_file, row.warc_offset)):
        last = row.warc_offset + row.warc_length
        if run and (
            row.warc_file != run[0].warc_file
            or row.warc_offset - end > GAP
            or last - run[0].warc_offset > _LARGEST
        ):
            yield run
            run, end = [], 0
        run.append(row)
        end = max(end, last)
    if run:
        yield run


def _record(stored: bytes, row: IndexRow) -> Response | Outcome:
    record = read_record(stored)
    if record is None or (row.digest and digest(record.payload) != row.digest):
        return Outcome.DAMAGED
    return record
