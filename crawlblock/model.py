"""The nouns, as frozen records; every number says its unit, every time is naive UTC."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Restriction(StrEnum):
    """How far a crawler is kept out of a host."""

    NONE = "none"  # no path is refused
    PARTIAL = "partial"  # some paths are refused, but not everything under /
    ALL_BUT = "all_but"  # everything is refused but what an Allow rule opens
    FULL = "full"  # nothing may be fetched, /robots.txt aside
    UNKNOWN = "unknown"  # it cannot be told


class Basis(StrEnum):
    """What a restriction rests on."""

    NAMED = "named"  # a group names the crawler
    WILDCARD = "wildcard"  # inherited from the group of *
    DEFAULT = "default"  # a robots.txt without a group for it
    ABSENT = "absent"  # no robots.txt
    HTTP = "http"  # the status decided
    UNKNOWN = "unknown"


class Outcome(StrEnum):
    """How a capture ended."""

    OK = "ok"  # 200 with something that can be read as robots.txt
    NOT_ROBOTS = "not_robots"  # 2xx with HTML, a challenge page or binary data
    ABSENT = "absent"  # 404, 410 and other 4xx without a class of their own
    REFUSED = "refused"  # 401, 403, 451
    PAYMENT_REQUIRED = "payment_required"  # 402
    THROTTLED = "throttled"  # 429
    SERVER_ERROR = "server_error"  # 5xx
    ORIGIN_DOWN = "origin_down"  # 520-527, 530: a CDN could not reach the site
    REDIRECT_UNRESOLVED = (
        "redirect_unresolved"  # the chain loops, is too long or leaves the archive
    )
    DNS = "dns"
    TLS = "tls"
    CONNECTION_REFUSED = "connection_refused"
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"  # another failure of the network, or one without a cause given
    TOO_LARGE = "too_large"  # the body was too large for the source to keep
    DAMAGED = "damaged"  # the archive's record cannot be read or its digest does not fit
    NOT_CAPTURED = "not_captured"  # the source has nothing about this host


class Purpose(StrEnum):
    """What a crawler fetches pages for."""

    TRAINING = "training"
    SEARCH = "search"
    ASSISTANT = "assistant"
    ARCHIVE = "archive"


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
    root_allowed: bool | None  # may / be fetched; None: it cannot be told


@dataclass(frozen=True, slots=True)
class Crawler:
    """An operator's agent and the product token it answers to in robots.txt."""

    token: str
    operator: str
    url: str  # where the operator documents it
    ai: bool  # False: a search or social crawler kept for comparison
    purpose: Purpose | None = None  # None: unknown
    openness: Openness | None = None
    documented_since: date | None = None
    retired: date | None = None
    aliases: tuple[str, ...] = ()  # other spellings; they do not bind the crawler


@dataclass(frozen=True, slots=True)
class Crawl:
    """One release of Common Crawl."""

    crawl: str  # CC-MAIN-2025-33
    first_capture: datetime
    last_capture: datetime
    cdx_api: str | None = None  # address of its CDX server


@dataclass(frozen=True, slots=True)
class Member:
    """A followed domain and the host that stands for it."""

    panel: str
    domain: str  # the sampling unit: a registered domain, or the user's own entry
    host: str  # whose robots.txt is read
    fallback_host: str | None  # stands in where `host` has no capture (the host's www)
    stratum: str
    rank: int | None  # 1 is the most popular
    weight: float  # 1 / inclusion probability
    position: int  # order of the seeded draw within the stratum, from 0


@dataclass(frozen=True, slots=True)
class Capture:
    """One asking for one resource of one host at one time, and what came of it."""

    snapshot: str
    host: str
    resource: str  # the path asked for: /robots.txt
    domain: str | None  # registered domain; None for an IP address
    url_asked: str | None  # the first URL of the chain
    url: str | None  # the URL that answered, after redirects
    hops: int  # redirects followed
    fetch_time: datetime | None  # UTC
    status: int | None  # HTTP status of the last answer
    outcome: Outcome
    digest: str | None  # of the payload, only where one is stored
    headers: str | None  # JSON object of the response headers kept
    warc_file: str | None
    warc_offset: int | None  # bytes
    warc_length: int | None  # bytes


@dataclass(frozen=True, slots=True)
class Payload:
    """The bytes that answered, named by their digest."""

    digest: str  # sha1: and base32, as in WARC
    body: bytes
