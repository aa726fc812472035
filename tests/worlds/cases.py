"""What a case is: the records of a small archive, and what every source must find in it.

`{case}` in a URL, a header, a WARC field or a host is the domain of the case.  Times are days and
times of day in August 2025, UTC: "04 10:00" or "04 10:00:07".
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

Verdict = tuple[str, str, bool | None]  # restriction, basis, root_allowed

NAMED: Verdict = ("full", "named", False)
DEFAULT: Verdict = ("none", "default", True)
OPEN: Verdict = ("none", "wildcard", True)
SOME: Verdict = ("partial", "wildcard", True)
ABSENT: Verdict = ("none", "absent", True)
CLOSED: Verdict = ("full", "http", False)
UNKNOWN: Verdict = ("unknown", "unknown", None)

HOST, WWW = "shop.{case}", "www.shop.{case}"
HTTPS, HTTP = f"https://{HOST}/robots.txt", f"http://{HOST}/robots.txt"
TARGET = f"https://{WWW}/robots.txt"
NEIGHBOUR = "neighbour.{case}"
Change = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How a file holds its records: Common Crawl's own are WARC, each in a gzip member."""

    suffix: str = ".warc.gz"
    start: bytes = b""  # what the file begins with
    pack: Change | None = None  # packs a record; None: as a gzip member
    pack_file: Change | None = None  # packs the whole file
    is_arc: bool = False
    has_places: bool = True  # an index can name the place of a record
    has_ranges: bool = True  # such a place can be read without the rest of the file


MEMBERS = Form()


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One request and its answer: the bytes in the file, and what the index says of them."""

    url: str
    at: str
    status: int | None = 200  # None: the answer has no HTTP head
    type: str | None = "text/plain"  # Content-Type
    headers: tuple[str, ...] = ()  # further header lines, as they are written
    head: bytes | None = None  # the whole HTTP head, in place of one made from the above
    body: bytes = b""  # the payload as it is written
    stated: bytes | None = None  # the payload whose digest is stated; None: the body
    fields: tuple[tuple[str, str | None], ...] = ()  # other values of WARC fields; None: left out
    truncated: str | None = None  # WARC-Truncated
    refers: tuple[str, str] | None = None  # URL and time: a revisit of that answer, without a body
    is_resource: bool = False  # a payload without an HTTP head
    detected: str | None = None  # media type in the index; None: as the body looks
    redirect_in_index: bool = True
    altered: bytes | None = None  # what the file holds in place of the body; digests stay
    spelled: Change | None = None  # changes the record before it is packed
    damaged: Change | None = None  # changes the packed record, which keeps its place
    clock: str | None = None  # the time that a server with a wrong clock stated, in place of `at`

    @property
    def time(self) -> datetime:
        """Return the time that the record states."""
        return datetime.fromisoformat(self.clock) if self.clock else moment(self.at)


class Text(NamedTuple):
    """A robots.txt and what it means for GPTBot and for `*`."""

    body: bytes
    gptbot: Verdict
    star: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a source must say of one host."""

    at: str | None
    outcome: str
    status: int | None
    payload: bytes | None = None  # the one that the digest is of
    gptbot: Verdict = UNKNOWN
    star: Verdict = UNKNOWN


