"""The hosts of the page: for each its answers over time, and the line that decided each verdict.

Everything that repeats stands once: a run of snapshots with the same answer, a vector of verdicts,
a line's text, the folder of an archive's file.
"""

import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib.resources import files
from itertools import groupby
from typing import Any, NamedTuple

import duckdb

from crawlblock.registry import obeyed
from crawlblock.robots.judge import Finding, Judge
from crawlblock.robots.quoted import is_reconstructed, marked

MOST = 2_000  # hosts on the page
_LONGEST = 120  # characters of a line shown
_RULINGS = """
SELECT answer, token, restriction, basis, root_allowed, authored_by FROM meanings
WHERE answer IN (SELECT unnest(?)) ORDER BY answer, token
"""
_BODIES = "SELECT digest, body FROM bodies WHERE digest IN (SELECT unnest(?))"
_QUERY = files(__package__) / "host_table.sql"


def host_table(con: duckdb.DuckDBPyConnection, of_panel: bool, most: int) -> dict[str, Any]:
    """Return at most `most` hosts of the panel, or of those outside of it, for the page's script.

    Beside what HostTable encodes: the crawlers with the day each is documented, and how many hosts
    there are.
    """
    tokens = con.execute(
        "SELECT token, CAST(documented_since AS VARCHAR) FROM crawlers ORDER BY token = '*', token"
    ).fetchall()
    ((total,),) = con.execute(
        "SELECT count(*) FROM hosts WHERE of_panel = ?", [of_panel]
    ).fetchall()
    table = HostTable(con, of_panel, [token for token, _ in tokens], most)
    return {**table.encoded(), "tokens": [list(row) for row in tokens], "of": total}


class Ruling(NamedTuple):
    """What an answer means for a crawler, and the text that says so."""

    restriction: str
    basis: str
    root_allowed: bool | None
    author: str | None
    text: str | None  # of the line that decided, or the status


_NOTHING = Ruling("unknown", "unknown", None, None, None)


class CaptureRow(NamedTuple):
    """A row of hosts.sql."""

    host: str
    stratum: str
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


@dataclass(slots=True)
class Numbered:
    """Values with the numbers by which others name them."""

    numbers: dict[Any, int] = field(default_factory=dict)

    def of(self, value: Any) -> int:
        """Return a value's number."""
        return self.numbers.setdefault(value, len(self.numbers))


class HostTable:
    """The hosts as the page's script reads them."""

    def __init__(
        self, con: duckdb.DuckDBPyConnection, of_panel: bool, tokens: Iterable[str], most: int
    ) -> None:
        """Read the captures of at most `most` hosts, and what they mean for these crawlers."""
        self._con = con
        self._tokens = tuple(tokens)
        self._judge = Judge(self._tokens, obeyed())
        self._rulings, self._vectors, self._folders = Numbered(), Numbered(), Numbered()
        self._evidence: dict[tuple[object, ...], tuple[int, list[int]]] = {}
        text = _QUERY.read_text("utf-8")
        rows = con.execute(text, {"of_panel": of_panel, "most": most}).fetchall()
        self._captures = [CaptureRow(*row) for row in rows]

    def encoded(self) -> dict[str, Any]:
        """Return hosts with their runs: first, count, vector, lines, folder, file, offset, length.

        A vector is triples: number of a ruling, place of its line among the run's lines (-1: it
        rests on none), and how many crawlers in a row these are for.
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
        }

    def _run(self, run: list[CaptureRow]) -> list[Any]:
        first = run[0]
        key = (*first.same, first.answer)
        if key not in self._evidence:
            self._evidence[key] = self._read(first)
        vector, lines = self._evidence[key]
        row: list[Any] = [first.place, len(run), vector, lines]
        if first.warc_file is not None:
            folder, dash, name = first.warc_file.rpartition("-")
            row += [self._folders.of(folder + dash), name, first.warc_offset, first.warc_length]
        return row

    def _read(self, capture: CaptureRow) -> tuple[int, list[int]]:
        """Return the vector of a capture's rulings, and the lines they rest on."""
        meant = self._meanings.get(capture.answer or "", {})
        findings, body = self._findings(capture.digest)
        texts = body.splitlines()
        distinct = {id(found): found for found in findings.values()}
        placed = {key: found.line(body) for key, found in distinct.items()}
        lines: dict[int | None, int] = {}  # with their places among the lines
        mark = marked(is_reconstructed(body))
        shown = {line: _text(texts, line) + mark for line in set(placed.values()) if line}
        known: dict[tuple[int | None, int | None], tuple[int, int]] = {}
        vector = []
        for token in self._tokens:
            line = placed[id(findings[token])] if token in findings else None
            key = id(meant.get(token)), line
            if key not in known:
                text = shown[line] if line else _told(capture)
                number = self._rulings.of(meant.get(token, _NOTHING)._replace(text=text))
                known[key] = number, lines.setdefault(line, len(lines)) if line else -1
            vector.append(known[key])
        return self._vectors.of(tuple(_packed(vector))), [line for line in lines if line]

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
    def _bodies(self) -> dict[str, bytes]:
        digests = sorted({c.digest for c in self._captures if c.digest is not None})
        return dict(self._con.execute(_BODIES, [digests]).fetchall())

    @cached_property
    def _meanings(self) -> dict[str, dict[str, Ruling]]:
        """What each answer means, with one object for each meaning."""
        answers = sorted({c.answer for c in self._captures if c.answer is not None})
        meanings: dict[str, dict[str, Ruling]] = {}
        one: dict[Ruling, Ruling] = {}
        for answer, token, how_far, basis, root, author in self._con.execute(
            _RULINGS, [answers]
        ).fetchall():
            ruling = Ruling(how_far, basis, root, author, None)
            meanings.setdefault(answer, {})[token] = one.setdefault(ruling, ruling)
        return meanings


def _told(capture: CaptureRow) -> str | None:
    """Return in words how a capture without rules ended."""
    if capture.digest is not None:
        return None
    status = "" if capture.status is None else f", HTTP {capture.status}"
    return f"outcome {capture.outcome}{status}"


def _packed(vector: Iterable[tuple[int, int]]) -> Iterator[int]:
    for (number, place), same in groupby(vector):
        yield from (number, place, sum(1 for _ in same))


def _text(texts: Sequence[bytes], line: int) -> str:
    """Return a line, cut short, with what cannot be printed spelled out."""
    text = texts[line - 1].decode("utf-8", "backslashreplace") if line <= len(texts) else ""
    shown = "".join(c if c.isprintable() else repr(c)[1:-1] for c in text.strip())
    return shown if len(shown) <= _LONGEST else shown[:_LONGEST] + "\N{HORIZONTAL ELLIPSIS}"
