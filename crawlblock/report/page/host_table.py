"""The sites of the page: for each its answers over time, and the lines that decided each verdict.

Everything that repeats is stored once: a run of snapshots with the same answer, a vector of
verdicts, a line's text, a note, the folder of an archive's file.
"""

import zlib
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from importlib.resources import files
from itertools import groupby
from typing import Any, NamedTuple

import duckdb

from crawlblock.outcome import Outcome
from crawlblock.registry import obeyed
from crawlblock.report.page.archive_records import archive_records
from crawlblock.report.page.lines_in_context import LinesInContext, Numbered
from crawlblock.report.page.site_notes import Note, SiteNotes
from crawlblock.robots.judge import Finding, Judge

MOST = 2_000  # hosts on the page
_RULINGS = """
SELECT answer, token, restriction, basis, root_allowed, authored_by FROM meanings
WHERE answer IN (SELECT unnest(?)) ORDER BY answer, token
"""
_BODIES = "SELECT digest, body FROM bodies WHERE digest IN (SELECT unnest(?))"
_QUERY = files(__package__) / "host_table.sql"


def host_table(con: duckdb.DuckDBPyConnection, of_panel: bool, most: int) -> dict[str, Any]:
    """Return at most `most` hosts of the panel, or of those outside of it, for the page's script.

    Beside what HostTable encodes: the crawlers with the day each is documented, the number of all
    hosts, and where the records of each snapshot are.
    """
    tokens = con.execute(
        "SELECT token, CAST(documented_since AS VARCHAR) FROM crawlers ORDER BY token = '*', token"
    ).fetchall()
    ((total,),) = con.execute(
        "SELECT count(*) FROM hosts WHERE of_panel = ?", [of_panel]
    ).fetchall()
    table = HostTable(con, of_panel, [token for token, _ in tokens], most)
    return {
        **table.encoded(),
        "tokens": [list(row) for row in tokens],
        "of": total,
        "records": archive_records(con, of_panel),
    }


class Ruling(NamedTuple):
    """What an answer means for a crawler, and the text that says so."""

    restriction: str
    basis: str
    root_allowed: bool | None
    author: str | None
    text: str | None  # how a capture without rules ended


_NOTHING = Ruling("unknown", "unknown", None, None, None)


class CaptureRow(NamedTuple):
    """A row of hosts.sql."""

    host: str
    stratum: str
    snapshot: str
    place: int
    outcome: str
    status: int | None
    digest: str | None
    answer: str | None
    warc_file: str | None
    warc_offset: int | None
    warc_length: int | None

    @property
    def same(self) -> tuple[object, ...]:
        """What makes a capture a repetition of the one before."""
        return self.outcome, self.status, self.digest


