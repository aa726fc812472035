"""What a robots.txt states beside the rules that decided: signals, flags and who wrote it."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import duckdb

from crawlblock import registry
from crawlblock.report.labels import author
from crawlblock.report.page.lines_in_context import Numbered
from crawlblock.robots.conflicts import ConflictKind, conflicts
from crawlblock.robots.judge import Finding
from crawlblock.robots.quoted import is_reconstructed
from crawlblock.robots.signals import Signal, signals

SIGNAL, FLAG, RECONSTRUCTED = "signal", "flag", "reconstructed"
_MOST = 20  # notes of a kind that are shown for a file
_LONGEST = 120  # characters shown of what a file says
_AGENTS = 3  # named in a sentence
_HEADERS = """
SELECT DISTINCT host, snapshot, kind, use, preference, value FROM header_signals
WHERE host IN (SELECT unnest(?)) ORDER BY ALL
"""
_LINES = """
SELECT digest, fault, line, content, tokens FROM ineffective_lines
WHERE digest IN (SELECT unnest(?)) ORDER BY digest, line, fault
"""
_CONFLICT = {
    ConflictKind.OVERRULED: "allows it, but the rules keep the crawler out",
    ConflictKind.UNENFORCED: "disallows it, but the rules let the crawler in",
}
# A kind, a text, and the numbers of the crawlers that it concerns; None: all.
Note = tuple[str, str, tuple[int, ...] | None]


class SiteNotes:
    """Notes on captures, each stored once."""

    def __init__(
        self, con: duckdb.DuckDBPyConnection, tokens: Sequence[str], digests: Collection[str],
        hosts: Collection[str],
    ) -> None:  # fmt: skip
        """Read what is stored about these payloads and hosts."""
        self._numbers = {token: number for number, token in enumerate(tokens)}
        self._purposes = {c.token: c.purpose for c in registry.crawlers()}
        self._known = Numbered()
        self._ineffective: dict[str, list[Note]] = {}
        for digest, *row in con.execute(_LINES, [list(digests)]).fetchall():
            self._ineffective.setdefault(digest, []).append(self._line(*row))
        self._headers: dict[tuple[str, str], list[Note]] = {}
        for host, snapshot, *row in con.execute(_HEADERS, [sorted(hosts)]).fetchall():
            self._headers.setdefault((host, snapshot), []).append(_header(*row))

    def of_payload(
        self, digest: str | None, body: bytes, findings: Mapping[str, Finding]
    ) -> tuple[Note, ...]:
        """Return the notes on a payload with these findings."""
        if not findings:
            return ()
        stated = signals(body)
        notes: list[Note] = [(SIGNAL, _stated(each), None) for each in stated[:_MOST]]
        if is_reconstructed(body):
            notes.append((RECONSTRUCTED, "", None))
        joined = [t for t, found in findings.items() if found.ambiguous_group]
        if joined:
            said = "Parsers disagree about where the group of this crawler ends."
            notes.append((FLAG, said, self._of(joined)))
        notes += self._conflicts(stated, findings)
        notes += self._ineffective.get(digest or "", [])[:_MOST]
        return tuple(notes)

    def with_headers(self, host: str, snapshot: str, notes: tuple[Note, ...]) -> int:
        """Return the number of a capture's notes: on its payload, and on its headers."""
        return self._known.of((*notes, *self._headers.get((host, snapshot), [])[:_MOST]))

    def encoded(self, authors: Collection[str]) -> dict[str, Any]:
        """Return all notes, and in words who the authors are."""
        acts = {template.id: template.act for template in registry.templates()}
        words = {name: author(name, acts.get(name)) for name in sorted(authors)}
        return {"notes": list(self._known.numbers), "authors": words}

    def _conflicts(self, stated: Sequence[Signal], findings: Mapping[str, Finding]) -> list[Note]:
        if not stated:
            return []
        verdicts = {token: found.verdict for token, found in findings.items()}
        found: dict[str, list[str]] = {}
        for each in conflicts(stated, verdicts, self._purposes):
            said = f"{each.signal.place.capitalize()} ({each.signal.kind}, {each.signal.use}) "
            found.setdefault(f"{said}{_CONFLICT[each.kind]}.", []).append(each.token)
        return [(FLAG, said, self._of(tokens)) for said, tokens in found.items()]

    def _line(self, fault: str, line: int, content: str, tokens: Sequence[str]) -> Note:
        said = f"Line {line} does not bind this crawler ({fault}): {content[:_LONGEST]}"
        return FLAG, said, self._of(tokens)

    def _of(self, tokens: Collection[str]) -> tuple[int, ...]:
        return tuple(self._numbers[token] for token in tokens if token in self._numbers)


def _stated(signal: Signal) -> str:
    """Return a signal in words, with its line and the crawlers it is for."""
    named = ", ".join(signal.agents[:_AGENTS])
    more = f" and {len(signal.agents) - _AGENTS} others" if len(signal.agents) > _AGENTS else ""
    whom = f", for {named}{more}" if named and signal.agents != ("*",) else ""
    return f"{signal.kind}: {signal.value[:_LONGEST]} (line {signal.line}{whom})"


def _header(kind: str, use: str | None, preference: str, value: str) -> Note:
    about = f"{preference} {use}" if use else preference
    return SIGNAL, f"header {kind}: {value[:_LONGEST]} ({about})", None
