"""What the entries of a list of hosts mean: the host each one names, or why it is left out.

The files are read in `crawlblock/sources/files/host_lists/`.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from ipaddress import ip_address
from typing import NamedTuple

from crawlblock.errors import InputError
from crawlblock.hosts import is_address, other_name, parse_host, public_suffix
from crawlblock.model import Member
from crawlblock.sampling import member_of

MOST_MEMBERS = 1_000_000  # of a list that is taken whole; they are all in memory
MOST_VALUES = 5_000_000  # of further columns that are kept
SHOWN = 80  # characters of a rejected line
# Names that parse_host would return as they are; a ranking has a million of them.
_PLAIN_NAME = re.compile(
    r"(?!.{254})(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?"
)
# Labels of public suffixes whose own www is a site: www.gov.uk, www.gob.mx, www.nhs.uk (all are in
# the Tranco list of August 2026).
_SITES = frozenset({"gob", "gouv", "gov", "govt", "gub", "nhs", "police"})
_PORT_LEFT_OUT = "the port is left out"
_WWW_OF_SUFFIX = "a public suffix is followed by its www"
_THIS_MACHINE = "an address of this machine is followed as it is"
_COUNTS_ONCE = "a site that is listed with and without www counts once"
_STRATUM = "list"
# A segment with the days on which a host belongs to it: `top sites 2022-08-07/2024-07-12`.
_SAMPLED = re.compile(r"\S\s+\(sample of [0-9]{1,9}\)(?:\s+[0-9]|$)")
_DAYS = re.compile(r"^.*\S\s+([0-9]{4}-[0-9]{2}-[0-9]{2})(?:/([0-9]{4}-[0-9]{2}-[0-9]{2}))?$")


@dataclass(frozen=True, slots=True)
class Rejected:
    """A line of a list that is not followed, and why."""

    line: int  # from 1; of a file without lines the row
    text: str
    reason: str


class Entry(NamedTuple):
    """What a line of a list says; a ranking has a million of them."""

    line: int  # from 1; of a file without lines the row
    text: str  # the line
    name: str  # of the host, as it is written; empty where there is none
    rank: int | None = None  # 1 is the most popular
    ranked: bool = False  # the list has ranks
    stratum: str = ""
    further: tuple[tuple[str, str], ...] = ()  # other columns with a value
    fault: str = ""  # why the line cannot be read


@dataclass(frozen=True, slots=True)
class Taken:
    """What a list gives."""

    members: Sequence[Member]
    further: Sequence[tuple[str, str, str]]  # domain, column and value
    notes: Sequence[str]  # what the user must know


Reject = Callable[[Rejected], None]


def take_list(entries: Iterable[Entry], panel: str, reject: Reject) -> Taken:
    """Return exactly the hosts a list names, in its order; what names none is rejected.

    A site that is named with and without `www` counts once.  Raises InputError for a list that is
    too long to be taken whole.
    """
    taken = _Taking(panel)
    for entry in entries:
        try:
            taken.take(entry)
        except ValueError as error:
            reject(Rejected(entry.line, entry.text[:SHOWN], str(error)))
    return Taken(taken.members, taken.further, taken.notes.said())


def names_segments(cell: str) -> bool:
    """Tell whether a cell says more of a segment than its name.

    That is from when to when a host belongs to it, or what it was sampled from.
    """
    parts = map(str.strip, cell.split(";"))
    return any(_DAYS.match(part) or _SAMPLED.search(part) for part in parts)


def check_days(column: str, cell: str) -> None:
    """Raise ValueError, with the reason, for days in a cell that are none or in the wrong order."""
    for part in cell.split(";"):
        if found := _DAYS.match(part.strip()):
            first, last = found[1], found[2] or found[1]
            try:
                date.fromisoformat(first), date.fromisoformat(last)
            except ValueError:
                fault = f"{column}: {part.strip()} has a day that does not exist"
                raise ValueError(fault) from None
            if first > last:
                raise ValueError(f"{column}: {part.strip()} ends before it begins")


def followed_host(entry: Entry) -> tuple[str, str]:
    """Return the host that an entry of a list means, and what must be said about it.

    Raises ValueError, with the reason, where it names no site.
    """
    if entry.fault:
        raise ValueError(entry.fault)
    if not entry.name:
        raise ValueError("no host in it")
    written = parse_host(entry.name)
    name = written.rpartition(":")[0] if _has_port(written) else written
    if is_address(name):
        if ip_address(name.strip("[]")).is_loopback:
            return written, _THIS_MACHINE
        raise ValueError("an IP address, not the name of a site")
    note = _PORT_LEFT_OUT if name != written else ""
    suffix = public_suffix(name)
    if suffix != name:
        return name, note
    if _SITES.isdisjoint(suffix.split(".")):
        raise ValueError(f"a public suffix, not a site (if you mean www.{name}, write that)")
    return f"www.{name}", _WWW_OF_SUFFIX


class Ranking:
    """The ranks and names of a ranking's entries, most popular first as a rule."""

    def __init__(self, entries: Iterable[Entry], reject: Reject | None = None) -> None:
        """Take the entries, and what is known of those that hold no rank or no name."""
        self._entries = entries
        self._reject = reject
        self.unreadable = 0  # entries so far that hold no rank or no name

    def __iter__(self) -> Iterator[tuple[int, str]]:
        """Yield rank and name; where the list has no ranks, the place is the rank."""
        for place, entry in enumerate(self._entries, 1):
            try:
                name = _ranked_name(entry)
            except ValueError as error:
                self.unreadable += 1
                if self._reject:
                    self._reject(Rejected(entry.line, entry.text[:SHOWN], str(error)))
            else:
                yield place if entry.rank is None else entry.rank, name


