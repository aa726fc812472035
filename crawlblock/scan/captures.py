"""WARC records to rows: a capture each, with the payload where its digest is met first."""

import re
from base64 import b32encode
from hashlib import sha1
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit

import polars as pl

from crawlblock.model import Outcome
from crawlblock.robots.syntax import SIZE_LIMIT
from crawlblock.scan.answer import Answer, Answers
from crawlblock.scan.read import Damage, Stored
from crawlblock.scan.verdicts import Meaning, Verdicts, kept_text
from crawlblock.sources.outcomes import outcome_of

_PLAIN_URL = re.compile(r"https?://([a-z0-9.-]*[a-z0-9])(/[^?#\s]*)")
_MEMO = 200_000  # digests; some 300 bytes each
_BASE_32 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_TO_PYTHON = bytes.maketrans(_BASE_32, b"0123456789abcdefghijklmnopqrstuv")  # the digits of int()

SCHEMA = pl.Schema(
    {
        "snapshot": pl.String(),
        "host": pl.String(),
        "resource": pl.String(),
        "url": pl.String(),
        "fetch_time": pl.Datetime("us"),
        "status": pl.Int32(),
        "outcome": pl.String(),
        "redirect": pl.String(),
        "digest": pl.String(),
        "bytes": pl.Int64(),
        "policy": pl.String(),
        "ambiguous_group": pl.Boolean(),
        "text": pl.String(),
        "rules": pl.Binary(),
        "body": pl.Binary(),
        "headers": pl.String(),
        "warc_file": pl.String(),
        "warc_offset": pl.Int64(),
        "warc_length": pl.Int64(),
    }
)


class _Payload(NamedTuple):
    digest: str
    size: int  # bytes
    meaning: Meaning


_NO_PAYLOAD: tuple[object, ...] = (None,) * 7


class Captures:
    """Turns the records of one shard into rows."""

    def __init__(self, snapshot: str, reader: "Reader", keep_bodies: bool = False) -> None:
        """Take the crawl, what reads and judges, and whether payloads are kept whole as well."""
        self._snapshot = snapshot
        self._reader = reader
        self._keep_bodies = keep_bodies
        self._rows: list[tuple[Any, ...]] = []
        self._texts: set[str] = set()
        self._digests: set[str] = set()
        self.rows = 0  # all since the start
        self.held = 0  # bytes of texts and bodies in the rows that were not taken yet
        self.policies: set[str] = set()

    @property
    def payloads(self) -> int:
        """Return how many distinct payloads were met."""
        return len(self._digests)

    def add(self, file: str, stored: Stored) -> Damage | None:
        """Add a record; return why it cannot be one."""
        url = stored.url.decode("utf-8", "replace")
        place = _place(url)
        if place is None:
            return Damage(stored.offset, f"a record of no URL: {url[:100]!r}")
        answer = self._reader.answers.read(stored.block)
        status = answer.status
        told = _NO_PAYLOAD
        if status is None or (200 <= status < 300 and not _whole(answer, stored)):
            outcome = Outcome.DAMAGED
        elif not 200 <= status < 300:
            outcome = outcome_of(status, None)
        else:
            outcome, told = self._payload(status, answer, stored.digest)
        self._rows.append((
            *place, url, stored.date, status, outcome, _target(url, answer), *told,
            answer.headers, file, stored.offset, stored.length,
        ))  # fmt: skip
        return None

    def _payload(
        self, status: int, answer: Answer, stated: bytes
    ) -> tuple[Outcome, tuple[object, ...]]:
        """Return what a payload is, with its bytes the first time; its digest must be the stated.

        The digest of a payload that had a coding is of something else.
        """
        body = answer.payload or b""
        payload = self._reader.payload(status, body, stated)
        digest, size, (outcome, text, policy, ambiguous) = payload
        if answer.as_stored and stated[:5] == b"sha1:" and stated != digest.encode():
            return Outcome.DAMAGED, _NO_PAYLOAD
        rules = whole = None
        if digest not in self._digests:
            self._digests.add(digest)
            self.policies.add(policy)
            if self._keep_bodies:
                whole = body
                self.held += len(body)
            if text not in self._texts:
                self._texts.add(text)
                rules = kept_text(body)
                self.held += len(rules)
        return outcome, (digest, size, policy, ambiguous, text, rules, whole)

    def take(self) -> pl.DataFrame:
        """Return the rows since the last time, in the order of the files."""
        names = SCHEMA.names()[1:]
        columns = zip(*self._rows, strict=True) if self._rows else [()] * len(names)
        series = {name: list(column) for name, column in zip(names, columns, strict=True)}
        dates = pl.Series("fetch_time", series.pop("fetch_time"), pl.Binary).cast(pl.String)
        frame = pl.DataFrame(
            {name: pl.Series(name, values, SCHEMA[name]) for name, values in series.items()}
        ).with_columns(_times(dates), pl.lit(self._snapshot).alias("snapshot"))
        self.rows += len(self._rows)
        self._rows, self.held = [], 0
        return frame.select(SCHEMA.names())


