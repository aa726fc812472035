"""The conclusions: what the texts mean, and what the registry knows."""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from itertools import count
from typing import Any

import duckdb
import polars as pl

from crawlblock.errors import InputError
from crawlblock.model import Crawler
from crawlblock.registry import Break
from crawlblock.robots.authorship import Template
from crawlblock.robots.ineffective import IneffectiveLine
from crawlblock.robots.meaning import Ruling
from crawlblock.robots.signals import Signal
from crawlblock.robots.training_preference import Stated
from crawlblock.store.conclusion_columns import (
    BREAKS,
    CRAWLERS,
    EXTRA_FILES,
    INEFFECTIVES,
    JUDGED_TEXTS,
    SIGNALS,
    TEMPLATES,
    VERDICTS,
)
from crawlblock.store.database import DatabaseFile
from crawlblock.store.header_conclusions import ReadHeaders, set_header_signals
from crawlblock.store.relations import registered, replaced
from crawlblock.store.selecting import settle
from crawlblock.store.stamps import READING, known_stamp_ids, stamp_ids

_TO_FETCH = """
WITH wanted AS (
    SELECT snapshot, host FROM conclusions.captures WHERE outcome = 'not_fetched'
    UNION
    SELECT a.snapshot, a.host FROM facts.fetches f
    JOIN facts.asked a ON a.snapshot = f.snapshot AND f.host IN (a.host, a.fallback)
    WHERE f.ended IN ('unreadable', 'altered', 'undecodable') AND f.reader <> ?
)
SELECT s.snapshot, list(h.host) FROM wanted w
JOIN kept_snapshots s ON s.id = w.snapshot AND s.kind = 'crawl'
JOIN facts.hosts h ON h.id = w.host
WHERE w.snapshot NOT IN (SELECT snapshot FROM facts.scans)
GROUP BY s.snapshot ORDER BY s.snapshot
"""
# Both sides begin after a number: otherwise each batch would read all that is judged already.
_NOT_JUDGED = """
SELECT id FROM facts.texts
ANTI JOIN (
    FROM conclusions.judgements WHERE verdicts = $1 AND authorship = $2 AND signals = $3
        AND ineffective = $4 AND text > $5
) j ON j.text = id
WHERE id > $5
"""


@dataclass(frozen=True, slots=True)
class PendingText:
    """A text to be judged."""

    id: int  # its number in the database
    body: bytes


@dataclass(frozen=True, slots=True)
class Judged:
    """The meaning of a text, and what it states."""

    text: int
    policy: str
    ambiguous_group: bool
    templates: str | None  # templates whose marks are in it, separated by commas
    signals: tuple[Signal, ...]
    ineffective: tuple[IneffectiveLine, ...]
    training: Stated
    rules: str  # the name of all its rules