Expected = Mapping[str, Seen | None]  # by host; None: it is not captured


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A small archive.  Bytes among the records are written as they are.

    Cases share files; one with damage or of another form has its own, whose first record is a whole
    neighbour.
    """

    name: str
    why: str
    records: tuple[Record | bytes, ...]
    expected: Expected
    history: Expected = field(default_factory=dict)  # what differs where the index is read
    files: Expected = field(default_factory=dict)  # what differs where only the files are read
    also: tuple[str, ...] = ()  # hosts in the sample that are not compared
    reported: int = 0  # damaged places that hold no answer
    form: Form = MEMBERS  # of its file

    @property
    def domain(self) -> str:
        """Return the domain that replaces `{case}`."""
        return f"{self.name.replace('_', '-')}.example"

    @property
    def alone(self) -> bool:
        """Tell whether the file itself is damaged or of another form."""
        return self.form != MEMBERS or any(
            isinstance(r, bytes) or r.damaged or r.spelled for r in self.records
        )

    def written(self) -> tuple[Record | bytes, ...]:
        """Return all that is written of the case."""
        if not self.alone:
            return self.records
        body = self._neighbour().body
        return (
            Record(url=f"https://{NEIGHBOUR}/robots.txt", at="03 12:00", body=body),
            *self.records,
        )

    def filled(self, text: str) -> str:
        """Return a text with the domain of the case."""
        return text.replace("{case}", self.domain)

    def wanted(self, by_index: bool) -> dict[str, Seen | None]:
        """Return what a source must find, by host."""
        whole = {**self.expected, **(self.history if by_index else self.files)}
        if self.alone:
            whole[NEIGHBOUR] = ok("03 12:00", self._neighbour())
        if by_index and not self.form.has_places:
            whole = dict.fromkeys(whole)
        if by_index and not self.form.has_ranges:
            whole = {
                host: broken(seen.at or "") if seen and seen.payload is not None else seen
                for host, seen in whole.items()
            }
        return {self.filled(host): seen for host, seen in whole.items()}

    def hosts(self) -> list[str]:
        """Return every host that is asked for."""
        return [*self.wanted(True), *map(self.filled, self.also)]

    def _neighbour(self) -> "Text":
        return limits(f"neighbour of {self.name}")


def moment(at: str) -> datetime:
    """Return a time of a case."""
    day, _, time = at.partition(" ")
    return datetime.fromisoformat(f"2025-08-{day}T{time}")


def blocks(tag: str) -> Text:
    """Return a robots.txt that blocks GPTBot; no other case has the same tag."""
    return Text(f"# {tag}\nUser-agent: GPTBot\nDisallow: /\n".encode(), NAMED, DEFAULT)


def allows(tag: str) -> Text:
    """Return a robots.txt that allows everything."""
    return Text(f"# {tag}\nUser-agent: *\nDisallow:\n".encode(), OPEN, OPEN)


def limits(tag: str) -> Text:
    """Return a robots.txt that blocks some paths."""
    return Text(f"# {tag}\nUser-agent: *\nDisallow: /private\n".encode(), SOME, SOME)


EMPTY = Text(b"", DEFAULT, DEFAULT)


def page(tag: str) -> bytes:
    """Return an HTML page."""
    return f"<!doctype html>\n<title>{tag}</title>\n".encode()


def got(url: str, at: str, tag: str) -> Record:
    """Return a capture of a robots.txt that blocks GPTBot."""
    return Record(url=url, at=at, body=blocks(tag).body)


def moved(url: str, at: str, target: str, status: int = 301) -> Record:
    """Return a redirect."""
    sends = (f"Location: {target}",)
    return Record(
        url=url, at=at, status=status, type="text/html", headers=sends, body=b"<h1>Moved</h1>"
    )


def error(url: str, at: str, status: int) -> Record:
    """Return an error with a page."""
    body = f"<!doctype html><title>{status}</title>".encode()
    return Record(url=url, at=at, status=status, type="text/html", body=body)


def one(name: str, why: str, record: Record, seen: Seen) -> Case:
    """Return a case of one record."""
    return Case(name=name, why=why, records=(record,), expected={HOST: seen})


def ok(at: str, text: Text, status: int = 200) -> Seen:
    """Expect a robots.txt."""
    return Seen(
        at=at,
        outcome="ok",
        status=status,
        payload=text.body,
        gptbot=text.gptbot,
        star=text.star,
    )


def not_robots(at: str, body: bytes) -> Seen:
    """Expect a page in place of a robots.txt."""
    return Seen(at=at, outcome="not_robots", status=200, payload=body)


_BY_STATUS = {
    400: ("absent", ABSENT), 401: ("refused", ABSENT), 402: ("payment_required", ABSENT),
    403: ("refused", ABSENT), 404: ("absent", ABSENT), 410: ("absent", ABSENT),
    418: ("absent", ABSENT), 429: ("throttled", ABSENT), 451: ("refused", ABSENT),
    500: ("server_error", CLOSED), 502: ("server_error", CLOSED), 503: ("server_error", CLOSED),
    520: ("origin_down", UNKNOWN), 527: ("origin_down", UNKNOWN), 530: ("origin_down", UNKNOWN),
    999: ("server_error", UNKNOWN),
}  # fmt: skip
STATUSES = tuple(_BY_STATUS)


def answered(at: str, status: int) -> Seen:
    """Expect an HTTP answer without a robots.txt."""
    outcome, verdict = _BY_STATUS[status]
    return Seen(at=at, outcome=outcome, status=status, gptbot=verdict, star=verdict)


def dead(at: str, status: int = 301) -> Seen:
    """Expect a redirect that leads nowhere."""
    return Seen(at=at, outcome="redirect_unresolved", status=status)


def broken(at: str, status: int | None = 200) -> Seen:
    """Expect a damaged record."""
    return Seen(at=at, outcome="damaged", status=status)
