"""How hosts answered in the snapshots of a population.

Answer 0 is that there are no rules (4xx but 429); from 1 on they are texts; -1 is unknown.  In
`access`, where the status counts, 429 is 0 too, and -2 is that the server failed, which blocks.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

import numpy as np

from verify.arithmetic import Bools, Cells, Floats, Ints

Row = dict[str, Any]
Captures = dict[str, "Capture"]  # by host
Segment = tuple[str, str]  # dimension and value; empty texts for all hosts
Spans = tuple[tuple[date, date], ...]  # first and last days
Members = Mapping[int, Spans]  # of a segment: each host with the days on which it belongs to it
ALWAYS: Spans = ((date.min, date.max),)
UNKNOWN, NO_RULES, FAILED = -1, 0, -2
_REFUSED = ("refused", "payment_required", "challenge")
_UNREACHED = (*range(520, 528), 530)  # a CDN says that it could not reach the site


@dataclass(frozen=True, slots=True)
class Capture:
    """How a host answered in a snapshot."""

    outcome: str
    answer: int
    access: int
    time: datetime | None  # when it was fetched
    file: object = None  # number of the WARC file with the first answer

    @property
    def refused(self) -> bool:
        """Tell whether the server refused to give the robots.txt."""
        return self.outcome in _REFUSED


class Written(NamedTuple):
    """Who wrote the rules that block a crawler, and the rule set's name."""

    authored_by: str | None
    ruleset: str | None
    basis: str


@dataclass(slots=True)
class Wave:
    """What the hosts of a population answered in a snapshot."""

    snapshot: str
    date: date
    kind: str
    answer: Ints
    access: Ints
    outcome: list[str | None]  # None: the snapshot does not have the host
    refused: Bools
    time: list[datetime]
    sound: bool  # all of the hosts were asked, and it does not look like a fault
    suspect: bool = False

    def of(self, members: Ints) -> Ints:
        """Return those of some hosts that the snapshot has."""
        return np.array([host for host in members if self.outcome[host] is not None], np.int64)


@dataclass(slots=True)
class Population:
    """Hosts of a panel, or captured outside of it, with their snapshots in the order of time."""

    name: str
    hosts: list[str]
    weight: Floats
    stratum: Ints
    segments: dict[Segment, Members]
    waves: list[Wave]
    _on: dict[tuple[date, ...], dict[Segment, Ints]] = field(default_factory=dict)

    def on(self, *days: date) -> dict[Segment, Ints]:
        """Return segments with the hosts that belong to them on each of some days."""
        if days not in self._on:
            found = {
                segment: [host for host, spans in sorted(members.items()) if within(spans, days)]
                for segment, members in self.segments.items()
            }
            self._on[days] = {name: np.array(hosts) for name, hosts in found.items() if hosts}
        return self._on[days]

    def sound(self) -> list[Wave]:
        """Return the snapshots that shares count."""
        return [wave for wave in self.waves if wave.sound or self.name == "captured"]

    def cells(self, members: Ints, *answers: Ints) -> tuple[Cells, list[Ints]]:
        """Return the kinds of some hosts by stratum and answers, and the answers of each kind."""
        rows = np.stack([self.stratum[members], *(answer[members] for answer in answers)])
        kinds, places = np.unique(rows, axis=1, return_inverse=True)
        places = places.reshape(-1)
        weight = self.weight[members]
        hosts, weights, squares = (
            np.asarray(np.bincount(places, what, kinds.shape[1]), np.float64)
            for what in (np.ones_like(weight), weight, weight**2)
        )
        cells = Cells(kinds[0], hosts, weights, squares, bool((weight != 1).any()))
        return cells, list(kinds[1:])


def meant(status: object) -> tuple[int, int]:
    """Return what a status says: for the rules, and for access as RFC 9309 reads it."""
    if not isinstance(status, int) or not 400 <= status < 600 or status in _UNREACHED:
        return UNKNOWN, UNKNOWN
    if status >= 500:
        return UNKNOWN, FAILED
    return (UNKNOWN if status == 429 else NO_RULES), NO_RULES


def within(spans: Spans, days: Iterable[date]) -> bool:
    """Tell whether each of some days is in one of the spans."""
    return all(any(first <= day <= last for first, last in spans) for day in days)


def wave_of(
    snapshot: Row, found: Captures, hosts: list[str], followed: Members | None = None
) -> Wave:
    """Return a snapshot; a host that is not followed on its day is as if it were not captured."""
    first, last = snapshot["first_capture"], snapshot["last_capture"]
    day = first.date()
    there = [not followed or within(followed[host], [day]) for host in range(len(hosts))]
    captures = [found.get(host) if here else None for host, here in zip(hosts, there, strict=True)]
    times = [(each and each.time) or first for each in captures]
    if snapshot["kind"] == "crawl":  # a server's clock may be wrong
        times = [min(max(first, time), last) for time in times]
    return Wave(
        snapshot=str(snapshot["snapshot"]),
        date=day,
        kind=str(snapshot["kind"]),
        answer=np.array([each.answer if each else UNKNOWN for each in captures], np.int64),
        access=np.array([each.access if each else UNKNOWN for each in captures], np.int64),
        outcome=[each.outcome if each else None for each in captures],
        refused=np.array([bool(each and each.refused) for each in captures]),
        time=times,
        sound=snapshot["kind"] == "import"
        or all(each for each, here in zip(captures, there, strict=True) if here),
    )
