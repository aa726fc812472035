"""From WARC and ARC files to facts.

A file is read twice: for what it holds, and for what of that is about robots.txt, which includes
whatever redirects lead to.  Revisits whose answer is not in the files that were read so far wait
until all are read.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from crawlblock.captures.build import ROBOTS, RecordPlace, Seen, fetch_of, seen
from crawlblock.captures.frames import Batch, batch_of
from crawlblock.captures.record_counts import UNREADABLE_TYPE
from crawlblock.captures.revisits import Originals, repeats
from crawlblock.captures.selection import MAX_HOPS
from crawlblock.errors import InputError
from crawlblock.hosts import UrlParts, split_url
from crawlblock.model import Asked, Fetch, Payload
from crawlblock.sources.files.batch import LeftOut, LeftOutTally, RecordCount
from crawlblock.sources.files.periods import Periods
from crawlblock.sources.files.snapshots import future
from crawlblock.warc.http import Answers
from crawlblock.warc.reader import Damage, Record, records, warc_time

_BATCH = 2_000  # fetches stored together
_BATCH_BYTES = 32 * 1024 * 1024  # or payloads of so many
_UNRESOLVED = "revisit records that repeat an answer that is in none of the files"


@dataclass(frozen=True, slots=True)
class _Revisit:
    """A revisit whose answer was not read yet."""

    path: Path
    record: Record  # without its block
    seen: Seen
    fetches: list[Fetch]


@dataclass(slots=True)
class _File:
    """What is counted of a file, by type of record."""

    path: Path
    tally: LeftOutTally
    read: Counter[str] = field(default_factory=Counter)
    stored: Counter[str] = field(default_factory=Counter)
    resolved: int = 0


class Archives:
    """The WARC and ARC files of an import, read one after the other."""

    def __init__(self, periods: Periods, known: set[str]) -> None:
        """Take the digests of the payloads that were yielded before; more are added."""
        self._periods, self._known = periods, known
        self._originals = Originals()
        self._waiting: list[_Revisit] = []
        self._files: list[_File] = []

    def read(self, path: Path, tally: LeftOutTally) -> Iterator[Batch]:
        """Yield what a file holds about robots.txt; count what it holds besides.

        Raises InputError if it holds no answer to a robots.txt URL, ArchiveError if it cannot be
        read.
        """
        file = _File(path, tally)
        self._files.append(file)
        wanted = _wanted(dict(self._fetches(file)), tally)
        if not wanted:
            raise InputError(f"{path}: holds no answer to a robots.txt URL{tally.reasons()}")
        fetches: list[Fetch] = []
        payloads: list[Payload] = []
        answers = Answers()
        for number, record in enumerate(records(path)):
            if number not in wanted or not isinstance(record, Record):
                continue
            found = seen(record, answers)
            if found is None:
                continue
            file.stored[record.kind] += 1
            if repeats(record, found):
                fetches += self._repeated(file, record, found, wanted[number])
                continue
            fetches += wanted[number]
            if found.payload is not None and found.digest and found.digest not in self._known:
                self._known.add(found.digest)
                payloads.append(Payload(found.digest, found.payload))
            held = sum(len(each.body) for each in payloads)
            if len(fetches) >= _BATCH or held >= _BATCH_BYTES:
                yield _batch(fetches, payloads)
                fetches, payloads = [], []
        if fetches:
            yield _batch(fetches, payloads)

    def rest(self) -> Iterator[Batch]:
        """Yield the revisits that waited, with the answers that they repeat, where they are."""
        for at in range(0, len(self._waiting), _BATCH):
            part = self._waiting[at : at + _BATCH]
            fetches = [
                fetch
                for each in part
                for fetch in _with(each.fetches, self._originals.resolved(each.record, each.seen))
            ]
            yield _batch(fetches, [])

    def left_out(self) -> list[LeftOut]:
        """Return the revisits whose answer is in none of the files, by file."""
        tallies: dict[Path, LeftOutTally] = {}
        for each in self._unresolved():
            where = f"byte {each.record.offset:,}: {each.record.url}"
            tally = tallies.setdefault(each.path, LeftOutTally(each.path))
            tally.add(_UNRESOLVED, where, stored=True)
        return [line for tally in tallies.values() for line in tally.result()]

    def counts(self) -> list[RecordCount]:
        """Return how many records of each type the files have, and what became of them."""
        missing = Counter(each.path for each in self._unresolved())
        waited = Counter(each.path for each in self._waiting)
        found = []
        for file in self._files:
            for kind, number in sorted(file.read.items()):
                is_revisit = kind == "revisit"
                late = waited[file.path] - missing[file.path]
                found.append(
                    RecordCount(
                        file=file.path,
                        type=kind,
                        records=number,
                        stored=file.stored[kind],
                        resolved=file.resolved + late if is_revisit else 0,
                        unresolved=missing[file.path] if is_revisit else 0,
                    )
                )
        return found

    def _unresolved(self) -> list[_Revisit]:
        return [
            each
            for each in self._waiting
            if self._originals.resolved(each.record, each.seen).digest not in self._known
        ]

    def _repeated(
        self, file: _File, record: Record, found: Seen, fetches: list[Fetch]
    ) -> list[Fetch]:
        """Return the fetches of a revisit with the answer that it repeats; none if it must wait."""
        answer = self._originals.resolved(record, found)
        if self._originals.has(answer) or answer.digest in self._known:
            file.resolved += 1
            return _with(fetches, answer)
        self._waiting.append(_Revisit(file.path, record._replace(block=b""), found, fetches))
        return []

    def _fetches(self, file: _File) -> Iterator[tuple[int, Fetch]]:
        """Yield every fetch in a file with the number of its record; count what is damaged."""
        answers = Answers()
        in_future, latest = future()
        passed = Counter[str]()
        name = file.path.name.encode("utf-8", "replace").decode()  # some disks take any bytes
        for number, record in enumerate(records(file.path, passed=passed)):
            if isinstance(record, Damage):
                file.read[UNREADABLE_TYPE] += 1
                file.tally.add("cannot be read", f"byte {record.offset:,}: {record.reason}")
                continue
            file.read[record.kind] += 1
            found = seen(record, answers)
            time = warc_time(record.date)
            if found is None:
                file.tally.add(
                    "its URL is not an http URL", f"byte {record.offset:,}: {record.url}"
                )
            elif time is None:
                date = record.date.decode("latin-1")
                file.tally.add("no date that can be read", f"byte {record.offset:,}: {date}")
            elif time > latest:
                file.tally.add(in_future, f"byte {record.offset:,}: {time}")
            else:
                if not repeats(record, found):
                    _count(found, record, file.tally)
                    self._originals.note(record, found)
                place = RecordPlace(name, record.offset, record.length)
                yield number, fetch_of(self._periods.of(time), found, time, place)
        file.read.update(passed)


def _with(fetches: list[Fetch], found: Seen) -> list[Fetch]:
    """Return fetches of a revisit with the payload that it repeats."""
    return [
        replace(each, digest=found.digest, ended=found.ended, reason=found.reason)
        for each in fetches
    ]


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


def _wanted(found: Mapping[int, Fetch], tally: LeftOutTally) -> Mapping[int, list[Fetch]]:
    """Return the fetches to store by the number of their record in the file.

    A redirect's target that was fetched in another month or week belongs to the snapshot of the
    redirect, too.
    """
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


def _count(found: Seen, record: Record, tally: LeftOutTally) -> None:
    """Count what is stored as a fetch whose payload is unknown."""
    if found.ended and found.asked.resource == ROBOTS:
        where = f"byte {record.offset:,}: {found.reason or found.ended}"
        tally.add("stored without the payload, which cannot be read", where, stored=True)


def _url(fetch: Fetch) -> str:
    return str(UrlParts(fetch.secure is True, fetch.host, fetch.resource))
