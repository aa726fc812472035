"""What a database stores, read by plain `SELECT *`: hosts that results are about, their answers.

Answer 0 is that there are no rules (4xx but 429); from 1 on they are texts; -1 is unknown.  In
`access`, where the status counts, 429 is 0 too, and -2 is that the server failed, which blocks.
"""

import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import numpy as np

from verify.arithmetic import Bools, Cells, Floats, Ints
from verify.suspects import Ends, suspect

Row = dict[str, Any]
Captures = dict[str, "Capture"]  # by host
Segment = tuple[str, str]  # dimension and value; empty texts for all hosts
UNKNOWN, NO_RULES, FAILED = -1, 0, -2
_REFUSED = ("refused", "payment_required", "challenge")
_SCANNED = ("snapshots", "scans", "scanned_files", "counting_files", "warc_files")
_UNREACHED = (*range(520, 528), 530)  # a CDN says that it could not reach the site
_SMALL, _MOST_SEGMENTS = 30, 200


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
    segments: dict[Segment, Ints]
    waves: list[Wave]

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
        self.answers: dict[object, int] = {}  # by the number of a text
        self.hosts_of: dict[int, set[str]] = defaultdict(set)  # who gave an answer, ever
        with duckdb.connect(str(db), read_only=True) as con:
            self._con = con
            self.scanned = {table: self._rows(f"facts.{table}") for table in _SCANNED}
            self.weights, self.frames = self._rows("weights"), self._rows("frames")
            self.panels = sorted(self._rows("panels"), key=lambda p: (_since(p), p["panel"]))
            self.populations = [p for p in self._populations() if p.waves]
            self.written = self._written()
            self.acts = {str(row["template"]): row["act"] for row in self._rows("templates")}
            self.text_rules = {
                self.answers[row["text"]]: str(row["rules"])
                for row in self._rows("conclusions.text_rules")
            }

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
        self.captures = captures = self._captures()
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
            "captured", hosts, np.ones(len(hosts)), 0 * everyone, {("", ""): everyone}, waves
        )

    def _captures(self) -> dict[object, Captures]:
        """Return what counts by snapshot and host."""
        hosts = self._rows("facts.hosts")
        names = {row["id"]: str(row["host"]) for row in hosts}
        self.registered = {str(row["host"]): row["domain"] for row in hosts}
        self.domains = {host: str(domain or host) for host, domain in self.registered.items()}
        texts = {row["id"]: row["text"] for row in self._rows("facts.payloads")}
        fetches = {row["id"]: row for row in self._rows("facts.fetches")}
        for row in self._rows("facts.texts"):
            self.texts.append(zlib.decompress(row["body"]))
            self.answers[row["id"]] = len(self.texts)
        found: dict[object, Captures] = defaultdict(dict)
        for row in self._rows("conclusions.captures"):
            if row["resource"] != "/robots.txt":
                continue
            last = fetches.get(row["last"], {})
            text = self.answers.get(texts.get(last.get("payload")), UNKNOWN)
            outcome, status = str(row["outcome"]), last.get("status")
            answer, access = _meant(status) if outcome != "ok" else (text, text)
            self.hosts_of[answer].add(names[row["host"]])
            found[row["snapshot"]][names[row["host"]]] = Capture(
                outcome, answer, access, last.get("fetch_time"),
                fetches.get(row["first"], {}).get("warc_file"),
            )  # fmt: skip
        return found

    def owner(self, host: str) -> str:
        """Return the registered name without its suffix."""
        return self.domains.get(host, host).split(".")[0]

    def _written(self) -> dict[tuple[int, str], Written]:
        """Return who wrote what blocks, and its rule set, by answer and token."""
        tokens = {row["id"]: str(row["token"]) for row in self._rows("crawlers")}
        self.policies = {
            self.answers[r["text"]]: r["policy"] for r in self._rows("conclusions.judgements")
        }
        told: dict[object, list[tuple[str, Written]]] = defaultdict(list)
        for row in self._rows("conclusions.verdicts"):
            if row["authored_by"] is not None or row["ruleset"] is not None:
                told[row["policy"]].append(
                    (
                        tokens[row["crawler"]],
                        Written(row["authored_by"], row["ruleset"], row["basis"]),
                    )
                )
        return {
            (answer, token): written
            for answer, policy in self.policies.items()
            for token, written in told[policy]
        }

    def _panel(self, panel: list[Row], followed: list[tuple[Row, Captures]]) -> Population:
        hosts = sorted({str(row["host"]) for row in panel})
        place = {host: number for number, host in enumerate(hosts)}
        weight, strata = np.zeros(len(hosts)), [""] * len(hosts)
        for row in sorted(panel, key=lambda row: str(row["stratum"]), reverse=True):
            at = place[str(row["host"])]
            weight[at] = max(weight[at], round(float(str(row["weight"])), 6))
            strata[at] = str(row["stratum"])
        waves = [_wave(snapshot, found, hosts) for snapshot, found in followed]
        faults = self._suspects(waves)
        for wave in waves:  # the panel's other hosts are not captured
            wave.outcome[:] = [each or "not_captured" for each in wave.outcome]
            wave.suspect = wave.snapshot in faults
            wave.sound = wave.sound and not wave.suspect
        self.stratum_names, numbers = np.unique(strata, return_inverse=True)
        segments = {("", ""): np.arange(len(hosts))}
        if len(self.stratum_names) > 1:
            for number, name in enumerate(self.stratum_names):
                segments["stratum", str(name)] = np.flatnonzero(numbers == number)
        known = np.any([wave.answer >= 0 for wave in waves] or [np.zeros(len(hosts), bool)], axis=0)
        segments |= _folded(self._segments(panel, place), known)
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

    def _segments(self, panel: list[Row], place: dict[str, int]) -> dict[Segment, set[int]]:
        """Return the hosts by the further columns of their list; a cell may name several values."""
        hosts = defaultdict(list)
        for row in panel:
            hosts[row["panel"], row["domain"]].append(place[str(row["host"])])
        segments: dict[Segment, set[int]] = defaultdict(set)
        for row in self._rows("panel_columns"):
            for value in str(row["value"]).split(";"):
                if value.strip():
                    segment = str(row["column_name"]), value.strip()
                    segments[segment].update(hosts.get((row["panel"], row["domain"]), ()))
        return segments


