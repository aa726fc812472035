"""What a database stores, read by plain `SELECT *`: hosts that results are about, their answers.

Answer 0 is that there are no rules (4xx but 429); from 1 on they are texts; -1 is unknown.
"""

import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from verify.arithmetic import Bools, Cells, Floats, Ints
from verify.suspects import Ends, suspect

Row = dict[str, Any]
Captures = dict[str, tuple[str, int, bool]]  # outcome, answer, refused; by host
Segment = tuple[str, str]  # dimension and value; empty texts for all hosts
Spans = tuple[tuple[date, date], ...]  # first and last days
Members = Mapping[int, Spans]  # of a segment: each host with the days on which it belongs to it
ALWAYS: Spans = ((date.min, date.max),)
UNKNOWN, NO_RULES = -1, 0
_REFUSED = (401, 402, 403, 451)
_SMALL, _MOST_SEGMENTS = 30, 200
_DAYS = re.compile(r"(.+) (\d{4}-\d\d-\d\d)(?:/(\d{4}-\d\d-\d\d))?")


@dataclass(slots=True)
class Wave:
    """What the hosts of a population answered in a snapshot."""

    snapshot: str
    date: date
    kind: str
    answer: Ints
    outcome: list[str | None]  # None: the snapshot does not have the host
    refused: Bools
    sound: bool  # all of the hosts were asked, and it does not look like a fault

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
                segment: [host for host, spans in sorted(members.items()) if _within(spans, days)]
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


class Stored:
    """A database of crawlblock, read once."""

    def __init__(self, db: Path) -> None:
        self.texts: list[bytes] = []  # by answer, from 1
        with duckdb.connect(str(db), read_only=True) as con:
            self._con = con
            self.weights, self.frames = self._rows("weights"), self._rows("frames")
            self.panels = sorted(self._rows("panels"), key=lambda p: (_since(p), p["panel"]))
            self.populations = [p for p in self._populations() if p.waves]

    def _rows(self, table: str) -> list[Row]:
        asked = self._con.execute(f"SELECT * FROM {table}")
        names = [column[0] for column in asked.description]
        return [dict(zip(names, row, strict=True)) for row in asked.fetchall()]

    def _populations(self) -> Iterable[Population]:
        """Yield the hosts of the newest panel, and those of snapshots that are not about it."""
        newest = self.panels[0]["panel"] if self.panels else None
        panel = [row for row in self._rows("panel") if row["panel"] == newest]
        members = {str(row["host"]) for row in panel}
        scanned = {row["snapshot"] for row in self._rows("facts.scans")}
        removed = {row["id"] for row in self._rows("removed_snapshots")}
        followed: list[tuple[Row, Captures]] = []
        others: list[tuple[Row, Captures]] = []
        captures = self._captures()
        for snapshot in sorted(self._rows("facts.snapshots"), key=_in_time):
            found = captures.get(snapshot["id"], {})
            if not found or snapshot["id"] in scanned | removed:
                continue
            within = members & found.keys()
            of_panel = within and (snapshot["kind"] != "import" or len(within) == len(found))
            (followed if of_panel else others).append((snapshot, found))
        yield self._panel(panel, followed)
        hosts = sorted({host for _, found in others for host in found})
        everyone = np.arange(len(hosts))
        waves = [_wave(snapshot, found, hosts) for snapshot, found in others]
        yield Population(
            "captured", hosts, np.ones(len(hosts)), 0 * everyone,
            {("", ""): dict.fromkeys(range(len(hosts)), ALWAYS)}, waves,
        )  # fmt: skip

    def _captures(self) -> dict[object, Captures]:
        """Return outcome, answer and whether the server refused, by snapshot and host."""
        names = {row["id"]: str(row["host"]) for row in self._rows("facts.hosts")}
        texts = {row["id"]: row["text"] for row in self._rows("facts.payloads")}
        fetches = {row["id"]: row for row in self._rows("facts.fetches")}
        answers = {}
        for row in self._rows("facts.texts"):
            self.texts.append(zlib.decompress(row["body"]))
            answers[row["id"]] = len(self.texts)
        found: dict[object, Captures] = defaultdict(dict)
        for row in self._rows("conclusions.captures"):
            if row["resource"] != "/robots.txt":
                continue
            last = fetches.get(row["last"], {})
            status, answer = last.get("status"), UNKNOWN
            if row["outcome"] == "ok":
                answer = answers.get(texts.get(last.get("payload")), UNKNOWN)
            elif isinstance(status, int) and 400 <= status < 500 and status != 429:
                answer = NO_RULES
            found[row["snapshot"]][names[row["host"]]] = (
                str(row["outcome"]), answer, status in _REFUSED,
            )  # fmt: skip
        return found

    def _panel(self, panel: list[Row], followed: list[tuple[Row, Captures]]) -> Population:
        hosts = sorted({str(row["host"]) for row in panel})
        place = {host: number for number, host in enumerate(hosts)}
        weight, strata = np.zeros(len(hosts)), [""] * len(hosts)
        for row in sorted(panel, key=lambda row: str(row["stratum"]), reverse=True):
            at = place[str(row["host"])]
            weight[at] = max(weight[at], round(float(str(row["weight"])), 6))
            strata[at] = str(row["stratum"])
        listed = self._segments(panel, place)
        everyone = _followed(listed, len(hosts))
        waves = [_wave(snapshot, found, hosts, everyone) for snapshot, found in followed]
        faults = self._suspects(waves)
        for wave in waves:  # the panel's other hosts that are followed then are not captured
            wave.outcome[:] = [
                each or ("not_captured" if _within(everyone[host], [wave.date]) else None)
                for host, each in enumerate(wave.outcome)
            ]
            wave.sound = wave.sound and wave.snapshot not in faults
        self.stratum_names, numbers = np.unique(strata, return_inverse=True)
        segments: dict[Segment, Members] = {("", ""): everyone}
        if len(self.stratum_names) > 1:
            for number, name in enumerate(self.stratum_names):
                within = np.flatnonzero(numbers == number).tolist()
                segments["stratum", str(name)] = dict.fromkeys(within, ALWAYS)
        known = np.any([wave.answer >= 0 for wave in waves] or [np.zeros(len(hosts), bool)], axis=0)
        segments |= _folded(listed, known)
        return Population("panel", hosts, weight, numbers.astype(np.int64), segments, waves)

    def _suspects(self, waves: list[Wave]) -> set[str]:
        answered = {str(row["outcome"]) for row in self._rows("outcomes") if row["answered"]}
        breaks = [
            row["date"] for row in self._rows("breaks")
            if {"coverage", "verdicts"} & set(row["affects"])
        ]  # fmt: skip
        ends = [
            Ends(wave.snapshot, wave.date, wave.kind, Counter(filter(None, wave.outcome)))
            for wave in waves if wave.sound
        ]  # fmt: skip
        accepted = {str(row["snapshot"]) for row in self._rows("accepted")}
        return suspect(ends, answered, breaks) - accepted

    def _segments(self, panel: list[Row], place: dict[str, int]) -> dict[Segment, Members]:
        """Return the hosts by the further columns of their list; a cell may name several values.

        A value may have the first and last day on which a host belongs to it, or one day.
        """
        hosts = defaultdict(list)
        for row in panel:
            hosts[row["panel"], row["domain"]].append(place[str(row["host"])])
        segments: dict[Segment, dict[int, Spans]] = defaultdict(dict)
        for row in self._rows("panel_columns"):
            for value in filter(None, map(str.strip, str(row["value"]).split(";"))):
                dated = _DAYS.fullmatch(value)
                members = segments[str(row["column_name"]), dated[1] if dated else value]
                spans = ALWAYS
                if dated:
                    spans = ((date.fromisoformat(dated[2]),
                              date.fromisoformat(dated[3] or dated[2])),)  # fmt: skip
                for host in hosts.get((row["panel"], row["domain"]), ()):
                    members[host] = members.get(host, ()) + spans
        return dict(segments)


