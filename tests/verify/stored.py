"""What a database stores, read by plain `SELECT *`: hosts that results are about, their answers."""

import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

import duckdb
import numpy as np

from verify.answered import (
    ALWAYS,
    UNKNOWN,
    Capture,
    Captures,
    Members,
    Population,
    Row,
    Segment,
    Spans,
    Wave,
    Written,
    meant,
    wave_of,
    within,
)
from verify.arithmetic import Bools
from verify.suspects import Ends, suspect

_SCANNED = ("snapshots", "scans", "scanned_files", "counting_files", "warc_files")
_SMALL, _MOST_SEGMENTS = 30, 200
_SAMPLE = re.compile(r"(.+) \(sample of (\d+)\)")
_DAYS = re.compile(r"(.+) (\d{4}-\d\d-\d\d)(?:/(\d{4}-\d\d-\d\d))?")


class Stored:
    """A database of crawlblock, read once."""

    def __init__(self, db: Path) -> None:
        self.texts: list[bytes] = []  # by answer, from 1
        self.answers: dict[object, int] = {}  # by the number of a text
        self.sampled: dict[Segment, set[int | None]] = defaultdict(set)  # out of how many hosts
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
        waves = [wave_of(snapshot, found, hosts) for snapshot, found in others]
        yield Population(
            "captured", hosts, np.ones(len(hosts)), 0 * everyone,
            {("", ""): dict.fromkeys(range(len(hosts)), ALWAYS)}, waves,
        )  # fmt: skip

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
            answer, access = meant(status) if outcome != "ok" else (text, text)
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
        of_policy: dict[object, list[tuple[str, Written]]] = defaultdict(list)
        for row in self._rows("conclusions.verdicts"):
            if row["authored_by"] is not None or row["ruleset"] is not None:
                of_policy[row["policy"]].append(
                    (
                        tokens[row["crawler"]],
                        Written(row["authored_by"], row["ruleset"], row["basis"]),
                    )
                )
        return {
            (answer, token): written
            for answer, policy in self.policies.items()
            for token, written in of_policy[policy]
        }

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
        waves = [wave_of(snapshot, found, hosts, everyone) for snapshot, found in followed]
        faults = self._suspects(waves)
        for wave in waves:  # the panel's other hosts that are followed then are not captured
            wave.outcome[:] = [
                each or ("not_captured" if within(everyone[host], [wave.date]) else None)
                for host, each in enumerate(wave.outcome)
            ]
            wave.suspect = wave.snapshot in faults
            wave.sound = wave.sound and not wave.suspect
        self.stratum_names, numbers = np.unique(strata, return_inverse=True)
        segments: dict[Segment, Members] = {("", ""): everyone}
        if len(self.stratum_names) > 1:
            for number, name in enumerate(self.stratum_names):
                members = np.flatnonzero(numbers == number).tolist()
                segments["stratum", str(name)] = dict.fromkeys(members, ALWAYS)
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
                named = dated[1] if dated else value
                sample = _SAMPLE.fullmatch(named)
                segment = str(row["column_name"]), sample[1] if sample else named
                self.sampled[segment].add(int(sample[2]) if sample else None)
                members = segments[segment]
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
