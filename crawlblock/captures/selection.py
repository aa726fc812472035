"""The one rule for which capture of a host counts in a snapshot, and where a redirect leads.

`redirects.sql` and `selection.sql` apply the same rule to many hosts at once; a test compares
the two.  docs/method.md states the rule in words.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from crawlblock.outcome import Outcome

MAX_HOPS = 5  # RFC 9309 section 2.3.1.2
_EARLIEST = datetime.min

Period = tuple[datetime, datetime]  # of a crawl: its first and its last capture


def within(time: datetime | None, period: Period | None) -> datetime | None:
    """Return the time that counts for a fetch: within the first and last time of its crawl.

    Until CC-MAIN-2019-43 the time in the archive is the Date header of a server, whose clock may be
    decades wrong.  The macro `time_within` in views.sql does the same.
    """
    if time is None or period is None:
        return time
    first, last = period
    return min(max(time, first), last)


@dataclass(frozen=True, slots=True)
class Candidate:
    """What the rule looks at in one fetch."""

    url: str  # normalised, see `hosts.normal_url`
    time: datetime | None  # UTC, see `within`
    status: int | None  # HTTP status; None: there was no HTTP answer
    outcome: Outcome  # of this fetch alone
    target: str | None = None  # normalised URL that a redirect leads to
    digest: str | None = None  # of the payload
    offset: int | None = None  # bytes, in its WARC file
    id: Hashable = None  # with which the caller recognises it


@dataclass(frozen=True, slots=True)
class FetchChain:
    """A fetch with where its redirects lead."""

    first: Candidate
    last: Candidate  # the same as `first` if it is not a redirect, or leads nowhere
    hops: int  # redirects followed

    def merit(self) -> tuple[int, datetime, bool, str, int]:
        """Order chains: by class, then the newest first fetch, then https; then any fixed order."""
        first = self.first
        return (
            self.last.outcome.goodness,
            first.time or _EARLIEST,
            first.url.startswith("https:"),
            first.digest or "",
            first.offset or 0,
        )


class Selection:
    """Selects among the fetches of one snapshot.

    `fetches_of` returns the fetches of a normalised URL, or None for a URL that was not looked up
    yet.  Such a URL is noted in `missing`, and a chain that reaches it counts as one that may lead
    to a robots.txt, so that nothing is decided before it was looked up.
    """

    def __init__(self, fetches_of: Callable[[str], Sequence[Candidate] | None]) -> None:
        """Take the fetches of the snapshot."""
        self._fetches_of = fetches_of
        self._known: dict[tuple[str, int], FetchChain | None] = {}
        self.missing: set[str] = set()

    def best(self, own: Iterable[str], fallback: Iterable[str] = ()) -> FetchChain | None:
        """Return the chain that counts among those that begin at some URLs of a host.

        The URLs of the fallback count only if none of the host's own fetches has an HTTP status.
        """
        chains = list(self._chains(own))
        if all(chain.first.status is None for chain in chains):
            chains += self._chains(fallback)
        return max(chains, key=FetchChain.merit, default=None)

    def _chains(self, urls: Iterable[str]) -> Iterable[FetchChain]:
        for url in urls:
            for fetch in self._fetches(url):
                yield self._follow(fetch, MAX_HOPS)

    def _fetches(self, url: str) -> Sequence[Candidate]:
        found = self._fetches_of(url)
        if found is None:
            self.missing.add(url)
            return (Candidate(url, None, 300, Outcome.NOT_FETCHED),)
        return found

    def _follow(self, fetch: Candidate, hops: int) -> FetchChain:
        """Follow a redirect to the best answer of its target.

        A redirect that leads to no HTTP answer, to one that leads nowhere, or too far is its own
        end.
        """
        end = self._answer_of(fetch.target, hops - 1) if fetch.target and hops else None
        if end is None or end.last.outcome is Outcome.REDIRECT_UNRESOLVED:
            return FetchChain(fetch, fetch, 0)
        return FetchChain(fetch, end.last, end.hops + 1)

    def _answer_of(self, url: str, hops: int) -> FetchChain | None:
        """Return the best chain from a URL with `hops` redirects left, None without an answer."""
        key = url, hops
        if key not in self._known:
            chains = (
                self._follow(fetch, hops)
                for fetch in self._fetches(url)
                if fetch.status is not None
            )
            self._known[key] = max(chains, key=FetchChain.merit, default=None)
        return self._known[key]