def _since(panel: Row) -> float:
    return -float(panel["sampled"].timestamp())


def _in_time(snapshot: Row) -> tuple[str, str]:
    return str(snapshot["first_capture"])[:10], str(snapshot["snapshot"])


def _within(spans: Spans, days: Iterable[date]) -> bool:
    return all(any(first <= day <= last for first, last in spans) for day in days)


def _followed(segments: Mapping[Segment, Members], hosts: int) -> dict[int, Spans]:
    """Return the days on which each host is followed: all of them where its list gives it none."""
    dated = [
        {host: spans for host, spans in members.items() if spans != ALWAYS}
        for members in segments.values()
    ]
    return {
        host: sum((members.get(host, ()) for members in dated), ()) or ALWAYS
        for host in range(hosts)
    }


def _wave(
    snapshot: Row, found: Captures, hosts: list[str], followed: Members | None = None
) -> Wave:
    """Return a snapshot; a host that is not followed on its day is as if it were not captured."""
    day = snapshot["first_capture"].date()
    there = [not followed or _within(followed[host], [day]) for host in range(len(hosts))]
    captures = [found.get(host) if here else None for host, here in zip(hosts, there, strict=True)]
    return Wave(
        snapshot=str(snapshot["snapshot"]),
        date=day,
        kind=str(snapshot["kind"]),
        answer=np.array([each[1] if each else UNKNOWN for each in captures], np.int64),
        outcome=[each[0] if each else None for each in captures],
        refused=np.array([bool(each and each[2]) for each in captures]),
        sound=snapshot["kind"] == "import"
        or all(each for each, here in zip(captures, there, strict=True) if here),
    )


def _folded(segments: Mapping[Segment, Members], known: Bools) -> dict[Segment, Members]:
    """Join small segments of a dimension, and those beyond the largest, to one."""
    sizes = Counter({
        segment: int(known[list(hosts)].sum()) for segment, hosts in segments.items() if hosts
    })  # fmt: skip
    kept: dict[str, list[Segment]] = defaultdict(list)
    for segment, size in sorted(sizes.items(), key=lambda each: (-each[1], each[0])):
        if size >= _SMALL and len(kept[segment[0]]) < _MOST_SEGMENTS:
            kept[segment[0]].append(segment)
    folded: dict[Segment, dict[int, Spans]] = defaultdict(dict)
    for segment in sizes:
        large = segment in kept[segment[0]]
        members = folded[segment if large else (segment[0], "other segments")]
        for host, spans in segments[segment].items():
            members[host] = members.get(host, ()) + spans
    return dict(folded)