class Conclusions:
    """What follows from the facts; each method is one transaction."""

    def __init__(self, database: DatabaseFile) -> None:
        """Take the database."""
        self._database = database

    def settle(self) -> int:
        """Bring the captures of all snapshots up to date; return how many were out of date."""
        with self._database.transaction() as con:
            return settle(con)

    def set_registry(
        self,
        crawlers: Sequence[Crawler],
        breaks: Sequence[Break],
        templates: Sequence[Template],
        extra: Mapping[str, str],
    ) -> None:
        """Store what the registry knows, and the crawler `*`, in place of what was stored.

        `extra`: digests of a user's own files behind it, by their names.
        """
        rows = [_crawler_row(crawler) for crawler in crawlers]
        rows.append(_crawler_row(Crawler("*", "", "", ai=False)) | {"operator": None, "url": None})
        known = [{n: getattr(b, n) for n in BREAKS} for b in breaks]
        events = [each | {"affects": list(each["affects"])} for each in known]
        texts = [
            {
                "template": t.id, "title": t.title, "vendor": t.vendor, "kind": t.kind,
                "act": t.act, "evidence": t.evidence, "source": t.source,
            }
            for t in templates
        ]  # fmt: skip
        with self._database.transaction() as con:
            replaced(con, "templates", pl.DataFrame(texts, schema=TEMPLATES))
            replaced(con, "crawlers", _numbered(con, pl.DataFrame(rows, schema=CRAWLERS)))
            replaced(con, "breaks", pl.DataFrame(events, schema=BREAKS))
            own = {"file": list(extra), "digest": list(extra.values())}
            replaced(con, "extra_files", pl.DataFrame(own, schema=EXTRA_FILES))

    def set_header_signals(self, read: ReadHeaders) -> None:
        """Store what the headers of stored answers state; `read` reads those of one answer."""
        with self._database.transaction() as con:
            set_header_signals(con, read)

    def pending_texts(self, after: int, limit: int) -> list[PendingText]:
        """Return texts after a number not judged by today's rules, at most `limit`, in order."""
        with self._database.transaction() as con:
            rows = con.execute(
                f"WITH next AS ({_NOT_JUDGED} ORDER BY id LIMIT $6) "  # noqa: S608
                "SELECT id, body FROM facts.texts SEMI JOIN next USING (id) ORDER BY id",
                [*_judged_by(stamp_ids(con)), after, limit],
            ).fetchall()
        return [PendingText(text, zlib.decompress(body)) for text, body in rows]

    def pending(self) -> int:
        """Return how many texts today's rules have not judged."""
        with self._database.reading() as con:
            return count_pending(con)

    def add_judged(
        self, policies: Mapping[str, Mapping[str, Ruling]], judged: Sequence[Judged]
    ) -> None:
        """Store verdicts by policy, and what texts mean and state."""
        verdicts = [
            (
                policy, token, str(v.restriction), str(v.basis), v.root_allowed, t.author,
                t.ruleset, v.matched_token(token),
            )
            for policy, rulings in policies.items()
            for token, (v, t) in rulings.items()
        ]  # fmt: skip
        meanings = [
            (
                j.text,
                j.policy,
                j.ambiguous_group,
                j.templates,
                str(t.preference),
                t.evidence,
                t.line,
                j.rules,
            )
            for j in judged
            for t in (j.training,)
        ]
        stated = [
            (j.text, s.kind, list(s.agents), s.use, s.preference, s.value, s.path, s.line)
            for j in judged
            for s in j.signals
        ]
        unread = [
            (j.text, i.fault, i.line, i.text, list(i.tokens), list(i.blocks))
            for j in judged
            for i in j.ineffective
        ]
        with (
            self._database.transaction() as con,
            registered(
                con,
                ruled=pl.DataFrame(verdicts, VERDICTS, orient="row"),
                judged=pl.DataFrame(meanings, JUDGED_TEXTS, orient="row"),
                stated=pl.DataFrame(stated, SIGNALS, orient="row"),
                unread=pl.DataFrame(unread, INEFFECTIVES, orient="row"),
            ),
        ):
            con.execute("SET VARIABLE judged_by = ?", [_judged_by(stamp_ids(con))]).fetchall()
            con.execute((files(__package__) / "judged.sql").read_text("utf-8")).fetchall()

    def drop_unused_policies(self) -> None:
        """Remove the policies that no text has anymore."""
        with self._database.transaction() as con:
            con.execute(
                "DELETE FROM conclusions.policies "
                "WHERE id NOT IN (SELECT policy FROM conclusions.judgements)"
            ).fetchall()
            con.execute(
                "DELETE FROM conclusions.verdicts "
                "WHERE policy NOT IN (SELECT id FROM conclusions.policies)"
            ).fetchall()

    def to_fetch(self) -> dict[str, set[str]]:
        """Return the hosts of each crawl for which a record would have to be fetched.

        The capture that may count was never fetched, or another version could not read it.
        """
        with self._database.transaction() as con:
            rows = con.execute(_TO_FETCH, [stamp_ids(con)[READING]]).fetchall()
        return {snapshot: set(hosts) for snapshot, hosts in rows}

    def suspects(self) -> dict[str, str]:
        """Return the snapshots that look like a fault, not a real change, with the reason."""
        with self._database.transaction() as con:
            return dict(con.execute("FROM suspect_snapshots ORDER BY snapshot").fetchall())

    def accept(self, snapshot: str, at: datetime, reason: str) -> None:
        """Include a suspect snapshot; raises InputError if it is not suspect."""
        with self._database.transaction() as con:
            suspects = dict(con.execute("FROM suspect_snapshots").fetchall())
            if snapshot not in suspects:
                known = ", ".join(sorted(suspects)) or "none is"
                raise InputError(f"{snapshot}: not a suspect snapshot; suspect: {known}")
            con.execute("INSERT INTO accepted VALUES (?, ?, ?)", [snapshot, at, reason]).fetchall()


def count_pending(con: duckdb.DuckDBPyConnection) -> int:
    """Return how many texts today's rules have not judged."""
    rows = con.execute(
        f"SELECT count(*) FROM ({_NOT_JUDGED})",  # noqa: S608
        [*_judged_by(known_stamp_ids(con)), 0],
    ).fetchall()
    return int(rows[0][0])


def extra_files(con: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    """Return the user's own files that the texts were judged with, and their digests."""
    return con.execute("SELECT file, digest FROM extra_files ORDER BY file").fetchall()


def _judged_by(stamps: Mapping[str, int]) -> list[int]:
    """Return the numbers of the stamps of all conclusions from a text."""
    return [stamps[name] for name in ("verdicts", "authorship", "signals", "ineffective")]


def _crawler_row(crawler: Crawler) -> dict[str, Any]:
    row = {name: getattr(crawler, name, None) for name in CRAWLERS}
    obeys = list(crawler.obeys or (crawler.token,))
    return row | {"obeys": obeys, "reused": bool(crawler.earlier)}


def _numbered(con: duckdb.DuckDBPyConnection, crawlers: pl.DataFrame) -> pl.DataFrame:
    """Return crawlers with a number each; one that is stored keeps its number."""
    known = dict(con.execute("SELECT token, id FROM crawlers").fetchall())
    free = count(max(known.values(), default=0) + 1)
    numbers = [known.get(token) or next(free) for token in crawlers["token"]]
    return crawlers.with_columns(pl.Series("id", numbers, pl.UInt16))
