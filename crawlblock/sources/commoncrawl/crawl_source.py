"""One crawl's captures of some hosts: looked up, followed, and read where they may count."""

from collections.abc import (
    AsyncGenerator,
    Awaitable,
    Callable,
    Collection,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from dataclasses import dataclass, replace

from crawlblock.captures.build import RecordPlace, Seen, fetch_of
from crawlblock.captures.frames import Batch, batch_of
from crawlblock.captures.selection import Candidate, FetchChain, Period, Selection, within
from crawlblock.hosts import UrlParts
from crawlblock.model import Asked, Fetch, Member, Payload, SnapshotKind
from crawlblock.outcome import Body, Ending, Outcome, outcome_of
from crawlblock.robots.sniff import body_of
from crawlblock.sampling import candidates
from crawlblock.sources.commoncrawl import records
from crawlblock.sources.commoncrawl.index import Index, IndexRow, named
from crawlblock.sources.commoncrawl.mirror import Mirror
from crawlblock.warc.reader import Damage

_OTHER_READ = "the index does not say where it leads; a newer redirect of this URL was read"
TextsOf = Callable[[Collection[str]], Mapping[str, bytes]]  # stored payloads by digest
Read = Callable[[Mirror, Iterable[Fetch]], Awaitable[Mapping[RecordPlace, Seen | Damage]]]


@dataclass(frozen=True, slots=True)
class History:
    """The captures of some hosts in one crawl, as a source."""

    crawl: str
    members: Sequence[Member]
    index: Index
    mirror: Mirror
    texts_of: TextsOf
    size: int  # hosts looked up together
    goes_on: Callable[[int], bool]  # asked before each batch with the hosts done so far
    period: Period | None = None  # of the crawl
    read: Read = records.fetch
    kind: SnapshotKind = SnapshotKind.CRAWL

    async def batches(self) -> AsyncGenerator[Batch]:
        """Yield what the crawl has of some hosts after the other."""
        for at in range(0, len(self.members), self.size):
            if not self.goes_on(at):
                return
            part = self.members[at : at + self.size]
            yield await self._look_up(part)

    async def _look_up(self, members: Sequence[Member]) -> Batch:
        """Return all that the index names of some hosts, and the payloads not stored yet.

        A record is read where it may be the one that counts, and only where its payload is not
        stored or its redirect not known.
        """
        found = _Found(self.crawl, self.period, self.texts_of)
        wanted = {url for member in members for url in candidates(member)}
        while wanted:
            found.add(await self.index.look_up(wanted))
            while True:
                selection = Selection(found.candidates)
                unread = found.unread(_chains(selection, members))
                wanted = selection.missing
                if wanted or not unread:
                    break
                found.note(await self.read(self.mirror, unread))
        return found.batch(members)


def _chains(selection: Selection, members: Iterable[Member]) -> Iterator[FetchChain]:
    for member in members:
        urls = candidates(member)
        own = [url for url in urls if f"//{member.host}/" in url]
        chain = selection.best(own, [url for url in urls if url not in own])
        if chain:
            yield chain


def _leads_unseen(fetch: Fetch) -> bool:
    """Tell whether a fetch is a redirect whose target only its record names, which was not read."""
    moved = fetch.status is not None and 300 <= fetch.status < 400 and fetch.status != 304
    return moved and not (fetch.read or fetch.redirect or fetch.ended)


class _Found:
    """What is known so far of the captures of a crawl.

    A revisit is resolved by the digest that it states, whichever record has the payload.  The
    record that it refers to by URL and date would add nothing: if that one states the same digest
    it has the same bytes, and if it states another digest it is another answer.  So it does not
    matter either if it is damaged: a record with the same digest that can be read has its payload,
    and one that cannot gives none.  A revisit without a digest stays unknown here; files that are
    read whole can resolve it.
    """

    def __init__(self, crawl: str, period: Period | None, texts_of: TextsOf) -> None:
        self._crawl, self._period, self._texts_of = crawl, period, texts_of
        self._by_url: dict[str, list[RecordPlace]] = {}
        self._fetches: dict[RecordPlace, Fetch] = {}
        self._bodies: dict[str, Body] = {}  # of whole payloads, by digest
        self._by_digest: dict[str, list[RecordPlace]] = {}
        self._new: dict[str, bytes] = {}

    def add(self, looked_up: Mapping[str, Sequence[IndexRow]]) -> None:
        """Add what an index names of some URLs."""
        digests: set[str] = set()
        for url, rows in looked_up.items():
            self._by_url[url] = []
            for row in rows:
                place = RecordPlace(row.warc_file, row.warc_offset, row.warc_length)
                self._by_url[url].append(place)
                fetch = self._fetches.setdefault(place, named(self._crawl, row))
                if fetch.digest:
                    self._by_digest.setdefault(fetch.digest, []).append(place)
                    digests.add(fetch.digest)
        for digest, body in self._texts_of(digests - self._bodies.keys()).items():
            self._bodies[digest] = body_of(body)

    def candidates(self, url: str) -> list[Candidate] | None:
        """Return the fetches of a URL, None where it was not looked up."""
        places = self._by_url.get(url)
        return None if places is None else [self._candidate(url, place) for place in places]

    def _candidate(self, url: str, place: RecordPlace) -> Candidate:
        fetch = self._fetches[place]
        return Candidate(
            url=url,
            time=within(fetch.fetch_time, self._period),
            status=fetch.status,
            outcome=self._outcome(fetch),
            target=fetch.redirect,
            digest=fetch.digest,
            offset=place.offset,
            id=place,
        )

    def _outcome(self, fetch: Fetch) -> Outcome:
        """Return how a fetch ended; a revisit's payload may be in a record that was not read."""
        body = self._bodies.get(fetch.digest or "")
        leads = fetch.redirect is not None
        known = fetch.read and self._unread(fetch.digest) is None
        return outcome_of(fetch.status, fetch.ended, body, known, leads)

    def _unread(self, digest: str | None) -> Fetch | None:
        """Return a fetch with a payload whose record was not read."""
        fetches = (self._fetches[place] for place in self._by_digest.get(digest or "", ()))
        return next((fetch for fetch in fetches if not fetch.read), None)

    def unread(self, chains: Iterable[FetchChain]) -> list[Fetch]:
        """Return the fetches in which chains end and whose records must be read, a payload once."""
        needed: dict[object, Fetch] = {}
        for chain in chains:
            place = chain.last.id
            if chain.last.outcome is Outcome.NOT_FETCHED and isinstance(place, RecordPlace):
                fetch = self._fetches[place]
                other = self._unread(fetch.digest)
                needed.setdefault(fetch.digest or place, other or fetch)
        return list(needed.values())

    def note(self, read: Mapping[RecordPlace, Seen | Damage]) -> None:
        """Note what records say."""
        for place, found in read.items():
            fetch = self._fetches[place]
            if isinstance(found, Damage):
                self._fetches[place] = replace(
                    fetch, read=True, ended=Ending.UNREADABLE, reason=found.reason
                )
                continue
            if found.payload is not None and found.digest:
                self._new.setdefault(found.digest, found.payload)
                self._bodies[found.digest] = body_of(found.payload)
            self._fetches[place] = fetch_of(self._crawl, found, fetch.fetch_time, place)
            self._pass_over_others(fetch)

    def _pass_over_others(self, read: Fetch) -> None:
        """Read no further redirect of a URL: the newest was read, and others lead where it does.

        Before CC-MAIN-2019-47 the index does not say where, and has dozens of a busy host.
        """
        url = str(UrlParts(read.secure is True, read.host, read.resource))
        for place in self._by_url.get(url, ()) if _leads_unseen(read) else ():
            fetch = self._fetches[place]
            if _leads_unseen(fetch):
                self._fetches[place] = replace(fetch, ended=Ending.PASSED_OVER, reason=_OTHER_READ)

    def batch(self, members: Iterable[Member]) -> Batch:
        """Return all of it, with the hosts that were asked for."""
        return batch_of(
            self._fetches.values(),
            [
                Asked(snapshot=self._crawl, host=member.host, fallback=member.fallback_host)
                for member in members
            ],
            [Payload(digest, body) for digest, body in self._new.items()],
        )