class Reader:
    """What outlives a shard in a worker: it remembers payloads met, within bounds."""

    def __init__(self, verdicts: Verdicts) -> None:
        """Take what judges."""
        self.verdicts = verdicts
        self.answers = Answers()
        self._payloads: dict[tuple[int, bytes], _Payload] = {}

    def payload(self, status: int, body: bytes, stated: bytes) -> _Payload:
        """Return what a payload is, judging it the first time; `stated` may be its digest."""
        raw = sha1(body, usedforsecurity=False).digest()
        known = self._payloads.get((status, raw))
        if known is None:
            if len(self._payloads) >= _MEMO:
                self._payloads.clear()
            meaning = self.verdicts.meaning(status, body, raw)
            known = _Payload(_spelled(raw, stated), len(body), meaning)
            self._payloads[status, raw] = known
        return known


def _spelled(raw: bytes, stated: bytes) -> str:
    """Return a SHA-1 as WARC writes it; comparing with what is stated is quicker than spelling."""
    number = stated[5:]
    spelled = len(number) == 32 and stated[:5] == b"sha1:" and not number.translate(None, _BASE_32)
    if spelled and int(number.translate(_TO_PYTHON), 32) == int.from_bytes(raw):
        return stated.decode()
    return "sha1:" + b32encode(raw).decode()


def _whole(answer: Answer, stored: Stored) -> bool:
    """Tell whether a payload is there as far as it counts."""
    if answer.payload is None:
        return False
    return not stored.truncated or len(answer.payload) >= SIZE_LIMIT


def _place(url: str) -> tuple[str, str] | None:
    """Return the host, with a port that is not the scheme's own, and the path; None if no URL."""
    if plain := _PLAIN_URL.fullmatch(url):
        return plain[1], plain[2]
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not host:
        return None
    host = f"[{host}]" if ":" in host else host
    own = port in (None, 443 if parts.scheme == "https" else 80)
    path = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
    return (host if own else f"{host}:{port}"), path


def _target(url: str, answer: Answer) -> str | None:
    """Return where a redirect leads, as an absolute URL."""
    if answer.location is None or answer.status is None or not 300 <= answer.status < 400:
        return None
    if answer.location.startswith(("https://", "http://")):
        return answer.location
    try:
        return urljoin(url, answer.location)
    except ValueError:  # a Location that is no URL leads nowhere
        return None


def _times(dates: pl.Series) -> pl.Series:
    """Return WARC-Date as naive UTC; WARC 1.1 allows fractions of a second."""
    times = dates.str.to_datetime("%Y-%m-%dT%H:%M:%SZ", time_unit="us", strict=False)
    if times.null_count():
        finer = dates.str.to_datetime("%Y-%m-%dT%H:%M:%S%.fZ", time_unit="us", strict=False)
        times = pl.select(pl.coalesce(times, finer)).to_series().rename("fetch_time")
    return times