class HostTable:
    """The hosts as the page's script reads them."""

    def __init__(
        self, con: duckdb.DuckDBPyConnection, of_panel: bool, tokens: Iterable[str], most: int
    ) -> None:
        """Read the captures of at most `most` hosts, and what they mean for these crawlers."""
        self._con = con
        self._tokens = tuple(tokens)
        self._unknown = (_NOTHING,) * len(self._tokens)
        self._judge = Judge(self._tokens, obeyed())
        self._rulings, self._vectors, self._folders = Numbered(), Numbered(), Numbered()
        self._lines = LinesInContext()
        self._evidence: dict[tuple[object, ...], tuple[int, list[int], tuple[Note, ...]]] = {}
        text = _QUERY.read_text("utf-8")
        rows = con.execute(text, {"of_panel": of_panel, "most": most}).fetchall()
        self._captures = [CaptureRow(*row) for row in rows]
        digests = sorted({c.digest for c in self._captures if c.digest is not None})
        self._bodies = dict(con.execute(_BODIES, [digests]).fetchall())
        self._notes = SiteNotes(con, self._tokens, digests, {c.host for c in self._captures})

    def encoded(self) -> dict[str, Any]:
        """Return hosts with their runs.

        A run is: first snapshot, count, vector, contexts, notes, and where its first capture is
        archived, folder, file, offset and length.  A vector is triples: number of a ruling, place
        of its line among the run's contexts (-1: it rests on none), and how many crawlers in a row
        these are for.  `dates` has for each segment the snapshots in which a host of it was
        captured.
        """
        hosts = [
            [host, stratum, [self._run(list(run)) for _, run in groupby(rows, lambda c: c.same)]]
            for (host, stratum), rows in groupby(self._captures, lambda c: (c.host, c.stratum))
        ]
        return {
            "hosts": hosts,
            "rulings": [list(ruling) for ruling in self._rulings.numbers],
            "vectors": [list(vector) for vector in self._vectors.numbers],
            "folders": list(self._folders.numbers),
            "dates": self._dates(),
            **self._lines.encoded(),
            **self._notes.encoded({r.author for r in self._rulings.numbers if r.author}),
        }

    def _dates(self) -> dict[str, list[int]]:
        dates: dict[str, set[int]] = {}
        for capture in self._captures:
            if capture.outcome != Outcome.NOT_CAPTURED:
                dates.setdefault(capture.stratum, set()).add(capture.place)
        return {stratum: sorted(places) for stratum, places in dates.items()}

    def _run(self, run: list[CaptureRow]) -> list[Any]:
        first = run[0]
        key = (*first.same, first.answer)
        if key not in self._evidence:
            self._evidence[key] = self._read(first)
        vector, lines, noted = self._evidence[key]
        notes = self._notes.with_headers(first.host, first.snapshot, noted)
        row: list[Any] = [first.place, len(run), vector, lines, notes]
        if first.warc_file is not None:
            folder, dash, name = first.warc_file.rpartition("-")
            row += [self._folders.of(folder + dash), name, first.warc_offset, first.warc_length]
        return row

    def _read(self, capture: CaptureRow) -> tuple[int, list[int], tuple[Note, ...]]:
        """Return the vector of a capture's rulings, the contexts they rest on, and the notes."""
        meant = self._meanings.get(capture.answer or "", self._unknown)
        findings, body = self._findings(capture.digest)
        deciding = [findings.get(token) for token in self._tokens]
        contexts = {
            id(found): None if found is None else self._lines.of(found, body)
            for found in {id(found): found for found in deciding}.values()
        }
        places: dict[int, int] = {}  # of contexts among those of this capture
        known: dict[tuple[int, int], tuple[int, int]] = {}
        keys = list(zip(map(id, meant), map(id, deciding), strict=True))
        for key, ruling in dict(zip(keys, meant, strict=True)).items():
            context = contexts[key[1]]
            text = None if context is not None else _how_it_ended(capture)
            place = -1 if context is None else places.setdefault(context, len(places))
            known[key] = self._rulings.of(ruling._replace(text=text)), place
        vector = [known[key] for key in keys]
        notes = self._notes.of_payload(capture.digest, body, findings)
        return self._vectors.of(tuple(_packed(vector))), list(places), notes

    def _findings(self, digest: str | None) -> tuple[Mapping[str, Finding], bytes]:
        """Return what a stored payload says to each crawler, and the payload."""
        packed = self._bodies.get(digest or "")
        if packed is None:
            return {}, b""
        try:
            body = zlib.decompress(packed)
        except zlib.error:  # its verdicts stand; only the line cannot be shown
            return {}, b""
        return self._judge.findings(body), body

    @cached_property
    def _meanings(self) -> dict[str, tuple[Ruling, ...]]:
        """What each answer means to each crawler, with one object for each meaning."""
        answers = sorted({c.answer for c in self._captures if c.answer is not None})
        meanings: dict[str, dict[str, Ruling]] = {}
        one: dict[Ruling, Ruling] = {}
        for answer, token, how_far, basis, root, author in self._con.execute(
            _RULINGS, [answers]
        ).fetchall():
            ruling = Ruling(how_far, basis, root, author, None)
            meanings.setdefault(answer, {})[token] = one.setdefault(ruling, ruling)
        return {
            answer: tuple(meant.get(token, _NOTHING) for token in self._tokens)
            for answer, meant in meanings.items()
        }


def _how_it_ended(capture: CaptureRow) -> str | None:
    """Return in words how a capture without rules ended."""
    if capture.digest is not None:
        return None
    status = "" if capture.status is None else f", HTTP {capture.status}"
    return f"outcome {capture.outcome}{status}"


def _packed(vector: Iterable[tuple[int, int]]) -> Iterator[int]:
    for (number, place), same in groupby(vector):
        yield from (number, place, sum(1 for _ in same))
