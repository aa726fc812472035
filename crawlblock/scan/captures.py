"""WARC records to rows: a capture each, with the payload where its digest is met first."""

import hashlib
import re
from base64 import b32encode
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit

import polars as pl

from crawlblock.model import Outcome
from crawlblock.robots.syntax import SIZE_LIMIT
from crawlblock.scan.answer import Answer, Answers
from crawlblock.scan.read import Damage, Stored
from crawlblock.scan.verdicts import Meaning, Verdicts
from crawlblock.sources.outcomes import outcome_of

_PLAIN_URL = re.compile(r"https?://([a-z0-9.-]*[a-z0-9])(/[^?#\s]*)")
_MEMO = 200_000  # digests; some 300 bytes each
_KEPT = SIZE_LIMIT + 1  # bytes of a payload that are stored: one more shows that it is longer

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


class Captures:
    """Turns the records of one shard into rows."""

    def __init__(self, snapshot: str, reader: "Reader") -> None:
        """Take the crawl, and what reads and judges."""
        self._snapshot = snapshot
        self._reader = reader
        self._rows: list[tuple[Any, ...]] = []
        self._met: set[bytes] = set()
        self.held = 0  # bytes of bodies in the rows
        self.payloads = 0  # distinct
        self.policies: set[str] = set()

    def add(self, file: str, stored: Stored) -> Damage | None:
        """Add a record; return why it cannot be one."""
        url = stored.url.decode("utf-8", "replace")
        place = _place(url)
        if place is None:
            return Damage(stored.offset, f"a record of no URL: {url[:100]!r}")
        answer = self._reader.answers.read(stored.block)
        payload, outcome, body = None, None, None
        status = answer.status
        if status is None:
            outcome = Outcome.DAMAGED
        elif not 200 <= status < 300:
            outcome = outcome_of(status, None)
        elif not _whole(answer, stored):
            outcome = Outcome.DAMAGED
        else:
            payload, body = self._payload(status, answer, stored.digest)
            outcome = payload.meaning.outcome if payload else Outcome.DAMAGED
        self._rows.append((
            self._snapshot, *place, url, stored.date, status, outcome, _target(url, answer),
            *((payload.digest, payload.size, payload.meaning.policy,
               payload.meaning.ambiguous_group) if payload else (None, None, None, None)),
            body, answer.headers, file, stored.offset, stored.length,
        ))  # fmt: skip
        return None

    def _payload(
        self, status: int, answer: Answer, stated: bytes
    ) -> tuple[_Payload | None, bytes | None]:
        """Return what a payload is, with its bytes the first time; None if its digest is not it."""
        body = answer.payload or b""
        raw = hashlib.sha1(body, usedforsecurity=False).digest()
        payload = self._reader.payload(status, raw, body)
        if answer.as_stored and stated[:5] == b"sha1:" and stated != payload.digest.encode():
            return None, None
        if raw in self._met:
            return payload, None
        self._met.add(raw)
        self.payloads += 1
        self.policies.add(payload.meaning.policy)
        kept = body[:_KEPT]
        self.held += len(kept)
        return payload, kept

    def take(self) -> pl.DataFrame:
        """Return the rows since the last time, in the order of the files."""
        columns = zip(*self._rows, strict=True) if self._rows else [()] * len(SCHEMA)
        series = {name: list(column) for name, column in zip(SCHEMA, columns, strict=True)}
        dates = pl.Series("fetch_time", series.pop("fetch_time"), pl.Binary).cast(pl.String)
        outcomes = series.pop("outcome")
        frame = pl.DataFrame(
            {name: pl.Series(name, values, SCHEMA[name]) for name, values in series.items()}
        ).with_columns(
            _times(dates),
            pl.Series("outcome", list(map(str, outcomes)), pl.String),
        )
        self._rows, self.held = [], 0
        return frame.select(SCHEMA.names())


class Reader:
    """What outlives a shard in a worker: it remembers payloads met, within bounds."""

    def __init__(self, verdicts: Verdicts) -> None:
        """Take what judges."""
        self.verdicts = verdicts
        self.answers = Answers()
        self._payloads: dict[tuple[int, bytes], _Payload] = {}

    def payload(self, status: int, raw: bytes, body: bytes) -> _Payload:
        """Return what a payload with this SHA-1 is, judging it the first time."""
        known = self._payloads.get((status, raw))
        if known is None:
            if len(self._payloads) >= _MEMO:
                self._payloads.clear()
            name = "sha1:" + b32encode(raw).decode()
            known = _Payload(name, len(body), self.verdicts.meaning(status, body))
            self._payloads[status, raw] = known
        return known


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
