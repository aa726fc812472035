"""The nouns, as frozen records; every number says its unit, every time is naive UTC."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from crawlblock.outcome import Ending, Outcome


class Restriction(StrEnum):
    """How far a crawler is kept out of a host."""

    NONE = "none"  # no path is blocked
    PARTIAL = "partial"  # some paths are blocked, but not everything under /
    ALL_BUT = "all_but"  # everything is blocked but what an Allow rule opens
    FULL = "full"  # nothing may be fetched, /robots.txt aside
    UNKNOWN = "unknown"


class Basis(StrEnum):
    """What a restriction rests on."""

    NAMED = "named"  # a group names the crawler
    FALLBACK = "fallback"  # a group names another token that its operator says it obeys
    WILDCARD = "wildcard"  # inherited from the group of *
    DEFAULT = "default"  # a robots.txt without a group for it
    ABSENT = "absent"  # no robots.txt
    HTTP = "http"  # the status decided
    UNKNOWN = "unknown"


class Purpose(StrEnum):
    """What a crawler fetches pages for."""

    TRAINING = "training"
    AI_SEARCH = "ai_search"  # answers written by a model
    AGENT = "agent"  # a user or an agent asked for the page
    SEARCH = "search"  # lists of links
    ARCHIVE = "archive"  # web archives and data sets that others use
    OTHER = "other"  # SEO, previews, advertising, monitoring


class Honours(StrEnum):
    """Whether an operator documents that its crawler obeys robots.txt."""

    YES = "yes"
    NO = "no"
    PARTLY = "partly"


class Openness(StrEnum):
    """Whether what a crawler collects ends in data that anyone may use."""

    OPEN = "open"
    CLOSED = "closed"


class SnapshotKind(StrEnum):
    """Where the captures of a snapshot come from."""

    CRAWL = "crawl"
    LIVE = "live"
    IMPORT = "import"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a payload means for one crawler."""

    restriction: Restriction
    basis: Basis
    root_allowed: bool | None  # may / be fetched; None: unknown
    fallback: str | None = None  # the token whose group decided, where the basis is a fallback

    def matched_token(self, token: str) -> str | None:
        """Return the token whose group applies to a crawler, `*` too; None: no group does."""
        return {Basis.NAMED: token, Basis.WILDCARD: "*"}.get(self.basis, self.fallback)


@dataclass(frozen=True, slots=True)
class Obeyed:
    """Which groups of a robots.txt a crawler obeys, as its operator documents."""

    tokens: tuple[str, ...]  # the first that has a group decides; the crawler's own is the first
    wildcard: bool = True  # then the group of `*`


@dataclass(frozen=True, slots=True)
class Crawler:
    """An operator's agent and the product token it answers to in robots.txt."""

    token: str
    operator: str
    url: str  # where the operator documents it
    ai: bool  # False: a search or social crawler kept for comparison
    purpose: Purpose | None = None  # None: unknown
    openness: Openness | None = None
    web_archive: bool = False  # keeps pages as they were, for readers: Internet Archive, libraries
    national_library: bool = False  # the web archive of one; results join them to one archive
    documented_since: date | None = None
    retired: date | None = None
    aliases: tuple[str, ...] = ()  # other spellings; they do not bind the crawler
    obeys: tuple[str, ...] = ()  # tokens in their order, its own first; empty: its own alone
    wildcard: bool = True  # obeys the group of `*` where no token has a group
    honours: Honours | None = None  # None: not documented
    source: str | None = None  # where the facts were taken, if not at `url`
    second_hand: bool = False  # the operator's own page could not be had
    as_of: date | None = None  # the day for which the facts were checked
    earlier: tuple[str, ...] = ()  # others who used the token, and until which day


@dataclass(frozen=True, slots=True)
class Crawl:
    """One release of Common Crawl."""

    crawl: str  # CC-MAIN-2025-33
    first_capture: datetime
    last_capture: datetime
    cdx_api: str | None = None  # address of its CDX server


@dataclass(frozen=True, slots=True)
class Member:
    """A followed domain and the host that represents it."""

    panel: str
    domain: str  # the sampling unit: a registered domain, or the user's own entry
    host: str  # whose robots.txt is read
    fallback_host: str | None  # stands in where `host` has no capture (with or without www)
    stratum: str
    rank: int | None  # 1 is the most popular
    weight: float  # 1 / inclusion probability
    position: int  # order of the seeded sample within the stratum, from 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch:
    """One request for one URL that was seen, and how it ended on the wire: a fact."""

    snapshot: str
    host: str  # asked, see `hosts.UrlParts`
    resource: str  # path and query asked for
    secure: bool | None  # by https; None: the source does not say
    url: str | None = None  # that answered, where it is not the one asked for
    hops: int = 0  # redirects that the source followed itself
    fetch_time: datetime | None  # UTC
    status: int | None = None  # None: there was no HTTP answer
    ended: Ending | None = None  # why there is no whole body; None: it ended in order
    reason: str | None = None  # the same in words
    read: bool = True  # its record was read; False: an index names it
    redirect: str | None = None  # normalised URL that a 3xx leads to
    digest: str | None = None  # of the payload of a 2xx
    headers: str | None = None  # JSON object of the response headers kept
    warc_file: str | None = None
    warc_offset: int | None = None  # bytes
    warc_length: int | None = None  # bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A host that a source was asked about in a snapshot, whatever it knew: a fact."""

    snapshot: str
    host: str
    resource: str = "/robots.txt"
    fallback: str | None = None  # the host that is asked in its place if it gives no HTTP answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """What a snapshot knows about one resource of one host: the fetches that count."""

    snapshot: str
    host: str
    resource: str  # the path asked for: /robots.txt
    domain: str | None  # registered domain; None for an IP address
    url_asked: str | None  # the first URL of the chain
    url: str | None  # the URL that answered, after redirects
    hops: int  # redirects followed
    fetch_time: datetime | None  # UTC, of the last fetch, and within its crawl
    status: int | None  # HTTP status of the last answer
    outcome: Outcome
    digest: str | None  # of the payload, only where one is stored
    headers: str | None  # JSON object of the response headers kept
    warc_file: str | None
    warc_offset: int | None  # bytes
    warc_length: int | None  # bytes
    reason: str | None  # why there was no answer, or no whole one
    stated_time: datetime | None = None  # UTC, where the record states one outside of its crawl


@dataclass(frozen=True, slots=True)
class Payload:
    """The bytes that answered, named by their digest."""

    digest: str  # sha1: and base32, as in WARC
    body: bytes