def _ranked_name(entry: Entry) -> str:
    """Return the name in an entry of a ranking; raises ValueError if it has none or no rank."""
    if entry.fault:
        raise ValueError(entry.fault)
    if entry.ranked and entry.rank is None:
        raise ValueError("it has no rank")
    return entry.name if _PLAIN_NAME.fullmatch(entry.name) else parse_host(entry.name)


class _Notes:
    """What must be said about entries: each kind once, with its number and the first of them."""

    def __init__(self) -> None:
        self._found: dict[str, tuple[int, str]] = {}

    def add(self, kind: str, entry: Entry, host: str) -> None:
        """Note that an entry is followed by a host in a way that its author may not expect."""
        if kind:
            self._count(kind, f"{entry.name[:SHOWN]} on line {entry.line} is followed as {host}")

    def merged(self, line: int, host: str) -> None:
        """Note that a host is the second one of a site."""
        self._count(_COUNTS_ONCE, f"{host} on line {line}")

    def said(self) -> list[str]:
        """Return the notes."""
        found = self._found.items()
        return [f"{kind}: {count:,} (the first: {first})" for kind, (count, first) in found]

    def _count(self, kind: str, first: str) -> None:
        count, earlier = self._found.get(kind, (0, first))
        self._found[kind] = count + 1, earlier


def _site(host: str) -> str:
    """Return the name under which the two hosts of a site are one."""
    return host.removeprefix("www.") if other_name(host) else host


class _Taking:
    """The members taken so far."""

    def __init__(self, panel: str) -> None:
        self.members: list[Member] = []
        self.further: list[tuple[str, str, str]] = []
        self.notes = _Notes()
        self._panel = panel
        self._places: dict[str, tuple[int, int]] = {}  # of each site: its member and its line

    def take(self, entry: Entry) -> None:
        """Take an entry; raises ValueError, with the reason, for one that is not followed."""
        host, note = followed_host(entry)
        for column, cell in (("stratum", entry.stratum), *entry.further):
            check_days(column, cell)
        place, line = self._places.setdefault(_site(host), (len(self.members), entry.line))
        if place < len(self.members):
            self._merge(place, line, host)
            return
        if len(self.members) == MOST_MEMBERS:
            raise InputError(
                f"line {entry.line}: the list names more than {MOST_MEMBERS:,} sites, too many to "
                "follow; sample from it with --ranks FILE"
            )
        self.notes.add(note, entry, host)
        stratum, further = entry.stratum or _STRATUM, entry.further
        if names_segments(stratum):  # no stratum of a design, but a column to report by
            stratum, further = _STRATUM, (("stratum", stratum), *further)
        self.members.append(member_of(self._panel, host, stratum, entry.rank, 1.0, place))
        room = max(0, MOST_VALUES - len(self.further))
        self.further += [(host, column, value) for column, value in further[:room]]

    def _merge(self, place: int, line: int, host: str) -> None:
        """Let the other host of a site stand in for the one that was named first."""
        member = self.members[place]
        if host == member.host:
            raise ValueError(f"same host as line {line}")
        self.notes.merged(line, member.host)
        self.members[place] = replace(member, fallback_host=host)


def _has_port(host: str) -> bool:
    return ":" in host.rpartition("]")[2]