def _since(panel: Row) -> float:
    return -float(panel["sampled"].timestamp())


def _in_time(snapshot: Row) -> tuple[str, str]:
    return str(snapshot["first_capture"])[:10], str(snapshot["snapshot"])


def _meant(status: object) -> tuple[int, int]:
    """Return what a status says: for the rules, and for access as RFC 9309 reads it."""
    if not isinstance(status, int) or not 400 <= status < 600 or status in _UNREACHED:
        return UNKNOWN, UNKNOWN
    if status >= 500:
        return UNKNOWN, FAILED
    return (UNKNOWN if status == 429 else NO_RULES), NO_RULES


def _wave(snapshot: Row, found: Captures, hosts: list[str]) -> Wave:
    captures = [found.get(host) for host in hosts]
    first, last = snapshot["first_capture"], snapshot["last_capture"]
    times = [(each and each.time) or first for each in captures]
    if snapshot["kind"] == "crawl":  # a server's clock may be wrong
        times = [min(max(first, time), last) for time in times]
    return Wave(
        snapshot=str(snapshot["snapshot"]),
        date=snapshot["first_capture"].date(),
        kind=str(snapshot["kind"]),
        answer=np.array([each.answer if each else UNKNOWN for each in captures], np.int64),
        access=np.array([each.access if each else UNKNOWN for each in captures], np.int64),
        outcome=[each.outcome if each else None for each in captures],
        refused=np.array([bool(each and each.refused) for each in captures]),
        time=times,
        sound=snapshot["kind"] == "import" or None not in captures,
    )


def _folded(segments: dict[Segment, set[int]], known: Bools) -> dict[Segment, Ints]:
    """Join small segments of a dimension, and those beyond the largest, to one."""
    sizes = Counter({
        segment: int(known[list(hosts)].sum()) for segment, hosts in segments.items() if hosts
    })  # fmt: skip
    kept: dict[str, list[Segment]] = defaultdict(list)
    for segment, size in sorted(sizes.items(), key=lambda each: (-each[1], each[0])):
        if size >= _SMALL and len(kept[segment[0]]) < _MOST_SEGMENTS:
            kept[segment[0]].append(segment)
    folded: dict[Segment, set[int]] = defaultdict(set)
    for segment in sizes:
        large = segment in kept[segment[0]]
        folded[segment if large else (segment[0], "other segments")] |= segments[segment]
    return {segment: np.array(sorted(hosts)) for segment, hosts in folded.items()}
