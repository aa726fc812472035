"""From WARC files to facts.

A file is read twice: for what it holds, and for what of that is about robots.txt, which includes
whatever redirects lead to.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from crawlblock.captures.build import ROBOTS, RecordPlace, Seen, fetch_of, seen
from crawlblock.captures.frames import Batch, batch_of
from crawlblock.captures.selection import MAX_HOPS
from crawlblock.errors import InputError
from crawlblock.hosts import UrlParts, split_url
from crawlblock.model import Asked, Fetch, Payload
from crawlblock.sources.files.batch import LeftOutTally
from crawlblock.sources.files.periods import Periods
from crawlblock.warc.http import Answers
from crawlblock.warc.reader import Damage, Record, records, warc_time

_BATCH = 2_000  # fetches stored together
_BATCH_BYTES = 32 * 1024 * 1024  # or payloads of so many


def read_archive(
    path: Path, periods: Periods, tally: LeftOutTally, known: set[str]
) -> Iterator[Batch]:
    """Yield what a WARC file holds about robots.txt; count what it holds besides.

    `known` has the digests of the payloads that were yielded before.  Raises InputError if the
    file cannot be read or holds no answer to a robots.txt URL.
    """
    wanted = _wanted(path, periods, tally)
    if not wanted:
        raise InputError(f"{path}: holds no answer to a robots.txt URL{tally.reasons()}")
    fetches: list[Fetch] = []
    payloads: list[Payload] = []
    answers = Answers()
    for number, record in enumerate(records(path)):
        if number not in wanted:
            continue
        fetches += wanted[number]
        found = seen(record, answers) if isinstance(record, Record) else None
        if found and found.payload is not None and found.digest and found.digest not in known:
            known.add(found.digest)
            payloads.append(Payload(found.digest, found.payload))
        held = sum(len(each.body) for each in payloads)
        if len(fetches) >= _BATCH or held >= _BATCH_BYTES:
            yield _batch(fetches, payloads)
            fetches, payloads = [], []
    yield _batch(fetches, payloads)


def times_in_archive(path: Path) -> list[tuple[str, datetime]]:
    """Return host and time of each record about a robots.txt URL."""
    found: list[tuple[str, datetime]] = []
    for record in records(path):
        parts = split_url(record.url) if isinstance(record, Record) else None
        time = warc_time(record.date) if isinstance(record, Record) else None
        if parts is not None and time is not None and parts.resource == ROBOTS:
            found.append((parts.host, time))
    return found


def _batch(fetches: list[Fetch], payloads: list[Payload]) -> Batch:
    """Return a batch in which every host with a robots.txt URL counts as asked."""
    asked = {(each.snapshot, each.host): None for each in fetches if each.resource == ROBOTS}
    return batch_of(fetches, [Asked(snapshot=name, host=host) for name, host in asked], payloads)


def _wanted(path: Path, periods: Periods, tally: LeftOutTally) -> Mapping[int, list[Fetch]]:
    """Return the fetches to store by the number of their record in the file.

    A redirect's target that was fetched in another month or week belongs to the snapshot of the
    redirect, too.
    """
    found = dict(_fetches(path, periods, tally))
    by_url: dict[str, list[int]] = {}
    for number, fetch in found.items():
        by_url.setdefault(_url(fetch), []).append(number)
    wanted: dict[int, list[Fetch]] = {}
    pending = [(n, fetch, 0) for n, fetch in found.items() if fetch.resource == ROBOTS]
    while pending:
        number, fetch, hops = pending.pop()
        stored = wanted.setdefault(number, [])
        if any(each.snapshot == fetch.snapshot for each in stored):
            continue
        stored.append(fetch)
        if fetch.redirect and hops < MAX_HOPS:
            targets = [(n, found[n]) for n in by_url.get(fetch.redirect, ())]
            own = [each for each in targets if each[1].snapshot == fetch.snapshot]
            for n, target in own or targets:
                pending.append((n, replace(target, snapshot=fetch.snapshot), hops + 1))
    for number, fetch in found.items():
        if number not in wanted:
            tally.add("not an answer to /robots.txt", _url(fetch))
    return wanted


def _fetches(path: Path, periods: Periods, tally: LeftOutTally) -> Iterator[tuple[int, Fetch]]:
    """Yield every fetch in a file with the number of its record; count what is damaged."""
    answers = Answers()
    for number, record in enumerate(records(path)):
        if isinstance(record, Damage):
            tally.add("cannot be read", f"byte {record.offset:,}: {record.reason}")
            continue
        found = seen(record, answers)
        time = warc_time(record.date)
        if found is None:
            tally.add("its URL is no http URL", f"byte {record.offset:,}: {record.url}")
        elif time is None:
            date = record.date.decode("latin-1")
            tally.add("no date that can be read", f"byte {record.offset:,}: {date}")
        else:
            _count(found, record, tally)
            place = RecordPlace(path.name, record.offset, record.length)
            yield number, fetch_of(periods.of(time), found, time, place)


def _count(found: Seen, record: Record, tally: LeftOutTally) -> None:
    """Count what is stored as a fetch whose payload is unknown."""
    if found.ended and found.asked.resource == ROBOTS:
        where = f"byte {record.offset:,}: {found.reason or found.ended}"
        tally.add("stored without the payload, which cannot be read", where, stored=True)


def _url(fetch: Fetch) -> str:
    return str(UrlParts(fetch.secure is True, fetch.host, fetch.resource))
